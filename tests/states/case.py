"""
One entity on a desk: each step is taken by both interpreters, which must agree.

Its deadlines are those of the default profile, its calendar that of the profile `demo`.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
from hypothesis import HealthCheck, settings

from crmflow.codec import Codec
from crmflow.core.actor import SYSTEM, Actor
from crmflow.core.compiled import Compiled, Interpreter, compile_machine
from crmflow.core.decision import Decision, conclude
from crmflow.core.entity import Snapshot
from crmflow.core.event import Attempt, Cause, Event
from crmflow.core.evolving import BoundEvolve
from crmflow.core.form import structure
from crmflow.core.journal import Entry, JournalRecord, Put, fold, unborn
from crmflow.core.link import Link
from crmflow.core.ref import EntityRef
from crmflow.core.refusal import refuse
from crmflow.core.task import Task
from crmflow.engine.starting import registry_for
from crmflow.flow.answer import elapse
from crmflow.flow.registry import Registry
from crmflow.flow.steps import steps
from crmflow.plugins.loading import load_plugins
from crmflow.policies import sla
from crmflow.states import EVERY, SETS, load
from crmflow.testing import walk

Payload = Mapping[str, object]

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)
SETTINGS = {"complaint.major.owner": "senior_management"}
NOT_PEOPLE = frozenset({"system"})
EVERYBODY = Actor(
    "person-1",
    {
        role
        for name in EVERY
        for row in load(name).rows
        for roles in (row.who, *(guard.roles for guard in row.guards))
        for role in roles
    }
    - NOT_PEOPLE,
)
"""Somebody with every role that a shipped machine asks for."""


@functools.cache
def registry(
    name: str,
    interpreter: Interpreter,
    profile: tuple[str, ...] = ("demo",),
    own: tuple[tuple[str, str], ...] = (),
) -> Registry:
    """Return what runs a machine with its deadlines, and no other policy."""
    machine = load(name)
    whole = registry_for(
        load_plugins(()), [machine], tenant="acme", profile=profile,
        config={**SETTINGS, **dict(own)}, interpreter=interpreter,
    )  # fmt: skip
    policies = tuple(sla.policies_for(machine, whole.tables))
    evolvers, reserved = {}, {}
    for policy in policies:
        for event in (*machine.events, "$adopt"):
            evolve = policy.evolve_for(event)
            assert evolve is not None
            evolvers[name, event] = (BoundEvolve("sla", policy, evolve),)
        for event in policy.reserved:
            answer = policy.evolve_for(event)
            assert answer is not None
            reserved[name, event] = BoundEvolve("sla", policy, answer)
    machines = {name: machine}
    return Registry(
        "acme",
        {name: compile_machine(machine, whole.tables.settings, interpreter=interpreter)},
        {},
        Codec(machines, {name: policies}),
        {name: policies},
        evolvers,
        reserved,
        tables=whole.tables,
    )


@attrs.define
class Case:
    """
    An entity with its journal.

    Args:
        name: Its machine.
        payloads: What each event brings; a variant is called `event:variant`.
        profile: Profiles it is judged by.
        own: Settings of its own, by key.
    """

    name: str
    payloads: Mapping[str, Payload]
    profile: tuple[str, ...] = ("demo",)
    own: tuple[tuple[str, str], ...] = ()
    registries: tuple[Registry, Registry] = attrs.field(init=False)
    snapshot: Snapshot[Any] = attrs.field(init=False)
    journal: list[JournalRecord] = attrs.field(init=False, factory=list)
    at: datetime = attrs.field(init=False, default=AT)

    def __attrs_post_init__(self) -> None:
        self.registries = (
            registry(self.name, "table", self.profile, self.own),
            registry(self.name, "stock", self.profile, self.own),
        )
        self.snapshot = unborn(EntityRef("acme", self.name, "X-1"), AT)

    @property
    def machines(self) -> tuple[Compiled, Compiled]:
        """Its machine, compiled for each interpreter."""
        table, stock = (one.machine(self.name) for one in self.registries)
        return table, stock

    def fire(
        self,
        step: str,
        actor: Actor = EVERYBODY,
        payload: Payload | None = None,
        cause: Cause | None = None,
    ) -> Decision:
        """Take a step such as `grade:major`, both interpreters in lock-step."""
        name = step.partition(":")[0]
        given = self.payloads.get(step, {}) if payload is None else payload
        form = self.machines[0].machine.form(name)
        value, faults = (None, ()) if form is None else structure(form, given)
        event: Event[Any] = Event(name, actor, self.at, value, cause=cause)
        if faults:
            settings = self.machines[0].settings
            attempt = Attempt(self.snapshot, event, settings, self.snapshot.facts)
            refusal = refuse(self.machines[0], attempt, faults)
            return Decision(event, self.snapshot, refusal=refusal)
        decisions, again = (
            steps(one, one.machine(self.name), self.snapshot, event) for one in self.registries
        )
        assert decisions == again
        for decision in decisions:
            self.keep(decision)
        return decisions[0]

    def keep(self, decision: Decision) -> Decision:
        """Take over what was decided."""
        if decision.record is not None:
            self.journal.append(decision.record)
            self.snapshot = decision.snapshot
        return decision

    def go(self, *steps: str) -> Case:
        """Take steps that must succeed; `@contract signed` mirrors a linked entity."""
        for step in steps:
            if step.startswith("@"):
                name, state, *id_ = step[1:].split()
                self.mirror(name, state, *id_[:1])
            else:
                self.fire(step, self.who(step)).require()
        return self

    def who(self, step: str) -> Actor:
        """Return who may take a step: the system, where nobody else may, else everybody."""
        event = step.partition(":")[0]
        rows = [row for row in self.machines[0].machine.rows if row.event == event]
        return SYSTEM if rows and all(row.who == NOT_PEOPLE for row in rows) else EVERYBODY

    def mirror(
        self,
        name: str,
        state: str,
        id: str = "1",  # noqa: A002 - the field's word
        *,
        version: int = 1,
        **facts: object,
    ) -> Case:
        """Hear of a linked entity, and of the facts it shares."""
        link = Link(name, EntityRef("acme", name, id), version, state, facts)
        self._conclude(Entry.MIRROR, {}, Put("links", link))
        return self

    def know(self, **facts: object) -> Case:
        """Set facts past all rows."""
        self._conclude(Entry.ADOPTION, facts)
        return self

    def _conclude(self, entry: Entry, facts: Payload, *effects: Put) -> None:
        event: Event[Any] = Event(f"${entry}", SYSTEM, self.at, None)
        machine = self.machines[0]
        self.keep(conclude(machine, self.snapshot, event, entry, None, facts, effects))

    def wait(self, span: timedelta) -> list[str]:
        """Let time pass; return the events that timers fired."""
        until = self.at + span
        fired, again = (
            elapse(one, one.machine(self.name), self.snapshot, until) for one in self.registries
        )
        assert fired == again
        for decision in fired:
            self.keep(decision)
        self.at = until
        return [one.event.name for one in fired if not one.event.name.startswith("$")]

    def why_not(
        self, step: str, actor: Actor = EVERYBODY, payload: Payload | None = None
    ) -> set[str]:
        """Return the reason codes of a step that must be refused and change nothing."""
        before = self.snapshot
        refusal = self.fire(step, actor, payload).refusal
        assert refusal is not None
        assert self.snapshot is before
        if refusal.faults:
            return {fault.path for fault in refusal.faults}
        reasons = {reason.code for tried in refusal.tried for reason in tried.reasons}
        return reasons or {refusal.because}

    def but(self, step: str, /, **changes: object) -> Payload:
        """Return the payload of a step with some fields changed, None leaving them out."""
        changed = {**self.payloads.get(step, {}), **changes}
        return {name: value for name, value in changed.items() if value is not None}

    @property
    def state(self) -> str:
        """Where it is."""
        return self.snapshot.state

    @property
    def facts(self) -> Any:  # noqa: ANN401 - each machine has facts of its own
        """What is known."""
        return self.snapshot.facts

    @property
    def tasks(self) -> dict[str, str]:
        """Role of each open task."""
        return {task.name: task.role for task in self.snapshot.tasks}

    def task(self, name: str) -> Task:
        """Return an open task."""
        return next(task for task in self.snapshot.tasks if task.name == name)

    @property
    def due(self) -> dict[str, datetime | None]:
        """Due instant of each open deadline."""
        state = self.snapshot.policy("sla")
        runs = () if state is None else state.runs
        return {run.definition: run.due_at for run in runs if run.open}

    def hold_invariants(self) -> None:
        """Assert what holds of every entity at any time."""
        machine = self.machines[0].machine
        start = unborn(self.snapshot.ref, AT)
        assert fold(self.journal, machine.facts, start) == self.snapshot
        assert [record.version for record in self.journal] == list(range(1, len(self.journal) + 1))
        if self.journal:
            state = machine.state(self.state)
            known = {name: getattr(self.facts, name) for name in state.requires}
            assert not [name for name, value in known.items() if value in (None, ())]
        if self.state in self.machines[0].final:
            assert not self.snapshot.timers
            assert not self.snapshot.tasks
            assert not self.due


def pairs(table: Iterable[str]) -> set[tuple[str, str, str]]:
    """Return (from, event, to) of lines such as `contact: identified -> contacted`."""
    found = set()
    for line in table:
        event, _, moves = line.partition(": ")
        sources, _, to = moves.partition(" -> ")
        found |= {(source, event, to) for source in sources.split(", ")}
    return found


def declared(name: str) -> set[tuple[str, str, str]]:
    """Return (from, event, to) of a machine's rows."""
    rows = load(name).rows
    return {(source, row.event, row.to) for row in rows for source in row.source}


def legal(paths: Mapping[str, tuple[str, ...]], table: Iterable[str]) -> list[tuple[str, str, str]]:
    """Return (from, event, to) of every row, `*` written out for each state that has a path."""
    return [
        (source, event, to)
        for first, event, to in sorted(pairs(table))
        for source in ([one for one in paths if one != "-"] if first == "*" else [first])
    ]


def walk_of(name: str, payloads: Mapping[str, Payload]) -> type[Any]:
    """
    Return a few short walks of a machine; `test_walks` takes longer ones.

    Args:
        name: The machine.
        payloads: What each event brings; a variant is called `event:variant`.
    """
    walks = walk(
        name,
        profile=("demo", "power") if name in SETS else "demo",
        plugins=["crmflow.states.power"] if name in SETS else [],
        samples=samples_of(payloads),
    )
    walks.TestCase.settings = settings(
        max_examples=2, stateful_step_count=10, suppress_health_check=list(HealthCheck)
    )
    return walks.TestCase


def samples_of(payloads: Mapping[str, Payload]) -> dict[str, list[Payload]]:
    """Return the payloads of each event, those of its variants too."""
    found: dict[str, list[Payload]] = {}
    for step, payload in payloads.items():
        found.setdefault(step.partition(":")[0], []).append(payload)
    return found
