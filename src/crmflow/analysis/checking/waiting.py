"""Rows that wait for a machine: whether they will fit it once it is switched on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import attrs

from crmflow.analysis.checking.subject import Placed, Subject
from crmflow.analysis.fault import Fault, FaultKind
from crmflow.core.tables import TableRow
from crmflow.profiles.entry import Use
from crmflow.profiles.loading import PLACE

__all__ = ["misfits"]


def misfits(subject: Subject) -> Iterator[Fault]:
    """Yield what a company's or a plugin's rows of machines that are off will be told then."""
    groups: dict[tuple[str, str], list[Placed[TableRow]]] = defaultdict(list)
    for entry in subject.loaded.entries:
        if entry.use is Use.MACHINE and entry.row is not None and entry.machine is not None:
            groups[entry.table.name, entry.machine].append(Placed(entry.row, entry))
    for (_, machine), waiting in groups.items():
        if machine in subject.tables.machines and any(one.own for one in waiting):
            yield from _of_machine(subject, machine, waiting)


def _of_machine(
    subject: Subject, machine: str, waiting: Sequence[Placed[TableRow]]
) -> Iterator[Fault]:
    """Yield what the check of their table says of rows, the machine being there."""
    table, rows = waiting[0].entry.table, tuple(one.row for one in waiting)
    tables = attrs.evolve(subject.tables, rows={**subject.tables.rows, table.name: rows})
    for fault in table.check(rows, tables, {machine: subject.tables.machines[machine]}):
        place = PLACE.fullmatch(fault.path)
        if place is not None and waiting[int(place[2])].own:
            why = f"{fault.code}, {fault.expected}"
            yield waiting[int(place[2])].fault(FaultKind.MISFIT, place[3], why=why, machine=machine)
