"""Checks of the table: every fault of every row, with its place and what would be right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from crmflow.core.checking import all_known, known, placed, readable
from crmflow.core.form import Fault
from crmflow.core.kinds import kinds_of
from crmflow.core.machine import Machine
from crmflow.core.tables import Tables
from crmflow.expressions import Scope
from crmflow.policies.conditions.rows import ALL, Condition


def check(
    rows: Sequence[Condition], tables: Tables, machines: Mapping[str, Machine]
) -> Iterator[Fault]:
    """Yield every fault of the table `conditions`."""
    for place, row, machine in placed("conditions", rows, machines):
        yield from all_known(f"{place}.events", row.events, (*machine.events, ALL))
        if row.when is None and row.requires is None:
            yield Fault(place, "empty", "when or requires: what must hold, and where")
        found = [
            fault
            for event in row.about(machine)
            if event in machine.events
            for fault in _of_event(place, row, machine, event, tables)
        ]
        yield from dict.fromkeys(found)


def _of_event(
    place: str, row: Condition, machine: Machine, event: str, tables: Tables
) -> Iterator[Fault]:
    scope = Scope.about(machine, machine.form(event), tables)
    yield from readable(f"{place}.when", partial(scope.maybe, row.when))
    yield from readable(f"{place}.requires", partial(scope.maybe, row.requires))
    if row.soft is not None:
        yield from known(f"{place}.soft.reason", row.soft.reason, kinds_of(machine.form(event)))
