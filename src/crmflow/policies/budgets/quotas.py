"""
How often: an event that may happen once for each value of a scope.

The first takes a claim, which the store gives one entity only; whoever comes later is refused
with the name of the quota. A soft quota lets a later one pass with a reason (AMB-29): it then
takes a claim of its own, which approvers see in what the entity explains.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from crmflow.core.claim import Claim
from crmflow.core.entity import Snapshot
from crmflow.core.journal import KEYS, Drop, Effect, Entry, Put
from crmflow.core.machine import Machine
from crmflow.core.policy import Evolve, Evolved, FirstShape, Line, Occurrence
from crmflow.core.tables import Tables
from crmflow.core.verdict import Answer, Verdict
from crmflow.policies.budgets.binding import Key, View, key_in, scope_of
from crmflow.policies.budgets.rows import Quota

POLICY = "quotas"


@attrs.frozen
class Taken:
    """
    A place an entity has in a quota.

    Attributes:
        row: Name of the quota.
        key: Value of its scope, such as `alice:2026-03`.
        claim: Value of the claim.
        reason: Why it is a further one; empty for the first.
        held: Event that took it and still waits; None once it happened.
    """

    row: str
    key: str
    claim: str
    reason: str = ""
    held: str | None = None


@attrs.frozen
class QuotaState:
    """All places an entity has."""

    taken: tuple[Taken, ...] = ()


@attrs.frozen
class BoundQuota:
    """A quota as its event sees it."""

    row: Quota
    key: Key

    def take(self, view: View, id: str) -> Taken | None:  # noqa: A002 - the field's word
        """Return the place an event takes, None where a part of the scope is missing."""
        key, missing = self.key.of(view)
        reason = "" if self.row.hard else view.text(self.row.reason)
        # A further one never stands in the way of the first of somebody else.
        claim = f"{key}:+{id}" if reason else key
        return Taken(self.row.name, key, claim, reason) if missing is None else None

    def verdict(self, view: View) -> Verdict | None:
        """Return why no place can be taken, or None."""
        _, missing = self.key.of(view)
        if missing is None:
            return None
        told = {"part": missing}
        return self.row.verdict(POLICY, Answer.REFUSE, "budget_no_scope", values=told)


def scope(row: str) -> str:
    """Return the scope of a quota's claims: a refusal names it."""
    return f"quota.{row}"


def bind_quota(row: Quota, machine: Machine, tables: Tables) -> BoundQuota:
    """Return a quota as its event sees it; its check has found nothing."""
    names = scope_of(machine, row.event, tables)
    return BoundQuota(row, key_in(names, "", row.per, tables))


@attrs.frozen
class Quotas(FirstShape):
    """The policy of one machine that has quotas."""

    machine: Machine
    rows: tuple[Quota, ...]
    tables: Tables
    name: str = POLICY
    state: type = QuotaState
    reserved: Mapping[str, type | None] = attrs.field(factory=dict)

    def evolve_for(self, event: str) -> Evolve | None:
        """Return what takes places, keeps them and frees them."""
        bound = [bind_quota(r, self.machine, self.tables) for r in self.rows if r.event == event]
        return _Places(tuple(bound), self.rows, self.tables).run

    def explain(self, state: QuotaState | None, snapshot: Snapshot[Any]) -> Iterable[Line]:
        """Yield the places an entity has; further ones with their reason, for approvers."""
        rows = {row.name: row for row in self.rows}
        for one in () if state is None else state.taken:
            row = rows.get(one.row)
            code = "quota_further" if one.reason else "quota_taken"
            yield Line(
                code,
                {"quota": one.row, "key": one.key, "reason": one.reason},
                () if row is None else row.rules,
                one.row if row is None else row.edition,
            )


@attrs.frozen
class _Places:
    """What one event does to the places of its entity."""

    bound: tuple[BoundQuota, ...]
    rows: tuple[Quota, ...]
    tables: Tables

    def run(self, state: QuotaState | None, seen: Occurrence) -> Evolved | None:
        """Return what changes after the event; one that is held takes its place already."""
        if state is None and not self.bound:
            return None
        before = () if state is None else state.taken
        new = self._new(seen)
        places = {_key(one): one for one in before if not self._frees(one, seen)}
        places |= {_key(one): one for one in new}
        if not before and not places:
            return None
        # A final state frees claims; a place is taken all the same (EXP-010).
        held = {KEYS["claims"](claim) for claim in seen.after.attached.claims}
        drops = (Drop("claims", key) for key in sorted({_key(one) for one in before} - set(places)))
        puts = (Put("claims", _claim(one)) for key, one in places.items() if key not in held)
        effects: tuple[Effect, ...] = (*drops, *puts)
        return Evolved(QuotaState(tuple(places.values())) if places else None, effects)

    def _new(self, seen: Occurrence) -> tuple[Taken, ...]:
        if seen.entry not in (Entry.DECISION, Entry.HELD):
            return ()
        day, view = self.tables.day(seen.event.at), View.of(seen)
        found = [one.take(view, seen.after.ref.id) for one in self.bound if one.row.in_force(day)]
        held = seen.event.name if seen.entry is Entry.HELD else None
        return tuple(attrs.evolve(one, held=held) for one in found if one is not None)

    def _frees(self, taken: Taken, seen: Occurrence) -> bool:
        if taken.held is not None:
            return all(hold.event != taken.held for hold in seen.after.holds)
        names = {seen.event.name} | ({seen.after.state} if seen.left else set())
        return any(row.name == taken.row and names & set(row.released_on) for row in self.rows)


def _claim(taken: Taken) -> Claim:
    return Claim(scope(taken.row), taken.claim)


def _key(taken: Taken) -> str:
    return KEYS["claims"](_claim(taken))
