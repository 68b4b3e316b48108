"""One step of the policy: placing anew, and what follows from it: timers and events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

import attrs

from crmflow.core.actor import Actor
from crmflow.core.journal import Effect
from crmflow.core.policy import Evolved, Occurrence, Raised
from crmflow.policies.tiers.binding import Binding, Bound
from crmflow.policies.tiers.forms import TICK
from crmflow.policies.tiers.placing import place
from crmflow.policies.tiers.scheme import Scheme
from crmflow.policies.tiers.standing import Standing, TierState, finished, settle

NAME = "tiers"


@attrs.frozen
class Step:
    """
    What an evolve function works with: one occurrence and the state before it.

    Attributes:
        binding: The schemes of the machine.
        state: The state, its dated amounts those after the occurrence.
        seen: The occurrence.
    """

    binding: Binding
    state: TierState
    seen: Occurrence

    @property
    def at(self) -> datetime:
        """Aware UTC instant of the occurrence."""
        return self.seen.event.at

    @property
    def actor(self) -> Actor:
        """Who asks."""
        return self.seen.event.actor

    def placed(self, bound: Bound) -> Standing | None:
        """Return where the entity stands in a scheme by what is known now."""
        on, before = self.binding.tables.day(self.at), self.state.standing(bound.name)
        criteria = bound.current(on)
        if criteria is None:
            keep = bound.latest(on).scheme.keep
            return None if before is None else finished(before, self.at, keep)
        metrics = self.binding.metrics(criteria, self.seen.after.facts, self.state, on)
        placement = place(criteria, metrics, None if before is None else before.tier)
        until = bound.grace_until(criteria, self.at)
        return settle(before, criteria, placement, metrics, self.at, until)

    def standing_as(self, standing: Standing) -> Step:
        """Return the step as if the entity had stood otherwise before it."""
        others = (one for one in self.state.standings if one.scheme != standing.scheme)
        return attrs.evolve(self, state=attrs.evolve(self.state, standings=(*others, standing)))

    def anew(self, bounds: Iterable[Bound]) -> Evolved | None:
        """Return what changes where the entity is placed anew in some schemes."""
        return self.answer({bound.name: self.placed(bound) for bound in bounds})

    def answer(self, changed: Mapping[str, Standing | None]) -> Evolved | None:
        """Return what changes, given the new standings of some schemes."""
        found = {name: self.state.standing(name) for name in self.binding.schemes}
        found.update(changed)
        standings = tuple(one for one in found.values() if one is not None)
        state = TierState(standings, self.state.series)
        effects = tuple(self._timers(found))
        raises = tuple(self._raised(found))
        if not (effects or raises) and state == (self.seen.after.policy(NAME) or TierState()):
            return None
        return Evolved(state, effects, (), raises)

    def _timers(self, found: Mapping[str, Standing | None]) -> Iterator[Effect]:
        own = f"{NAME}:"
        there = self.seen.timers(own)
        wanted: dict[str, datetime] = {}
        for name, standing in found.items():
            wanted |= self._wanted(self.binding.schemes[name], standing, there)
        yield from self.seen.retimed(own, TICK, wanted)

    def _wanted(
        self, bound: Bound, standing: Standing | None, there: Mapping[str, datetime]
    ) -> dict[str, datetime]:
        """Return the timers of a scheme and their instants."""
        criteria, own = bound.current(self.binding.tables.day(self.at)), f"{NAME}:{bound.name}"
        due = {f"{own}:dates": bound.changes_at(self.at)}
        if criteria is not None:
            again = there.get(f"{own}:recompute")
            due[f"{own}:recompute"] = again or bound.due_at(criteria, self.at)
        if standing is not None and standing.pending is not None:
            due[f"{own}:grace"] = standing.pending.until
        if standing is not None and standing.override is not None:
            due[f"{own}:override"] = standing.override.until
        return {name: at for name, at in due.items() if at is not None}

    def _raised(self, found: Mapping[str, Standing | None]) -> Iterator[Raised]:
        for name, standing in found.items():
            before = (self.seen.after.policy(NAME) or TierState()).standing(name)
            held = None if before is None else before.held
            bound = self.binding.schemes[name]
            scheme = bound.latest(self.binding.tables.day(self.at)).scheme
            if standing is None:
                continue
            if scheme.raises is not None and standing.held != held:
                yield self._told(scheme.raises, scheme, standing, held)
            lead = bound.lead(standing.held, self.seen)
            if lead is not None:
                yield self._told(lead.row.event, scheme, standing, held)

    def _told(self, event: str, scheme: Scheme, standing: Standing, before: str | None) -> Raised:
        """Return an event that tells of a tier as much as its form takes."""
        tier, fields = standing.held, self.binding.fields(event)
        gets = {} if tier not in scheme.names else scheme.tier(str(tier)).gets
        told = {
            **gets,
            "tier": tier,
            "scheme": scheme.name,
            "before": before,
            "reason": standing.moves[-1].cause.value,
        }
        return Raised(event, payload={name: told[name] for name in told if name in fields})
