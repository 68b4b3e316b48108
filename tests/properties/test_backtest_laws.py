"""Laws of back-tests and previews: what they say is what engines do, and nothing is nothing."""

from __future__ import annotations

import functools
import itertools
import random
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crmflow.analysis.backtest import Backtest, Case, Kind, backtest
from crmflow.analysis.preview import Effect, preview
from crmflow.analysis.source import Policies, ReadOnly
from crmflow.analysis.story import MACHINES, PROFILES, LetterBox
from crmflow.analysis.story.people import STAFF
from crmflow.clock import ManualClock
from crmflow.config import Overlay
from crmflow.core.ref import EntityRef
from crmflow.core.reserved import Attachment
from crmflow.engine.engine import Engine
from crmflow.storage.memory import MemoryStore
from crmflow.storage.opening import open_to_read
from tests.analysis.cases import ADMIN, BOSS, CLERK, END, bound, chain, engine, opened, rows, scheme
from tests.policies.sla_desk import MINUTE, on
from tests.stories.lived import lived

EVENTS = ("work", "wait", "note", "write", "low", "high", "solve", "reopen", "approve", "drop")
Steps = Sequence[tuple[str, int]]
STEPS = st.lists(
    st.tuples(st.sampled_from(EVENTS), st.integers(1, 2 * 24 * 60)), min_size=1, max_size=8
)
LADDER = [{"name": "near", "at": "80%", "action": "fire", "event": "remind"}]
Chosen = tuple[str, str, tuple[str, ...], int]
"""Target, mode of change, approvers, notes of a long case: what tells the policy sets apart."""

SETS: Sequence[Chosen] = (
    ("8wh", "recompute", (), 2),
    ("2wd", "keep", ("boss",), 1),
    ("1wh", "restart", ("chief", "boss"), 3),
    ("1d", "prorate", ("boss",), 2),
    ("4wh", "recompute", ("boss", "chief"), 1),
)
POLICIES = st.sampled_from(SETS)
NUMBERS = itertools.count()


def policies(target: str, mode: str, approvers: Sequence[str], least: int) -> Overlay:
    """Return a deadline with a lookup, a ladder and a reset, a chain, and a scheme."""
    return rows(
        target=target,
        targets=[{"match": {"severity": "high"}, "target": "3wh"}],
        reset=[{"events": ["write"]}],
        warnings=["50%"],
        notify="customer_service",
        ladder=LADDER,
        on_change=mode,
        chains=[chain(*approvers)] if approvers else (),
        schemes=[scheme(least)],
    )


@functools.cache
def desk_of(chosen: Chosen) -> Engine:
    """Return an engine of a policy set, made once: that takes most of the time."""
    return engine(policies(*chosen))


@functools.cache
def plain_desk(target: str) -> Engine:
    """Return an engine of a deadline alone, whose breach is followed by nothing."""
    return engine(rows(target=target, fire=None))


def walked(desk: Engine, steps: Steps) -> EntityRef:
    """Return a new case after a walk; what its state or a hold forbids is refused."""
    case, at = opened(desk, f"K-{next(NUMBERS)}"), on(2, 9)
    for event, minutes in steps:
        at += minutes * MINUTE
        step(desk, case, event, at)
    return case


def step(desk: Engine, case: EntityRef, event: str, at: object) -> None:
    """Fire one of the events of a walk."""
    if event == "approve":
        if ("case", "$approve") in desk.registry.reserved:
            desk.fire(case, "$approve", {"request": "solve"}, actor=BOSS, at=at)  # type: ignore[arg-type]
        return
    name, form = ("grade", {"severity": event}) if event in {"low", "high"} else (event, None)
    desk.fire(case, name, form, actor=CLERK, at=at)  # type: ignore[arg-type]


def judged(desk: Engine, other: Engine, case: EntityRef) -> Case:
    """Return what would have been otherwise of a case under another engine's policies."""
    (found,) = backtest(desk, other.registry, entity=case)
    return found


@given(STEPS, POLICIES)
@settings(max_examples=12)
def test_the_same_policies_make_no_difference(steps: Steps, chosen: Chosen) -> None:
    """Of whatever walk: holds, votes, breaches, resets, tiers come about again as they were."""
    desk = desk_of(chosen)
    found = judged(desk, desk, walked(desk, steps))
    assert (found.differences, found.untested) == ((), None)


@given(st.lists(STEPS, min_size=2, max_size=3), POLICIES, POLICIES)
@settings(max_examples=10)
def test_a_back_test_is_deterministic_and_each_entity_is_for_itself(
    walks: Sequence[Steps], today: Chosen, then: Chosen
) -> None:
    """Twice the same, and the sum is the same in whatever order entities are told."""
    desk, other = desk_of(today), desk_of(then)
    found = [judged(desk, other, walked(desk, steps)) for steps in walks]
    assert found == [judged(desk, other, case.ref) for case in found]
    mixed = [*found]
    random.Random(1).shuffle(mixed)
    assert Backtest.of(mixed).to_dict() == Backtest.of(found).to_dict()


@given(STEPS, POLICIES, POLICIES)
@settings(max_examples=10)
def test_what_comes_before_the_first_other_turn_is_certain(
    steps: Steps, today: Chosen, then: Chosen
) -> None:
    """And all that comes after it is conditional; nothing is where an entity never turns."""
    desk = desk_of(today)
    found = judged(desk, desk_of(then), walked(desk, steps))
    turned = found.diverged_at
    for one in found.differences:
        assert one.conditional == (turned is not None and one.at > turned)
    assert (found.unknown.afterwards == 0) or turned is not None


@given(STEPS, st.sampled_from([("8wh", "4wh"), ("2wd", "8wh"), ("1d", "1wh"), ("4wh", "1wh")]))
@settings(max_examples=12)
def test_a_tighter_deadline_loses_no_breach(steps: Steps, pair: tuple[str, str]) -> None:
    """What was late is late; the other way round nothing is late that was not."""
    loose, tight = map(plain_desk, pair)
    for desk, other, never in (
        (loose, tight, Kind.VANISHED_BREACH),
        (tight, loose, Kind.NEW_BREACH),
    ):
        found = judged(desk, other, walked(desk, steps))
        assert never not in {one.kind for one in found.differences}


@pytest.mark.slow
@given(STEPS, POLICIES, POLICIES, st.sampled_from(["$attach", "note"]))
@example([("low", 299)], ("1wh", "keep", (), 1), ("4wh", "recompute", (), 1), "$attach")
@settings(max_examples=30)
def test_a_preview_is_what_a_restarted_engine_does(
    steps: Steps, today: Chosen, then: Chosen, touch: str
) -> None:
    """Deadlines: on the same store, under the new rows, once the entity is touched."""
    store, config = MemoryStore(), policies(*then)
    desk, at = engine(policies(*today), store), on(2, 9)
    case = opened(desk)
    for event, minutes in steps:
        at += minutes * MINUTE
        if event in {"work", "wait", "note", "write"}:
            step(desk, case, event, at)
    desk.clock = ManualClock(at + timedelta(minutes=1))
    desk.run_due(desk.clock.now())  # a worker has done by then what was due
    (impact,) = preview(desk, bound(config))
    said = {
        one.name: one.now
        for one in impact.changes
        if one.effect in {Effect.OTHER_DEADLINE, Effect.NEW_DEADLINE, Effect.KEPT_DEADLINE}
    }
    before = desk.get(case).policy("sla").run("resolve")
    again = engine(config, store, clock=desk.clock, retiring=["approvals"])
    form = Attachment("sla") if touch == "$attach" else None
    again.fire(case, touch, form, actor=ADMIN)  # type: ignore[arg-type]
    run = again.get(case).policy("sla").run("resolve")
    expected = said.get("resolve")
    if expected is None:
        assert (run.due_at, run.target) == (before.due_at, before.target)
    else:
        assert expected["target"] == run.target
        assert expected["due_at"] == (None if run.due_at is None else run.due_at.isoformat())
        assert expected.get("status", run.status.value) == run.status.value


@given(STEPS, POLICIES)
@settings(max_examples=8)
def test_a_preview_of_no_change_is_empty(steps: Steps, chosen: Chosen) -> None:
    """Whatever runs and waits."""
    desk = desk_of(chosen)
    case = walked(desk, steps)
    impacts = {one.ref: one for one in preview(desk, desk.registry)}
    assert case not in impacts or impacts[case].changes == ()


@pytest.fixture(scope="module")
def year() -> Iterator[ReadOnly]:
    """Return the demo's year, opened to be read, with the policies it was lived under."""
    today = Policies(machines=MACHINES, profile=PROFILES, plugins=[LetterBox()], directory=STAFF)
    with closing(open_to_read(lived("en").url)) as store:
        yield ReadOnly(today.bound(), store, ManualClock(END.replace(year=2027)))


@pytest.mark.slow
def test_the_demos_year_comes_about_again(year: ReadOnly) -> None:
    """All its entities: every event, hold, vote, breach, tier, task and message, and no other."""
    found = Backtest.of(backtest(year, year.registry))
    assert (found.entities, found.differing, found.untested) == (165, 0, {})
    assert found.records > 3000
    assert not any(one.changes for one in preview(year, year.registry))
