"""What is done in a life: asked, waited, worked, told by others, crashed and gone on with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Literal

import attrs

from crmflow.core.actor import SYSTEM, Actor
from crmflow.core.decision import Decision
from crmflow.core.errors import UnavailableError, UnstorableError
from crmflow.core.event import Cause
from crmflow.core.ref import EntityRef
from crmflow.core.reserved import MIRROR
from crmflow.engine.driving import drive
from crmflow.engine.engine import Engine
from crmflow.engine.values import Adopting
from crmflow.flow.request import Request
from crmflow.flow.run import Answered
from crmflow.testing.crashing import CrashingStore
from crmflow.testing.walking.life import ID, Life

Payload = Mapping[str, object]


def _kept(ask: Callable[[], Decision]) -> Decision | UnstorableError:
    """Return a decision, or that no store keeps what was drawn."""
    try:
        return ask()
    except UnstorableError as error:
        return error


@attrs.frozen
class Ask:
    """
    Somebody asks for an event; where there is no entity yet, for its creation.

    Attributes:
        event: Name of the event, one of a policy's own too.
        payload: What it brings.
        actor: Who asks.
        key: Makes asking again harmless.
        creates: Whether it is to create the entity.
    """

    event: str
    payload: Payload
    actor: Actor
    key: str
    creates: bool = False

    def __str__(self) -> str:
        return f"{self.actor.id} asks {self.event} {dict(self.payload)}"

    def take(self, life: Life) -> Decision | UnstorableError:
        """Ask, and return the decision, or that no store keeps what was drawn."""
        return self.of(life.engine, life)

    def of(self, engine: Engine, life: Life) -> Decision | UnstorableError:
        """Ask an engine."""
        given, actor, key = self.payload, self.actor, self.key
        if self.creates:
            return _kept(lambda: engine.create(life.name, given, actor=actor, id=ID, key=key))
        return _kept(lambda: engine.fire(life.ref, self.event, given, actor=actor, key=key))


@attrs.frozen
class Adopt:
    """
    An administrator places the entity, so that a life begins in the middle.

    Attributes:
        state: Where.
        facts: What is known of it.
        actor: Who does.
    """

    state: str
    facts: Payload
    actor: Actor

    def __str__(self) -> str:
        return f"{self.actor.id} places it in {self.state} with {dict(self.facts)}"

    def take(self, life: Life) -> Decision | UnstorableError:
        """Adopt it."""
        adopting = Adopting(life.ref, self.state, self.facts, reason="a walk begins")
        return _kept(lambda: life.engine.adopt(adopting, actor=self.actor))


@attrs.frozen
class Wait:
    """Time passes."""

    span: timedelta

    def __str__(self) -> str:
        return f"{self.span} pass"

    def take(self, life: Life) -> None:
        """Move the clock."""
        life.clock.advance(self.span)


@attrs.frozen
class Work:
    """A worker comes: fires what is due, hands over what waits."""

    def __str__(self) -> str:
        return "a worker comes"

    def take(self, life: Life) -> None:
        """Run what is due; nothing of it may fail."""
        errors = life.engine.run_due().errors
        assert not errors, errors


@attrs.frozen
class Tell:
    """
    Another entity tells something, perhaps again, perhaps late.

    Attributes:
        source: Who tells.
        version: Its version then.
        event: Event of the walked machine, or `$mirror`.
        payload: What it brings; of a mirror the form.
    """

    source: EntityRef
    version: int
    event: str
    payload: object

    def __str__(self) -> str:
        return f"{self.source} v{self.version} tells {self.event} {self.payload}"

    def take(self, life: Life) -> Answered:
        """Let the entity take it as it takes any message."""
        cause = Cause(source=self.source, version=self.version)
        creates = None if self.event != MIRROR else False
        request = Request(
            life.ref, self.event, self.payload, SYSTEM, life.clock.now(), creates, cause=cause
        )
        return drive(life.flow.ask([request]))[0]


@attrs.frozen
class Stand:
    """An administrator lets the entity stand still, or go on."""

    verb: Literal["pause", "unpause"]
    actor: Actor

    def __str__(self) -> str:
        return f"{self.actor.id} asks to {self.verb}"

    def take(self, life: Life) -> Decision:
        """Pause it, or lift the pause."""
        ask = life.engine.pause if self.verb == "pause" else life.engine.unpause
        return ask(life.ref, "walked", actor=self.actor)


@attrs.frozen
class Crash:
    """
    The process dies while it writes an answer; a new one is asked the same with the same key.

    Attributes:
        ask: What is asked.
        after: Whether what it wrote had taken effect by then.
    """

    ask: Ask
    after: bool

    def __str__(self) -> str:
        return f"{self.ask}, the answer is lost {'after' if self.after else 'before'} it is written"

    def take(self, life: Life) -> Decision | UnstorableError:
        """Ask, crash, go on and ask again."""
        lost = UnavailableError("memory:", "the process died")
        engine = life.bench.engine(
            CrashingStore(life.store, lost, after=self.after), life.clock, life.interpreter
        )
        before, crashed = life.snapshot.version, False
        try:
            self.ask.of(engine, life)
        except UnavailableError:
            crashed = True
        life.reload()
        written = life.snapshot.version > before
        assert written == (crashed and self.after), "a crash wrote half of a decision, or none"
        decision = self.ask.take(life)
        repeated = isinstance(decision, Decision) and decision.repeated
        assert repeated == written, "the key did not tell what was written"
        return decision


@attrs.frozen
class Swap:
    """The other interpreter goes on: the table, or the executor of `transitions`."""

    def __str__(self) -> str:
        return "the other interpreter goes on"

    def take(self, life: Life) -> None:
        """Change interpreters."""
        life.swap()
