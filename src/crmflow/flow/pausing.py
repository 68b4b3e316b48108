"""
Pauses: an entity stands still, and goes on with what remained of its time.

While it is paused nothing is asked of it but its end: events are refused, messages wait, and
no timer is pending, so that no worker has to know. Timers of the machine keep what remained
of their time; where they count on a calendar that is gone, the pause is not lifted without it.
Those of a policy stand for what the policy remembers: they come back as they were, and the
policy moves what is a deadline (see `Policy.evolve_for`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import attrs

from crmflow.core.compiled import Compiled
from crmflow.core.decision import Decision, conclude
from crmflow.core.entity import Snapshot
from crmflow.core.event import Event
from crmflow.core.form import Fault
from crmflow.core.journal import Drop, Effect, Entry, Put
from crmflow.core.machine_pause import PauseState
from crmflow.core.measure import Counted
from crmflow.core.pause import Pause, PauseScope, kept
from crmflow.core.refusal import Because, Refusal
from crmflow.core.reserved import MIGRATE, PAUSE, UNPAUSE, Pausing
from crmflow.core.timer import Timer
from crmflow.core.working_time import WorkingCalendar
from crmflow.flow.adopters import no_adopter
from crmflow.flow.registry import Registry
from crmflow.flow.request import Request

MEANWHILE = frozenset({PAUSE, UNPAUSE, MIGRATE})
"""Events that an entity takes while it stands still."""

NO_REASON = Fault("$.reason", "blank", "text that is not blank")


def halted(snapshot: Snapshot[Any], event: Event[Any]) -> Decision | None:
    """Return the refusal of an event because the entity stands still, else None."""
    pauses = snapshot.attached.pauses
    if not pauses or event.name in MEANWHILE:
        return None
    detail = "; ".join(f"{one.of}: {one.reason}, {one.by}" for one in pauses)
    return _refused(snapshot, event, Because.PAUSED, detail, (UNPAUSE,))


def closed(pause: Snapshot[Any], before: Snapshot[Any], request: Request) -> Decision | None:
    """
    Return the refusal of a creation because all entities of the machine stand still, else None.

    Args:
        pause: The `machine_pause` of the machine.
        before: The entity that is not there yet.
        request: What would create it.
    """
    if pause.state != PauseState.PAUSED:
        return None
    detail = f"{PauseScope.MACHINE}: {pause.facts.reason}, {pause.facts.by}"
    event: Event[Any] = Event(request.event, request.actor, request.at, None, request.key)
    return _refused(before, event, Because.PAUSED, detail)


def pause(
    _registry: Registry, compiled: Compiled, snapshot: Snapshot[Any], event: Event[Pausing]
) -> Decision:
    """Return the decision that an entity stands still from here."""
    hindered = _hindered(compiled, snapshot, event)
    if hindered is not None:
        return hindered
    form, pauses = event.form, snapshot.attached.pauses
    if any(one.of is form.of for one in pauses):
        return _refused(snapshot, event, Because.PAUSED, form.of, (UNPAUSE,))
    if snapshot.state in compiled.final:
        return _refused(snapshot, event, Because.FINAL)
    since = snapshot.paused_since or event.at
    effects: list[Effect] = []
    for timer in snapshot.timers:
        effects += (Drop("timers", timer.name), Put("frozen", timer))
    effects.append(Put("pauses", Pause(form.of, form.reason, event.actor.id, event.at, since)))
    return conclude(compiled, snapshot, event, Entry.PAUSE, None, {}, tuple(effects))


def unpause(
    registry: Registry, compiled: Compiled, snapshot: Snapshot[Any], event: Event[Pausing]
) -> Decision:
    """Return the decision that a pause is lifted; with the last one the entity goes on."""
    hindered = _hindered(compiled, snapshot, event)
    if hindered is not None:
        return hindered
    of, pauses = event.form.of, snapshot.attached.pauses
    if all(one.of is not of for one in pauses):
        return _refused(snapshot, event, Because.NOT_PAUSED, of, compiled.possible(snapshot.state))
    effects: tuple[Effect, ...] = (Drop("pauses", of),)
    since = snapshot.paused_since
    if len(pauses) == 1 and since is not None:
        going = () if snapshot.state in compiled.final else snapshot.attached.frozen
        calendars = _calendars(registry, compiled)
        gone = {one.calendar for one in going if _is_own(one)} - calendars.keys()
        if gone:
            return _refused(snapshot, event, Because.NO_CALENDAR, ", ".join(sorted(gone)))
        new = {one.name: _resumed(calendars, snapshot, one, since, event.at) for one in going}
        effects = (*effects, *_thawed(snapshot, new))
    return conclude(compiled, snapshot, event, Entry.PAUSE, None, {}, effects)


def _calendars(registry: Registry, compiled: Compiled) -> Mapping[str, WorkingCalendar | None]:
    """Return the calendars that timers count on, those of the machine's own rows too."""
    own = [start.after for row in compiled.machine.rows for start in row.start]
    counted = {one.calendar.name: one.calendar for one in own if isinstance(one, Counted)}
    return {"": None, **counted, **registry.tables.calendars}


def _is_own(timer: Timer) -> bool:
    """Say whether a timer is the machine's, not a policy's."""
    return not timer.event.startswith("$")


def _thawed(snapshot: Snapshot[Any], new: Mapping[str, Timer]) -> Iterator[Effect]:
    """Yield how timers, and tasks that are due with one, go on."""
    moved: dict[datetime, datetime] = {}
    for timer in snapshot.attached.frozen:
        yield Drop("frozen", timer.name)
        if timer.name in new:
            yield Put("timers", new[timer.name])
            moved[timer.due_at] = new[timer.name].due_at
    for task in snapshot.tasks:
        if task.policy is None and task.due_at in moved:
            yield Put("tasks", attrs.evolve(task, due_at=moved[task.due_at]))


def _resumed(
    calendars: Mapping[str, WorkingCalendar | None],
    snapshot: Snapshot[Any],
    timer: Timer,
    since: datetime,
    at: datetime,
) -> Timer:
    if not _is_own(timer):
        return timer
    due_at = kept(timer.due_at, since, at, calendars[timer.calendar])
    return attrs.evolve(timer, due_at=due_at, generation=snapshot.version + 1)


def _hindered(
    compiled: Compiled, snapshot: Snapshot[Any], event: Event[Pausing]
) -> Decision | None:
    """Return why nobody may pause or unpause so: no right, no reason, before the last event."""
    refusal = no_adopter(compiled, snapshot, event)
    if refusal is not None:
        return refusal
    if not event.form.reason.strip():
        faults = Refusal(Because.FORM, snapshot.state, faults=(NO_REASON,))
        return Decision(event, snapshot, refusal=faults)
    if event.at < snapshot.at:
        detail = f"{event.at.isoformat()} is before {snapshot.at.isoformat()}"
        return _refused(snapshot, event, Because.EARLIER, detail)
    return None


def _refused(
    snapshot: Snapshot[Any],
    event: Event[Any],
    because: Because,
    detail: str = "",
    possible: tuple[str, ...] = (),
) -> Decision:
    refusal = Refusal(because, snapshot.state, detail=detail, possible=possible)
    return Decision(event, snapshot, refusal=refusal)
