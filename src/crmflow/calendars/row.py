"""Rows of the table `calendars`: what one says, and every fault in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, tzinfo
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo, available_timezones

import attrs

from crmflow.calendars.days import Stretch
from crmflow.calendars.statutory import check_place, nearest
from crmflow.core.errors import ConfigurationError
from crmflow.core.form import Fault, Text
from crmflow.core.hours import CLOSED, WEEKDAYS, Hours
from crmflow.core.local_time import zone_named
from crmflow.core.machine import Machine
from crmflow.core.reading import FieldError
from crmflow.core.tables import Table, TableRow, Tables

T = TypeVar("T")

ZONE = "company.zone"


class UnknownYears(StrEnum):
    """What to do about a year whose working days are not known yet."""

    ERROR = "error"
    ESTIMATE = "estimate"


@attrs.frozen
class CalendarRow(TableRow):
    """
    A working calendar.

    Rows of one name whose days in force do not meet are one calendar that changes; on a day
    on which none of them is in force it is closed.

    Attributes:
        zone: Name of its time zone; None for the company's, `company.zone`.
        monday: Hours such as '09:00-12:00 13:00-18:00', '00:00-24:00' or 'closed'.
        tuesday: The same, and so on for each weekday.
        wednesday: Hours.
        thursday: Hours.
        friday: Hours.
        saturday: Hours.
        sunday: Hours.
        holidays: ISO 3166 code of the country or subdivision whose public holidays are
            closed, such as 'CN' or 'DE-BY'; None for none.
        make_up: What is worked on a day of a weekend that the state makes a working day:
            hours, or a weekday's name; None for the first open weekday's.
        days: Hours of days of their own, which win over all else: hours, 'closed' or a
            weekday's name, by '2026-12-31', '12-31' (each year) or
            '2026-08-03..2026-08-14'; a single day wins over a stretch.
        known_years: Years that the company completed in `days` itself, before the package
            that knows the holidays did.
        unknown_years: Whether a year that is not known yet is an error or an estimate.
    """

    zone: Text | None = None
    monday: Text = "closed"
    tuesday: Text = "closed"
    wednesday: Text = "closed"
    thursday: Text = "closed"
    friday: Text = "closed"
    saturday: Text = "closed"
    sunday: Text = "closed"
    holidays: Text | None = None
    make_up: Text | None = None
    days: Mapping[str, Text] = attrs.field(factory=dict)
    known_years: tuple[int, ...] = ()
    unknown_years: UnknownYears = UnknownYears.ERROR


@attrs.define
class Said:
    """
    What a row says, read.

    Attributes:
        zone: The zone.
        week: Hours of the weekdays, Monday first.
        make_up: Hours of a make-up working day.
        days: Hours of days of their own.
        faults: Every fault; with one, the rest is not to be used. Paths begin at the row.
    """

    zone: tzinfo = UTC
    week: tuple[Hours, ...] = ()
    make_up: Hours = CLOSED
    days: dict[Stretch, Hours] = attrs.field(factory=dict)
    faults: list[Fault] = attrs.field(factory=list)

    def part(self, path: str, default: T, read: Callable[..., T], *given: object) -> T:
        """Return what *read* makes of what is given; note its fault and return *default*."""
        try:
            return read(*given)
        except FieldError as error:
            self.faults.append(Fault(f"$.{path}", error.code, error.expected))
        except ConfigurationError as error:
            self.faults.append(Fault(f"$.{path}", "package", "; ".join(error.faults)))
        return default


def read_row(row: CalendarRow, company_zone: str | None) -> Said:
    """
    Return what a row says, with every fault of it.

    Args:
        row: The row.
        company_zone: Name of the company's zone, or None.
    """
    said = Said()
    said.zone = said.part("zone", said.zone, _zone, row.zone or company_zone)
    wrong = len(said.faults)
    said.week = tuple(said.part(name, CLOSED, Hours.parse, getattr(row, name)) for name in WEEKDAYS)
    if len(said.faults) == wrong and not any(said.week):
        said.faults.append(Fault("$.monday", "never_open", "hours on one weekday at least"))
    said.make_up = next(filter(None, said.week), CLOSED)
    # The hours of a weekday that cannot be read are told there.
    if row.make_up is not None and f"$.{row.make_up}" not in {one.path for one in said.faults}:
        said.make_up = said.part("make_up", CLOSED, _make_up, row.make_up, said.week)
    for key, text in row.days.items():
        stretch = said.part(f"days.{key}", None, Stretch.parse, key)
        hours = said.part(f"days.{key}", CLOSED, _named, text, said.week)
        said.days |= {} if stretch is None else {stretch: hours}
    if row.holidays is not None:
        said.part("holidays", None, check_place, row.holidays)
    return said


def _zone(name: str | None) -> ZoneInfo:
    if name is None:
        raise FieldError("missing", f"the name of a time zone, or {ZONE} in the settings")
    try:
        return zone_named(name)
    except ValueError:
        raise FieldError("zone", f"a time zone{nearest(name, available_timezones())}") from None


def _named(text: str, week: Sequence[Hours]) -> Hours:
    """Return the hours a text says, or those of the weekday it names."""
    return week[WEEKDAYS.index(text)] if text in WEEKDAYS else Hours.parse(text)


def _make_up(text: str, week: Sequence[Hours]) -> Hours:
    hours = _named(text, week)
    if not hours:
        raise FieldError("never_open", "hours, or a weekday that is open")
    return hours


def company_zone_of(tables: Tables) -> str | None:
    """Return the name of the company's zone, or None where it gave none."""
    found = tables.settings.get(ZONE)
    return None if found is None else str(found)


def _check(
    rows: Sequence[CalendarRow], tables: Tables, machines: Mapping[str, Machine]
) -> Iterator[Fault]:
    zones: dict[str, tzinfo] = {}
    for index, row in enumerate(rows):
        said = read_row(row, company_zone_of(tables))
        for fault in said.faults:
            yield attrs.evolve(fault, path=f"$.calendars[{index}]{fault.path.removeprefix('$')}")
        first = said.zone if said.faults else zones.setdefault(row.name, said.zone)
        if said.zone != first:
            yield Fault(f"$.calendars[{index}].zone", "zone", f"{first}, as in the row before")


CALENDARS = Table("calendars", CalendarRow, _check)
"""The table of working calendars."""
