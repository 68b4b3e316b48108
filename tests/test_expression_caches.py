"""Expressions are compiled once in a process, each in the scope it was written for."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmflow.core.link import Link
from crmflow.core.machine import Kind, Machine, Row, Send, State
from crmflow.core.reading import FieldError
from crmflow.core.ref import UNBORN, EntityRef
from crmflow.core.tables import Tables
from crmflow.expressions import Scope


@attrs.frozen
class Amounts:
    """Facts with a number under the name."""

    told: int = 0


@attrs.frozen
class Texts:
    """Facts with a text under the same name."""

    told: str = ""


def machine(name: str, facts: type, other: str = "") -> Machine:
    """Return a machine that shares a fact, and opens another under the name of a link."""
    send = (Send(other, "start", lambda _: {}, link="near"),) if other else ()
    states = (State("open", "开", "open", Kind.INITIAL),)
    rows = (Row(UNBORN, "start", "open", send=send),)
    return Machine(name, facts, states, rows, zh="物", en="thing", shares=("told",))


def test_the_same_words_are_compiled_once() -> None:
    """The same text in the same scope for the same result is the same expression."""
    one = Scope.of(Amounts).compile("told > 1")
    assert Scope.of(Amounts).compile("told > 1") is one
    assert Scope.of(Amounts, zone=ZoneInfo("Asia/Shanghai")).compile("told > 1") is not one
    assert Scope.of(Amounts, Texts).compile("told > 1") is not one


def test_classes_of_one_name_are_told_apart() -> None:
    """What is right of one machine's facts stays wrong of another's."""
    assert Scope.of(Amounts).compile("told > 1")(Amounts(2))
    for _ in range(2):
        with pytest.raises(FieldError):
            Scope.of(Texts).compile("told > 1")


def test_results_are_told_apart() -> None:
    """The same text gives what is asked for."""
    scope = Scope.of(Amounts)
    assert scope.compile("told", Decimal)(Amounts(2)) == Decimal(2)
    with pytest.raises(FieldError):
        scope.compile("told")


def test_links_are_told_apart() -> None:
    """A link of one name leads to what the machines of this engine share, not of another."""
    numbers, texts = (
        Tables(machines={"other": machine("other", facts)}) for facts in (Amounts, Texts)
    )
    asking = machine("asking", Amounts, "other")
    assert Scope.about(asking, None, numbers) is Scope.about(asking, None, numbers)
    over = Scope.about(asking, None, numbers).compile("near.told > 1")
    heard = (Link("near", EntityRef("t", "other", "O-1"), 1, "a", {"told": 2}),)
    assert over(Amounts(), links=heard)
    assert Scope.about(asking, None, texts).compile("near.told == 'x'")
    with pytest.raises(FieldError):
        Scope.about(asking, None, texts).compile("near.told > 1")
    with pytest.raises(FieldError):
        Scope.about(asking, None, Tables()).compile("near.told > 1")


@given(st.sampled_from([0, 1, 8, -11]), st.integers(0, 23))
def test_zones_are_told_apart(hours: int, hour: int) -> None:
    """The same text tells the day of the company that asks."""
    zone = ZoneInfo(f"Etc/GMT{-hours:+d}") if hours else ZoneInfo("UTC")
    at = datetime(2026, 3, 1, hour, tzinfo=UTC)
    day = at.astimezone(zone).date().isoformat()
    assert Scope.of(Amounts, zone=zone).compile(f"day(at) == d'{day}'")(Amounts(), at=at)
