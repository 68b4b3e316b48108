"""What conditions of one definition mean together: which hold inside others, which never."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from crmflow.core.definition import sources
from crmflow.core.form import Fault
from crmflow.core.machine import KEEP, Kind, Machine
from crmflow.policies.sla.definition import Condition, Definition, follows
from crmflow.policies.sla.definition import Kind as Promise


def contradictions(row: Definition, machine: Machine, path: str) -> Iterator[Fault]:
    """
    Yield the faults of conditions that rule each other out.

    Args:
        row: A definition whose names are all known.
        machine: Its machine.
        path: Its place.
    """
    ends = (*row.stop, *row.cancel)
    for place, start in enumerate(row.start):
        here = f"{path}.start[{place}]"
        if any(_inside(start, end) for end in ends):
            expected = "a start outside stop and cancel: as it is, it never attaches"
            yield Fault(here, "never_starts", expected)
        if any(_inside(start, pause) for pause in row.pause):
            yield Fault(here, "always_paused", "a start outside pause: as it is, it never runs")
        if not states_after(start, machine) - _final(machine):
            expected = "a state that is not final: nothing is awaited in a final one"
            yield Fault(here, "final", expected)
    yield from _pauses(row, machine, path)
    yield from _rungs(row, machine, path)


def _inside(one: Condition, other: Condition) -> bool:
    """Say whether the second holds wherever the first does."""
    return (
        _within(one.states, other.states)
        and _within(one.events, other.events)
        and all(one.match.get(name) == value for name, value in other.match.items())
        and other.when in (None, one.when)
    )


def _within(few: Sequence[str], many: Sequence[str]) -> bool:
    return not many or (bool(few) and set(few) <= set(many))


def _pauses(row: Definition, machine: Machine, path: str) -> Iterator[Fault]:
    states = runs_in(row, machine)
    for place, pause in enumerate(row.pause):
        ended = any(_inside(pause, end) for end in (*row.stop, *row.cancel))
        if ended or not states_after(pause, machine) & states:
            expected = f"a pause that can hold while it runs, in {', '.join(sorted(states))}"
            yield Fault(f"{path}.pause[{place}]", "never_pauses", expected)
        if pause.events and not row.resume:
            expected = "a resume: a pause by an event would end with the next event"
            yield Fault(f"{path}.resume", "missing", expected)
    if row.resume and not row.pause:
        yield Fault(f"{path}.pause", "missing", "a pause, since there is a resume")


def _rungs(row: Definition, machine: Machine, path: str) -> Iterator[Fault]:
    """Yield the rungs behind an event of the deadline's own that ends it."""
    ending = row.fire if row.fire and ended_by(row, machine, row.fire) else None
    for place, rung in enumerate(row.ladder):
        if ending and follows(rung):
            expected = f"a rung before the end, which {ending!r} brings"
            yield Fault(f"{path}.ladder[{place}].at", "never_reached", expected)
        if rung.event and follows(rung) and ended_by(row, machine, rung.event):
            ending = ending or rung.event


def ended_by(row: Definition, machine: Machine, event: str) -> bool:
    """Say whether an event always ends the deadline."""
    alone = Condition(events=(event,))
    stops = any(_inside(alone, end) for end in (*row.stop, *row.cancel))
    return stops or not states_after(alone, machine) - _final(machine)


def _final(machine: Machine) -> set[str]:
    return {state.name for state in machine.states if state.kind is Kind.FINAL}


def moves(machine: Machine, events: Sequence[str] = ()) -> set[tuple[str, str, str]]:
    """Return (event, from, to) of all rows, or of those of some events."""
    return {
        (row.event, source, source if row.to == KEEP else row.to)
        for row in machine.rows
        for source in sources(machine, row)
        if not events or row.event in events
    }


def states_after(condition: Condition, machine: Machine) -> set[str]:
    """Return the states in which a condition can hold after an event."""
    reached = {to for _, _, to in moves(machine, condition.events)}
    return reached & set(condition.states) if condition.states else reached


def runs_in(row: Definition, machine: Machine) -> set[str]:
    """Return the states in which a deadline can be running."""
    found = set().union(*(states_after(start, machine) for start in row.start))
    if row.kind is Promise.TIME_IN_STATE and not row.stop:
        return found
    ends = (*row.stop, *row.cancel)
    final, steps = _final(machine), moves(machine)
    grown = True
    while grown:
        new = {
            to
            for event, source, to in steps
            if source in found and to not in found and to not in final
            if not any(_inside(Condition(states=(to,), events=(event,)), end) for end in ends)
        }
        found |= new
        grown = bool(new)
    return found - final
