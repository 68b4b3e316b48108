"""Stores that an analysis reads stay as they are, whatever kind they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmflow.analysis.backtest import Backtest, backtest
from crmflow.analysis.preview import Preview, preview
from crmflow.analysis.source import Policies, read_only
from crmflow.clock import ManualClock
from crmflow.core.errors import StoreFileError
from crmflow.storage.port import Store
from tests.analysis.cases import CLERK, END, STAFF, bound, engine, opened, rows
from tests.policies.sla_desk import CASE, on
from tests.storage.servers import database_of, mysql, postgresql, schema_of

TODAY = Policies(machines=[CASE], config=rows(), directory=STAFF)


def state(store: Store) -> object:
    """Return all that an engine, a worker or a caller could have written."""
    refs = [bound(rows()).ref("case", id_) for id_ in ("K-1", "K-2")]
    return (
        store.load(refs),
        [store.journal(ref) for ref in refs],
        store.due("main", 2**53, limit=99),
        store.tasks("main"),
        store.outbox("main"),
        store.enrolled("main"),
    )


def unchanged(url: str) -> None:
    """Back-test and preview a store, and look whether it is as before."""
    with engine(rows(), url) as desk:
        desk.fire(opened(desk), "work", actor=CLERK, at=on(2, 10)).require()
        opened(desk, "K-2")
        before = state(desk.store)
        with read_only(url, TODAY, clock=ManualClock(END)) as source:
            tighter = bound(rows(target="2wh"))
            tested = Backtest.of(backtest(source, tighter))
            ahead = Preview.of(preview(source, tighter))
        assert (tested.tested, tested.differing, ahead.entities) == (2, 2, 2)
        assert state(desk.store) == before


def test_a_file_stays_as_it_is(tmp_path: Path) -> None:
    """While an engine has it open; one that is not there is not made."""
    unchanged(f"sqlite:///{tmp_path / 'crm.db'}")
    with (
        pytest.raises(StoreFileError, match="no store yet"),
        read_only(f"sqlite:///{tmp_path / 'none.db'}", TODAY),
    ):
        pass


@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
def test_a_servers_store_stays_as_it_is(kind: str) -> None:
    """Rows, journals, timers, tasks, messages, and what engines note."""
    with schema_of(postgresql()) if kind == "postgresql" else database_of(mysql()) as url:
        unchanged(url)
