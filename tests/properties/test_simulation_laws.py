"""Laws of queues: of a desk with hours of its own, whatever comes and however long it takes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from statistics import fmean

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crmflow import compare
from crmflow.analysis.simulation.agenda import MINUTE, Agenda
from crmflow.analysis.simulation.comparing import interval
from crmflow.analysis.simulation.desk import Desk, Need, Work
from crmflow.analysis.simulation.staff import Member
from crmflow.analysis.simulation.tally import Tally
from crmflow.core.hours import CLOSED, Hours
from crmflow.core.people import Person
from crmflow.core.working_time import WorkingCalendar
from tests.analysis.simulation.visits import scenario

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
END = MONDAY + timedelta(days=60)
NEED = Need("clerk", "clerk")
ALWAYS = WorkingCalendar.always(UTC)
OFFICE = WorkingCalendar(
    "office", version="1", zone=UTC, week=(*(Hours.parse("09:00-12:00 13:00-17:00"),) * 5,
                                           CLOSED, CLOSED),
)  # fmt: skip
JOBS = st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 300)), min_size=1, max_size=25)


class Served:
    """Jobs served at a desk: (minutes since Monday at which each comes, minutes it takes)."""

    def __init__(
        self, jobs: Sequence[tuple[int, int]], clerks: int, hours: WorkingCalendar
    ) -> None:
        self.tally = Tally([MONDAY, MONDAY + timedelta(days=30), END])
        self.members = [Member(Person(f"c{n}", ("clerk",)), hours) for n in range(clerks)]
        self.done: list[int] = []
        agenda = Agenda(END)
        desk = Desk(self.members, agenda, self.tally)
        desk.open(MONDAY)
        for number, (minute, takes) in enumerate(sorted(jobs)):
            at = MONDAY + minute * MINUTE
            work = Work(NEED, "job", (0.0,), float(takes), self._noted(number), at)
            agenda.at(at, lambda work=work: desk.join(work))  # type: ignore[misc]
        while (found := agenda.take()) is not None:
            found[1]()
        self.tally.close()

    def _noted(self, number: int):  # type: ignore[no-untyped-def]  # noqa: ANN202 - a callback
        return lambda _member: self.done.append(number)

    @property
    def waited(self) -> list[float]:
        """Minutes that each waited, in the order in which they were begun."""
        return self.tally.spent["clerk", "job"].waited


@pytest.mark.parametrize("hours", [ALWAYS, OFFICE], ids=["always", "office"])
@given(jobs=JOBS, clerks=st.integers(1, 4))
@example(jobs=[(0, 0), (0, 0)], clerks=1)
@example(jobs=[(0, 300), (1, 1), (1, 1)], clerks=2)
def test_more_staff_never_lengthens_the_wait(
    hours: WorkingCalendar, jobs: list[tuple[int, int]], clerks: int
) -> None:
    """Nobody of one queue waits longer for it, let alone all together."""
    few, many = Served(jobs, clerks, hours), Served(jobs, clerks + 1, hours)
    assert len(few.waited) == len(many.waited) == len(jobs)
    for one, other in zip(few.waited, many.waited, strict=True):
        assert other <= one
    assert fmean(many.waited) <= fmean(few.waited)


@given(jobs=JOBS, clerks=st.integers(1, 3))
def test_what_is_in_the_queue_is_what_waited(jobs: list[tuple[int, int]], clerks: int) -> None:
    """Little's law, exactly: length times time is the sum of all waiting."""
    served = Served(jobs, clerks, OFFICE)
    queue = served.tally.queues["clerk"]
    assert sum(queue.area.values()) == pytest.approx(sum(served.waited), abs=1e-6)
    assert len(served.waited) == len(jobs)
    assert queue.length == 0


@given(jobs=JOBS, clerks=st.integers(1, 3))
def test_people_are_as_busy_as_what_they_are_given(
    jobs: list[tuple[int, int]], clerks: int
) -> None:
    """Nothing that was done is lost, and nothing counted twice; each job is done once."""
    served = Served(jobs, clerks, OFFICE)
    minutes = sum(served.tally.busy.values()) / 60_000_000
    assert minutes == pytest.approx(sum(takes for _, takes in jobs))
    assert sorted(served.done) == list(range(len(jobs)))


@given(jobs=JOBS)
def test_one_clerk_serves_in_the_order_of_coming(jobs: list[tuple[int, int]]) -> None:
    """Whoever comes first is begun first, and with one clerk done first."""
    assert Served(jobs, 1, OFFICE).done == list(range(len(jobs)))


# ---- Against theory ----------------------------------------------------------------------------

CLERKS, LOAD, MEAN = 3, 0.8, 10.0
"""An M/M/3 queue: each clerk is busy four fifths of the time, with work of ten minutes."""


def erlang_c() -> float:
    """Return the minutes that are waited on the average, by Erlang's formula."""
    offered = CLERKS * LOAD
    last = offered**CLERKS / math.factorial(CLERKS) / (1 - LOAD)
    first = sum(offered**n / math.factorial(n) for n in range(CLERKS))
    return last / (first + last) * MEAN / (CLERKS * (1 - LOAD))


@pytest.mark.slow
def test_a_counter_with_three_clerks_waits_as_erlang_says() -> None:
    """Over a real engine: waiting, load and Little's law, within 95 % intervals."""
    read = scenario(
        arrivals=[{"name": "visits", "machine": "visit", "per_week": CLERKS * LOAD / MEAN * 10080}],
        staff=[{"name": "clerk", "count": CLERKS, "roles": ["clerk"]}],
        days=6,
        warm_up_days=1,
    )
    runs = compare(read, replications=5, seed=11).runs["visits"]
    waiting = interval([one.figures["waiting_minutes", "clerk"] for one in runs])
    assert waiting.half is not None
    assert abs(waiting.mean - erlang_c()) < waiting.half < 0.6 * erlang_c()
    busy = interval([one.figures["utilisation", "clerk"] for one in runs])
    assert busy.mean == pytest.approx(100 * LOAD, abs=3)
    for one in runs:
        lengths = [float(str(row["mean"])) for row in one.tables["queues"].rows]
        waited = next(row for row in one.tables["waiting"].rows if not row["work"])
        total = int(str(waited["count"])) * float(str(waited["mean"]))
        assert fmean(lengths) == pytest.approx(total / (5 * 1440), rel=0.05)
