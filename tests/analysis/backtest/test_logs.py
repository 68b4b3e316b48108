"""Logs that were imported: their rows are lived under both policy sets, and compared."""

from __future__ import annotations

from collections.abc import Mapping

from crmflow.analysis.backtest import Case, Kind, backtest
from crmflow.config import Overlay
from crmflow.core.journal import Entry
from crmflow.engine.engine import Engine
from crmflow.engine.values import Observed
from tests.analysis.cases import bound, chain, engine, rows
from tests.policies.sla_desk import on

Told = tuple[str, int, Mapping[str, object]]
"""A row: state, hour of Monday, facts."""


def seen(*told: Told, config: Overlay | None = None) -> Engine:
    """Return an engine that has observed rows of a case."""
    desk = engine(config or rows())
    desk.observe_many(
        Observed(("case", "K-1"), state, state, on(2, hour), "somebody", facts)
        for state, hour, facts in told
    )
    assert {one.entry for one in desk.journal(("case", "K-1"))} == {Entry.OBSERVATION}
    return desk


def judged(desk: Engine, config: Overlay) -> Case:
    """Return what would have been otherwise."""
    (case,) = backtest(desk, bound(config))
    assert case.untested is None
    return case


def kinds(case: Case) -> set[Kind]:
    """Return the kinds of its differences."""
    return {one.kind for one in case.differences}


LIFE: tuple[Told, ...] = (
    ("open", 9, {}),
    ("working", 10, {}),
    ("solved", 14, {}),
    ("closed", 17, {}),
)


def test_the_same_policies_make_no_difference() -> None:
    """Though no policy has ever judged a row of it."""
    assert judged(seen(*LIFE), rows()).differences == ()


def test_a_tighter_deadline_is_missed() -> None:
    """Counted from the events by which the log's moves are followed."""
    case = judged(seen(*LIFE), rows(target="2wh"))
    assert Kind.NEW_BREACH in kinds(case)
    assert case.records == len(LIFE)


def test_facts_that_no_event_brings_are_as_the_log_has_them() -> None:
    """They choose the target; what the machine does not allow is placed."""
    graded = [{"match": {"severity": "high"}, "target": "1wh"}]
    told: tuple[Told, ...] = (("open", 9, {"severity": "high"}), ("solved", 14, {"tier": "key"}))
    found = judged(seen(*told), rows(targets=graded))
    assert Kind.NEW_BREACH in kinds(found)
    again: tuple[Told, ...] = (
        *LIFE[:3],
        ("closed", 15, {}),
        ("working", 16, {}),
        ("working", 17, {"notes": 3}),
    )
    assert judged(seen(*again), rows()).differences == ()


def test_a_move_that_would_be_held() -> None:
    """The log says that it happened all the same."""
    case = judged(seen(*LIFE), rows(chains=[chain("boss")]))
    assert Kind.NEW_HOLD in kinds(case)
    assert Kind.OTHER_STATE not in kinds(case)


def test_an_entity_that_the_log_shows_late() -> None:
    """Begins where the machine begins, and is moved at once."""
    assert judged(seen(("waiting", 9, {}), ("solved", 15, {})), rows()).differences == ()
