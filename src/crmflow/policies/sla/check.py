"""The check of the table of deadlines: every fault at once, each with its path."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from functools import partial

import attrs

from crmflow.core.checking import known, placed, readable
from crmflow.core.form import Fault, structure
from crmflow.core.hours import clock
from crmflow.core.kinds import kinds_of
from crmflow.core.machine import Machine
from crmflow.core.measure import Measure
from crmflow.core.reading import FieldError
from crmflow.core.tables import Tables
from crmflow.expressions import Scope
from crmflow.policies.sla.binding import form_of
from crmflow.policies.sla.check_targets import compared, matched, targets
from crmflow.policies.sla.definition import (
    Action,
    Condition,
    Definition,
    Kind,
    Rung,
    Step,
    point,
)
from crmflow.policies.sla.reach import contradictions
from crmflow.texts import shipped_roles

CONDITIONS = ("start", "pause", "resume", "stop", "cancel", "reset")


def check(
    rows: Sequence[Definition], tables: Tables, machines: Mapping[str, Machine]
) -> Iterator[Fault]:
    """
    Yield every fault of the table.

    Args:
        rows: The definitions in use.
        tables: Calendars and the company's zone.
        machines: Machines that are switched on.
    """
    for path, row, machine in placed("deadlines", rows, machines):
        faults = [*_Names(row, machine, tables, path).faults(), *targets(row, tables, path)]
        yield from faults or contradictions(row, machine, path)
    yield from compared(rows, tables)
    yield from _owned(rows)


@attrs.frozen
class _Names:
    """The names and texts of one row."""

    row: Definition
    machine: Machine
    tables: Tables
    path: str

    def faults(self) -> Iterator[Fault]:
        """Yield names nobody knows, texts nobody can read and columns that are missing."""
        yield from self._conditions()
        yield from self._facts()
        yield from self._calendar()
        yield from self._points()
        yield from self._ladder()
        yield from self._extension()
        yield from self._tasks()
        yield from self._event(self.row.fire, f"{self.path}.fire", {})
        yield from self._needs()

    def _conditions(self) -> Iterator[Fault]:
        if not self.row.start:
            yield Fault(f"{self.path}.start", "empty", "a condition that starts it")
        for name in CONDITIONS:
            for place, condition in enumerate(getattr(self.row, name)):
                yield from self._condition(condition, f"{self.path}.{name}[{place}]")
        for place, target in enumerate(self.row.targets):
            here, scope = f"{self.path}.targets[{place}]", self._scope()
            yield from matched(target.match, self.machine, here)
            yield from _compiled(target.when, scope, here, quiet=True)

    def _condition(self, condition: Condition, path: str) -> Iterator[Fault]:
        states = [state.name for state in self.machine.states]
        yield from _each(f"{path}.states", condition.states, states)
        yield from _each(f"{path}.events", condition.events, self.machine.events)
        yield from matched(condition.match, self.machine, path)
        form = form_of(condition, self.machine)
        scope = Scope.about(self.machine, form, self.tables)
        yield from _compiled(condition.when, scope, path)
        if not (condition.states or condition.events or condition.match or condition.when):
            yield Fault(path, "empty", "states, events, match or when")

    def _scope(self) -> Scope:
        return Scope.about(self.machine, None, self.tables)

    def _facts(self) -> Iterator[Fault]:
        kinds = kinds_of(self.machine.facts)
        for column in ("since", "holder", "tier", "calendar_from"):
            yield from known(f"{self.path}.{column}", getattr(self.row, column), kinds)
        since = kinds.get(self.row.since or "")
        if since is not None and datetime not in since:
            yield Fault(f"{self.path}.since", "type", "a fact that is an instant")
        if self.row.cutoff is not None:
            yield from readable(f"{self.path}.cutoff", partial(clock, self.row.cutoff))

    def _calendar(self) -> Iterator[Fault]:
        here, name = f"{self.path}.calendar", self.row.calendar
        if name is not None:
            yield from known(here, name, self.tables.calendars)
        elif self.row.calendar_from is not None:
            yield Fault(here, "missing", "the calendar for where calendar_from names none")
        elif any(measure.working for measure in self._measures()):
            yield Fault(here, "missing", "a calendar, since working time is counted")

    def _measures(self) -> Iterator[Measure]:
        for target in self.row.rows:
            yield target.end
            yield target.target
        yield from (step.to for step in self.row.extension)
        texts = (*_all_warnings(self.row), *(rung.at for rung in self.row.ladder))
        for text in texts:
            try:
                found = point(text)
            except FieldError:
                continue
            if isinstance(found, Measure):
                yield found

    def _points(self) -> Iterator[Fault]:
        named = [(self.row.warnings, f"{self.path}.warnings")]
        for place, target in enumerate(self.row.targets):
            named.append((target.warnings or (), f"{self.path}.targets[{place}].warnings"))
        for texts, path in named:
            for place, text in enumerate(texts):
                yield from _part(text, f"{path}[{place}]", most=1)

    def _ladder(self) -> Iterator[Fault]:
        seen: set[str] = set()
        for place, rung in enumerate(self.row.ladder):
            path = f"{self.path}.ladder[{place}]"
            if rung.name in seen:
                yield Fault(f"{path}.name", "doubled", "a name of its own")
            seen.add(rung.name)
            yield from _part(rung.at, f"{path}.at")
            yield from _rung_needs(rung, path)
            yield from _each(f"{path}.cancelled_by", rung.cancelled_by, self.machine.events)
            yield from self._event(rung.event, f"{path}.event", rung.payload)
            yield from _role(rung.role, f"{path}.role")
            if "." not in (rung.superior_of or ""):  # of a link only its owner knows the facts
                facts = kinds_of(self.machine.facts)
                yield from known(f"{path}.superior_of", rung.superior_of, facts)

    def _extension(self) -> Iterator[Fault]:
        for place, step in enumerate(self.row.extension):
            path = f"{self.path}.extension[{place}]"
            yield from self._step(step, path)

    def _step(self, step: Step, path: str) -> Iterator[Fault]:
        if step.role is None and step.event is None:
            yield Fault(path, "missing", "a role or an event that grants it")
        yield from known(f"{path}.event", step.event, self.machine.events)
        yield from _role(step.role, f"{path}.role")
        yield from matched(step.match, self.machine, path)
        yield from _compiled(step.when, self._scope(), path, quiet=True)

    def _tasks(self) -> Iterator[Fault]:
        tasks = {task.name for row in self.machine.rows for task in row.tasks}
        yield from _each(f"{self.path}.tasks", self.row.tasks, tasks)
        yield from _role(self.row.notify, f"{self.path}.notify")

    def _event(
        self, event: str | None, path: str, payload: Mapping[str, object]
    ) -> Iterator[Fault]:
        """Yield why an event cannot be fired with a payload."""
        yield from known(path, event, self.machine.events)
        if event is None or event not in self.machine.events:
            return
        form = self.machine.form(event)
        if form is None:
            if payload:
                yield Fault(path, "unknown", f"{event!r} has no form.")
            return
        for fault in structure(form, payload)[1]:
            inner = fault.path.removeprefix("$")
            yield Fault(f"{path}{inner}", fault.code, f"{fault.expected}, by its payload")

    def _needs(self) -> Iterator[Fault]:
        row = self.row
        if row.kind is Kind.HAND_OVER and row.holder is None:
            yield Fault(f"{self.path}.holder", "missing", "the fact with who holds it")
        if row.kind is Kind.WAIT and row.fire is None:
            yield Fault(f"{self.path}.fire", "missing", "the event that tells that it is over")
        if row.kind is Kind.TIME_IN_STATE and not all(start.states for start in row.start):
            yield Fault(f"{self.path}.start", "missing", "the states whose time is limited")
        for place, start in enumerate(row.start):
            for name in sorted(self.machine.final.intersection(start.states)):
                expected = f"a state that is not final: {name!r} keeps no timer"
                yield Fault(f"{self.path}.start[{place}].states", "final", expected)


def _all_warnings(row: Definition) -> Iterator[str]:
    yield from row.warnings
    for target in row.targets:
        yield from target.warnings or ()


def _each(path: str, given: Iterable[str], names: Iterable[str]) -> Iterator[Fault]:
    options = tuple(names)
    for name in given:
        yield from known(path, name, options)


def _compiled(text: str | None, scope: Scope, path: str, *, quiet: bool = False) -> Iterator[Fault]:
    """Yield what is wrong with an expression; where no event is, none may be named."""
    if text is None:
        return
    try:
        names = scope.compile(text).names
    except FieldError as error:
        yield Fault(f"{path}.when", error.code, error.expected)
        return
    asked = [name for name in sorted(names) if name == "event" or name.startswith("actor.")]
    if quiet and asked:
        yield Fault(f"{path}.when", "unknown", f"facts, state or at, not {', '.join(asked)}")


def _part(text: str, path: str, most: int | None = None) -> Iterator[Fault]:
    try:
        found = point(text)
    except FieldError as error:
        yield Fault(path, error.code, error.expected)
        return
    if isinstance(found, Fraction) and (found <= 0 or (most is not None and found > most)):
        expected = "a part above 0" if most is None else "a part above 0 and at most 100%"
        yield Fault(path, "range", expected)


def _rung_needs(rung: Rung, path: str) -> Iterator[Fault]:
    needed = {
        Action.NOTIFY: ("role",),
        Action.TASK: ("task", "role"),
        Action.REASSIGN: ("role",),
    }.get(rung.action, ("event",))
    for name in needed:
        if getattr(rung, name) is None:
            yield Fault(f"{path}.{name}", "missing", f"a {name}, to {rung.action}")


def _role(role: str | None, path: str) -> Iterator[Fault]:
    """Yield a fault for what is nearly a role of the catalogue: a company may have others."""
    known = [str(one["name"]) for one in shipped_roles()]
    if role is None or role in known:
        return
    near = difflib.get_close_matches(role, known, n=1, cutoff=0.9)
    if near:
        yield Fault(path, "unknown", f"Did you mean {near[0]!r}?")


def _owned(rows: Sequence[Definition]) -> Iterator[Fault]:
    """Yield tasks whose due instant is given by two deadlines."""
    owners: dict[tuple[str, str], str] = {}
    for place, row in enumerate(rows):
        for task in row.tasks:
            owner = owners.setdefault((row.machine, task), row.name)
            if owner != row.name:
                expected = f"a task of its own: {task!r} is due with {owner!r}"
                yield Fault(f"$.deadlines[{place}].tasks", "doubled", expected)
