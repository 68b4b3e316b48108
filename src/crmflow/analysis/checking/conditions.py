"""Conditions of rows, each by itself and two of them together: which never hold, which always."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import attrs

from crmflow.analysis.checking.alternatives import told
from crmflow.analysis.checking.space import Grid, Point, Space
from crmflow.analysis.checking.subject import Placed, Subject
from crmflow.analysis.fault import Fault, FaultKind
from crmflow.core.definition import sources
from crmflow.core.kinds import field_names
from crmflow.core.machine import Machine
from crmflow.core.reading import FieldError
from crmflow.core.tables import MachineRow
from crmflow.policies.conditions.rows import ALL, Condition

__all__ = ["contradictions", "truths"]

COLUMNS = frozenset({"when", "requires", "unless", "exempt", "where"})
"""Columns that hold a condition about entities of the row's machine, in every table."""


@attrs.frozen
class Found:
    """A condition in a row: where it stands, and the events whose form it may read."""

    path: str
    text: str
    events: tuple[str, ...]


def truths(subject: Subject) -> Iterator[Fault]:
    """Yield the conditions that never hold, and those that always do."""
    for table in subject.tables.rows:
        for one, machine in subject.about(table, MachineRow):
            for found in conditions_of(one.row):
                yield from _truth(subject, one, machine, found)


def conditions_of(value: object, path: str = "", events: tuple[str, ...] = ()) -> Iterator[Found]:
    """Yield the conditions of a row, at any depth; events are those named nearest."""
    own = getattr(value, "events", None) or (getattr(value, "event", None),)
    named = tuple(name for name in own if isinstance(name, str)) if isinstance(own, tuple) else ()
    kind: type = type(value)
    for name in field_names(kind):
        inner = getattr(value, name)
        if name in COLUMNS and isinstance(inner, str):
            if inner:
                yield Found(f"{path}.{name}", inner, named or events)
        elif isinstance(inner, tuple):
            for number, part in enumerate(inner):
                yield from conditions_of(part, f"{path}.{name}[{number}]", named or events)
        else:
            yield from conditions_of(inner, f"{path}.{name}", named or events)


def _truth(
    subject: Subject, one: Placed[MachineRow], machine: Machine, found: Found
) -> Iterator[Fault]:
    events = machine.events if ALL in found.events else found.events
    forms = {machine.form(event) for event in events if event in machine.events} or {None}
    said: set[bool | None] = set()
    names: frozenset[str] = frozenset()
    for form in forms:
        space = Space.about(machine, subject.tables, form)
        try:
            names |= space.scope.compile(found.text).names
        except FieldError:  # the names of another table's own scope
            return
        said |= {row[0] for _, row in space.grid([found.text]).rows}
    kinds = {False: FaultKind.NEVER_TRUE, True: FaultKind.ALWAYS_TRUE}
    # `true` and `false` alone state that there is nothing to tell apart.
    if names and len(said) == 1 and (kind := kinds.get(said.pop())):  # type: ignore[arg-type]
        shown = ", ".join(sorted(names))
        yield one.fault(kind, found.path, condition=repr(found.text), names=shown)


def contradictions(subject: Subject) -> Iterator[Fault]:
    """Yield pairs of conditions that together let an event happen in no case at all."""
    by_machine: dict[str, list[Placed[Condition]]] = {}
    for one, machine in subject.about("conditions", Condition):
        if not one.row.who and one.row.soft is None:
            by_machine.setdefault(machine.name, []).append(one)
    for name, rows in by_machine.items():
        machine = subject.machines[name]
        for event in machine.events:
            about = [one for one in rows if event in one.row.about(machine)]
            for pair in combinations(about, 2):
                yield from _contradiction(subject, machine, event, pair)


def _contradiction(
    subject: Subject,
    machine: Machine,
    event: str,
    pair: tuple[Placed[Condition], Placed[Condition]],
) -> Iterator[Fault]:
    one, other = pair
    if not one.row.overlaps(other.row):
        return
    states = {
        state for row in machine.rows if row.event == event for state in sources(machine, row)
    }
    space = Space.about(machine, subject.tables, machine.form(event), states)
    lets = [_lets(one.row), _lets(other.row)]
    first, then = (space.scope.compile(text).names for text in lets)
    if first.isdisjoint(then):
        return
    grid = space.grid(lets)
    if all(grid.decided) and (example := _never_both(grid)) is not None:
        names = f"{one.row.name}", f"{other.row.name} ({told(example)})"
        values = {"one": names[0], "other": names[1]}
        yield attrs.evolve(
            other.fault(FaultKind.CONTRADICTION), where=f"{other.at()} {event}", values=values
        )


def _lets(row: Condition) -> str:
    """Return when a row lets an event happen, as one expression."""
    if row.requires is None:
        return f"not ({row.when})"
    return f"({row.requires})" if row.when is None else f"not ({row.when}) or ({row.requires})"


def _never_both(grid: Grid) -> Point | None:
    """Return facts of which each row lets some form pass and both together none, or None."""
    by_facts: dict[tuple[tuple[str, object], ...], list[tuple[bool | None, ...]]] = {}
    for point, said in grid.rows:
        facts = tuple((name, v) for name, v in point.items() if not name.startswith("form."))
        by_facts.setdefault(facts, []).append(said)
    for facts, forms in by_facts.items():
        alone = all(any(said[side] for said in forms) for side in (0, 1))
        if alone and not any(map(all, forms)):
            return dict(facts)
    return None
