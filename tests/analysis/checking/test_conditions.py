"""Conditions that never or always hold, and two that let nothing happen together."""

from __future__ import annotations

from datetime import date

import pytest

from crmflow.analysis.checking import conditions
from crmflow.analysis.checking.subject import Subject
from tests.analysis.checking.desk import Rows, chain, faults, subject

TEXTS = {"text_en": "It must be so.", "text_zh": "必须如此。"}


def condition(name: str, **columns: object) -> dict[str, object]:
    """Return a row of the table `conditions`, about paying."""
    return {"name": name, "machine": "claim", "events": ["pay"], **TEXTS, **columns}


def told(given: Subject) -> list[tuple[str, str]]:
    """Return kind and place of what is found of single conditions."""
    return [(str(one.kind), one.where) for one in faults(conditions.truths, given)]


def test_conditions_of_every_table_are_looked_at() -> None:
    """At any depth; a form is that of the event named nearest."""
    deadline = {
        "name": "payment",
        "machine": "claim",
        "kind": "resolution",
        "start": [{"events": ["approve"], "when": "urgent or not urgent"}],
        "stop": [{"events": ["pay"], "when": "form.by_cash and not form.by_cash"}],
        "target": "9d",
    }
    rows: Rows = {
        "deadlines": [deadline],
        "access": [{"name": "all", "machine": "claim", "events": ["*"], "when": "tier == 'a'"}],
        "conditions": [condition("any", events=["*"], when="urgent", requires="urgent == null")],
    }
    assert told(subject(rows)) == [
        ("never_true", "own.toml: $.conditions[0].requires (any)"),
        ("always_true", "own.toml: $.deadlines[0].start[0].when (payment)"),
        ("never_true", "own.toml: $.deadlines[0].stop[0].when (payment)"),
    ]


@pytest.mark.parametrize("text", ["form.by_cash", "amount > 5", "tier == null", "form.paid > 3"])
def test_a_condition_that_tells_things_apart_is_right(text: str) -> None:
    """Whether by facts or by the form."""
    assert told(subject({"conditions": [condition("one", requires=text)]})) == []


def test_what_is_not_decided_is_not_told() -> None:
    """Nor what is about the names of a table of its own."""
    rows: Rows = {
        "conditions": [condition("one", requires="form.paid <= amount and form.paid > amount")],
        "notes": [{"name": "one", "machine": "claim", "when": "moon and not moon"}],
    }
    assert told(subject(rows)) == []


def test_a_state_an_event_cannot_come_from_is_a_state_all_the_same() -> None:
    """A condition may be about every state and event there is, and no other."""
    rows = [condition("one", when="state == 'paid' or event == 'pay'", requires="urgent")]
    assert told(subject({"conditions": rows})) == []
    rows = [condition("one", when="state == 'payed'", requires="urgent")]
    assert told(subject({"conditions": rows})) == [
        ("never_true", "own.toml: $.conditions[0].when (one)")
    ]


def test_what_is_stated_is_not_told() -> None:
    """A company that has no criterion says so by a condition without names."""
    rows = [condition("one", when="true", requires="urgent"), condition("two", when="false")]
    assert told(subject({"conditions": rows})) == []


def contradicted(*rows: dict[str, object]) -> list[str]:
    """Return the places of contradictions between rows."""
    return [one.where for one in faults(conditions.contradictions, subject({"conditions": rows}))]


CASH = condition("cash", requires="form.by_cash")
BANK = condition("bank", requires="not form.by_cash")


def test_two_rows_of_which_no_form_meets_both_contradict_each_other() -> None:
    """Told at the second, with the event."""
    assert contradicted(CASH, BANK) == ["own.toml: $.conditions[1] (bank) pay"]


def test_rows_that_are_never_asked_together_do_not() -> None:
    """Neither of one case, nor on one day, nor where one of them can be passed over."""
    assert contradicted(CASH, {**BANK, "when": "amount > 5"}) != []
    assert contradicted({**CASH, "when": "amount < 5"}, {**BANK, "when": "amount > 5"}) == []
    early, late = date(2026, 4, 1), date(2026, 4, 2)
    assert contradicted({**CASH, "until_on": early}, {**BANK, "from_on": late}) == []
    assert contradicted(CASH, {**BANK, "who": ["finance"]}) == []
    assert contradicted({**CASH, "events": ["approve"], "requires": "urgent"}, BANK) == []


def test_a_prohibition_of_what_another_row_needs_contradicts_it() -> None:
    """It says when the event must not happen."""
    never = condition("never", when="form.by_cash")
    assert contradicted(CASH, never) == ["own.toml: $.conditions[1] (never) pay"]


def test_what_a_row_alone_forbids_is_no_contradiction() -> None:
    """Facts that speak against an event are what conditions are for."""
    assert contradicted(condition("urgent", requires="urgent"), CASH) == []
    # Where facts decide what the form may be, they may leave nothing.
    small = condition("small", when="form.by_cash", requires="amount < 100")
    assert contradicted(small, CASH) == ["own.toml: $.conditions[1] (cash) pay"]


def test_pairs_that_are_not_decided_are_passed_over() -> None:
    """Their forms are not all looked at."""
    computed = condition("computed", requires="form.paid <= amount")
    assert contradicted(CASH, computed) == []


def test_the_states_an_event_comes_from_are_all_that_counts() -> None:
    """What one row asks in a state in which the event never happens contradicts nothing."""
    other = {**BANK, "when": "state == 'drafted'"}
    assert contradicted(CASH, other) == []
    assert contradicted(CASH, {**BANK, "when": "state == 'approved'"}) != []


def test_a_chain_is_asked_of_its_own_event() -> None:
    """The condition of a chain may read the form of what it holds."""
    rows: Rows = {
        "chains": [
            chain("manager", "form.by_cash and not form.by_cash", event="pay", otherwise="none")
        ]
    }
    assert told(subject(rows)) == [("never_true", "own.toml: $.chains[0].when (manager)")]
