"""Explanations and the inbox: what waits for whom, since when, until when, and what ended."""

from decimal import Decimal

import pytest

from crmflow.policies.approvals import Reason, waiting
from crmflow.policies.approvals.forms import FORMS
from crmflow.policies.approvals.rows import Mode
from crmflow.texts import Section, Texts
from tests.policies.approvals.desk import NOW, Desk, chain, step


def asked(**columns: object) -> Desk:
    """Return a desk with an order that waits for all of three people."""
    given = {"mode": "all", "limit": "2h", **columns}
    steps = [step("first", "bob", "dan", "cleo", **given), step("second", "cleo")]
    desk = Desk.of(chain(steps=steps, rules=["CON-011"], version="v7"))
    desk.fire("order", "ann", supplier="acme")
    return desk


def test_open_request_is_explained() -> None:
    """The chain, its step, the votes so far and who is still awaited."""
    desk = asked()
    desk.fire("$approve", "bob")
    desk.fire("$delegate", "dan", to="eve", reason="?")
    asks, at_step, ends, due = desk.lines()
    assert (asks.code, asks.row, asks.rules) == ("approval_asked", "orders v7", ("CON-011",))
    assert asks.values == {"request": "order", "by": "ann", "at": NOW}
    told = at_step.values
    assert (told["step"], told["number"], told["steps"], told["mode"]) == ("first", 1, 2, "all")
    assert (told["voted"], told["waiting"]) == ("bob: approve", "dan (eve), cleo")
    assert (told["yes"], told["no"], told["needed"], told["since"]) == (1, 0, 3, NOW)
    assert (ends.code, ends.values["needed"]) == ("approval_ends_all", 3)
    assert due.values["due_at"] == desk.snapshot.tasks[0].due_at


def test_returned_and_ended_requests_are_explained() -> None:
    """Who has it now; how the last one ended."""
    desk = asked(limit=None)
    desk.fire("$return", "bob", reason="more")
    assert [line.code for line in desk.lines()] == ["approval_asked", "approval_with_requester"]
    desk.fire("$withdraw", "ann", comment="no need")
    (line,) = desk.lines()
    assert (line.code, line.values["by"]) == ("ended_approval_withdrawn", "ann")
    assert (line.values["comment"], line.values["approvers"]) == ("no need", "-")


def test_what_nobody_ended_has_nobody_named() -> None:
    """Neither who nor what was said."""
    desk = Desk.of(chain(covers=["amount"]))
    desk.fire("order", "ann", supplier="acme")
    desk.fire("change", "ann", amount=Decimal(7))
    (line,) = desk.lines()
    assert line.code == "ended_facts_changed"
    assert line.values == {
        "request": "order", "at": NOW, "by": "-", "comment": "-", "approvers": "-",
    }  # fmt: skip


def test_signers_of_one_vote_are_told_apart() -> None:
    """Who of them has voted is awaited no more; a step without a limit has no due instant."""
    desk = asked(limit=None)
    desk.fire("$add_signer", "bob", person="guy", reason="expert", place="after")
    desk.fire("$approve", "bob")
    lines = desk.lines()
    assert [line.code for line in lines][1:] == ["approval_step", "approval_ends_all"]
    assert lines[1].values["waiting"] == "guy, dan, cleo"


def test_chain_that_left_the_table_is_explained_as_it_was() -> None:
    """The step keeps what it was opened with."""
    desk = asked()
    desk.registry = Desk.of(chain(name="new", event="drop")).registry
    lines = desk.lines()
    assert (lines[0].row, lines[0].rules) == ("orders v7", ())
    assert lines[1].values["steps"] == 1


ENDS = (
    Reason.APPROVED,
    Reason.APPROVAL_REFUSED,
    Reason.APPROVAL_RETURNED,
    Reason.APPROVAL_WITHDRAWN,
    Reason.APPROVAL_STOPPED,
    Reason.HOLD_VOIDED,
    Reason.FACTS_CHANGED,
    Reason.APPROVED_EVENT_REFUSED,
    Reason.APPROVAL_TIMED_OUT,
    Reason.APPROVER_MISSING,
    Reason.FALLBACK_MISSING,
    Reason.QUORUM_UNREACHABLE,
)
"""For which reasons a request ends."""


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_line_and_reason_has_a_text(lang: str) -> None:
    """All codes of explanations, reasons, tasks and events are told in both languages."""
    texts = Texts(lang)
    codes: list[tuple[Section, str]] = [("reasons", reason.value) for reason in Reason]
    codes += [("events", event) for event in FORMS]
    codes += [("tasks", task) for task in ("approve", "resubmit", "read_copy", "approval_stuck")]
    ends = [f"approval_ends_{mode}" for mode in Mode]
    ended = [f"ended_{reason}" for reason in ENDS]
    told = ["approval_asked", "approval_with_requester", "approval_step", "approval_due"]
    codes += [("lines", line) for line in (*told, *ends, *ended)]
    assert [code for code in codes if texts.find(*code) is None] == []


def test_inbox_tells_what_waits_for_whom() -> None:
    """What is overdue comes first, then what is due; without a limit last."""
    desk = Desk.of(
        chain(steps=[step("one", "bob", limit="2h"), step("two", "dan")]),
        chain(name="drops", event="drop", steps=[step("one", "eve")]),
    )
    desk.fire("drop", "ann")
    desk.fire("order", "ann", supplier="acme")
    desk.fire("$copy_to", "ann", request="order", people=["guy"])
    first, second = waiting(desk.snapshot, NOW)
    assert (first.request, first.kind, first.assignee, first.step) == (
        "order",
        "approve",
        "bob",
        "one",
    )
    assert (first.overdue, second.overdue, second.assignee) == (False, False, "eve")
    assert first.due_at is not None
    assert waiting(desk.snapshot, first.due_at)[0].overdue
    desk.fire("$return", "bob", request="order", reason="?")
    (back, _) = waiting(desk.snapshot, NOW)
    assert (back.kind, back.assignee, back.step, back.requester) == ("resubmit", "ann", "", "ann")


def test_inbox_of_an_entity_without_requests_is_empty() -> None:
    """Nothing waits."""
    assert waiting(Desk.of(chain()).snapshot, NOW) == []
