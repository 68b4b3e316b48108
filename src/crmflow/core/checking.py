"""Checks that tables share: names nobody knows, texts nobody can read, facts without a day."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import TypeVar

from crmflow.core.errors import did_you_mean
from crmflow.core.form import Fault
from crmflow.core.kinds import kinds_of
from crmflow.core.machine import Machine
from crmflow.core.reading import FieldError
from crmflow.core.tables import MachineRow

R = TypeVar("R", bound=MachineRow)


def placed(
    table: str, rows: Sequence[R], machines: Mapping[str, Machine]
) -> Iterator[tuple[str, R, Machine]]:
    """
    Yield each row about a machine that is on, with its place and that machine.

    Args:
        table: Name of the table.
        rows: Its rows in use.
        machines: The machines that are on.
    """
    for number, row in enumerate(rows):
        if row.machine in machines:
            yield f"$.{table}[{number}]", row, machines[row.machine]


def known(path: str, name: str | None, names: Iterable[str]) -> Iterator[Fault]:
    """
    Yield a fault where a name that is given is none of those there are.

    Args:
        path: Where it stands.
        name: The name, or None where the row gives none.
        names: Those there are.
    """
    options = tuple(names)
    if name is not None and name not in options:
        yield Fault(path, "unknown", did_you_mean(name, options))


def all_known(path: str, given: Iterable[str], names: Iterable[str]) -> Iterator[Fault]:
    """Yield a fault for each name of a list that is none of those there are; see `known`."""
    options = tuple(names)
    for number, name in enumerate(given):
        yield from known(f"{path}[{number}]", name, options)


def readable(path: str, read: Callable[[], object]) -> Iterator[Fault]:
    """
    Yield what is wrong with a text.

    Args:
        path: Where it stands.
        read: Reads it; raises FieldError where it cannot be read.
    """
    try:
        read()
    except FieldError as error:
        yield Fault(path, error.code, error.expected)


def dated(path: str, fact: str | None, facts: type) -> Iterator[Fault]:
    """Yield what is wrong with a fact that must hold a day or an instant; see `known`."""
    kinds = kinds_of(facts)
    yield from known(path, fact, kinds)
    if fact is not None and fact in kinds and {date, datetime}.isdisjoint(kinds[fact]):
        yield Fault(path, "type", "a fact that holds a date or an instant")
