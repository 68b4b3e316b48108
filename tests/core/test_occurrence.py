"""What a policy sees of a step: whether the entity changes, and its own timers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from crmflow.core.actor import SYSTEM
from crmflow.core.entity import Attached
from crmflow.core.event import Cause, Event
from crmflow.core.journal import Drop, Entry, Put
from crmflow.core.policy import FirstShape, Occurrence
from crmflow.core.reserved import ADOPT, ATTACH, OBSERVE, may_change
from crmflow.core.timer import Timer
from tests.core.samples import AT, received

HOUR = timedelta(hours=1)


def seen(
    *timers: Timer, name: str = "note", entry: Entry = Entry.DECISION, cause: Cause | None = None
) -> Occurrence:
    """Return what is seen of an entity that has these timers."""
    snapshot = replace(received(), attached=Attached(timers=timers))
    return Occurrence(snapshot, snapshot, Event(name, SYSTEM, AT, None, cause=cause), entry)


def timer(name: str, hours: int = 1) -> Timer:
    """Return a timer of an earlier version."""
    return Timer(name, "$tick", AT + hours * HOUR, 1)


@pytest.mark.parametrize(
    ("entry", "name", "changes"),
    [
        (Entry.DECISION, "note", True),
        (Entry.ADOPTION, ADOPT, True),
        (Entry.POLICY, ATTACH, True),
        (Entry.POLICY, "$tick", False),
        (Entry.HELD, "note", False),
    ],
)
def test_an_entity_changes_by_decisions_and_adoptions(
    entry: Entry, name: str, *, changes: bool
) -> None:
    """Attached, a policy sees it for the first time; what is held changes nothing yet."""
    assert seen(name=name, entry=entry).changes is changes


def test_events_after_which_an_entity_may_be_another_one() -> None:
    """Reserved events of policies and observations change none."""
    names = ("note", ADOPT, ATTACH, OBSERVE, "$tick")
    assert [may_change(name) for name in names] == [True, True, True, False, False]


def test_timers_become_those_wanted() -> None:
    """What is right stays, what is late moves, what nobody wants goes; others' are left alone."""
    now = seen(timer("x:stays"), timer("x:moves"), timer("x:goes"), timer("y:other"))
    wanted = {"x:stays": AT + HOUR, "x:moves": AT + 2 * HOUR, "x:new": AT + HOUR}
    assert list(now.retimed("x:", "$tick", wanted)) == [
        Drop("timers", "x:goes"),
        Put("timers", Timer("x:moves", "$tick", AT + 2 * HOUR, now.version)),
        Put("timers", Timer("x:new", "$tick", AT + HOUR, now.version)),
    ]


def test_the_timer_that_fired_is_gone_already() -> None:
    """It is not dropped again, and is put again where it is wanted for the same instant."""
    now = seen(timer("x:due"), timer("x:next"), cause=Cause(timer="x:due"))
    assert now.timers("x:") == {"x:next": AT + HOUR}
    assert list(now.retimed("x:", "$tick", {"x:next": AT + HOUR})) == []
    (put,) = now.retimed("x:", "$tick", {"x:next": AT + HOUR, "x:due": AT + HOUR})
    assert put == Put("timers", Timer("x:due", "$tick", AT + HOUR, now.version))


def test_an_event_tells_its_timer_and_the_policy_that_raised_it() -> None:
    """Without a cause there is neither."""
    by_timer, by_policy = Cause(timer="x:due"), Cause(policy="x")
    events = [seen(cause=cause).event for cause in (None, by_timer, by_policy)]
    assert [event.timer for event in events] == [None, "x:due", None]
    assert [event.raised_by for event in events] == [None, None, "x"]


def test_a_step_commits_the_next_version() -> None:
    """A creation was the first."""
    assert (received().version, seen().version) == (1, 2)


def test_a_first_shape_needs_no_upgrade() -> None:
    """What is stored is what it was."""
    only = FirstShape()
    assert (only.schema, only.upgraded(1, {"n": 1})) == (1, {"n": 1})
