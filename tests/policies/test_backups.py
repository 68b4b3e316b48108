"""The table of backups: when one is due, what its file is called, what is wrong with a row."""

import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmflow.core.form import Fault
from crmflow.core.measure import Measure
from crmflow.core.tables import Tables
from crmflow.policies.backups import Backup, check

SHANGHAI = ZoneInfo("Asia/Shanghai")
AT = datetime(2026, 3, 2, 2, 0, 30, tzinfo=SHANGHAI)
DAILY = Backup(name="daily")
INSTANTS = st.datetimes(timezones=st.just(UTC), min_value=datetime(1990, 1, 1))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("every", "last", "due"),
    [
        ("1d", None, True),
        ("1d", AT, False),
        ("1d", AT - timedelta(hours=2), False),
        ("1d", AT - timedelta(hours=2, seconds=31), True),
        ("1d", AT + timedelta(seconds=20) - timedelta(days=1), True),
        ("7d", AT - timedelta(days=6), False),
        ("7d", AT - timedelta(days=7), True),
        ("1mo", AT - timedelta(days=27), False),
        ("1mo", AT - timedelta(days=28), True),
        ("6h", AT - timedelta(hours=6) + timedelta(seconds=1), False),
        ("6h", AT - timedelta(hours=6), True),
    ],
)
def test_when_a_backup_is_due(every: str, last: datetime | None, *, due: bool) -> None:
    """Every day by the company's day, also where today's run comes seconds earlier (STO-001)."""
    row = Backup(name="daily", every=Measure.parse(every))
    utc = None if last is None else last.astimezone(UTC)
    assert row.is_due(utc, AT.astimezone(UTC), SHANGHAI) is due


@given(at=INSTANTS)
def test_a_name_tells_when_it_was_made(at: datetime) -> None:
    """To the second, and of no other row."""
    assert DAILY.made_at(DAILY.file(at)) == at.replace(microsecond=0)
    assert Backup(name="weekly").made_at(DAILY.file(at)) is None


def test_a_name_is_in_utc_wherever_it_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host's own time zone does not show."""
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", "America/Lima")
        time.tzset()
        assert DAILY.file(AT) == "daily-20260301T180030Z.db"
    time.tzset()


@pytest.mark.parametrize(
    "name", ["daily-20260302T020030Z.db.part", "daily-20260302T020030Z", "daily.db", "x", ""]
)
def test_other_files_are_no_backups(name: str) -> None:
    """Parts, and what somebody else put there."""
    assert DAILY.made_at(name) is None


def test_faults_of_rows() -> None:
    """Names that no file can have, and days of work."""
    rows = [
        Backup(name="a/b"),
        Backup(name="daily", every=Measure.parse("2wd")),
        Backup(name="late", every=Measure.parse("through 1d")),
        DAILY,
    ]
    measure = "a measure such as '1d' or '6h'"
    assert list(check(rows, Tables(), {})) == [
        Fault("$.backups[0].name", "type", "letters, digits and underscores: names of files"),
        Fault("$.backups[1].every", "type", measure),
        Fault("$.backups[2].every", "type", measure),
    ]
