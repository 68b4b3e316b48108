"""What is told of planted faults happens when the company runs: the examples are real cases."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from crmflow import Actor, Engine, EntityRef
from crmflow.directory import toml_directory

FOLDER = Path(__file__).parents[2] / "examples" / "broken"
EMPLOYEE, FINANCE = Actor("ben", {"employee"}), Actor("eve", {"finance"})


def company(kind: str, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """Return an engine that runs a planted fault."""
    monkeypatch.chdir(FOLDER / kind)
    given = tomllib.loads(Path("crmflow.toml").read_text("utf-8"))
    people = given.get("directory")
    return Engine(
        "memory:",
        machines=given["machines"],
        config="crmflow.toml",
        plugins=given["plugins"],
        directory=None if people is None else toml_directory(people),
    )


def drafted(engine: Engine, amount: int, **more: object) -> EntityRef:
    """Return a claim of so many yuan."""
    payload = {"amount": {"amount": str(amount), "currency": "CNY"}, "category": "meal", **more}
    return engine.create("claim", payload, actor=EMPLOYEE).require().entity


def undone(engine: Engine, amount: int, **more: object) -> bool:
    """Say whether approving a claim of so many yuan waits for somebody, or is refused."""
    claim = drafted(engine, amount, **more)
    engine.fire(claim, "approve", actor=EMPLOYEE)
    return engine.get(claim).state == "drafted"


def test_nobody_approves_what_lies_in_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its neighbours wait, for nobody here is a manager."""
    with company("gap", monkeypatch) as engine:
        assert [undone(engine, amount) for amount in (999, 4999, 5000, 5001)] == [
            False,
            True,
            False,
            True,
        ]


def test_a_condition_that_always_holds_is_asked_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Meals too have to be small, though only gifts were meant."""
    with company("always_true", monkeypatch) as engine:
        assert [undone(engine, 1500, category=one) for one in ("meal", "gift")] == [True, True]


def test_a_condition_that_never_holds_asks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """However large the claim is."""
    with company("never_true", monkeypatch) as engine:
        assert not undone(engine, 1_000_000)


def test_an_event_that_is_closed_is_refused_to_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """To who has the role for want of a right, to who has the right for want of the role."""
    with company("closed_event", monkeypatch) as engine:
        claim = drafted(engine, 10)
        for roles in ({"employee"}, {"manager"}):
            assert not engine.fire(claim, "approve", actor=Actor("ann", roles)).accepted


@pytest.mark.parametrize("by_cash", [True, False])
def test_what_is_contradicted_never_happens(
    monkeypatch: pytest.MonkeyPatch, *, by_cash: bool
) -> None:
    """Whatever the form brings."""
    with company("contradiction", monkeypatch) as engine:
        for amount in (50, 500):
            claim = drafted(engine, amount)
            engine.fire(claim, "approve", actor=EMPLOYEE).require()
            paid = {"amount": str(amount), "currency": "CNY"}
            given = {"paid": paid, "by_cash": by_cash}
            assert not engine.fire(claim, "pay", given, actor=FINANCE).accepted
