"""Checks of `lists`: states, columns, groups and order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from crmflow.core.checking import all_known, placed, readable
from crmflow.core.form import Fault
from crmflow.core.machine import Machine
from crmflow.core.reading import FieldError
from crmflow.core.tables import Tables
from crmflow.expressions import Scope
from crmflow.policies.outputs.columns import cell_of
from crmflow.policies.outputs.rows import Listing, Total

_NUMERIC = frozenset({Total.SUM, Total.AVERAGE})


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
        yield from all_known(f"{place}.by", row.by, names)
        order = [name.removeprefix("-") for name in row.order]
        yield from all_known(f"{place}.order", order, names)


def _columns(place: str, row: Listing, machine: Machine, scope: Scope) -> Iterator[Fault]:
    for number, one in enumerate(row.columns):
        here = f"{place}.columns[{number}]"
        if one.name in [other.name for other in row.columns[:number]]:
            yield Fault(f"{here}.name", "double", "a name of its own")
        grouped = bool(row.by) and one.name not in row.by
        if grouped and one.total is None:
            yield Fault(f"{here}.total", "missing", "what is said of a group: count, sum, ...")
        if not grouped and one.total is not None:
            yield Fault(f"{here}.total", "given", "nothing: it stands for one entity or names one")
        try:
            cell = cell_of(one.source, scope, machine)
        except FieldError as error:
            yield Fault(f"{here}.{'value' if one.value else 'name'}", error.code, error.expected)
            continue
        if one.total in _NUMERIC and not cell.numeric:
            yield Fault(f"{here}.value", "type", "a number, to be added up")
