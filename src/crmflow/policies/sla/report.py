"""Reports over the deadlines of many entities: how well they were kept, where the time went."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import timedelta, tzinfo
from fractions import Fraction
from typing import Any, Literal

import attrs
from msgspec.structs import asdict

from crmflow.core.ref import EntityRef
from crmflow.policies.sla.run import NOTHING, Deadlines, Lapse, Status, Tally

Entity = tuple[EntityRef, str, Deadlines]
"""(ref, name of its machine, the policy's state of it)."""

Column = Literal["machine", "definition", "tier", "holder", "month"]
COLUMNS: tuple[Column, ...] = ("machine", "definition", "tier", "holder", "month")


@attrs.frozen(kw_only=True)
class Compliance:
    """
    How deadlines that are alike were kept.

    Attributes:
        machine, definition, tier, holder, month: What they have in common; empty where it
            was not asked for or is not known. The month is that of the end, or of the
            breach where there is no end yet.
        met, met_late, breached, cancelled: How many.
        overrun: What all of them took too long, each in its own time.
    """

    machine: str = ""
    definition: str = ""
    tier: str = ""
    holder: str = ""
    month: str = ""
    met: int = 0
    met_late: int = 0
    breached: int = 0
    cancelled: int = 0
    overrun: timedelta = NOTHING

    @property
    def kept(self) -> Fraction | None:
        """The part that was met in time, exactly; None where nothing is to be judged yet."""
        judged = self.met + self.met_late + self.breached
        return Fraction(self.met, judged) if judged else None

    def reaches(self, goal: Fraction) -> bool:
        """Say whether a goal is reached: 99.951 % are 99.95 %, and 99.949 % are not."""
        return self.kept is not None and self.kept >= goal


@attrs.frozen(kw_only=True)
class Spent:
    """
    Where time went.

    Attributes:
        machine, definition: Of which deadlines.
        name: The holder or the state.
        spent: The time that ran, pauses left out.
    """

    machine: str
    definition: str
    name: str
    spent: Lapse


def compliance(
    entities: Iterable[Entity],
    zone: tzinfo,
    by: Sequence[Column] = COLUMNS,
    waits: Collection[str] = (),
) -> tuple[Compliance, ...]:
    """
    Return how deadlines were kept, ordered by what they have in common.

    Args:
        entities: Any number; read once, nothing of them is kept.
        zone: The company's zone, by which months are told.
        by: What tells lines apart.
        waits: Definitions that are left out: nothing is promised by them.
    """
    found: dict[tuple[str, ...], Compliance] = {}
    for _, machine, state in entities:
        for tally in (*state.tallies, *_open_breaches(state, zone)):
            if tally.definition in waits:
                continue
            values = {"machine": machine, **asdict(tally)}
            named: dict[str, Any] = {column: values[column] for column in by}
            key = tuple(named.values())
            found[key] = _counted(found.get(key, Compliance(**named)), tally)
    return tuple(found[key] for key in sorted(found))


def _open_breaches(state: Deadlines, zone: tzinfo) -> Iterator[Tally]:
    for run in state.runs:
        if run.open and run.breached_at is not None:
            month = run.breached_at.astimezone(zone).strftime("%Y-%m")
            yield Tally(run.definition, run.tier, run.holder, month, Status.BREACHED, 1)


def _counted(line: Compliance, tally: Tally) -> Compliance:
    more = {tally.status.value: getattr(line, tally.status.value) + tally.count}
    return attrs.evolve(line, overrun=line.overrun + tally.overrun, **more)


def spent(entities: Iterable[Entity], by: Literal["holder", "state"]) -> tuple[Spent, ...]:
    """
    Return the time spent by each holder, or in each state, ordered by machine and deadline.

    Of a deadline that is still open it is the time that is told already: until its holder
    changed last, until the state before the present one was entered, or its last pause.

    Args:
        entities: Any number; read once.
        by: What the time is told apart by.
    """
    found: dict[tuple[str, str, str], Lapse] = {}
    for _, machine, state in entities:
        shares = [(run.definition, share) for run in state.runs if run.open for share in run.shares]
        shares += [(one.definition, one.share) for one in state.spendings]
        for definition, share in shares:
            if share.by == by:
                key = machine, definition, share.name
                found[key] = found.get(key, Lapse()) + share.spent
    return tuple(
        Spent(machine=machine, definition=definition, name=name, spent=found[key])
        for key in sorted(found)
        for machine, definition, name in [key]
    )
