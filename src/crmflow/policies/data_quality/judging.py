"""Judging: everything of an event that is missing, badly written or from no list, at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

import attrs

from crmflow.core.machine import Machine
from crmflow.core.proposal import Proposal
from crmflow.core.tables import TableRow, Tables
from crmflow.core.verdict import Answer, Verdict
from crmflow.expressions import Expression, Scope
from crmflow.policies.data_quality.formats import Holds, format_of
from crmflow.policies.data_quality.paths import Located, Path, is_filled, path_of
from crmflow.policies.data_quality.rows import (
    ALL,
    Choice,
    EventRow,
    FieldSet,
    Format,
    FormatKind,
    Requirement,
    Value,
)

POLICY = "data_quality"
EITHER = " or "
"""Between paths of which one will do."""


class Question(Protocol):
    """What a row asks of a proposal on the days on which it is in force."""

    @property
    def row(self) -> TableRow:
        """The row."""
        ...

    def verdict(self, seen: Proposal) -> Verdict | None:
        """Return the refusal with every fault, or None."""
        ...


@attrs.frozen
class Needed:
    """A field that must be filled in: one of several paths will do."""

    paths: tuple[Path, ...]

    def missing(self, seen: Proposal) -> str:
        """Return where nothing is said, empty where something is."""
        found = [located for path in self.paths for located in path.values(seen)]
        if any(is_filled(one.value) for one in found):
            return ""
        return EITHER.join(dict.fromkeys(one.path for one in found))


def needed_of(text: str) -> Needed:
    """
    Return a needed field.

    Raises:
        FieldError: It is no path, nor several of which one will do.
    """
    return Needed(tuple(path_of(one.strip()) for one in text.split(EITHER)))


@attrs.frozen
class Requires:
    """A row of `requirements` as its event sees it."""

    row: Requirement
    always: tuple[Needed, ...]
    by: Expression[str | None] | None
    types: dict[str, tuple[Needed, ...]]
    when: Expression[bool] | None

    def verdict(self, seen: Proposal) -> Verdict | None:
        """Return what is missing, all of it at once (REC-022)."""
        if self.when is not None and not self.when.before(seen):
            return None
        kind = None if self.by is None else self._entered(seen) or self.by.before(seen)
        needed = (*self.always, *self.types.get(kind or "", ()))
        missing = [where for one in needed if (where := one.missing(seen))]
        if not missing:
            return None
        told = {"fields": ", ".join(dict.fromkeys(missing))}
        return self.row.verdict(POLICY, Answer.REFUSE, "fields_missing", values=told)

    def _entered(self, seen: Proposal) -> str | None:
        """Return the business type that the event brings, where it is a plain fact."""
        found = seen.changes.get(self.row.by or "")
        return None if found is None else str(found)


@attrs.frozen
class Formed:
    """A row of `formats` as its event sees it."""

    row: Format
    paths: tuple[Path, ...]
    holds: Holds

    def verdict(self, seen: Proposal) -> Verdict | None:
        """Return the texts that are not written as they must be (REC-024)."""
        wrong = [one.path for one in _filled(self.paths, seen) if not self.holds(str(one.value))]
        if not wrong:
            return None
        told = {"fields": ", ".join(wrong)}
        if self.row.format is FormatKind.PATTERN:
            told |= {"text_en": self.row.text_en or "", "text_zh": self.row.text_zh or ""}
        return self.row.verdict(
            POLICY, Answer.REFUSE, f"format_{self.row.format.value}", values=told
        )


@attrs.frozen
class Chosen:
    """All rows of `choices` about one field, as their event sees them."""

    row: Choice
    path: Path
    values: tuple[Value, ...]

    def verdict(self, seen: Proposal) -> Verdict | None:
        """Return the values that are on no list, and what the list has."""
        names = {value.name for value in self.values}
        wrong = [one for one in _filled((self.path,), seen) if str(one.value) not in names]
        if not wrong:
            return None
        told = {
            "fields": ", ".join(f"{one.path} = {one.value}" for one in wrong),
            "options_en": ", ".join(_labelled(one.name, one.en) for one in self.values),
            "options_zh": "、".join(_labelled(one.name, one.zh) for one in self.values),
        }
        return self.row.verdict(POLICY, Answer.REFUSE, "not_on_list", values=told)


def _labelled(name: str, label: str | None) -> str:
    return name if label is None else f"{name} ({label})"


def _filled(paths: Iterable[Path], seen: Proposal) -> Iterator[Located]:
    """Yield what is said; what is not filled in has neither form nor list."""
    return (one for path in paths for one in path.values(seen) if is_filled(one.value))


def rows_at(rows: Iterable[EventRow], event: str) -> list[Any]:
    """Return the rows that are asked at an event."""
    return [row for row in rows if ALL in row.events or event in row.events]


def questions_of(machine: Machine, event: str, tables: Tables) -> list[Question]:
    """Return what the rows ask of an event of a machine, ready."""
    scope = Scope.about(machine, machine.form(event), tables)
    sets = {row.name: row.fields for row in tables.about(machine, "field_sets", FieldSet)}

    def needed(fields: Sequence[str]) -> tuple[Needed, ...]:
        return tuple(needed_of(path) for name in fields for path in sets.get(name, (name,)))

    found: list[Question] = [
        Requires(
            row,
            needed(row.fields),
            scope.maybe(row.by, str),
            {kind: needed(fields) for kind, fields in row.types.items()},
            scope.maybe(row.when),
        )
        for row in rows_at(tables.about(machine, "requirements", Requirement), event)
    ]
    found += [
        Formed(row, tuple(map(path_of, row.fields)), format_of(row))
        for row in rows_at(tables.about(machine, "formats", Format), event)
    ]
    return found


def chosen(rows: Sequence[Choice], seen: Proposal, tables: Tables) -> Iterator[Chosen]:
    """Yield the lists of the day: rows about one field add to each other."""
    day = tables.day(seen.event.at)
    fields: dict[str, list[Choice]] = {}
    for row in rows:
        if row.in_force(day):
            fields.setdefault(row.field, []).append(row)
    for field, same in fields.items():
        values = {value.name: value for row in same for value in row.values}
        yield Chosen(same[0], path_of(field), tuple(values.values()))
