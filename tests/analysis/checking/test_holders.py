"""Roles, departments and people that rows count on."""

from __future__ import annotations

from datetime import date

import attrs

from crmflow import Open
from crmflow.analysis.checking import holders
from crmflow.analysis.fault import Fault
from crmflow.core.machine import Machine
from tests.analysis.checking.desk import Rows, chain, claim, faults, person, subject

STAFF = [person("ann", "manager", departments=("it",), ends_on=date(2026, 5, 31)), person("ben")]


def found(rows: Rows, *machines: Machine) -> list[Fault]:
    """Return what is found with Ann there until May."""
    return faults(holders.held, subject(rows, *machines, people=STAFF))


def test_what_is_missing_is_told_from_the_day_it_is() -> None:
    """Roles, departments and people at their places; of a list of roles each."""
    steps = [
        {"name": "one", "approvers": [{"role": "manager"}, {"department": "it"}]},
        {"name": "two", "approvers": [{"person": "ann"}]},
        {"name": "three", "when": "urgent", "otherwise": "skip", "approvers": [{"role": "none"}]},
    ]
    told = found({"chains": [chain("board", steps=steps), chain("clerk", event="pay")]})
    assert [(one.kind, one.where, one.values) for one in told] == [
        (
            "unheld_role",
            "own.toml: $.chains[1].roles (clerk)",
            {"role": "clerk", "day": date(2026, 3, 2)},
        ),
        (
            "unheld_role",
            "own.toml: $.chains[0].steps[0].approvers[0].role (board)",
            {"role": "manager", "day": date(2026, 6, 1)},
        ),
        (
            "empty_department",
            "own.toml: $.chains[0].steps[0].approvers[1].department (board)",
            {"department": "it", "day": date(2026, 6, 1)},
        ),
        (
            "unknown_person",
            "own.toml: $.chains[0].steps[1].approvers[0].person (board)",
            {"person": "ann", "day": date(2026, 6, 1)},
        ),
    ]


def test_who_is_told_something_by_role_must_be_there() -> None:
    """Each role an output goes to."""
    output = {
        "name": "note",
        "machine": "claim",
        "title_en": "Note",
        "title_zh": "通知",
        "kind": "notice",
        "events": ["pay"],
        "channels": ["email"],
        "template": "note",
        "to": ["role:manager", "person:owner", "role:auditor"],
    }
    template = {"name": "note", "text_en": "Paid.", "text_zh": "已付。"}
    told = found({"outputs": [output], "templates": [template]})
    assert [(one.where, one.values["role"]) for one in told] == [
        ("own.toml: $.outputs[0].to[2] (note)", "auditor"),
        ("own.toml: $.outputs[0].to[0] (note)", "manager"),
    ]


def test_nobody_is_needed_where_it_is_stated_so() -> None:
    """By a chain, or by a step of it."""
    assert found({"chains": [chain("none")]}) == []


def test_a_task_of_a_machine_needs_somebody() -> None:
    """Told by the row that opens it; a role that an entity tells is not decided."""
    pay = claim().rows[2]
    tasks = (Open("check", "auditor"), Open("ask", lambda _attempt: "auditor"))
    machine = attrs.evolve(claim(), rows=(*claim().rows, attrs.evolve(pay, tasks=tasks)))
    (fault,) = found({}, machine)
    assert (fault.kind, fault.where) == ("unheld_role", "claim: approved --pay-> paid")
    assert fault.values["role"] == "auditor"


def test_without_a_directory_nobody_is_missing() -> None:
    """Nothing is known of who is there."""
    assert faults(holders.held, subject({"chains": [chain("clerk")]})) == []
