"""What is counted while a company is simulated; nothing before the warm-up has passed."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

import attrs

from crmflow.analysis.simulation.agenda import MINUTE
from crmflow.analysis.simulation.staff import Member
from crmflow.core.decision import Decision
from crmflow.core.ref import EntityRef
from crmflow.core.verdict import Answer

MICROSECOND = timedelta(microseconds=1)


@attrs.define
class Queue:
    """
    Work that waits for somebody.

    Attributes:
        length: How much waits now.
        since: Aware UTC instant since which it is so much.
        longest: Most that waited at once, by part of the time.
        area: Minutes waited by all together, by part of the time.
    """

    since: datetime
    length: int = 0
    longest: dict[int, int] = attrs.field(factory=dict)
    area: dict[int, float] = attrs.field(factory=lambda: defaultdict(float))


@attrs.define
class Spent:
    """
    What became of one kind of work.

    Attributes:
        waited: Minutes that each waited, by the clock.
        took: Minutes that each kept somebody, in the hours of their shifts.
    """

    waited: list[float] = attrs.field(factory=list)
    took: list[float] = attrs.field(factory=list)


@attrs.define
class Lived:
    """
    One entity.

    Attributes:
        born_at: Aware UTC instant.
        state: Where it is.
        ended_at: Aware UTC instant at which it came to its end, or None.
    """

    born_at: datetime
    state: str
    ended_at: datetime | None = None


@attrs.define
class Tally:
    """
    What is counted.

    Args:
        parts: Aware UTC instants at which the parts of the time begin, and the end of the last:
            the first is where the warm-up is over.
    """

    parts: Sequence[datetime]
    queues: dict[str, Queue] = attrs.field(init=False, factory=dict)
    spent: dict[tuple[str, str], Spent] = attrs.field(init=False, factory=dict)
    busy: Counter[tuple[str, str]] = attrs.field(init=False, factory=Counter)
    items: Counter[tuple[str, str]] = attrs.field(init=False, factory=Counter)
    cases: dict[EntityRef, Lived] = attrs.field(init=False, factory=dict)
    states: list[Counter[tuple[str, str]]] = attrs.field(init=False, factory=list)
    refused: Counter[tuple[str, str, str, str]] = attrs.field(init=False, factory=Counter)
    held: Counter[tuple[str, str, str]] = attrs.field(init=False, factory=Counter)
    fired: int = attrs.field(init=False, default=0)

    @property
    def begins(self) -> datetime:
        """Aware UTC instant from which is counted."""
        return self.parts[0]

    @property
    def ends(self) -> datetime:
        """Aware UTC instant until which is counted."""
        return self.parts[-1]

    def counts(self, at: datetime) -> bool:
        """Say whether the warm-up is over at an aware instant."""
        return at >= self.begins

    # ---- Work ----------------------------------------------------------------------------------

    def joined(self, queue: str, at: datetime) -> None:
        """Count work that waits from now on."""
        found = self._at(queue, at)
        found.length += 1
        if self.counts(at):
            part = self.part(at)
            found.longest[part] = max(found.longest.get(part, 0), found.length)

    def left(self, queue: str, at: datetime) -> None:
        """Count work that waits no longer."""
        self._at(queue, at).length -= 1

    def began(
        self, queue: str, name: str, member: Member, joined_at: datetime, at: datetime,
        end: datetime,
    ) -> None:  # fmt: skip
        """Count work that somebody begins: how long it waited, and how long it keeps them."""
        self.left(queue, at)
        calendar, key = member.calendar, (queue, member.id)
        start, stop = max(at, self.begins), min(end, self.ends)
        if start < stop:
            self.busy[key] += calendar.elapsed(start, stop) // MICROSECOND
        if self.counts(joined_at):
            self.items[key] += 1
            spent = self.spent.setdefault((queue, name), Spent())
            spent.waited.append((at - joined_at) / MINUTE)
            spent.took.append(calendar.elapsed(at, end) / MINUTE)

    def _at(self, queue: str, at: datetime) -> Queue:
        """Return a queue, the time until now added to its parts."""
        found = self.queues.setdefault(queue, Queue(at))
        since = max(found.since, self.begins)
        while since < at:
            part = self.part(since)
            until = min(at, self.parts[part + 1])
            found.area[part] += found.length * ((until - since) / MINUTE)
            # The length at the beginning of a part counts in it too.
            found.longest[part] = max(found.longest.get(part, 0), found.length)
            since = until
        found.since = at
        return found

    def part(self, at: datetime) -> int:
        """Return the number of the part of the time that an aware instant is in."""
        return min(max(bisect_right(self.parts, at) - 1, 0), len(self.parts) - 2)

    # ---- Entities ------------------------------------------------------------------------------

    def moved(self, ref: EntityRef, state: str, at: datetime, *, final: bool) -> None:
        """Count an entity's state; one not seen before is born."""
        found = self.cases.setdefault(ref, Lived(at, state))
        found.state = state
        found.ended_at = at if final else None

    def shot(self) -> None:
        """Count the entities of each state as they are now: the end of a part."""
        self.states.append(Counter((ref.machine, one.state) for ref, one in self.cases.items()))

    def decided(self, machine: str, decision: Decision) -> None:
        """Count a decision: applied, held, or refused and why."""
        self.fired += 1
        event, refusal = decision.event.name, decision.refusal
        if not self.counts(decision.event.at):
            return
        if decision.held:
            self.held[machine, event, "held"] += 1
        if refusal is not None:
            reasons = [one.code for tried in refusal.tried for one in tried.reasons]
            reasons += [one.reason for one in refusal.verdicts if one.answer is not Answer.ALLOW]
            reasons += [f"{one.path} {one.code}" for one in refusal.faults]
            said = ", ".join(dict.fromkeys(reasons)) or refusal.detail
            self.refused[machine, event, str(refusal.because), said] += 1

    def voted(self, machine: str, request: str, outcome: str, at: datetime) -> None:
        """Count a vote: `approved`, `refused`, `not taken`, or `unanswered` by anybody."""
        if self.counts(at):
            self.held[machine, request, outcome] += 1

    def close(self) -> None:
        """Count what is left at the end."""
        for name in self.queues:
            self._at(name, self.ends)
        self.shot()
