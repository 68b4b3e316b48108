"""The contract of a policy, as tests to subclass."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from crmflow.clock import ManualClock
from crmflow.codec.shapes import shape_of
from crmflow.config import Overlay, Profiles
from crmflow.core.machine import Machine
from crmflow.core.policy import Evolved
from crmflow.directory import Directory
from crmflow.engine.engine import Engine
from crmflow.plugins.loading import OWN, module_of
from crmflow.profiles.loading import ZONE
from crmflow.storage.memory import MemoryStore
from crmflow.testing.policy_checks import ADMIN, has_text, retires, says_why, verdicts_in
from crmflow.testing.policy_days import Rows, postponed
from crmflow.testing.policy_desk import ROLES, Desk, reversed_
from crmflow.testing.policy_stories import BEGIN, Drawing, Telling, outline
from crmflow.testing.policy_watching import Call, Watch, spied
from crmflow.testing.strategies.drawing import Strategies


class PolicySuite:
    """
    Subclass it, and name the plugin, the machines it is about and rows that it reads.

    Stories of one machine's entities are drawn and told to engines with the plugin and without
    it; what holds of every policy is asserted of each.

    Example:
        class TestLimits(PolicySuite):
            plugin = "crmflow_acme"
            machines = ("sample",)
            rows = {"sample_limits": [...]}

    Attributes:
        plugin: The plugin as `Engine` takes it, or the name of one of crmflow's own.
        machines: Machines that are on; stories are about the first.
        profile: Shipped profiles over the default one.
        rows: Rows of the company's own by table: what the policy is tested with.
        settings: Settings of the company's own.
        directory: Where people are looked up, or None.
        drawn: Draws payloads: overridden where drawn ones never come to what matters.
        former: Plain state by (policy, schema), for each schema before today's: as an older
            release wrote it.
        undated: Tables of which rows count although they are not in force: default refusal.
        stories: How many stories each law is tried on.
        steps: How many steps a story has at most.
        phases: What Hypothesis does with a story; without `Phase.shrink` one that fails is
            told sooner, and longer.
    """

    plugin: ClassVar[object]
    machines: ClassVar[Sequence[str | Machine]]
    profile: ClassVar[Profiles] = None
    rows: ClassVar[Rows] = {}
    settings: ClassVar[Mapping[str, object]] = {}
    directory: ClassVar[Directory | None] = None
    drawn: ClassVar[Strategies] = Strategies()
    former: ClassVar[Mapping[tuple[str, int], Mapping[str, object]]] = {}
    undated: ClassVar[AbstractSet[str]] = frozenset()
    stories: ClassVar[int] = 5
    steps: ClassVar[int] = 6
    phases: ClassVar[Collection[Phase]] = tuple(one for one in Phase if one is not Phase.explain)

    @pytest.fixture(scope="class")
    @classmethod
    def desk(cls) -> Iterator[Desk]:
        """Return an engine with the plugin, from which those of the stories are made."""
        with cls.opened(cls.rows) as desk:
            yield desk

    @classmethod
    @contextmanager
    def opened(cls, rows: Rows) -> Iterator[Desk]:
        """Open the desk of the plugin, with these rows of the company's own."""
        shipped = isinstance(cls.plugin, str) and cls.plugin in OWN
        with Engine(
            MemoryStore(),
            machines=cls.machines,
            profile=cls.profile,
            config=Overlay({ZONE: "Asia/Shanghai", **cls.settings}, rows),
            plugins=() if shipped else (cls.plugin,),
            directory=cls.directory,
            clock=ManualClock(BEGIN),
        ) as engine:
            first = cls.machines[0]
            about = first if isinstance(first, str) else first.name
            yield Desk(engine, name_of(cls.plugin, engine), engine.registry.machine(about).machine)

    def _of_stories(self, law: Callable[[st.DataObject], None]) -> None:
        """Try a law on stories; slow ones are no fault of the policy."""
        slow = (*settings().suppress_health_check, HealthCheck.too_slow)
        most = settings(
            max_examples=self.stories, deadline=None, suppress_health_check=slow, phases=self.phases
        )
        most(given(st.data())(law))()

    def _told(self, data: st.DataObject, desk: Desk, *tellings: Telling) -> None:
        """Tell a story, drawn for the first of them, to several engines."""
        drawing = Drawing(desk.machine, desk.forms, self.drawn, ROLES)
        for _ in range(self.steps):
            step = data.draw(drawing.step(tellings[0]), "step")
            for one in tellings:
                one.wait(step)
                one.tell(step)

    def _calls(self, data: st.DataObject, desk: Desk) -> list[Call]:
        watch = Watch(desk.plugin)
        self._told(data, desk, desk.telling(watch.over))
        return watch.calls

    def test_it_is_pure(self, desk: Desk) -> None:
        """The same question has the same answer; nothing is changed, no clock or chance read."""

        def law(data: st.DataObject) -> None:
            for call in self._calls(data, desk):
                assert not call.changed, f"{call} changes what it is given"
                again, read = spied(call.again)
                assert not read, f"{call} reads {', '.join(read)}"
                assert again == call.answer, f"{call} answers differently the second time"

        self._of_stories(law)

    def test_it_knows_no_other_policy(self, desk: Desk) -> None:
        """Its answers do not depend on what other policies remember."""

        def law(data: st.DataObject) -> None:
            own = frozenset(desk.policies)
            for call in self._calls(data, desk):
                assert call.alone(own) == call.answer, f"{call} reads another policy's state"

        self._of_stories(law)

    def test_the_order_of_plugins_does_not_show(self, desk: Desk) -> None:
        """What becomes of an entity is the same in whatever order plugins are asked."""

        def law(data: st.DataObject) -> None:
            one, other = desk.telling(), desk.telling(reversed_)
            self._told(data, desk, one, other)
            assert outline(one) == outline(other), "the order of plugins shows"

        self._of_stories(law)

    def test_its_verdicts_say_why(self, desk: Desk) -> None:
        """What does more than allow names policy and row or rule, and has texts for people."""

        def law(data: st.DataObject) -> None:
            for call in self._calls(data, desk):
                for verdict in verdicts_in(call.answer):
                    says_why(desk, verdict)
                    # What a policy says of its own events is of no row but of how it is used.
                    known = verdict.row or verdict.rules or call.policy
                    assert known, f"{verdict} names neither row nor rule"

        self._of_stories(law)

    def test_a_refusal_changes_nothing(self, desk: Desk) -> None:
        """What is refused leaves the entity as it was, and is explained by the same verdicts."""

        def law(data: st.DataObject) -> None:
            telling = desk.telling()
            drawing = Drawing(desk.machine, desk.forms, self.drawn, ROLES)
            for _ in range(self.steps):
                step = data.draw(drawing.step(telling), "step")
                telling.wait(step)
                before = telling.stored
                decision = telling.tell(step)
                if decision is not None and decision.refusal is not None:
                    assert telling.stored == before, "a refusal changes the entity"
                    told = telling.explained(step) if step.event not in desk.forms else None
                    alike = told is None or told.verdicts == decision.refusal.verdicts
                    assert alike, f"{step.event!r} is explained by other verdicts"

        self._of_stories(law)

    def test_it_is_explained(self, desk: Desk) -> None:
        """What it says of an entity has its text in each language."""

        def law(data: st.DataObject) -> None:
            telling = desk.telling()
            self._told(data, desk, telling)
            lines = telling.lines(desk.policies) if telling.born else ()
            for line in lines:
                has_text(desk, "lines", line.code)

        self._of_stories(law)

    def test_its_state_is_kept(self, desk: Desk) -> None:
        """What it remembers is written and read as it was; the journal folds to what is stored."""

        def law(data: st.DataObject) -> None:
            watch = Watch(desk.plugin)
            telling = desk.telling(watch.over)
            self._told(data, desk, telling)
            for call in watch.calls:
                if isinstance(call.answer, Evolved) and call.answer.state is not None:
                    shape = shape_of(desk.policies[call.policy].state)
                    kept = shape.load(shape.dump(call.answer.state), shape.cls)
                    assert kept == call.answer.state, f"{call} remembers what cannot be kept"
            assert telling.folds, "the journal leads to something else"

        self._of_stories(law)

    def test_rows_count_from_their_day_on(self, desk: Desk) -> None:
        """With rows that are not yet in force it is as with none."""
        kept = {table: rows for table, rows in self.rows.items() if table in self.undated}
        later = postponed({name: rows for name, rows in self.rows.items() if name not in kept})
        with self.opened({**kept, **later}) as one, self.opened(kept) as other:

            def law(data: st.DataObject) -> None:
                tellings = one.telling(), other.telling()
                self._told(data, desk, *tellings)
                alike = outline(tellings[0]) == outline(tellings[1])
                assert alike, "rows count before their day"

            self._of_stories(law)

    def test_it_is_missed_and_can_be_retired(self, desk: Desk) -> None:
        """An engine without it does not start while it has something open, until it is retired."""

        def law(data: st.DataObject) -> None:
            telling = desk.telling()
            self._told(data, desk, telling)
            for name in desk.policies if telling.born else ():
                retires(desk, telling, name)

        self._of_stories(law)

    def test_it_may_come_later(self, desk: Desk) -> None:
        """Entities that were there before are taken over at the next touch, or in bulk, once."""

        def law(data: st.DataObject) -> None:
            before = desk.telling(desk.without)
            self._told(data, desk, before)
            after = desk.retold(before, lambda found: found)
            for name in desk.policies:
                dry = after.engine.attach(name, actor=ADMIN, dry_run=True)
                done = after.engine.attach(name, actor=ADMIN)
                assert done == dry, f"{name!r} attaches to others than it said"
                again = after.engine.attach(name, actor=ADMIN)
                assert not again.attached, f"{name!r} attaches twice"
            self._told(data, desk, after)

        self._of_stories(law)

    def test_older_states_are_read(self, desk: Desk) -> None:
        """A state of each former schema comes to today's shape."""
        for name, policy in desk.policies.items():
            shape = shape_of(policy.state)
            for schema in range(1, policy.schema):
                assert (name, schema) in self.former, f"former lacks {name!r} of schema {schema}"
                value = policy.upgraded(schema, self.former[name, schema])
                found = shape.load(value, shape.cls)
                assert isinstance(found, policy.state), f"{name!r} reads {found!r}"


def name_of(plugin: object, engine: Engine) -> str:
    """Return what an engine calls a plugin: of an installed one, the name of its entry point."""
    if isinstance(plugin, str) and plugin in OWN:
        return plugin
    found = module_of(str(plugin)) if isinstance(plugin, str | Path) else plugin
    name = engine.plugins.get_name(found)
    assert name is not None, f"the engine has no plugin {plugin!r}: nothing of it would be tested"
    return name
