"""Qualifications: who is trained for something may do it, from the close of the training on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import attrs
import pytest

from crmflow.clock import ManualClock
from crmflow.core.actor import Actor
from crmflow.core.message import Handler, Parcel
from crmflow.core.people import Person
from crmflow.core.refusal import Refusal
from crmflow.core.tables import Tables
from crmflow.directory import ListedDirectory, toml_directory
from crmflow.engine.engine import Engine
from crmflow.hookspecs import hookimpl
from tests.policies.test_access_rows import checked
from tests.states.case import AT
from tests.states.test_lead import FOLLOW_UP

LIMIT = """
[[access_limits]]
name = "trained_first"
machine = "lead"
events = ["contact"]
reads = false
qualified = ["sales"]
rules = ["TRN-013"]
"""
FOUND = {"name": "Harbour Mill", "source": "exhibition"}
LESSONS = [
    {
        "topic": "dress", "lecturer": "marketing-1", "form": "course",
        "lecturer_role": "marketing_manager",
    },
    {
        "topic": "general_managers_talk", "lecturer": "gm-1", "form": "lecture",
        "lecturer_role": "general_manager",
    },
]  # fmt: skip


@attrs.define
class Staff:
    """A staff list that learns who is qualified: what an application has behind the directory."""

    listed: ListedDirectory

    @hookimpl
    def handlers(self, tables: Tables) -> Mapping[str, Handler]:
        """Take the messages for the directory."""
        return {"directory": self.qualify}

    def qualify(self, parcel: Parcel) -> None:
        """Take a qualification over; that it comes twice does not matter."""
        payload = parcel.message.payload
        named = payload["people"]
        assert isinstance(named, list)
        self.listed = ListedDirectory(
            tuple(
                attrs.evolve(one, qualifications=(str(payload["qualification"]),))
                if one.id in named
                else one
                for one in self.listed.people
            )
        )

    def person(self, id: str, at: datetime) -> Person | None:  # noqa: A002 - the field's word
        """Return who this is at that instant, or None."""
        return self.listed.person(id, at)

    def holders(self, role: str, at: datetime) -> Sequence[str]:
        """Return the ids of all who have the role."""
        return self.listed.holders(role, at)

    def members(self, department: str, at: datetime) -> Sequence[str]:
        """Return the ids of all who belong to the department."""
        return self.listed.members(department, at)


def refused(refusal: Refusal | None) -> set[str]:
    """Return the codes of a refusal's verdicts."""
    assert refusal is not None
    return {one.reason for one in refusal.verdicts}


def test_who_is_not_trained_does_not_take_part(tmp_path: Path) -> None:
    """TRN-013: a newcomer contacts leads once the training that qualifies for it is closed."""
    own = tmp_path / "crmflow.toml"
    own.write_text(LIMIT, "utf-8")
    people = (Person("sales-7", ("salesperson",)), Person("boss-1", ("manager_of_newcomers",)))
    staff = Staff(ListedDirectory(people))
    boss = Actor("boss-1", {"manager_of_newcomers", "department_head"})
    with Engine(
        "memory:", machines=["lead", "training"], profile="demo", config=own,
        clock=ManualClock(AT), directory=staff, plugins=[staff],
    ) as engine:  # fmt: skip
        lead = engine.create("lead", FOUND, actor="sales-7").require().entity
        first = engine.fire(lead, "contact", FOLLOW_UP, actor="sales-7")
        assert refused(first.refusal) == {"not_qualified"}
        plan = {"kind": "newcomer", "qualification": "sales"}
        course = engine.create("training", plan, actor=boss).require().entity
        timetable = {"starts_on": "2026-03-03", "lessons": LESSONS, "invited": ["sales-7"]}
        engine.fire(course, "schedule", timetable, actor=boss).require()
        engine.fire(course, "hold", {"attended": ["sales-7"]}, actor=boss).require()
        passed = {"assessments": [{"person": "sales-7", "passed": True}]}
        engine.fire(course, "assess", passed, actor=boss).require()
        engine.fire(course, "close", actor=boss).require()
        engine.run_due()
        assert engine.fire(lead, "contact", FOLLOW_UP, actor="sales-7").accepted


def test_a_staff_list_tells_qualifications(tmp_path: Path) -> None:
    """They stand in the directory's file (TRN-013)."""
    file = tmp_path / "staff.toml"
    file.write_text('[[person]]\nid = "sales-1"\nqualifications = ["sales"]\n', "utf-8")
    person = toml_directory(file).person("sales-1", AT)
    assert person is not None
    assert person.qualifications == ("sales",)


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ({"qualified": ["a"], "reads": False}, []),
        ({"qualified": ["a"]}, [(".qualified", "reads")]),
    ],
)
def test_a_qualification_is_asked_of_events_alone(
    row: dict[str, object], found: list[tuple[str, str]]
) -> None:
    """A reader is asked for rights and nothing else."""
    rows = {"access_limits": [{"name": "trained", "machine": "file", **row}]}
    told = [(fault.path.rpartition("]")[2], fault.code) for fault in checked(rows)]
    assert told == found
