"""
What is remembered of an entity's deadlines; sums, so that it does not grow with its life.

The values are structs, like snapshots: a deadline that is counted changes with most events.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

NOTHING = timedelta(0)


class Status(StrEnum):
    """How a deadline stands."""

    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    MET_LATE = "met_late"
    BREACHED = "breached"
    CANCELLED = "cancelled"


class Lapse(Struct, frozen=True):
    """A length of time by the clock, and what of it was working time."""

    elapsed: timedelta = NOTHING
    working: timedelta = NOTHING

    def __add__(self, other: Lapse) -> Lapse:
        return Lapse(self.elapsed + other.elapsed, self.working + other.working)


class Share(Struct, frozen=True):
    """
    Time that ran while somebody held the entity, or while it was in a state.

    Attributes:
        by: What it is told apart by.
        name: The holder or the state.
        spent: The time, pauses left out.
    """

    by: Literal["holder", "state"]
    name: str
    spent: Lapse

    def plus(self, spent: Lapse) -> Share:
        """Return the share with more time."""
        return Share(self.by, self.name, self.spent + spent)


class Extended(Struct, frozen=True):
    """
    An extension that was granted.

    Attributes:
        to: The longer limit, counted from where the deadline counts.
        reason: Why.
        by: Ids of those who granted it.
        at: Aware UTC instant.
    """

    to: str
    reason: str
    by: tuple[str, ...]
    at: datetime


class Run(Struct, frozen=True, kw_only=True):
    """
    One course of a deadline, the running or the last one of its definition.

    Attributes:
        definition, version: Row of the table, and version of its profile.
        row: Number of the target taken, from 0.
        target, limit: The time promised, and the end of its range or empty.
        measure: Measure that gives the due instant; empty where it was prorated.
        by_calendar: Whether `total` is working time.
        calendar, calendar_version: Calendar it is counted on; empty for clock time alone.
        status: How it stands.
        started_at: Aware UTC instant it counts from.
        total: Time from there to the breach, pauses left out.
        due_at: Aware UTC instant of the breach; None while paused, unless breached before.
        paused: All pauses so far.
        paused_at: Aware UTC instant the present pause began.
        frozen: Whether that pause is one of the whole entity, and ends with it.
        breached_at: Aware UTC instant it was due when it was not met.
        escalates_at: Aware UTC instant from which what follows a breach counts.
        ended_at: Aware UTC instant of the end.
        overrun: How much more than `total` it took, likewise.
        given: Warnings and rungs that are behind it.
        extensions: What was granted.
        tier: Value of the fact by which reports tell deadlines apart.
        holder, state: Whose and which the time since `seen_at` is; once the entity is in
            another state, until it entered that one.
        seen_at: Aware UTC instant up to which `shares` are told.
        shares: Time spent by holder and by state.
    """

    definition: str
    version: str = ""
    row: int
    target: str
    limit: str = ""
    measure: str
    by_calendar: bool
    calendar: str = ""
    calendar_version: str = ""
    status: Status
    started_at: datetime
    total: timedelta
    due_at: datetime | None
    paused: Lapse = Lapse()
    paused_at: datetime | None = None
    breached_at: datetime | None = None
    escalates_at: datetime | None = None
    ended_at: datetime | None = None
    overrun: timedelta = NOTHING
    given: tuple[str, ...] = ()
    extensions: tuple[Extended, ...] = ()
    tier: str = ""
    holder: str = ""
    state: str
    seen_at: datetime
    shares: tuple[Share, ...] = ()
    frozen: bool = False

    @property
    def open(self) -> bool:
        """Whether it is neither met nor cancelled."""
        return self.ended_at is None

    def part(self, lapse: Lapse) -> timedelta:
        """Return a length of time as this run counts it."""
        return lapse.working if self.by_calendar else lapse.elapsed


class Tally(Struct, frozen=True):
    """
    How often runs ended alike.

    Attributes:
        definition, tier, holder: Of what runs.
        month: Local month of the end, such as `2026-03`.
        status: How they ended.
        count: How many.
        overrun: What all of them took too long.
    """

    definition: str
    tier: str
    holder: str
    month: str
    status: Status
    count: int = 0
    overrun: timedelta = NOTHING

    @property
    def named(self) -> tuple[str, str, str, str, Status]:
        """What tells it from other tallies."""
        return self.definition, self.tier, self.holder, self.month, self.status

    def plus(self, run: Run) -> Tally:
        """Return the tally with one more run."""
        return replace(self, count=self.count + 1, overrun=self.overrun + run.overrun)


class Spending(Struct, frozen=True):
    """What all ended runs of a definition spent with one holder, or in one state."""

    definition: str
    share: Share


class Deadlines(Struct, frozen=True):
    """
    The policy's state of one entity.

    Attributes:
        runs: The last run of each definition, ordered by name.
        tallies: How often runs ended how.
        spendings: What they spent.
    """

    runs: tuple[Run, ...] = ()
    tallies: tuple[Tally, ...] = ()
    spendings: tuple[Spending, ...] = ()

    def run(self, name: str) -> Run | None:
        """Return the last run of a definition, or None."""
        for run in self.runs:
            if run.definition == name:
                return run
        return None

    def with_run(self, run: Run) -> Deadlines:
        """Return the state with a run in place of the one of its name."""
        if self.run(run.definition) is None:
            runs = sorted((*self.runs, run), key=lambda one: one.definition)
        else:
            runs = [run if old.definition == run.definition else old for old in self.runs]
        return Deadlines(tuple(runs), self.tallies, self.spendings)

    def with_ended(self, run: Run, month: str) -> Deadlines:
        """Return the state with one more ended run counted."""
        named = run.definition, run.tier, run.holder, month, run.status
        tallies = {one.named: one for one in self.tallies}
        tallies[named] = tallies.get(named, Tally(*named)).plus(run)
        spendings = {(one.definition, one.share.by, one.share.name): one for one in self.spendings}
        for share in run.shares:
            key = run.definition, share.by, share.name
            old = spendings.get(key)
            total = share if old is None else old.share.plus(share.spent)
            spendings[key] = Spending(run.definition, total)
        return Deadlines(self.runs, tuple(tallies.values()), tuple(spendings.values()))
