"""Tables of care: cadences, the contact limit, and what is done about sleeping customers."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from crmflow.core.dealing import CareKind
from crmflow.core.form import Count, Names, Some, Text
from crmflow.core.tables import MachineRow
from crmflow.policies.cadences.anniversary import YearDay
from crmflow.policies.cadences.recurrence import Every


@attrs.frozen
class Opening:
    """
    An entity that is opened by message.

    Attributes:
        machine: Its machine (`care_task`).
        event: The event that creates it.
        cancel: Event that ends it when its cause has ended; left out, it stays.
        while_in: Its states in which it may be cancelled.
        whom: Field of its form that takes who it is for: the entity's own fact of that name,
            else the entity itself.
        brings: Further fields of its form, as they stand here.
    """

    machine: Text
    event: Text
    cancel: Text | None = None
    while_in: tuple[Text, ...] = ()
    whom: Text = "customer"
    brings: Mapping[str, object] = attrs.field(factory=dict)


@attrs.frozen
class Care(MachineRow):
    """
    What is done for an entity, and when it applies.

    Attributes:
        when: Expression over the facts; it applies while this holds.
        states: States in which it applies; empty for all that are not final.
        kind: What it is.
        channels: Ways in which it may be done.
        task: Code of the task that is opened.
        role: Role that may do the task.
        assignee: Fact that names the person who does it.
        contact: Whether it is a contact with the customer, which the contact limit counts.
        opens: Entity that is opened, beside the task or instead of it.
        raises: Event of the entity itself that follows; it needs no form and ends nothing.
        calendar: Working calendar by whose days and hours it comes.
        stays: Whether what is open stays when the cause has ended (AMB-12).
    """

    when: Text | None = None
    states: tuple[Text, ...] = ()
    kind: CareKind | None = None
    channels: tuple[Text, ...] = ()
    task: Text | None = None
    role: Text | None = None
    assignee: Text | None = None
    contact: bool = True
    opens: Opening | None = None
    raises: Text | None = None
    calendar: Text = "office"
    stays: bool = False


@attrs.frozen
class Cadence(Care):
    """
    Care that comes again.

    Attributes:
        tier: Value of the fact `tier` for which it is; left out, for every tier.
        every: How often it comes, counted from the day it first applied.
        on: Days of the year on which it comes instead.
        earliest: Days before such a day at which its window begins.
        latest: Days before such a day at which its window ends (TIE-020, AMB-20).
        within: Days after the opening by whose end the task is promised.
    """

    tier: Text | None = None
    every: Every | None = None
    on: tuple[YearDay, ...] = ()
    earliest: Count = 0
    latest: Count = 0
    within: Count = 0


@attrs.frozen
class ContactLimit(MachineRow):
    """
    How often an entity is contacted at most, over all cadences and channels.

    Attributes:
        contacts: So many contacts ...
        days: ... in so many consecutive days.
        counts: Events of the machine that are contacts too.
    """

    contacts: Some
    days: Some
    counts: tuple[Text, ...] = ()


@attrs.frozen
class Dormancy(Care):
    """
    What is done about an entity of which nothing was heard for long.

    Attributes:
        since: Facts that hold the day or instant of what was last heard; the latest counts,
            and where none is known, the day on which the entity began.
        months: After how many months it is done; several make it come again. Neither months
            nor days: as soon as `when` holds.
        days: After how many days, in place of months.
        strictly: Whether it takes more than that (LIF-004).
    """

    since: Names = attrs.field(kw_only=True)
    months: tuple[Some, ...] = ()
    days: tuple[Some, ...] = ()
    strictly: bool = False
