"""Whatever happens to entities of shipped machines comes about again under the same policies."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from crmflow.analysis.backtest import backtest
from crmflow.analysis.preview import preview
from crmflow.core.entity import Snapshot
from crmflow.engine.engine import Engine
from crmflow.testing.walking import walk

WALKED = ("complaint", "contract", "customer", "deal", "proposal", "reception", "survey", "quote")
WALKS = settings(
    max_examples=3,
    stateful_step_count=14,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def comes_about_again(engine: Engine, snapshot: Snapshot[Any]) -> None:
    """Hold that a back-test and a preview under the same policies find no difference."""
    (case,) = backtest(engine, engine.registry, entity=snapshot.ref)
    assert case.untested is None
    assert case.differences == ()
    assert not any(one.changes for one in preview(engine, engine.registry))


@pytest.mark.slow
@pytest.mark.parametrize("machine", WALKED)
def test_a_walk_comes_about_again(machine: str) -> None:
    """After every step of it: asked, refused, voted, told, paused, placed, waited for or lost."""
    walks = walk(machine, profile="demo", invariants=[comes_about_again])
    run_state_machine_as_test(walks, settings=WALKS)
