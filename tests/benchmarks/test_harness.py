"""The benchmark harness' own arithmetic: turns, quantiles, ratios, bars."""

import gc
import json
import statistics
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from benchmarks.harness import (
    Contender,
    Plan,
    calibrate,
    collect,
    measure,
    paired_ratio,
    quantile,
    sample,
    summarise,
)
from benchmarks.machines import LAPS, xstate_async
from benchmarks.report import (
    Bar,
    Section,
    as_json,
    duration,
    number,
    show,
    surroundings,
    write_json,
)


@pytest.fixture(autouse=True, scope="module")
def _nothing_to_collect() -> Iterator[None]:
    """Contenders on a virtual clock leave no garbage: no walk over the whole heap per sample."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gc, "collect", lambda: 0)
        yield


times = st.lists(st.floats(1e-9, 1e3), min_size=1, max_size=40)


class Clock:
    """A timer that moves only when a contender runs."""

    def __init__(self) -> None:
        """Begin at zero."""
        self.now = 0

    def __call__(self) -> int:
        """Return the nanoseconds passed."""
        return self.now

    def costs(self, nanoseconds: int) -> Callable[[], None]:
        """Return a call that takes *nanoseconds*."""

        def run() -> None:
            self.now += nanoseconds

        return run


@given(times, st.floats(0, 1))
def test_a_quantile_lies_within_the_values(values: list[float], share: float) -> None:
    """No quantile leaves the range of what was measured."""
    assert min(values) <= quantile(values, share) <= max(values) * (1 + 1e-12)


@given(times)
def test_the_middle_quantile_is_the_median(values: list[float]) -> None:
    """Interpolation agrees with the standard library's median."""
    assert quantile(values, 0.5) == pytest.approx(statistics.median(values))


@pytest.mark.parametrize(("values", "share"), [([], 0.5), ([1.0], -0.1), ([1.0], 2)])
def test_a_quantile_of_nothing_is_refused(values: list[float], share: float) -> None:
    """Neither no values nor a share outside 0 to 1 has a quantile."""
    with pytest.raises(ValueError, match="cannot take quantile"):
        quantile(values, share)


@given(times, st.floats(0.1, 10))
def test_a_slow_round_leaves_the_ratio_alone(base: list[float], factor: float) -> None:
    """What slows both sides of a round does not move the ratio."""
    assert paired_ratio([one * factor for one in base], base) == pytest.approx(factor)


def test_ratios_need_as_many_rounds_on_both_sides() -> None:
    """Rounds that do not pair, or none, are an error."""
    with pytest.raises(ValueError, match="longer"):
        paired_ratio([1.0, 2.0], [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="without a round"):
        paired_ratio([], [])


def test_a_sample_is_time_per_step() -> None:
    """The loops and the steps of one call divide the time."""
    clock = Clock()
    lap = Contender("lap", clock.costs(800), steps=8)
    assert sample(lap, 5, clock) == pytest.approx(100e-9)


def test_the_collector_rests_during_a_sample_and_returns_after_a_fault() -> None:
    """A contender never meets the collector; a failing one does not keep it off."""
    seen: list[bool] = []
    sample(Contender("a", lambda: seen.append(gc.isenabled())), 1, Clock())
    with pytest.raises(ZeroDivisionError):
        sample(Contender("b", lambda: 1 // 0), 1, Clock())
    assert seen == [False]
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0


@settings(max_examples=30)
@given(st.integers(10_000, 10_000_000), st.floats(0, 0.001))
def test_calibration_fills_the_shortest_sample(cost: int, least: float) -> None:
    """The loops found last at least as long as asked, and not much longer."""
    clock = Clock()
    one = Contender("one", clock.costs(cost))
    loops = calibrate(one, Plan(min_seconds=least, timer=clock))
    assert loops * cost >= least * 1e9 * (1 - 1e-9)
    assert (loops == 1) or (loops - 1) * cost <= least * 1e9 * 1.2 + cost


def test_rounds_are_shuffled_but_repeatable() -> None:
    """Each round runs every contender once, in the order the seed gives."""

    def orders(seed: int) -> list[str]:
        ran: list[str] = []
        some = [Contender(n, lambda n=n: ran.append(n)) for n in "abc"]  # type: ignore[misc]
        collect(some, Plan(rounds=6, min_seconds=0, seed=seed, timer=Clock()))
        return ran

    ran = orders(7)
    rounds = [ran[i : i + 3] for i in range(0, len(ran), 3)]
    assert all(sorted(one) == ["a", "b", "c"] for one in rounds)
    assert len({tuple(one) for one in rounds}) > 1
    assert orders(7) == ran


def test_measure_gives_medians_and_ratios() -> None:
    """Twice the cost is a ratio of two and half the speed."""
    clock = Clock()
    plan = Plan(rounds=3, min_seconds=1e-6, timer=clock)
    some = [Contender("one", clock.costs(100)), Contender("two", clock.costs(200))]
    one, two = measure(some, plan, "one")
    assert one.median == pytest.approx(1e-7)
    assert (one.ratio, one.rounds) == (1, 3)
    assert two.ratio == pytest.approx(2)
    assert two.speed == pytest.approx(0.5)
    assert measure(some, plan)[0].speed is None


def test_each_may_be_compared_with_another() -> None:
    """Pairs are compared by name; who has no counterpart has no ratio."""
    samples = {"raw": [1.0], "ours": [3.0], "other raw": [2.0], "other": [1.0]}
    rows = summarise(samples, {"ours": "raw", "other": "other raw"})
    assert [row.ratio for row in rows] == [None, 3, None, 0.5]


def test_preparing_takes_no_time() -> None:
    """What is made ready before a sample is not in it, and made for each anew."""
    clock = Clock()
    made: list[int] = []

    def prepare() -> None:
        made.append(clock.now)
        clock.now += 10_000

    one = Contender("one", clock.costs(100), prepare=prepare)
    assert sample(one, 2, clock) == sample(one, 2, clock) == pytest.approx(1e-7)
    assert len(made) == 2


def test_names_must_be_distinct_and_the_baseline_measured() -> None:
    """A doubled or a missing name is told with the names there are."""
    clock = Clock()
    a = Contender("a", clock.costs(1))
    with pytest.raises(ValueError, match="share a name: a, a"):
        measure([a, a], Plan(timer=clock))
    with pytest.raises(ValueError, match="'b' is none of: a"):
        measure([a], Plan(timer=clock), "b")
    with pytest.raises(ValueError, match="'b' is none of: a"):
        summarise({"a": [1.0]}, "b")


@pytest.mark.parametrize(
    ("bar", "reached", "aimed"),
    [
        (Bar(name="x", value=0.5, limit=0.6), True, None),
        (Bar(name="x", value=0.5, limit=0.6, aim=0.4), True, False),
        (Bar(name="x", value=0.7, limit=0.6, at_most=False), True, None),
        (Bar(name="x", value=0.5, limit=0.6, aim=0.8, at_most=False), False, False),
    ],
)
def test_bars_know_their_side(bar: Bar, reached: bool, aimed: bool | None) -> None:
    """A bar holds below or above its limit as it says, and its aim likewise."""
    assert (bar.reached, bar.aimed) == (reached, aimed)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(2.5, "2.5 s"), (0.0042, "4.2 ms"), (1.5e-6, "1.5 µs"), (4.2e-8, "42 ns")],
)
def test_durations_take_the_unit_that_reads_best(seconds: float, text: str) -> None:
    """Three digits and a fitting unit."""
    assert (duration(seconds), number(seconds, "s")) == (text, text)


def test_numbers_keep_three_digits_or_whole_thousands() -> None:
    """Large figures are grouped, small ones rounded, units appended."""
    assert (number(12345.6, "bytes"), number(0.12345)) == ("12,346 bytes", "0.123")


def report() -> list[Section]:
    """Return a small report with every kind of line."""
    rows = summarise({"a": [1.0, 2.0], "b": [2.0, 4.0]}, "a")
    bars = (
        Bar(name="low", value=0.5, limit=0.6, aim=0.4, note="as raw"),
        Bar(name="high", value=1, limit=2, at_most=False),
    )
    return [
        Section(name="s", title="Steps", rows=rows, baseline="a", bars=bars),
        Section(name="g", title="Growth", sizes={"bytes": 400.0}),
    ]


def test_the_json_says_what_the_table_says(tmp_path: Path) -> None:
    """The file holds surroundings, rows, sizes and whether each bar is reached."""
    path = tmp_path / "new" / "results.json"
    write_json(report(), path)
    told = json.loads(path.read_text(encoding="utf-8"))
    assert told["surroundings"] == surroundings()
    steps, growth = told["sections"]
    assert [row["ratio"] for row in steps["rows"]] == [1, 2]
    assert [bar["reached"] for bar in steps["bars"]] == [True, False]
    assert growth["sizes"] == {"bytes": 400}
    assert as_json(report()) == path.read_text(encoding="utf-8")


def test_the_table_shows_every_row_and_bar() -> None:
    """Nothing measured is missing on paper."""
    console = Console(width=120)
    with console.capture() as shown:
        show(report(), console)
    text = shown.get()
    for word in ("Steps", "a (1)", "2.000", "Growth", "400", "not the aim", "as raw"):
        assert word in text


def test_a_report_without_bars_ends_with_its_tables() -> None:
    """No table of bars is drawn where nothing was promised."""
    console = Console(width=120)
    with console.capture() as shown:
        show([Section(name="g", title="Growth", sizes={"bytes": 1.0})], console)
    assert "reached" not in shown.get()


def test_a_section_finds_its_rows_by_name() -> None:
    """A row is there under its name, or a KeyError names the missing one."""
    steps = report()[0]
    assert steps.row("b").ratio == 2
    with pytest.raises(KeyError, match="c"):
        steps.row("c")


@pytest.mark.parametrize("name", LAPS)
def test_every_lap_ends_where_it_began(name: str) -> None:
    """Each library walks the same ticket round the same loop, twice."""
    lap = LAPS[name]()
    assert (lap(), lap()) == ("received", "received")


def test_the_asynchronous_lap_ends_where_it_began() -> None:
    """The awaited interpreter walks it too, and stops when told."""
    with ExitStack() as until:
        lap = xstate_async(until)
        assert (lap(), lap()) == ("received", "received")
