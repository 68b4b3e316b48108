"""What a refused action is told: why, by which row, and what would be right."""

from __future__ import annotations

from decimal import Decimal

import pytest

from crmflow.core.verdict import Verdict
from tests.policies.approvals.desk import Desk, chain, step

THREE = (step("one", "bob"), step("two", "cleo"), step("three", "dan"))


def asked(*steps: dict[str, object], **columns: object) -> Desk:
    """Return a desk with an order that waits for these steps."""
    desk = Desk.of(chain(steps=list(steps), rules=["CON-011"], version="v7", **columns))
    desk.fire("order", "ann", supplier="acme")
    return desk


def refusal(desk: Desk, event: str, who: str, **payload: object) -> Verdict:
    """Return what a refused action is answered by the chain."""
    refused = desk.ask(event, who, **payload).refusal
    assert refused is not None
    (verdict,) = refused.verdicts
    assert (verdict.row, verdict.version, verdict.rules) == ("orders", "v7", ("CON-011",))
    assert verdict.values["request"] == "order"
    return verdict


@pytest.mark.parametrize(
    ("event", "who", "payload", "reason", "values"),
    [
        ("$return", "dan", {"reason": "?", "to": "three"}, "unknown_step",
            {"steps": "requester, one, two"}),
        ("$remove_signer", "root", {"reason": "?", "person": "dan"}, "last_signer",
            {"person": "dan"}),
        ("$remove_signer", "root", {"reason": "?", "person": "guy"}, "not_a_signer",
            {"person": "guy"}),
        ("$copy_to", "ann", {"people": ["zoe", "bob", "yul"]}, "unknown_person",
            {"person": "zoe, yul"}),
    ],
)  # fmt: skip
def test_a_refusal_says_what_would_be_right(
    event: str, who: str, payload: dict[str, object], reason: str, values: dict[str, object]
) -> None:
    """Steps that there are, and the person it is about."""
    desk = asked(*THREE)
    for person in ("bob", "cleo"):
        desk.fire("$approve", person)
    verdict = refusal(desk, event, who, **payload)
    assert (verdict.reason, verdict.values) == (reason, {"request": "order", **values})


def test_who_asks_is_told_who_may_approve() -> None:
    """Nobody approves what they ask for, and it is said who can."""
    desk = asked(step("first", "bob", "cleo", mode="all"))
    verdict = refusal(desk, "$approve", "ann")
    assert (verdict.reason, verdict.people) == ("own_request", ("bob", "cleo"))


def test_handing_over_nothing_says_what_is_open() -> None:
    """It is about all of an entity's requests, so none of their rows answers."""
    form = {"reason": "leaves", "person": "guy", "to": "eve"}
    refused = asked(*THREE).ask("$hand_over", "root", **form).refusal
    assert refused is not None
    (verdict,) = refused.verdicts
    assert (verdict.reason, verdict.row) == ("not_a_signer", "")
    assert verdict.values == {"open": "order", "person": "guy"}


def test_every_fault_of_a_new_form_is_told() -> None:
    """One after another, as anywhere."""
    desk = asked(*THREE)
    desk.fire("$return", "bob", reason="why?")
    verdict = refusal(desk, "$resubmit", "ann", payload={"supplier": 7, "approver": 7})
    first, second = str(verdict.values["faults"]).split("; ")
    assert first.startswith("$.approver: ")
    assert second.startswith("$.supplier: ")


def test_who_has_not_voted_takes_nothing_back() -> None:
    """Neither in the open step nor in the one before."""
    desk = asked(*THREE)
    desk.fire("$approve", "bob")
    assert refusal(desk, "$take_back", "dan").reason == "nothing_to_take_back"
    later = asked(step("one", "bob"), step("two", "cleo", "dan", mode="all"))
    for person in ("bob", "cleo"):
        later.fire("$approve", person)
    assert refusal(later, "$take_back", "eve").reason == "nothing_to_take_back"


def test_a_vote_that_is_taken_back_was_never_given() -> None:
    """Its step is open again, and not among those that are done."""
    desk = asked(*THREE)
    desk.fire("$approve", "bob")
    desk.fire("$take_back", "bob")
    (request,) = desk.state.open
    assert (request.done, request.approvers) == ((), ())
    assert desk.waits_for == {"approve:order:bob": "bob"}


def test_what_was_not_changed_goes_straight_back() -> None:
    """The facts it covers and the form are as they were approved."""
    desk = asked(*THREE, covers=["amount"])
    desk.fire("$approve", "bob")
    desk.fire("$return", "cleo", reason="why?", resume="jump")
    desk.fire("change", "ann", remark="as agreed")
    desk.fire("$resubmit", "ann")
    assert list(desk.waits_for.values()) == ["cleo"]


def test_a_restarted_request_takes_every_step() -> None:
    """The jump it was returned with is forgotten, as what was approved is."""
    desk = asked(*THREE)
    for person in ("bob", "cleo"):
        desk.fire("$approve", person)
    desk.fire("$return", "dan", reason="why?", resume="jump")
    desk.fire("$resubmit", "ann", payload={"supplier": "better"})
    desk.fire("$approve", "bob")
    assert list(desk.waits_for.values()) == ["cleo"]


def test_a_restarted_request_covers_the_facts_of_now() -> None:
    """Changed once, it is not restarted again by what leaves them as they are."""
    desk = asked(*THREE, covers=["amount"], on_change="restart")
    desk.fire("change", "guy", amount=Decimal(900))
    desk.fire("$approve", "bob")
    desk.fire("change", "guy", remark="soon")
    assert list(desk.waits_for.values()) == ["cleo"]


def test_a_step_that_cannot_be_passed_is_named() -> None:
    """Where an event is refused at once, and where a request comes to it later."""
    beyond = step("second", mode="vote", count=4, approvers=[{"role": "finance"}])
    desk = Desk.of(chain(steps=[beyond]))
    refused = desk.ask("order", "ann", supplier="acme").refusal
    assert refused is not None
    (verdict,) = refused.verdicts
    assert (verdict.reason, verdict.values["step"]) == ("quorum_unreachable", "second")
    desk = asked(step("first", "bob"), beyond)
    desk.fire("$approve", "bob")
    told = [one for one in desk.records[-1].verdicts if one.reason == "quorum_unreachable"]
    assert told[0].values["step"] == "second"
