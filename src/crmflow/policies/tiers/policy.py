"""The stateful policy: follows facts, events and timers, and answers its reserved events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import attrs

from crmflow.core.entity import Snapshot
from crmflow.core.journal import Entry
from crmflow.core.policy import Evolve, Evolved, FirstShape, Line, Occurrence
from crmflow.policies.tiers.asking import ANSWERS
from crmflow.policies.tiers.binding import Binding
from crmflow.policies.tiers.explaining import lines_of
from crmflow.policies.tiers.forms import FORMS
from crmflow.policies.tiers.metrics import Series
from crmflow.policies.tiers.placing import Criteria
from crmflow.policies.tiers.population import Member
from crmflow.policies.tiers.reading import Source, read_metrics
from crmflow.policies.tiers.standing import TierState
from crmflow.policies.tiers.step import NAME, Step

_WHOLLY = frozenset({Entry.ADOPTION, Entry.POLICY})
"""Entries after which nothing that was known of timers and facts holds any more."""


@attrs.frozen
class TierPolicy(FirstShape):
    """
    Tiers of the entities of one machine.

    Attributes:
        binding: Its schemes.
        name: Its name.
        state: Class of its state.
        reserved: Its reserved events and their forms.
    """

    binding: Binding
    name: str = attrs.field(default=NAME, init=False)
    state: type = attrs.field(default=TierState, init=False)
    reserved: Mapping[str, type | None] = attrs.field(default=FORMS, init=False)

    def evolve_for(self, event: str) -> Evolve | None:
        """Return what runs after an event; any of the machine's may change a fact."""
        answer = ANSWERS.get(event)
        if answer is not None:
            return lambda state, seen: answer(Step(self.binding, state or TierState(), seen))
        counted = tuple(source for source in self.binding.sources if source.counts(event))
        return lambda state, seen: self._follow(counted, state, seen)

    def _follow(
        self, counted: tuple[Source, ...], state: TierState | None, seen: Occurrence
    ) -> Evolved | None:
        """Place anew in the schemes that read what has changed."""
        facts, wholly = seen.after.facts, seen.entry in _WHOLLY
        same = facts is seen.before.facts and not seen.left
        if state and not (counted or wholly) and same:
            return None
        if facts is None or seen.after.state in self.binding.finals:
            return None
        step = Step(
            self.binding, _gathered(self.binding, counted, state or TierState(), seen), seen
        )
        names = {source.name for source in counted}
        return step.anew(
            bound
            for bound in self.binding.schemes.values()
            if wholly
            or step.state.standing(bound.name) is None
            or not names.isdisjoint(bound.sources)
            or any(_differs(seen, fact) for fact in bound.facts)
        )

    def current(self, scheme: str, on: date) -> Criteria | None:
        """Return the version of a scheme that counts on a day; None where there is none."""
        bound = self.binding.schemes.get(scheme)
        return None if bound is None else bound.current(on)

    def member(self, criteria: Criteria, snapshot: Snapshot[Any], on: date) -> Member | None:
        """Return an entity as a member of a population to rank; None where it has ended."""
        if snapshot.facts is None or snapshot.state in self.binding.finals:
            return None
        state: TierState = snapshot.policy(NAME) or TierState()
        series = {one.source: one for one in state.series}
        tables = self.binding.tables
        return snapshot.ref.id, read_metrics(criteria.scheme, snapshot.facts, series, on, tables)

    def explain(self, state: TierState | None, snapshot: Snapshot[Any]) -> Iterable[Line]:
        """Yield what tier an entity has in each scheme, why, and what waits."""
        return lines_of(self.binding, state or TierState(), snapshot)


def _differs(seen: Occurrence, fact: str) -> bool:
    return bool(getattr(seen.before.facts, fact, None) != getattr(seen.after.facts, fact, None))


def _gathered(
    binding: Binding, counted: tuple[Source, ...], state: TierState, seen: Occurrence
) -> TierState:
    """Return the state with the amounts an applied event brings."""
    if not counted or seen.entry is not Entry.DECISION:
        return state
    on, event = binding.tables.day(seen.event.at), seen.event
    series = {one.source: one for one in state.series}
    for source in counted:
        before = series.get(source.name, Series(source.name))
        series[source.name] = source.gathered(before, event.name, event.form, on)
    return attrs.evolve(state, series=tuple(series.values()))
