"""Tables of ownership: who gets an entity, and when it goes to the public pool."""

from __future__ import annotations

from enum import StrEnum

import attrs

from crmflow.core.form import Count, Names, Some, Text
from crmflow.core.measure import Measure
from crmflow.core.tables import MachineRow

OWNER = "owner"
"""The fact that holds an entity's owner; the event a row names changes it."""


class Strategy(StrEnum):
    """How one of several people is chosen (decision 0020)."""

    SPREAD = "spread"
    ROUND_ROBIN = "round_robin"
    LEAST_LOADED = "least_loaded"


@attrs.frozen
class Assignment(MachineRow):
    """
    Who owns an entity that nobody owns, or whose owner has left (DEV-011, DEV-017).

    Attributes:
        through: Event by which the owner changes; its form has `owner` and `reason`.
        role: Role whose holders are candidates.
        department: Department whose members are candidates; with a role, both are asked.
        strategy: How one of them is chosen.
        when: Expression over the facts; it applies while this holds.
        assigners: Roles that may assign by hand.
        fallback: Role that decides where there is no candidate.
    """

    through: Text = attrs.field(kw_only=True)
    role: Text | None = None
    department: Text | None = None
    strategy: Strategy = Strategy.SPREAD
    when: Text | None = None
    assigners: tuple[Text, ...] = ()
    fallback: Text = attrs.field(kw_only=True)


@attrs.frozen
class Limit:
    """
    How long an owner may go without something.

    Attributes:
        name: Code of what is missing (`no_follow_up`); the reason it goes to the pool.
        within: How long, counted from when the owner got the entity or something of the
            following happened, whichever is later.
        since: Facts that hold a day or an instant of it.
        by: Events that are it.
        unless: Expression over the facts; while it holds the limit does not count.
    """

    name: Text
    within: Measure
    since: tuple[Text, ...] = ()
    by: tuple[Text, ...] = ()
    unless: Text | None = None


@attrs.frozen
class Pool(MachineRow):
    """
    The public pool 公海 of a machine's entities.

    Attributes:
        through: Event by which the owner changes; its form has `owner` and `reason`.
        keeper: Whom the fact `owner` names while an entity is in the pool.
        limits: How long an owner may go without what.
        exempt_states: States in which an entity stays with its owner: closed deals.
        exempt: Expression over the facts; while it holds it stays too.
        warn_days: Days before, the owner is warned.
        role: Role of the owners and of who looks after the pool; it may assign and lock.
        pickers: Roles that may pick up.
        per_day: How many one person may pick up on one day; left out, any number.
        holdings: How many one person may hold that were picked up; left out, any number.
        cooling: How long the last owner may not pick it up again.
        calendar: Working calendar of the warnings, the days and the measures.
    """

    through: Text = attrs.field(kw_only=True)
    keeper: Text = "public_pool"
    limits: tuple[Limit, ...] = attrs.field(kw_only=True)
    exempt_states: tuple[Text, ...] = ()
    exempt: Text | None = None
    warn_days: Count = 0
    role: Text = attrs.field(kw_only=True)
    pickers: Names = attrs.field(kw_only=True)
    per_day: Some | None = None
    holdings: Some | None = None
    cooling: Measure | None = None
    calendar: Text = "office"
