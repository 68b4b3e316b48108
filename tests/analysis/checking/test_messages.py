"""Messages that nobody hears."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from crmflow import Attempt, Send
from crmflow.analysis.checking import messages
from crmflow.core.machine import Machine
from crmflow.states import load
from tests.analysis.checking.desk import claim, faults, kinds, subject


def nothing(_attempt: Attempt[Any, Any]) -> dict[str, object]:
    """Tell nothing."""
    return {}


def books(_attempt: Attempt[Any, Any]) -> str:
    """Give an id."""
    return "books"


def telling(send: Send) -> Machine:
    """Return the machine of claims, which sends a message when it is paid."""
    pay = attrs.evolve(claim().rows[2], send=(send,))
    return attrs.evolve(claim(), rows=(*claim().rows[:2], pay, *claim().rows[3:]))


OTHER = attrs.evolve(claim(), name="receipt")


@pytest.mark.parametrize(
    ("send", "known"),
    [
        (Send("receipt", "draft", nothing), None),
        (Send("receipt", "pay", nothing, books), None),
        (Send("receipt", "draft", nothing, books, ensure=True), None),
        (Send("receipt", "pay", nothing), "draft"),
        (Send("receipt", "tear", nothing, books), "draft, approve, pay, hold, drop, hand_over"),
        (Send("receipt", "$ask", nothing, books), None),
        (Send("lead", "find", nothing), "-"),
        (Send("lead", "find", nothing, books, courtesy=True), None),
        (Send("reciept", "draft", nothing), "-"),
        (Send("tax_office", "tell", nothing, books), None),
        (Send("archive", "tell", nothing, books), None),
    ],
)
def test_a_message_is_heard_by_an_event_of_a_machine_that_is_on(
    send: Send, known: str | None
) -> None:
    """Or by a handler, or by a system outside; a courtesy need not be."""
    given = subject({}, telling(send), OTHER, handlers=frozenset({"archive"}))
    found = faults(messages.sent, given)
    assert [one.values["known"] for one in found] == ([] if known is None else [known])
    assert all(one.where == "claim: approved --pay-> paid" for one in found)


def test_a_shipped_machine_may_tell_one_that_is_off() -> None:
    """What it tells waits until that is switched on."""
    assert kinds(faults(messages.sent, subject({}, load("lead")))) == []


def care(event: str, machine: str = "receipt") -> dict[str, object]:
    """Return a cadence that opens an entity."""
    return {
        "name": "care",
        "machine": "claim",
        "every": "1mo",
        "opens": {"machine": machine, "event": event},
        "calendar": "office",
    }


def test_care_opens_entities_of_machines_that_are_on() -> None:
    """By the event that creates them."""
    week = {"name": "office", "zone": "UTC", "monday": "09:00-17:00"}

    def found(row: dict[str, object]) -> list[object]:
        given = subject({"cadences": [row], "calendars": [week]}, claim(), OTHER)
        return [(one.where, one.values["known"]) for one in faults(messages.opened, given)]

    place = "own.toml: $.cadences[0].opens (care)"
    assert found(care("draft")) == []
    assert found(care("pay")) == [(place, "draft")]
    assert found(care("find", "lead")) == [(place, "-")]
    task = {**care("draft"), "task": "call", "role": "employee"}
    del task["opens"]
    assert found(task) == []
