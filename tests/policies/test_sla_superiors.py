"""Rungs that go to somebody's superior, as the directory says who that is (TIE-037)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from crmflow.clock import ManualClock
from crmflow.core.actor import Actor
from crmflow.core.people import Person
from crmflow.directory import ListedDirectory
from crmflow.engine.engine import Engine
from tests.states.case import AT

SALES = Actor("sales-1", {"salesperson"})
LADDER = """
[[deadlines]]
name = "first_contact"
machine = "lead"
kind = "first_response"
start = [{ states = ["identified"] }]
target = "1h"
tasks = ["contact"]
ladder = [
    { name = "told", at = "100%", action = "notify", WHOM },
    { name = "moved", at = "2h", action = "reassign", WHOM },
    { name = "asked", at = "3h", action = "task", task = "see_to_it", WHOM },
]
""".replace("WHOM", 'role = "business_supervisor", superior_of = "owner"')


@pytest.mark.parametrize(
    ("owner", "superior"), [("sales-1", "head-1"), ("sales-2", None), ("stranger", None)]
)
def test_a_rung_goes_to_the_superior(tmp_path: Path, owner: str, superior: str | None) -> None:
    """Where nobody is known to stand above, anybody of the role is told and may do it."""
    own = tmp_path / "crmflow.toml"
    own.write_text(LADDER, "utf-8")
    people = (Person("sales-1", superior="head-1"), Person("sales-2"), Person("head-1"))
    clock = ManualClock(AT)
    with Engine(
        "memory:", machines=["lead"], profile="demo", config=own, clock=clock,
        directory=ListedDirectory(people),
    ) as engine:  # fmt: skip
        found = {"name": "Harbour Mill", "source": "exhibition", "owner": owner}
        lead = engine.create("lead", found, actor=SALES).require().entity
        clock.set(AT + timedelta(hours=6))
        engine.run_due()
        tasks = {task.name: (task.role, task.assignee) for task in engine.get(lead).tasks}
        assert tasks["contact"] == tasks["see_to_it"] == ("business_supervisor", superior)
        [told] = [
            message
            for record in engine.journal(lead)
            for message in record.messages
            if message.event == "deadline_escalated"
        ]
        assert told.payload.get("person") == superior
