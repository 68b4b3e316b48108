"""Journal records: inputs, effects and verdicts of each commit; folding them back."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, TypeVar

import attrs
from msgspec import Struct
from msgspec.structs import replace

from crmflow.core.claim import Claim
from crmflow.core.compiled import Basis
from crmflow.core.entity import NOTHING, Attached, PolicyState, Received, Snapshot
from crmflow.core.event import Event
from crmflow.core.hold import Hold
from crmflow.core.link import Link, Watcher
from crmflow.core.message import Message
from crmflow.core.migration import Former
from crmflow.core.pause import Pause
from crmflow.core.ref import UNBORN, EntityRef
from crmflow.core.task import Task
from crmflow.core.timer import Timer
from crmflow.core.verdict import Verdict

F = TypeVar("F")
Item = Timer | Task | Link | Watcher | Claim | Received | Hold | PolicyState | Pause
Shelf = Literal[
    "timers",
    "tasks",
    "links",
    "watchers",
    "claims",
    "received",
    "holds",
    "policies",
    "pauses",
    "frozen",
]

KEYS: Mapping[Shelf, Callable[[Any], str]] = {
    "timers": operator.attrgetter("name"),
    "tasks": operator.attrgetter("name"),
    "links": lambda link: f"{link.name} {link.ref}",
    "watchers": lambda watcher: f"{watcher.name} {watcher.ref}",
    "claims": lambda claim: f"{claim.scope} {claim.value}",
    "received": lambda received: str(received.source),
    "holds": operator.attrgetter("event"),
    "policies": operator.attrgetter("policy"),
    "pauses": operator.attrgetter("of"),
    "frozen": operator.attrgetter("name"),
}
"""By what an item is told from the others on its shelf of `Attached`."""


class Entry(StrEnum):
    """What a record tells of."""

    DECISION = "decision"
    HELD = "held"
    VOTE = "vote"
    POLICY = "policy"
    RAISE_REFUSED = "raise_refused"
    TIMER_REFUSED = "timer_refused"
    MIRROR = "mirror"
    ADOPTION = "adoption"
    OBSERVATION = "observation"
    MIGRATION = "migration"
    PAUSE = "pause"


class Put(Struct, frozen=True):
    """An item that is attached, in place of one with the same key."""

    shelf: Shelf
    item: Item

    @property
    def of(self) -> str:
        """The key of the item."""
        return KEYS[self.shelf](self.item)


class Drop(Struct, frozen=True):
    """An item that is attached no longer, by its key."""

    shelf: Shelf
    of: str


Effect = Put | Drop


class JournalRecord(Struct, frozen=True):
    """
    One commit of one entity.

    Attributes:
        ref: Which entity.
        version: Its version afterwards; gapless from 1.
        entry: What it tells of.
        event: Inputs: name, actor, instant, form, key, cause.
        before: State before.
        to: State entered, or None where it was kept.
        facts: Facts that changed, by field name; `Former` where the record is of another
            version of the machine's definition.
        effects: What was attached and what was dropped.
        messages: Messages put in the outbox.
        row: Name of the row taken, or empty.
        basis: Machine version and policy digest.
        verdicts: Every verdict that did more than allow.
        reads: What the directory was asked and answered; None where it was not asked.
    """

    ref: EntityRef
    version: int
    entry: Entry
    event: Event[Any]
    before: str
    to: str | None
    facts: Mapping[str, object]
    effects: tuple[Effect, ...]
    messages: tuple[Message, ...]
    row: str
    basis: Basis
    verdicts: tuple[Verdict, ...]
    reads: Mapping[str, object] | None = None


def apply(
    snapshot: Snapshot[Any], record: JournalRecord, facts: type, known: object = None
) -> Snapshot[Any]:
    """
    Return the snapshot after a record; the one way any snapshot comes about.

    Args:
        snapshot: The entity before.
        record: The next record of its journal.
        facts: Facts class of the machine.
        known: The facts after the record, where they are made already.
    """
    at, to = record.event.at, record.to
    # A held creation leaves the entity unborn: it has no facts yet.
    if known is None:
        kept = to is None and not record.facts
        known = snapshot.facts if kept else known_after(snapshot.facts, record.facts, facts)
    # A state that has another name now was not entered anew.
    enters = to and record.entry is not Entry.MIGRATION
    return Snapshot(
        snapshot.ref,
        to or snapshot.state,
        record.version,
        at,
        at if enters else snapshot.entered_at,
        known,
        attach(snapshot.attached, record.effects) if record.effects else snapshot.attached,
        record.basis.version,
    )


def known_after(
    known: F | Former | None, changes: Mapping[str, object], facts: Callable[..., F]
) -> F | Former:
    """
    Return the facts after *changes*; *known* is None before creation.

    What changes facts of another definition are facts of that definition still; what turns
    them into today's is all of today's.
    """
    if isinstance(changes, Former):
        return Former({**(known if isinstance(known, Former) else {}), **changes})
    if known is None or isinstance(known, Former):
        return facts(**changes)
    if not changes:
        return known
    shape = _shape(facts)
    given = list(shape.values(known))
    for name, value in changes.items():
        given[shape.places[name]] = value
    if shape.by_place:
        return facts(*given)
    return facts(**dict(zip(shape.places, given, strict=True)))


class _Shape(Struct, frozen=True):
    """How the facts of a class are read, and made again with some changed."""

    places: Mapping[str, int]
    values: Callable[[Any], tuple[Any, ...]]
    by_place: bool


@functools.cache
def _shape(facts: Any) -> _Shape:  # noqa: ANN401 - an attrs class
    fields = [field for field in attrs.fields(facts) if field.init]
    places = {field.name: place for place, field in enumerate(fields)}
    by_place = not any(field.kw_only for field in fields)
    if len(fields) == 1:
        (name,) = places
        return _Shape(places, lambda known: (getattr(known, name),), by_place)
    return _Shape(places, operator.attrgetter(*places), by_place)


def attach(attached: Attached, effects: Iterable[Effect]) -> Attached:
    """Return what is attached after *effects*, made in their order."""
    shelves: dict[str, dict[str, Any]] = {}
    for effect in effects:
        key = KEYS[effect.shelf]
        shelf = shelves.get(effect.shelf)
        if shelf is None:
            items = getattr(attached, effect.shelf)
            shelves[effect.shelf] = shelf = dict(zip(map(key, items), items, strict=True))
        if isinstance(effect, Put):
            shelf[key(effect.item)] = effect.item
        else:
            shelf.pop(effect.of, None)
    changed = {name: tuple(shelf.values()) for name, shelf in shelves.items()}
    after = replace(attached, **changed)
    return NOTHING if after == NOTHING else after


def agrees(folded: Snapshot[Any], stored: Snapshot[Any]) -> bool:
    """
    Say whether a snapshot is what a journal leads to.

    Facts of another definition say in the journal also what a snapshot leaves out, because it
    was the default of then.
    """
    was, known = folded.facts, stored.facts
    if isinstance(was, Former) and isinstance(known, Former) and known.items() <= was.items():
        return replace(folded, facts=known) == stored
    return folded == stored


def unborn(ref: EntityRef, at: datetime) -> Snapshot[Any]:
    """Return the snapshot of an entity that is not yet created."""
    return Snapshot(ref, UNBORN, 0, at, at, None)


def fold(records: Iterable[JournalRecord], facts: type, start: Snapshot[Any]) -> Snapshot[Any]:
    """
    Return the snapshot that the records lead to; no rule code is run.

    Args:
        records: Records in order of version, the first following *start*.
        facts: Facts class of the machine.
        start: A checkpoint, or the unborn entity.

    Raises:
        ValueError: A version is missing or repeated.
    """
    for record in records:
        if record.version != start.version + 1:
            message = f"{record.ref}: record {record.version} follows version {start.version}"
            raise ValueError(message)
        start = apply(start, record, facts)
    return start
