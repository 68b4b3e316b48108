"""What cannot be lived again is told with its reason, and never guessed."""

from __future__ import annotations

import base64

import attrs
import pytest

from crmflow.analysis.backtest import Backtest, Untestable, backtest
from crmflow.analysis.source import Policies, ReadOnly
from crmflow.clock import ManualClock
from crmflow.config import Overlay
from crmflow.core.erasure import ERASE
from crmflow.core.machine import Guard, Machine
from crmflow.core.migration import Migration
from crmflow.engine.engine import Engine
from crmflow.storage.memory import MemoryStore
from tests.analysis.cases import CLERK, SETTINGS, bound, engine, opened, rows
from tests.engine.machines import AT
from tests.engine.test_pruning import REF, YEARS, grown, mills
from tests.engine.test_sealing import CHIEF, MILL
from tests.policies.sla_desk import CASE, on


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a key of each kind."""
    for name, byte in (("K1", 1), ("AUDIT", 2)):
        monkeypatch.setenv(name, base64.b64encode(bytes([byte]) * 32).decode())


def why(desk: Engine | ReadOnly, other: Engine | ReadOnly) -> list[Untestable]:
    """Return why entities are left out."""
    found = list(backtest(desk, other.registry))
    assert all(one.differences == () for one in found)
    return [one.untested.why for one in found if one.untested is not None]


@pytest.mark.usefixtures("keys")
def test_pruned_and_erased_journals() -> None:
    """Whatever else is known of the entity."""
    clock = ManualClock(AT)
    engine = mills(MemoryStore(), clock)
    grown(engine, clock, "M-1", "M-2")
    assert why(engine, engine) == []
    engine.prune()
    assert why(engine, engine) == [Untestable.PRUNED] * 2
    clock = ManualClock(AT)
    engine = mills(MemoryStore(), clock)
    grown(engine, clock, "M-1")
    clock.advance(YEARS)
    engine.fire(REF, ERASE, {"reason": "asked for"}, actor=CHIEF).require()
    assert why(engine, engine) == [Untestable.ERASED]


@pytest.mark.usefixtures("keys")
def test_a_sealed_journal_needs_its_key() -> None:
    """With it the entity comes about again; without, that it needs one is said."""
    store, clock = MemoryStore(), ManualClock(AT)
    engine = mills(store, clock)
    grown(engine, clock, "M-1")
    assert why(engine, engine) == []
    blind = Policies(machines=[MILL], config=Overlay(SETTINGS)).bound()
    (found,) = backtest(ReadOnly(blind, store, clock), blind)
    assert found.untested is not None
    assert found.untested.why is Untestable.SEALED
    assert "key" in found.untested.detail
    told = Backtest.of([found])
    assert (told.tested, told.to_dict()["untested"]) == (0, {"sealed": 1})


def later(machine: Machine = CASE) -> Machine:
    """Return the next version of a machine's definition."""
    return attrs.evolve(machine, version=2, migrations={1: Migration()})


def test_records_of_another_definition_are_taken_as_they_were() -> None:
    """An entity is lived again from its step to today's on; one that took none is left out."""
    store, config = MemoryStore(), rows(target="1wh")
    first = engine(config, store)
    opened(first, "K-1")
    opened(first, "K-2")
    second = Engine(store, machines=[later()], config=config, clock=ManualClock(on(9)))
    second.fire(("case", "K-1"), "note", actor=CLERK, at=on(3)).require()
    second.fire(("case", "K-1"), "close", actor=CLERK, at=on(4)).require()
    found = list(backtest(second, second.registry))
    assert [one.untested and one.untested.why for one in found] == [None, Untestable.FORMER]
    assert (found[0].differences, found[0].records > 1) == ((), True)


def test_machines_that_are_off() -> None:
    """In today's policies, or in the others."""
    store = MemoryStore()
    desk = engine(rows(), store)
    opened(desk)
    without = Policies(machines=["lead"], profile="demo").bound()
    assert [one.untested and one.untested.why for one in backtest(desk, without)] == [
        Untestable.OFF
    ]
    blind = ReadOnly(without, store, desk.clock)
    assert why(blind, desk) == [Untestable.OFF]


def test_what_fails_under_the_others() -> None:
    """Is told by its error, and the next entity is tested all the same."""

    def broken(_attempt: object) -> bool:
        raise ValueError("out of order")

    guard = Guard(broken, reason="x", needs="facts")
    machine = attrs.evolve(
        CASE,
        rows=tuple(
            attrs.evolve(row, guards=(guard,)) if row.event == "note" else row for row in CASE.rows
        ),
    )
    desk = engine(rows())
    desk.fire(opened(desk), "note", actor=CLERK, at=on(3)).require()
    opened(desk, "K-2")
    other = Policies(machines=[machine], config=rows()).bound()
    first, second = backtest(desk, other)
    assert first.untested is not None
    assert first.untested.why is Untestable.FAILED
    assert "GuardFailedError" in first.untested.detail
    assert second.untested is None


def test_an_event_whose_policy_is_gone_would_be_impossible() -> None:
    """A vote where nobody votes; it is refused, and nothing else fails."""
    from tests.analysis.backtest.test_backtest import approved
    from tests.analysis.cases import chain

    desk = approved(rows(chains=[chain("boss")]))
    (case,) = backtest(desk, bound(rows()))
    assert case.untested is None
    assert case.unknown.impossible == 1
