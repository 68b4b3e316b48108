"""Quorums: whether a request finds enough others, whoever asks."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crmflow.analysis.checking import quorum
from crmflow.core.machine import Kind, Machine, Row, State
from crmflow.core.people import Person
from crmflow.core.ref import UNBORN
from tests.analysis.checking.desk import chain, claim, faults, person, subject

MANAGERS = [{"role": "manager"}]


def board(**columns: object) -> dict[str, object]:
    """Return a chain of one step."""
    return chain("board", steps=[{"name": "board", "approvers": MANAGERS, **columns}])


def told(people: list[Person], *rows: dict[str, object]) -> list[tuple[str, object]]:
    """Return kind and people of each fault."""
    found = faults(quorum.quorums, subject({"chains": rows}, people=people))
    return [(str(one.kind), one.values["people"]) for one in found]


@settings(max_examples=25)
@given(st.integers(1, 4), st.lists(st.sets(st.sampled_from(["employee", "manager"])), max_size=4))
@example(1, [{"employee", "manager"}])
@example(2, [{"employee", "manager"}, {"manager"}])
@example(2, [{"employee"}, {"manager"}, {"manager"}])
def test_a_count_is_told_where_somebody_finds_fewer_others(
    count: int, roles: list[set[str]]
) -> None:
    """Managers vote, employees ask, and nobody votes on an own request."""
    people = [person(f"p{number}", *sorted(held)) for number, held in enumerate(roles)]
    others = [
        sum("manager" in other.roles for other in people if other is not one)
        for one in people
        if "employee" in one.roles
    ]
    found = {kind for kind, _ in told(people, board(mode="vote", count=count))}
    assert ("unreachable_quorum" in found) == any(0 < many < count for many in others)
    alone = [p for p in people if "employee" in p.roles and "manager" in p.roles]
    nobody = any(not any("manager" in o.roles for o in people if o is not p) for p in alone)
    assert ("only_requester" in found) == nobody


ANN = person("ann", "employee", "manager")
BEN = person("ben", "employee")


def test_the_only_approver_cannot_ask() -> None:
    """Unless the row lets an own request pass to somebody else."""
    assert told([ANN, BEN], board()) == [("only_requester", "ann")]
    assert told([ANN, BEN, person("eve", "manager")], board()) == []
    allowed = board(own_request="allow")
    assert told([ANN, BEN], allowed) == [("only_requester", "ann")]
    boss = person("boss")
    above = person("ann", "employee", "manager", superior="boss")
    assert told([above, boss], board(own_request="superior")) == []
    other = board(empty="fallback", fallback=[{"person": "boss"}])
    assert told([ANN, boss], other) == []
    assert told([ANN, boss], board(empty="pass")) == []


def test_who_has_no_superior_cannot_ask() -> None:
    """Several are told at once, those of many by the first three."""
    above = chain("above", steps=[{"name": "above", "approvers": [{"superior": 1}]}])
    boss = person("boss", "employee")
    ann = person("ann", "employee", superior="boss")
    assert told([ann, boss], above) == [("superior_missing", "boss")]
    up = chain("up", steps=[{"name": "up", "approvers": [{"superiors_up_to": "manager"}]}])
    assert told([ann, boss], up) == [("superior_missing", "ann, boss")]
    crowd = [person(f"p{number}", "employee") for number in range(5)]
    assert told(crowd, above) == [("superior_missing", "p0, p1, p2, …")]
    # Who may not ask needs nobody.
    assert told([ann, person("boss", "manager")], above) == []


def test_approvers_are_also_people_and_departments() -> None:
    """Each counts once; those that only an entity tells are not decided."""
    steps = [{"name": "all", "mode": "all", "approvers": [{"person": "ann"}, {"department": "it"}]}]
    row = chain("all", steps=steps)
    clerk = person("carl", departments=("it",))
    assert told([ANN, clerk], row) == [("only_requester", "ann")]
    assert told([person("ann"), BEN, clerk], row) == []
    fact = chain("fact", steps=[{"name": "fact", "approvers": [{"fact": "owner"}]}])
    assert told([ANN], fact) == []
    assert told([ANN], chain("none")) == []
    stated = chain("stated", steps=[{"name": "stated", "approvers": [{"role": "none"}]}])
    assert told([ANN], stated) == []


def test_votes_that_weigh_more_are_missed_more() -> None:
    """Where their holder asks."""
    row = board(mode="vote", count=3, weights={"ann": 2})
    eve, fred = person("eve", "manager"), person("fred", "manager", "employee")
    assert told([ANN, eve, fred], row) == [("unreachable_quorum", "ann")]
    assert told([ANN, eve, person("fred", "manager"), person("gus", "manager")], row) == []


def test_a_day_on_which_a_chain_is_not_in_force_needs_nobody() -> None:
    """The fault is told of the first day on which it is, and once."""
    eve = person("eve", "manager", ends_on=date(2026, 5, 31))
    later = person("carl", starts_on=date(2026, 8, 1))
    row = {**board(), "until_on": date(2026, 4, 30)}
    assert told([ANN, eve], row) == []
    (fault,) = faults(quorum.quorums, subject({"chains": [board()]}, people=[ANN, eve, later]))
    assert fault.values["day"] == date(2026, 6, 1)
    assert fault.where == "own.toml: $.chains[0].steps[0] (board)"


def test_a_role_nobody_has_is_told_elsewhere() -> None:
    """It is no matter of who asks."""
    assert told([BEN], board()) == []


@pytest.mark.parametrize("who", ["", "clerk"])
def test_of_a_state_those_ask_who_lead_there(who: str) -> None:
    """Whoever may fire an event that enters it; anybody where none of its rows asks for a role."""
    machine = Machine(
        "claim",
        claim().facts,
        zh="报销单",
        en="claim",
        states=(
            State("new", "新", "new", Kind.INITIAL),
            State("sent", "已提交", "sent"),
            State("done", "完成", "done", Kind.FINAL),
        ),
        rows=(
            Row(UNBORN, "draft", "new", form=claim().facts),
            Row("new", "send", "sent", who=who),
            Row("sent", "approve", "done", vote="approve"),
            Row("sent", "refuse", "done", vote="refuse"),
        ),
    )
    row = {"name": "votes", "machine": "claim", "state": "sent", "roles": "manager"}
    given = subject({"chains": [row]}, machine, people=[ANN, BEN])
    found = faults(quorum.quorums, given)
    assert [one.where for one in found] == (
        ["own.toml: $.chains[0].roles (votes)"] if who == "" else []
    )
