"""Time as it is lived: timers that go round for ever, deadlines that never end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from crmflow.analysis.exploring.explored import Seen
from crmflow.analysis.exploring.graph import Edge, Situation
from crmflow.analysis.fault import Fault, FaultKind
from crmflow.core.entity import Snapshot
from crmflow.core.journal import Put

__all__ = ["endless_deadlines", "timer_loops"]


def timer_loops(seen: Seen) -> Iterator[Fault]:
    """
    Yield where timers go round for ever and nobody hears of it.

    A circle in which a message is sent or a task opened is a recurrence, and so is one of a
    policy's own timers alone; a circle of the machine's events of which nobody hears is none.
    """
    over = set[int]()
    for situation in seen.graph.born():
        circle = _circle(seen, situation, over)
        events = [one.event.name for edge in circle for one in edge.decisions]
        own = any(not event.startswith("$") for event in events)
        if own and not any(_is_heard(edge) for edge in circle):
            timers = [one.event.timer or "" for edge in circle for one in edge.decisions]
            named = ", ".join(dict.fromkeys(filter(None, timers)))
            start, round_ = _entered(seen, circle)
            yield seen.shown(FaultKind.TIMER_LOOP, start, *round_, timers=named)
            return


def _circle(seen: Seen, situation: Situation, over: set[int]) -> list[Edge]:
    """Return the circle that time alone comes to from a situation; empty where there is none."""
    way: list[Edge] = []
    here, edge = situation, situation.wait
    met = {here.number: 0}
    while edge is not None and here.number not in over:
        over.add(here.number)
        way.append(edge)
        here = seen.graph.situations[edge.target]
        if here.number in met:
            return way[met[here.number] :]
        met[here.number] = len(way)
        edge = here.wait
    return []


def _entered(seen: Seen, circle: list[Edge]) -> tuple[Situation, list[Edge]]:
    """Return where a circle is nearest to the start, and how it goes round from there."""
    sources = [seen.graph.situations[edge.source] for edge in circle]
    first = min(range(len(circle)), key=lambda place: seen.distance(sources[place]))
    return sources[first], [*circle[first:], *circle[:first]]


def _is_heard(edge: Edge) -> bool:
    """Say whether anybody hears of what a timer does: by a message, or by a task."""
    records = [one.record for one in edge.decisions if one.record is not None]
    effects = (effect for record in records for effect in record.effects)
    opened = any(isinstance(one, Put) and one.shelf == "tasks" for one in effects)
    return opened or any(record.messages for record in records)


def endless_deadlines(seen: Seen) -> Iterator[Fault]:
    """Yield the deadlines that start and can then be neither met nor missed nor stopped."""
    running = {name for one in seen.graph.born() for name in _running(one.snapshot)}
    for name in sorted(running):
        over = (one.number for one in seen.graph.born() if name not in _running(one.snapshot))
        ends = seen.graph.leading_to(over)
        runs = (one for one in seen.graph.born() if name in _running(one.snapshot))
        endless = [one for one in runs if one.number not in ends]
        if endless:
            yield seen.shown(FaultKind.ENDLESS_DEADLINE, endless[0], also=endless, place=name)


def _running(snapshot: Snapshot[Any]) -> set[str]:
    """Return the names of the deadlines that are open and were not missed yet."""
    state = snapshot.policy("sla")
    runs = () if state is None else state.runs
    return {run.definition for run in runs if run.open and run.breached_at is None}
