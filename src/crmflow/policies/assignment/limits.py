"""Until when an owner keeps an entity: limits, exemptions, warnings."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import attrs

from crmflow.core.local_time import moment_of
from crmflow.core.policy import Occurrence
from crmflow.core.working_time import WorkingCalendar
from crmflow.expressions import Expression
from crmflow.policies.assignment.rows import OWNER, Limit, Pool
from crmflow.policies.assignment.state import Ownership

_DAY = timedelta(days=1)


@attrs.frozen
class BoundLimit:
    """A limit, with its expression ready."""

    row: Limit
    unless: Expression[bool] | None = None


@attrs.frozen
class BoundPool:
    """
    A pool, ready for one machine.

    Attributes:
        row: The row.
        limits: Its limits.
        exempt: Its expression, or None.
        hours: Its calendar; days that are not known yet are estimated, and a limit is
            looked at again when its instant comes.
    """

    row: Pool
    limits: tuple[BoundLimit, ...]
    exempt: Expression[bool] | None
    hours: WorkingCalendar

    def day(self, at: datetime) -> date:
        """Return the local day of an instant."""
        return self.hours.day(at)

    def holds(self, seen: Occurrence) -> bool:
        """Say whether the entity is in the pool after an event."""
        owner: str | None = getattr(seen.after.facts, OWNER)
        return owner == self.row.keeper

    def stays(self, state: Ownership, seen: Occurrence) -> bool:
        """Say whether the entity stays with its owner whatever time passes."""
        exempt = seen.after.state in self.row.exempt_states or _holds(self.exempt, seen)
        return exempt or state.lock is not None

    def next_due(self, state: Ownership, seen: Occurrence) -> tuple[datetime | None, str]:
        """Return when the first limit is reached, and its name; (None, "") where none runs."""
        if state.owner is None or state.owner == self.row.keeper or state.stays:
            return None, ""
        due = [
            (self._due_at(limit, state, seen), limit.row.name)
            for limit in self.limits
            if not _holds(limit.unless, seen)
        ]
        return min(due, default=(None, ""))

    def _due_at(self, limit: BoundLimit, state: Ownership, seen: Occurrence) -> datetime:
        # Counted from the owner's own beginning at the earliest: what never happened is
        # not infinitely long ago.
        since_at = max([state.owned_at, *self._heard(limit, state, seen)])
        due_at = limit.row.within.due_at(since_at, self.hours)
        if state.free_at is None:
            return due_at
        # Who was exempt until now is warned before it goes.
        warned_at = state.free_at + self.row.warn_days * _DAY
        return max(due_at, warned_at)

    def _heard(self, limit: BoundLimit, state: Ownership, seen: Occurrence) -> Iterator[datetime]:
        heard_at = state.heard_at(limit.row.name)
        if heard_at is not None:
            yield heard_at
        for name in limit.row.since:
            known = getattr(seen.after.facts, name)
            if known is not None:
                yield moment_of(self.hours.zone, known)

    def warn_at(self, due_at: datetime, at: datetime) -> datetime | None:
        """
        Return when the owner is warned: in working hours, so many days before or earlier.

        Returns:
            An instant from *at* on and before *due_at*; None where there is none.
        """
        if not self.row.warn_days:
            return None
        before = self.row.warn_days * _DAY
        while (found := self.hours.next_opening(due_at - before)) >= due_at:
            before += _DAY
        found = max(found, self.hours.next_opening(at))
        return found if found < due_at else None


def _holds(expression: Expression[bool] | None, seen: Occurrence) -> bool:
    return expression is not None and expression.after(seen)
