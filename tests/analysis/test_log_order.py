from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from crmflow.analysis.eventlog import LogRow, read_log
from crmflow.analysis.log_order import by_time
from crmflow.analysis.mapping_file import mapping_from

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def row_at(line: int, minute: int | None) -> LogRow:
    """Return a row of some minute."""
    at = None if minute is None else BEGIN + timedelta(minutes=minute)
    return LogRow(line=line, case="c", label="s", state="s", at=at, actor=None, values={}, raw={})


@given(st.lists(st.none() | st.integers(0, 5), max_size=300), st.integers(1, 150))
def test_runs_merge_into_one_stable_order(minutes: list[int | None], run: int) -> None:
    """However small the memory, the order is that of a stable sort."""
    rows = [row_at(line, minute) for line, minute in enumerate(minutes)]
    expected = sorted(rows, key=lambda row: (row.at is not None, row.at or BEGIN))
    assert list(by_time(rows, run=run)) == expected


def test_the_mapping_asks_for_it(tmp_path: Path) -> None:
    """A log that is not in the order of events is sorted when the mapping says so."""
    path = tmp_path / "log.csv"
    path.write_text("c,s,t\na,x,2026-01-02\na,y,2026-01-01\n")
    entries = {"case": "c", "state": "s", "time": "t", "zone": "UTC", "order": "time"}
    rows = read_log(path, mapping_from(entries, "map.toml"))
    assert [row.label for row in rows] == ["y", "x"]
