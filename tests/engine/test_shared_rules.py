"""Engines by the same rules read and bind them once; what differs in anything is their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmflow import Actor, Engine, Overlay, UnknownEntityError
from crmflow.core.judging import Judge
from crmflow.core.machine import Machine
from crmflow.core.tables import Tables
from crmflow.hookspecs import hookimpl
from tests.engine.machines import CALL

CLERK = Actor("sales-1", {"salesperson"})


def response(target: str, weight: object) -> Overlay:
    """Return a deadline of the company's own, and a setting whose type counts."""
    row = {"name": "complaint_first_response", "target": target}
    return Overlay({"tier": {"thresholds": {"margin": {"high": weight}}}}, {"deadlines": [row]})


DIFFERENT: Sequence[Mapping[str, Any]] = (
    {"machines": ["lead"]},
    {"machines": [CALL]},
    {"machines": ["lead", CALL]},
    {"machines": ["lead"], "interpreter": "stock"},
    {"machines": ["lead"], "profile": None},
    {"machines": ["complaint"]},
    {"machines": ["complaint"], "config": response("10min", 1)},
    {"machines": ["complaint"], "config": response("20min", 1)},
    {"machines": ["complaint"], "config": response("20min", 1.0)},
)
"""What engines are asked for; each differs from the others in something."""


def asked_for(words: Mapping[str, Any]) -> Engine:
    """Return an engine with a store of its own."""
    return Engine("memory:", **{"profile": "demo", **words})


def shares(one: Engine, other: Engine) -> bool:
    """Say whether two engines run the very same machines by the very same judges."""
    mine, theirs = one.registry, other.registry
    return mine.machines is theirs.machines and mine.judges is theirs.judges


@given(st.lists(st.sampled_from(range(len(DIFFERENT))), min_size=2, max_size=5))
def test_engines_share_rules_where_all_that_they_were_asked_for_is_the_same(
    asked: list[int],
) -> None:
    """Whatever was asked for in between."""
    made = [(number, asked_for(DIFFERENT[number])) for number in asked]
    for number, one in made:
        for other, another in made:
            assert shares(one, another) == (number == other)
    for _, one in made:
        one.close()


def test_what_they_share_is_no_entity_and_no_clock() -> None:
    """One is closed, and the other knows only its own."""
    with asked_for(DIFFERENT[1]) as other:
        with asked_for(DIFFERENT[1]) as one:
            one.create("call", {"number": "1"}, id="C-1", actor=CLERK).require()
            assert shares(one, other)
        with pytest.raises(UnknownEntityError):
            other.get(("call", "C-1"))
        other.create("call", {"number": "2"}, id="C-1", actor=CLERK).require()
        assert other.get(("call", "C-1")).facts.number == "2"


@attrs.define
class Counting:
    """A plugin that counts how often it is asked to judge dialing."""

    asked: int = 0

    @hookimpl
    def judge_for(self, machine: Machine, event: str, tables: Tables) -> Judge | None:
        """Judge nothing."""
        self.asked += (machine.name, event) == ("call", "dial")
        return None


def test_a_plugin_that_is_given_is_asked_by_each_engine() -> None:
    """What it answers may be another thing each time."""
    plugin = Counting()
    for times in (1, 2):
        asked_for({**DIFFERENT[1], "plugins": [plugin]}).close()
        assert plugin.asked == times
