"""How deadlines were kept, and what it costs that they were not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from decimal import Decimal

import attrs

from crmflow.analysis.reports.told import Told
from crmflow.analysis.simulation.company import Company
from crmflow.analysis.simulation.outcome import shown
from crmflow.analysis.simulation.rows import Cost
from crmflow.analysis.simulation.tally import Tally
from crmflow.engine.attaching import snapshots
from crmflow.policies.sla import waits
from crmflow.policies.sla.acting import NAME
from crmflow.policies.sla.report import Compliance, Entity, compliance
from crmflow.policies.sla.run import Deadlines

_HOUR = timedelta(hours=1)
_SECOND = timedelta(seconds=1)


@attrs.frozen
class Kept:
    """
    How deadlines of one tier were kept.

    Attributes:
        line: How many were, and were not.
        cost: What those cost that were not, or None where nothing is said of it.
    """

    line: Compliance
    cost: Decimal | None

    @property
    def part(self) -> float | None:
        """Which part was kept, in per cent; None where nothing is to be judged yet."""
        return None if self.line.kept is None else float(100 * self.line.kept)


def promises(company: Company, tally: Tally) -> list[Kept]:
    """Return how the deadlines of entities were kept that came once it counted."""
    tables = company.tables
    lines = compliance(
        _entities(company, tally), tables.zone, ("machine", "definition", "tier"), waits(tables)
    )
    return [Kept(line, _cost(line, company.scenario.rows.costs)) for line in lines]


def _entities(company: Company, tally: Tally) -> Iterator[Entity]:
    registry, store = company.engine.registry, company.engine.store
    for machine in registry.machines:
        for snapshot in snapshots(registry, store, machine):
            state = snapshot.policy(NAME)
            case = tally.cases.get(snapshot.ref)
            if isinstance(state, Deadlines) and case and tally.counts(case.born_at):
                yield snapshot.ref, machine, state


def _cost(line: Compliance, costs: Iterable[Cost]) -> Decimal | None:
    about = [one for one in costs if one.deadline == line.definition]
    fitting = [one for one in about if one.tier == line.tier] or [
        one for one in about if one.tier is None
    ]
    if not fitting:
        return None
    missed, hours = (
        line.met_late + line.breached,
        Decimal(line.overrun // _SECOND) / (_HOUR // _SECOND),
    )
    return sum(
        (
            (one.missed.amount * missed if one.missed else Decimal(0))
            + (one.per_hour.amount * hours if one.per_hour else Decimal(0))
            for one in fitting
        ),
        Decimal(0),
    )


def promise_table(found: Iterable[Kept]) -> Told:
    """Return the table of deadlines; columns as in reports of deadlines, and the cost in yuan."""
    rows = tuple(
        {
            "machine": one.line.machine,
            "deadline": one.line.definition,
            "tier": one.line.tier,
            "met": one.line.met,
            "met_late": one.line.met_late,
            "breached": one.line.breached,
            "cancelled": one.line.cancelled,
            "kept": shown(one.part),
            "overrun_hours": shown(one.line.overrun / _HOUR),
            "cost": None if one.cost is None else f"{one.cost:.2f}",
        }
        for one in found
    )
    columns = (
        *("machine", "deadline", "tier", "met", "met_late", "breached", "cancelled"),
        *("kept", "overrun_hours", "cost"),
    )
    return Told(columns, rows, "deadline", ("kept",), "tier")
