"""The contract of a machine, as tests to subclass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test

from crmflow.analysis.check import check_machine
from crmflow.analysis.diagram import mermaid
from crmflow.clock import ManualClock
from crmflow.config import Config, Profiles
from crmflow.core.compiled import Interpreter
from crmflow.core.entity import Snapshot
from crmflow.core.errors import did_you_mean
from crmflow.core.machine import Machine
from crmflow.directory import Directory
from crmflow.engine.engine import Engine
from crmflow.engine.starting import brought
from crmflow.plugins.bringing import plugin_machines
from crmflow.storage.memory import MemoryStore
from crmflow.testing.bench import INTERPRETERS, Bench
from crmflow.testing.fixtures import MONDAY
from crmflow.testing.giving import given_state
from crmflow.testing.reaching import can_be_taken, sure
from crmflow.testing.recording import replay_recorded
from crmflow.testing.standing import facts_in
from crmflow.testing.strategies import Strategies
from crmflow.testing.walking import Law, Town, Walk, walk
from crmflow.testing.walking.drawing import Samples
from crmflow.texts import LANGUAGES


class MachineSuite:
    """
    Subclass it, and name the machine and what it is run with.

    Example:
        class TestSample(MachineSuite):
            machine = "sample"
            plugins = ("crmflow_acme",)
            config = {"acme.sample.return_within": "14d"}

    Attributes:
        machine: The machine, or the name of one that is shipped or brought by a plugin.
        machines: Machines that are on beside it.
        plugins: Plugins beside the installed ones.
        profile: Shipped profiles over the default one.
        config: The company's own rows and settings.
        directory: Where people are looked up.
        drawn: Draws facts and payloads.
        samples: Payloads that are known to be good, by event.
        invariants: What holds of it besides.
        unreached: Rows that nothing drawn takes, by name, and why: what they wait for.
        journals: Folder of recorded journals, `<machine>-*.jsonl`, or None.
        lives: How many walks there are.
        steps: How many steps a walk has.
        tries: How often a row is tried that no walk took.
    """

    machine: ClassVar[str | Machine]
    machines: ClassVar[Sequence[str | Machine]] = ()
    plugins: ClassVar[Sequence[object]] = ()
    profile: ClassVar[Profiles] = None
    config: ClassVar[Config] = None
    directory: ClassVar[Directory | None] = Town()
    drawn: ClassVar[Strategies] = Strategies()
    samples: ClassVar[Samples] = {}
    invariants: ClassVar[Sequence[Law]] = ()
    unreached: ClassVar[Mapping[str, str]] = {}
    journals: ClassVar[Path | None] = None
    lives: ClassVar[int] = 10
    steps: ClassVar[int] = 15
    tries: ClassVar[int] = 200

    @pytest.fixture(scope="class")
    @classmethod
    def bench(cls) -> Bench:
        """Return what engines are made of, once for all tests."""
        every = (cls.machine, *cls.machines)
        return Bench(every, cls.profile, cls.config, cls.plugins, cls.directory)

    @pytest.fixture(scope="class")
    @classmethod
    def walks(cls) -> type[Walk]:
        """Return the walk; rows that are reached are noted with it."""
        return walk(
            cls.machine,
            machines=cls.machines,
            plugins=cls.plugins,
            profile=cls.profile,
            config=cls.config,
            directory=cls.directory,
            strategies=cls.drawn,
            samples=cls.samples,
            invariants=cls.invariants,
        )

    @pytest.fixture
    def engine(self, bench: Bench) -> Engine:
        """Return an engine over an empty store."""
        return bench.engine(MemoryStore(), ManualClock(MONDAY))

    @property
    def name(self) -> str:
        """Name of the machine."""
        return self.machine if isinstance(self.machine, str) else self.machine.name

    def declared(self, engine: Engine) -> Machine:
        """Return the machine as it runs, what plugins add to it included."""
        return engine.registry.machine(self.name).machine

    def test_its_definition_and_texts_are_in_order(self, engine: Engine) -> None:
        """The table has no fault; every code has a text in each language."""
        texts = [engine.texts(lang) for lang in LANGUAGES]
        others, rows = plugin_machines(engine.plugins).values(), brought(engine.plugins)
        checked = check_machine(self.declared(engine), texts, others=others, brought=rows)
        # That settings are given is checked where the engine starts.
        faults = [one for one in checked.findings if one.code != "blank"]
        assert not faults, faults

    @pytest.mark.parametrize("lang", LANGUAGES)
    def test_its_diagram_shows_every_move(self, engine: Engine, lang: str) -> None:
        """Each state once, each pair of states that a row leads between, each end."""
        compiled = engine.registry.machine(self.name)
        moves = {(source, to) for _, source, to, _ in compiled.markup()["moves"]}
        drawn = mermaid(compiled, engine.texts(lang))
        assert drawn.count("-->") == len(moves) + len(compiled.final)
        assert drawn.count('\n    state "') == len(compiled.machine.states)

    def test_its_facts_survive_storing(self, engine: Engine) -> None:
        """What is written is read back as it was."""
        codec, ref = engine.registry.codec, engine.registry.ref(self.name, "X-1")
        machine = self.declared(engine)

        @settings(max_examples=10, suppress_health_check=list(HealthCheck))
        @given(self.drawn.facts_for(machine))
        def stored(facts: object) -> None:
            known = Snapshot(ref, machine.states[0].name, 1, MONDAY, MONDAY, facts)
            body = codec.encode_snapshot(known)
            at = int(MONDAY.timestamp() * 1_000_000)
            assert codec.decode_snapshot(ref, 1, at, body).facts == facts

        stored()

    def test_every_state_can_be_given(self, bench: Bench) -> None:
        """With the facts that it requires; the journal folds to it."""

        @sure(1)
        @given(st.data())
        def give(data: st.DataObject) -> None:
            for state in self.declared(bench.engine(MemoryStore(), ManualClock(MONDAY))).states:
                engine = bench.engine(MemoryStore(), ManualClock(MONDAY))
                facts = data.draw(facts_in(self.declared(engine), state.name, self.drawn))
                ref = given_state(engine, self.name, state.name, facts)
                assert engine.get(ref).state == state.name
                assert not [flaw for one in engine.audit() for flaw in one.findings]

        give()

    def test_it_is_walked(self, walks: type[Walk]) -> None:
        """Every law of an entity holds, under both interpreters; see `walk`."""
        run_state_machine_as_test(
            walks,
            settings=settings(
                max_examples=self.lives,
                stateful_step_count=self.steps,
                suppress_health_check=list(HealthCheck),
            ),
        )

    def test_every_row_is_reached(self, engine: Engine, walks: type[Walk]) -> None:
        """By a walk, or by what is drawn for it, or `unreached` says what it waits for."""
        rows = {row.name: row for row in self.declared(engine).rows}
        for name in self.unreached:
            assert name in rows, f"unreached: no row {name!r}. {did_you_mean(name, rows)}"
        left = [
            name
            for name, row in rows.items()
            if name not in walks.reached
            and name not in self.unreached
            and not can_be_taken(engine, row, self.name, self.drawn, self.samples, self.tries)
        ]
        assert not left, f"no event takes these; give samples, or list them as unreached: {left}"

    @pytest.mark.parametrize("interpreter", INTERPRETERS)
    def test_recorded_journals_fold(self, bench: Bench, interpreter: Interpreter) -> None:
        """What older releases stored is read, whichever interpreter goes on with it."""
        if self.journals is None:
            pytest.skip("no folder of recorded journals is named in `journals`")
        found = sorted(self.journals.glob(f"{self.name}-*.jsonl"))
        assert found, f"{self.journals} has no {self.name}-*.jsonl: record one"
        for file in found:
            engine = bench.engine(MemoryStore(), ManualClock(MONDAY), interpreter)
            assert replay_recorded(file, engine)
