"""Checks of `lists`: states, columns and order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from crmflow.core.checking import all_known, placed, readable
from crmflow.core.form import Fault
from crmflow.core.machine import Machine
from crmflow.core.tables import Tables
from crmflow.expressions import Scope
from crmflow.policies.outputs.columns import cell_of
from crmflow.policies.outputs.rows import Listing


def check_lists(
    rows: Sequence[Listing], tables: Tables, machines: Mapping[str, Machine]
) -> Iterator[Fault]:
    """Yield every fault of the table `lists`."""
    for place, row, machine in placed("lists", rows, machines):
        yield from all_known(f"{place}.states", row.states, [one.name for one in machine.states])
        scope = Scope.about(machine, None, tables)
        yield from readable(f"{place}.where", partial(scope.maybe, row.where))
        if not row.columns:
            yield Fault(f"{place}.columns", "empty", "one column at least")
        yield from _columns(place, row, machine, scope)
        names = [one.name for one in row.columns]
        order = [name.removeprefix("-") for name in row.order]
        yield from all_known(f"{place}.order", order, names)


def _columns(place: str, row: Listing, machine: Machine, scope: Scope) -> Iterator[Fault]:
    for number, one in enumerate(row.columns):
        here = f"{place}.columns[{number}]"
        if one.name in [other.name for other in row.columns[:number]]:
            yield Fault(f"{here}.name", "double", "a name of its own")
        place_of = f"{here}.{'value' if one.value else 'name'}"
        yield from readable(place_of, partial(cell_of, one.source, scope, machine))
