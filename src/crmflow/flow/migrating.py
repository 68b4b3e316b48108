"""
Bringing an entity to today's definition of its machine, as a step of its own.

The step comes first in the commit of whatever is next asked of the entity, at the instant of
its last decision: what was decided since then is decided by today's definition, whenever
somebody looks. It runs no row and asks no policy; its record has all that changed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
from msgspec.structs import replace

from crmflow.core.actor import SYSTEM
from crmflow.core.compiled import Compiled
from crmflow.core.consequences import ended, mirror, shared_facts
from crmflow.core.decision import Decision, conclude
from crmflow.core.entity import Snapshot
from crmflow.core.errors import MigrationError
from crmflow.core.event import Event
from crmflow.core.journal import Drop, Effect, Entry, Put, Shelf
from crmflow.core.machine import Machine
from crmflow.core.migration import Former, Migration, renamed
from crmflow.core.ref import UNBORN
from crmflow.core.reserved import MIGRATE, Migrated
from crmflow.core.task import Task
from crmflow.core.timer import Timer
from crmflow.flow.registry import Registry

OURS = frozenset({"complete_facts", "message_refused"})
"""Tasks that no row opens and every machine may have."""


@attrs.frozen
class Draft:
    """
    What migrations make of an entity.

    Attributes:
        state: The state it is in then.
        facts: All its facts; None where it has none.
        effects: Timers and tasks that have other names, or end.
        gone: Those that end, such as `timer remind`.
        lost: Names of facts that today's definition does not have.
        faults: Why it cannot be migrated; empty where it can.
    """

    state: str
    facts: object = None
    effects: tuple[Effect, ...] = ()
    gone: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


def is_former(compiled: Compiled, snapshot: Snapshot[Any]) -> bool:
    """Say whether an entity is of another version of its machine's definition."""
    return snapshot.definition != compiled.basis.version and snapshot.version > 0


def migration(registry: Registry, compiled: Compiled, snapshot: Snapshot[Any]) -> Decision | None:
    """
    Return the step that brings an entity to today's definition, or None where it is of today.

    Raises:
        MigrationError: No road leads there; says why.
    """
    if not is_former(compiled, snapshot):
        return None
    form = Migrated(snapshot.definition, compiled.basis.version)
    return migrate(registry, compiled, snapshot, Event(MIGRATE, SYSTEM, snapshot.at, form))


def steps_of(
    registry: Registry,
) -> Callable[[Compiled, Snapshot[Any]], list[Decision]]:
    """Return what gives the step of an entity to today's definition, and nothing more."""

    def steps(compiled: Compiled, snapshot: Snapshot[Any]) -> list[Decision]:
        step = migration(registry, compiled, snapshot)
        return [] if step is None else [step]

    return steps


def today(registry: Registry, snapshot: Snapshot[Any]) -> Snapshot[Any]:
    """
    Return an entity as today's definition has it, at the version it is stored with.

    Raises:
        MigrationError: No road leads there; says why.
    """
    step = migration(registry, registry.machine(snapshot.ref.machine), snapshot)
    return snapshot if step is None else replace(step.snapshot, version=snapshot.version)


def migrate(
    registry: Registry, compiled: Compiled, snapshot: Snapshot[Any], event: Event[Migrated]
) -> Decision:
    """
    Return the decision of a migration.

    Raises:
        MigrationError: No road leads to today's definition; says why.
    """
    draft = drafted(registry, compiled, snapshot)
    if draft.faults:
        raise MigrationError(
            snapshot.ref, snapshot.definition, compiled.basis.version, draft.faults
        )
    final = draft.state in compiled.final
    effects = ended(snapshot.attached) if final else draft.effects
    facts = {} if draft.facts is None else _named(draft.facts)
    shared = {} if draft.facts is None else shared_facts(compiled.machine, draft.facts)
    messages = tuple(
        mirror(watcher, ordinal, draft.state, shared)
        for ordinal, watcher in enumerate(snapshot.attached.watchers)
    )
    to = None if draft.state == snapshot.state else draft.state
    return conclude(compiled, snapshot, event, Entry.MIGRATION, to, facts, effects, messages)


def drafted(registry: Registry, compiled: Compiled, snapshot: Snapshot[Any]) -> Draft:
    """Return what migrations make of an entity of another definition, or why they cannot."""
    machine, state = compiled.machine, snapshot.state
    fault = _no_road(machine, snapshot.definition)
    if fault:
        return Draft(state, faults=(fault,))
    steps = tuple(machine.migrations[n] for n in range(snapshot.definition, machine.version))
    moved = _Moved(machine, steps, snapshot)
    for step in steps:
        state = step.states.get(state, state)
    if state not in {UNBORN, *(one.name for one in machine.states)}:
        moved.faults.append(f"state {state!r} is not there any more: say which takes its place")
    facts, lost = None, tuple[str, ...]()
    if isinstance(snapshot.facts, Former):
        facts, lost, faults = _facts(registry, machine, steps, snapshot.facts)
        moved.faults += faults
    found = (tuple(moved.effects), tuple(moved.gone), lost, tuple(moved.faults))
    return Draft(state, facts, *found)


def _no_road(machine: Machine, definition: int) -> str:
    """Return why no migrations lead from a definition to today's; empty where they do."""
    if definition > machine.version:
        return "a newer release wrote it: use that one, or a later one"
    missing = [n for n in range(definition, machine.version) if n not in machine.migrations]
    listed = ", ".join(map(str, missing))
    return f"no migration leads away from version {listed}: declare it" if missing else ""


def _facts(
    registry: Registry, machine: Machine, steps: tuple[Migration, ...], former: Former
) -> tuple[object, tuple[str, ...], tuple[str, ...]]:
    """Return the facts after some steps, the names that are lost, and every fault."""
    for number, step in enumerate(steps, machine.version - len(steps)):
        try:
            former = Former(step.facts(former))
        except Exception as error:  # noqa: BLE001 - the author's own function
            # What the error says may tell a fact of a person.
            fault = f"the migration from version {number} raised {type(error).__name__}"
            return None, (), (fault,)
    facts, faults = registry.codec.today(machine.name).facts(former)
    known = {field.name for field in attrs.fields(machine.facts)}
    return facts, tuple(name for name in former if name not in known), faults


def _named(facts: Any) -> dict[str, object]:  # noqa: ANN401 - an attrs class
    return {one.name: getattr(facts, one.name) for one in attrs.fields(type(facts)) if one.init}


@attrs.define
class _Moved:
    """Timers, tasks and holds on their way through migrations; thrown away after it."""

    machine: Machine
    steps: tuple[Migration, ...]
    snapshot: Snapshot[Any]
    effects: list[Effect] = attrs.field(factory=list)
    gone: list[str] = attrs.field(factory=list)
    faults: list[str] = attrs.field(factory=list)

    def __attrs_post_init__(self) -> None:
        attached = self.snapshot.attached
        for timer in attached.timers:
            self._timer("timers", timer)
        for timer in attached.frozen:
            self._timer("frozen", timer)
        for task in attached.tasks:
            self._task(task)
        for hold in attached.holds:
            if hold.event not in self.machine.events and not hold.event.startswith("$"):
                self.faults.append(f"{hold.event!r} is held and no event any more: decide it first")

    def _timer(self, shelf: Shelf, timer: Timer) -> None:
        if timer.event.startswith("$"):
            return  # a policy's own
        name = renamed(timer.name, tuple(step.timers for step in self.steps))
        event = renamed(timer.event, tuple(step.events for step in self.steps))
        if name is None or event is None:
            self._gone(shelf, "timer", timer.name)
        elif event not in self.machine.events:
            told = f"timer {name!r} fires {event!r}, which is no event any more"
            self.faults.append(f"{told}: name the one it has become, or None")
        elif (name, event) != (timer.name, timer.event):
            new = attrs.evolve(timer, name=name, event=event, generation=self.snapshot.version + 1)
            self.effects += (Drop(shelf, timer.name), Put(shelf, new))

    def _task(self, task: Task) -> None:
        if task.policy is not None:
            return
        name = renamed(task.name, tuple(step.tasks for step in self.steps))
        opened = {one.name for row in self.machine.rows for one in row.tasks}
        if name is None:
            self._gone("tasks", "task", task.name)
        elif name not in opened | OURS:
            told = f"task {name!r} is opened by no row any more"
            self.faults.append(f"{told}: name the one it has become, or None")
        elif name != task.name:
            self.effects += (Drop("tasks", task.name), Put("tasks", attrs.evolve(task, name=name)))

    def _gone(self, shelf: Shelf, word: str, name: str) -> None:
        self.effects.append(Drop(shelf, name))
        self.gone.append(f"{word} {name}")
