"""Checks of the tables: every fault of every row, with its place and what would be right."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial

from crmflow.core.checking import all_known, known, placed, readable
from crmflow.core.form import Fault
from crmflow.core.kinds import kinds_of
from crmflow.core.machine import Machine
from crmflow.core.tables import Tables
from crmflow.expressions import Scope
from crmflow.policies.data_quality.formats import format_of
from crmflow.policies.data_quality.judging import EITHER
from crmflow.policies.data_quality.likeness import ratio
from crmflow.policies.data_quality.paths import fitting
from crmflow.policies.data_quality.rows import (
    ALL,
    Choice,
    Comparison,
    Duplicate,
    EventRow,
    FieldSet,
    Format,
    FormatKind,
    Requirement,
)

Faults = Iterator[Fault]


def check_requirements(
    rows: Sequence[Requirement], tables: Tables, machines: Mapping[str, Machine]
) -> Faults:
    """Yield every fault of the table `requirements`."""
    for place, row, machine in placed("requirements", rows, machines):
        yield from _events(place, row, machine)
        if not row.fields and not row.types:
            yield Fault(place, "empty", "fields, or types: what is needed")
        if bool(row.types) != (row.by is not None):
            yield Fault(f"{place}.by", "missing", "an expression for which of the types it is")
        sets = {one.name for one in tables.about(machine, "field_sets", FieldSet)}
        given = [("fields", row.fields)]
        given += [(f"types.{kind}", fields) for kind, fields in row.types.items()]
        for form in _forms(row, machine):
            scope = Scope.about(machine, form, tables)
            yield from readable(f"{place}.by", partial(scope.maybe, row.by, str))
            yield from readable(f"{place}.when", partial(scope.maybe, row.when))
            for column, fields in given:
                paths = [(n, one) for n, one in enumerate(fields) if one not in sets]
                yield from _paths(f"{place}.{column}", paths, machine, form, whole=True)


def check_sets(rows: Sequence[FieldSet], tables: Tables, machines: Mapping[str, Machine]) -> Faults:
    """Yield every fault of the table `field_sets`."""
    for place, row, machine in placed("field_sets", rows, machines):
        yield from _paths(f"{place}.fields", enumerate(row.fields), machine, None, whole=True)


def check_formats(
    rows: Sequence[Format], tables: Tables, machines: Mapping[str, Machine]
) -> Faults:
    """Yield every fault of the table `formats`."""
    for place, row, machine in placed("formats", rows, machines):
        yield from _events(place, row, machine)
        for form in _forms(row, machine):
            yield from _paths(f"{place}.fields", enumerate(row.fields), machine, form)
        drawn = row.format is FormatKind.PATTERN
        for name in ("pattern", "text_en", "text_zh"):
            if (getattr(row, name) is not None) is not drawn:
                expected = "a pattern and its texts, for the format 'pattern' alone"
                yield Fault(f"{place}.{name}", "missing" if drawn else "unknown", expected)
        column = "pattern" if drawn else "region"
        if not drawn or row.pattern is not None:
            yield from readable(f"{place}.{column}", partial(format_of, row))


def check_choices(
    rows: Sequence[Choice], tables: Tables, machines: Mapping[str, Machine]
) -> Faults:
    """Yield every fault of the table `choices`."""
    for place, row, machine in placed("choices", rows, machines):
        yield from _events(place, row, machine)
        for form in _forms(row, machine):
            yield from _leads(f"{place}.field", row.field, machine, form)


def check_duplicates(
    rows: Sequence[Duplicate], tables: Tables, machines: Mapping[str, Machine]
) -> Faults:
    """Yield every fault of the table `duplicates`."""
    for place, row, machine in placed("duplicates", rows, machines):
        yield from _events(place, row, machine)
        searched = {word.partition(":")[0] for word in machine.searchable}
        for number, one in enumerate(row.fields):
            here = f"{place}.fields[{number}]"
            yield from _leads(f"{here}.field", one.field, machine, None)
            yield from known(f"{here}.search", one.search, searched)
        if not any(one.found_by in searched for one in row.fields):
            yield Fault(f"{place}.fields", "search", "one field at least that is searched by")
        if any(one.how is Comparison.NAME for one in row.fields):
            ratio()  # what is missing is said when the rows are loaded, not when one is asked
        if row.certain is not None and row.certain < row.likely:
            yield Fault(f"{place}.certain", "order", f"{row.likely} or more, as `likely` is")
        yield from all_known(
            f"{place}.ignores", row.ignores, [state.name for state in machine.states]
        )
        for event in _named(row, machine):
            fields = kinds_of(machine.form(event))
            yield from known(f"{place}.looked_at", row.looked_at, fields)


def _events(place: str, row: EventRow, machine: Machine) -> Faults:
    yield from all_known(f"{place}.events", row.events, (*machine.events, ALL))


def _named(row: EventRow, machine: Machine) -> list[str]:
    """Return the events that a row is about."""
    return [event for event in machine.events if ALL in row.events or event in row.events]


def _forms(row: EventRow, machine: Machine) -> Iterable[type | None]:
    """Return the forms that a row may read, each once."""
    return dict.fromkeys(machine.form(event) for event in _named(row, machine))


def _paths(
    place: str,
    fields: Iterable[tuple[int, str]],
    machine: Machine,
    form: type | None,
    *,
    whole: bool = False,
) -> Faults:
    for number, text in fields:
        for part in text.split(EITHER):
            yield from _leads(f"{place}[{number}]", part.strip(), machine, form, whole=whole)


def _leads(
    place: str, text: str, machine: Machine, form: type | None, *, whole: bool = False
) -> Faults:
    read: Callable[[], object] = partial(fitting, text, machine, form, whole=whole)
    yield from readable(place, read)
