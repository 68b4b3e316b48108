"""The catalogue: the rules in its own wording, and the readings of what the sources leave open."""

from __future__ import annotations

import functools
import importlib.resources
import re
import tomllib
from collections.abc import Mapping

import attrs

__all__ = ["ID", "Reading", "Rule", "readings", "rules"]

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


@attrs.frozen
class Reading:
    """
    How something is read that the sources leave open.

    Attributes:
        id: `AMB` and a number.
        says: What the sources say, or fail to say.
        reading: How crmflow reads it.
        switch: By what a company reads it otherwise.
        rules: Ids of the rules it is about.
    """

    id: str
    says: str
    reading: str
    switch: str = ""
    rules: tuple[str, ...] = attrs.field(default=(), converter=tuple[str, ...])


@functools.cache
def rules() -> Mapping[str, Rule]:
    """Return every rule by its id, in the order of the catalogue."""
    return {row["id"]: Rule(**row) for row in _rows("rules")}


@functools.cache
def readings() -> Mapping[str, Reading]:
    """Return every reading by its id."""
    return {row["id"]: Reading(**row) for row in _rows("readings")}


def _rows(name: str) -> list[dict[str, str]]:
    place = importlib.resources.files("crmflow.profiles") / "catalogue" / f"{name}.toml"
    found: list[dict[str, str]] = tomllib.loads(place.read_text("utf-8"))[name]
    return found
