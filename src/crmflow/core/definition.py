"""Checks of a machine's table: what transitions lets pass is refused when declared."""

from __future__ import annotations

import re
from collections.abc import Iterator

import attrs

from crmflow.core.actor import SYSTEM
from crmflow.core.errors import MachineDefinitionError, did_you_mean
from crmflow.core.machine import ANY, KEEP, Kind, Machine, Row
from crmflow.core.migration import renamed
from crmflow.core.ref import UNBORN

_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")


def sources(machine: Machine, row: Row) -> tuple[str, ...]:
    """Return the states a row leaves, with `ANY` written out in the machine's order."""
    if row.source == (ANY,):
        return tuple(state.name for state in machine.states if state.kind is not Kind.FINAL)
    return row.source


def check(machine: Machine) -> None:
    """
    Refuse a table that contradicts itself.

    Raises:
        MachineDefinitionError: Names every fault found.
    """
    faults = (
        *_names(machine),
        *_rows(machine),
        *_one_form_per_event(machine),
        *_facts(machine),
        *_migrations(machine),
    )
    if not faults:
        faults = (*_reachable(machine), *_shadowed(machine), *_waits(machine))
    if faults:
        raise MachineDefinitionError(machine.name, faults)


def _names(machine: Machine) -> Iterator[str]:
    for name in (machine.name, *(s.name for s in machine.states), *machine.events):
        if not _NAME.match(name):
            yield f"{name!r} is no name: lower-case letters, digits and underscores"
    if "state" in machine.events:
        yield "event 'state' has a name that transitions keeps for itself: choose another"
    seen = [state.name for state in machine.states]
    for name in sorted({name for name in seen if seen.count(name) > 1}):
        yield f"state {name!r} is declared twice"
    initial = [state.name for state in machine.states if state.kind is Kind.INITIAL]
    created = {row.to for row in machine.rows if UNBORN in row.source}
    if len(initial) != 1:
        yield f"one state is initial, not {len(initial)}: {initial}"
    elif created != set(initial):
        yield f"the creating rows (from {UNBORN!r}) must enter {initial}, not {sorted(created)}"
    creating = {row.event for row in machine.rows if UNBORN in row.source}
    if len(creating) > 1:
        yield f"one event creates an entity, not {sorted(creating)}"


def _rows(machine: Machine) -> Iterator[str]:
    states = {state.name: state for state in machine.states}
    for row in machine.rows:
        for name in (*row.source, row.to):
            if name not in {*states, ANY, KEEP, UNBORN}:
                yield f"row '{row.name}': unknown state {name!r}. {did_you_mean(name, states)}"
        if row.to in (ANY, UNBORN) or KEEP in row.source or not row.source:
            yield f"row '{row.name}': {ANY!r} and {UNBORN!r} are sources, {KEEP!r} is a target"
        if len(row.source) > 1 and {ANY, UNBORN} & set(row.source):
            yield f"row '{row.name}': {ANY!r} and {UNBORN!r} stand alone"
        yield from (
            f"row '{row.name}': leaves the final state {name!r}"
            for name in row.source
            if name in states and states[name].kind is Kind.FINAL
        )
        yield from _row_parts(machine, row)


def _row_parts(machine: Machine, row: Row) -> Iterator[str]:
    for guard in row.guards:
        if not _NAME.match(guard.reason):
            yield f"row '{row.name}': a guard has no reason code ({guard.reason!r})"
        if guard.needs == "form" and row.form is None:
            yield f"row '{row.name}': guard {guard.reason!r} needs a form and the row has none"
    yield from _row_timers(machine, row)
    timers = {start.name for other in machine.rows for start in other.start}
    tasks = {task.name for other in machine.rows for task in other.tasks}
    for name in row.stop:
        if name not in timers:
            yield f"row '{row.name}': stops unknown timer {name!r}. {did_you_mean(name, timers)}"
    for name in row.done:
        if name not in tasks:
            yield f"row '{row.name}': closes unknown task {name!r}. {did_you_mean(name, tasks)}"


def _row_timers(machine: Machine, row: Row) -> Iterator[str]:
    for start in row.start:
        if start.event not in machine.events:
            hint = did_you_mean(start.event, machine.events)
            yield f"row '{row.name}': timer {start.name!r} fires unknown {start.event!r}. {hint}"
        elif machine.form(start.event) is not None:
            yield (
                f"row '{row.name}': timer {start.name!r} fires {start.event!r}, which needs a form"
            )
    timers = {start.name for other in machine.rows for start in other.start}
    for task in row.tasks:
        if task.timer is not None and task.timer not in timers:
            hint = did_you_mean(task.timer, timers)
            yield f"row '{row.name}': task {task.name!r} is due with unknown {task.timer!r}. {hint}"


def _one_form_per_event(machine: Machine) -> Iterator[str]:
    for event in machine.events:
        forms = {row.form for row in machine.rows if row.event == event}
        if len(forms) > 1:
            names = sorted("none" if form is None else form.__name__ for form in forms)
            yield f"event {event!r} has several forms: {', '.join(names)}"


def _facts(machine: Machine) -> Iterator[str]:
    if not attrs.has(machine.facts):
        yield f"facts {machine.facts!r} are no attrs class"
        return
    known = [field.name for field in attrs.fields(machine.facts)]
    wanted = {name for state in machine.states for name in state.requires} | set(machine.shares)
    searched = [word.partition(":") for word in machine.searchable]
    for name, colon, kind in searched:
        wanted.add(name)
        if colon and kind != "text":
            yield f"{name!r} is searched as {kind!r}: write '{name}' or '{name}:text'"
    names = [name for name, _, _ in searched]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"fact {name!r} is searched twice"
    for name in sorted(wanted - set(known)):
        yield f"unknown fact {name!r}. {did_you_mean(name, known)}"


def _migrations(machine: Machine) -> Iterator[str]:
    version, known = machine.version, sorted(machine.migrations)
    if version < 1:
        yield f"a definition's version is 1 or later, not {version}"
    for number in known:
        if not 1 <= number < version:
            yield f"a migration leads away from version {number}, which is today's or no earlier"
    missing = [n for n in range(known[0], version) if n not in known] if known else []
    if missing:
        yield f"migrations lead away from version {known[0]} but from {missing[0]} none does"
    states = {state.name for state in machine.states}
    for number in known:
        later = tuple(machine.migrations[n].states for n in known if n > number)
        for old, new in machine.migrations[number].states.items():
            if renamed(new, later) not in states:
                told = f"the migration from version {number} leads from state {old!r}"
                yield f"{told} to unknown {new!r}. {did_you_mean(new, states)}"


def _moves(machine: Machine) -> set[tuple[str, str]]:
    return {
        (source, source if row.to == KEEP else row.to)
        for row in machine.rows
        for source in sources(machine, row)
    }


def _closure(start: set[str], moves: set[tuple[str, str]]) -> set[str]:
    found, grown = set(start), True
    while grown:
        new = {to for source, to in moves if source in found} - found
        found |= new
        grown = bool(new)
    return found


def _reachable(machine: Machine) -> Iterator[str]:
    moves = _moves(machine)
    reached = _closure({UNBORN}, moves)
    final = set(machine.final)
    ending = _closure(final, {(to, source) for source, to in moves})
    for state in machine.states:
        if state.name not in reached:
            yield f"state {state.name!r} is never reached"
        elif final and state.name not in ending:
            yield f"state {state.name!r} is a trap: no final state can be reached from it"


def _shadowed(machine: Machine) -> Iterator[str]:
    open_rows: dict[tuple[str, str], Row] = {}
    for row in machine.rows:
        for source in sources(machine, row):
            before = open_rows.get((source, row.event))
            if before is not None:
                yield (
                    f"row '{row.name}' is never tried from {source!r}: "
                    f"'{before.name}' always passes"
                )
            elif not row.guards and not row.who:
                open_rows[source, row.event] = row


def _waits(machine: Machine) -> Iterator[str]:
    for state in machine.states:
        leaving = [
            row
            for row in machine.rows
            if state.name in sources(machine, row) and row.to not in (KEEP, state.name)
        ]
        if state.kind is Kind.WAITING and all(row.who == SYSTEM.roles for row in leaving):
            fired = {start.event for row in machine.rows for start in row.start}
            if not any(row.event in fired for row in leaving):
                yield f"waiting state {state.name!r} has neither timer nor outside event"
