"""Rows and machines as declared, and what their parts answer about themselves."""

from __future__ import annotations

from datetime import timedelta

import attrs
import pytest

from crmflow.core.actor import SYSTEM, Actor
from crmflow.core.entity import Attached, Snapshot
from crmflow.core.link import Link
from crmflow.core.machine import ANY, KEEP, Guard, Row, Send
from crmflow.core.message import MessageKind
from crmflow.core.ref import EntityRef
from crmflow.core.timer import Elapsed
from tests.core.samples import (
    AT,
    CLERK,
    DEAL,
    HOUR,
    REF,
    TICKET,
    Opening,
    Solution,
    Ticket,
    asked,
    attempt,
    received,
)


def test_a_row_is_written_shortly() -> None:
    """Words stand for tuples and sets of names."""
    row = Row("received", "accept", who="a b", stop="t", rules="R-1 R-2", guards=[])
    assert row.source == ("received",)
    assert (row.to, row.who, row.stop) == (KEEP, frozenset("ab"), ("t",))
    assert (row.rules, row.guards) == (("R-1", "R-2"), ())
    assert Row(("a", "b"), "go", "c").name == "a, b --go-> c"
    assert Row(ANY, "go", who=("a b",)).who == {"a b"}


def test_a_machine_answers_about_itself() -> None:
    """Events, forms and states are found in the table."""
    assert TICKET.creating == "open"
    assert TICKET.events[:3] == ("open", "note", "ask")
    assert (TICKET.form("open"), TICKET.form("ask")) == (Opening, None)
    assert TICKET.state("solved").requires == ("problem",)
    with pytest.raises(KeyError):
        TICKET.state("lost")


def test_a_message_without_a_target_creates() -> None:
    """Where no target is given, the message makes one."""
    told = Send("deal", "open", lambda _attempt: {})
    assert told.kind is MessageKind.CREATE
    assert attrs.evolve(told, to=lambda _attempt: "D-1").kind is MessageKind.FIRE
    assert told.when(attempt(received(), asked("ask")))


def test_an_attempt_shows_the_event() -> None:
    """Guards read the form, the actor, the instant and linked entities."""
    link = Link("deal", DEAL, 1, "won", {})
    other = Link("contract", EntityRef("acme", "contract", "1"), 1, "signed", {})
    links = Attached(links=(link, other))
    ticket = Snapshot(REF, "received", 1, AT, AT, Ticket("C-1"), links)
    seen = attempt(ticket, asked("solve", Solution(sure=True)))
    assert (seen.form, seen.actor, seen.at) == (Solution(sure=True), CLERK, AT)
    assert seen.linked("deal") == (link,)
    assert seen.linked("lead") == ()


def test_actors_take_any_set_of_names_but_no_text() -> None:
    """A text in place of a set of roles is a mistake that is named."""
    assert Actor("clerk-1", ["a", "b"], departments={"d"}).roles == {"a", "b"}
    assert SYSTEM.roles == {"system"}
    with pytest.raises(TypeError, match="a set of names is needed, not the text 'boss'"):
        Actor("clerk-1", "boss")


def test_elapsed_is_longer_than_nothing() -> None:
    """A duration of no length is refused when declared."""
    assert Elapsed(HOUR).due_at(AT) == AT + HOUR
    with pytest.raises(ValueError, match="longer than nothing, not 0:00:00"):
        Elapsed(timedelta(0))


def test_a_guard_carries_its_reason() -> None:
    """Reason, rules and roles are data of the guard."""
    guard = Guard(lambda _attempt: True, "no_cause", rules="R-1 R-2", roles="boss")
    assert (guard.needs, guard.rules) == ("facts", ("R-1", "R-2"))
    assert guard.roles == {"boss"}


def test_a_ref_reads_as_machine_and_id() -> None:
    """The tenant is not told: an engine has only one."""
    assert str(DEAL) == "deal D-1"
