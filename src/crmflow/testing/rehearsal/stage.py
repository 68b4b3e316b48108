"""The stage: one company on a virtual clock, what was acknowledged to its people, and its seed."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

import attrs

from crmflow.analysis.simulation.streams import Stream, Streams
from crmflow.clock import Clock, ManualClock
from crmflow.core.decision import Decision
from crmflow.core.errors import DeliveryError, PolicyFailedError, UnavailableError
from crmflow.core.ref import EntityRef
from crmflow.engine.driving import at_once
from crmflow.engine.engine import Engine
from crmflow.engine.values import Due
from crmflow.engine.working.pace import Pace
from crmflow.engine.working.worker import Worker
from crmflow.flow.run import Flow
from crmflow.storage.port import Store
from crmflow.storage.rows import EntityRow, Place
from crmflow.testing.bench import rehoused
from crmflow.testing.rehearsal.outside import Outside
from crmflow.testing.rehearsal.repertoire import Habits, Repertoire
from crmflow.testing.rehearsal.witness import Witness

TOLD = 20
"""So many of the last acts are told when something is found."""
LIVE = 12
"""So many entities of one machine are worked on at a time."""
LONG = 100
"""Version from which an entity is left to itself."""
HOPELESS = 25
"""After so many refusals one after the other an entity is left to itself."""
PACE = Pace(batch=20, threads=0)
"""Workers have no threads: all that happens, happens in one."""


class Step(Protocol):
    """Something that happens; told by its text."""

    def take(self, stage: Stage, engine: Engine) -> None:
        """Let it happen through an engine; raise where a law does not hold."""
        ...


@attrs.define(eq=False)
class Stage:
    """
    What a rehearsal happens to.

    Args:
        made: Runs the machines; the stage has engines like it over the witness.
        witness: In front of an empty store.
        outside: Its handlers.
        repertoires: What may be asked, by machine.
        clock: Its clock.
        streams: Where chance comes from.

    Attributes:
        habits: What is worth asking.
        acknowledged: The version that was told of each key, by entity.
        live: The entities that people work on, by machine.
        ids: Ids there are, for texts that may be any.
        paused: Entities that stand still.
        touched: Entities that were committed since all was checked.
        asked: The last accepted requests, and when they were made.
        dropped: Messages that an administrator took out of the outbox.
        meanwhile: Records that others committed between the reading and writing of a call.
        counts: What happened, and how often.
        story: The last steps, each with the count of decisions before it.
        engine: The engine at present.
        worker: The worker at present.
    """

    made: Engine
    witness: Witness
    outside: Outside
    repertoires: Mapping[str, Repertoire]
    clock: ManualClock
    streams: Streams
    habits: Habits = attrs.field(factory=Habits, init=False)
    acknowledged: dict[EntityRef, dict[str, int]] = attrs.field(
        factory=lambda: defaultdict(dict), init=False
    )
    live: dict[str, list[EntityRef]] = attrs.field(init=False)
    refusals: Counter[EntityRef] = attrs.field(factory=Counter, init=False)
    ids: list[str] = attrs.field(factory=lambda: ["E-0"], init=False)
    paused: dict[EntityRef, None] = attrs.field(factory=dict, init=False)
    touched: dict[EntityRef, None] = attrs.field(factory=dict, init=False)
    asked: deque[tuple[datetime, Step]] = attrs.field(
        factory=lambda: deque(maxlen=TOLD), init=False
    )
    dropped: set[Place] = attrs.field(factory=set, init=False)
    meanwhile: int = attrs.field(default=0, init=False)
    counts: Counter[str] = attrs.field(factory=Counter, init=False)
    story: deque[tuple[int, object]] = attrs.field(factory=lambda: deque(maxlen=TOLD), init=False)
    engine: Engine = attrs.field(init=False)
    worker: Worker = attrs.field(init=False)
    _chances: dict[str, Stream] = attrs.field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        # Nobody works on what nobody can ask anything of.
        self.live = {name: [] for name, one in self.repertoires.items() if one.parts}
        self.outside.begin(self.chance("outside"))
        self.restart()

    def chance(self, purpose: str) -> Stream:
        """Return the numbers of one purpose; what they are drawn for changes no others."""
        if purpose not in self._chances:
            self._chances[purpose] = self.streams.of(purpose)
        return self._chances[purpose]

    def over(self, store: Store, clock: Clock | None = None) -> Engine:
        """Return an engine of a process of its own, over this or that in front of the store."""
        return rehoused(self.made, store, clock or self.clock)

    def restart(self) -> None:
        """Go on with an engine and a worker that know nothing but what is stored."""
        self.engine = self.over(self.witness.port())
        self.worker = self.hired(self.engine)

    def hired(self, engine: Engine) -> Worker:
        """Return a worker that works for an engine."""
        return Worker(engine, PACE, told=self.heard)

    @property
    def flow(self) -> Flow:
        """The steps beneath the engine, for what no caller asks."""
        return Flow(self.engine.registry, self.witness.port(), at_once, self.clock)

    def answered(self, ref: EntityRef, key: str, decision: Decision) -> int:
        """Note what somebody was told, and return its version: it is there once from now on."""
        noted = self.witness.keys.get((ref, key))
        assert noted is not None, f"{key!r} of {ref} is acknowledged and was not committed"
        self.acknowledged[ref][key] = noted
        # What was held and is asked again is told by what has become of it since.
        if decision.record is not None and not decision.repeated:
            found = decision.record.version
            assert found == noted, f"{key!r} of {ref} was told as v{found} and is v{noted}"
        return noted

    def look(self) -> None:
        """See what was committed since the last look, and that it is there."""
        fresh = list(self.witness.fresh)
        for ref, stored in zip(fresh, self.witness.store.load(fresh), strict=True):
            row = self.witness.rows[ref]
            assert stored == row, f"{ref} was committed at v{row.version} and is not there"
            if ref.machine in self.live:
                self._follow(ref, row)
        self.touched.update(self.witness.fresh)
        self.witness.fresh.clear()

    def _follow(self, ref: EntityRef, row: EntityRow) -> None:
        """Let people work on an entity until it has ended, or has grown too long."""
        live, final = self.live[ref.machine], self.repertoires[ref.machine].compiled.final
        self.refusals[ref] = 0
        if row.state in final or row.version > LONG:
            if ref in live:
                live.remove(ref)
        elif len(live) < LIVE and ref not in live:
            live.append(ref)

    def refused(self, ref: EntityRef) -> None:
        """Note that something was refused; people give up in the end."""
        self.counts["refused"] += 1
        self.refusals[ref] += 1
        if self.refusals[ref] > HOPELESS and ref in self.live.get(ref.machine, ()):
            self.live[ref.machine].remove(ref)

    def heard(self, _tenant: str, due: Due) -> None:
        """Hear what a worker did: nothing of it may fail but what is made to."""
        self.counts["timers"] += len(due.fired)
        self.counts["handed over"] += len(due.applied)
        self.counts["parked"] += len(due.parked)
        for error in due.errors:
            meant = isinstance(error, DeliveryError | UnavailableError) or (
                isinstance(error, PolicyFailedError) and error.hook == "handlers"
            )
            if not meant:
                message = f"a worker failed at {error}"
                raise AssertionError(message) from error
