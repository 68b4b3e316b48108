"""
The desk: work that waits for people, and people who take it in their shifts, one at a time.

What was begun is finished by who began it; what is left at the end of a shift is gone on with at
the beginning of the next.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial

import attrs

from crmflow.analysis.simulation.agenda import MINUTE, Agenda
from crmflow.analysis.simulation.staff import Member
from crmflow.analysis.simulation.tally import Tally

Urgency = tuple[float, ...]


def _nothing() -> None:
    """Let nothing happen."""


@attrs.frozen
class Need:
    """
    Who can do some work.

    Attributes:
        queue: What the work that waits for them is called.
        role, skill: What they must have.
        person: Id of the one who must do it, or None.
    """

    queue: str
    role: str | None = None
    skill: str | None = None
    person: str | None = None

    def met_by(self, member: Member) -> bool:
        """Say whether somebody can do it."""
        return self.person in {None, member.id} and member.has(self.role, self.skill)


@attrs.define(eq=False)
class Work:
    """
    Something that waits for one of the staff.

    Attributes:
        need: Who can do it.
        name: What it is.
        urgency: The least is taken first; of equals the one that came first.
        minutes: How long it keeps somebody, in the hours of their shifts.
        done: What happens once it is done.
        joined_at: Aware UTC instant since which it waits.
        taken: What happens as soon as somebody begins it.
        over: Whether it waits no longer: it was begun, or given up.
    """

    need: Need
    name: str
    urgency: Urgency
    minutes: float
    done: Callable[[Member], None]
    joined_at: datetime
    taken: Callable[[], None] = _nothing
    over: bool = False


@attrs.define
class Desk:
    """
    Who works on what.

    Args:
        members: The staff.
        agenda: Where ends of work are noted.
        tally: Counts what waits and who is busy.
    """

    members: Sequence[Member]
    agenda: Agenda
    tally: Tally
    _waiting: dict[Need, list[tuple[Urgency, int, Work]]] = attrs.field(init=False, factory=dict)
    _able: dict[Need, list[Member]] = attrs.field(init=False, factory=dict)
    _idle: dict[str, tuple[datetime, int]] = attrs.field(init=False, factory=dict)
    _awaited: dict[str, datetime] = attrs.field(init=False, factory=dict)
    _noted: int = attrs.field(init=False, default=0)

    def open(self, at: datetime) -> None:
        """Begin: nobody has anything to do yet."""
        for place, member in enumerate(self.members):
            self._idle[member.id] = (at, place)

    def join(self, work: Work) -> None:
        """Let work wait until somebody has time for it, who may have it now."""
        now = work.joined_at
        self._noted += 1
        waiting = self._waiting.setdefault(work.need, [])
        heapq.heappush(waiting, (work.urgency, self._noted, work))
        self.tally.joined(work.need.queue, now)
        for member in self._idle_for(work.need):
            # Somebody whose shift begins now may take what waited longer.
            self._take(member, now)
            if work.over:
                return

    def leave(self, work: Work, at: datetime) -> None:
        """Let work wait no longer: it is given up, unless somebody has begun it."""
        if not work.over:
            work.over = True
            self.tally.left(work.need.queue, at)

    def _idle_for(self, need: Need) -> list[Member]:
        """Return those who have nothing to do and could do it, the longest idle first."""
        if need not in self._able:
            self._able[need] = [one for one in self.members if need.met_by(one)]
        idle = [one for one in self._able[need] if one.id in self._idle]
        return sorted(idle, key=lambda one: self._idle[one.id])

    def _take(self, member: Member, now: datetime) -> None:
        """Let somebody idle take what comes first; out of their shift, at its next beginning."""
        if (found := self._first(member)) is None:
            return
        opening = member.calendar.next_opening(now)
        if opening == now:
            self._begin(member, found, now)
        elif self._awaited.get(member.id) != opening:
            self._awaited[member.id] = opening
            self.agenda.at(opening, partial(self._come, member, opening))

    def _come(self, member: Member, now: datetime) -> None:
        if member.id in self._idle:
            self._take(member, now)

    def _first(self, member: Member) -> Work | None:
        """Return what somebody would take next, or None where nothing waits for them."""
        return min(self._heads(member), key=lambda one: one[:2], default=(0, 0, None))[2]

    def _heads(self, member: Member) -> Iterator[tuple[Urgency, int, Work]]:
        for need, waiting in self._waiting.items():
            while waiting and waiting[0][2].over:
                heapq.heappop(waiting)
            if waiting and need.met_by(member):
                yield waiting[0]

    def _begin(self, member: Member, work: Work, now: datetime) -> None:
        work.over = True
        place = self._idle.pop(member.id)[1]
        # Longer than all that is left would be beyond what calendars know.
        left = self.agenda.until - now + 2 * MINUTE
        end = member.calendar.add(now, min(work.minutes, left / MINUTE) * MINUTE)
        self.tally.began(work.need.queue, work.name, member, work.joined_at, now, end)
        self.agenda.at(end, partial(self._finish, member, work, end, place))
        work.taken()

    def _finish(self, member: Member, work: Work, now: datetime, place: int) -> None:
        work.done(member)
        self._idle[member.id] = (now, place)
        self._take(member, now)
