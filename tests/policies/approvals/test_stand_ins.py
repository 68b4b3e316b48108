"""Absence: a stand-in votes for who is away, who stays responsible."""

from datetime import timedelta

from crmflow.core.people import Person
from tests.policies.approvals.desk import NOW, Desk, away, chain, staff, step


def desk_with(*absent: tuple[str, str | None], steps: list[dict[str, object]]) -> Desk:
    """Return a desk with an order, these people being away with these stand-ins."""
    away_now = dict(absent)
    people = [away(one, away_now[one.id]) if one.id in away_now else one for one in staff()]
    desk = Desk.of(chain(steps=steps), people=people)
    desk.fire("order", "ann", supplier="acme")
    return desk


def test_stand_in_votes_and_the_principal_stays_responsible() -> None:
    """The task goes to the stand-in; the vote is the principal's, cast by another."""
    desk = desk_with(("bob", "dan"), steps=[step("one", "bob"), step("two", "cleo")])
    assert desk.waits_for == {"approve:order:bob": "dan"}
    assert desk.lines()[1].values["waiting"] == "bob (dan)"
    desk.fire("$approve", "dan")
    (ballot,) = desk.state.open[0].done[0].ballots
    assert (ballot.person, ballot.by) == ("bob", "dan")
    desk.fire("$approve", "cleo")
    assert desk.state.ended[0].approved_by == ("bob", "cleo")


def test_principal_may_vote_while_away() -> None:
    """Absence takes nobody's vote; then the stand-in has none left."""
    desk = desk_with(("bob", "dan"), steps=[step("one", "bob", "cleo", mode="all")])
    desk.fire("$approve", "bob")
    assert desk.denied("$approve", "dan") == "not_approver"


def test_either_takes_a_stand_ins_vote_back() -> None:
    """Whose vote it is, or who cast it."""
    for who in ("bob", "dan"):
        desk = desk_with(("bob", "dan"), steps=[step("one", "bob"), step("two", "cleo")])
        desk.fire("$approve", "dan")
        desk.fire("$take_back", who)
        assert desk.waits_for == {"approve:order:bob": "dan"}


def test_stand_in_votes_only_while_the_absence_lasts() -> None:
    """Before its start and from its end on, the stand-in is nobody."""
    desk = desk_with(("bob", "dan"), steps=[step("one", "bob")])
    desk.now = NOW + timedelta(days=30)
    assert desk.denied("$approve", "dan") == "not_approver"
    desk.fire("$approve", "bob")


def test_stand_in_of_a_stand_in() -> None:
    """Where the stand-in is away too, theirs acts; a circle ends."""
    desk = desk_with(("bob", "dan"), ("dan", "eve"), steps=[step("one", "bob")])
    assert desk.denied("$approve", "guy") == "not_approver"
    desk.fire("$approve", "eve")
    desk = desk_with(("bob", "dan"), ("dan", "bob"), steps=[step("one", "bob")])
    desk.fire("$approve", "dan")
    assert desk.snapshot.state == "ordered"


def test_stand_in_never_approves_their_own_request() -> None:
    """The requester standing in for the approver waits, and the journal says so."""
    desk = desk_with(("bob", "ann"), steps=[step("one", "bob")])
    assert desk.waits_for == {"approve:order:bob": "bob"}
    assert "stand_in_cannot_vote" in desk.reasons
    assert desk.denied("$approve", "ann") == "own_request"


def test_stand_in_with_a_vote_does_not_count_twice() -> None:
    """One person never counts twice: the other vote waits, and the journal says so."""
    desk = desk_with(("bob", "dan"), steps=[step("one", "bob", "dan", mode="all")])
    assert desk.waits_for == {"approve:order:bob": "bob", "approve:order:dan": "dan"}
    assert "stand_in_cannot_vote" in desk.reasons
    desk.fire("$approve", "dan")
    assert desk.denied("$approve", "dan") == "already_voted"
    desk.fire("$approve", "bob")


def test_one_stand_in_of_two_votes_for_one() -> None:
    """For the second who is away nobody can vote, which is said when the step opens."""
    desk = desk_with(
        ("bob", "dan"), ("cleo", "dan"), steps=[step("one", "bob", "cleo", mode="all")]
    )
    assert desk.reasons.count("stand_in_cannot_vote") == 1
    desk.fire("$approve", "dan")
    assert desk.denied("$approve", "dan") == "already_voted"
    assert desk.denied("$transfer", "cleo", to="dan", reason="x") == "already_approver"
    desk.fire("$approve", "cleo")


def test_unknown_stand_in_is_nobody() -> None:
    """The directory must know who acts."""
    desk = desk_with(("bob", "nobody"), steps=[step("one", "bob")])
    assert desk.waits_for == {"approve:order:bob": "bob"}
    assert desk.denied("$approve", "nobody") == "not_approver"


def test_absence_without_stand_in_waits() -> None:
    """Nobody acts for them."""
    desk = desk_with(("bob", None), steps=[step("one", "bob")])
    assert desk.waits_for == {"approve:order:bob": "bob"}


def test_approver_who_left_the_directory_is_replaced_by_hand() -> None:
    """A hand-over finds the vote, though the directory no longer knows them."""
    desk = Desk.of(chain())
    desk.fire("order", "ann", supplier="acme")
    stays = tuple(one for one in staff() if one.id != "bob")
    desk.registry = Desk.of(chain(), people=(*stays, Person("zoe"))).registry
    desk.fire("$hand_over", "root", person="bob", to="zoe", reason="left")
    desk.fire("$approve", "zoe")
    assert desk.snapshot.state == "ordered"
