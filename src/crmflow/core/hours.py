"""Hours: when a day is open, by the local clock."""

from __future__ import annotations

import itertools
import re
from typing import Self

import attrs

from crmflow.core.reading import FieldError

DAY = 24 * 60
"""Minutes of the local clock in a day; the clock's own, whatever a change of it does."""

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
"""The names of the weekdays, in the order of `date.weekday`."""

_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")
_EXPECTED = "hours such as '09:00-12:00 13:00-18:00', or 'closed'"


def clock(text: str) -> int:
    """
    Return a time of day as minutes since local midnight.

    Args:
        text: Two digits each of hours and minutes, from '00:00' to '24:00', the day's end.

    Raises:
        FieldError: *text* is no such time.
    """
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise FieldError("type", "a time of day from '00:00' to '24:00'")
    return int(text[:2]) * 60 + int(text[3:])


def clock_text(minutes: int) -> str:
    """Return minutes since local midnight as a time of day."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _interval(text: str) -> tuple[int, int]:
    opens, dash, closes = text.partition("-")
    if not dash:
        raise FieldError("type", _EXPECTED)
    start, end = clock(opens), clock(closes)
    if end <= start:
        raise FieldError(
            "order",
            f"an end after {opens}, not {closes}; a night shift is two intervals, "
            f"'{opens}-24:00' and '00:00-{closes}' of the next day",
        )
    return start, end


@attrs.frozen
class Hours:
    """
    When a day is open; each interval includes its start and not its end.

    Attributes:
        intervals: (start, end) in minutes since local midnight, in order, without overlap.
    """

    intervals: tuple[tuple[int, int], ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """
        Return the hours a text such as '09:00-12:00 13:00-18:00' says.

        Args:
            text: Intervals in any order, separated by spaces; 'closed' for none.

        Raises:
            FieldError: An interval is none (`type`), ends before it starts (`order`) or
                overlaps another (`overlap`).
        """
        if text.strip() == "closed":
            return cls()
        found = sorted(map(_interval, text.split()))
        if not found:
            raise FieldError("type", _EXPECTED)
        for (_, end), (start, _) in itertools.pairwise(found):
            if start < end:
                raise FieldError(
                    "overlap",
                    f"intervals that do not overlap; one ends at {clock_text(end)}, "
                    f"the next begins at {clock_text(start)}",
                )
        return cls(tuple(found))

    def __bool__(self) -> bool:
        return bool(self.intervals)

    def __str__(self) -> str:
        spans = (f"{clock_text(start)}-{clock_text(end)}" for start, end in self.intervals)
        return " ".join(spans) or "closed"


CLOSED = Hours()
"""The hours of a day that is not open."""

ALL_DAY = Hours(((0, DAY),))
"""The hours of a day that never closes."""
