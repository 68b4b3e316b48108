from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from crmflow.core.local_time import aware, instant_of, local_of, moment_of, zone_named
from tests.core.calendars import BERLIN, SHANGHAI

HOUR = timedelta(hours=1)


@pytest.mark.parametrize("name", ["Asia/Beijing", "Asia", "../x", "", "a." * 5000, "\ud800"])
def test_a_zone_that_is_none_is_told(name: str) -> None:
    """Whatever a name leads to: nothing, a folder, elsewhere, or packages in each other."""
    with pytest.raises(ValueError, match="there is no time zone"):
        zone_named(name)


def test_a_zone_is_found_by_its_name() -> None:
    """As the system, or the package of zones, has it."""
    assert zone_named("Asia/Shanghai") == SHANGHAI


@pytest.mark.parametrize(
    ("zone", "day", "hours", "instant"),
    [
        ("Asia/Shanghai", date(2026, 3, 2), 9, "2026-03-02T01:00"),
        ("Asia/Shanghai", date(2026, 3, 2), 24, "2026-03-02T16:00"),
        # The clock goes from 02:00 to 03:00: all in between is the instant of the change.
        ("Europe/Berlin", date(2026, 3, 29), 2, "2026-03-29T01:00"),
        ("Europe/Berlin", date(2026, 3, 29), 2.5, "2026-03-29T01:00"),
        ("Europe/Berlin", date(2026, 3, 29), 3, "2026-03-29T01:00"),
        ("Europe/Berlin", date(2026, 3, 29), 3.5, "2026-03-29T01:30"),
        # The clock goes from 03:00 back to 02:00: the first is meant.
        ("Europe/Berlin", date(2026, 10, 25), 2.5, "2026-10-25T00:30"),
        ("Europe/Berlin", date(2026, 10, 25), 3, "2026-10-25T02:00"),
        ("America/Havana", date(2026, 3, 8), 0, "2026-03-08T05:00"),
        ("America/St_Johns", date(2010, 11, 7), 0, "2010-11-07T02:30"),
        ("Pacific/Apia", date(2011, 12, 30), 10, "2011-12-30T10:00"),
    ],
)
def test_a_clock_shows_a_time_at_one_instant(
    zone: str, day: date, hours: float, instant: str
) -> None:
    """Skipped times are the instant of the change, doubled ones their first instant."""
    found = instant_of(ZoneInfo(zone), day, hours * HOUR)
    assert found == datetime.fromisoformat(instant).replace(tzinfo=UTC)
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    ("zone", "instant", "day", "hours"),
    [
        ("Asia/Shanghai", "2026-03-02T16:00", date(2026, 3, 3), 0),
        ("Europe/Berlin", "2026-10-25T00:30", date(2026, 10, 25), 2.5),
        # The second pass of the doubled hour reads as the end of the first.
        ("Europe/Berlin", "2026-10-25T01:00", date(2026, 10, 25), 3),
        ("Europe/Berlin", "2026-10-25T01:10:00.000005", date(2026, 10, 25), 3),
        ("Europe/Berlin", "2026-10-25T02:00", date(2026, 10, 25), 3),
        # Midnight back to 23:00: the hour still belongs to the day before.
        ("America/Sao_Paulo", "2018-02-18T02:30", date(2018, 2, 17), 24),
        # 00:01 back to 23:01: the day had begun already.
        ("America/St_Johns", "2010-11-07T02:55", date(2010, 11, 7), 1 / 60),
    ],
)
def test_an_instant_reads_as_a_day_and_a_time(
    zone: str, instant: str, day: date, hours: float
) -> None:
    """A clock that was set back never reads earlier than it has read already."""
    at = datetime.fromisoformat(instant).replace(tzinfo=UTC)
    assert local_of(ZoneInfo(zone), at) == (day, hours * HOUR)


def test_an_instant_names_its_offset() -> None:
    """Naive instants are refused, whatever the offset an aware one is given with is kept in UTC."""
    assert aware(datetime(2026, 3, 2, 9, tzinfo=SHANGHAI)).isoformat() == (
        "2026-03-02T01:00:00+00:00"
    )
    assert aware(datetime(2026, 3, 2, 9, tzinfo=BERLIN)).tzinfo is UTC
    with pytest.raises(ValueError, match="names its offset, 2026-03-02T09:00:00 does not"):
        aware(datetime(2026, 3, 2, 9))  # noqa: DTZ001 - what is refused


def test_what_is_known_by_its_day_has_an_instant() -> None:
    """An instant is itself in UTC; a day begins at its own midnight, or is over a day later."""
    at = datetime(2026, 3, 2, 9, tzinfo=SHANGHAI)
    assert moment_of(BERLIN, at).isoformat() == "2026-03-02T01:00:00+00:00"
    assert moment_of(SHANGHAI, date(2026, 3, 2)).isoformat() == "2026-03-01T16:00:00+00:00"
    assert moment_of(SHANGHAI, date(2026, 3, 2), 24 * HOUR).isoformat() == (
        "2026-03-02T16:00:00+00:00"
    )
