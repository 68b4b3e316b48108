"""Lengths of time beside each other, counted from now on the calendars of the rows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from crmflow.analysis.checking.subject import Subject
from crmflow.core.errors import ConfigurationError
from crmflow.core.measure import Measure

__all__ = ["due", "longest", "shorter"]


def due(subject: Subject, measure: Measure, calendar: str | None) -> datetime | None:
    """
    Return when a time that begins now is over, days not known yet estimated.

    Args:
        subject: Tells now, and the calendars.
        measure: The time.
        calendar: Name of the calendar, or None for the one that never closes.

    Returns:
        Aware UTC instant; None where the calendar has no such time: that is told by itself.
    """
    try:
        return measure.due_at(subject.at, subject.tables.calendar(calendar).planning())
    except (ConfigurationError, ValueError):
        return None


def shorter(subject: Subject, one: Measure, other: Measure, calendar: str | None) -> bool | None:
    """Say whether a time is over before another; None where the calendar does not have both."""
    first, then = due(subject, one, calendar), due(subject, other, calendar)
    return None if first is None or then is None else first < then


def longest(subject: Subject, measures: Iterable[Measure], calendar: str | None) -> Measure | None:
    """Return the longest of several times that the calendar has, or None."""
    ends = [(found, one) for one in measures if (found := due(subject, one, calendar))]
    return max(ends, key=lambda end: end[0])[1] if ends else None
