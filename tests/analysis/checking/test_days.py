"""Laws of days: a gap between versions is one where a day has none."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from crmflow.analysis.checking import days
from tests.analysis.checking.desk import AT, chain, faults, subject

FIRST = AT.date()

spans = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=4)
"""How long after the one before a version begins, and how long it lasts."""


@settings(max_examples=25)
@given(spans, st.integers(0, 12))
@example([(0, 1), (2, 1)], 0)
@example([(0, 1), (2, 1)], 12)
def test_a_gap_is_told_where_a_day_between_versions_has_none(
    given_spans: list[tuple[int, int]], today: int
) -> None:
    """Unless it is over; before the first and after the last there is none."""
    rows, taken, day = [], set[int](), 0
    for pause, length in given_spans:
        begins, ends = day + pause, day + pause + length
        taken |= set(range(begins, ends + 1))
        first, last = (FIRST + timedelta(days=number) for number in (begins, ends))
        rows.append(chain("none", from_on=first, until_on=last))
        day = ends + 1
    found = faults(days.gaps, subject({"chains": rows}, at=AT + timedelta(days=today)))
    holes = sorted(set(range(min(taken), max(taken))) - taken)
    stretches = [hole for hole in holes if hole + 1 not in holes and hole >= today]
    assert [one.values["last"] for one in found] == [
        FIRST + timedelta(days=last) for last in stretches
    ]


def test_a_version_that_is_switched_off_fills_its_days() -> None:
    """It states that nobody approves; so does one that ends with the next."""
    begins = [date(2026, 4, 1), date(2026, 5, 1), date(2026, 7, 1)]
    rows = [chain("none", from_on=one) for one in begins]
    rows[0]["until_on"] = date(2026, 4, 15)
    (fault,) = faults(days.gaps, subject({"chains": rows}))
    assert fault.where == "own.toml: $.chains[0].until_on (none)"
    assert fault.values["first"] == date(2026, 4, 16)
    rows.insert(1, chain("none", from_on=date(2026, 4, 16), enabled=False))
    assert faults(days.gaps, subject({"chains": rows})) == []
