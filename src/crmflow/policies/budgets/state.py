"""What is remembered of an entity's money: reserved, awaited, borne, denied."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import attrs

from crmflow.core.actor import Actor
from crmflow.core.money import Money


class Stage(StrEnum):
    """How far a reservation is."""

    ASKED = "asked"
    GRANTED = "granted"
    KEPT = "kept"
    EXPIRED = "expired"


@attrs.frozen(kw_only=True)
class Reservation:
    """
    An amount asked of a ledger.

    Attributes:
        request: Names it, once and for all.
        row: Name of the budget.
        event: Event that needs it.
        ledger: Id of the ledger.
        wanted: What was asked for.
        amount: What the ledger set aside; what was asked for while it has not answered.
        stage: `asked`; `granted`, the event still waiting; `kept` once it happened;
            `expired` where it was given back unspent.
        field: Field of the event's form that is reduced to it, or None.
    """

    request: str
    row: str
    event: str
    ledger: str
    wanted: Money
    amount: Money
    stage: Stage = Stage.ASKED
    field: str | None = None

    @property
    def waits(self) -> bool:
        """Whether its event still waits."""
        return self.stage in (Stage.ASKED, Stage.GRANTED)


@attrs.frozen
class Waiting:
    """
    A held event, as it is raised once all its money is set aside.

    Attributes:
        event: Its name.
        actor: Who asked for it.
        payload: What it brings, as plain values.
        approved_by: Ids of those who approved it before.
    """

    event: str
    actor: Actor
    payload: Mapping[str, object] | None = None
    approved_by: tuple[str, ...] = ()


@attrs.frozen
class Borne:
    """What of an event's cost was over the limit and is borne by the person (REV-028)."""

    row: str
    event: str
    amount: Money


@attrs.frozen
class Refused:
    """Why the last try of an event came to nothing: the code, and what there was."""

    event: str
    row: str
    reason: str
    at: datetime
    available: Money | None = None


@attrs.frozen
class BudgetState:
    """
    All that is remembered.

    Attributes:
        reservations: In the order of asking; gone once spent or given back.
        waiting: Held events.
        borne: What was over a limit, in the order of happening.
        refused: The last refusal of each event that did not happen since.
    """

    reservations: tuple[Reservation, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    borne: tuple[Borne, ...] = ()
    refused: tuple[Refused, ...] = ()

    def of(self, row: str, *stages: Stage) -> tuple[Reservation, ...]:
        """Return the reservations of a budget in certain stages."""
        found = (one for one in self.reservations if one.row == row)
        return tuple(one for one in found if one.stage in stages)

    def awaited(self, event: str) -> tuple[Reservation, ...]:
        """Return the reservations an event waits for, granted ones included."""
        return tuple(one for one in self.reservations if one.event == event and one.waits)


EMPTY = BudgetState()
