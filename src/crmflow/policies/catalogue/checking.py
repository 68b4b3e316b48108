"""What is wrong with products: fields and events that nobody knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import get_args, get_origin

import attrs

from crmflow.core.checking import known
from crmflow.core.form import Fault
from crmflow.core.kinds import kinds_of
from crmflow.core.machine import Machine
from crmflow.core.tables import Tables
from crmflow.expressions.kinds import kind_of
from crmflow.policies.catalogue.rows import ProductRow


def check(
    rows: Sequence[ProductRow], tables: Tables, machines: Mapping[str, Machine]
) -> Iterator[Fault]:
    """Yield every fault of the table."""
    for number, row in enumerate(rows):
        place = f"$.products[{number}]"
        for name, fields in row.allows.items():
            if name in machines:
                yield from _allowed(f"{place}.allows.{name}", fields, machines[name])
        for index, name in enumerate(row.refuses):
            yield from _refused(f"{place}.refuses[{index}]", name, machines)


def _allowed(path: str, fields: Mapping[str, Sequence[str]], machine: Machine) -> Iterator[Fault]:
    forms = [form for event in machine.events if (form := machine.form(event)) is not None]
    choices: dict[str, frozenset[str]] = {}
    for name, said in (pair for form in forms for pair in _fields(form, frozenset())):
        choices[name] = choices.get(name, frozenset()) | said
    for field, values in fields.items():
        yield from known(f"{path}.{field}", field, choices)
        options = choices.get(field)
        for value in values if options else ():
            yield from known(f"{path}.{field}", value, options or ())


def _fields(form: type, within: frozenset[type]) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield every field of a form, and of what it holds, with what it may say where told."""
    for name, kinds in kinds_of(form).items():
        yield name, frozenset[str]().union(*(kind_of(kind).choices for kind in kinds))
        for kind in kinds:
            inner = get_args(kind)[0] if get_origin(kind) is tuple else kind
            if isinstance(inner, type) and attrs.has(inner) and inner not in within:
                yield from _fields(inner, within | {form})


def _refused(path: str, name: str, machines: Mapping[str, Machine]) -> Iterator[Fault]:
    machine, dot, event = name.partition(".")
    if not dot:
        yield Fault(path, "type", "a machine and an event, such as 'return.approve'")
    elif machine in machines:
        yield from known(path, event, machines[machine].events)
