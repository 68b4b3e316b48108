"""The policy that sends outputs, opens the work they ask for, and remembers what went out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import attrs

from crmflow.core.entity import Snapshot
from crmflow.core.journal import Drop, Effect, Entry, Put
from crmflow.core.machine import Machine
from crmflow.core.message import MessageKind
from crmflow.core.policy import Evolve, Evolved, FirstShape, Line, Occurrence, Outgoing
from crmflow.core.tables import Tables
from crmflow.core.task import Task
from crmflow.policies.outputs.binding import BoundOutput, Told
from crmflow.policies.outputs.company import is_confidential
from crmflow.policies.outputs.payload import data_payload, payload_of
from crmflow.policies.outputs.rows import Kind, Output, Work

POLICY = "outputs"


@attrs.frozen
class Sent:
    """
    What went out of an entity.

    Attributes:
        output: Row of the table.
        at: Aware UTC instant of the last time.
        times: How often.
    """

    output: str
    at: datetime
    times: int = 1


@attrs.frozen
class OutputState:
    """What went out of an entity, by output; to whom and in which words is in the journal."""

    sent: tuple[Sent, ...] = ()

    def has(self, output: str) -> bool:
        """Say whether an output went out."""
        return any(one.output == output for one in self.sent)

    def noting(self, output: str, at: datetime) -> OutputState:
        """Return the state after an output went out once more."""
        before = [one for one in self.sent if one.output == output]
        others = [one for one in self.sent if one.output != output]
        times = before[0].times + 1 if before else 1
        return OutputState((*others, Sent(output, at, times)))


@attrs.frozen
class OutputPolicy(FirstShape):
    """
    Outputs of one machine.

    Attributes:
        machine: The machine.
        rows: Its rows.
        tables: All rows in use.
        name: Its name.
        state: Class of its state.
        reserved: Its reserved events: none.
    """

    machine: Machine
    rows: tuple[Output, ...]
    tables: Tables
    name: str = attrs.field(default=POLICY, init=False)
    state: type = attrs.field(default=OutputState, init=False)
    reserved: Mapping[str, type | None] = attrs.field(factory=dict, init=False)

    def evolve_for(self, event: str) -> Evolve | None:
        """Return what tells of an event, None where nothing is told of it."""
        if event not in self.machine.events:
            return None
        bound = tuple(self._bound(event))
        closing = frozenset(
            row.task.name for row in self.rows if row.task is not None and event in row.task.done
        )
        if not bound and not closing:
            return None
        final = self.machine.final
        inside = is_confidential(self.machine, self.tables)

        def evolve(state: OutputState | None, seen: Occurrence) -> Evolved | None:
            if seen.entry is not Entry.DECISION:
                return None
            told = _told(seen)
            after = OutputState() if state is None else state
            messages: list[Outgoing] = []
            effects: list[Effect] = list(_closed(closing, seen))
            for one in bound:
                if not _due(one, after, told, seen):
                    continue
                sent = tuple(_messages(one, told, inside=inside))
                work = one.row.task if seen.after.state not in final else None
                if work is not None:
                    effects.append(Put("tasks", _task(work, seen)))
                if sent or work is not None:
                    messages += sent
                    after = after.noting(one.row.name, told.at)
            if not messages and not effects:
                return None
            return Evolved(after if after.sent else None, tuple(effects), tuple(messages))

        return evolve

    def _bound(self, event: str) -> Iterator[BoundOutput]:
        reached = {row.to for row in self.machine.rows if row.event == event}
        for row in self.rows:
            if event in row.events:
                yield BoundOutput.of(row, self.machine, event, self.tables)
            elif reached & {*row.states}:
                yield BoundOutput.of(row, self.machine, None, self.tables)

    def explain(self, state: OutputState | None, snapshot: Snapshot[Any]) -> Iterable[Line]:
        """Yield each output that went out, how often and when last."""
        rows = {row.name: row for row in self.rows}
        for one in () if state is None else state.sent:
            row = rows.get(one.output)
            told = {"output": one.output, "at": one.at, "times": one.times}
            rules, origin = (() if row is None else row.rules), one.output
            yield Line("output_sent", told, rules, origin if row is None else row.edition)


def _told(seen: Occurrence) -> Told:
    event = seen.event
    return Told(seen.after, event.at, event.actor, event.name, event.form, seen.people)


def _due(one: BoundOutput, state: OutputState, told: Told, seen: Occurrence) -> bool:
    """Say whether an output goes out now."""
    row = one.row
    if row.once and state.has(row.name):
        return False
    enters = seen.left and seen.after.state in row.states
    return (seen.event.name in row.events or enters) and one.applies(told)


def _messages(one: BoundOutput, told: Told, *, inside: bool) -> Iterator[Outgoing]:
    """Yield the messages of an output: its data to a system, or a copy to each recipient."""
    row, ref = one.row, told.snapshot.ref
    fire = MessageKind.FIRE
    if row.kind is Kind.DATA:
        name = row.connector or ""
        handler = one.company.connectors[name].handler or name
        payload = data_payload(one, told, inside=inside)
        yield Outgoing(handler, row.name, payload, str(ref), fire)
        return
    for copy in one.copies(told):
        handler = one.company.handler(row.handler, copy.channel)
        whom = copy.recipient
        target = str(ref) if whom is None else f"{whom.who}:{whom.id}"
        yield Outgoing(handler, row.name, payload_of(one, told, copy), target, fire)


def _task(work: Work, seen: Occurrence) -> Task:
    facts, at = seen.after.facts, seen.event.at
    person = None if work.assignee is None else getattr(facts, work.assignee)
    return Task(f"{work.name}.{seen.version}", work.name, work.role, at, assignee=person)


def _closed(names: frozenset[str], seen: Occurrence) -> Iterator[Effect]:
    """Yield the end of the work that an event does."""
    for task in seen.after.tasks:
        if task.name in names:
            yield Drop("tasks", task.name)
