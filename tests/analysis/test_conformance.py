import itertools
import json
import statistics
import tracemalloc
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmflow.analysis.conformance import Conformance, Moves, Replay, Variant, replay_log
from crmflow.analysis.eventlog import LogReadError, LogRow, RowFault
from crmflow.analysis.mapping_file import mapping_from
from crmflow.analysis.variants import longest_kept

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
MOVES = Moves(
    start_states=frozenset({"a"}),
    legal_moves=frozenset({("a", "b"), ("b", "c"), ("c", "b"), ("b", "b")}),
    final_states=frozenset({"c"}),
)
# A case, a state or an unmapped label in capitals, and an hour.
Step = tuple[str, str, int]
STEPS = st.lists(st.tuples(st.sampled_from("123"), st.sampled_from("abcXa"), st.integers(0, 9)))


def row_of(step: Step) -> LogRow:
    """Return the row of a step."""
    case, label, hour = step
    state = None if label.isupper() else label
    at = BEGIN + timedelta(hours=hour)
    return LogRow(line=1, case=case, label=label, state=state, at=at, actor=None, values={}, raw={})


def report_of(steps: Iterable[Step], *, merge: bool = True, top: int = 10) -> Conformance:
    """Replay steps through the small machine."""
    replay = Replay(MOVES, merge_equal_neighbours=merge)
    for step in steps:
        replay.add(row_of(step))
    return replay.report(top=top)


def reference(steps: Sequence[Step], *, merge: bool) -> dict[str, object]:
    """Count the same things the slow way, case by case."""
    starts: Counter[str] = Counter()
    moves: Counter[tuple[str, str]] = Counter()
    variants: Counter[str] = Counter()
    fitting = bad_moves = 0
    for case in {step[0] for step in steps}:
        trail = "".join(label for name, label, _ in steps if name == case)
        if merge:
            trail = "".join(label for label, _ in itertools.groupby(trail))
        bad = [move for move in itertools.pairwise(trail) if move not in MOVES.legal_moves]
        starts.update([trail[0]] if trail[0] != "a" else [])
        moves.update(bad)
        variants[trail] += 1
        bad_moves += bool(bad)
        fitting += trail[0] == "a" and not bad
    return {
        "fitting": fitting,
        "starts": dict(starts),
        "with_moves": bad_moves,
        "moves": dict(moves),
        "variants": dict(variants),
        "open": dict(Counter(trail[-1] for trail in variants.elements() if trail[-1] != "c")),
    }


@given(STEPS, st.booleans())
def test_counts_equal_a_naive_reference(steps: list[Step], merge: bool) -> None:
    """What is counted in passing is what counting case by case gives."""
    report = report_of(steps, merge=merge, top=1000)
    assert reference(steps, merge=merge) == {
        "fitting": report.fitting,
        "starts": dict(report.illegal_starts),
        "with_moves": report.cases_with_illegal_move,
        "moves": {(before, after): n for before, after, n in report.illegal_moves},
        "variants": {"".join(variant.states): variant.cases for variant in report.top_variants},
        "open": report.open,
    }
    assert report.variants == len(report.top_variants)
    assert report.rows == len(steps)
    assert report.ended_final + sum(report.open.values()) == report.cases
    assert report.cases_with_illegal_start == sum(n for _, n in report.illegal_starts)
    assert report.fitting_final <= report.fitting


@given(STEPS)
def test_the_mixture_of_cases_is_no_matter(steps: list[Step]) -> None:
    """Only the order within a case counts, in every number of the report."""
    contiguous = sorted(steps, key=lambda step: step[0])
    backwards = sorted(steps, key=lambda step: step[0], reverse=True)
    reports = [report_of(order).to_dict() for order in (steps, contiguous, backwards)]
    assert json.dumps(reports[0]) == json.dumps(reports[1]) == json.dumps(reports[2])


@given(st.lists(st.integers(0, 1000), min_size=1))
def test_durations_are_exact(hours: list[int]) -> None:
    """Median and ninth decile are those of the stays, in hours and seconds."""
    steps = [
        step
        for number, stay in enumerate(hours)
        for step in ((str(number), "a", 0), (str(number), "b", stay))
    ]
    span = report_of(steps).durations["a"]
    assert span.n == len(hours)
    assert span.median == timedelta(hours=statistics.median(hours))
    if len(hours) > 1:
        deciles = statistics.quantiles(hours, n=10, method="inclusive")
        assert span.p90.total_seconds() == pytest.approx(deciles[-1] * 3600)
    assert span.to_dict()["median_hours"] == statistics.median(hours)


def test_merged_rows_prolong_a_stay_and_backward_ones_are_counted() -> None:
    """A stay lasts from its first row; one that ends before it began is left out."""
    report = report_of([("1", "a", 0), ("1", "a", 2), ("1", "b", 1), ("1", "c", 0)])
    assert (report.rows, report.events, report.backwards) == (4, 3, 2)
    assert {state: span.n for state, span in report.durations.items()} == {"a": 1}
    assert report.durations["a"].median == timedelta(hours=1)


def test_unmerged_equal_neighbours_are_moves() -> None:
    """Where rows are events, staying is a move that must be allowed."""
    report = report_of([("1", "a", 0), ("1", "a", 1), ("2", "a", 0), ("2", "b", 0), ("2", "b", 0)])
    assert (report.events, report.fitting) == (3, 2)
    steps = [("1", "a", 0), ("1", "a", 1), ("2", "a", 0), ("2", "b", 0), ("2", "b", 0)]
    report = report_of(steps, merge=False)
    assert (report.events, report.illegal_moves) == (5, (("a", "a", 1),))


def test_an_unmapped_label_is_no_state_of_its_name() -> None:
    """A label called like a state stays illegal, and is shown apart."""
    row = row_of(("1", "a", 0))
    replay = Replay(MOVES)
    replay.add(row)
    for label in ("b", "d"):
        replay.add(attrs.evolve(row, state=None, label=label))
    report = replay.report()
    assert report.illegal_moves == (("a", "b (unmapped)", 1), ("b (unmapped)", "d", 1))
    assert (report.open, report.cases_without_illegal_move) == ({"d": 1}, 0)


def test_variants_of_equal_number_are_ranked_by_their_states() -> None:
    """The most frequent come first, and the rest is cut."""
    steps = [(str(case), label, 0) for case, label in enumerate("bacab")]
    report = report_of(steps, top=2)
    assert report.top_variants == (Variant(2, ("a",)), Variant(2, ("b",)))
    assert (report.variants, report_of([]).top_variants) == (3, ())


def test_long_cases_are_told_apart_by_what_is_not_kept() -> None:
    """States beyond the kept ones still make another variant, and are counted."""
    long = "ab" + "cb" * longest_kept
    steps = [("1", label, 0) for label in long] + [("2", label, 0) for label in long]
    steps += [("3", label, 0) for label in long[:-2] + "ab"]
    steps += [("4", label, 0) for label in long[:-2]]
    report = report_of(steps)
    assert report.variants == 3
    first = report.top_variants[0]
    assert (first.cases, first.more) == (2, len(long) - longest_kept)
    assert "".join(first.states) == long[:longest_kept]


def test_a_snapshot_has_states_and_no_moves() -> None:
    """Any state of the machine may be adopted; a second row of a case may not."""
    replay = Replay(MOVES, merge_equal_neighbours=False, snapshot=True)
    for step in [("1", "b", 0), ("2", "c", 0), ("3", "X", 0), ("4", "a", 0), ("4", "b", 0)]:
        replay.add(row_of(step))
    report = replay.report()
    assert (report.cases, report.fitting, report.fitting_final) == (4, 2, 1)
    assert report.illegal_starts == (("X", 1),)
    assert report.illegal_moves == (("a", "b", 1),)


def test_rows_without_an_instant_have_no_duration() -> None:
    """A move whose time is unknown is counted and not measured."""
    replay = Replay(MOVES)
    rows = [row_of(("1", "a", 0)), row_of(("1", "b", 0))]
    for row in rows:
        replay.add(attrs.evolve(row, at=None))
    replay.add(row_of(("1", "c", 0)))
    assert (replay.report().events, replay.report().durations) == (3, {})


def test_faulty_rows_are_counted(tmp_path: Path) -> None:
    """What was set aside stands in the report; without a taker it is an error."""
    path = tmp_path / "log.csv"
    path.write_text("c,s,t\n1,a,2026-01-01\n1,b,soon\n1,b\n1,b,2026-01-02\n")
    entries = {"case": "c", "state": "s", "time": "t", "zone": "UTC"}
    mapping = mapping_from(entries, "map.toml")
    faults: list[RowFault] = []
    report = replay_log(path, mapping, MOVES, aside=faults.append)
    assert (report.rows, report.set_aside, len(faults)) == (2, 2, 2)
    assert report.to_dict()["set_aside"] == 2
    with pytest.raises(LogReadError, match="line 3"):
        replay_log(path, mapping, MOVES)


def kept_by(rows: int) -> int:
    """Return the bytes a replay holds at most while it reads *rows* of each of ten cases."""
    steps = [row_of((str(case), label, 0)) for case in range(10) for label in "bc"]
    tracemalloc.start()
    replay = Replay(MOVES)
    for number in range(rows):
        for case in range(10):
            # Every case takes a course of its own.
            replay.add(steps[2 * case + (number ^ number // (case + 2)) % 2])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def test_progress_is_told(tmp_path: Path) -> None:
    """A long log says now and then how far it is."""
    path = tmp_path / "log.csv"
    path.write_text("id,state,at\n" + "1,a,2026-01-01\n" * 2500)
    mapping = mapping_from({"case": "id", "state": "state", "time": "at", "zone": "UTC"}, "m.toml")
    told: list[int] = []
    report = replay_log(path, mapping, MOVES, progress=told.append)
    assert (told, report.rows) == ([1000, 2000], 2500)


def test_memory_does_not_grow_with_the_rows_of_a_case() -> None:
    """Ten times the rows cost the eight bytes of a duration each, and nothing else."""
    few, many = kept_by(400), kept_by(4000)
    assert many - few < 12 * 10 * (4000 - 400)
