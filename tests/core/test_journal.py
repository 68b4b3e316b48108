"""The journal: attaching, applying and folding."""

from __future__ import annotations

from datetime import UTC, datetime

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmflow.core.claim import Claim
from crmflow.core.entity import NOTHING, Attached, PolicyState, Received
from crmflow.core.hold import Hold
from crmflow.core.journal import (
    Drop,
    Effect,
    Item,
    JournalRecord,
    Put,
    Shelf,
    attach,
    fold,
    known_after,
    unborn,
)
from crmflow.core.link import Link, Watcher
from crmflow.core.ref import UNBORN
from crmflow.core.task import Task
from crmflow.core.timer import Timer
from tests.core.samples import AT, DEAL, REF, Note, Ticket, asked, fire, opened

ITEMS: dict[Shelf, tuple[Item, str]] = {
    "timers": (Timer("t", "e", AT, 1), "t"),
    "tasks": (Task("call.1", "call", "clerk", AT), "call"),
    "links": (Link("deal", DEAL, 1, "won", {}), "deal deal D-1"),
    "watchers": (Watcher(DEAL, "ticket"), "ticket deal D-1"),
    "claims": (Claim("phone", "1"), "phone 1"),
    "received": (Received(DEAL, 1, 0), "deal D-1"),
    "holds": (Hold("note", "approvals", "too_much", "clerk-1", AT), "note"),
    "policies": (PolicyState("sla", 1, {}), "sla"),
}


@pytest.mark.parametrize("shelf", ITEMS)
def test_each_shelf_puts_and_drops_by_key(shelf: Shelf) -> None:
    """What is put is there until it is dropped by its key."""
    item, key = ITEMS[shelf]
    assert Put(shelf, item).of == Drop(shelf, key).of
    put = attach(NOTHING, [Put(shelf, item)])
    assert getattr(put, shelf) == (item,)
    assert attach(put, [Drop(shelf, key)]) is NOTHING


def test_a_put_replaces_its_key_in_place() -> None:
    """The newer item stands where the older stood; what is not there is dropped in peace."""
    old, new, other = Timer("a", "e", AT, 1), Timer("a", "f", AT, 2), Timer("b", "e", AT, 1)
    before = Attached(timers=(old, other))
    assert attach(before, [Put("timers", new), Drop("tasks", "none")]).timers == (new, other)


claims = st.builds(Claim, st.sampled_from("ab"), st.sampled_from("12"))
puts = claims.map(lambda claim: Put("claims", claim))
drops = claims.map(lambda claim: Drop("claims", f"{claim.scope} {claim.value}"))


@given(st.lists(puts | drops), st.lists(puts | drops))
def test_effects_may_be_attached_in_parts(first: list[Effect], second: list[Effect]) -> None:
    """All effects at once do what they do one batch after the other."""
    assert attach(attach(NOTHING, first), second) == attach(NOTHING, first + second)


def test_facts_change_by_name() -> None:
    """Facts not named keep their values; nothing changed is the same value."""
    ticket = Ticket("C-1", notes=2)
    assert known_after(ticket, {"notes": 3}, Ticket) == Ticket("C-1", notes=3)
    assert known_after(ticket, {}, Ticket) is ticket
    assert known_after(None, {"customer": "C-2"}, Ticket) == Ticket("C-2")


def records() -> list[JournalRecord]:
    """Return the journal of a ticket that was opened and noted twice."""
    first = opened()
    second = fire(first.snapshot, asked("note", Note("a")))
    third = fire(second.snapshot, asked("note", Note("b")))
    return [one.record for one in (first, second, third) if one.record is not None]


def test_folding_starts_anywhere() -> None:
    """A checkpoint and the records after it lead where all records lead."""
    journal = records()
    start = unborn(REF, AT)
    assert (start.state, start.version, start.facts) == (UNBORN, 0, None)
    checkpoint = fold(journal[:2], Ticket, start)
    assert fold(journal[2:], Ticket, checkpoint) == fold(journal, Ticket, start)


@pytest.mark.parametrize("picked", [(1,), (0, 2), (0, 0), (0, 2, 1)])
def test_a_gap_is_found(picked: tuple[int, ...]) -> None:
    """A record that is missing or repeated stops the fold."""
    journal = records()
    with pytest.raises(ValueError, match=r"ticket T-1: record \d follows version \d"):
        fold([journal[number] for number in picked], Ticket, unborn(REF, AT))


def test_the_first_instant_is_the_creations() -> None:
    """What the unborn snapshot says of time is overwritten by the first record."""
    ancient = unborn(REF, datetime(1, 1, 1, tzinfo=UTC))
    assert fold(records(), Ticket, ancient).entered_at == AT


@attrs.frozen
class Single:
    """One fact."""

    name: str


@attrs.frozen
class Keyed:
    """Facts of which some are told by name alone."""

    amount: int = attrs.field(kw_only=True)
    name: str
    remark: str = attrs.field(default="", kw_only=True)


@pytest.mark.parametrize(
    ("known", "changes", "after"),
    [
        (Single("a"), {"name": "b"}, Single("b")),
        (Keyed("a", amount=1), {"amount": 2}, Keyed("a", amount=2)),
        (Keyed("a", amount=1, remark="x"), {"name": "b"}, Keyed("b", amount=1, remark="x")),
        (Keyed("a", amount=1), {}, Keyed("a", amount=1)),
    ],
)
def test_facts_keep_what_does_not_change(
    known: object, changes: dict[str, object], after: object
) -> None:
    """However many there are and however they are given."""
    assert known_after(known, changes, type(known)) == after
    assert known_after(None, {"name": "b"}, Single) == Single("b")
