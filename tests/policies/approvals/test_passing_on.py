"""Actions that change who votes and who knows."""

import pytest

from tests.policies.approvals.desk import Desk, chain, step


def asked(*people: str, **columns: object) -> Desk:
    """Return a desk with an order that waits for these people."""
    desk = Desk.of(chain(steps=[step("first", *people, **columns)]))
    desk.fire("order", "ann", supplier="acme")
    return desk


def test_transfer_lets_the_new_person_decide() -> None:
    """The old one is out, and it never comes back to them."""
    desk = asked("bob")
    desk.fire("$transfer", "bob", to="dan", reason="not mine")
    assert desk.waits_for == {"approve:order:dan": "dan"}
    assert desk.denied("$approve", "bob") == "not_approver"
    assert desk.denied("$transfer", "dan", to="bob", reason="nor mine") == "passed_on_in_a_circle"
    desk.fire("$approve", "dan")
    assert desk.state.ended[0].approved_by == ("dan",)


def test_delegated_vote_returns_to_the_delegator() -> None:
    """What the delegate says is an opinion; the delegator decides, and may do so at any time."""
    desk = asked("bob")
    desk.fire("$delegate", "bob", to="dan", reason="what do you think?")
    assert desk.waits_for == {"approve:order:bob": "dan"}
    desk.fire("$refuse", "dan", reason="rather not")
    assert desk.waits_for == {"approve:order:bob": "bob"}
    desk.fire("$delegate", "bob", to="eve", reason="and you?")
    desk.fire("$approve", "bob")
    assert desk.state.ended[0].approved_by == ("bob",)


def test_signer_added_before_is_asked_first() -> None:
    """The approver's approval waits for theirs; the approver's refusal does not."""
    desk = asked("bob")
    desk.fire("$add_signer", "bob", person="dan", reason="expert")
    assert desk.waits_for == {"approve:order:dan": "dan"}
    assert desk.denied("$approve", "bob") == "waits_for_signer"
    desk.fire("$approve", "dan")
    desk.fire("$approve", "bob")
    assert desk.snapshot.state == "ordered"


def test_signer_added_after_is_asked_afterwards() -> None:
    """The approval counts once both have approved; one refusal of either refuses."""
    desk = asked("bob", "cleo", mode="any")
    desk.fire("$add_signer", "bob", person="dan", reason="expert", place="after")
    desk.fire("$approve", "bob")
    assert desk.snapshot.state == "draft"
    desk.fire("$refuse", "dan", reason="no")
    assert desk.snapshot.holds
    desk.fire("$refuse", "cleo", reason="no")
    assert desk.ended == "approval_refused"


def test_signer_added_beside_has_a_vote_of_their_own() -> None:
    """Where all must agree, one more must."""
    desk = asked("bob", "cleo", mode="all")
    desk.fire("$approve", "cleo")
    desk.fire("$add_signer", "bob", person="dan", reason="expert", place="beside")
    desk.fire("$approve", "bob")
    assert desk.waits_for == {"approve:order:dan": "dan"}
    desk.fire("$approve", "dan")
    assert desk.snapshot.state == "ordered"


def test_signers_are_removed_by_who_added_them_or_an_administrator() -> None:
    """Never the last, never one who has voted."""
    desk = asked("bob", "cleo", mode="all")
    desk.fire("$add_signer", "bob", person="dan", reason="expert")
    assert desk.denied("$remove_signer", "bob", person="guy", reason="x") == "not_a_signer"
    assert desk.denied("$remove_signer", "bob", person="cleo", reason="x") == "not_who_added"
    refused = desk.ask("$remove_signer", "cleo", person="dan", reason="x")
    assert refused.refusal is not None
    assert refused.refusal.verdicts[0].people == ("bob",)
    desk.fire("$remove_signer", "bob", person="dan", reason="no need")
    desk.fire("$approve", "bob")
    assert desk.denied("$remove_signer", "root", person="bob", reason="x") == "already_voted"
    desk.fire("$remove_signer", "root", person="cleo", reason="has left")
    assert desk.snapshot.state == "ordered"
    assert desk.state.ended[0].approved_by == ("bob",)


def test_administrator_does_not_arrange_their_own_request() -> None:
    """Who asks does not choose who signs, whatever role they have."""
    desk = Desk.of(chain(steps=[step("first", "bob", "cleo", mode="all")]))
    desk.fire("order", "root", supplier="acme")
    assert desk.denied("$remove_signer", "root", person="bob", reason="x") == "not_who_added"
    form = {"person": "bob", "to": "dan", "reason": "leaves"}
    assert desk.denied("$hand_over", "root", **form) == "own_request"
    desk.fire("$stop", "root", reason="not needed")


def test_last_signer_stays() -> None:
    """A step without anybody would be no approval."""
    desk = asked("bob")
    assert desk.denied("$remove_signer", "root", person="bob", reason="x") == "last_signer"


def test_quorum_that_could_not_be_reached_any_more_is_said() -> None:
    """A signer whom the count needs is not removed."""
    desk = asked("bob", "cleo", mode="vote", count=2)
    assert desk.denied("$remove_signer", "root", person="bob", reason="x") == "quorum_unreachable"


@pytest.mark.parametrize(
    ("event", "field"), [("$transfer", "to"), ("$delegate", "to"), ("$add_signer", "person")]
)
def test_who_may_not_vote_is_not_brought_in(event: str, field: str) -> None:
    """Not the requester, nobody unknown, nobody twice; and only by those whose vote is open."""
    desk = asked("bob", "cleo", "dan", mode="all")
    desk.fire("$delegate", "dan", to="guy", reason="?")
    for person, reason in (
        ("ann", "own_request"),
        ("nobody", "unknown_person"),
        ("cleo", "already_approver"),
        ("guy", "already_approver"),
    ):
        assert desk.denied(event, "bob", reason="x", **{field: person}) == reason
    assert desk.denied(event, "eve", reason="x", **{field: "fay"}) == "not_approver"
    desk.fire("$approve", "bob")
    assert desk.denied(event, "bob", reason="x", **{field: "fay"}) == "already_voted"


def test_copies_are_read_along() -> None:
    """Whoever is involved gives copies; they end with the request."""
    desk = asked("bob")
    assert desk.denied("$copy_to", "eve", people=["dan"]) == "not_involved"
    assert desk.denied("$copy_to", "ann", people=["dan", "nobody"]) == "unknown_person"
    desk.fire("$copy_to", "ann", people=["dan", "dan"])
    assert desk.waits_for["read_copy:order:dan"] == "dan"
    desk.fire("$approve", "bob")
    assert desk.waits_for == {}


def test_reminders_are_limited() -> None:
    """Not more often than the chain says; when again is told."""
    desk = asked("bob")
    assert desk.denied("$remind", "eve") == "not_involved"
    desk.fire("$remind", "ann")
    desk.wait(hours=3)
    refused = desk.ask("$remind", "root")
    assert refused.refusal is not None
    (verdict,) = refused.refusal.verdicts
    assert verdict.reason == "reminded_too_soon"
    assert verdict.values["next_at"] == "2026-03-02T13:00:00+00:00"
    desk.wait(hours=1)
    desk.fire("$remind", "root")


def test_reminder_reaches_who_has_it_now() -> None:
    """A returned request waits for its requester, who may be reminded too."""
    desk = asked("bob")
    desk.fire("$return", "bob", reason="?")
    desk.fire("$remind", "root")
    assert desk.state.open[0].reminded_at == desk.now


def test_all_of_someone_who_leaves_is_handed_over() -> None:
    """Votes go to the other, opinions back to who asked; one event for all requests."""
    desk = Desk.of(
        chain(event="drop", name="a", steps=[step("one", "bob")]),
        chain(steps=[step("one", "cleo", "bob", mode="all")]),
    )
    desk.fire("drop", "ann")
    desk.fire("order", "ann", supplier="acme")
    desk.fire("$delegate", "cleo", request="order", to="guy", reason="?")
    form = {"person": "bob", "to": "dan", "reason": "leaves"}
    assert desk.denied("$hand_over", "ann", **form) == "not_administrator"
    assert desk.denied("$hand_over", "root", **(form | {"to": "ann"})) == "own_request"
    assert desk.denied("$hand_over", "root", **(form | {"to": "cleo"})) == "already_approver"
    assert desk.denied("$hand_over", "root", **(form | {"person": "eve"})) == "not_a_signer"
    desk.fire("$hand_over", "root", **form)
    desk.fire("$hand_over", "root", person="guy", to="eve", reason="leaves")
    assert desk.waits_for == {
        "approve:drop:dan": "dan",
        "approve:order:cleo": "cleo",
        "approve:order:dan": "dan",
    }


def test_vote_that_was_cast_is_not_handed_over() -> None:
    """Nor does a request wait for anybody while it is with its requester."""
    desk = asked("bob", "cleo", mode="all")
    form = {"person": "bob", "to": "dan", "reason": "leaves"}
    desk.fire("$approve", "bob")
    assert desk.denied("$hand_over", "root", **form) == "not_a_signer"
    desk.fire("$return", "cleo", reason="?")
    assert desk.denied("$hand_over", "root", **form) == "not_a_signer"
    assert desk.denied("$hand_over", "root", **(form | {"person": "ann"})) == "not_a_signer"
    assert desk.denied("$remove_signer", "root", person="bob", reason="x") == "not_a_signer"
