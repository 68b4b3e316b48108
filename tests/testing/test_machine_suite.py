"""The suite of machines: one that keeps it, and what it says of those that do not."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest

from crmflow.clock import ManualClock
from crmflow.core.machine import Guard, Machine
from crmflow.states import load
from crmflow.storage.memory import MemoryStore
from crmflow.testing import MachineSuite, Strategies, walk
from crmflow.testing.bench import Bench
from crmflow.testing.fixtures import MONDAY
from crmflow.testing.reaching import can_be_taken
from tests.states.case import samples_of
from tests.states.test_payment import PAYLOADS

PAYMENT = load("payment")


class TestPayment(MachineSuite):
    """A shipped machine, by name."""

    machine = "payment"
    profile = "demo"
    samples = samples_of(PAYLOADS)
    journals = Path(__file__).parents[1] / "journals"
    lives = 1
    steps = 5


def barred(machine: Machine, event: str) -> Machine:
    """Return a machine of which nobody can do something."""
    never = Guard(lambda _attempt: False, "never")
    rows = [
        attrs.evolve(row, guards=(never,)) if row.event == event else row for row in machine.rows
    ]
    return attrs.evolve(machine, rows=tuple(rows))


class Barred(MachineSuite):
    """A machine with a row that nothing takes, under a guard without a text."""

    machine = barred(PAYMENT, "invoice")
    profile = "demo"
    tries = 5


@pytest.fixture(scope="module")
def bench() -> Bench:
    """Return what runs it."""
    return Bench([Barred.machine], "demo")


def suite(**words: object) -> Barred:
    """Return the suite of the barred machine with attributes of its own."""
    made: type[Barred] = type("Suite", (Barred,), words)
    return made()


def test_a_row_that_nothing_takes_is_told(bench: Bench) -> None:
    """Unless the author says why; a reason for a row that is not there is a fault."""
    engine, walks = bench.engine(MemoryStore(), ManualClock(MONDAY)), walk(Barred.machine)
    name = "expected, recorded --invoice-> ="
    others = {row.name: "tried elsewhere" for row in Barred.machine.rows if row.name != name}
    with pytest.raises(AssertionError, match="give samples, or list them as unreached"):
        suite(unreached=others).test_every_row_is_reached(engine, walks)
    suite(unreached={**others, name: "barred"}).test_every_row_is_reached(engine, walks)
    with pytest.raises(AssertionError, match=r"no row 'expected --invoise-> ='\. Did"):
        suite(unreached={"expected --invoise-> =": "?"}).test_every_row_is_reached(engine, walks)


def test_a_code_without_a_text_is_told(bench: Bench) -> None:
    """In each language."""
    engine = bench.engine(MemoryStore(), ManualClock(MONDAY))
    with pytest.raises(AssertionError, match="never"):
        suite().test_its_definition_and_texts_are_in_order(engine)


def test_journals_are_replayed_where_a_folder_is_named(bench: Bench, tmp_path: Path) -> None:
    """Else that is shown as skipped; a folder without any is a fault."""
    with pytest.raises(pytest.skip.Exception, match="no folder of recorded journals"):
        suite().test_recorded_journals_fold(bench, "table")
    with pytest.raises(AssertionError, match="record one"):
        suite(journals=tmp_path).test_recorded_journals_fold(bench, "table")


def test_a_row_is_tried_from_nothing_and_whatever_raises_takes_it_not() -> None:
    """A creation needs no entity; a guard that fails on what was drawn lets nothing pass."""
    broken = Guard(lambda _attempt: bool(1 // 0), "broken")
    rows = tuple(
        attrs.evolve(row, guards=(broken,)) if row.event == "invoice" else row
        for row in PAYMENT.rows
    )
    machine = attrs.evolve(PAYMENT, rows=rows)
    engine = Bench([machine], "demo").engine(MemoryStore(), ManualClock(MONDAY))
    create, invoice = (row for row in rows if row.event in {"expect", "invoice"})
    assert can_be_taken(engine, create, "payment", Strategies(), samples_of(PAYLOADS))
    assert not can_be_taken(engine, invoice, "payment", Strategies(), {}, tries=3)
