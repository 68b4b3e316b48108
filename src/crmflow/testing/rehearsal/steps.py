"""What happens: people ask, vote and ask again, time passes, workers come, messages come twice."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from datetime import timedelta
from typing import Literal

import attrs

from crmflow.core.actor import Actor
from crmflow.core.decision import Decision
from crmflow.core.ref import EntityRef
from crmflow.engine.driving import drive
from crmflow.engine.engine import Engine
from crmflow.flow.handing import hand_one
from crmflow.storage.rows import MessageRow
from crmflow.testing.rehearsal.stage import Stage


@attrs.frozen
class Ask:
    """
    Somebody asks for an event.

    Attributes:
        ref: Of which entity.
        event: Its name.
        payload: What it brings.
        actor: Who asks.
        key: Makes asking again harmless.
        creates: Whether it is to create the entity.
        habits: What is remembered of whether it was taken.
    """

    ref: EntityRef
    event: str
    payload: Mapping[str, object]
    actor: Actor
    key: str
    creates: bool = False
    habits: tuple[Hashable, ...] = ()

    def __str__(self) -> str:
        said = f"{self.event} of {self.ref.machine} {self.ref.id} with {dict(self.payload)}"
        return f"{self.actor.id} asks {said} as {self.key}"

    def take(self, stage: Stage, engine: Engine) -> None:
        """Ask; what is refused changes nothing, and what is accepted is there from then on."""
        before = stage.witness.records - stage.meanwhile
        decision = self.answer(engine)
        self.hear(stage, decision)
        if not decision.accepted:
            after = stage.witness.records - stage.meanwhile
            assert after == before, f"a refusal of {self.event} changed what is stored"

    def hear(self, stage: Stage, decision: Decision) -> None:
        """Note the answer."""
        for habit in self.habits:
            stage.habits.note(habit, taken=decision.accepted)
        if not decision.accepted:
            stage.refused(self.ref)
            return
        stage.counts["timers"] += len(decision.fired)
        version = stage.answered(self.ref, self.key, decision)
        if not decision.held:
            stage.asked.append((stage.clock.now(), Again(self, version)))

    def answer(self, engine: Engine) -> Decision:
        """Ask an engine."""
        given, actor, key = self.payload, self.actor, self.key
        if self.creates:
            name, id_ = self.ref.machine, self.ref.id
            return engine.create(name, given, actor=actor, id=id_, key=key)
        return engine.fire(self.ref, self.event, given, actor=actor, key=key)


@attrs.frozen
class Again:
    """
    Somebody who was answered asks the same once more, with the same key.

    Attributes:
        ask: What was asked.
        version: The version of the answer.
    """

    ask: Ask
    version: int

    def __str__(self) -> str:
        return f"once more: {self.ask}"

    def take(self, stage: Stage, engine: Engine) -> None:
        """Ask again: the answer is the first one, and nothing is written."""
        before = stage.witness.records
        decision = self.ask.answer(engine)
        assert decision.repeated, f"{self.ask.key} was decided twice"
        assert decision.record is not None, f"{self.ask.key} has no record"
        told = decision.record.version
        assert told == self.version, f"{self.ask.key} was v{self.version} and is v{told}"
        assert stage.witness.records == before, "a repeat changed what is stored"
        stage.counts["repeated"] += 1


@attrs.frozen
class Wait:
    """Time passes."""

    span: timedelta

    def __str__(self) -> str:
        return f"{self.span} pass"

    def take(self, stage: Stage, engine: Engine) -> None:
        """Move the clock."""
        _ = engine
        stage.clock.advance(self.span)


@attrs.frozen
class Work:
    """A worker comes: leases what is due and what waits, and does it."""

    def __str__(self) -> str:
        return "a worker does a round"

    def take(self, stage: Stage, engine: Engine) -> None:
        """Do a round; one of another engine is somebody new."""
        worker = stage.worker if engine is stage.engine else stage.hired(engine)
        worker.round()


@attrs.frozen
class RunDue:
    """Somebody runs what is due, without leases."""

    def __str__(self) -> str:
        return "somebody runs what is due"

    def take(self, stage: Stage, engine: Engine) -> None:
        """Run it."""
        stage.heard("", engine.run_due())


@attrs.frozen
class Redeliver:
    """A message that its target took is handed over once more."""

    row: MessageRow

    def __str__(self) -> str:
        return f"{self.row.name} to {self.row.target} comes twice"

    def take(self, stage: Stage, engine: Engine) -> None:
        """Hand it over: it changes nothing."""
        _ = engine
        before = stage.witness.records
        drive(hand_one(stage.flow, self.row, stage.clock.now()))
        assert stage.witness.records == before, f"{self.row.name} was taken twice"
        stage.counts["doubled messages"] += 1


@attrs.frozen
class Stand:
    """An administrator lets an entity stand still, or go on."""

    ref: EntityRef
    verb: Literal["pause", "unpause"]
    actor: Actor

    def __str__(self) -> str:
        return f"{self.actor.id} asks to {self.verb} {self.ref.machine} {self.ref.id}"

    def take(self, stage: Stage, engine: Engine) -> None:
        """Ask for it."""
        ask = engine.pause if self.verb == "pause" else engine.unpause
        if not ask(self.ref, "rehearsed", actor=self.actor).accepted:
            stage.refused(self.ref)
        elif self.verb == "pause":
            stage.paused[self.ref] = None
        else:
            stage.paused.pop(self.ref, None)


@attrs.frozen
class Tidy:
    """An administrator looks after what is parked: lets it be tried again, or drops it."""

    retries: bool

    def __str__(self) -> str:
        return f"an administrator {'retries' if self.retries else 'drops'} what is parked"

    def take(self, stage: Stage, engine: Engine) -> None:
        """Tidy up."""
        if self.retries:
            stage.heard("", engine.retry_outbox())
        else:
            stage.dropped.update(row.place for row in engine.drop_outbox())
        stage.counts["tidied"] += 1
