"""
Silences: what is done about an entity of which nothing was heard for long (LIF-004, LIF-010).

Each silence counts from the latest of its facts; a purchase or a contact begins it anew
and closes what it had opened. An entity is counted once: when a longer silence is
reached, what a shorter one has opened is closed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

import attrs

from crmflow.policies.cadences.contacts import Limits
from crmflow.policies.cadences.days import DAY, closes_at, opens_at
from crmflow.policies.cadences.recurrence import Period
from crmflow.policies.cadences.rows import Dormancy
from crmflow.policies.cadences.state import CareState, Silence, with_one, without
from crmflow.policies.cadences.work import NAME, Added, Bound

_FIRST = date(2001, 1, 1)


@attrs.frozen
class BoundDormancy(Bound[Dormancy]):
    """A row of dormancy, ready for one machine."""

    @property
    def timer(self) -> str:
        """Name of its timer."""
        return f"{NAME}:silence:{self.row.name}"

    @property
    def waits(self) -> tuple[Period, ...]:
        """How long it waits, the shortest first; where it waits for nothing, one of nothing."""
        if self.row.days:
            return tuple(Period(days=days) for days in sorted(self.row.days))
        return tuple(Period(months=months) for months in sorted(self.row.months) or [0])

    @property
    def length(self) -> timedelta:
        """Its longest silence, months counted from the first day of a year."""
        return self.waits[-1].nth(_FIRST, 1) - _FIRST

    def heard_on(self, facts: object, began_at: datetime) -> date:
        """Return the day something was last heard; never before the entity began."""
        known = [getattr(facts, name) for name in self.row.since]
        days = [self._day(one) for one in known if one is not None]
        return max(days, default=self.day(began_at))

    def _day(self, known: date | datetime) -> date:
        return self.day(known) if isinstance(known, datetime) else known

    def ends_on(self, silence: Silence) -> date | None:
        """Return the day on which the next of its waits has passed; None after the last."""
        if silence.reached >= len(self.waits):
            return None
        return self.waits[silence.reached].nth(silence.since, 1) + self.row.strictly * DAY

    def passed(self, silence: Silence, today: date) -> Silence:
        """Return a silence with all its waits that have passed by *today* counted."""
        while (ends_on := self.ends_on(silence)) is not None and ends_on <= today:
            silence = attrs.evolve(silence, reached=silence.reached + 1)
        return silence


def reconciled(
    bound: BoundDormancy, state: CareState, added: Added, *, applies: bool
) -> tuple[Silence, ...]:
    """Return the silences after an event: begun, begun anew or ended."""
    seen, silence = added.seen, state.silence(bound.row.name)
    heard_on = bound.heard_on(seen.after.facts, state.began_at)
    if applies and silence is not None and silence.since == heard_on:
        return state.silences
    if silence is not None:
        added.stop(bound)
        added.close(bound, "heard_of" if applies else "cause_ended")
    if not applies:
        return without(state.silences, bound.row.name)
    silence = Silence(bound.row.name, heard_on)
    _wait(bound, silence, added)
    return with_one(state.silences, silence)


def _wait(bound: BoundDormancy, silence: Silence, added: Added) -> None:
    """Start the timer of a silence for the next of its waits; none after the last."""
    ends_on = bound.ends_on(silence)
    if ends_on is not None:
        now = bound.hours.next_opening(added.seen.event.at)
        added.start(bound, max(opens_at(bound.hours, ends_on), now))


def reached(
    bound: BoundDormancy,
    limits: Limits,
    others: Iterable[BoundDormancy],
    state: CareState,
    added: Added,
) -> CareState:
    """
    Return the state after the instant of a silence: its task opens, or moves to a day with room.

    Args:
        bound: The row of dormancy.
        limits: The contact limits.
        others: All rows of dormancy of the machine.
        state: What was planned.
        added: What the step adds.
    """
    silence = state.silence(bound.row.name)
    if silence is None:
        return state
    at = added.seen.event.at
    if not bound.is_open(at):  # it was planned by days not known then
        added.start(bound, bound.hours.next_opening(at))
        return state
    today = bound.day(at)
    room = limits if bound.row.contact else Limits(())
    day = room.first(bound.hours, state.contacts, today)
    if day > today:
        added.start(bound, opens_at(bound.hours, day))
        return state
    silence = bound.passed(silence, today)
    for other in others:
        state = _superseded(other, bound, state, added)
    until_at = closes_at(bound.hours, today)
    added.open(bound, until_at, {"since": silence.since, "until_at": until_at})
    if bound.row.contact:
        state = attrs.evolve(state, contacts=limits.kept((*state.contacts, today), today))
    _wait(bound, silence, added)
    silence = attrs.evolve(silence, open=True)
    return attrs.evolve(state, silences=with_one(state.silences, silence))


def _superseded(
    other: BoundDormancy, bound: BoundDormancy, state: CareState, added: Added
) -> CareState:
    """Return the state without what a shorter silence has opened: an entity is counted once."""
    silence = state.silence(other.row.name)
    if silence is None or not silence.open or other.length >= bound.length:
        return state
    added.close(other, "superseded")
    silence = attrs.evolve(silence, open=False)
    return attrs.evolve(state, silences=with_one(state.silences, silence))
