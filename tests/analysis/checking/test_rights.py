"""Rights beside machines and masks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import attrs

from crmflow.analysis.checking import rights
from crmflow.core.people import Person
from tests.analysis.checking.desk import claim, faults, person, subject

WORK = {"name": "work", "machine": "claim", "events": ["draft", "pay", "hold", "drop", "hand_over"]}


def closed(
    *rows: Mapping[str, object], people: list[Person] | None = None
) -> list[tuple[str, str]]:
    """Return the events that nobody may fire, and why."""
    given = subject({"access": rows}, people=people)
    return [(one.where, str(one.values["why"])) for one in faults(rights.events, given)]


def right(**columns: object) -> dict[str, object]:
    """Return a right to approve."""
    return {"name": "approving", "machine": "claim", "events": ["approve"], **columns}


def test_an_event_needs_somebody_with_a_right_and_a_role() -> None:
    """Owners and departments may have any role; a right that names nobody is everybody's."""
    manager = right(roles=["manager"])
    why = "2026-03-02: who = employee; access = manager"
    assert closed(WORK, manager) == [("claim: approve", why)]
    assert closed(WORK) == [("claim: approve", "2026-03-02: who = employee; access = -")]
    for columns in ({"roles": ["employee"]}, {"owners": ["owner"]}, {"departments": ["it"]}, {}):
        assert closed(WORK, right(**columns)) == []
    assert closed() == []


def test_rights_are_looked_at_day_by_day() -> None:
    """Also those of posts."""
    early = right(roles=["employee"], until_on=date(2026, 4, 30))
    assert [why[:10] for _, why in closed(WORK, early)] == ["2026-05-01"]
    posts = {"name": "posts", "posts": {"employee": {"claim": {"events": ["approve"]}}}}
    given = subject({"access": [WORK], "access_posts": [posts]})
    assert faults(rights.events, given) == []


def test_an_event_for_anybody_needs_a_right_too() -> None:
    """Whoever that is."""
    few = {**WORK, "events": ["pay", "approve"], "roles": ["finance", "employee"]}
    assert [where for where, _ in closed(few)] == [
        "claim: draft",
        "claim: hold",
        "claim: drop",
        "claim: hand_over",
    ]


def test_an_event_that_time_alone_fires_needs_nobody() -> None:
    """Neither a right nor a holder."""
    rows = (*claim().rows[:4], attrs.evolve(claim().rows[4], who={"system"}), claim().rows[5])
    machine = attrs.evolve(claim(), rows=rows)
    work = {**WORK, "events": ["draft", "pay", "hold", "approve", "hand_over"]}
    given = subject({"access": [work]}, machine, people=[person("ann", "employee", "finance")])
    assert faults(rights.events, given) == []


def test_an_event_needs_somebody_who_has_one_of_its_roles() -> None:
    """From the day on which nobody has."""
    ann = person("ann", "employee")
    ben = person("ben", "finance", ends_on=date(2026, 4, 30))
    assert closed(people=[ann, ben]) == [("claim: pay", "2026-05-01: finance = -")]


def masked(mask: Mapping[str, object], **columns: object) -> list[str]:
    """Return the places of what is given and masked."""
    access = {"name": "audit", "machine": "claim", "fields": ["tier", "amount"], **columns}
    row = {"name": "money", "machine": "claim", "fields": ["amount"], "mask": "full", **mask}
    given = subject({"access": [access], "access_masks": [row]})
    return [one.where for one in faults(rights.masks, given)]


def test_what_is_given_by_name_is_not_masked_for_the_same_people() -> None:
    """Everything at once may be: that is what masks are for."""
    place = ["own.toml: $.access[0].fields[1] (audit)"]
    finance = {"roles": ["finance"]}
    assert masked(finance, roles=["auditor"]) == place
    assert masked(finance, roles=["auditor", "finance"]) == []
    assert masked({"owners": ["owner"]}, owners=["owner"]) == []
    assert masked(finance, roles=["auditor"], fields=["*"]) == []
    assert masked({**finance, "fields": ["owner"]}, roles=["auditor"]) == []
    late, early = {"from_on": date(2027, 1, 1)}, {"until_on": date(2026, 12, 31)}
    assert masked({**finance, **late}, roles=["auditor"], **early) == []
