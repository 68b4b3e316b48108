"""
Machines as tables: states, guards and rows, declared once and never changed.

A row reads like a line of the catalogue's part 3: from, event, to, who, form,
guards, what it sets, timers, tasks, messages, rule ids.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import Literal

import attrs

from crmflow.core.migration import Migrations, read_migrations
from crmflow.core.ref import UNBORN
from crmflow.core.row import (
    ANY,
    KEEP,
    Asked,
    Changes,
    Guard,
    Open,
    Row,
    Send,
    Start,
    Vote,
    WhileHeld,
)
from crmflow.core.words import role_names, words

__all__ = [
    "ANY",
    "KEEP",
    "Asked",
    "Blank",
    "Changes",
    "Extension",
    "Guard",
    "Kind",
    "Machine",
    "Open",
    "Row",
    "Send",
    "Start",
    "State",
    "Vote",
    "WhileHeld",
]


class Kind(StrEnum):
    """What a state is in a life."""

    INITIAL = "initial"
    OPEN = "open"
    WAITING = "waiting"
    FINAL = "final"


@attrs.frozen
class State:
    """
    A place in a life.

    Args:
        name: Adjective or participle (`received`).
        zh: Label in Chinese.
        en: Label in English.
        kind: Initial, open, waiting for somebody outside, or final.
        requires: Names of facts that every entity in this state has; checked by `adopt`.
    """

    name: str = attrs.field(converter=str)
    zh: str
    en: str
    kind: Kind = Kind.OPEN
    requires: tuple[str, ...] = attrs.field(default=(), kw_only=True)


@attrs.frozen
class Blank:
    """
    A setting the catalogue leaves to the company (part 5): no silent default.

    Args:
        key: Dotted key of the configuration.
        kind: `duration`, `text`, `list` or `map`.
        meaning: One sentence.
        rules: Rule ids.
    """

    key: str
    kind: Literal["duration", "text", "list", "map"]
    meaning: str
    rules: tuple[str, ...] = attrs.field(converter=words)


@attrs.frozen
class Machine:
    """
    The declared life of an entity.

    Args:
        name: Singular noun (`complaint`).
        facts: Attrs class of what is known; every field has a default or is set on creation.
        states: All states; the creating rows enter the initial one.
        rows: The table; among rows of one event and state the first whose guards pass is taken.
        version: Number of the definition.
        migrations: Version -> what leads from it to the next: a `Migration`, or a function of
            the facts alone.
        zh: Label in Chinese.
        en: Label in English.
        shares: Facts mirrored to entities that watch this one, beside its state.
        searchable: Facts that entities are searched by, `:text` behind those that are found
            by likeness too (`name:text mobile`).
        blanks: Settings that must be configured.
        adopters: Roles that may place an entity by `adopt`.
        serves: Names of tables whose policies write to it. Nobody names such a machine: it is
            on where one of them has a row in use.
        extension: Digest of what plugins added to it, or empty; part of its version.
    """

    name: str
    facts: type
    states: tuple[State, ...] = attrs.field(converter=tuple[State, ...])
    rows: tuple[Row, ...] = attrs.field(converter=tuple[Row, ...])
    version: int = attrs.field(default=1, kw_only=True)
    migrations: Migrations = attrs.field(
        factory=dict, converter=read_migrations, hash=False, kw_only=True
    )
    zh: str = attrs.field(kw_only=True)
    en: str = attrs.field(kw_only=True)
    shares: tuple[str, ...] = attrs.field(default=(), converter=words, kw_only=True)
    searchable: tuple[str, ...] = attrs.field(default=(), converter=words, kw_only=True)
    blanks: tuple[Blank, ...] = attrs.field(default=(), converter=tuple[Blank, ...], kw_only=True)
    adopters: frozenset[str] = attrs.field(
        default=frozenset({"administrator"}), converter=role_names, kw_only=True
    )
    serves: tuple[str, ...] = attrs.field(default=(), converter=words, kw_only=True)
    extension: str = attrs.field(default="", kw_only=True)

    @property
    def edition(self) -> str:
        """Name, version and digest of the extensions: what a record says it was made by."""
        return f"{self.name} {self.version}" + (f"+{self.extension}" if self.extension else "")

    @property
    def events(self) -> tuple[str, ...]:
        """Names of all events, in the order of the table."""
        return tuple(dict.fromkeys(row.event for row in self.rows))

    @property
    def creating(self) -> str:
        """Name of the event that creates an entity."""
        return next(row.event for row in self.rows if UNBORN in row.source)

    @property
    def final(self) -> frozenset[str]:
        """Names of the states in which a life ends."""
        return frozenset(state.name for state in self.states if state.kind is Kind.FINAL)

    def beside(self, machines: Collection[str]) -> Machine:
        """Return the machine as it is beside others: by courtesy it tells only those."""
        rows = tuple(
            attrs.evolve(
                row,
                send=tuple(one for one in row.send if not one.courtesy or one.machine in machines),
            )
            for row in self.rows
        )
        return self if rows == self.rows else attrs.evolve(self, rows=rows)

    def state(self, name: str) -> State:
        """Return the state of that name; KeyError where there is none."""
        return {state.name: state for state in self.states}[name]

    def form(self, event: str) -> type | None:
        """Return the form of an event (all its rows share one), or None."""
        return next(row.form for row in self.rows if row.event == event)


@attrs.frozen
class Extension:
    """
    What a plugin adds to a machine that is not its own: processes are adapted (INT-005).

    Facts of its own a plugin keeps as the state of a policy.

    Args:
        rows: Rows, tried after those that are there.
        states: States that its rows lead to.
    """

    rows: tuple[Row, ...] = attrs.field(default=(), converter=tuple[Row, ...])
    states: tuple[State, ...] = attrs.field(default=(), converter=tuple[State, ...])
