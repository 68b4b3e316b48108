"""The entities of a machine ranked by a scheme of shares, in one pass over the store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

import attrs

from crmflow.core.actor import Actor
from crmflow.core.decision import Decision
from crmflow.core.errors import RequestError, did_you_mean
from crmflow.engine.attaching import snapshots
from crmflow.engine.values import Firing
from crmflow.flow.registry import Registry
from crmflow.flow.run import Answered
from crmflow.policies.tiers import Criteria, Kind, Placed, TierPolicy, tier_population
from crmflow.policies.tiers.forms import PLACE
from crmflow.storage.port import PAGE, Store


@attrs.define
class UnknownSchemeError(RequestError):
    """No machine that is switched on has a scheme of shares of this name in force."""

    scheme: str
    known: tuple[str, ...]

    def __str__(self) -> str:
        return f"no scheme of shares {self.scheme!r} is in force. " + did_you_mean(
            self.scheme, self.known
        )


@attrs.frozen
class Ranking:
    """
    What a ranking of a population came to.

    Attributes:
        scheme: Name of the scheme.
        machine: Whose entities.
        tiers: How many are in each tier; None for those that cannot be ranked.
        refused: How many places were refused when they were brought.
    """

    scheme: str
    machine: str
    tiers: Mapping[str | None, int]
    refused: int = 0


@attrs.frozen
class Ranked:
    """A scheme of shares with the policy that keeps its tiers."""

    registry: Registry
    policy: TierPolicy
    criteria: Criteria

    @property
    def machine(self) -> str:
        """Name of the machine whose entities are ranked."""
        return self.policy.binding.machine.name

    def places(self, store: Store, at: datetime) -> Iterator[Placed]:
        """
        Yield the place of every entity that has not ended; memory does not grow with them.

        Args:
            store: Read once, a page at a time.
            at: Aware UTC instant.
        """
        on = self.registry.tables.day(at)
        found = (
            self.policy.member(self.criteria, snapshot, on)
            for snapshot in snapshots(self.registry, store, self.machine)
        )
        return tier_population(self.criteria, (one for one in found if one is not None))

    def bring(
        self,
        places: Iterator[Placed],
        fire: Callable[[Sequence[Firing]], Sequence[Answered]] | None,
        actor: Actor,
        at: datetime,
    ) -> Ranking:
        """
        Count the places by tier, and bring each entity its own.

        Args:
            places: The places.
            fire: Fires a batch, or None where nothing is to be changed.
            actor: Who brings them.
            at: Aware UTC instant of the pass.
        """
        tiers, refused = Counter[str | None](), 0
        for page in _pages(places):
            tiers.update(one.tier for one in page)
            firings = [self._firing(one, actor, at) for one in page if one.rank is not None]
            answers = fire(firings) if fire is not None and firings else ()
            refused += sum(not _accepted(one) for one in answers)
        return Ranking(self.criteria.scheme.name, self.machine, dict(tiers), refused)

    def _firing(self, one: Placed, actor: Actor, at: datetime) -> Firing:
        place = {
            "scheme": self.criteria.scheme.name,
            "rank": one.rank,
            "population": one.population,
        }
        return Firing((self.machine, one.id), PLACE, place, actor=actor, at=at)


def _accepted(answered: Answered) -> bool:
    return isinstance(answered, Decision) and answered.accepted


def _pages(places: Iterator[Placed]) -> Iterator[list[Placed]]:
    page: list[Placed] = []
    for one in places:
        page.append(one)
        if len(page) == PAGE:
            yield page
            page = []
    yield page


def ranked(registry: Registry, scheme: str, at: datetime) -> Ranked:
    """
    Return a scheme of shares that is in force.

    Raises:
        UnknownSchemeError: There is none of that name.
    """
    on, known = registry.tables.day(at), []
    for bound in registry.policies.values():
        for policy in bound:
            if not isinstance(policy, TierPolicy):
                continue
            for name in policy.binding.schemes:
                criteria = policy.current(name, on)
                if criteria is None or criteria.scheme.kind is not Kind.SHARES:
                    continue
                known.append(name)
                if name == scheme:
                    return Ranked(registry, policy, criteria)
    raise UnknownSchemeError(scheme, tuple(known))
