"""Defects of approvals seen in other systems, which must not happen here."""

import pytest

from crmflow.core.people import Person
from tests.policies.approvals.desk import Desk, chain, staff, step


def asked(*steps: dict[str, object]) -> Desk:
    """Return a desk with an order that waits for these steps."""
    desk = Desk.of(chain(steps=list(steps)))
    desk.fire("order", "ann", supplier="acme")
    return desk


@pytest.mark.parametrize(
    ("columns", "votes"),
    [({"mode": "all"}, 2), ({"mode": "vote", "ratio": "0.667"}, 2), ({"mode": "sequence"}, 2)],
)
def test_node_is_not_left_although_its_quorum_was_unmet(
    columns: dict[str, object], votes: int
) -> None:
    """Two of three are not all of them, and not a rounded two thirds either."""
    desk = asked(step("one", "bob", "cleo", "dan", **columns), step("two", "eve"))
    for who in ("bob", "cleo", "dan")[:votes]:
        desk.fire("$approve", who)
    (request,) = desk.state.open
    assert request.step is not None
    assert request.step.name == "one"
    assert desk.snapshot.state == "draft"
    desk.fire("$approve", "dan")
    assert list(desk.waits_for.values()) == ["eve"]


@pytest.mark.parametrize("place", ["before", "after", "beside"])
def test_added_signer_does_not_block_refusal(place: str) -> None:
    """Who added somebody, and whoever was added, may refuse at once."""
    for who in ("bob", "dan"):
        desk = asked(step("one", "bob", mode="all"))
        desk.fire("$add_signer", "bob", person="dan", reason="expert", place=place)
        desk.fire("$refuse", who, reason="no")
        assert (desk.ended, desk.snapshot.holds) == ("approval_refused", ())


@pytest.mark.parametrize("way", [{"superior": 1}, {"superior": 2}, {"superiors_up_to": "director"}])
def test_missing_superior_does_not_silently_pass(way: dict[str, object]) -> None:
    """Who has nobody above is refused, or the fallback decides, and the journal says which."""
    people = [*staff(), Person("top", ("director",))]
    steps = [{"name": "above", "approvers": [way]}]
    desk = Desk.of(chain(steps=steps), people=people)
    assert desk.denied("order", "top", supplier="acme") == "approver_missing"
    steps[0] |= {"empty": "fallback", "fallback": [{"person": "eve"}]}
    desk = Desk.of(chain(steps=steps), people=people)
    desk.fire("order", "top", supplier="acme")
    assert "fallback_used" in desk.reasons
    desk.fire("$approve", "eve")
    assert desk.snapshot.state == "ordered"


def test_half_a_chain_of_superiors_is_none() -> None:
    """Superiors up to a role nobody above has: those below it do not decide alone."""
    steps = [{"name": "above", "mode": "sequence", "approvers": [{"superiors_up_to": "owner"}]}]
    desk = Desk.of(chain(steps=steps))
    assert desk.denied("order", "ann", supplier="acme") == "approver_missing"


def test_administrators_and_the_system_obey_the_chain() -> None:
    """No road leads around it: not a super-user's, not the system's own."""
    desk = Desk.of(chain(), chain(name="review", state="reviewing", steps=[step("one", "bob")]))
    for who in ("root", "system"):
        assert desk.ask("order", who, supplier="acme").held
        desk.fire("$stop", "root", reason="next")
    desk.fire("submit", "ann")
    for who in ("root", "system"):
        assert desk.denied("agree", who) == "not_approver"
