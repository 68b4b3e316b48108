"""One entity's life: its engine, store and clock, and the story of what was done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

import attrs

from crmflow.clock import ManualClock
from crmflow.codec import micros
from crmflow.core.actor import Actor
from crmflow.core.compiled import Compiled, Interpreter
from crmflow.core.entity import Snapshot
from crmflow.core.journal import JournalRecord, unborn
from crmflow.core.ref import EntityRef
from crmflow.engine.driving import at_once, drive
from crmflow.engine.engine import Engine
from crmflow.flow.foreseeing import foresee
from crmflow.flow.request import Request
from crmflow.flow.run import Answered, Flow
from crmflow.storage.memory import MemoryStore
from crmflow.storage.port import Store
from crmflow.testing.bench import INTERPRETERS, Bench

FUTURE = micros(datetime(9000, 1, 1, tzinfo=UTC))
"""Later than any timer."""
MANY = 10_000
ID = "X-1"


class Step(Protocol):
    """Something that is done in a life; told by its text."""

    def take(self, life: Life) -> object:
        """Do it, and return what came of it."""
        ...


@attrs.frozen
class Told:
    """A step of a story and the aware instant at which it was taken."""

    at: datetime
    step: Step


@attrs.define
class Life:
    """
    The life of one entity on a bench.

    Attributes:
        bench: What its engines run.
        name: Its machine.
        clock: Its clock.
        interpreter: What runs the machine at present.
        stores: Makes an empty store.
        story: What was done so far.
        tell: Is told each step and what came of it, as text.
        store: Where the entity is.
        engine: The engine at present.
    """

    bench: Bench
    name: str
    clock: ManualClock
    interpreter: Interpreter = "table"
    stores: Callable[[], Store] = attrs.field(default=MemoryStore, kw_only=True, repr=False)
    tell: Callable[[str], object] = attrs.field(default=len, kw_only=True, repr=False)
    story: list[Told] = attrs.field(factory=list, repr=False)
    store: Store = attrs.field(init=False, repr=False)
    engine: Engine = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self.store = self.stores()
        self.reload()

    def reload(self) -> None:
        """Go on with an engine that knows nothing but what is stored."""
        self.engine = self.bench.engine(self.store, self.clock, self.interpreter)

    def swap(self) -> None:
        """Go on with the other interpreter."""
        table, stock = INTERPRETERS
        self.interpreter = stock if self.interpreter == table else table
        self.reload()

    def take(self, step: Step) -> Any:  # noqa: ANN401 - each step has an outcome of its own
        """Do something, note it in the story, and return what came of it."""
        self.story.append(Told(self.clock.now(), step))
        outcome = step.take(self)
        self.tell(f"{self.story[-1].at:%Y-%m-%d %H:%M:%S.%f} {step}: {said(outcome, self)}")
        return outcome

    @property
    def ref(self) -> EntityRef:
        """The entity."""
        return self.engine.registry.ref(self.name, ID)

    @property
    def compiled(self) -> Compiled:
        """Its machine."""
        return self.engine.registry.machine(self.name)

    @property
    def flow(self) -> Flow:
        """The steps beneath the engine, for what no caller asks."""
        return Flow(self.engine.registry, self.store, at_once, self.clock)

    @property
    def snapshot(self) -> Snapshot[Any]:
        """The entity as stored, or unborn."""
        (row,) = self.store.load([self.ref])
        return unborn(self.ref, self.clock.now()) if row is None else self.engine.get(self.ref)

    @property
    def born(self) -> bool:
        """Whether there is anything of it in the store."""
        return self.store.load([self.ref])[0] is not None

    def journal(self) -> list[JournalRecord]:
        """Return its records; none where there is nothing of it."""
        return list(self.engine.journal(self.ref)) if self.born else []

    def foresee(self, event: str, payload: Mapping[str, object], actor: Actor) -> Answered:
        """Return what would be decided, or the error instead; nothing is stored."""
        now, creates = self.clock.now(), not self.born
        request = Request(self.ref, event, payload, actor, now, creates)
        return drive(foresee(self.flow, [request]))[0]

    def image(self) -> tuple[object, ...]:
        """Return everything that the store has of its tenant, as bytes and rows."""
        tenant = self.ref.tenant
        entities = list(self.engine.find())
        return (
            entities,
            [self.store.journal(one.ref, limit=MANY) for one in entities],
            self.store.due(tenant, FUTURE, limit=MANY),
            self.store.tasks(tenant, limit=MANY),
            self.store.outbox(tenant, limit=MANY),
        )


def said(outcome: object, life: Life) -> str:
    """Return in a few words what came of a step."""
    refusal = getattr(outcome, "refusal", None)
    where = f"{life.snapshot.state} v{life.snapshot.version}"
    return where if refusal is None else f"refused, {refusal.because}; {where}"
