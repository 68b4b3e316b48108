"""The policy that settles a reward, and remembers it with what it was made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import attrs

from crmflow.core.entity import Snapshot
from crmflow.core.journal import Entry
from crmflow.core.machine import Machine
from crmflow.core.money import Money
from crmflow.core.policy import Evolve, Evolved, FirstShape, Line, Occurrence
from crmflow.core.proposal import Proposal
from crmflow.core.tables import Tables
from crmflow.core.verdict import Answer, Verdict
from crmflow.expressions import Expression, Scope
from crmflow.expressions.amounts import Amount, amount_in
from crmflow.policies.rewards.rewarding import Past, Reward, counted, reward
from crmflow.policies.rewards.scheme import Outcome, Scheme

POLICY = "rewards"


@attrs.frozen
class Given:
    """
    A reward that was settled.

    Attributes:
        scheme: Row of the table.
        outcome: What it was for.
        at: Aware UTC instant.
        reward: What it is.
    """

    scheme: str
    outcome: Outcome
    at: datetime
    reward: Reward


@attrs.frozen
class RewardState:
    """All rewards of an entity; what was paid stays, also where its result changes later."""

    given: tuple[Given, ...] = ()


@attrs.frozen
class BoundScheme:
    """A scheme ready for its machine."""

    row: Scheme
    tables: Tables
    value: Amount
    outcome: Expression[str | None]

    def judge(self, before: Snapshot[Any], proposal: Proposal) -> Verdict | None:
        """Return why no reward can be settled, or None."""
        value, outcome = self.read(proposal)
        if outcome is None:
            return self._refusal("reward_no_outcome")
        state: RewardState | None = before.policy(POLICY)
        if state is not None and state.given and state.given[-1].outcome is outcome:
            return self._refusal("reward_given", outcome=str(outcome))
        if outcome is not Outcome.ACCEPTED:
            return None
        if value is None:
            return self._refusal("reward_no_value")
        if value.currency != self.row.currency or value < Money(0, self.row.currency):
            return self._refusal("reward_wrong_value", value=str(value))
        return None

    def await_reward(self, before: Snapshot[Any]) -> Verdict | None:
        """Return that a reward must be settled first, or None where one was."""
        state: RewardState | None = before.policy(POLICY)
        if state is not None and state.given:
            return None
        return self._refusal("reward_not_settled")

    def settle(self, seen: Occurrence) -> Given | None:
        """Return the reward an event settles; None where the judge let no such event pass."""
        value, outcome = self.read(seen)
        if outcome is None:
            return None
        at = seen.event.at
        found = reward(self.row, value, outcome, self._history(seen), at, self.tables.zone)
        return Given(self.row.name, outcome, at, found)

    def read(self, seen: Proposal | Occurrence) -> tuple[Money | None, Outcome | None]:
        """Return the value and the outcome of a suggestion."""
        value = self.value.of(lambda one: one.before(seen), self.row.currency)
        outcome = self.outcome.before(seen)
        return value, Outcome(outcome) if outcome in set(Outcome) else None

    def _history(self, seen: Occurrence) -> list[Past]:
        path = self.row.earlier or ""
        name = path.removeprefix("form.")
        source = seen.before.facts if name == path else seen.event.form
        return [
            Past(one.at, Outcome(one.outcome), bool(getattr(one, "repeated", False)))
            for one in getattr(source, name, None) or ()
        ]

    def _refusal(self, reason: str, **values: object) -> Verdict:
        return self.row.verdict(POLICY, Answer.REFUSE, reason, values=values)


def bind(row: Scheme, machine: Machine, tables: Tables) -> BoundScheme:
    """Return a scheme ready for its machine; its check has found nothing."""
    scope = Scope.about(machine, machine.form(row.event), tables)
    value, outcome = amount_in(scope, row.value), scope.compile(row.outcome, str)
    return BoundScheme(row, tables, value, outcome)


@attrs.frozen
class Recording(FirstShape):
    """The policy of one machine whose entities are rewarded."""

    schemes: tuple[BoundScheme, ...]
    name: str = POLICY
    state: type = RewardState
    reserved: Mapping[str, type | None] = attrs.field(factory=dict)

    def evolve_for(self, event: str) -> Evolve | None:
        """Return what records a reward, None for events that settle none."""
        return self._settled if any(one.row.event == event for one in self.schemes) else None

    def _settled(self, state: RewardState | None, seen: Occurrence) -> Evolved | None:
        if seen.entry is not Entry.DECISION:
            return None
        scheme = in_force(settling(self.schemes, seen.event.name), seen)
        given = None if scheme is None else scheme.settle(seen)
        if given is None:
            return None
        before = () if state is None else state.given
        return Evolved(RewardState((*before, given)))

    def explain(self, state: RewardState | None, snapshot: Snapshot[Any]) -> Iterable[Line]:
        """Yield each reward and what it is for."""
        rows = {one.row.name: one.row for one in self.schemes}
        for one in () if state is None else state.given:
            row = rows.get(one.scheme)
            told = {**counted(one.reward), "outcome": one.outcome, "at": one.at}
            rules = () if row is None else row.rules
            origin = one.scheme if row is None else row.edition
            code = "reward_given" if one.reward.repeat is None else "reward_given_again"
            yield Line(code, told, rules, origin)


def settling(schemes: Iterable[BoundScheme], event: str) -> tuple[BoundScheme, ...]:
    """Return the schemes by which an event settles a reward."""
    return tuple(one for one in schemes if one.row.event == event)


def in_force(schemes: Iterable[BoundScheme], seen: Proposal | Occurrence) -> BoundScheme | None:
    """Return the scheme that counts on an event's day, or None."""
    at = seen.event.at
    return next((one for one in schemes if one.row.in_force(one.tables.day(at))), None)
