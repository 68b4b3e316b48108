"""The contact limit: whether one more contact fits between those there were."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import attrs

from crmflow.core.working_time import WorkingCalendar
from crmflow.policies.cadences.days import DAY, working_day
from crmflow.policies.cadences.rows import ContactLimit


@attrs.frozen
class Limits:
    """All contact limits of a machine."""

    rows: tuple[ContactLimit, ...]

    def fits(self, contacts: Iterable[date], day: date) -> bool:
        """Say whether a contact on *day* leaves every span of days within every limit."""
        all_days = sorted([*contacts, day])
        return all(_fits(all_days, day, row) for row in self.rows if row.in_force(day))

    def first(self, hours: WorkingCalendar, contacts: tuple[date, ...], day: date) -> date:
        """Return the first working day from *day* on on which a contact fits."""
        day = working_day(hours, day)
        while not self.fits(contacts, day):
            day = working_day(hours, day + DAY)
        return day

    def kept(self, contacts: Iterable[date], day: date) -> tuple[date, ...]:
        """Return the contacts that still count on *day*."""
        longest = max((row.days for row in self.rows), default=0)
        return tuple(sorted(one for one in contacts if one > day - timedelta(days=longest)))

    def counts(self, event: str, day: date) -> bool:
        """Say whether an event is a contact."""
        return any(event in row.counts and row.in_force(day) for row in self.rows)


def _fits(days: list[date], day: date, row: ContactLimit) -> bool:
    spans = zip(days, days[row.contacts :], strict=False)
    crowded = (
        last - first < timedelta(days=row.days) for first, last in spans if first <= day <= last
    )
    return not any(crowded)
