"""
Auditing: whether stored journals are whole, and lead to what is stored of their entities.

Hashes cover the bytes as they are stored, so they are verified without any key. A cut tail, a
removed entity and a replaced store are whole in themselves: only an anchor that is kept
elsewhere tells them (`crmflow.engine.anchoring`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any

import attrs
import msgspec
from msgspec import Struct
from msgspec.structs import replace

from crmflow.codec import chained
from crmflow.codec.sealing import DESTROYED
from crmflow.core.entity import Snapshot
from crmflow.core.erasure import ERASED
from crmflow.core.errors import SealedError
from crmflow.core.journal import agrees, apply, unborn
from crmflow.core.ref import EntityRef
from crmflow.engine.anchoring import Head, paired
from crmflow.flow.commits import CHECKPOINT_EVERY, NO_HASH, snapshot_of
from crmflow.flow.registry import Registry
from crmflow.storage.port import PAGE, Store
from crmflow.storage.rows import Checkpoint, EntityRow, JournalRow


class Flaw(StrEnum):
    """What may be wrong with what is stored of an entity; the value is its English sentence."""

    MISSING = "record {expected} is missing"
    HASH = "the hash is not that of the record and the one before"
    COLUMNS = "the columns of the row are not what its record says"
    UNREADABLE = "the record cannot be read: {why}"
    CHECKPOINT = "the checkpoint is not where the journal leads"
    END = "the journal ends at version {version}"
    HEAD = "the stored head is not the hash of the last record"
    SNAPSHOT = "folding the journal does not give the stored snapshot"
    GONE = "the anchor has the entity at this version, the store has none"
    CUT = "the anchor has the entity at this version, the store at version {version}"
    OTHER = "the anchor has another record at this version"


@attrs.frozen
class Finding:
    """
    Something that is wrong with what is stored of an entity.

    Attributes:
        ref: The entity.
        version: At which version.
        flaw: What it is.
        values: What fills its sentence.
    """

    ref: EntityRef
    version: int
    flaw: Flaw
    values: Mapping[str, object] = attrs.field(factory=dict)

    def __str__(self) -> str:
        return f"{self.ref}, version {self.version}: {self.flaw.format(**self.values)}"


@attrs.frozen
class Audited:
    """
    What an audit found of one entity.

    Attributes:
        ref: The entity.
        records: Its journal records that were verified.
        findings: What is wrong; empty where all is well.
    """

    ref: EntityRef
    records: int
    findings: tuple[Finding, ...] = ()


class _Event(Struct):
    name: str
    at: int
    key: str | None = None


class _Said(Struct):
    """What a record says of itself: never sealed, so no key and no machine is needed for it."""

    ref: tuple[str, str, str]
    version: int
    entry: str
    event: _Event


_SAID = msgspec.json.Decoder(_Said)

_UNREADABLE = (
    ArithmeticError,
    AttributeError,
    ExceptionGroup,
    LookupError,
    SealedError,
    TypeError,
    ValueError,
)
"""What reading changed bytes may raise."""


def _why(error: Exception) -> str:
    """Return why something cannot be read; what an error of others says may tell a value."""
    return str(error) if isinstance(error, SealedError) else type(error).__name__


def audits(
    registry: Registry,
    store: Store,
    rows: Iterable[EntityRow],
    anchored: Iterable[Head] = (),
    *,
    fold: bool = True,
) -> Iterator[Audited]:
    """
    Yield what an audit finds of each entity, in order of (machine, id).

    Args:
        registry: Its machines fold the journals; those of others have their hashes verified alone.
        store: Where the journals are.
        rows: The entities, in that order.
        anchored: Heads of an anchor, those of the same entities, in that order.
        fold: Whether to fold at all, which needs the keys of what is encrypted.
    """
    for one, head in paired(rows, anchored):
        if isinstance(one, Head):
            yield Audited(one.ref, 0, (Finding(one.ref, one.version, Flaw.GONE),))
        else:
            yield audited(registry, store, one, head, fold=fold)


def audited(
    registry: Registry, store: Store, row: EntityRow, head: Head | None = None, *, fold: bool = True
) -> Audited:
    """
    Return what is wrong with an entity's journal; see `audits`.

    Args:
        registry: Its machines fold.
        store: Where the journal is.
        row: The entity as stored; records committed since it was read are left out.
        head: Where an anchor says that the journal stood, or None.
        fold: Whether to fold.
    """
    folds = fold and row.ref.machine in registry.machines
    chain = Chain(registry, store, row.ref, fold=folds, anchored=head)
    for stored in journal(store, row.ref, row.version):
        if not chain.take(stored):
            return Audited(row.ref, chain.records, tuple(chain.findings))
    chain.end(row)
    return Audited(row.ref, chain.records, tuple(chain.findings))


def journal(store: Store, ref: EntityRef, until: int, after: int = 0) -> Iterator[JournalRow]:
    """Yield an entity's records behind version *after*, up to version *until*."""
    while page := store.journal(ref, after=after, limit=PAGE):
        yield from (row for row in page if row.version <= until)
        after = page[-1].version
        if after >= until:
            return


@attrs.define
class Chain:
    """The journal of one entity, followed from its first record."""

    registry: Registry
    store: Store
    ref: EntityRef
    fold: bool
    anchored: Head | None = None
    version: int = 0
    records: int = 0
    head: bytes = NO_HASH
    findings: list[Finding] = attrs.field(factory=list)
    folded: Snapshot[Any] | None = None
    kept: dict[int, Checkpoint] = attrs.field(factory=dict)

    def say(self, version: int, flaw: Flaw, /, **values: object) -> None:
        """Add a finding about a version."""
        self.findings.append(Finding(self.ref, version, flaw, values))

    def take(self, row: JournalRow) -> bool:
        """Follow one record: its place, its hash, and what it does; say whether it can be read."""
        if row.version != self.version + 1:
            self.say(row.version, Flaw.MISSING, expected=self.version + 1)
        if chained(self.head, row.body) != row.hash:
            self.say(row.version, Flaw.HASH)
        head = self.anchored
        if head is not None and head.version == row.version and head.head != row.hash:
            self.say(row.version, Flaw.OTHER)
        # Go on from the stored hash, so that one broken link is one finding.
        self.version, self.head, self.records = row.version, row.hash, self.records + 1
        try:
            self._read(row)
            if self.fold:
                self._fold(row)
        except _UNREADABLE as error:
            self.say(row.version, Flaw.UNREADABLE, why=_why(error))
            return False
        return True

    def _read(self, row: JournalRow) -> None:
        said = _SAID.decode(row.body)
        event = said.event
        about = (EntityRef(*said.ref), said.version, said.entry, event.name, event.at, event.key)
        if about != (self.ref, row.version, row.entry, row.event, row.at, row.key):
            self.say(row.version, Flaw.COLUMNS)

    def _fold(self, row: JournalRow) -> None:
        codec = self.registry.codec
        record = codec.decode_record(row.body)
        facts = self.registry.machine(self.ref.machine).machine.facts
        start = unborn(self.ref, record.event.at) if self.folded is None else self.folded
        self.folded = apply(start, record, facts)
        if row.version % CHECKPOINT_EVERY == 0:
            self._expect(row)
        kept = self.kept.pop(row.version, None)
        if kept is not None:
            found = codec.decode_snapshot(self.ref, kept.version, kept.at, kept.snapshot)
            if not self._leads_to(found):
                self.say(row.version, Flaw.CHECKPOINT)

    def _expect(self, row: JournalRow) -> None:
        """Note the checkpoint of the commit that reached a version, which may end behind it."""
        kept = self.store.checkpoint(self.ref, until=row.at)
        if kept is not None and kept.version >= row.version:
            self.kept[kept.version] = kept

    def end(self, row: EntityRow) -> None:
        """Compare where the journal leads with what is stored of the entity."""
        if self.version != row.version:
            self.say(row.version, Flaw.END, version=self.version)
        if self.head != row.head:
            self.say(row.version, Flaw.HEAD)
        if self.anchored is not None and self.anchored.version > row.version:
            self.say(self.anchored.version, Flaw.CUT, version=row.version)
        if not self.fold:
            return
        try:
            stored = snapshot_of(self.registry.codec, row)
        except _UNREADABLE as error:
            self.say(row.version, Flaw.UNREADABLE, why=_why(error))
            return
        if not self._leads_to(stored) or row.state != stored.state:
            self.say(row.version, Flaw.SNAPSHOT)

    def _leads_to(self, stored: Snapshot[Any]) -> bool:
        """Say whether the journal leads to a snapshot; what is erased there was anything."""
        folded = self.folded
        if folded is not None and agrees(folded, stored):
            return True
        if folded is None or self.store.secret(self.ref) != DESTROYED:
            return False
        # A value that no record brought, the default of its field, is erased in snapshots alone.
        gone = {
            field.name: ERASED
            for field in attrs.fields(type(stored.facts))
            if getattr(stored.facts, field.name) is ERASED
        }
        return stored == replace(folded, facts=attrs.evolve(folded.facts, **gone))
