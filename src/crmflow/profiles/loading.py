"""
From layers to tables: rows read into their classes, blanks filled, every fault found.

Only rows in use count: those of machines that are on and, of rows about no machine, those
whose blanks are filled or which a row in use names. The others are read all the same, so
that a mistyped column is told before its machine is switched on; but for shipped ones when
an engine starts, for whose sake nobody should wait.
"""

from __future__ import annotations

import functools
import re
from collections import ChainMap
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC
from typing import cast
from zoneinfo import ZoneInfo

import attrs

from crmflow.core.errors import ConfigurationError, did_you_mean
from crmflow.core.form import Fault
from crmflow.core.held import Held
from crmflow.core.machine import Machine
from crmflow.core.tables import Table, TableRow, Tables
from crmflow.profiles.blanks import BLANKS, BlankRow
from crmflow.profiles.dating import DAYS, Dated, dated
from crmflow.profiles.entry import Entry, Use, entry_of, references
from crmflow.profiles.layer import Draft, Key, Layer
from crmflow.profiles.settings import Need, Settings

ZONE = "company.zone"
_EMPTY: Mapping[Key, Draft] = {}
ABSENT = "absent"
"""Code of the fault that no row of a table is what one must be."""

Calendars = Callable[[Tables], Mapping[str, object]]
"""
Makes the working calendars of the rows in use, by name.

Raises `ConfigurationError` with every fault where one cannot be made.
"""


@attrs.frozen
class Loaded:
    """
    What was found in the layers.

    Attributes:
        tables: The rows in use, settings, zone and calendars.
        entries: Every row, in use or not.
        settings: The blanks, and what is said of each.
        needs: The blanks that something in use needs.
        wrong: Everything that is wrong with what was written.
        missing: The needs that nothing was written for.
    """

    tables: Tables
    entries: tuple[Entry, ...]
    settings: Settings
    needs: tuple[Need, ...]
    wrong: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def faults(self) -> tuple[str, ...]:
        """All that keeps an engine from starting; empty where the tables can be used."""
        return (*self.wrong, *self.missing)


@attrs.frozen
class Scope:
    """
    What the rows are for.

    Attributes:
        machines: Machines that are on.
        others: Machines that are off; their blanks may be given all the same.
        known: Further machines by name, of which each may be loaded when it is looked up.
        thorough: Whether shipped rows that are not in use are read too.
    """

    machines: Mapping[str, Machine] = attrs.field(factory=dict)
    others: tuple[Machine, ...] = ()
    known: Mapping[str, Machine] = attrs.field(factory=dict)
    thorough: bool = True

    @property
    def machines_known(self) -> Mapping[str, Machine]:
        """Every machine by name; of a name that several have, the one that is on."""
        others = {one.name: one for one in self.others}
        return ChainMap(dict(self.machines), others, cast("dict[str, Machine]", self.known))

    def passes_over(self, entry: Entry) -> bool:
        """Say whether a row need not be read."""
        return entry.draft.shipped and not self.thorough and _switched(entry, self) is not None

    def named(self, entries: Iterable[Entry]) -> frozenset[str]:
        """Return the names of all machines, those that shipped rows are about included."""
        shipped = {one.machine for one in entries if one.draft.source("machine").giver == "profile"}
        names = {*self.machines, *(one.name for one in self.others), *self.known, *shipped}
        return frozenset(name for name in names if name is not None)


def settings_of(layer: Layer, scope: Scope) -> tuple[Settings, tuple[Entry, ...]]:
    """Return the settings of a layer, and the rows that describe the blanks."""
    rows = _dated(Held.of(layer.tables.get(BLANKS.name, _EMPTY)))
    entries = tuple(entry_of(BLANKS, one, Settings()) for one in rows)
    described = {one.row.name: one.row for one in entries if isinstance(one.row, BlankRow)}
    blanks = {blank.key: blank for one in scope.machines.values() for blank in one.blanks}
    allowed = frozenset(blank.key for one in scope.others for blank in one.blanks)
    return Settings(layer.settings, described, blanks, allowed), entries


def load(
    layer: Layer, kinds: Iterable[Table], scope: Scope, calendars: Calendars | None = None
) -> Loaded:
    """
    Return the tables of layers that were put together, and every fault.

    Args:
        layer: The layers as one.
        kinds: The kinds of tables there are.
        scope: The machines that are on, and those that are not.
        calendars: Makes the working calendars, or None where nothing needs one.
    """
    tables = {kind.name: kind for kind in (*kinds, BLANKS)}
    settings, blanks = settings_of(layer, scope)
    read = [
        _read(kind, one, scope, settings)
        for kind in tables.values()
        for one in _dated(Held.of(layer.tables.get(kind.name, _EMPTY)))
        if kind is not BLANKS
    ]
    entries = (*_in_use(read, scope, settings, tables), *blanks)
    needs = tuple(_needs(entries, settings, scope))
    found, unmade = _with_calendars(_tables(entries, settings, scope), calendars)
    wrong = (
        *layer.faults,
        *_unknown_tables(layer, tables),
        *(one.told(fault) for one in entries for fault in one.faults),
        *_unknown_machines(read, scope),
        *settings.faults(needs),
        *unmade,
        *_meaning(found, entries, tables, scope),
    )
    missing = tuple(settings.missing(needs))
    return Loaded(found, entries, settings, needs, tuple(dict.fromkeys(wrong)), missing)


@functools.lru_cache(maxsize=256)
def _dated(rows: Held[Mapping[Key, Draft]]) -> tuple[Dated, ...]:
    """Return a table's rows with their days settled; shipped tables are those of every engine."""
    return tuple(dated(rows.thing.values()))


def _read(table: Table, dated: Dated, scope: Scope, settings: Settings) -> Entry:
    unread = Entry(table, dated.draft, None, ())
    return unread if scope.passes_over(unread) else entry_of(table, dated, settings)


def _in_use(
    entries: Iterable[Entry], scope: Scope, settings: Settings, tables: Mapping[str, Table]
) -> list[Entry]:
    """Return the entries, each with its use; what a row in use names is in use too."""
    found = [one.used(_use(one, scope, settings)) for one in entries]
    waiting = [place for place, one in enumerate(found) if one.use is Use.BLANK]
    used = [one for one in found if one.use is Use.USED]
    while waiting and used:
        named = {pair for one in used for pair in _named(one, tables)}
        woken = [
            place
            for place in waiting
            if (found[place].table.name, found[place].draft.name) in named
        ]
        for place in woken:
            found[place] = found[place].used(Use.USED)
        waiting = [place for place in waiting if place not in woken]
        used = [found[place] for place in woken]
    return found


def _named(entry: Entry, tables: Mapping[str, Table]) -> Iterator[tuple[str, str]]:
    """Yield (table, name) of what a row names: as it was read, defaults included, else written."""
    written = {name: one.value for name, one in entry.draft.columns.items()}
    return references(written if entry.row is None else entry.row, tables)


def _switched(entry: Entry, scope: Scope) -> Use | None:
    """Return why a row is not in use, whatever its blanks; None where nothing speaks against."""
    if entry.draft.value("enabled") is False:
        return Use.OFF
    return None if entry.machine in {None, *scope.machines} else Use.MACHINE


def _use(entry: Entry, scope: Scope, settings: Settings) -> Use:
    off = _switched(entry, scope)
    if off is not None or entry.machine is not None:
        return off or Use.USED
    # A row that somebody began to fill in is meant to be used.
    begun = entry.draft.own or any(settings.written(key) is not None for key in entry.blanks)
    return Use.BLANK if entry.lacking and not begun else Use.USED


def _needs(entries: Iterable[Entry], settings: Settings, scope: Scope) -> Iterator[Need]:
    users: dict[str, list[str]] = {}
    for machine in scope.machines.values():
        for blank in machine.blanks:
            users.setdefault(blank.key, []).append(f"machine {machine.name!r}")
    for entry in entries:
        for key in entry.blanks if entry.use is Use.USED else ():
            if settings.described(key):
                users.setdefault(key, []).append(str(entry))
        has_days = entry.use is Use.USED and any(entry.draft.value(day) for day in DAYS)
        if has_days and settings.described(ZONE):
            users.setdefault(ZONE, []).append(str(entry))
    for key in sorted(users):
        yield settings.need(key, users[key])


def _tables(entries: Iterable[Entry], settings: Settings, scope: Scope) -> Tables:
    rows: dict[str, tuple[TableRow, ...]] = {}
    for one in entries:
        if one.use is Use.USED and one.row is not None:
            rows[one.table.name] = (*rows.get(one.table.name, ()), one.row)
    zone = ZoneInfo(str(settings.value(ZONE))) if settings.fits(ZONE) else UTC
    return Tables(rows, {}, settings.values(), zone, scope.machines_known)


def _with_calendars(tables: Tables, calendars: Calendars | None) -> tuple[Tables, tuple[str, ...]]:
    """Return the tables with their working calendars, or why these cannot be made."""
    try:
        made = {} if calendars is None else calendars(tables)
    except ConfigurationError as error:
        return tables, error.faults
    return attrs.evolve(tables, calendars=made), ()


def _unknown_tables(layer: Layer, tables: Mapping[str, Table]) -> Iterator[str]:
    for name, rows in layer.tables.items():
        first = next(iter(rows.values())).sources[0]
        # A shipped table waits for the mechanism that reads it.
        if name not in tables and first.giver != "profile":
            yield f"{first.at()}: unknown table {name!r}. {did_you_mean(name, tables)}"


def _unknown_machines(entries: Iterable[Entry], scope: Scope) -> Iterator[str]:
    known = scope.named(entries)
    for one in entries:
        if one.machine is not None and one.machine not in known:
            yield one.told(Fault("$.machine", "unknown", did_you_mean(one.machine, known)))


PLACE = re.compile(r"\$\.(\w+)\[(\d+)\](.*)")
"""Where a fault of a table's check lies: table, number of the row, path in it."""


def _meaning(
    found: Tables,
    entries: Iterable[Entry],
    tables: Mapping[str, Table],
    scope: Scope,
) -> Iterator[str]:
    """Yield what the tables' own checks find, each at the place where it was written."""
    used = [one for one in entries if one.use is Use.USED]
    faulty = {one.draft.name for one in used if one.row is None}
    unread = {one.table.name for one in used if one.row is None}
    by_table = {
        name: [one for one in used if one.table.name == name and one.row is not None]
        for name in tables
    }
    for table in tables.values():
        for fault in table.check(found.rows.get(table.name, ()), found, scope.machines):
            # What is absent may stand in a row that waits for its blanks or is faulty itself.
            if fault.code == ABSENT and table.name in unread:
                continue
            place = PLACE.fullmatch(fault.path)
            rows = by_table.get(place[1], []) if place else []
            if place is None or int(place[2]) >= len(rows):
                yield f"{table.name}: {fault}"
                continue
            entry = rows[int(place[2])]
            # What names a faulty row is right: that row has its own fault.
            if fault.code != "unknown" or entry.reached(place[3]) not in faulty:
                yield entry.told(attrs.evolve(fault, path=f"${place[3]}"))
