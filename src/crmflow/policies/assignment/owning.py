"""What follows for an entity's owner from what has happened to it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import attrs

from crmflow.core.actor import SYSTEM, Actor
from crmflow.core.journal import Drop, Effect, Entry, Put
from crmflow.core.policy import Evolved, Occurrence, Raised
from crmflow.core.task import Task
from crmflow.core.timer import Timer
from crmflow.policies.assignment.binding import BoundAssignment, Rows
from crmflow.policies.assignment.choice import chosen
from crmflow.policies.assignment.forms import NAME, TIMER
from crmflow.policies.assignment.limits import BoundPool
from crmflow.policies.assignment.rows import OWNER
from crmflow.policies.assignment.slots import HOLDINGS, PICKS
from crmflow.policies.assignment.state import Heard, Holding, Ownership

DUE, WARN, UNLOCKED = f"{NAME}:due", f"{NAME}:warn", f"{NAME}:lock"
WARNING, UNCHANGED, UNOWNED = "pool_warning", "owner_unchanged", "assign_owner"
LEFT, FIRST = "owner_left", "first_owner"


def given(through: str, owner: str, reason: str, by: Actor = SYSTEM) -> Raised:
    """Return the event of the machine by which the owner changes."""
    return Raised(through, by, {"owner": owner, "reason": reason})


def opened(seen: Occurrence, name: str, role: str, due_at: datetime | None, to: str | None) -> Put:
    """Return a task for a role, or for one person of it."""
    id_ = f"{name}.{seen.version}"
    return Put("tasks", Task(id_, name, role, seen.event.at, due_at, to))


def closed(seen: Occurrence, *names: str) -> Iterator[Drop]:
    """Yield the end of those tasks that are open."""
    for task in seen.after.tasks:
        if task.name in names:
            yield Drop("tasks", task.name)


def followed(rows: Rows, state: Ownership | None, seen: Occurrence) -> Evolved:
    """Return what follows from an event of the machine, or from adoption."""
    pool, at = rows.pool(seen.event.at), seen.event.at
    owner: str | None = getattr(seen.after.facts, OWNER)
    effects: list[Effect] = []
    now = Ownership(at, owner) if state is None else state
    if now.owner != owner:
        effects += closed(seen, UNOWNED, UNCHANGED)
        effects += _released(now, owner)
        now = _passed(pool, now, owner, at)
    if pool is not None:
        now = _heard(pool, now, seen)
        now = limited(pool, now, seen, effects)
    elif now.due_at is not None:
        effects += [Drop("timers", DUE), Drop("timers", WARN)]
        now = attrs.evolve(now, due_at=None, limit="")
    now, raised = _assigned(rows, pool, now, seen, effects)
    return Evolved(now, tuple(effects), (), raised)


def _released(state: Ownership, owner: str | None) -> Iterator[Drop]:
    """Yield the end of the place that the last owner's holding took."""
    if state.holding is not None and state.holding.by != owner:
        yield Drop("claims", f"{HOLDINGS} {state.holding.value}")


def _passed(pool: BoundPool | None, state: Ownership, owner: str | None, at: datetime) -> Ownership:
    """Return the state of an entity that has passed to another owner, or to the pool."""
    pooled = pool is not None and owner == pool.row.keeper
    until_at = None
    if pool is not None and pooled and pool.row.cooling is not None:
        until_at = pool.row.cooling.due_at(at, pool.hours)
    return attrs.evolve(
        state,
        owned_at=at,
        owner=owner,
        heard=(),
        free_at=None,
        holding=_kept(state, owner),
        picking=False,
        last_owner=state.owner if pooled else None,
        cooling_until_at=until_at,
        asked=False,
    )


def _kept(state: Ownership, owner: str | None) -> Holding | None:
    """Return the holding where it is the owner's."""
    return state.holding if state.holding is not None and state.holding.by == owner else None


def _heard(pool: BoundPool, state: Ownership, seen: Occurrence) -> Ownership:
    """Return the state with what limits wait for noted; an edit that is none changes nothing."""
    at = seen.event.at
    new = [Heard(one.row.name, at) for one in pool.limits if seen.event.name in one.row.by]
    if not new:
        return state
    names = {one.limit for one in new}
    return attrs.evolve(state, heard=(*(h for h in state.heard if h.limit not in names), *new))


def limited(
    pool: BoundPool, state: Ownership, seen: Occurrence, effects: list[Effect]
) -> Ownership:
    """Return the state with the instant at which it goes to the pool, its timers started."""
    stays, at = pool.stays(state, seen), seen.event.at
    free_at = at if state.stays and not stays else state.free_at
    state = attrs.evolve(state, stays=stays, free_at=free_at)
    due_at, limit = pool.next_due(state, seen)
    if due_at == state.due_at:
        return attrs.evolve(state, limit=limit)
    effects += closed(seen, WARNING)
    warn_at = None if due_at is None else pool.warn_at(due_at, at)
    for name, instant in ((DUE, due_at), (WARN, warn_at)):
        if instant is not None:
            effects.append(Put("timers", Timer(name, TIMER, instant, seen.version)))
        elif any(timer.name == name for timer in seen.after.timers):
            effects.append(Drop("timers", name))
    return attrs.evolve(state, due_at=due_at, limit=limit)


def _assigned(
    rows: Rows, pool: BoundPool | None, state: Ownership, seen: Occurrence, effects: list[Effect]
) -> tuple[Ownership, tuple[Raised, ...]]:
    """Name an owner where there is none, or where the owner has left; else ask a person to."""
    reason = _wanted(pool, state, seen)
    assignment = rows.assignment(seen) if reason else None
    if assignment is None or state.asked:
        return state, ()
    candidates = assignment.candidates(seen.people, seen.event.at)
    if candidates:
        row = assignment.row
        owner = chosen(row.strategy, candidates, seen.after.ref)
        return state, (given(row.through, owner, reason),)
    return asked(assignment, state, seen, effects), ()


def asked(
    assignment: BoundAssignment, state: Ownership, seen: Occurrence, effects: list[Effect]
) -> Ownership:
    """Return the state of an entity for which a person is asked to name an owner."""
    fallback = assignment.row.fallback
    if not seen.people.holders(fallback):
        return state  # who is told of nobody can neither tell who left nor ask anybody
    effects.append(opened(seen, UNOWNED, fallback, None, None))
    return attrs.evolve(state, asked=True)


def _wanted(pool: BoundPool | None, state: Ownership, seen: Occurrence) -> str:
    """Return why an owner is wanted, or nothing."""
    owner = state.owner
    if owner is None:
        return FIRST
    kept = pool is not None and owner == pool.row.keeper
    # Who asks is there; so the directory is asked of others only.
    if kept or owner == seen.event.actor.id or seen.people.person(owner) is not None:
        return ""
    return LEFT


def unchanged(rows: Rows, state: Ownership, seen: Occurrence) -> Evolved:
    """Return what follows where the owner could not be changed: claims go, a person is told."""
    pool, effects = rows.pool(seen.event.at), list[Effect]()
    owner: str | None = getattr(seen.after.facts, OWNER)
    effects += _released(state, owner)
    picks = state.picks
    if state.picking and picks:
        effects.append(Drop("claims", f"{PICKS} {picks[-1].value}"))
        picks = picks[:-1]
    assignment = rows.assignment(seen)
    role = pool.row.role if pool is not None else ""
    if assignment is not None:
        role = role or assignment.row.fallback
    effects.append(opened(seen, UNCHANGED, role, None, None))
    kept = _kept(state, owner)
    now = attrs.evolve(state, holding=kept, picks=picks, picking=False, asked=True)
    return Evolved(now, tuple(effects))


def is_own(seen: Occurrence) -> bool:
    """Say whether what was refused is an event that this policy had raised."""
    return seen.entry is Entry.RAISE_REFUSED and seen.event.raised_by == NAME
