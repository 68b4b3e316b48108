"""Who names which role: rows of tables, and machines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from crmflow.core.kinds import field_names
from crmflow.core.machine import Machine
from crmflow.core.tables import TableRow, Tables

COLUMNS = frozenset({"approvers", "erasers", "role", "roles", "superiors_up_to", "who"})
"""Columns whose texts are names of roles."""

NO_ROLES = frozenset({"none"})
"""Words that stand in such a column for nobody."""


@attrs.frozen
class Named:
    """
    A role that something names.

    Attributes:
        role: The name.
        place: Where: path of a row, or a machine and its row.
    """

    role: str
    place: str


def named(tables: Tables, machines: Mapping[str, Machine]) -> Iterator[Named]:
    """Yield every role that a row in use or a machine names, with its place."""
    for table, rows in tables.rows.items():
        for number, row in enumerate(rows):
            yield from _of_value(row, f"$.{table}[{number}]")
    for machine in machines.values():
        yield from _of_machine(machine)


def _of_machine(machine: Machine) -> Iterator[Named]:
    for row in machine.rows:
        place = f"machine {machine.name}: {row.name}"
        roles = row.who.union(*(guard.roles for guard in row.guards))
        opened = {task.role for task in row.tasks if isinstance(task.role, str)}
        yield from (Named(role, place) for role in sorted(roles | opened))
    yield from (Named(role, f"machine {machine.name}") for role in sorted(machine.adopters))


def _of_value(value: object, place: str) -> Iterator[Named]:
    """Yield the roles named within a row, at any depth."""
    kind: type = type(value)
    if isinstance(value, Mapping):
        pairs = [(f"{place}.{name}", str(name), one) for name, one in value.items()]
    elif isinstance(value, tuple | list):
        pairs = [(f"{place}[{number}]", "", one) for number, one in enumerate(value)]
    else:
        fields = (name for name in field_names(kind) if name not in _COMMON)
        pairs = [(f"{place}.{name}", name, getattr(value, name)) for name in fields]
    for where, name, one in pairs:
        if name in COLUMNS:
            yield from _words(one, where)
        else:
            yield from _of_value(one, where)


_COMMON = frozenset(field_names(TableRow))


def _words(value: Any, place: str) -> Iterator[Named]:  # noqa: ANN401 - whatever a row has there
    """Yield the names in a column of roles: one text, several, or names within steps."""
    if isinstance(value, str):
        found = (word for word in value.replace(",", " ").split() if word not in NO_ROLES)
        yield from (Named(word, place) for word in found)
    elif isinstance(value, tuple | list | frozenset | set):
        for one in value if isinstance(value, tuple | list) else sorted(value):
            yield from _words(one, place) if isinstance(one, str) else _of_value(one, place)
    else:
        yield from _of_value(value, place)
