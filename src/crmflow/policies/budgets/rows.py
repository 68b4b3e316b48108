"""The tables `budgets`, `quotas` and `windows`: how much, how often and until when."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import attrs

from crmflow.core.form import Text
from crmflow.core.measure import Measure
from crmflow.core.money import Money
from crmflow.core.tables import MachineRow


class Over(StrEnum):
    """What becomes of an amount that is over its limit (AMB-35)."""

    REFUSE = "refuse"
    REDUCE = "reduce"
    BEAR = "bear"


class Late(StrEnum):
    """What becomes of an event that comes too late."""

    REFUSE = "refuse"
    REASON = "reason"


@attrs.frozen(kw_only=True)
class Budget(MachineRow):
    """
    A limit on what an event may cost.

    Without a `ledger` it holds for each event by itself; with one, for all that share it.

    Attributes:
        event: The event that needs the money.
        amount: Expression for how much; left out, 1 of the limit's currency, so that a
            limit such as `3 XXX` (ISO 4217: no currency) counts.
        limit: The most there is; or `limits` by what the expression `by` gives.
        by, limits: As told.
        ledger: First part of the ledger's id.
        per: Further parts: `year`, `month`, `day` (of the company's zone),
            `actor.department`, or an expression that gives text.
        over: `refuse`, `reduce` to what there is, or let the person `bear` the excess.
        spent: Expression for what is spent in the end; left out, all that was reserved.
        spent_on: Events, or states entered, by which it is spent.
        released_on: Events, or states entered, by which it is given back; every final
            state gives back what is not spent.
        expires: How long a reservation lasts until its entity is reminded and gives it back.
        calendar: Working calendar that `expires` is counted on.
    """

    event: Text
    amount: Text | None = None
    limit: Money | None = None
    by: Text | None = None
    limits: Mapping[str, Money] = attrs.field(factory=dict)
    ledger: Text | None = None
    per: tuple[Text, ...] = ()
    over: Over = Over.REFUSE
    spent: Text | None = None
    spent_on: tuple[Text, ...] = ()
    released_on: tuple[Text, ...] = ()
    expires: Measure | None = None
    calendar: Text | None = None

    @property
    def field(self) -> str | None:
        """The form's field that is reduced, where the amount is just that."""
        text = (self.amount or "").strip()
        name = text.removeprefix("form.")
        return name if name != text and name.isidentifier() else None


@attrs.frozen(kw_only=True)
class Quota(MachineRow):
    """
    How often an event may happen: once for each value of `per` (AMB-29).

    Attributes:
        event: The event that is counted.
        per: What it is counted by, as in a budget.
        hard: Whether no reason helps; else a further one needs a reason.
        reason: The form's field with the reason.
        released_on: Events, or states entered, that free it for another.
    """

    event: Text
    per: tuple[Text, ...]
    hard: bool = False
    reason: Text = "reason"
    released_on: tuple[Text, ...] = ()


@attrs.frozen(kw_only=True)
class Window(MachineRow):
    """
    How long after something an event may happen.

    Attributes:
        event: The event.
        when: Expression for where it is asked; left out, always.
        since: Expression for the instant or day it counts from.
        within: How long, such as `through 15d`.
        at: Expression for the instant or day that must be in time; left out, the event's.
        apart: The other way round: it must be so long after `since` at least, as a booking
            ahead is (RCP-005).
        calendar: Working calendar it is counted on.
        late: `refuse`, or `reason`: late with a reason.
        reason: The form's field with the reason.
    """

    event: Text
    since: Text
    within: Measure
    when: Text | None = None
    at: Text | None = None
    apart: bool = False
    calendar: Text | None = None
    late: Late = Late.REFUSE
    reason: Text = "reason"
