"""
What a log's columns and labels mean to a machine: which columns hold case, state
or event, time and actor, the state each label stands for, and the facts that
other columns hold. `crmflow.analysis.mapping_file` reads it from TOML.
"""

from __future__ import annotations

import functools
from collections import abc
from typing import Literal
from zoneinfo import ZoneInfo

import attrs

from crmflow.core.errors import did_you_mean

Kind = Literal["state", "event", "snapshot"]
Format = Literal["csv", "xes"]
Order = Literal["file", "time"]
Duplicates = Literal["error", "first", "number"]

CASE_JOINT = "/"
"""Stands between the texts of several columns that name a case; no such text may hold it."""


@attrs.frozen(kw_only=True)
class Column:
    """
    One column of the log that holds a fact.

    Args:
        field: The fact's name.
        column: The log's name of the column.
        type: One of `crmflow.analysis.cells.type_names`.
        formats: `strptime` formats of a date or instant; none means ISO 8601.
        zone: The zone of instants without an offset.
        currency: The ISO 4217 code of money, else empty.
        separator: What stands between the entries of `texts`; none means the cell is one.
        values: What some texts are to be read as, such as `GTXPro` as `GTX Pro`.
    """

    field: str
    column: str
    type: str = "text"
    formats: tuple[str, ...] = ()
    zone: ZoneInfo | None = None
    currency: str = ""
    separator: str | None = None
    values: abc.Mapping[str, str] = attrs.field(factory=dict)


def _listed(names: str | tuple[str, ...]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else names


@attrs.frozen(kw_only=True)
class Mapping:
    """
    How to read a log.

    Args:
        case: The column that says whose row it is, or several whose texts say it
            together, joined by `CASE_JOINT`.
        label: The column of the state after the row, or of the event that led to it.
        kind: `state`, `event`, or `snapshot`: one row per entity with its present state.
        time: The columns of the row's time; the first that is not missing counts.
        time_formats: `strptime` formats, tried in turn; none means ISO 8601.
        zone: The zone of times without an offset.
        actor: The column of who did it.
        states: The machine's state per label; a `*` in a label stands for any text.
            None when the labels are the states.
        columns: What else is read.
        missing: Texts that mean "no value", besides the empty one.
        merge_equal_neighbours: Rows that leave a case where it is are no moves.
        order: `file`, or `time` when the file is not in the order of events.
        machine: The machine the mapping was written for.
        format: `csv` or `xes`; None guesses it from the file's name.
        encoding: Of a CSV file.
        delimiter: Of a CSV file; None means a comma, in `.tsv` files a tab.
        duplicates: What two CSV columns of one name mean: an error, the first
            counts, or the later ones are numbered `name_2`, `name_3`.
        fields: The column names of a CSV file without a header line.
        journal_merged: An import leaves out rows that leave a case where it is.
        reason: Why an import adopts the entities of a snapshot, for their journals.
        sums: Facts that the report of a snapshot's import adds up per state.
    """

    case: tuple[str, ...] = attrs.field(converter=_listed)
    label: str
    kind: Kind = "state"
    time: tuple[str, ...] = ()
    time_formats: tuple[str, ...] = ()
    zone: ZoneInfo | None = None
    actor: str | None = None
    states: abc.Mapping[str, str] | None = None
    columns: tuple[Column, ...] = ()
    missing: frozenset[str] = frozenset()
    merge_equal_neighbours: bool = True
    order: Order = "file"
    machine: str | None = None
    format: Format | None = None
    encoding: str = "utf-8-sig"
    delimiter: str | None = None
    duplicates: Duplicates = "error"
    fields: tuple[str, ...] | None = None
    journal_merged: bool = False
    reason: str | None = None
    sums: tuple[str, ...] = ()

    def named_columns(self) -> tuple[str, ...]:
        """Return every column of the log that the mapping names, each once."""
        names = [*self.case, self.label, *self.time]
        names += [self.actor] if self.actor else []
        names += [column.column for column in self.columns]
        return tuple(dict.fromkeys(names))

    def state_finder(self) -> abc.Callable[[str], str | None]:
        """
        Return a function from a label to its state, None for an unmapped label.

        An exact label beats a wildcard, a longer wildcard a shorter one.
        """
        if self.states is None:
            return lambda label: label
        exact = self.states
        wild = sorted((name for name in exact if "*" in name), key=len, reverse=True)
        patterns = [(name.split("*"), exact[name]) for name in wild]

        # Bounded: a log may bring any number of labels nobody mapped.
        @functools.lru_cache(1 << 12)
        def find(label: str) -> str | None:
            if label in exact:
                return exact[label]
            matching = (state for parts, state in patterns if _matches(parts, label))
            return next(matching, None)

        return find


def _matches(parts: abc.Sequence[str], label: str) -> bool:
    """Say whether *label* has the parts in this order, the first and last at its ends."""
    first, *middle, last = parts
    end = len(label) - len(last)
    if not (label.startswith(first) and label.endswith(last)):
        return False
    # The earliest place of each part leaves most room for the next: no backtracking.
    place = len(first)
    for part in middle:
        found = label.find(part, place)
        if found < 0:
            return False
        place = found + len(part)
    return place <= end


def strangers(
    mapping: Mapping, *, states: abc.Collection[str], fields: abc.Collection[str]
) -> tuple[str, ...]:
    """
    Say what the mapping names and the machine does not have.

    Args:
        mapping: A loaded mapping.
        states: The machine's states.
        fields: The names of the machine's facts.

    Returns:
        One sentence per fault, with its path; empty when all is known.
    """
    table = "events" if mapping.kind == "event" else "states"
    targets = (mapping.states or {}).items()
    unknown = [
        f'$.{table}."{label}": {state!r} is no state of the machine. {did_you_mean(state, states)}'
        for label, state in targets
        if state not in states
    ]
    unknown += [
        f"$.columns.{column.field}: the machine has no such fact. "
        f"{did_you_mean(column.field, fields)}"
        for column in mapping.columns
        if column.field not in fields
    ]
    return tuple(unknown)
