"""Leads: events that take an entity to the state its tier names (LIF-003)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from crmflow.clock import ManualClock
from crmflow.core.actor import SYSTEM
from crmflow.core.tables import Tables
from crmflow.engine.engine import Engine
from crmflow.policies.tiers.fitting import misfits
from crmflow.states import load
from tests.policies.tiers.shop import read, row, tier
from tests.states.case import AT

LIFECYCLE = load("lifecycle")
FIT = {"states": ["potential"], "event": "buy"}


def faults(lead: Mapping[str, object]) -> list[tuple[str, str]]:
    """Return path and words of each fault of a scheme with one lead."""
    tiers = [tier("bought", expression="purchases > 0", leads=[lead]), tier("other")]
    columns = {"machine": "lifecycle", "kind": "expressions", "metrics": [{"name": "purchases"}]}
    scheme, wrong = read(row(**columns, tiers=tiers))
    assert wrong == ()
    return [(fault.path, fault.told) for fault in misfits(scheme, LIFECYCLE, Tables(), "$")]


@pytest.mark.parametrize(
    ("changes", "path", "told"),
    [
        ({"event": "bye"}, ".event", "unknown. Did you mean 'buy'?"),
        ({"states": ["potental"]}, ".states[0]", "leads, expected a state that 'buy' leaves"),
        (
            {"when": "churn =="},
            ".when",
            ("syntax, expected more: the expression breaks off (at character 9)"),
        ),
        ({"states": ["loyal"]}, ".states[0]", "leads, expected a state that 'buy' leaves"),
        (
            {"event": "note_purchase"},
            ".event",
            ("form, expected an event that needs no 'origin': nobody fills it in"),
        ),
    ],
)
def test_a_lead_that_does_not_fit_is_told(
    changes: Mapping[str, object], path: str, told: str
) -> None:
    """Unknown names, faulty expressions, events that lead nowhere or want more than there is."""
    assert faults(FIT) == []
    assert (f"$.tiers[0].leads[0]{path}", told) in faults({**FIT, **changes})


def test_a_lead_that_keeps_the_state_is_refused() -> None:
    """It would be raised for ever."""
    lead = {"states": ["potential"], "event": "note_churn"}
    told = "leads, expected a state that 'note_churn' leaves"
    assert ("$.tiers[0].leads[0].states[0]", told) in faults(lead)


@pytest.mark.parametrize("days", [1, 400])
def test_leads_follow_one_another(tmp_path: Path, days: int) -> None:
    """Who is already loyal by what it bought passes first purchase on the way, in one commit."""
    own = tmp_path / "crmflow.toml"
    loyal, first = 'loyal = "purchases >= 1"', 'first_purchase = "purchases >= 0"'
    own.write_text(f"[settings.lifecycle.criteria]\n{loyal}\n{first}\n", "utf-8")
    clock = ManualClock(AT)
    with Engine(
        "memory:", machines=["lifecycle"], profile="demo", config=own, clock=clock
    ) as engine:
        ref = engine.create("lifecycle", {"customer": "C-1"}, actor=SYSTEM).require().entity
        engine.fire(ref, "note_purchase", {"origin": "order O-1"}, actor=SYSTEM).require()
        names = [record.event.name for record in engine.journal(ref)]
        assert names == ["enter", "note_purchase", "buy", "become_loyal"]
        clock.set(AT + timedelta(days=days))
        engine.run_due()
        assert engine.get(ref).state == ("loyal" if days == 1 else "lost")


def test_a_scheme_that_counts_no_longer_leads_nowhere(tmp_path: Path) -> None:
    """From its last day on nothing is raised."""
    own = tmp_path / "crmflow.toml"
    own.write_text('[[schemes]]\nname = "lifecycle_staging"\nuntil_on = 2026-03-01\n', "utf-8")
    with Engine(
        "memory:", machines=["lifecycle"], profile="demo", config=own, clock=ManualClock(AT)
    ) as engine:
        ref = engine.create("lifecycle", {"customer": "C-1"}, actor=SYSTEM).require().entity
        engine.fire(ref, "note_purchase", {"origin": "order O-1"}, actor=SYSTEM).require()
        assert engine.get(ref).state == "potential"
