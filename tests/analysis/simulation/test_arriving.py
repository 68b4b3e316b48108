from collections import Counter
from datetime import UTC, timedelta

import pytest

from crmflow.analysis.simulation.arriving import Flow, flow_of
from crmflow.analysis.simulation.case_rows import Arrivals
from crmflow.analysis.simulation.streams import Streams
from crmflow.core.hours import CLOSED, Hours
from crmflow.core.tables import Tables
from crmflow.core.working_time import WorkingCalendar
from tests.analysis.simulation.visits import local

MONDAY = local("2026-01-05T00:00")
WEEKS = 20
DAY = (Hours.parse("09:30-17:00"),)
OFFICE = WorkingCalendar(
    "office",
    version="1",
    zone=UTC,
    week=(*DAY * 5, CLOSED, CLOSED),
)
TABLES = Tables(calendars={"office": OFFICE})


def flow(**columns: object) -> Flow:
    """Return arrivals of a hundred a week."""
    row = Arrivals(**{"name": "a", "machine": "visit", "per_week": 100.0, **columns})  # type: ignore[arg-type]
    return flow_of(row, TABLES, {})


def came(found: Flow, weeks: int = WEEKS) -> list[timedelta]:
    """Return when cases come in, since the first Monday."""
    stream = Streams(4).of("arrivals")
    return [at - MONDAY for at in found.instants(MONDAY, MONDAY + weeks * timedelta(7), stream)]


@pytest.mark.parametrize(
    "columns",
    [
        {},
        {"during": "office"},
        {"hours": (*(0.0,) * 9, *(2.0,) * 8, *(0.0,) * 7), "weekdays": (5, 4, 3, 2, 1, 0, 0)},
        {"week": (*(1.0,) * 24, *(0.0,) * 144)},
    ],
)
def test_as_many_come_in_a_week_as_are_asked_for(columns: dict[str, object]) -> None:
    """Whatever hours they come at: within four standard deviations."""
    assert len(came(flow(**columns))) == pytest.approx(100 * WEEKS, abs=4 * (100 * WEEKS) ** 0.5)


def test_they_come_when_the_weights_say() -> None:
    """Never at a time without weight, or when it is closed."""
    hours = Counter(
        one // timedelta(hours=1) % 168 for one in came(flow(week=(*(0.0,) * 167, 1.0)), weeks=4)
    )
    assert set(hours) == {167}
    assert all(OFFICE.is_open(MONDAY + one) for one in came(flow(during="office"), weeks=4))


def test_they_grow_and_have_seasons() -> None:
    """Twice as many after a year; none in a month whose factor is nearly none."""
    grown = came(flow(growth=1.0), weeks=104)
    first, last = sum(one.days < 364 for one in grown), sum(one.days >= 364 for one in grown)
    assert last / first == pytest.approx(2, rel=0.1)
    winter = came(flow(season={"01": 1e-9, "02": 3.0}), weeks=8)
    assert not any((MONDAY + one).month == 1 for one in winter)
    assert len(winter) == pytest.approx(4 * 300 + 100, rel=0.1)


def test_hours_without_any_weight_are_told() -> None:
    """Also where those that have one are closed."""
    with pytest.raises(ValueError, match="no hour in which any may come in has a weight"):
        flow(during="office", weekdays=(*(0.0,) * 6, 1.0))


def test_no_more_come_than_are_allowed() -> None:
    """And none where no hour has any."""
    assert len(came(flow(limit=7))) == 7
    assert came(flow(season={"01": 1.0}), weeks=0) == []
