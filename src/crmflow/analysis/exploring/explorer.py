"""Through all situations of a machine, by the same pure functions as an engine."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import attrs

from crmflow.analysis.exploring.bounds import Bounds
from crmflow.analysis.exploring.explored import Failure, Refused, Seen
from crmflow.analysis.exploring.graph import Edge, Graph, Situation
from crmflow.analysis.exploring.moving import Moves, Try
from crmflow.analysis.exploring.people import ASKER, HEAD, OTHER, cast
from crmflow.analysis.exploring.relevance import relevance_of
from crmflow.analysis.exploring.samples import Sampling, told_apart
from crmflow.analysis.exploring.situation import Abstraction
from crmflow.analysis.exploring.walking import RAISED, START, Walker, due
from crmflow.analysis.happening import Happening
from crmflow.core.decision import Decision
from crmflow.core.entity import Snapshot
from crmflow.core.errors import ConfigurationError
from crmflow.core.journal import unborn
from crmflow.core.message import Message
from crmflow.core.ref import EntityRef
from crmflow.core.refusal import Because, Refusal
from crmflow.flow.registry import Registry

__all__ = ["Explorer"]

Samples = Mapping[str, Sequence[Mapping[str, object]]]
"""By event what its payloads have in place of what is made up; of several each is tried."""


@attrs.define
class Explorer:
    """
    Explores one machine; `run` it once.

    Args:
        registry: What runs it.
        name: Name of the machine.
        bounds: Where it ends.
        samples: What payloads have in place of what is made up.

    Attributes:
        graph: What was found.

    Raises:
        ConfigurationError: Samples are of no event, or fit no form.
    """

    registry: Registry
    name: str
    bounds: Bounds
    samples: Samples = attrs.field(factory=dict)
    graph: Graph = attrs.field(init=False)
    _failures: list[Failure] = attrs.field(init=False, factory=list)
    _refusals: dict[tuple[str, str, str], Refused] = attrs.field(init=False, factory=dict)
    _limits: Counter[str] = attrs.field(init=False, factory=Counter)
    _moves: Moves = attrs.field(init=False)
    _walker: Walker = attrs.field(init=False)
    _known: dict[Hashable, Situation] = attrs.field(init=False, factory=dict)

    def __attrs_post_init__(self) -> None:
        registry, compiled = self.registry, self.registry.machine(self.name)
        relevance = relevance_of(compiled.machine, registry.tables)
        actors = cast(registry, compiled.machine, relevance.facts, START)
        ids = frozenset({*(one.id for one in actors), ASKER, OTHER, HEAD})
        sampling = Sampling(relevance, tuple(one.id for one in actors), self.bounds.payloads)
        self.graph = Graph(self.name)
        self._moves = Moves(
            registry, compiled, actors, sampling, self.samples, START, START + self.bounds.horizon
        )
        own = frozenset(told_apart(self.samples))
        unfit = tuple(self._moves.unfit())
        if unfit:
            raise ConfigurationError(f"the samples of {self.name!r}", unfit)
        abstraction = Abstraction(relevance, ids, self.bounds.counted, own)
        self._walker = Walker(registry, compiled, abstraction, self._known)

    def run(self, advance: Callable[[int], None] = lambda _count: None) -> Seen:
        """
        Look at every situation within the bounds.

        Args:
            advance: Told how many more were looked at.

        Returns:
            What was seen.
        """
        first = Situation(0, unborn(self._walker.ref, START))
        self.graph.situations.append(first)
        waiting, met = [(0, 0, 0, first)], Counter[Hashable]()
        for _ in range(self.bounds.situations):
            if not waiting:
                break
            for new in self._look(heapq.heappop(waiting)[-1]):
                # What was met seldom comes first, so that a limit leaves out no whole region.
                met[_region(new)] += 1
                if new.depth < self.bounds.depth:
                    heapq.heappush(waiting, (met[_region(new)], new.depth, new.number, new))
                else:
                    self._limits["depth"] += 1
            advance(1)
        if waiting:
            self._limits["situations"] += len(waiting)
        return Seen(
            self.registry.machine(self.name),
            self.registry.tables,
            self.graph,
            tuple(self._failures),
            tuple(self._refusals.values()),
            self._limits,
            self._walker,
        )

    def _look(self, situation: Situation) -> list[Situation]:
        """Try all that may happen in a situation; return the new ones it leads to."""
        due_at = due(situation.snapshot)
        found = [self._wait(situation, due_at)] if due_at else []
        found += self._tried(situation, self._moves.of(situation))
        snapshot = situation.snapshot
        for at in self._moves.instants(snapshot):
            happened = {edge.happening.event for edge in situation.leaves}
            found += self._tried(situation, self._moves.later(snapshot, at, happened))
        if self._moves.is_beyond(snapshot):
            self._limits["horizon"] += 1
            situation.cut = True
        situation.looked = not situation.cut
        return [one for one in found if one is not None]

    def _tried(
        self, situation: Situation, groups: Iterable[Iterable[Try]]
    ) -> Iterator[Situation | None]:
        """Try groups of what may happen; yield the new situations."""
        for group in groups:
            for one in group:
                new, role = self._try(situation, one)
                yield new
                if role:
                    break

    def _wait(self, situation: Situation, due_at: datetime) -> Situation | None:
        """Let the next timer fire."""
        if due_at - START > self.bounds.horizon:
            self._limits["horizon"] += 1
            situation.cut = True
            return None
        happening = Happening(due_at)
        decided = self._decided(situation, happening)
        return self._keep(situation, happening, decided) if decided else None

    def _try(self, situation: Situation, one: Try) -> tuple[Situation | None, bool]:
        """Try one event; say whether it was refused for want of a role."""
        decided = self._decided(situation, one.happening, one.form)
        if not decided:
            return None, False
        refusal = decided[0].refusal
        if refusal is None:
            return self._keep(situation, one.happening, decided), False
        reasons = reasons_of(refusal)
        refused = Refused(situation, one.happening, refusal, reasons)
        rows = ", ".join(sorted({verdict.row for verdict in refusal.verdicts}))
        self._refusals.setdefault((one.happening.event, reasons, rows), refused)
        return None, reasons == "role"

    def _decided(
        self, situation: Situation, happening: Happening, form: object = None
    ) -> list[Decision]:
        try:
            return self._walker.decided(situation.snapshot, happening, form)
        except RAISED as error:
            self._failures.append(Failure(situation, happening, error))
            return []

    def _keep(
        self, before: Situation, happening: Happening, decided: list[Decision]
    ) -> Situation | None:
        """Note what happens; return the situation it leads to where that is new."""
        come = self._walker.come(before.opened, decided)
        there = self._known.get(come.key)
        number = len(self.graph.situations) if there is None else there.number
        edge = Edge(before.number, number, happening, come.decisions)
        before.leaves.append(edge)
        if there is not None:
            if self._walker.abstraction.hides(there.snapshot, come.snapshot):
                self._limits["counted"] += 1
                before.hides = True
            return None
        sent = (message for one in come.decisions for message in one.messages)
        asked = {**before.asked, **_requests(come.snapshot, sent)}
        situation = Situation(number, come.snapshot, come.opened, asked, edge, before.depth + 1)
        self._known[come.key] = situation
        self.graph.situations.append(situation)
        return situation


def _requests(snapshot: Snapshot[Any], sent: Iterable[Message]) -> dict[str, EntityRef]:
    """Return whom messages ask for something that is to be answered, by the request's name."""
    asked = {str(one.payload["request"]): one for one in sent if "request" in one.payload}
    tenant = snapshot.ref.tenant
    return {name: EntityRef(tenant, one.machine, one.id) for name, one in asked.items()}


def _region(situation: Situation) -> Hashable:
    """Return what situations have in common that are much alike."""
    snapshot = situation.snapshot
    links = {(link.name, link.state) for link in snapshot.links}
    return snapshot.state, frozenset(hold.event for hold in snapshot.holds), frozenset(links)


def reasons_of(refusal: Refusal) -> str:
    """Return the codes of all reasons of a refusal, the same for those that are alike."""
    rows = {reason.code for tried in refusal.tried for reason in tried.reasons}
    policies = {f"{one.policy}: {one.reason}" for one in refusal.verdicts if one.answer == "refuse"}
    faults = {f"{fault.path} {fault.code}" for fault in refusal.faults}
    because = {str(refusal.because)} - {Because.ROWS, Because.POLICY, Because.FORM}
    return ", ".join(sorted({*rows, *policies, *faults, *because}))
