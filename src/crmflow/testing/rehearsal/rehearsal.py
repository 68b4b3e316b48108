"""A rehearsal: a company's life in one thread, with faults, all of it decided by one seed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing

import attrs

from crmflow.analysis.simulation.streams import Streams
from crmflow.clock import ManualClock
from crmflow.config import Config, Profiles
from crmflow.core.errors import UnknownMachineError
from crmflow.core.machine import Machine
from crmflow.directory import Directory
from crmflow.engine.engine import Engine
from crmflow.states import MACHINES
from crmflow.storage.memory import MemoryStore
from crmflow.storage.port import Store
from crmflow.testing.bench import Bench
from crmflow.testing.rehearsal.drawing import Drawing
from crmflow.testing.rehearsal.laws import Laws
from crmflow.testing.rehearsal.outside import Outside
from crmflow.testing.rehearsal.repertoire import START, Repertoire
from crmflow.testing.rehearsal.stage import Stage
from crmflow.testing.rehearsal.witness import Witness
from crmflow.testing.walking.town import Town

STEPS = 50_000
"""Decisions of one rehearsal, unless somebody says otherwise."""
IDLE = 2_000
"""After so many steps of which nothing came, a company is said to stand still."""


@attrs.define
class RehearsalError(AssertionError):
    """
    A law did not hold, or something failed that must not.

    Attributes:
        seed: The seed.
        step: How many decisions had been committed when it was found.
        reason: What does not hold.
        story: What happened last, the last line being where it was found.
        command: What finds it again.
    """

    seed: int
    step: int
    reason: str
    story: tuple[str, ...]
    command: str

    def __str__(self) -> str:
        told = "".join(f"\n  {line}" for line in self.story)
        found = f"seed {self.seed}, after {self.step} decisions: {self.reason}"
        return f"{found}. What happened last:{told}\nAgain: {self.command}"


@attrs.frozen
class Rehearsed:
    """
    What came of a rehearsal.

    Attributes:
        seed: Its seed.
        steps: Decisions that were committed: of callers, timers and messages.
        counts: What happened, and how often; refusals and repeats are no decisions.
        print: A digest of all heads of journals: the same seed gives the same one.
    """

    seed: int
    steps: int
    counts: Mapping[str, int]
    print: str

    def __str__(self) -> str:
        told = ", ".join(f"{name} {count}" for name, count in sorted(self.counts.items()))
        return f"seed {self.seed}: decisions {self.steps}, {told}; {self.print}"


@attrs.define
class Rehearsal:
    """
    A company that is rehearsed; made once, run with as many seeds as one likes.

    Time is a virtual clock, chance is the seed, stores are in memory, and workers have no
    threads: the same seed does the same in every process. What happens and what goes wrong is
    listed in `drawing`, `steps` and `faults`, what must hold in `witness` and `laws`.

    Attributes:
        machines: Machines to switch on; left out, all there are.
        profile: Shipped profiles over the default one.
        config: The company's own rows and settings.
        plugins: Plugins beside the installed ones.
        directory: Who is who; left out, a `Town`, in which everybody is named after a role.
        outside: Names of handlers that take messages to the outside, and fail at times.
        stores: Makes an empty store for each run, closed at its end.
        every: After so many decisions everything is checked, and at the end.
        name: Where it stands, as `module:NAME`, for the command that runs it again.
    """

    machines: tuple[str | Machine, ...] | None = None
    profile: Profiles = None
    config: Config = None
    plugins: Iterable[object] = attrs.field(default=(), converter=tuple[object, ...])
    directory: Directory = attrs.field(factory=Town)
    outside: tuple[str, ...] = ()
    stores: Callable[[], Store] = MemoryStore
    every: int = 2_500
    name: str = "crmflow.testing.rehearsal:SHIPPED"
    _only: tuple[str, ...] = attrs.field(default=(), kw_only=True)
    _made: tuple[Engine, Outside, Mapping[str, Repertoire]] | None = attrs.field(
        default=None, init=False, eq=False, repr=False
    )

    def run(self, seed: int, steps: int = STEPS) -> Rehearsed:
        """
        Rehearse until so many decisions were committed; then let all that waits come to an end.

        The first decisions of a longer run are those of a shorter one.

        Args:
            seed: Decides everything.
            steps: Decisions.

        Raises:
            RehearsalError: A law did not hold, or something failed that must not.
            DefinitionError: A machine, plugin or setting is wrong or missing.
        """
        with closing(self.stores()) as store:
            stage = self._stage(seed, store)
            laws = Laws(stage)
            try:
                self._live(stage, laws, steps)
                laws.hold()
                laws.drain()
                laws.hold()
                laws.end()
            except Exception as error:
                raise self._failed(stage, seed, steps, error) from error
            return _told(stage, seed)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of its machines."""
        return tuple(one if isinstance(one, str) else one.name for one in self._machines)

    def only(self, names: Iterable[str]) -> Rehearsal:
        """
        Return one of the same company with some of its machines.

        Raises:
            UnknownMachineError: It has none of a name.
        """
        known = dict(zip(self.names, self._machines, strict=True))
        wanted = tuple(names)
        for name in wanted:
            if name not in known:
                raise UnknownMachineError(name, tuple(known))
        machines = tuple(known[name] for name in wanted)
        return attrs.evolve(self, machines=machines, only=wanted)

    @property
    def _machines(self) -> tuple[str | Machine, ...]:
        return tuple(MACHINES) if self.machines is None else self.machines

    def _stage(self, seed: int, store: Store) -> Stage:
        if self._made is None:
            self._made = self._make()
        made, outside, repertoires = self._made
        clock, witness = ManualClock(START), Witness(store)
        return Stage(made, witness, outside, repertoires, clock, Streams(seed))

    def _make(self) -> tuple[Engine, Outside, Mapping[str, Repertoire]]:
        outside = Outside(self.outside)
        plugins = (*self.plugins, outside)
        bench = Bench(self._machines, self.profile, self.config, plugins, self.directory)
        made = bench.engine(MemoryStore(), ManualClock(START))
        return made, outside, {name: Repertoire.of(made.registry, name) for name in self.names}

    def _live(self, stage: Stage, laws: Laws, steps: int) -> None:
        """Let one thing happen after the other."""
        drawing, checked, idle = Drawing(stage), 0, 0
        while stage.witness.records < steps:
            before, step = stage.witness.records, drawing.next()
            stage.story.append((before, step))
            step.take(stage, stage.engine)
            stage.look()
            idle = 0 if stage.witness.records > before else idle + 1
            assert idle < IDLE, f"nothing came of the last {IDLE} steps"
            if stage.witness.records - checked >= self.every:
                checked = stage.witness.records
                laws.hold()

    def _failed(self, stage: Stage, seed: int, steps: int, error: Exception) -> RehearsalError:
        reason = "; because of ".join(_reasons(error))
        story = tuple(f"{step}: {one}" for step, one in stage.story)
        few = "".join(f" --machine {one}" for one in self._only)
        told = f"--seed {seed} --steps {steps}{few}"
        command = f"python -m crmflow.testing.rehearsal {self.name} {told}"
        return RehearsalError(seed, stage.witness.records, reason, story, command)


def _reasons(error: BaseException | None) -> Iterator[str]:
    """Yield what an error says, and what those say that it comes from."""
    while error is not None:
        yield str(error) if isinstance(error, AssertionError) else repr(error)
        error = error.__cause__


def _told(stage: Stage, seed: int) -> Rehearsed:
    digest = hashlib.blake2b(digest_size=8)
    for ref, row in stage.witness.rows.items():
        digest.update(f"{ref} {row.version} {row.state} {row.head.hex()}\n".encode())
    witness = stage.witness
    seen = {"messages": witness.messages, "late": witness.late}
    counts = {**stage.counts, **seen, "handler failed": stage.outside.failed}
    return Rehearsed(seed, witness.records, counts, digest.hexdigest())
