"""Who approves: by name, role, department, superiors, choice and facts; and where nobody is."""

from typing import Any

import pytest

from crmflow.core.people import Person
from tests.policies.approvals.desk import Desk, chain, staff, step


def approvers(
    *ways: dict[str, Any],
    people: tuple[Person, ...] | None = None,
    opening: dict[str, Any] | None = None,
    form: dict[str, Any] | None = None,
    **columns: object,
) -> list[str]:
    """Return who is awaited when `ann` orders and all of these ways must approve."""
    steps = [{"name": "first", "mode": "all", "approvers": list(ways), **columns}]
    desk = Desk.of(chain(steps=steps), people=people, **(opening or {}))
    decision = desk.ask("order", "ann", **(form or {"supplier": "acme"}))
    if decision.refusal is not None:
        return [decision.refusal.verdicts[0].reason]
    return sorted(map(str, desk.waits_for.values()))


@pytest.mark.parametrize(
    ("way", "expected"),
    [
        ({"person": "dan"}, ["dan"]),
        ({"role": "finance"}, ["dan", "eve", "fay"]),
        ({"department": "money"}, ["dan", "eve"]),
        ({"department_of": "department"}, ["dan", "eve"]),
        ({"department_of": "department", "role": "finance"}, ["dan", "eve"]),
        ({"superior": 1}, ["bob"]),
        ({"superior": 2}, ["cleo"]),
        ({"superiors_up_to": "director"}, ["bob", "cleo"]),
        ({"superiors_up_to": "head"}, ["bob"]),
        ({"chosen": "approver"}, ["guy"]),
        ({"fact": "owner"}, ["eve"]),
        ({"fact": "buyers"}, ["fay", "guy"]),
        ({"owner": True}, ["eve"]),
    ],
)
def test_every_way_finds_its_people(way: dict[str, Any], expected: list[str]) -> None:
    """Each way asks the directory, the facts or the form."""
    opening = {"department": "money", "owner": "eve", "buyers": ["guy", "fay"]}
    form = {"supplier": "acme", "approver": "guy"}
    assert approvers(way, opening=opening, form=form) == expected


@pytest.mark.parametrize(
    "way",
    [
        {"person": "nobody"},
        {"role": "astronaut"},
        {"superior": 3},
        {"superiors_up_to": "astronaut"},
        {"chosen": "approver"},
        {"fact": "owner"},
        {"department_of": "department"},
    ],
)
def test_missing_approver_refuses_by_default(way: dict[str, Any]) -> None:
    """What a way does not find is never passed over, other approvers or not."""
    assert approvers(way) == ["approver_missing"]
    assert approvers({"person": "dan"}, way) == ["approver_missing"]


def test_alternatives_may_lack_one_way() -> None:
    """Where any one decides, the others are enough."""
    ways = ({"person": "dan"}, {"role": "astronaut"})
    assert approvers(*ways, mode="any") == ["dan"]


def test_missing_approver_may_pass_as_stated() -> None:
    """The reason is journaled; those who were found still vote."""
    desk = Desk.of(chain(steps=[{"name": "a", "approvers": [{"superior": 9}], "empty": "pass"}]))
    desk.fire("order", "ann", supplier="acme")
    assert desk.snapshot.state == "ordered"
    assert "passed_without_approver" in desk.reasons
    assert approvers({"person": "dan"}, {"superior": 9}, empty="pass") == ["dan"]


def test_missing_approver_may_have_a_fallback() -> None:
    """It takes the place of who is missing; where it lacks too, the event is refused."""
    fallback: dict[str, Any] = {"empty": "fallback", "fallback": [{"role": "director"}]}
    assert approvers({"superior": 9}, **fallback) == ["cleo"]
    assert approvers({"person": "dan"}, {"superior": 9}, **fallback) == ["cleo", "dan"]
    lacking = fallback | {"fallback": [{"role": "astronaut"}, {"person": "ann"}]}
    assert approvers({"superior": 9}, **lacking) == ["fallback_missing"]


def test_requester_does_not_approve_by_default() -> None:
    """Left out of a role; alone in it, the approver is missing."""
    people = (*staff(), Person("ida", ("clerk",)))
    assert approvers({"role": "clerk"}, people=people) == ["ida"]
    assert approvers({"role": "clerk"}) == ["approver_missing"]


def test_requester_may_be_replaced_by_the_superior() -> None:
    """Where nobody is above, the approver is missing."""
    assert approvers({"person": "ann"}, own_request="superior") == ["bob"]
    clerks = (*staff(), Person("abe", ("clerk",)), Person("ida", ("clerk",)))
    found = approvers({"role": "clerk"}, people=clerks, own_request="superior")
    assert found == ["abe", "bob", "ida"]
    alone = (Person("ann"),)
    assert approvers({"person": "ann"}, people=alone, own_request="superior") == [
        "approver_missing"
    ]
    gone = (Person("ann", superior="bob"),)
    assert approvers({"person": "ann"}, people=gone, own_request="superior") == ["approver_missing"]


def test_requester_approves_only_where_it_is_stated() -> None:
    """Then it is an approval like any other."""
    desk = Desk.of(chain(steps=[step("one", "ann", own_request="allow")]))
    desk.fire("order", "ann", supplier="acme")
    desk.fire("$approve", "ann")
    assert desk.snapshot.state == "ordered"


def test_each_person_has_one_vote() -> None:
    """Found twice, a person is asked once."""
    assert approvers({"person": "dan"}, {"department": "money"}) == ["dan", "eve"]


def test_circle_of_superiors_ends() -> None:
    """A directory with a circle neither hangs nor finds the requester above."""
    people = (Person("ann", superior="bob"), Person("bob", superior="ann"))
    assert approvers({"superior": 1}, people=people) == ["bob"]
    assert approvers({"superior": 2}, people=people) == ["approver_missing"]


def test_quorum_beyond_the_approvers_is_refused() -> None:
    """A count that those found cannot reach is said at once."""
    finance = {"role": "finance"}
    assert approvers(finance, mode="vote", count=4) == ["quorum_unreachable"]
    weighed = approvers(finance, mode="vote", count=4, weights={"finance": 2})
    assert weighed == ["dan", "eve", "fay"]
