"""One entity on a desk: each step is taken by both interpreters, which must agree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs

from crmflow.core.actor import SYSTEM, Actor
from crmflow.core.compiled import Compiled, compile_machine
from crmflow.core.decision import Decision, conclude, decide
from crmflow.core.entity import Snapshot
from crmflow.core.event import Attempt, Cause, Event
from crmflow.core.form import structure
from crmflow.core.journal import Entry, JournalRecord, Put, fold, unborn
from crmflow.core.link import Link
from crmflow.core.proposal import propose
from crmflow.core.ref import EntityRef
from crmflow.core.refusal import Refusal, refuse
from crmflow.core.timer import Timer
from crmflow.states import load

Payload = Mapping[str, object]

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)
SETTINGS = {
    "complaint.major.owner": "senior_management",
    "complaint.major.limit": 3 * DAY,
    "care.intervals_unset.deal_evaluation": 90 * DAY,
}
EVERYBODY = Actor(
    "person-1",
    {
        "business_department",
        "business_supervisor",
        "customer_service",
        "department_head",
        "general_manager",
        "salesperson",
    },
)


def decided(compiled: Compiled, before: Snapshot[Any], event: Event[Any]) -> Decision:
    """Return the decision of the three pure phases, nobody judging."""
    proposal = propose(compiled, before, event)
    if isinstance(proposal, Refusal):
        return Decision(event, before, refusal=proposal)
    return decide(compiled, proposal, ())


@attrs.define
class Case:
    """
    An entity with its journal.

    Args:
        name: Its machine.
        payloads: What each event brings; a variant is called `event:variant`.
    """

    name: str
    payloads: Mapping[str, Payload]
    machines: tuple[Compiled, Compiled] = attrs.field(init=False)
    snapshot: Snapshot[Any] = attrs.field(init=False)
    journal: list[JournalRecord] = attrs.field(init=False, factory=list)
    at: datetime = attrs.field(init=False, default=AT)

    def __attrs_post_init__(self) -> None:
        machine = load(self.name)
        self.machines = (
            compile_machine(machine, SETTINGS, interpreter="table"),
            compile_machine(machine, SETTINGS, interpreter="stock"),
        )
        self.snapshot = unborn(EntityRef("acme", self.name, "X-1"), AT)

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
            attempt = Attempt(self.snapshot, event, SETTINGS, self.snapshot.facts)
            refusal = refuse(self.machines[0], attempt, faults)
            return Decision(event, self.snapshot, refusal=refusal)
        decision, again = (decided(machine, self.snapshot, event) for machine in self.machines)
        assert decision == again
        return self.keep(decision)

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
                self.mirror(*step[1:].split())
            else:
                by_timer = step.startswith(("miss_", "remind_"))
                self.fire(step, SYSTEM if by_timer else EVERYBODY).require()
        return self

    def mirror(self, name: str, state: str, id: str = "1") -> None:  # noqa: A002 - the field's word
        """Hear of a linked entity."""
        link = Link(name, EntityRef("acme", name, id), 1, state, {})
        self._conclude(Entry.MIRROR, {}, Put("links", link))

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
        until, fired = self.at + span, []
        while due := [timer for timer in self.snapshot.timers if timer.due_at <= until]:
            timer = min(due, key=lambda timer: (timer.due_at, timer.name))
            self.at = max(timer.due_at, self.snapshot.at)
            self.fire(timer.event, SYSTEM, cause=Cause(timer=timer.name)).require()
            fired.append(timer.event)
        self.at = until
        return fired

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

    def but(self, step: str, **changes: object) -> Payload:
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

    @property
    def timers(self) -> dict[str, Timer]:
        """Pending timers by name."""
        return {timer.name: timer for timer in self.snapshot.timers}

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
