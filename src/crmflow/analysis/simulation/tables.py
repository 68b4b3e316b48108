"""The tables of a run: load, waiting, queues, cases, states, refusals, approvals, fits."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from statistics import fmean

import attrs

from crmflow.analysis.reports.told import Told
from crmflow.analysis.simulation.company import Company
from crmflow.analysis.simulation.fitting import Fitted
from crmflow.analysis.simulation.outcome import nth, shown
from crmflow.analysis.simulation.tally import Tally

HOUR = timedelta(hours=1)
_HOUR = 3_600_000_000


@attrs.frozen
class Load:
    """
    How busy somebody was, or all who have a role.

    Attributes:
        role: The role, or what the work of approvers is called; empty for all work of a person.
        person: Who, or empty for all of the role.
        items: How much they began.
        busy: Hours they worked.
        open: Hours of their shifts.
        cost: What those hours cost, or None where nothing is said of it.
    """

    role: str
    person: str
    items: int
    busy: float
    open: float
    cost: float | None = None

    @property
    def part(self) -> float | None:
        """Which part of their shifts they worked, in per cent; None where they have none."""
        return 100 * self.busy / self.open if self.open else None


def loads(company: Company, tally: Tally) -> list[Load]:
    """Return how busy the holders of each role were, and then everybody."""
    span = {
        one.id: one.calendar.elapsed(tally.begins, tally.ends) / HOUR for one in company.members
    }
    found = []
    for queue in tally.queues:
        able = [one for one in company.members if one.has(queue, None)] or [
            # Approvers are asked by name, whatever their role.
            one
            for one in company.members
            if (queue, one.id) in tally.items
        ]
        keys = [(queue, one.id) for one in able]
        busy = sum(tally.busy[key] for key in keys) / _HOUR
        items = sum(tally.items[key] for key in keys)
        found.append(Load(queue, "", items, busy, sum(span[one.id] for one in able)))
    for one in company.members:
        busy = sum(spent for (_, id_), spent in tally.busy.items() if id_ == one.id) / _HOUR
        items = sum(count for (_, id_), count in tally.items.items() if id_ == one.id)
        cost = None if one.per_hour is None else float(one.per_hour.amount) * span[one.id]
        found.append(Load("", one.id, items, busy, span[one.id], cost))
    return found


def load_table(found: Iterable[Load]) -> Told:
    """Return the table of load; people are drawn."""
    rows = tuple(
        {
            "role": one.role,
            "person": one.person,
            "items": one.items,
            "busy_hours": shown(one.busy),
            "open_hours": shown(one.open),
            "utilisation": shown(one.part),
            "cost": shown(one.cost),
            "who": one.person or one.role,
        }
        for one in found
    )
    columns = ("role", "person", "items", "busy_hours", "open_hours", "utilisation", "cost")
    return Told(columns, rows, "who", ("utilisation",))


def waiting_table(tally: Tally) -> Told:
    """Return how long work waited, in minutes of the clock; first all of a queue together."""
    rows = []
    for queue in tally.queues:
        named = {name: one for (of, name), one in tally.spent.items() if of == queue}
        every = [one for spent in named.values() for one in spent.waited]
        took = [one for spent in named.values() for one in spent.took]
        rows += [_waited(queue, "", every, took)]
        rows += [_waited(queue, name, one.waited, one.took) for name, one in named.items()]
    columns = ("role", "work", "count", "mean", "median", "p90", "p95", "longest", "took")
    return Told(columns, tuple(rows), "what", ("mean", "p90"))


def _waited(
    queue: str, name: str, waited: Sequence[float], took: Sequence[float]
) -> Mapping[str, object]:
    row = {"role": queue, "work": name, "count": len(waited), "what": f"{queue} {name}".rstrip()}
    return {**row, **spread(waited), "took": shown(fmean(took)) if took else None}


def spread(numbers: Sequence[float]) -> Mapping[str, str | None]:
    """Return how numbers lie: mean, median, ninth tenth, 95 of 100, and the greatest."""
    if not numbers:
        return dict.fromkeys(("mean", "median", "p90", "p95", "longest"))
    ordered = sorted(numbers)
    return {
        "mean": shown(fmean(ordered)),
        "median": shown(nth(ordered, Fraction(1, 2))),
        "p90": shown(nth(ordered, Fraction(9, 10))),
        "p95": shown(nth(ordered, Fraction(19, 20))),
        "longest": shown(ordered[-1]),
    }


def queue_table(tally: Tally, names: Sequence[str]) -> Told:
    """Return how much waited in each part of the time: on the average, and at most."""
    rows = tuple(
        {
            "part": names[part],
            "role": queue,
            "mean": shown(one.area.get(part, 0.0) / _minutes(tally.parts, part)),
            "most": one.longest.get(part, 0),
        }
        for queue, one in tally.queues.items()
        for part in range(len(names))
    )
    return Told(("part", "role", "mean", "most"), rows, "part", ("mean",), "role")


def _minutes(parts: Sequence[datetime], part: int) -> float:
    return (parts[part + 1] - parts[part]) / timedelta(minutes=1)


def throughput_table(tally: Tally, names: Sequence[str]) -> Told:
    """Return how many entities of each machine came and ended in each part of the time."""
    came: Counter[tuple[str, int]] = Counter()
    ended: Counter[tuple[str, int]] = Counter()
    for ref, case in tally.cases.items():
        came[ref.machine, tally.part(case.born_at)] += tally.counts(case.born_at)
        if case.ended_at is not None and tally.counts(case.ended_at):
            ended[ref.machine, tally.part(case.ended_at)] += 1
    rows = tuple(
        {"part": name, "machine": machine, "came": came[machine, n], "ended": ended[machine, n]}
        for machine in machines_of(tally)
        for n, name in enumerate(names)
    )
    columns = ("part", "machine", "came", "ended")
    return Told(columns, rows, "part", ("came", "ended"), panel="machine")


def machines_of(tally: Tally) -> list[str]:
    """Return the machines that had entities, in order of their names."""
    return sorted({ref.machine for ref in tally.cases})


def spans_of(tally: Tally) -> Mapping[str, Sequence[float]]:
    """Return by machine how many hours those took to their end that came once it counted."""
    found: dict[str, list[float]] = defaultdict(list)
    for ref, case in tally.cases.items():
        if tally.counts(case.born_at) and case.ended_at is not None:
            found[ref.machine].append((case.ended_at - case.born_at) / HOUR)
    return found


def duration_table(tally: Tally) -> Told:
    """Return how long entities took from their beginning to their end, in hours."""
    rows = tuple(
        {"machine": name, "count": len(hours), **spread(hours)}
        for name, hours in sorted(spans_of(tally).items())
    )
    columns = ("machine", "count", "mean", "median", "p90", "p95", "longest")
    return Told(columns, rows, "machine", ("median", "p90"))


def state_table(tally: Tally, names: Sequence[str]) -> Told:
    """Return how many entities were in each state at the end of each part of the time."""
    every = sorted({key for counted in tally.states for key in counted})
    rows = tuple(
        {"part": name, "machine": machine, "state": state, "count": counted[machine, state]}
        for name, counted in zip(names, tally.states, strict=True)
        for machine, state in every
    )
    return Told(("part", "machine", "state", "count"), rows, "part", ("count",), "state",
                panel="machine")  # fmt: skip


def refusal_table(tally: Tally) -> Told:
    """Return what was refused and why, what was refused most in front."""
    rows = tuple(
        {"machine": machine, "event": event, "because": because, "reason": reason, "count": count}
        for (machine, event, because, reason), count in tally.refused.most_common()
    )
    columns = ("machine", "event", "because", "reason", "count")
    return Told(columns, rows, "reason", ("count",))


def approval_table(tally: Tally) -> Told:
    """Return what was held, and how approvers answered."""
    rows = tuple(
        {"machine": machine, "request": request, "outcome": outcome, "count": count}
        for (machine, request, outcome), count in sorted(tally.held.items())
    )
    return Told(("machine", "request", "outcome", "count"), rows, "request", ("count",), "outcome")


def fit_table(fits: Iterable[tuple[str, Fitted]]) -> Told:
    """Return which laws were fitted, and how far they are from what was."""
    rows = tuple(
        {
            "work": name,
            "law": str(one.family),
            "count": one.count,
            "mean": shown(one.law.mean),
            "ks": f"{one.distance:.4f}",
            "wasserstein": shown(one.apart),
        }
        for name, one in fits
    )
    return Told(("work", "law", "count", "mean", "ks", "wasserstein"), rows, "work", ("ks",))
