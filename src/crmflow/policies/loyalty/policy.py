"""The policy `loyalty` of one machine: points earned and redeemed, clubs joined and left."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, TypeVar

import attrs

from crmflow.core.entity import Snapshot
from crmflow.core.journal import Effect, Entry
from crmflow.core.message import MessageKind
from crmflow.core.policy import Denied, Evolve, Evolved, FirstShape, Line, Occurrence, Outgoing
from crmflow.core.tables import MachineRow, Tables, edition
from crmflow.core.verdict import Answer, Verdict
from crmflow.expressions import Expression
from crmflow.policies.loyalty.accounts import Account, Given, worth
from crmflow.policies.loyalty.rows import Club, Programme
from crmflow.policies.loyalty.state import (
    JOIN,
    LEAVE,
    NAME,
    REDEEM,
    RESERVED,
    TIMER,
    JoinClub,
    LeaveClub,
    LoyaltyState,
    Membership,
    RedeemPoints,
)


@attrs.frozen
class BoundProgramme:
    """A programme, ready: who takes part, and when each earning counts."""

    row: Programme
    when: Expression[bool] | None
    earns: tuple[Expression[bool] | None, ...]


@attrs.frozen
class BoundClub:
    """A club, ready."""

    row: Club
    when: Expression[bool] | None


@attrs.frozen
class Loyalty(FirstShape):
    """
    Loyalty of the entities of one machine.

    Attributes:
        programmes: Programmes of points, ready.
        clubs: Clubs and communities, ready.
        tables: Days, and the calendar by which points expire.
        final: Final states of the machine.
    """

    programmes: tuple[BoundProgramme, ...]
    clubs: tuple[BoundClub, ...]
    tables: Tables
    final: frozenset[str]
    name: str = NAME
    state: type = LoyaltyState
    reserved: Mapping[str, type | None] = RESERVED

    def evolve_for(self, event: str) -> Evolve | None:
        """Return what runs after an event: where it earns, ends a life, or is its own."""
        own: Mapping[str, Callable[[LoyaltyState, Occurrence], Evolved | Denied | None]] = {
            TIMER: self._expire,
            REDEEM: self._redeem,
            JOIN: self._join,
            LEAVE: self._leave,
        }
        answer = own.get(event)
        if answer is not None:
            return lambda state, seen: answer(state or LoyaltyState(), seen)
        earns = any(event in one.events for p in self.programmes for one in p.row.earns)
        return self._earn if earns else None

    def explain(self, state: LoyaltyState | None, snapshot: Snapshot[Any]) -> Iterable[Line]:
        """Yield the points there are, what they bought, and where the entity belongs."""
        known = state or LoyaltyState()
        for row in (*(p.row for p in self.programmes), *(c.row for c in self.clubs)):
            origin = edition(row.name, row.version)
            account = next((one for one in known.accounts if one.programme == row.name), None)
            if account is not None:
                told = {
                    "programme": row.name,
                    "points": account.points,
                    "spent": account.spent,
                    "expires_at": account.expires_at,
                }
                yield Line("loyalty_points", told, row.rules, origin)
            for one in known.memberships:
                if one.club == row.name:
                    told = {"club": row.name, "since_at": one.since_at}
                    yield Line("loyalty_member", told, row.rules, origin)

    def _earn(self, state: LoyaltyState | None, seen: Occurrence) -> Evolved | None:
        """Add what an event earns; nothing in a life that has ended."""
        if seen.entry is not Entry.DECISION or seen.after.state in self.final:
            return None
        before = state or LoyaltyState()
        after = before
        for bound in self._current(self.programmes, seen.event.at):
            if bound.when is None or bound.when.after(seen):
                account = self._earned(bound, after.account(bound.row.name), seen)
                after = _with(after, account)
        return None if after == before else self._evolved(after, seen)

    def _earned(self, bound: BoundProgramme, account: Account, seen: Occurrence) -> Account:
        at, event, row = seen.event.at, seen.event, bound.row
        for earning, when in zip(row.earns, bound.earns, strict=True):
            done = earning.once and event.name in account.once
            if event.name not in earning.events or done or not (when is None or when.after(seen)):
                continue
            amount = None if earning.amount is None else getattr(event.form, earning.amount)
            points = worth(earning, amount, row.currency)
            until_at = None if row.valid is None else row.valid.due_at(at, self._calendar)
            account = account.with_points(points, at, until_at)
            if earning.once:
                account = attrs.evolve(account, once=(*account.once, event.name))
        return account

    @property
    def _calendar(self) -> Any:  # noqa: ANN401 - the calendar that never closes
        return self.tables.calendar(None)

    def _expire(self, state: LoyaltyState, seen: Occurrence) -> Evolved | Denied | None:
        if seen.event.timer is None:
            return Denied((_refusal(None, "loyalty_timer_only"),))
        return self._evolved(state, seen)

    def _redeem(self, state: LoyaltyState, seen: Occurrence) -> Evolved | Denied:
        form: RedeemPoints = seen.event.form
        bound = _named(self._current(self.programmes, seen.event.at), form.programme)
        if bound is None:
            return Denied((_refusal(None, "loyalty_unknown", name=form.programme),))
        row, reward = bound.row, bound.row.rewards.get(form.reward)
        if reward is None:
            return Denied((_refusal(row, "loyalty_no_reward", name=form.reward),))
        account = state.account(row.name).without_expired(seen.event.at)
        faults = [*_outside(bound, seen), *_role(row, row.roles, seen)]
        if account.points < reward.points:
            lack = {"points": account.points, "needed": reward.points}
            faults.append(_refusal(row, "loyalty_too_few", **lack))
        if faults:
            return Denied(tuple(faults))
        by = seen.event.actor.id
        given = Given(form.reward, reward.points, seen.event.at, by)
        told = {
            "programme": row.name,
            "reward": form.reward,
            "kind": reward.kind,
            "percent": reward.percent,
            "points": reward.points,
            "by": by,
        }
        to = str(seen.after.ref)
        messages = (
            ()
            if row.handler is None
            else (Outgoing(row.handler, "give_reward", told, to, MessageKind.FIRE),)
        )
        return self._evolved(_with(state, account.spending(given)), seen, messages)

    def _join(self, state: LoyaltyState, seen: Occurrence) -> Evolved | Denied:
        form: JoinClub = seen.event.form
        bound = _named(self._current(self.clubs, seen.event.at), form.club)
        if bound is None:
            return Denied((_refusal(None, "loyalty_unknown", name=form.club),))
        faults = [*_outside(bound, seen), *_role(bound.row, bound.row.roles, seen)]
        if state.member_of(form.club):
            faults.append(_refusal(bound.row, "loyalty_member_already"))
        if faults:
            return Denied(tuple(faults))
        joined = Membership(form.club, seen.event.at, seen.event.actor.id)
        return self._evolved(attrs.evolve(state, memberships=(*state.memberships, joined)), seen)

    def _leave(self, state: LoyaltyState, seen: Occurrence) -> Evolved | Denied:
        form: LeaveClub = seen.event.form
        bound = _named(self._current(self.clubs, seen.event.at), form.club)
        if not state.member_of(form.club):
            row = None if bound is None else bound.row
            return Denied((_refusal(row, "loyalty_no_member", name=form.club),))
        faults = () if bound is None else tuple(_role(bound.row, bound.row.roles, seen))
        if faults:
            return Denied(faults)
        kept = tuple(one for one in state.memberships if one.club != form.club)
        return self._evolved(attrs.evolve(state, memberships=kept), seen)

    def _evolved(
        self, state: LoyaltyState, seen: Occurrence, messages: tuple[Outgoing, ...] = ()
    ) -> Evolved:
        """Return a state without expired points, its timer set for those that expire next."""
        at = seen.event.at
        accounts = tuple(one.without_expired(at) for one in state.accounts)
        due = [one.expires_at for one in accounts if one.expires_at is not None]
        wanted = {f"{NAME}:expiry": min(due)} if due and seen.after.state not in self.final else {}
        effects: tuple[Effect, ...] = tuple(seen.retimed(f"{NAME}:", TIMER, wanted))
        return Evolved(attrs.evolve(state, accounts=accounts), effects, messages)

    def _current(self, bound: Iterable[B], at: datetime) -> Iterator[B]:
        day = self.tables.day(at)
        return (one for one in bound if one.row.in_force(day))


B = TypeVar("B", BoundProgramme, BoundClub)


def _named(bound: Iterable[B], name: str) -> B | None:
    return next((one for one in bound if one.row.name == name), None)


def _with(state: LoyaltyState, account: Account) -> LoyaltyState:
    """Return the state with an account in place of that of its programme."""
    others = (one for one in state.accounts if one.programme != account.programme)
    empty = account == Account(account.programme)
    return attrs.evolve(state, accounts=(*others, *(() if empty else (account,))))


def _outside(bound: BoundProgramme | BoundClub, seen: Occurrence) -> Iterator[Verdict]:
    """Yield the refusal of somebody who does not take part."""
    if bound.when is not None and not bound.when.after(seen):
        yield _refusal(bound.row, "loyalty_not_for_this")


def _role(row: MachineRow, roles: Iterable[str], seen: Occurrence) -> Iterator[Verdict]:
    if not seen.event.actor.may(roles):
        yield row.verdict(NAME, Answer.REFUSE, "role", roles=roles)


def _refusal(row: MachineRow | None, reason: str, **values: object) -> Verdict:
    if row is None:
        return Verdict(NAME, Answer.REFUSE, reason, values=values)
    return row.verdict(NAME, Answer.REFUSE, reason, values=values)
