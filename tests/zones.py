"""A zone that callers may hand over and nobody can count in."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo


class Unplaced(tzinfo):
    """A zone that does not know its offset."""

    def utcoffset(self, _at: datetime | None) -> timedelta | None:
        """Return nothing."""
        return None

    def dst(self, _at: datetime | None) -> timedelta | None:
        """Return nothing."""
        return None

    def tzname(self, _at: datetime | None) -> str | None:
        """Return nothing."""
        return None
