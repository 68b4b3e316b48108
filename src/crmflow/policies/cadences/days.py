"""
Working days: on which local day, and at which instant of it, a reminder may come.

Plans reach further than the years whose holidays are known, so they are made on a
calendar that allows estimates (`WorkingCalendar.planning`) and looked at again when
their instant comes.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from crmflow.core.local_time import instant_of
from crmflow.core.working_time import WorkingCalendar

DAY = timedelta(days=1)
_NOTHING = timedelta(0)


def _midnight(hours: WorkingCalendar, day: date) -> datetime:
    return instant_of(hours.zone, day, _NOTHING)


def opens_at(hours: WorkingCalendar, day: date) -> datetime:
    """Return the first working instant on a day or after it: never a midnight or a weekend."""
    return hours.next_opening(_midnight(hours, day))


def closes_at(hours: WorkingCalendar, day: date) -> datetime:
    """Return the last working instant of a working day."""
    start_at = _midnight(hours, day)
    return hours.add(start_at, hours.elapsed(start_at, _midnight(hours, day + DAY)))


def working_day(hours: WorkingCalendar, day: date) -> date:
    """Return a day, or the next working day where it is none."""
    return hours.day(opens_at(hours, day))


def day_within(hours: WorkingCalendar, first: date, last: date) -> date:
    """
    Return the first working day of a window, or the last working day before it.

    A greeting is early rather than late: where no day of the window is worked, nobody
    waits until the birthday has passed.
    """
    found = working_day(hours, first)
    while found > last:
        first -= DAY
        found = working_day(hours, first)
    return found
