"""Laws of deadlines: replay, late workers, pauses, precedence, changes of the target."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from fractions import Fraction

from hypothesis import example, given, settings
from hypothesis import strategies as st

from crmflow.policies.sla.definition import Definition
from crmflow.policies.sla.run import NOTHING, Run, Status
from crmflow.policies.sla.stopwatch import TICK, consumed, due, part_of
from tests.policies.sla_desk import DAY, HOUR, MINUTE, OFFICE, Desk, definition, desk, on, resolving

EVENTS = ("work", "wait", "note", "answer", "write", "low", "high", "ann", "bob", "solve", "reopen")
STEPS = st.lists(
    st.tuples(st.sampled_from(EVENTS), st.integers(0, 3 * 24 * 60)), min_size=1, max_size=14
)
LADDER = [
    {"name": "near", "at": "80%", "action": "fire", "event": "remind"},
    {"name": "late", "at": "2wh", "action": "task", "task": "look", "role": "service_head"},
    {"name": "later", "at": "2/1", "action": "notify", "role": "general_manager"},
]
TARGETS = ("30min", "4wh", "8wh", "2wd", "10d", "through 3d", "by 12:00 in 1wd")
MODES = ("keep", "recompute", "restart", "prorate")


def row(mode: str = "recompute", high: str = "4wh", low: str = "8wh") -> Definition:
    """Return a deadline with everything: lookup, pause, reset, warnings, ladder, holder."""
    return resolving(
        start=[{"states": ["open", "working", "waiting"]}],
        reset=[{"events": ["write"]}],
        targets=[{"match": {"severity": "high"}, "target": high}],
        target=low,
        on_change=mode,
        holder="holder",
        warnings=["50%", "1h", "90%"],
        notify="customer_service",
        ladder=LADDER,
    )


def fired(taken: Desk, event: str, at: datetime) -> None:
    """Fire one of the sample's events; those the state has no row for are refused."""
    match event:
        case "low" | "high":
            taken.do("grade", at, {"severity": event})
        case "ann" | "bob":
            taken.do("hand", at, {"holder": event})
        case _:
            taken.do(event, at)


def lived(
    taken: Desk,
    steps: Sequence[tuple[str, int]],
    happens: Callable[[Desk, str, datetime], None] = fired,
    *,
    by_worker: bool = False,
) -> Desk:
    """Return a desk after a case's life; a worker may come by every few hours."""
    at = on(2, 9)
    taken.do("ask", at).require()
    for event, minutes in steps:
        until = at + minutes * MINUTE
        while by_worker and at < until:
            at = min(at + timedelta(hours=5), until - TICK)
            taken.wait(at)
            at += TICK
        at = until
        happens(taken, event, at)
    taken.wait(at + 60 * DAY)
    return taken


@given(STEPS, st.sampled_from(MODES), st.sampled_from(TARGETS), st.sampled_from(TARGETS))
@settings(max_examples=80)
def test_what_is_stored_is_what_the_journal_gives(
    steps: list[tuple[str, int]], mode: str, high: str, low: str
) -> None:
    """The journal, written to bytes and read back, folds to the snapshot with its deadlines."""
    taken = lived(desk(row(mode, high, low)), steps)
    assert taken.replayed() == taken.snapshot


@given(STEPS, st.sampled_from(MODES))
@settings(max_examples=60)
def test_a_late_worker_gives_the_same_journal(steps: list[tuple[str, int]], mode: str) -> None:
    """Breaches, warnings and rungs have their own instants, whoever comes when."""
    late = lived(desk(row(mode)), steps)
    early = lived(desk(row(mode)), steps, by_worker=True)
    assert late.records == early.records
    assert late.snapshot == early.snapshot


@given(STEPS, st.sampled_from(MODES))
@settings(max_examples=80)
def test_a_stored_due_instant_is_counted_again_from_the_start(
    steps: list[tuple[str, int]], mode: str
) -> None:
    """While it runs, the due instant, the timer and the task's promise are one instant."""
    taken = desk(row(mode))
    at = on(2, 9)
    taken.do("ask", at)
    for event, minutes in steps:
        at += minutes * MINUTE
        fired(taken, event, at)
        run = taken.run()
        if run.status is Status.RUNNING:
            assert run.due_at == due(run, OFFICE)
            assert run.due_at >= at
            assert taken.timers["resolve:due"] == run.due_at + TICK
            assert taken.task("handle").due_at == run.due_at
            assert consumed(run, run.due_at, OFFICE) == run.total
        if run.status is Status.PAUSED:
            assert taken.timers == {}


@given(STEPS)
@settings(max_examples=80)
def test_the_due_instant_is_the_target_and_all_waits_counted_by_hand(
    steps: list[tuple[str, int]],
) -> None:
    """Eight working hours from the start, and every working minute spent waiting."""
    taken = desk(resolving(stop=[], fire=None))
    at, waits, since = on(2, 9), NOTHING, None
    taken.do("ask", at)
    for event, minutes in steps:
        at += minutes * MINUTE
        fired(taken, event, at)
        if taken.snapshot.state == "waiting":
            since = since or at
        elif since is not None:
            waits, since = waits + OFFICE.elapsed(since, at), None
        if taken.run().breached_at is not None:
            break
        if taken.run().status is Status.RUNNING:
            assert taken.run().due_at == OFFICE.add(on(2, 9), 8 * HOUR + waits)


@given(STEPS)
@example([("work", 60), ("wait", 0), ("work", 30), ("note", 0)])
@settings(max_examples=80)
def test_time_by_state_is_what_is_counted_by_hand(steps: list[tuple[str, int]]) -> None:
    """Each working minute belongs to the state of then, though it is told only later."""
    taken = desk(resolving(fire=None, holder="holder"))
    at, spent = on(2, 9), dict.fromkeys(("open", "working"), NOTHING)
    taken.do("ask", at)
    for event, minutes in [*steps, ("work", 5), ("solve", 5)]:
        since, at = at, at + minutes * MINUTE
        if taken.snapshot.state in spent:
            spent[taken.snapshot.state] += OFFICE.elapsed(since, at)
        fired(taken, event, at)
        if not taken.run().open:
            break
    told = {one.name: one.spent.working for one in taken.run().shares if one.by == "state"}
    assert {**dict.fromkeys(spent, NOTHING), **told} == spent


@given(st.integers(1, 10**12), st.fractions(0, 1))
def test_a_part_is_the_whole_microsecond_that_is_not_too_early(micros: int, part: Fraction) -> None:
    """A part of a time is rounded up, by less than a microsecond."""
    found = Fraction(part_of(micros * TICK, part) // TICK)
    assert 0 <= found - micros * part < 1


@given(STEPS, st.sampled_from(MODES))
@settings(max_examples=80)
def test_what_is_consumed_and_what_remains_are_the_target(
    steps: list[tuple[str, int]], mode: str
) -> None:
    """Shares by holder and by state, and the time consumed, are the same time."""
    taken = lived(desk(row(mode)), [*steps, ("ann", 7)])
    run = taken.run()
    told = _told(run, "state")
    if mode in ("keep", "recompute", "prorate") and not any(event == "write" for event, _ in steps):
        assert told == consumed(run, run.seen_at, OFFICE)
    assert _told(run, "holder") <= told


def _told(run: Run, by: str) -> timedelta:
    parts = [run.part(share.spent) for share in run.shares if share.by == by]
    return sum(parts, NOTHING)


@given(STEPS, st.sampled_from(MODES))
@settings(max_examples=80)
def test_each_warning_and_each_rung_comes_once(steps: list[tuple[str, int]], mode: str) -> None:
    """Between two starts nothing is given twice, and a breach is told once per target."""
    taken = lived(desk(row(mode)), [step for step in steps if step[0] not in ("high", "write")])
    starts = 1 + taken.events.count("reopen")
    assert taken.facts.reminded <= starts
    assert taken.facts.missed <= starts
    assert len(set(taken.run().given)) == len(taken.run().given)
    sent = [m.event for one in taken.decisions for m in one.messages]
    assert sent.count("deadline_escalated") <= starts


@given(st.integers(0, 7 * 24 * 60), st.integers(0, 60), st.integers(0, 60))
@example(0, 0, 60)
@settings(max_examples=80)
def test_a_pause_off_hours_changes_nothing(asked: int, first: int, second: int) -> None:
    """Paused and resumed in one night, or over one weekend, the due instant stays."""
    start, closed = on(2, 9) + asked * MINUTE, on(6, 18) + first * 61 * MINUTE
    resumed = closed + second * MINUTE
    for target in ("24wh", "3wd", "by 18:00 in 5wd"):
        taken = desk(resolving(target=target))
        taken.do("ask", start)
        taken.do("wait", max(closed, start))
        before = desk(resolving(target=target))
        before.do("ask", start)
        taken.do("work", max(resumed, start))
        if OFFICE.elapsed(max(closed, start), max(resumed, start)) == NOTHING:
            assert taken.run().due_at == before.run().due_at


HOLDING = st.lists(
    st.sampled_from(["stop", "cancel", "reset", "pause", "resume"]), unique=True, max_size=5
)


@given(HOLDING)
def test_precedence_is_stop_cancel_reset_pause_resume(holding: list[str]) -> None:
    """Whatever holds at once, in whatever order it is written, the first of these decides."""
    at_once = {
        name: [{"events": ["note"]}] if name in holding else [{"events": ["close"]}]
        for name in ("stop", "cancel", "reset", "resume")
    }
    pause = [{"events": ["note"]}] if "pause" in holding else [{"events": ["wait"]}]
    taken = desk(resolving(**at_once, pause=pause))
    taken.do("ask", on(2, 9))
    taken.do("note", on(2, 11))
    run = taken.run()
    if "stop" in holding:
        assert run.status is Status.MET
    elif "cancel" in holding:
        assert run.status is Status.CANCELLED
    else:
        assert run.started_at == (on(2, 11) if "reset" in holding else on(2, 9))
        assert run.status is (Status.PAUSED if "pause" in holding else Status.RUNNING)


@given(st.integers(0, 10_000), st.integers(0, 10_000), st.integers(1, 60), st.integers(1, 60))
@settings(max_examples=80)
def test_later_starts_and_longer_targets_are_due_no_earlier(
    first: int, more: int, hours: int, extra: int
) -> None:
    """Due instants are monotone in the start and in the target."""

    def due_at(minutes: int, target: int) -> datetime:
        taken = desk(resolving(target=f"{target}wh"))
        taken.do("ask", on(2) + minutes * MINUTE)
        found = taken.run().due_at
        assert found is not None
        return found

    assert due_at(first, hours) <= due_at(first + more, hours)
    assert due_at(first, hours) < due_at(first, hours + extra)


@given(st.integers(0, 470), st.integers(1, 30))
@settings(max_examples=80)
def test_recompute_is_what_would_have_been_from_the_start(used: int, hours: int) -> None:
    """A target that changes is due when it were due had it been so from the beginning."""
    target = f"{hours}wh"
    changed = desk(row("recompute", high=target))
    changed.do("ask", on(2, 9))
    changed.do("grade", OFFICE.add(on(2, 9), used * MINUTE), {"severity": "high"})
    always = desk(row("recompute", high=target))
    always.do("ask", on(2, 9), {"severity": "high"})
    always.wait(changed.snapshot.at)
    assert changed.run().due_at == always.run().due_at
    assert changed.run().breached_at == always.run().breached_at
    assert changed.facts.missed == always.facts.missed


@given(st.integers(0, 480), st.integers(1, 30))
@example(480, 7)
@settings(max_examples=80)
def test_prorate_keeps_the_remaining_fraction(used: int, hours: int) -> None:
    """What remained of the old target is what remains of the new one, exactly."""
    taken = desk(row("prorate", high=f"{hours}wh"))
    taken.do("ask", on(2, 9))
    at = OFFICE.add(on(2, 9), used * MINUTE)
    taken.do("grade", at, {"severity": "high"})
    run = taken.run()
    left = (run.total - consumed(run, at, OFFICE)) // TICK
    exact = Fraction(480 - used, 480) * (hours * 3_600_000_000)
    assert 0 <= left - exact < 1 or hours == 8
    if hours != 8:
        assert run.measure == ""


@given(STEPS)
@settings(max_examples=60)
def test_what_is_remembered_does_not_grow_with_the_life(steps: list[tuple[str, int]]) -> None:
    """A long life needs no more room than its holders, states and months."""
    taken = desk(row())
    taken.do("ask", on(2, 9))
    at = on(2, 9)
    for event, minutes in steps * 5:
        at += minutes % 600 * MINUTE
        fired(taken, event, at)
    state = taken.state
    assert len(state.runs) == 1
    assert len(state.runs[0].shares) <= 2 + 3
    months = {tally.month for tally in state.tallies}
    assert len(state.tallies) <= 4 * 3 * len(months)
    assert len(state.spendings) <= 2 + 3


@given(STEPS)
@settings(max_examples=60)
def test_deadlines_do_not_hide_each_other(steps: list[tuple[str, int]]) -> None:
    """What one deadline comes to does not depend on which others there are."""
    respond = definition(
        name="respond", kind="first_response", start=[{"events": ["ask"]}],
        stop=[{"events": ["answer"]}], target="2wh", calendar="office",
    )  # fmt: skip
    update = definition(
        name="update", kind="periodic_update", start=[{"states": ["open", "working"]}],
        stop=[{"events": ["note"]}], target="24h", repeat=True,
    )  # fmt: skip
    alone = lived(desk(respond), steps)
    together = lived(desk(update, row(), respond), steps)
    assert together.run("respond") == alone.run("respond")
