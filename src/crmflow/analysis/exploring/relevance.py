"""
What a machine and its policies can tell apart: the names and numbers that their code reads.

Two situations that differ in nothing that is read have the same future. What is read is found
by going through the code of guards, timers and tasks, and through the strings of the rows of
tables; updates count as far as they write what is read. Where code cannot be read everything
counts. More is found than is read, never less, but for names that code puts together only when
it runs, and methods of objects that it makes or is handed by others than the engine.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import get_args

import attrs

from crmflow.analysis.exploring.reading import Code, codes_of
from crmflow.core.kinds import field_names, hints_of
from crmflow.core.machine import Machine, Row
from crmflow.core.money import Money
from crmflow.core.tables import MachineRow, Tables

__all__ = ["Relevance", "relevance_of"]

_WORD = re.compile(r"[A-Za-z_]\w*")
_DOTTED = re.compile(r"\b[a-z_]\w*\.([a-z_]\w*)")
_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.])")
_COMPARES = frozenset("<>=")
_CALCULATES = re.compile(r"[%*/+]| - ")
_TITLES = frozenset({"name", "machine", "rules", "version", "origin", "from_on", "until_on"})
"""Columns of every row that no policy compares with anything of an entity."""

_READERS = frozenset({"outputs", "masks", "lists", "kpis"})
"""Tables of what is told and shown: nothing that happens depends on it."""


@attrs.frozen
class Relevance:
    """
    What is told apart.

    Attributes:
        facts: Names of facts that something reads, and other names.
        fields: Names of fields of forms, likewise.
        told: Names of facts that linked entities tell, and texts such as names of their states.
        numbers: Numbers that something may compare with, ascending.
        calculates: Whether something does more with numbers than to compare them.
        texts: Texts of code that names something, by that name.
    """

    facts: frozenset[str]
    fields: frozenset[str]
    told: frozenset[str]
    numbers: tuple[Decimal, ...]
    calculates: bool = False
    texts: Mapping[str, frozenset[str]] = attrs.field(factory=dict)


def relevance_of(machine: Machine, tables: Tables) -> Relevance:
    """
    Return what a machine and the rows about it can tell apart.

    Args:
        machine: As it runs.
        tables: All rows in use.
    """
    records = _records(machine)
    asked = [c for row in machine.rows for part in _asked(row) for c in codes_of(part, records)]
    texts = list(_texts(_columns(tables, machine.name)))
    named = {word for text in texts for word in _WORD.findall(text)}
    facts = {*named, *(word for code in asked if code.facts for word in code.words)}
    fields = {*named, *(word for code in asked if code.form for word in code.words)}
    if any(code.opaque for code in asked):
        facts |= {name for kind in records for name in field_names(kind)}
        fields |= facts
    _follow(machine, records, facts, fields)
    told = {word for code in asked for word in code.texts}
    told |= {word for text in texts for word in _DOTTED.findall(text)}
    told |= {word for text in texts for word in _WORD.findall(text) if text.count(".")}
    numbers = {number for code in asked for number in code.numbers}
    numbers |= set(_numbers(_columns(tables, machine.name), texts))
    calculates = any(code.calculates or code.opaque for code in asked)
    calculates |= any(_COMPARES & {*text} and _CALCULATES.search(text) for text in texts)
    return Relevance(
        frozenset(facts),
        frozenset(fields),
        frozenset(told),
        tuple(sorted(numbers)),
        calculates=calculates,
        texts=_by_name(asked),
    )


def _by_name(codes: Iterable[Code]) -> Mapping[str, frozenset[str]]:
    """Return the texts of code by the names in it: what is so called may be compared with them."""
    found: dict[str, frozenset[str]] = {}
    for code in codes:
        for name in code.attributes:
            found[name] = found.get(name, frozenset()) | code.texts
    return found


def _records(machine: Machine) -> tuple[type, ...]:
    """Return the classes of a machine's facts and forms, and of all that they hold."""
    found: dict[type, None] = {}
    waiting: list[object] = [machine.facts, *map(machine.form, machine.events)]
    while waiting:
        kind = waiting.pop()
        waiting.extend(get_args(kind))
        if isinstance(kind, type) and attrs.has(kind) and kind not in found:
            found[kind] = None
            waiting.extend(hints_of(kind).values())
    return tuple(found)


def _follow(machine: Machine, records: tuple[type, ...], facts: set[str], fields: set[str]) -> None:
    """Add what updates read that write what is read, until nothing is added any more."""
    updates = [code for row in machine.rows for code in codes_of(row.sets, records)]
    grown = True
    while grown:
        before = len(facts) + len(fields)
        for code in updates:
            if code.opaque or not facts.isdisjoint(code.texts):
                facts |= code.attributes if code.facts else set()
                fields |= code.words if code.form else set()
        grown = len(facts) + len(fields) > before


def _asked(row: Row) -> Iterator[Callable[..., object]]:
    """Yield the functions of a row on which its further life depends."""
    yield from (guard.fn for guard in row.guards)
    for start in row.start:
        yield from (one for one in (start.after, start.since) if callable(one))
    yield from (task.role for task in row.tasks if callable(task.role))


def _columns(tables: Tables, machine: str) -> Iterator[object]:
    """Yield the values of all rows about a machine that are in use."""
    for table, rows in tables.rows.items():
        for row in rows if table not in _READERS else ():
            if isinstance(row, MachineRow) and row.machine == machine and row.enabled:
                names = (field.name for field in attrs.fields(type(row)))
                yield from (getattr(row, name) for name in names if name not in _TITLES)


def _leaves(values: Iterable[object]) -> Iterator[object]:
    for value in values:
        if isinstance(value, Mapping):
            yield from _leaves((*value.keys(), *value.values()))
        elif isinstance(value, tuple | list | set | frozenset):
            yield from _leaves(value)
        elif attrs.has(kind := type(value)) and not isinstance(value, Money):
            yield from _leaves(getattr(value, name) for name in field_names(kind))
        else:
            yield value


def _texts(values: Iterable[object]) -> Iterator[str]:
    yield from (str(leaf) for leaf in _leaves(values) if isinstance(leaf, str))


def _numbers(values: Iterable[object], texts: Iterable[str]) -> Iterator[Decimal]:
    """Yield amounts of rows, and the numbers of expressions that compare."""
    yield from (leaf.amount for leaf in _leaves(values) if isinstance(leaf, Money))
    for text in texts:
        if not _COMPARES.isdisjoint(text):
            yield from map(Decimal, _NUMBER.findall(text))
