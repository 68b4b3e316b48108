"""The catalogue: the rules in its own wording, and the readings of what the sources leave open."""

from __future__ import annotations

import functools
import importlib.resources
import re
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import attrs

__all__ = ["ID", "By", "Reading", "Rule", "Switch", "readings", "rules"]

ID = re.compile(r"\b(?:[A-Z]{3}-[0-9]{3}|AMB-[0-9]{2})\b")
"""An id of a rule or of a reading, as it is written anywhere."""


@attrs.frozen
class Rule:
    """
    One rule of the catalogue.

    Attributes:
        id: Letters of its group, and a number.
        kind: What it is about: `state`, `guard`, `timer`, `approval`, ...
        text: What must, should or may happen.
        source: Document and place.
        note: How it is read, where that is not plain.
    """

    id: str
    kind: str
    text: str
    source: str = ""
    note: str = ""

    @property
    def group(self) -> str:
        """The letters of its id: the process it belongs to."""
        return self.id.partition("-")[0]


class By(StrEnum):
    """
    What a company changes to read something otherwise.

    `blank`: it fills in a setting, which has no default. `row`: it overlays a column of a row.
    `profile`: it takes one over. `machine`: a plugin brings rows of its own (`rows_for`).
    """

    BLANK = "blank"
    ROW = "row"
    PROFILE = "profile"
    MACHINE = "machine"


@attrs.frozen
class Switch:
    """
    By what something is read otherwise.

    Attributes:
        by: What is changed.
        of: Key of the setting; table and name of the row; name of the profile or machine.
        column: Column of the row.
        reads: How it is read then; empty of a setting, which says so itself.
    """

    by: By = attrs.field(converter=By)
    of: str
    column: str = ""
    reads: str = ""


@attrs.frozen
class Reading:
    """
    How something is read that the sources leave open.

    Attributes:
        id: `AMB` and a number.
        says: What the sources say, or fail to say.
        reading: How crmflow reads it.
        switch: By what a company reads it otherwise; nothing where only words are read.
        rules: Ids of the rules it is about.
    """

    id: str
    says: str
    reading: str
    switch: tuple[Switch, ...] = ()
    rules: tuple[str, ...] = attrs.field(default=(), converter=tuple[str, ...])


@functools.cache
def rules() -> Mapping[str, Rule]:
    """Return every rule by its id, in the order of the catalogue."""
    return {row["id"]: Rule(**row) for row in _rows("rules")}


@functools.cache
def readings() -> Mapping[str, Reading]:
    """Return every reading by its id."""
    return {row["id"]: Reading(**{**row, "switch": _switch(row)}) for row in _rows("readings")}


def _switch(row: Mapping[str, Any]) -> tuple[Switch, ...]:
    return tuple(Switch(**one) for one in row.get("switch", ()))


def _rows(name: str) -> list[dict[str, Any]]:
    place = importlib.resources.files("crmflow.profiles") / "catalogue" / f"{name}.toml"
    found: list[dict[str, Any]] = tomllib.loads(place.read_text("utf-8"))[name]
    return found
