"""Limits of amounts and of time."""

from __future__ import annotations

import pytest

from crmflow.analysis.checking import limits
from tests.analysis.checking.desk import faults, subject
from tests.analysis.checking.test_deadlines import OFFICE

FULL = {"meal": "100", "travel": "900", "gift": "50"}


def budget(**columns: object) -> dict[str, object]:
    """Return a budget for paying."""
    return {"name": "money", "machine": "claim", "event": "pay", "amount": "form.paid", **columns}


def test_every_choice_has_a_limit() -> None:
    """Where the limit is chosen by a fact with choices; any other may give anything."""
    most = {name: {"amount": amount, "currency": "CNY"} for name, amount in FULL.items()}
    rows = {"budgets": [budget(by="category", limits=most)]}
    assert faults(limits.budgets, subject(rows)) == []
    del most["gift"]
    (fault,) = faults(limits.budgets, subject(rows))
    assert (fault.kind, fault.values["example"]) == ("gap", "category = gift")
    assert fault.where == "own.toml: $.budgets[0].limits (money)"
    assert faults(limits.budgets, subject({"budgets": [budget(by="tier", limits=most)]})) == []
    one = {"amount": "9", "currency": "CNY"}
    assert faults(limits.budgets, subject({"budgets": [budget(limit=one)]})) == []


def window(name: str, within: str, **columns: object) -> dict[str, object]:
    """Return a window for paying, counted from the day it was handed in."""
    row = {"name": name, "machine": "claim", "event": "pay", "since": "handed_in_at"}
    return row | {"within": within} | columns


@pytest.mark.parametrize(
    ("one", "other", "wrong"),
    [
        (window("late", "20d", apart=True), window("soon", "15d"), True),
        (window("soon", "15d"), window("late", "20d", apart=True), True),
        (window("late", "10d", apart=True), window("soon", "15d"), False),
        (window("late", "20d"), window("soon", "15d"), False),
        (window("late", "20d", apart=True), window("soon", "15d", when="urgent"), False),
        (window("late", "20d", apart=True), window("soon", "2d", since="at"), False),
        (window("late", "9wd", apart=True, calendar="office"), window("soon", "9d"), True),
    ],
)
def test_one_window_is_open_when_the_other_is(
    one: dict[str, object], other: dict[str, object], *, wrong: bool
) -> None:
    """Where both are about the same time."""
    given = subject({"windows": [one, other], "calendars": [OFFICE]})
    found = faults(limits.windows, given)
    assert [one.where for one in found] == (
        [f"own.toml: $.windows[1].within ({other['name']})"] if wrong else []
    )
