"""
The kernel: lets cases come in, people work and customers react, on an engine's own clock.

Everything is asked of the real engine: what it refuses does not happen, and is counted. What an
entity comes to by a caller, a timer or a message is seen by its commits, and what the scenario
says of its state begins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial

import attrs

from crmflow.analysis.simulation.agenda import Agenda
from crmflow.analysis.simulation.arriving import Flow
from crmflow.analysis.simulation.company import Company
from crmflow.analysis.simulation.desk import Desk
from crmflow.analysis.simulation.doings import Doings
from crmflow.analysis.simulation.plan import Plan
from crmflow.analysis.simulation.scene import Scene
from crmflow.analysis.simulation.streams import Streams
from crmflow.analysis.simulation.tally import Tally
from crmflow.analysis.simulation.voting import Ballots
from crmflow.codec import moment
from crmflow.core.actor import Actor
from crmflow.core.ref import EntityRef
from crmflow.storage.commit import Commit

Progress = Callable[[int], object]
"""Told how many days have passed."""


@attrs.define
class Kernel:
    """
    One run.

    Args:
        company: Its clock stands at the beginning.
        plan: What is to be simulated.
        seed: Names the numbers of chance.
        parts: Instants at which the parts of the time begin, the last one's end with them.
        progress: Told how far it is.
    """

    company: Company
    plan: Plan
    seed: int
    parts: Sequence[datetime]
    progress: Progress
    scene: Scene = attrs.field(init=False)
    _doings: Doings = attrs.field(init=False)
    _ballots: Ballots = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        tally, agenda = Tally(self.parts), Agenda(self.parts[-1])
        desk = Desk(self.company.members, agenda, tally)
        desk.open(self.company.clock.now())
        self.scene = Scene(self.company, agenda, desk, tally, Streams(self.seed), self._notice)
        self._doings = Doings(self.plan, self.scene)
        self._ballots = Ballots(self.plan, self.scene)

    def run(self) -> Tally:
        """Let everything happen, and return what was counted."""
        scene, clock = self.scene, self.company.clock
        self._begin()
        while (found := scene.agenda.take()) is not None:
            at, act = found
            clock.set(at)
            act()
            self._notice()
        clock.set(self.parts[-1])
        scene.tally.close()
        return scene.tally

    def _begin(self) -> None:
        agenda, begin = self.scene.agenda, self.company.clock.now()
        # Noted first, so that a part ends before anything of the next one happens.
        for at in self.parts[1:-1]:
            agenda.at(at, self.scene.tally.shot)
        for day in range(1, self.company.scenario.rows.days + 1):
            agenda.at(self.company.midnight(day), partial(self.progress, day))
        for flow in self.plan.flows:
            stream = self.scene.streams.of("arrivals", flow.row.name)
            self._await(flow, enumerate(flow.instants(begin, agenda.until, stream), 1))

    # ---- Cases that come in --------------------------------------------------------------------

    def _await(self, flow: Flow, instants: Iterator[tuple[int, datetime]]) -> None:
        """Note when the next case of a flow comes in."""
        if (found := next(instants, None)) is not None:
            number, at = found
            self.scene.agenda.at(at, partial(self._arrive, flow, number, instants))

    def _arrive(self, flow: Flow, number: int, instants: Iterator[tuple[int, datetime]]) -> None:
        row, engine = flow.row, self.company.engine
        ref = engine.ref((row.machine, f"{row.name}-{number:06d}"))
        case = self.scene.brought(ref, number, row.customers)
        stream = self.scene.stream(ref, "mix")
        mix = row.mix[stream.pick([one.weight for one in row.mix])]
        payload = dict(mix.payload)
        if mix.history is not None:
            was = self.plan.histories[mix.history].facts
            drawn = was[int(stream.uniform() * len(was))]
            payload |= {name: drawn[name] for name in mix.fields if name in drawn}
        filled = case.filled("create", payload, mix.draws)
        asked = engine.create(row.machine, filled, actor=Actor(row.by, row.roles), id=ref.id)
        self.scene.tally.decided(row.machine, asked)
        self._await(flow, instants)

    # ---- What comes of it ----------------------------------------------------------------------

    def _notice(self) -> None:
        """Look at all that was committed, and let begin what it begins."""
        while commits := self.company.store.taken():
            for commit in commits:
                self._noticed(commit)

    def _noticed(self, commit: Commit) -> None:
        ref, state, scene = commit.row.ref, commit.row.state, self.scene
        for message in commit.messages:
            scene.caused(ref, message.target)
        for timer in commit.timers:
            scene.agenda.at(max(moment(timer.due_at), scene.now), self._fire_due)
        before = scene.states.get(ref, "")
        if state != before:
            scene.states[ref] = state
            self._count(ref, state)
            self._doings.entered(ref, before, state)
        self._ballots.noticed(commit)

    def _count(self, ref: EntityRef, state: str) -> None:
        final = state in self.company.engine.registry.machine(ref.machine).machine.final
        self.scene.tally.moved(ref, state, self.scene.now, final=final)

    def _fire_due(self) -> None:
        """Fire what is due; what fails would fail again and again."""
        for error in self.company.engine.run_due().errors:
            raise error
