"""
Calendars: from rows of the table `calendars` and statutory days to working calendars.

Statutory days come from the `holidays` library and are never typed in. A year is looked up
when an instant in it is first asked for.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping

from crmflow.calendars.row import (
    CALENDARS,
    CalendarRow,
    UnknownYears,
    company_zone_of,
    read_row,
)
from crmflow.calendars.special import Part, Parts
from crmflow.calendars.statutory import library_version
from crmflow.core.errors import ConfigurationError
from crmflow.core.plain import plain
from crmflow.core.tables import Tables
from crmflow.core.working_time import WorkingCalendar

__all__ = ["CALENDARS", "CalendarRow", "UnknownYears", "calendar_of", "calendars_of"]

_NO_CONTENT = ("name", "rules", "enabled", "version", "origin")


def calendar_of(
    row: CalendarRow, company_zone: str | None = None, *later: CalendarRow
) -> WorkingCalendar:
    """
    Return the working calendar of a row, or of all rows of its name.

    Args:
        row: The row.
        company_zone: Name of the zone of a row that names none.
        later: Further rows of the same name and zone, in force on other days.

    Raises:
        ConfigurationError: Names every fault of the rows, a missing package included.
    """
    rows = (row, *later)
    said = [read_row(one, company_zone) for one in rows]
    faults = tuple(str(fault) for one in said for fault in one.faults)
    if faults:
        raise ConfigurationError(f"calendar {row.name!r}", faults)
    parts = tuple(map(Part, rows, said))
    dated = any(one.from_on or one.until_on for one in rows)
    return WorkingCalendar(
        row.name,
        version=_version(rows, str(said[0].zone)),
        zone=said[0].zone,
        week=said[0].week,
        special=Parts(parts) if dated else parts[0],
        estimates=all(one.unknown_years is UnknownYears.ESTIMATE for one in rows),
    )


def calendars_of(tables: Tables) -> Mapping[str, WorkingCalendar]:
    """
    Return the working calendars of all rows in use, by name.

    Rows with faults are left out: the table's own check (`CALENDARS`) tells them, each at
    its place.
    """
    zone = company_zone_of(tables)
    named: dict[str, list[CalendarRow]] = {}
    for row in tables.of("calendars", CalendarRow):
        named.setdefault(row.name, []).append(row)
    return {
        name: calendar_of(rows[0], zone, *rows[1:])
        for name, rows in named.items()
        if not any(read_row(row, zone).faults for row in rows)
    }


def _version(rows: Iterable[CalendarRow], zone: str) -> str:
    """Return what names the content: a digest, and the version of what knows the holidays."""
    content: list[object] = [zone]
    places = set()
    for row in rows:
        content.append(
            {name: value for name, value in _columns(row).items() if name not in _NO_CONTENT}
        )
        places |= {row.holidays} - {None}
    body = json.dumps(content, sort_keys=True, ensure_ascii=False)
    digest = hashlib.sha256(body.encode()).hexdigest()[:12]
    return f"{digest}+holidays-{library_version()}" if places else digest


def _columns(row: CalendarRow) -> Mapping[str, object]:
    found = plain(row)
    return found if isinstance(found, Mapping) else {}
