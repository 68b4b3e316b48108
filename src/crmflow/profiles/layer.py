"""
Layers: what one source of rule data gives, and how a later one overlays an earlier one.

A row is told from others by its name and its first day. Overlaying works column by
column, so it does not matter in which grouping layers are put together, and a layer
that says nothing changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import attrs

Giver = Literal["profile", "plugin", "company"]
"""Who wrote something: a shipped profile, a plugin, or the company itself."""

Key = tuple[str, str]
"""Name of a row, and the first day it is in force as ISO text, empty for always."""


@attrs.frozen
class Source:
    """
    Where something was written.

    Attributes:
        file: Name of the file, or `config` for what a program gives.
        path: Place in it, such as `$.deadlines[2]`.
        version: Version of the profile or plugin; of a company's row `own-` and a digest.
        giver: Who wrote it.
    """

    file: str
    path: str
    version: str = ""
    giver: Giver = "profile"

    def at(self, rest: str = "") -> str:
        """Return file and place, with what lies below it."""
        return f"{self.file}: {self.path}{rest}"


@attrs.frozen
class Given:
    """A value as it was written, and where."""

    value: object
    source: Source


@attrs.frozen
class Draft:
    """
    A row as it was written, not yet read.

    Attributes:
        columns: Value of each column that was written.
        sources: Everything that gave it a column, the base first; at least one.
    """

    columns: Mapping[str, Given]
    sources: tuple[Source, ...]

    def over(self, later: Draft) -> Draft:
        """Return this row with the columns of a later one in place of its own."""
        sources = dict.fromkeys((*self.sources, *later.sources))
        return Draft({**self.columns, **later.columns}, tuple(sources))

    def value(self, column: str) -> object:
        """Return what was written in a column, or None."""
        found = self.columns.get(column)
        return None if found is None else found.value

    def source(self, column: str) -> Source:
        """Return where a column was written; for one that was not, the row's last source."""
        found = self.columns.get(column)
        return self.sources[-1] if found is None else found.source

    @property
    def name(self) -> str:
        """Its name; of a row that was written without one, its place."""
        name = self.value("name")
        return name if isinstance(name, str) else self.sources[0].at()

    @property
    def shipped(self) -> bool:
        """Whether nobody but shipped profiles gave it a column."""
        return all(one.giver == "profile" for one in self.sources)

    @property
    def own(self) -> bool:
        """Whether the company gave it a column."""
        return any(one.giver == "company" for one in self.sources)

    @property
    def origin(self) -> str:
        """The files it comes from, the base first."""
        return " + ".join(dict.fromkeys(one.file for one in self.sources))

    @property
    def version(self) -> str:
        """The versions it is made of, the base first."""
        return "+".join(dict.fromkeys(one.version for one in self.sources if one.version))


@attrs.frozen
class Layer:
    """
    What one source gives, or several put together.

    Attributes:
        tables: Rows by table, then by name and first day.
        settings: Values of blanks by dotted key.
        faults: What was wrong with how it is written.
    """

    tables: Mapping[str, Mapping[Key, Draft]] = attrs.field(factory=dict)
    settings: Mapping[str, Given] = attrs.field(factory=dict)
    faults: tuple[str, ...] = ()

    def over(self, later: Layer) -> Layer:
        """Return this layer overlaid by a later one."""
        tables = dict(self.tables)
        for name, rows in later.tables.items():
            tables[name] = _overlaid(tables.get(name, {}), rows)
        settings = {**self.settings, **later.settings}
        return Layer(tables, settings, (*self.faults, *later.faults))


def _overlaid(rows: Mapping[Key, Draft], later: Mapping[Key, Draft]) -> Mapping[Key, Draft]:
    if not rows:
        return later
    found = dict(rows)
    for key, draft in later.items():
        found[key] = found[key].over(draft) if key in found else draft
    return found
