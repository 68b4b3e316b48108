"""The walk: a life to which Hypothesis does what it can think of."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import closing
from typing import Any, ClassVar

import attrs
from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from crmflow.clock import ManualClock
from crmflow.config import Config, Profiles
from crmflow.core.decision import Decision
from crmflow.core.machine import Machine
from crmflow.core.refusal import Because
from crmflow.directory import Directory
from crmflow.storage.memory import MemoryStore
from crmflow.storage.port import Store
from crmflow.testing.bench import Bench
from crmflow.testing.fixtures import MONDAY
from crmflow.testing.strategies import Strategies
from crmflow.testing.walking.asking import asked
from crmflow.testing.walking.drawing import Drawing, Samples
from crmflow.testing.walking.lateness import same_however_late
from crmflow.testing.walking.laws import Law, hold
from crmflow.testing.walking.life import Life
from crmflow.testing.walking.steps import Swap, Work
from crmflow.testing.walking.town import Town

Data = Any


@attrs.frozen
class Stores:
    """Makes empty stores; a plain function would become a method of the walk."""

    make: Callable[[], Store]


class Walk(RuleBasedStateMachine):
    """
    One life of one entity; see `walk`.

    Attributes:
        bench: What its engines run.
        name: The walked machine.
        stores: Makes an empty store.
        drawn: Draws payloads.
        samples: Payloads that are known to be good.
        drawing: Draws steps; made by the first life.
        stated: What holds besides.
        reached: Names of the rows that walks have taken so far.
    """

    bench: ClassVar[Bench]
    name: ClassVar[str]
    stores: ClassVar[Stores]
    drawn: ClassVar[Strategies]
    samples: ClassVar[Samples] = {}
    drawing: ClassVar[Any] = None
    stated: ClassVar[tuple[Law, ...]] = ()
    reached: ClassVar[set[str]]

    def __init__(self) -> None:
        super().__init__()
        self.life = Life(
            self.bench, self.name, ManualClock(MONDAY), stores=self.stores.make, tell=note
        )
        cls = type(self)
        if cls.drawing is None:
            cls.drawing = Drawing.over(self.life, self.drawn, self.samples)

    @initialize(data=st.data())
    def begin(self, data: Data) -> None:
        """It is created, or stands in some state already."""
        self.life.take(self.drawing.begin(self.life, data.draw))

    @rule(data=st.data())
    def ask(self, data: Data) -> None:
        """Somebody asks for an event, one that is possible or any; at times the answer is lost."""
        if data.draw(st.integers(0, 4)):
            asked(self.life, self.drawing.ask(self.life, data.draw))
        else:
            self.life.take(self.drawing.crash(self.life, data.draw))

    @rule(data=st.data())
    def ask_more(self, data: Data) -> None:
        """The same once more: most of a life is asking; at times with a form that is wrong."""
        wrong = None if data.draw(st.integers(0, 4)) else self.drawing.wrong(self.life, data.draw)
        if wrong is None:
            asked(self.life, self.drawing.ask(self.life, data.draw))
        else:
            refusal = asked(self.life, wrong)
            assert refusal is not None, "a wrong payload was taken"
            assert refusal.because in {Because.FORM, Because.PAUSED}

    @precondition(lambda self: self.drawing.waits(self.life))
    @rule(data=st.data())
    def vote(self, data: Data) -> None:
        """Somebody acts on a request for approval."""
        asked(self.life, self.drawing.vote(self.life, data.draw))

    @rule(data=st.data())
    def wait(self, data: Data) -> None:
        """Time passes, and a worker comes or does not."""
        self.life.take(self.drawing.wait(self.life, data.draw))
        if data.draw(st.booleans()):
            self.life.take(Work())

    @rule(data=st.data())
    def tell(self, data: Data) -> None:
        """Another entity tells something; told again, it changes nothing."""
        tell = self.drawing.tell(self.life, data.draw)
        first = self.life.take(tell)
        if isinstance(first, Decision) and first.accepted:
            before, again = self.life.image(), tell.take(self.life)
            assert isinstance(again, Decision)
            assert again.repeated, "a message was taken twice"
            assert self.life.image() == before, "a message that came twice changed something"

    @precondition(lambda self: self.life.born)
    @rule(data=st.data())
    def stand(self, data: Data) -> None:
        """The entity is told to stand still, or to go on."""
        self.life.take(self.drawing.stand(self.life, data.draw))

    @rule()
    def swap(self) -> None:
        """The other interpreter goes on."""
        self.life.take(Swap())

    @invariant()
    def sound(self) -> None:
        """Every law holds."""
        hold(self.life, self.stated)

    def teardown(self) -> None:
        """Live it anew with workers who are early and late, and note which rows were taken."""
        with closing(self.life.store):
            type(self).reached.update(record.row for record in self.life.journal())
            same_however_late(self.life)


def walk(
    machine: str | Machine,
    *,
    machines: Iterable[str | Machine] = (),
    plugins: Iterable[object] = (),
    profile: Profiles = None,
    config: Config = None,
    directory: Directory | None = None,
    strategies: Strategies | None = None,
    samples: Samples | None = None,
    invariants: Iterable[Law] = (),
    stores: Callable[[], Store] = MemoryStore,
) -> type[Walk]:
    """
    Return a stateful test that does to entities of a machine whatever can be done to one.

    Events are asked for that are possible and that are not, by who may and who may not, with
    forms and with faults; time passes to just before, at and after timers; workers come or do
    not; others tell things once, twice and out of order; approvals are given, refused, passed
    on; processes die before and after they write; interpreters take turns. After each step every
    law of an entity holds, and at the end the journal is the same however late a worker comes.

    Args:
        machine: The machine that is walked.
        machines: Machines that are switched on beside it.
        plugins: Plugins beside the installed ones.
        profile: Shipped profiles over the default one.
        config: The company's own rows and settings.
        directory: Who is who; left out, a `Town`, in which everybody is named after a role.
        strategies: Draws payloads; left out, from types alone.
        samples: Payloads that are known to be good, by event: guards that random ones seldom pass
            are passed by these; drawn beside others.
        invariants: What else holds of an engine and a snapshot: each asserts, or returns a flag.
        stores: Makes an empty store for each life, closed at its end; left out, one in memory.

    Returns:
        A `RuleBasedStateMachine`: `TestMine = walk(MINE).TestCase`, whose `settings` say how many
        walks there are and how long; these begin without deadline and health checks.
    """
    name = machine if isinstance(machine, str) else machine.name
    bench = Bench((machine, *machines), profile, config, plugins, directory or Town())
    found = {
        "bench": bench,
        "name": name,
        "stores": Stores(stores),
        "drawn": strategies or Strategies(),
        "samples": samples or {},
        "stated": tuple(invariants),
        "reached": set[str](),
        "__doc__": f"Walks of a {name}.",
    }
    made: type[Walk] = type(f"{name.title().replace('_', '')}Walk", (Walk,), found)
    # A life is long: that is no sign that something is wrong.
    made.TestCase.settings = settings(deadline=None, suppress_health_check=list(HealthCheck))
    return made
