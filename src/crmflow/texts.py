"""
Labels and reason texts in Chinese and English, read from the locale tables.

What roles are called stands in the table `roles` of the default profile. A locale table has
general sections (`[reasons]`, `[fields]`, ...) and sections of one machine
(`[machine.complaint.events]`), which win over the general ones. What a language lacks
is looked up in English; what English lacks is the code itself, its underscores as spaces.
"""

from __future__ import annotations

import functools
import importlib.resources
import re
import tomllib
from collections.abc import Iterable, Mapping
from typing import Literal, cast

import attrs

from crmflow.core.errors import did_you_mean
from crmflow.core.machine import Machine, State

__all__ = ["LANGUAGES", "Section", "Table", "Texts", "shipped"]

LANGUAGES = ("en", "zh")
"""Languages that crmflow brings."""

Section = Literal[
    "events",
    "reasons",
    "faults",
    "fields",
    "choices",
    "tasks",
    "timers",
    "roles",
    "phrases",
    "expected",
    "lines",
    "findings",
]
"""Kinds of codes that have texts."""

Table = Mapping[str, object]
"""A locale table, shaped like those in `crmflow/profiles/locale`."""


_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def _known(lang: str) -> str:
    """Return the language of a tag such as `zh-CN`."""
    base = lang.replace("_", "-").partition("-")[0].lower()
    if base not in LANGUAGES:
        message = f"unknown language {lang!r}. {did_you_mean(base, LANGUAGES)}"
        raise ValueError(message)
    return base


def _merged(first: Table, then: Table) -> Table:
    found = dict(first)
    for key, value in then.items():
        before = found.get(key)
        both = isinstance(before, Mapping) and isinstance(value, Mapping)
        found[key] = _merged(cast("Table", before), cast("Table", value)) if both else value
    return found


@functools.cache
def shipped_roles() -> tuple[Table, ...]:
    """Return the roles that crmflow knows by itself, as they are written; read once."""
    file = importlib.resources.files("crmflow.profiles") / "default" / "roles.toml"
    return tuple(tomllib.loads(file.read_text("utf-8"))["roles"])


@functools.cache
def shipped(lang: str) -> Table:
    """
    Return crmflow's own tables of a language as one, read once.

    Args:
        lang: One of `LANGUAGES`.
    """
    folder = importlib.resources.files("crmflow.profiles") / "locale" / lang
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".toml")), key=lambda f: f.name)
    tables: list[Table] = [tomllib.loads(file.read_text("utf-8")) for file in files]
    # What a role is called stands with what it does, not twice.
    named: Table = {"roles": {str(role["name"]): role[lang] for role in shipped_roles()}}
    return functools.reduce(_merged, tables, named)


def _find(table: Table, *path: str) -> str | None:
    found: object = table
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, str) else None


def _listed(tables: Iterable[Table]) -> tuple[Table, ...]:
    return tuple(tables)


@attrs.frozen
class Texts:
    """
    The texts of one language.

    Args:
        lang: `en` or `zh`; a tag such as `zh-CN` counts as its language.
        tables: Tables of plugins, each winning over those before it and over crmflow's own.

    Raises:
        ValueError: crmflow has no such language.
    """

    lang: str = attrs.field(default="en", converter=_known)
    tables: tuple[Table, ...] = attrs.field(default=(), converter=_listed)
    _table: Table = attrs.field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        table = functools.reduce(_merged, self.tables, shipped(self.lang))
        object.__setattr__(self, "_table", table)

    def with_tables(self, tables: Iterable[Table]) -> Texts:
        """Return these texts with further tables merged in, the last one winning."""
        return Texts(self.lang, (*self.tables, *tables))

    def find(self, section: Section, name: str, machine: str | None = None) -> str | None:
        """Return the text this language has of its own, or None."""
        if machine is not None:
            found = _find(self._table, "machine", machine, section, name)
            if found is not None:
                return found
        return _find(self._table, section, name)

    def text(self, section: Section, name: str, machine: str | None = None) -> str:
        """
        Return a text to show.

        Args:
            section: Kind of the code.
            name: The code.
            machine: Machine it belongs to, where its own word comes first.

        Returns:
            The text of this language, else the English one, else the code with spaces.
        """
        found = self.find(section, name, machine)
        if found is None and self.lang != "en":
            found = Texts("en").find(section, name, machine)
        return name.replace("_", " ") if found is None else found

    def filled(
        self, section: Section, name: str, values: Mapping[str, object], machine: str | None = None
    ) -> str:
        """
        Return a text with its placeholders, such as `{due_at}`, filled.

        Args:
            section: Kind of the code.
            name: The code.
            values: What stands for each placeholder; one without a value stays as it is.
            machine: Machine it belongs to.
        """
        text = self.text(section, name, machine)
        return _PLACEHOLDER.sub(lambda found: str(values.get(found[1], found[0])), text)

    def state(self, state: State) -> str:
        """Return a state's label."""
        return state.zh if self.lang == "zh" else state.en

    def machine(self, machine: Machine) -> str:
        """Return a machine's label."""
        return machine.zh if self.lang == "zh" else machine.en
