"""The policy `cadences` of one machine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, TypeVar

import attrs

from crmflow.core.entity import Snapshot
from crmflow.core.event import Event
from crmflow.core.form import Text
from crmflow.core.journal import Drop
from crmflow.core.policy import Denied, Evolve, Evolved, FirstShape, Line, Occurrence
from crmflow.core.reserved import may_change
from crmflow.core.tables import edition
from crmflow.core.verdict import Answer, Verdict
from crmflow.policies.cadences import runs, silences
from crmflow.policies.cadences.contacts import Limits
from crmflow.policies.cadences.days import DAY, opens_at
from crmflow.policies.cadences.rows import Care
from crmflow.policies.cadences.runs import BoundCadence
from crmflow.policies.cadences.silences import BoundDormancy
from crmflow.policies.cadences.state import CareState, Run, with_one, without
from crmflow.policies.cadences.work import NAME, TIMER, Added, Bound

MOVE, DONE = "$move_care", "$done_care"


@attrs.frozen
class MoveCare:
    """
    Another day for the next task of a cadence.

    Attributes:
        cadence: Name of the cadence.
        to_on: Local day; where it is none of work, the next working day.
        reason: Why it moves; what comes after it does not move with it.
    """

    cadence: Text
    to_on: date
    reason: Text


@attrs.frozen
class DoneCare:
    """
    A care task that was done.

    Attributes:
        care: Name of the cadence or of the row of dormancy.
        result: What came of it.
    """

    care: Text
    result: Text


B = TypeVar("B", bound=Bound[Any])

RESERVED: Mapping[str, type | None] = {TIMER: None, MOVE: MoveCare, DONE: DoneCare}


@attrs.frozen
class Cadences(FirstShape):
    """
    All care of the entities of one machine.

    Attributes:
        cadences: Cadences, ready.
        dormancy: Rows of dormancy, ready.
        limits: Contact limits.
        final: Final states of the machine.
    """

    cadences: tuple[BoundCadence, ...]
    dormancy: tuple[BoundDormancy, ...]
    limits: Limits
    final: frozenset[str]
    name: str = NAME
    state: type = CareState
    reserved: Mapping[str, type | None] = RESERVED

    def evolve_for(self, event: str) -> Evolve | None:
        """Return what runs after an event: after all of the machine's, and its own."""
        own: Mapping[str, Evolve] = {TIMER: self._timer, MOVE: self._move, DONE: self._done}
        if event in own:
            return own[event]
        return self._follow if may_change(event) else None

    def explain(self, state: CareState, snapshot: Snapshot[Any]) -> Iterable[Line]:
        """Yield what comes next, why not on its own day, what is open and what was missed."""
        known = {bound.row.name: bound.row for bound in self._all()}
        for run in state.runs:
            row = known.get(run.row)
            if row is not None:
                yield from (_line(code, run, row.rules, row.version) for code in _codes(run))
        for silence in state.silences:
            row = known.get(silence.row)
            if row is not None:
                values = {"care": silence.row, "since": silence.since, "reached": silence.reached}
                code = "silence_open" if silence.open else "silence_runs"
                yield Line(code, values, row.rules, row.edition)

    def _all(self) -> tuple[Bound[Any], ...]:
        return (*self.cadences, *self.dormancy)

    def _follow(self, state: CareState | None, seen: Occurrence) -> Evolved | None:
        """Begin, end and replan after an event that has changed the entity."""
        if not seen.changes:
            return None
        if seen.after.state in self.final:
            return None if state is None else Evolved(None)
        at, added = seen.event.at, Added(seen)
        care = CareState(at) if state is None else state
        today = self._all()[0].day(at)
        care = self._contacted(care, seen, today)
        same = seen.before.facts is seen.after.facts and not seen.left
        # Rows come and go too: once a day is often enough to look.
        if not same or care.looked_on != today:
            care = self._looked(care, seen, added)
            if care.looked_on != today:
                care = attrs.evolve(care, looked_on=today)
        unchanged = care is state or care == state
        return None if unchanged and not added.effects else added.evolved(care)

    def _looked(self, care: CareState, seen: Occurrence, added: Added) -> CareState:
        """Return the state after a look at which rows apply; most events change none of it."""
        for cadence in _current(self.cadences, seen.event.at):
            found = runs.reconciled(cadence, care, added, applies=cadence.applies(seen))
            if found is not care.runs:
                care = attrs.evolve(care, runs=found)
        for row in _current(self.dormancy, seen.event.at):
            kept = silences.reconciled(row, care, added, applies=row.applies(seen))
            if kept is not care.silences:
                care = attrs.evolve(care, silences=kept)
        return care

    def _contacted(self, care: CareState, seen: Occurrence, day: date) -> CareState:
        own = seen.event.raised_by == NAME  # was counted when it was raised
        if own or not self.limits.counts(seen.event.name, day):
            return care
        return attrs.evolve(care, contacts=self.limits.kept((*care.contacts, day), day))

    def _timer(self, state: CareState | None, seen: Occurrence) -> Evolved | Denied | None:
        """Open what its instant has come for; a row that is no longer in force ends instead."""
        timer = seen.event.timer
        if timer is None:
            return Denied((_refusal(None, "care_timer_only"),))
        if state is None:
            return None
        added, at = Added(seen), seen.event.at
        for cadence in _current(self.cadences, at):
            if cadence.timer == timer:
                return added.evolved(self._run(cadence, state, added))
        for row in _current(self.dormancy, at):
            if row.timer == timer:
                return added.evolved(self._silence(row, state, added))
        return Evolved(_forgotten(state, timer))

    def _run(self, bound: BoundCadence, state: CareState, added: Added) -> CareState:
        if not bound.row.in_force(bound.day(added.seen.event.at)):
            kept = runs.reconciled(bound, state, added, applies=False)
            return attrs.evolve(state, runs=kept)
        return runs.reached(bound, self.limits, self._fixed(state, bound), state, added)

    def _silence(self, bound: BoundDormancy, state: CareState, added: Added) -> CareState:
        if not bound.row.in_force(bound.day(added.seen.event.at)):
            kept = silences.reconciled(bound, state, added, applies=False)
            return attrs.evolve(state, silences=kept)
        return silences.reached(bound, self.limits, self.dormancy, state, added)

    def _fixed(self, state: CareState, but: BoundCadence) -> tuple[date, ...]:
        """Return the planned days of contacts that cannot move: greetings keep their window."""
        planned = []
        for bound in self.cadences:
            run = state.run(bound.row.name)
            if run is not None and bound.recurrence is None and bound.row.contact and bound != but:
                planned.append(bound.day(run.opens_at))
        return tuple(planned)

    def _move(self, state: CareState | None, seen: Occurrence) -> Evolved | Denied | None:
        form: MoveCare = seen.event.form
        current = _current(self.cadences, seen.event.at)
        found = next((bound for bound in current if bound.row.name == form.cadence), None)
        run = None if found is None or state is None else state.run(form.cadence)
        if found is None or state is None or run is None:
            return Denied((_refusal(None, "no_such_care"),))
        faults = [*_role(found, seen.event), *self._out_of_turn(found, run, seen)]
        if faults:
            return Denied(tuple(faults))
        added = Added(seen)
        opening = found.hours.next_opening(max(opens_at(found.hours, form.to_on), seen.event.at))
        run = attrs.evolve(run, opens_at=opening, moved=form.reason)
        added.start(found, opening)
        return added.evolved(attrs.evolve(state, runs=with_one(state.runs, run)))

    def _out_of_turn(self, bound: BoundCadence, run: Run, seen: Occurrence) -> Iterator[Verdict]:
        form: MoveCare = seen.event.form
        if form.to_on < bound.day(seen.event.at):
            yield _refusal(bound, "care_in_past")
        if bound.recurrence is None:
            last: date | None = bound.last(run.due_on)
        else:
            following = bound.next(None, run.origin, run.due_on)
            last = None if following is None else following - DAY
        if last is not None and bound.day(opens_at(bound.hours, form.to_on)) > last:
            yield _refusal(bound, "care_too_late", last=last)

    def _done(self, state: CareState | None, seen: Occurrence) -> Evolved | Denied | None:
        form: DoneCare = seen.event.form
        current: tuple[Bound[Any], ...] = _current(self._all(), seen.event.at)
        bound = next((one for one in current if one.row.name == form.care), None)
        one = None if state is None else (state.run(form.care) or state.silence(form.care))
        if state is None or bound is None or one is None or not one.open:
            return Denied((_refusal(bound, "no_care_open"),))
        faults = tuple(_role(bound, seen.event))
        if faults:
            return Denied(faults)
        effects = (Drop("tasks", bound.task),)
        if isinstance(one, Run):
            done = attrs.evolve(one, open=False)
            return Evolved(attrs.evolve(state, runs=with_one(state.runs, done)), effects)
        quiet = attrs.evolve(one, open=False)
        return Evolved(attrs.evolve(state, silences=with_one(state.silences, quiet)), effects)


def _current(bound: Iterable[B], at: datetime) -> tuple[B, ...]:
    """Return one row of each name: the one in force, else the first."""
    current: dict[str, B] = {}
    for one in bound:
        if one.row.name not in current or one.row.in_force(one.day(at)):
            current[one.row.name] = one
    return tuple(current.values())


def _forgotten(state: CareState, timer: str) -> CareState:
    """Return the state without what a row that is gone had planned."""
    name = timer.removeprefix(f"{NAME}:")
    quiet = without(state.silences, name.removeprefix("silence:"))
    return attrs.evolve(state, runs=without(state.runs, name), silences=quiet)


def _role(bound: Bound[Any], event: Event[Any]) -> Iterator[Verdict]:
    role = bound.row.role
    if role is not None and not event.actor.may((role,)):
        yield _refusal(bound, "role", roles=(role,))


def _refusal(
    bound: Bound[Any] | None, reason: str, *, roles: tuple[str, ...] = (), last: date | None = None
) -> Verdict:
    values = {} if last is None else {"last": last.isoformat()}
    if bound is None:
        return Verdict(NAME, Answer.REFUSE, reason, values=values)
    row: Care = bound.row
    return row.verdict(NAME, Answer.REFUSE, reason, roles=roles, values=values)


def _codes(run: Run) -> Iterator[str]:
    yield "care_moved" if run.moved else "care_due"
    if run.open:
        yield "care_open"
    if run.missed:
        yield "care_missed"


def _line(code: str, run: Run, rules: tuple[str, ...], version: str) -> Line:
    values: dict[str, object] = {
        "care": run.row,
        "due_on": run.due_on,
        "opens_at": run.opens_at,
        "last_on": run.last_on,
        "missed": run.missed,
        "moved": run.moved,
    }
    return Line(code, values, rules, edition(run.row, version))
