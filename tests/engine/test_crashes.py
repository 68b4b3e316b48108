"""A crash at every storage call of a whole life: nothing lost, nothing doubled, nothing half."""

import contextlib
import functools
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from crmflow.core.errors import UnavailableError
from crmflow.engine.engine import Engine
from crmflow.storage.opening import open_store
from crmflow.storage.port import Store
from crmflow.storage.query import Find
from crmflow.testing import CrashingStore
from tests.engine.machines import AT, HOUR, SALES, engine
from tests.engine.test_messages import ALL_CALLS, CONTACT, NEEDS, PLAN

CALLS = (*ALL_CALLS, "due")
LIFE: tuple[tuple[str, str, Mapping[str, object] | None], ...] = (
    ("lead", "contact", CONTACT),
    ("lead", "analyse_needs", NEEDS),
    ("lead", "convert", {"customer": "C-1"}),
    ("deal", "make_plan", PLAN),
    ("deal", "propose", {"client_proposal": "cp", "products": ["crane"]}),
    ("deal", "accept", {"accepted_by": "buyer"}),
    ("contract", "sign", None),
    ("deal", "win", None),
    ("contract", "start", None),
    ("deal", "start", None),
    ("contract", "finish_delivery", None),
    ("deal", "deliver", None),
)


def sure(ask: Callable[[], object]) -> None:
    """Ask until it is acknowledged."""
    with contextlib.suppress(UnavailableError):
        ask()
        return
    ask()


def live(store: Store, crashing: CrashingStore | None = None) -> Engine:
    """Live a lead's, a deal's and a contract's life, each step resent until it is acknowledged."""
    sales = engine(crashing or store)

    def fire(number: int, machine: str, event: str, payload: Mapping[str, object] | None) -> None:
        (row,) = store.find(Find("main", machine))
        key, at = f"{machine} {event}", AT + number * HOUR
        sales.fire(row.ref, event, payload, actor=SALES, key=key, at=at).require()

    form = {"name": "N", "source": "exhibition"}
    sure(lambda: sales.create("lead", form, actor=SALES, id="L-1", key="find").require())
    for number, step in enumerate(LIFE):
        sure(sales.run_due)
        sure(functools.partial(fire, number, *step))
    sure(lambda: sales.run_due(AT + 100 * 24 * HOUR))
    return engine(store)


def told(lived: Engine) -> list[object]:
    """Return all that was journaled and is left to do, instants of delivery aside."""
    journals = [
        [(r.version, r.event.name, r.event.key, r.to) for r in lived.journal(row.ref)]
        for row in lived.find()
    ]
    left = [(row.target, row.status) for row in lived.outbox()]
    return [journals, left, [task.name for task in lived.tasks()]]


@pytest.mark.slow
@pytest.mark.parametrize("after", [False, True])
def test_a_crash_at_every_call_of_a_life(
    after: bool, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Whichever call fails, before or after it takes effect, the life ends the same."""
    whole = told(live(open_store(f"sqlite:///{tmp_path}/whole.db")))
    crashes = 0
    while True:
        store = open_store("sqlite://")
        cut = UnavailableError("test", "cut")
        crashing = CrashingStore(store, cut, at=crashes + 1, after=after, calls=CALLS)
        lived = live(store, crashing)
        assert told(lived) == whole
        assert not any(one.differs for row in lived.find() for one in lived.redecide(row.ref))
        if crashing.count <= crashes:
            break
        crashes += 1
    assert crashes > 60
    record_property(f"crash {'after' if after else 'before'} a call", {"crashes": crashes})
    with contextlib.closing(sqlite3.connect(tmp_path / "whole.db")) as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
