"""
A mapping read from a TOML file and checked whole: every fault is named at once,
with the path of its key and what would be right.
"""

from __future__ import annotations

import codecs
from collections import abc
from pathlib import Path
from typing import Final, cast
from zoneinfo import ZoneInfo

import attrs

from crmflow.analysis.cells import type_names
from crmflow.analysis.mapping import Column, Duplicates, Format, Kind, Mapping, Order
from crmflow.analysis.tables import Table
from crmflow.core.document import read_toml
from crmflow.core.errors import ConfigurationError, did_you_mean
from crmflow.core.local_time import zone_named
from crmflow.core.money import Money

_CSV_ONLY: Final = ("encoding", "delimiter", "duplicates", "fields")
_KEYS: Final = (
    *("machine", "format", *_CSV_ONLY, "kind", "order", "merge_equal_neighbours"),
    *("case", "state", "event", "time", "time_formats", "zone", "actor", "missing"),
    *("states", "events", "columns", "import", "report"),
)
_COLUMN_KEYS: Final = ("column", "type", "format", "zone", "currency", "separator", "values")
_ADDED_UP: Final = ("money", "decimal", "integer")


def load_mapping(path: Path) -> Mapping:
    """
    Read a mapping file.

    Args:
        path: A TOML file.

    Raises:
        ConfigurationError: The file cannot be read, is no TOML or has faults;
            all are named at once, each with its path such as `$.columns.amount.type`.
    """
    return mapping_from(read_toml(path), str(path))


def mapping_from(entries: abc.Mapping[str, object], source: str) -> Mapping:
    """
    Check the entries of a mapping.

    Args:
        entries: What the TOML file says.
        source: Where it comes from, for the error.

    Raises:
        ConfigurationError: As `load_mapping`.
    """
    table = Table(entries, "$", [])
    table.only(_KEYS)
    kind = cast("Kind", table.choice("kind", ("state", "event", "snapshot"), "state"))
    zone = _zone(table)
    mapping = _with_file(
        table,
        Mapping(
            case=_case(table),
            label=_label(table, kind),
            kind=kind,
            time=_times(table, kind),
            time_formats=_formats(table, "time_formats", zone),
            zone=zone,
            actor=table.text("actor") or ("org:resource" if _is_xes(table) else None),
            states=table.renames("events" if kind == "event" else "states"),
            columns=tuple(_column(name, inner, zone) for name, inner in table.tables("columns")),
            missing=frozenset(table.texts("missing") or ()),
            merge_equal_neighbours=table.flag("merge_equal_neighbours", default=kind == "state"),
            order=_order(table, kind),
            machine=table.text("machine"),
        ),
    )
    mapping = _with_import(table, mapping)
    if table.faults:
        raise ConfigurationError(source, tuple(table.faults))
    return mapping


def _is_xes(table: Table) -> bool:
    return table.entries.get("format") == "xes"


def _case(table: Table) -> tuple[str, ...]:
    """Return the column that names a case, or those that name it together."""
    if not isinstance(table.entries.get("case"), list):
        return (_named(table, "case", "case:concept:name"),)
    names = table.texts("case")
    if names is not None and not all(names or [""]):
        table.fault("case", f"expected names of columns, got {list(names)!r}")
    return names or ()


def _named(table: Table, key: str, xes: str) -> str:
    """Return the column at *key*; an XES log has a standard one."""
    if _is_xes(table) and key not in table.entries:
        return xes
    return table.needed(key, "the name of a column")


def _label(table: Table, kind: Kind) -> str:
    used, other = ("event", "state") if kind == "event" else ("state", "event")
    for key in (other, f"{other}s"):
        if key in table.entries:
            table.fault(key, f"not used with kind {kind!r}; expected {key.replace(other, used)!r}")
    return _named(table, used, "concept:name")


def _times(table: Table, kind: Kind) -> tuple[str, ...]:
    if "time" in table.entries:
        return table.texts("time") or ()
    if _is_xes(table):
        return ("time:timestamp",)
    if kind != "snapshot":
        table.fault("time", "missing; expected the name of a column, or a list of them")
    return ()


def _order(table: Table, kind: Kind) -> Order:
    order = cast("Order", table.choice("order", ("file", "time"), "file"))
    if kind == "snapshot" and order == "time":
        table.fault("order", "a snapshot has no order; expected 'file'")
    return order


def _zone(table: Table) -> ZoneInfo | None:
    name = table.text("zone")
    if name is None:
        return None
    try:
        return zone_named(name)
    except ValueError:
        table.fault("zone", f"{name!r} is no time zone; expected a name such as 'Europe/Berlin'")
        return None


def _formats(table: Table, key: str, zone: ZoneInfo | None) -> tuple[str, ...]:
    """Return the formats at *key*; one without an offset needs a zone."""
    formats = table.texts(key) or ()
    for form in formats:
        if "%" not in form:
            table.fault(key, f"{form!r} is no strptime format; expected one such as '%d/%m/%Y'")
        elif "%z" not in form and zone is None and "zone" not in table.entries:
            table.fault("zone", f"missing, and {form!r} has no offset; expected one such as 'UTC'")
    return formats


def _column(name: str, table: Table, zone: ZoneInfo | None) -> Column:
    table.only(_COLUMN_KEYS)
    kind = table.choice("type", type_names, "text") or "text"
    own = _zone(table) or zone
    only = {"format": "date instant", "zone": "instant", "currency": "money", "separator": "texts"}
    for key, types in only.items():
        if key in table.entries and kind not in types.split():
            table.fault(key, f"not used with type {kind!r}; only with {types.replace(' ', ', ')}")
    formats = _formats(table, "format", own) if kind == "instant" else table.texts("format")
    return Column(
        field=name,
        column=table.text("column") or name,
        type=kind,
        formats=formats or (),
        zone=own,
        currency=_currency(table) if kind == "money" else "",
        separator=table.text("separator"),
        values=table.renames("values") or {},
    )


def _currency(table: Table) -> str:
    code = table.needed("currency", "CNY")
    try:
        Money(0, code or "CNY")
    except ValueError as error:
        table.fault("currency", str(error))
    return code


def _with_file(table: Table, mapping: Mapping) -> Mapping:
    """Add what says how the file itself is read."""
    form = cast("Format | None", table.choice("format", ("csv", "xes"), None))
    for key in _CSV_ONLY:
        if form == "xes" and key in table.entries:
            table.fault(key, "not used with format 'xes'; leave it out")
    delimiter = table.text("delimiter")
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '\r\n"'):
        table.fault("delimiter", f"{delimiter!r} cannot separate; expected one character, as ';'")
    fields = table.texts("fields")
    if fields is not None and len(set(fields)) != len(fields):
        table.fault("fields", "a name stands twice; expected each once")
    return attrs.evolve(
        mapping,
        format=form,
        encoding=_encoding(table),
        delimiter=delimiter,
        duplicates=cast(
            "Duplicates", table.choice("duplicates", ("error", "first", "number"), "error")
        ),
        fields=fields,
    )


def _with_import(table: Table, mapping: Mapping) -> Mapping:
    """Add what an import does and what its report adds up."""
    inner, report = table.table("import"), table.table("report")
    if inner is not None:
        inner.only(("merge_equal_neighbours", "reason"))
        unused = "merge_equal_neighbours" if mapping.kind == "snapshot" else "reason"
        if unused in inner.entries:
            inner.fault(unused, f"not used with kind {mapping.kind!r}; leave it out")
        merged = inner.flag("merge_equal_neighbours", default=False)
        mapping = attrs.evolve(mapping, journal_merged=merged, reason=inner.text("reason"))
    if report is None:
        return mapping
    report.only(("sums",))
    known = [column.field for column in mapping.columns if column.type in _ADDED_UP]
    sums = report.texts("sums") or ()
    if sums and mapping.kind != "snapshot":
        report.fault("sums", f"not used with kind {mapping.kind!r}; leave it out")
    for name in sums:
        if name not in known:
            hint = did_you_mean(name, known)
            report.fault("sums", f"{name!r} is no column of type {', '.join(_ADDED_UP)}. {hint}")
    return attrs.evolve(mapping, sums=sums)


def _encoding(table: Table) -> str:
    name = table.text("encoding")
    # The byte order mark some programs write is no part of the first name.
    if name is None or name.lower() in {"utf-8", "utf8"}:
        return "utf-8-sig"
    try:
        "".encode(codecs.lookup(name).name)
    except (LookupError, UnicodeError):
        table.fault("encoding", f"{name!r} is no text encoding; expected one such as 'gb18030'")
    return name
