"""Actions that move a request: approve, refuse, return, resubmit, withdraw, take back, stop."""

from decimal import Decimal

import pytest

from tests.policies.approvals.desk import Desk, chain, step


def asked(*steps: dict[str, object], **columns: object) -> Desk:
    """Return a desk with an order that waits for these steps."""
    desk = Desk.of(chain(steps=list(steps), **columns))
    desk.fire("order", "ann", supplier="acme")
    return desk


THREE = (step("one", "bob"), step("two", "cleo"), step("three", "dan"))


def walk(desk: Desk, *people: str) -> None:
    """Let people approve one after another."""
    for person in people:
        desk.fire("$approve", person)


def test_request_must_be_named_where_it_is_not_the_only_one() -> None:
    """An action finds its request, or says which are open."""
    desk = Desk.of(chain())
    assert desk.denied("$approve", "bob") == "no_request"
    desk.fire("order", "ann", supplier="acme")
    assert desk.denied("$approve", "bob", request="drop") == "no_request"
    desk.fire("$approve", "bob", request="order")


def test_steps_are_walked_in_order() -> None:
    """Only the approver of the open step approves, and only once."""
    desk = asked(*THREE)
    assert desk.denied("$approve", "cleo") == "not_approver"
    desk.fire("$approve", "bob")
    assert desk.denied("$approve", "bob") == "not_approver"
    walk(desk, "cleo", "dan")
    assert desk.state.ended[0].approved_by == ("bob", "cleo", "dan")


@pytest.mark.parametrize(
    ("resume", "after"), [("again", ["one", "two", "three"]), ("jump", ["one", "three"])]
)
def test_return_to_an_earlier_step(resume: str, after: list[str]) -> None:
    """From there all steps are walked again, or it jumps straight back to the returner."""
    desk = asked(*THREE)
    walk(desk, "bob", "cleo")
    assert desk.denied("$return", "dan", reason="why?", to="three") == "unknown_step"
    assert desk.denied("$return", "bob", reason="why?", to="one") == "not_approver"
    desk.fire("$return", "dan", reason="why?", to="one", resume=resume)
    names = []
    while (request := desk.state.find("order")) is not None:
        assert request.step is not None
        names.append(request.step.name)
        walk(desk, request.step.seats[0].signers[0].person)
    assert (names, desk.snapshot.state) == (after, "ordered")
    assert set(desk.state.ended[0].approved_by) == {"bob", "cleo", "dan"}


@pytest.mark.parametrize(("resume", "first"), [("again", "bob"), ("jump", "cleo")])
def test_return_to_the_requester(resume: str, first: str) -> None:
    """The requester hands it in again; it starts anew or at the returner's step."""
    desk = asked(*THREE)
    walk(desk, "bob")
    assert desk.denied("$resubmit", "ann") == "not_returned"
    desk.fire("$return", "cleo", reason="why?", resume=resume)
    assert desk.waits_for == {"resubmit:order:ann": "ann"}
    assert desk.snapshot.tasks[0].role == ""
    for event in ("$approve", "$return", "$transfer", "$refuse"):
        form = {} if event == "$approve" else {"reason": "x"}
        form |= {"to": "guy"} if event == "$transfer" else {}
        assert desk.denied(event, "cleo", **form) == "waits_for_resubmission"
    assert desk.denied("$take_back", "bob") == "nothing_to_take_back"
    assert desk.denied("$resubmit", "guy") == "not_requester"
    desk.fire("$resubmit", "ann", comment="so")
    assert list(desk.waits_for.values()) == [first]


def test_resubmission_with_another_form_is_approved_anew() -> None:
    """Nobody approved what is new in it: a jump is not made."""
    desk = asked(*THREE)
    walk(desk, "bob")
    desk.fire("$return", "cleo", reason="why?", resume="jump")
    refused = desk.ask("$resubmit", "ann", payload={"supplier": 7})
    assert refused.refusal is not None
    assert refused.refusal.verdicts[0].reason == "payload_faults"
    assert "$.supplier" in str(refused.refusal.verdicts[0].values["faults"])
    desk.fire("$resubmit", "ann", payload={"supplier": "better"})
    assert list(desk.waits_for.values()) == ["bob"]
    assert desk.reasons[-1] == "restarted"
    walk(desk, "bob", "cleo", "dan")
    assert desk.snapshot.facts.supplier == "better"


def test_facts_may_be_corrected_while_it_is_with_the_requester() -> None:
    """That is what it was returned for: the change voids nothing, but is approved anew."""
    desk = asked(*THREE, covers=["amount"])
    walk(desk, "bob")
    desk.fire("$return", "cleo", reason="why?", resume="jump")
    desk.fire("change", "ann", amount=Decimal(7))
    desk.fire("$resubmit", "ann")
    assert list(desk.waits_for.values()) == ["bob"]


def test_requester_withdraws_while_undecided() -> None:
    """The hold is dropped; others may not."""
    desk = asked(*THREE)
    assert desk.denied("$withdraw", "bob") == "not_requester"
    desk.fire("$withdraw", "ann", comment="changed my mind")
    assert (desk.ended, desk.snapshot.holds, desk.waits_for) == ("approval_withdrawn", (), {})
    assert desk.state.ended[0].by == "ann"
    assert desk.denied("$withdraw", "ann") == "no_request"


def test_returned_request_may_be_withdrawn() -> None:
    """The requester need not hand it in again."""
    desk = asked(*THREE)
    desk.fire("$return", "bob", reason="why?")
    desk.fire("$withdraw", "ann")
    assert desk.snapshot.holds == ()


def test_administrator_stops_with_a_reason() -> None:
    """Only the chain's administrators; who could is named."""
    desk = asked(*THREE, administrators=["head"])
    refused = desk.ask("$stop", "root", reason="x")
    assert refused.refusal is not None
    assert refused.refusal.roles == ("head",)
    assert desk.denied("$stop", "root", reason="x") == "not_administrator"
    desk.fire("$stop", "bob", reason="wrong form")
    assert (desk.ended, desk.snapshot.holds) == ("approval_stopped", ())
    assert desk.state.ended[0].comment == "wrong form"


def test_vote_is_taken_back_while_the_next_step_is_untouched() -> None:
    """It returns to the step before; a vote in the next one ends the chance."""
    both = step("two", "cleo", "dan", mode="all")
    desk = asked(step("one", "bob"), both)
    walk(desk, "bob")
    assert desk.denied("$take_back", "dan") == "nothing_to_take_back"
    desk.fire("$take_back", "bob")
    assert list(desk.waits_for.values()) == ["bob"]
    walk(desk, "bob", "cleo")
    assert desk.denied("$take_back", "bob") == "next_step_touched"
    desk.fire("$take_back", "cleo")
    assert set(desk.waits_for.values()) == {"cleo", "dan"}


def test_vote_in_a_sequence_is_taken_back_only_by_the_last() -> None:
    """Who comes later in a sequence has seen it."""
    desk = asked(step("one", "bob", "cleo", "dan", mode="sequence"))
    walk(desk, "bob", "cleo")
    assert desk.denied("$take_back", "bob") == "next_step_touched"
    desk.fire("$take_back", "cleo")
    assert list(desk.waits_for.values()) == ["cleo"]


def test_vote_that_others_make_up_for_is_not_taken_back() -> None:
    """A step that its other votes carry stays passed."""
    steps = (step("one", "bob", "cleo", "guy", mode="all"), step("two", "dan"))
    desk = asked(*steps)
    walk(desk, "bob", "cleo", "guy")
    desk.fire("$take_back", "guy")
    walk(desk, "guy")
    desk = asked(step("one", "bob", "cleo", mode="any"), step("two", "dan"))
    walk(desk, "bob")
    assert desk.denied("$take_back", "cleo") == "nothing_to_take_back"
    desk.fire("$take_back", "bob")
    assert set(desk.waits_for.values()) == {"bob", "cleo"}


def test_vote_that_the_others_outweigh_is_not_taken_back() -> None:
    """The step stays passed by the votes of those who came after."""
    weighed = step("one", "bob", "cleo", mode="vote", count=3, weights={"cleo": 3})
    desk = asked(weighed, step("two", "dan"))
    walk(desk, "bob", "cleo")
    assert desk.denied("$take_back", "bob") == "nothing_to_take_back"
    desk.fire("$take_back", "cleo")


@pytest.mark.parametrize(
    ("same", "asked_again"),
    [("each", ["dan", "bob"]), ("once", []), ("consecutive", ["bob"])],
)
def test_same_person_twice(same: str, asked_again: list[str]) -> None:
    """An approval counts once for all, for the next step only, or for its own step."""
    steps = (step("a", "bob"), step("b", "dan"), step("c", "dan"), step("d", "bob"))
    desk = asked(*steps, same_person=same)
    walk(desk, "bob", "dan", *asked_again)
    assert desk.snapshot.state == "ordered"
    assert desk.reasons.count("approved_before") == 2 - len(asked_again)
