"""Definitions made ready for one machine: expressions compiled, calendars found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import attrs

from crmflow.core.entity import Snapshot
from crmflow.core.hours import clock
from crmflow.core.local_time import local_of, moment_of
from crmflow.core.machine import Kind, Machine
from crmflow.core.plain import plain
from crmflow.core.policy import Occurrence
from crmflow.core.tables import Tables
from crmflow.core.working_time import WorkingCalendar
from crmflow.expressions import Expression, Scope
from crmflow.expressions.links import links_of, names_of
from crmflow.policies.sla.definition import Condition, Definition, Step, Target

PLAIN = (str, int, type(None))


@attrs.frozen
class Fit:
    """
    What must be true of an entity.

    Attributes:
        match: Facts and the values each may have.
        when: What must hold besides, or None.
    """

    match: tuple[tuple[str, Sequence[object]], ...]
    when: Expression[bool] | None

    def of(self, snapshot: Snapshot[Any]) -> bool:
        """Say whether it is true of an entity as it is."""
        return self.of_facts(snapshot.facts) and (
            self.when is None
            or self.when(snapshot.facts, state=snapshot.state, at=snapshot.at, links=snapshot.links)
        )

    def after(self, seen: Occurrence, *, form: bool) -> bool:
        """Say whether it is true after an event, its form read or not."""
        event, after = seen.event, seen.after
        return self.of_facts(after.facts) and (
            self.when is None
            or self.when(
                after.facts,
                event.form if form else None,
                state=after.state,
                event=event.name,
                actor=event.actor,
                at=event.at,
                links=after.links,
            )
        )

    def of_facts(self, facts: object) -> bool:
        """Say whether facts have the values."""
        for name, options in self.match:
            value = getattr(facts, name)
            # Most equal what they are in a table: this is asked after every event.
            if (value if isinstance(value, PLAIN) else plain(value)) not in options:
                return False
        return True


@attrs.frozen
class Question:
    """
    A condition that can be asked.

    Attributes:
        states, events: Of which one is needed; empty for any.
        fit: What must be true besides.
        reads_form: Whether it may read the event's form.
    """

    states: frozenset[str]
    events: frozenset[str]
    fit: Fit
    reads_form: bool

    def holds(self, seen: Occurrence) -> bool:
        """Say whether it holds after an event."""
        if self.events and seen.event.name not in self.events:
            return False
        return self._placed(seen.after) and self.fit.after(seen, form=self.reads_form)

    def held(self, before: Snapshot[Any]) -> bool:
        """Say whether it held already before an event; what waits for events never does."""
        return not self.events and self._placed(before) and self.fit.of(before)

    def _placed(self, snapshot: Snapshot[Any]) -> bool:
        return not self.states or snapshot.state in self.states


@attrs.frozen
class Bound:
    """
    A definition ready for its machine.

    Attributes:
        row: The row of the table.
        start, pause, resume, stop, cancel, reset: Its conditions; one that holds is enough.
        targets: Its targets, and what must be true for each.
        steps: What it can be extended to, likewise.
        calendars: Calendars by name; the empty name is always open, in the company's zone.
        always: Whether it is in force on every day.
        bases: Target and limit of each of its targets, as a run tells them.
        own: Name and version of the calendar of the row, empty for none.
        off: Rungs that one event makes pointless, where it is narrowed to that event.
    """

    row: Definition
    start: tuple[Question, ...]
    pause: tuple[Question, ...]
    resume: tuple[Question, ...]
    stop: tuple[Question, ...]
    cancel: tuple[Question, ...]
    reset: tuple[Question, ...]
    targets: tuple[tuple[Target, Fit], ...]
    steps: tuple[tuple[Step, Fit], ...]
    calendars: Mapping[str, WorkingCalendar]
    always: bool
    bases: tuple[tuple[str, str], ...]
    own: tuple[str, str]
    off: tuple[str, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """Names that its expressions read."""
        asked = (self.start, self.pause, self.resume, self.stop, self.cancel, self.reset)
        fits = [question.fit for questions in asked for question in questions]
        fits += [fit for _, fit in (*self.targets, *self.steps)]
        return frozenset().union(*(fit.when.names for fit in fits if fit.when is not None))

    def during(self, event: str) -> Bound:
        """Return the definition without the conditions that cannot hold after an event."""

        def left(questions: tuple[Question, ...]) -> tuple[Question, ...]:
            return tuple(one for one in questions if not one.events or event in one.events)

        return attrs.evolve(
            self,
            start=left(self.start),
            pause=left(self.pause),
            # That there is a resume counts, also where it cannot hold.
            resume=self.resume,
            stop=left(self.stop),
            cancel=left(self.cancel),
            reset=left(self.reset),
            steps=tuple((step, fit) for step, fit in self.steps if step.event == event),
            off=tuple(rung.name for rung in self.row.ladder if event in rung.cancelled_by),
        )

    def counted_from(self, start_at: datetime) -> datetime:
        """Return what a start counts from: itself, or the next day where it is past the cutoff."""
        if self.row.cutoff is None:
            return start_at
        zone = self.calendars[""].zone
        day, shown = local_of(zone, start_at)
        if shown <= timedelta(minutes=clock(self.row.cutoff)):
            return start_at
        return moment_of(zone, day + timedelta(days=1))

    def target(self, snapshot: Snapshot[Any]) -> int:
        """Return the number of the first target that fits, from 0."""
        for number, (_, fit) in enumerate(self.targets[:-1]):
            if fit.of(snapshot):
                return number
        return len(self.targets) - 1  # the last one always fits

    def calendar_now(self, facts: object) -> tuple[str, str]:
        """Return name and version of the calendar that applies now; empty for the clock alone."""
        if self.row.calendar_from is not None:
            named = str(getattr(facts, self.row.calendar_from) or "")
            if named and named in self.calendars:
                return named, self.calendars[named].version
        return self.own

    def calendar(self, name: str) -> WorkingCalendar:
        """Return a calendar; for one that is gone, the definition's own."""
        return self.calendars.get(name) or self.calendars[self.row.calendar or ""]


def any_holds(questions: Sequence[Question], seen: Occurrence) -> bool:
    """Say whether one of the conditions holds after an event."""
    for one in questions:  # noqa: SIM110 - asked after every event: no generator
        if one.holds(seen):
            return True
    return False


@attrs.frozen
class Definitions:
    """
    All definitions of one machine.

    Attributes:
        named: By name, those of different effective dates side by side.
        tables: For the company's day.
        final: Final states of the machine.
        reads_links: Whether one of them reads what the entity is linked to.
        waits: Names of those that promise nothing and are only waited for.
    """

    named: Mapping[str, tuple[Bound, ...]]
    tables: Tables
    final: frozenset[str]
    reads_links: bool = False
    waits: frozenset[str] = frozenset()

    def on(self, name: str, at: datetime) -> Bound | None:
        """Return the definition of a name as it is on the company's day of an instant, or None."""
        for one in self.named.get(name, ()):
            if one.always or one.row.in_force(self.tables.day(at)):
                return one
        return None

    def during(self, event: str) -> Definitions:
        """Return the definitions with what can matter after an event alone."""
        named = {
            name: tuple(one.during(event) for one in dated) for name, dated in self.named.items()
        }
        return attrs.evolve(self, named=named)


def bind(rows: Sequence[Definition], machine: Machine, tables: Tables) -> Definitions:
    """Return the definitions of a machine, ready."""
    named: dict[str, tuple[Bound, ...]] = {}
    calendars = {"": WorkingCalendar.always(tables.zone), **tables.calendars}
    for row in sorted(rows, key=lambda row: row.name):
        named[row.name] = (*named.get(row.name, ()), _bound(row, machine, calendars, tables))
    final = frozenset(state.name for state in machine.states if state.kind is Kind.FINAL)
    linked = {name for link in links_of(machine, tables.machines) for name in names_of(link)}
    read = (bound.names for dated in named.values() for bound in dated)
    reads_links = any(not names.isdisjoint(linked) for names in read)
    waits = frozenset(row.name for row in rows if not row.promises)
    return Definitions(named, tables, final, reads_links, waits)


def _bound(
    row: Definition, machine: Machine, calendars: Mapping[str, WorkingCalendar], tables: Tables
) -> Bound:
    def asked(conditions: Sequence[Condition]) -> tuple[Question, ...]:
        return tuple(_question(condition, machine, tables) for condition in conditions)

    scope = Scope.about(machine, None, tables)
    return Bound(
        row,
        start=asked(row.start),
        pause=asked(row.pause),
        resume=asked(row.resume),
        stop=asked(row.stop),
        cancel=asked(row.cancel),
        reset=asked(row.reset),
        targets=tuple((one, _fit(one, scope)) for one in row.rows),
        steps=tuple((one, _fit(one, scope)) for one in row.extension),
        calendars=calendars,
        always=row.from_on is None and row.until_on is None,
        own=("", "") if row.calendar is None else (row.calendar, calendars[row.calendar].version),
        bases=tuple((str(one.target), told(one.limit)) for one in row.rows),
    )


def told(value: object) -> str:
    """Return a value as text; empty where there is none."""
    return "" if value is None else str(value)


def _fit(row: Condition | Target | Step, scope: Scope) -> Fit:
    match = tuple(
        (name, wanted if isinstance(wanted, list | tuple) else (wanted,))
        for name, wanted in row.match.items()
    )
    return Fit(match, None if row.when is None else scope.compile(row.when))


def form_of(condition: Condition, machine: Machine) -> type | None:
    """Return the form a condition's expression may read: that of its only event."""
    if len(condition.events) != 1 or condition.events[0] not in machine.events:
        return None
    return machine.form(condition.events[0])


def _question(condition: Condition, machine: Machine, tables: Tables) -> Question:
    form = form_of(condition, machine)
    scope = Scope.about(machine, form, tables)
    states, events = frozenset(condition.states), frozenset(condition.events)
    return Question(states, events, _fit(condition, scope), form is not None)
