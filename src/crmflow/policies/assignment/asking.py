"""Answers to what people ask: picking up, putting back, assigning, locking."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from crmflow.core.claim import Claim
from crmflow.core.journal import Drop, Effect, Put
from crmflow.core.policy import Denied, Evolved, Occurrence
from crmflow.core.timer import Timer
from crmflow.core.verdict import Answer, Verdict
from crmflow.policies.assignment.binding import Rows, roles_of
from crmflow.policies.assignment.choice import chosen
from crmflow.policies.assignment.forms import NAME, TIMER, Assign, Lock, PickUp, PutBack
from crmflow.policies.assignment.limits import BoundPool
from crmflow.policies.assignment.owning import UNLOCKED, given, limited
from crmflow.policies.assignment.rows import Pool, Strategy
from crmflow.policies.assignment.slots import PICKS, holding, pick, tries
from crmflow.policies.assignment.state import Holding, Locked, Ownership, Pick


def refused(reason: str) -> Denied:
    """Return the refusal for one reason that no row explains."""
    return Denied((Verdict(NAME, Answer.REFUSE, reason),))


def _because(row: Pool, reason: str, roles: tuple[str, ...] = (), **values: object) -> Verdict:
    return row.verdict(NAME, Answer.REFUSE, reason, roles=roles, values=values)


def pick_up(rows: Rows, state: Ownership, seen: Occurrence) -> Evolved | Denied:
    """Give an entity out of the pool to who asks, within the limits of holdings and days."""
    pool, actor, form = rows.pool(seen.event.at), seen.event.actor, seen.event.form or PickUp()
    if pool is None or not pool.holds(seen):
        return refused("not_in_pool")
    faults = tuple(_unpickable(pool, state, seen, form))
    if faults:
        return Denied(faults)
    claims = _places(pool, seen, form)
    today, row = pool.day(seen.event.at), pool.row
    over = [one for one in state.picks if one.on < today]
    kept = [one for one in state.picks if one.on >= today]
    if row.per_day is not None:
        kept.append(Pick(claims[-1].value, today))
    place = Holding(claims[0].value, actor.id) if row.holdings is not None else None
    now = attrs.evolve(state, holding=place, picks=tuple(kept), picking=True)
    effects: list[Effect] = [Drop("claims", f"{PICKS} {one.value}") for one in over]
    effects += [Put("claims", claim) for claim in claims]
    raised = given(row.through, actor.id, "picked_up", actor)
    return Evolved(now, tuple(effects), (), (raised,))


def _unpickable(
    pool: BoundPool, state: Ownership, seen: Occurrence, form: PickUp
) -> Iterator[Verdict]:
    row, actor = pool.row, seen.event.actor
    if not actor.may(row.pickers):
        yield _because(row, "role", row.pickers)
    if state.lock is not None:
        yield _because(row, "entity_locked", (row.role,))
    until_at = state.cooling_until_at
    if state.last_owner == actor.id and until_at is not None and seen.event.at < until_at:
        yield _because(row, "cooling_off", until_at=until_at.isoformat())
    for number, limit in ((form.holding, row.holdings), (form.pick, row.per_day)):
        if number is not None and (limit is None or number > limit):
            yield _because(row, "no_such_place", limit=limit or 0)


def _places(pool: BoundPool, seen: Occurrence, form: PickUp) -> list[Claim]:
    """Return the claims it takes: on a place, and on a pick of the day."""
    row, who, ref = pool.row, seen.event.actor.id, seen.after.ref
    claims = []
    if row.holdings is not None:
        number = form.holding or tries(row.holdings, ref, who)[0]
        claims.append(holding(row.name, who, number))
    if row.per_day is not None:
        number = form.pick or tries(row.per_day, ref, who)[0]
        claims.append(pick(row.name, who, pool.day(seen.event.at), number))
    return claims


def put_back(rows: Rows, state: Ownership, seen: Occurrence) -> Evolved | Denied:
    """Give an entity to the pool, by its owner or by who looks after the pool."""
    pool = rows.pool(seen.event.at)
    form: PutBack = seen.event.form
    if pool is None or pool.holds(seen):
        return refused("in_pool_already" if pool is not None else "no_pool")
    row, actor = pool.row, seen.event.actor
    faults = []
    if state.owner != actor.id and not actor.may((row.role,)):
        faults.append(_because(row, "not_owner", (row.role,)))
    if state.lock is not None:
        faults.append(_because(row, "entity_locked", (row.role,)))
    if faults:
        return Denied(tuple(faults))
    return Evolved(state, (), (), (given(row.through, row.keeper, form.reason, actor),))


def assign(rows: Rows, state: Ownership, seen: Occurrence) -> Evolved | Denied:
    """Give an entity to somebody: who is named, or one of the candidates."""
    form: Assign = seen.event.form
    actor, at = seen.event.actor, seen.event.at
    roles, assignment, pool = tuple(roles_of(rows, at)), rows.assignment(seen), rows.pool(at)
    if not actor.may(roles):
        return Denied((Verdict(NAME, Answer.REFUSE, "role", roles=roles),))
    owner, strategy = form.owner, Strategy.SPREAD
    if assignment is not None:
        strategy, through = assignment.row.strategy, assignment.row.through
    elif pool is not None:
        through = pool.row.through
    else:
        return refused("no_assignment")
    if owner is None:
        known = () if assignment is None else assignment.candidates(seen.people, at)
        candidates = form.candidates or known
        if not candidates:
            return refused("no_candidate")
        owner = chosen(strategy, candidates, seen.after.ref, form.turn, form.loads)
    if owner == state.owner:
        return refused("same_owner")
    return Evolved(state, (), (), (given(through, owner, form.reason, actor),))


def lock(rows: Rows, state: Ownership, seen: Occurrence) -> Evolved | Denied:
    """Keep an entity where it is; only another lock, never an edit, lasts longer."""
    form: Lock = seen.event.form
    at = seen.event.at
    pool = rows.pool(at)
    if pool is None:
        return refused("no_pool")
    faults = []
    if not seen.event.actor.may((pool.row.role,)):
        faults.append(_because(pool.row, "role", (pool.row.role,)))
    if state.lock is not None:
        faults.append(_because(pool.row, "entity_locked", (pool.row.role,)))
    if form.until_at is not None and form.until_at <= at:
        faults.append(_because(pool.row, "lock_in_past"))
    if faults:
        return Denied(tuple(faults))
    effects: list[Effect] = []
    if form.until_at is not None:
        effects.append(Put("timers", Timer(UNLOCKED, TIMER, form.until_at, seen.version)))
    now = attrs.evolve(state, lock=Locked(seen.event.actor.id, form.reason, form.until_at))
    return Evolved(limited(pool, now, seen, effects), tuple(effects))


def unlock(rows: Rows, state: Ownership, seen: Occurrence) -> Evolved | Denied:
    """End a lock; the limits run again, and the owner is warned before one is reached."""
    pool = rows.pool(seen.event.at)
    if pool is None or state.lock is None:
        return refused("not_locked")
    if not seen.event.actor.may((pool.row.role,)):
        return Denied((_because(pool.row, "role", (pool.row.role,)),))
    effects: list[Effect] = [Drop("timers", UNLOCKED)]
    now = attrs.evolve(state, lock=None)
    return Evolved(limited(pool, now, seen, effects), tuple(effects))
