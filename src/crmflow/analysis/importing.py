"""
A log into a store: a history's rows as observations, a snapshot's as adoptions, in
batches and in bounded memory. Every row is written, known already, left out because
the mapping says so, or set aside with its reason.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, Protocol

import attrs

from crmflow.analysis.adopting import Adoptions
from crmflow.analysis.eventlog import read_log
from crmflow.analysis.import_report import Imported, Tally
from crmflow.analysis.log_row import Aside, CellFault, LogReadError, LogRow, RowFault
from crmflow.analysis.mapping import Mapping, strangers
from crmflow.analysis.observing import Observing
from crmflow.analysis.row_check import RowCheck
from crmflow.core.actor import Actor
from crmflow.core.decision import summary
from crmflow.core.errors import ConfigurationError
from crmflow.core.machine import Machine
from crmflow.core.refusal import Because
from crmflow.engine.engine import Engine
from crmflow.flow.run import Answered

__all__ = ["check_mapping", "import_log"]

BATCH: Final = 100
"""Rows of one transaction."""

Progress = Callable[[int], None]
"""Told how many rows of the log were dealt with so far."""


class _Writer(Protocol):
    """What becomes of rows: observations or adoptions."""

    def begin(self, rows: Sequence[LogRow]) -> None: ...

    def known(self, row: LogRow) -> bool | tuple[CellFault, ...]: ...

    def write(self, rows: Sequence[LogRow]) -> tuple[Answered, ...]: ...


def check_mapping(mapping: Mapping, machine: Machine, source: str) -> None:
    """
    Check that a mapping names only what a machine has.

    Args:
        mapping: A loaded mapping.
        machine: The machine the log is compared with or brought into.
        source: Where the mapping comes from, for the error.

    Raises:
        ConfigurationError: It names unknown states or facts; all at once.
    """
    states = [state.name for state in machine.states]
    fields = [field.name for field in attrs.fields(machine.facts)]
    faults = strangers(mapping, states=states, fields=fields)
    if faults:
        raise ConfigurationError(source, faults)


def import_log(
    engine: Engine,
    path: Path,
    mapping: Mapping,
    machine: str,
    *,
    actor: Actor | str,
    aside: Aside | None = None,
    progress: Progress | None = None,
) -> Imported:
    """
    Bring a log into a store.

    Doing it again changes nothing, and a log that has grown adds its new rows; two
    imports of one log must not run at the same time.

    Args:
        engine: Has the machine switched on.
        path: The log.
        mapping: What its columns and labels mean.
        machine: Name of the machine.
        actor: Who adopts a snapshot's entities; a history's rows name their own.
        aside: Takes each row that cannot be used. None: the first such row ends the
            import; the rows before it are in the store.
        progress: Told now and then how far it is.

    Raises:
        UnknownMachineError: The machine is not switched on.
        ConfigurationError: The mapping names what the machine does not have.
        LogReadError: The log cannot be read on, or a row is at fault and nobody takes it.
        RefusedError: *actor* may not adopt.
        UnknownActorError: The directory does not know *actor*.
        StoreError: The store failed; importing again continues.
    """
    table = engine.registry.machine(machine).machine
    check_mapping(mapping, table, "the mapping")
    check = RowCheck(table, mapping)
    snapshot = mapping.kind == "snapshot"
    reason = mapping.reason or f"imported from {path.name}"
    writer: _Writer = (
        Adoptions(engine, machine, check, actor=actor, reason=reason)
        if snapshot
        else Observing(engine, machine, check)
    )
    requires = {state.name: state.requires for state in table.states}
    tally = Tally(requires, mapping.sums, snapshot=snapshot)
    run = _Import(path, writer, tally, aside, merges=mapping.journal_merged)
    for count in run.batches(mapping):
        if progress is not None:
            progress(count)
    return tally.report()


class _Import:
    """One log on its way into a store."""

    def __init__(
        self, path: Path, writer: _Writer, tally: Tally, aside: Aside | None, *, merges: bool
    ) -> None:
        self._path = path
        self._writer = writer
        self._tally = tally
        self._aside = aside
        self._merges = merges

    def batches(self, mapping: Mapping) -> Iterator[int]:
        """Deal with the log batch by batch; yield the rows dealt with so far."""
        rows = read_log(self._path, mapping, aside=self._aside and self._take_unread)
        while True:
            batch, error = _some(rows)
            # What stands before a place that cannot be read is brought in.
            self._write(batch)
            if error is not None:
                raise error
            if not batch:
                return
            yield self._tally.rows

    def _take_unread(self, fault: RowFault) -> None:
        self._tally.rows += 1
        self._set_aside(fault)

    def _set_aside(self, fault: RowFault) -> None:
        if self._aside is None:
            raise LogReadError(fault.file, fault.line, tuple(map(str, fault.cells)))
        self._tally.set_aside += 1
        self._aside(fault)

    def _write(self, batch: Sequence[LogRow]) -> None:
        """Write what of a batch is new; end at a row at fault where nobody takes it."""
        self._writer.begin(batch)
        new: list[LogRow] = []
        for row in batch:
            self._tally.rows += 1
            if self._merges and self._stays(row, new):
                self._tally.merged += 1
                continue
            found = self._writer.known(row)
            if isinstance(found, tuple):
                if self._aside is None:
                    self._send(new)
                self._set_aside(self._fault(row, found))
            elif found:
                self._tally.keep(row)
            else:
                new.append(row)
        self._send(new)

    def _stays(self, row: LogRow, new: Sequence[LogRow]) -> bool:
        """Say whether the row leaves its case in its state; *new* are the rows just before."""
        states = (one.state for one in reversed(new) if one.case == row.case)
        return row.state is not None and row.state == next(states, self._tally.last(row.case))

    def _send(self, rows: Sequence[LogRow]) -> None:
        for row, answer in zip(rows, self._writer.write(rows), strict=True):
            if isinstance(answer, Exception):
                # Not the row's fault: its facts and its machine were found in order.
                raise answer
            if answer.refusal is not None:
                if answer.refusal.because is Because.ROWS:
                    # Who imports may not adopt: no other row would fare better.
                    answer.require()
                reasons = "; ".join(summary(answer.refusal))
                self._set_aside(self._fault(row, (CellFault("", row.label, reasons),)))
            else:
                self._tally.add(row, is_new=answer.snapshot.version == 1)

    def _fault(self, row: LogRow, cells: tuple[CellFault, ...]) -> RowFault:
        return RowFault(str(self._path), row.line, cells, row.raw)


def _some(rows: Iterator[LogRow]) -> tuple[list[LogRow], LogReadError | None]:
    """Return the next batch, empty at the end, and why there are no more rows, if so."""
    batch: list[LogRow] = []
    try:
        # What came before an error stays in the list.
        batch.extend(itertools.islice(rows, BATCH))
    except LogReadError as error:
        return batch, error
    return batch, None
