"""The shortest story that shows a fault, though another way was found first."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmflow.analysis.exploring.bounds import Bounds
from crmflow.analysis.exploring.exploration import CHECKS, explore_machine
from crmflow.analysis.exploring.explored import Seen
from crmflow.analysis.exploring.explorer import Explorer
from crmflow.analysis.exploring.property import in_state, precedes
from crmflow.analysis.exploring.replaying import replay_story
from crmflow.analysis.exploring.shortening import Sight, shorter
from crmflow.analysis.exploring.staffing import registry_of, staffed
from crmflow.analysis.exploring.walking import Step, Walked
from crmflow.analysis.fault import FaultKind
from crmflow.analysis.happening import Happening
from crmflow.core.machine import KEEP, Guard, Kind, Machine, Row, Start, State
from crmflow.core.ref import UNBORN
from crmflow.core.timer import Elapsed
from tests.analysis.exploring.parcels import Facts, Sent, Size, sent

AT = datetime(2026, 3, 2, 1, tzinfo=UTC)
SMALL = Guard(lambda attempt: attempt.facts.size is Size.SMALL, "not_small")
LARGE = Guard(lambda attempt: attempt.facts.size is Size.LARGE, "not_large")
NEVER = Guard(lambda attempt: attempt.facts.owner == "nobody", "not_nobody")
# Exploring cannot know that this reads the note: its name is put together as it runs.
NOTED = Guard(lambda attempt: getattr(attempt.facts, "no{}".format("te")) == "x", "not_noted")
HOURLY = Start("hourly", "tick", Elapsed(timedelta(hours=1)))


def machine(*last: Row) -> Machine:
    """Return a machine in which small things take the long way round, found first."""
    names = ("opened", "a", "b", "met", "lost", "closed")
    kinds = {"opened": Kind.INITIAL, "closed": Kind.FINAL}
    return Machine(
        "thing",
        Facts,
        zh="物",
        en="thing",
        states=tuple(State(name, name, name, kinds.get(name, Kind.OPEN)) for name in names),
        rows=(
            Row(UNBORN, "open", "opened", form=Sent, sets=sent),
            Row("opened", "go", "a", guards=(SMALL,)),
            Row("a", "go", "b"),
            Row("b", "go", "met", sets=lambda _attempt: {"size": None, "note": "x"}),
            Row("opened", "skip", "met", guards=(LARGE,), sets=lambda _attempt: {"size": None}),
            Row(("opened", "met"), "close", "closed"),
            Row("lost", "close", "closed", guards=(NEVER,)),
            *last,
        ),
    )


@functools.cache
def seen(*last: Row) -> Seen:
    """Return what exploring such a machine sees."""
    return Explorer(staffed(registry_of([machine(*last)])), "thing", Bounds()).run()


def events(found: Seen, kind: FaultKind) -> list[str]:
    """Return what happens in the story of the one fault of a kind; it leads there again."""
    (story,) = [one.story for check in CHECKS for one in check(found) if one.kind is kind]
    assert story is not None
    assert replay_story(found.walker.registry, story).state == story.state
    return [happening.event for happening in story.happenings]


LOSE = Row("met", "lose", "lost")
NOTE = Row("met", "note", "lost", guards=(NOTED,))
LOOP = Row("met", "loop", KEEP, start=(HOURLY,))
TICK = Row("met", "tick", KEEP, who="system", start=(HOURLY,))


def test_a_story_is_the_nearest_way_and_not_the_first() -> None:
    """What was met seldom is looked at first, so that a longer way may be found before."""
    (lost,) = [one for one in seen(LOSE).graph.born() if one.snapshot.state == "lost"]
    assert [edge.happening.event for edge in seen(LOSE).graph.way(lost)] == [
        "open", "go", "go", "go", "lose",
    ]  # fmt: skip
    assert events(seen(LOSE), FaultKind.DEAD_END) == ["open", "skip", "lose"]


def test_a_way_that_no_engine_goes_is_not_told() -> None:
    """Then it is the first that was found, which is one life."""
    assert events(seen(NOTE), FaultKind.DEAD_END) == ["open", "go", "go", "go", "note"]


def test_a_property_that_no_life_breaks_is_not_broken() -> None:
    """Though situations that count as one lead round what must be before."""
    stated = precedes("b_first", in_state("b"), in_state("lost"))
    for row, broken in ((LOSE, True), (NOTE, False)):
        assert any(stated.breach(seen(row).graph))
        registry = registry_of([machine(row)])
        found = explore_machine(registry, "thing", properties=[stated])
        kinds = [one.kind for one in found.faults]
        assert (FaultKind.BROKEN_PROPERTY in kinds) is broken


def test_a_circle_of_timers_is_entered_where_it_is_nearest() -> None:
    """And gone round once, each timer by itself."""
    found = seen(LOSE, LOOP, TICK)
    assert events(found, FaultKind.TIMER_LOOP) == ["open", "skip", "loop", ""]


@pytest.mark.parametrize("raises", [True, False])
def test_what_raises_is_not_what_is_refused(*, raises: bool) -> None:
    """Both come to nothing in the same situation, and are different faults."""
    opened, asked = Happening(AT, "open"), Happening(AT, "go")
    sight = Sight((), frozenset({1}), (asked,), raises=raises)
    for raised in (True, False):
        walked = Walked((opened, asked), (1,), "opened", raised)
        assert sight.is_seen(walked, 2) is (raised is raises)
        assert not sight.is_seen(walked, 3)
        assert not sight.is_seen(walked, 0)


STEPS = [Step(Happening(AT, f"e{number}"), timedelta(0)) for number in range(12)]


@settings(max_examples=50)
@given(
    length=st.integers(0, len(STEPS)), needed=st.sets(st.sampled_from(range(len(STEPS)))),
    odd=st.booleans(),
)  # fmt: skip
def test_of_what_is_left_nothing_can_be_left_out(
    length: int, needed: set[int], *, odd: bool
) -> None:
    """Whatever must stay, and though it may matter how many there are; in not too many tries."""
    steps, tries = STEPS[:length], []
    must = [one for place, one in enumerate(steps) if place in needed]

    def holds(some: Sequence[Step]) -> bool:
        tries.append(some)
        return all(one in some for one in must) and not (odd and (length - len(some)) % 2)

    left = shorter(steps, holds)
    singles = [[*left[:place], *left[place + 1 :]] for place in range(len(left))]
    assert not any(holds(one) for one in singles)
    assert odd or left == must
    assert len(tries) <= (length + 1) ** 2
