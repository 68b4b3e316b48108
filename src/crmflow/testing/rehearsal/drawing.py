"""Drawing what happens next: mostly what can, at times what cannot, now and then with a fault."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate

import attrs

from crmflow.codec import micros, moment
from crmflow.core.actor import Actor
from crmflow.testing.rehearsal.asking import Asking
from crmflow.testing.rehearsal.bulk import Many
from crmflow.testing.rehearsal.faults import Cut, Doing, Overtaken, Torn, WrongClock
from crmflow.testing.rehearsal.repertoire import one_of
from crmflow.testing.rehearsal.stage import Stage, Step
from crmflow.testing.rehearsal.steps import Ask, Redeliver, RunDue, Stand, Tidy, Wait, Work
from crmflow.testing.walking.drawing import ADMINISTRATOR, GUEST

FAULTY, FAULTY_MANY = 0.06, 0.3
"""How often something goes wrong with what is asked or worked on, and with what many ask."""
FIRST, BEYOND = 5, 12
"""The call that fails is one of the first ones; of a worker's many one further on, too."""
SPANS = tuple(timedelta(minutes=one) for one in (1, 10, 60, 240, 1440, 1440 * 4, 1440 * 30))
"""How much time passes."""
STRANGE = 0.2
"""How often somebody lets an entity stand still, or go on, who may not."""
RETRIES = 0.1
"""How often what is parked is tried again; else it is dropped."""
HALF = 0.5
FUTURE = micros(datetime(9000, 1, 1, tzinfo=UTC))
HOUR = timedelta(hours=1)
KEPT = timedelta(days=20)
"""For so long a key surely tells that it was used."""


@attrs.define(eq=False)
class Drawing:
    """
    Draws steps by the seed of a stage alone.

    Attributes:
        stage: Where they are to happen.
    """

    stage: Stage
    _asking: Asking = attrs.field(init=False)
    _ways: Sequence[Callable[[], Step | None]] = attrs.field(init=False)
    _ends: Sequence[int] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        asking = self._asking = Asking(self.stage)
        # What happens, and how often of a hundred times.
        ways: dict[Callable[[], Step | None], int] = {
            asking.ask: 65,
            asking.many: 3,
            asking.create: 8,
            asking.vote: 7,
            self._again: 1,
            self._wait: 6,
            Work: 8,
            RunDue: 1,
            self._redeliver: 2,
            self._stand: 1,
            self._tidy: 1,
        }
        self._ways, self._ends = [*ways], [*accumulate(ways.values())]

    def next(self) -> Step:
        """Return what happens next."""
        step, what = None, self.stage.chance("what")
        while step is None:
            step = self._ways[bisect_right(self._ends, what.uniform() * self._ends[-1])]()
        chance = self.stage.chance("fault")
        if isinstance(step, Many):
            return self._fault_of_many(step) if chance.uniform() < FAULTY_MANY else step
        if isinstance(step, Ask | Work | RunDue) and chance.uniform() < FAULTY:
            return self._fault(step)
        return step

    def _fault_of_many(self, step: Many) -> Step:
        """Return many who ask, and what goes wrong in their middle: perhaps two things at once."""
        chance = self.stage.chance("fault")
        what, whole = chance.uniform(), int(chance.uniform() * len(step.asks))
        faulty: Many | Cut | Torn = step
        if what < 0.3:
            faulty = Torn(step, whole, dies=chance.uniform() < HALF)
        elif what < 0.7:
            faulty = self._cut(step)
        if what < 0.5:
            return faulty
        return Overtaken(faulty, self._asking.of(step.asks[whole].ref))

    def _fault(self, step: Doing) -> Step:
        chance = self.stage.chance("fault")
        kind = chance.uniform()
        if kind < 0.2 and isinstance(step, Ask) and not step.creates:
            return Overtaken(step, self._asking.of(step.ref))
        if kind < 0.3:
            return WrongClock(step, HOUR if chance.uniform() < HALF else -HOUR)
        return self._cut(step)

    def _cut(self, step: Doing) -> Cut:
        chance = self.stage.chance("fault")
        at = 1 + int(chance.uniform() * (FIRST if isinstance(step, Ask | Many) else BEYOND))
        return Cut(step, at, after=chance.uniform() < HALF, dies=chance.uniform() < HALF)

    def _again(self) -> Step | None:
        asked, now = self.stage.asked, self.stage.clock.now()
        recent = [again for at, again in asked if now - at < KEPT]
        return one_of(self.stage.chance("again"), recent) if recent else None

    def _wait(self) -> Wait:
        """Return some time, or what is left until just before, at or after the next timer."""
        chance, now = self.stage.chance("time"), self.stage.clock.now()
        due = self.stage.witness.store.due(self.stage.engine.registry.tenant, FUTURE, limit=1)
        left = moment(due[0].due_at) - now if due else timedelta()
        if left > timedelta() and chance.uniform() < 0.6:
            tick = timedelta(microseconds=int(chance.uniform() * 3) - 1)
            return Wait(left + tick)
        # The longer it is, the more seldom.
        return Wait(SPANS[int(chance.uniform() ** 6 * len(SPANS))])

    def _redeliver(self) -> Redeliver | None:
        """Return one of the last messages that an entity took, to be taken no second time."""
        stage, recent = self.stage, self.stage.witness.recent
        if not recent:
            return None
        row = one_of(stage.chance("redeliver"), recent)
        target = row.target
        if target.machine not in stage.engine.registry.machines or target not in stage.witness.rows:
            return None
        spot = (row.version, row.ordinal)
        received = stage.engine.get(target).attached.received
        taken = any(
            one.source == row.source and spot <= (one.version, one.ordinal) for one in received
        )
        return Redeliver(row) if taken else None

    def _stand(self) -> Stand | None:
        """Return an administrator who lets somebody stand still; or go on, where anybody does."""
        chance, paused = self.stage.chance("stand"), [*self.stage.paused]
        ref = one_of(chance, paused) if paused else self._asking.anyone()
        if ref is None:
            return None
        adopters = self.stage.engine.registry.machine(ref.machine).machine.adopters
        may = chance.uniform() >= STRANGE
        actor = Actor(f"{ADMINISTRATOR}-1", adopters) if may else GUEST
        return Stand(ref, "unpause" if paused else "pause", actor)

    def _tidy(self) -> Tidy:
        return Tidy(retries=self.stage.chance("tidy").uniform() < RETRIES)
