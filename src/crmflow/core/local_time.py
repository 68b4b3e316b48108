"""
Local time: from a zone's clock to instants and back, so that order is kept both ways.

When a clock is set forward, a time in the gap is the instant of the change. When it is
set back, a doubled time is its first instant, and the instants of the second pass read as
the end of the first. So what is later by the clock is never earlier in time, nor the other
way round, which is what makes every measure monotone.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NOTHING = timedelta(0)
_SECOND = timedelta(seconds=1)
_MICROSECOND = timedelta(microseconds=1)
_LONGEST = 100


def zone_named(name: str) -> ZoneInfo:
    """
    Return a time zone, such as `Asia/Shanghai`.

    Raises:
        ValueError: There is none of that name.
    """
    # Zones may be files of a package: thousands of names in each other would be imported.
    if len(name) <= _LONGEST:
        # KeyError: no such zone; OSError: the name of a folder of zones; ValueError: no name.
        with suppress(KeyError, OSError, ValueError):
            return ZoneInfo(name)
    raise ValueError(f"there is no time zone {name[:_LONGEST]!r}")


def aware(at: datetime) -> datetime:
    """Return an instant as aware UTC; ValueError where it is naive."""
    if at.tzinfo is UTC:  # as most are, and nothing is to be done
        return at
    if at.utcoffset() is None:
        raise ValueError(f"an instant names its offset, {at.isoformat()} does not")
    return at.astimezone(UTC)


def _first(after: datetime, until: datetime, holds: Callable[[datetime], bool]) -> datetime:
    """Return the first whole second from *after* to *until* where *holds*, as clocks change."""
    seconds = range((after - EPOCH) // _SECOND, -((EPOCH - until) // _SECOND) + 1)
    place = bisect_left(seconds, True, key=lambda second: holds(EPOCH + second * _SECOND))
    return EPOCH + seconds[place] * _SECOND


def instant_of(zone: tzinfo, day: date, since_midnight: timedelta) -> datetime:
    """
    Return the aware UTC instant of a local time.

    Args:
        zone: The zone whose clock is meant.
        day: Local day.
        since_midnight: What the clock shows, from 0 to 24 hours (the next day's midnight).

    Returns:
        The instant of the change for a time the clock skips, the first one for a time it
        shows twice.
    """
    shown = datetime.combine(day, time()) + since_midnight
    found = shown.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) == shown:
        return found
    before = shown.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return _first(before, found, lambda at: at.astimezone(zone).replace(tzinfo=None) >= shown)


def local_of(zone: tzinfo, at: datetime) -> tuple[date, timedelta]:
    """
    Return the local day of an aware instant and what its clock shows since midnight.

    In the second pass of a doubled hour that is the end of the first pass, which may be the
    24 hours of its day.
    """
    local = at.astimezone(zone)
    if not local.fold:
        return local.date(), _clock(local.replace(tzinfo=None), local.date())
    once = local.replace(fold=0)
    doubled = at - once.astimezone(UTC)
    changed = _first(at - doubled, at, lambda moment: moment.astimezone(zone).fold == 1)
    end = changed.astimezone(zone).replace(tzinfo=None) + doubled
    day = (end - _MICROSECOND).date()
    return day, _clock(end, day)


def moment_of(zone: tzinfo, known: date | datetime, shown: timedelta = _NOTHING) -> datetime:
    """
    Return the aware UTC instant of something of which an instant or only a day is known.

    Args:
        zone: The zone whose clock is meant.
        known: An aware instant, or a local day.
        shown: What the clock shows then, where only the day is known: midnight by default.
    """
    if isinstance(known, datetime):
        return known.astimezone(UTC)
    return instant_of(zone, known, shown)


def _clock(shown: datetime, day: date) -> timedelta:
    return shown - datetime.combine(day, time())
