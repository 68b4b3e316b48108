"""The lives that a history tells: of a log's rows, or of the journals of a store."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime

from crmflow.analysis.eventlog import read_log
from crmflow.analysis.log_row import LogRow, RowFault
from crmflow.analysis.mapping_file import load_mapping
from crmflow.analysis.simulation.company import TENANT
from crmflow.analysis.simulation.history import Life
from crmflow.analysis.simulation.rows import HistoryRow
from crmflow.analysis.simulation.scenario import Scenario
from crmflow.core.machine import Kind, Machine
from crmflow.core.plain import plain
from crmflow.engine.driving import at_once, drive
from crmflow.engine.starting import registry_for
from crmflow.flow.history import History as Journals
from crmflow.plugins.loading import load_plugins
from crmflow.storage.opening import open_to_read
from crmflow.storage.port import every
from crmflow.storage.query import Find

__all__ = ["lives_of"]

_PAGE = 200
_ALL = 1 << 20
"""Records of a journal; no life of a case has more."""


def lives_of(scenario: Scenario, row: HistoryRow, machine: Machine) -> Iterator[Life]:
    """
    Return the lives that a history tells; nothing is written to its store.

    Args:
        scenario: Says where files are, and how a store's journals are read.
        row: The history.
        machine: Its machine.

    Raises:
        ConfigurationError: The mapping is wrong.
        LogReadError: The log cannot be read.
        StoreError: The store cannot be read.
    """
    return _journaled(scenario, row) if row.store else _logged(scenario, row, machine)


def _logged(scenario: Scenario, row: HistoryRow, machine: Machine) -> Iterator[Life]:
    mapping = load_mapping(scenario.place(row.mapping or ""))
    initial = next(one.name for one in machine.states if one.kind is Kind.INITIAL)
    cases: dict[str, list[LogRow]] = defaultdict(list)
    for one in read_log(scenario.place(row.log or ""), mapping, aside=_nowhere):
        # A row of an unmapped state is no part of a life.
        if one.state is not None:
            cases[one.case].append(one)
    for rows in cases.values():
        yield Life(tuple(_entered(rows, row.opened, initial)), _plain(rows[0].values))


def _nowhere(_fault: RowFault) -> None:
    """Leave out a row that cannot be understood: nothing is known of it."""


def _entered(
    rows: Sequence[LogRow], opened: str | None, initial: str
) -> Iterator[tuple[datetime, str]]:
    """Yield the states entered; a case that the log shows too late began in the initial one."""
    state, at = "", datetime.min.replace(tzinfo=UTC)
    began = rows[0].values.get(opened or "")
    if isinstance(began, datetime) and rows[0].state != initial:
        state, at = initial, began
        yield at, state
    for row in rows:
        # Who goes back in time, or tells none, is taken at the instant before.
        at = max(at, row.at or at)
        if row.state is not None and row.state != state:
            state = row.state
            yield at, state


def _journaled(scenario: Scenario, row: HistoryRow) -> Iterator[Life]:
    rows = scenario.rows
    registry = registry_for(
        load_plugins(scenario.plugins),
        [row.machine],
        tenant=TENANT,
        profile=rows.profile,
        config=scenario.config,
        interpreter="table",
    )
    with closing(open_to_read(scenario.store(row.store or ""))) as store:
        registry.codec.vault.secret_of = store.secret
        journals = Journals(registry, store, at_once)
        for entity in every(store, Find(TENANT, row.machine, limit=_PAGE)):
            records = list(map(journals.recorded, drive(journals.journal(entity.ref, 0, _ALL))))
            entered = [(one, one.to) for one in records if one.to is not None]
            # Of a journal that was pruned the beginning is gone, and with it when it was; whose
            # creation waits for approval has not begun.
            if entered and records[0].version == 1:
                steps = [(one.event.at, state) for one, state in entered]
                yield Life(steps, _plain(entered[0][0].facts))


def _plain(values: Mapping[str, object]) -> Mapping[str, object]:
    return {name: plain(value) for name, value in values.items()}
