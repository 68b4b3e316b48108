"""Two kinds of tables to load: limits of machines, and the calendars they name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

import attrs

from crmflow.core.form import Fault, Text
from crmflow.core.machine import Blank, Kind, Machine, Row, State
from crmflow.core.people import Person
from crmflow.core.ref import UNBORN
from crmflow.core.tables import MachineRow, Table, TableRow, Tables
from crmflow.profiles.files import Document, layer_of
from crmflow.profiles.layer import Giver, Layer
from crmflow.profiles.loading import Calendars, Loaded, Scope, load

BLANKS: Document = {
    "blanks": [
        {
            "name": name,
            "kind": kind,
            "meaning_en": f"What {name} is.",
            "meaning_zh": "含义。",
            "feature": "always",
            "rules": ["BOX-001"],
        }
        for name, kind in (
            ("box.role", "role"),
            ("box.limit", "duration"),
            ("box.limits", "measures"),
            ("box.opens", "text"),
            ("box.words", "map"),
            ("company.zone", "zone"),
        )
    ]
}
"""Blanks that are described."""


@attrs.frozen
class Part:
    """A nested row."""

    role: Text
    within: timedelta = timedelta(days=1)


@attrs.frozen
class Limit(MachineRow):
    """A limit of a machine."""

    target: timedelta
    role: Text | None = None
    calendar: Text = "office"
    parts: tuple[Part, ...] = ()


@attrs.frozen
class Office(TableRow):
    """A calendar, about no machine."""

    opens: Text
    holidays: Text | None = None


def _check(
    rows: Sequence[Limit], tables: Tables, machines: Mapping[str, Machine]
) -> Iterator[Fault]:
    for index, row in enumerate(rows):
        if row.calendar not in {one.name for one in tables.of("calendars", Office)}:
            yield Fault(f"$.limits[{index}].calendar", "unknown", f"no calendar {row.calendar!r}.")
        if row.target > timedelta(days=100):
            yield Fault(f"$.limits[{index}].target", "long", "100 days at most")


LIMITS = Table("limits", Limit, _check)
CALENDARS = Table("calendars", Office)
OFFICE = {"name": "office", "opens": "09:00"}


def machine(name: str, *blanks: Blank) -> Machine:
    """Return a machine that leaves these blanks."""
    states = (State("open", "开", "open", Kind.INITIAL),)
    rows = (Row(UNBORN, "start", "open"),)
    return Machine(name, Person, states, rows, blanks=blanks, zh=name, en=name)


BOX = machine("box")


def limit(name: str = "answer", **columns: object) -> dict[str, object]:
    """Return a row of limits about boxes, as it is written."""
    return {"name": name, "machine": "box", "target": "2d", **columns}


def shipped(document: Document, version: str = "2026.1") -> Layer:
    """Return a document as a shipped profile, with the blanks and one calendar."""
    base = {"base/blanks.toml": BLANKS, "base/calendars.toml": {"calendars": [OFFICE]}}
    return layer_of({**base, "base/limits.toml": document}, version, "profile")


def own(document: Document, giver: Giver = "company") -> Layer:
    """Return a document as the company's own file."""
    return layer_of({"own.toml": document}, "", giver)


def loaded(
    *layers: Layer,
    machines: Sequence[Machine] = (BOX,),
    calendars: Calendars | None = None,
    thorough: bool = True,
) -> Loaded:
    """Return what is found in the layers, laid over each other."""
    found = Layer()
    for one in layers:
        found = found.over(one)
    known = {"bag": attrs.evolve(BOX, name="bag")}
    scope = Scope({one.name: one for one in machines}, (), known, thorough)
    return load(found, (LIMITS, CALENDARS), scope, calendars)
