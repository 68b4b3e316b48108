"""The journal of one entity, followed from its first record, or from the mark of pruned ones."""

from __future__ import annotations

from typing import Any

import attrs
import msgspec
from msgspec import Struct
from msgspec.structs import replace

from crmflow.codec import UNREADABLE, chained
from crmflow.codec.sealing import DESTROYED
from crmflow.core.entity import Snapshot
from crmflow.core.erasure import ERASED
from crmflow.core.errors import DamagedError, SealedError
from crmflow.core.journal import agrees, apply, unborn
from crmflow.core.migration import Former
from crmflow.core.ref import EntityRef
from crmflow.engine.anchoring import Head
from crmflow.engine.findings import Finding, Flaw
from crmflow.engine.pruning import told
from crmflow.flow.commits import CHECKPOINT_EVERY, NO_HASH, snapshot_of
from crmflow.flow.registry import Registry
from crmflow.policies.retention.pruning import PRUNE
from crmflow.storage.port import Store
from crmflow.storage.rows import Checkpoint, EntityRow, JournalRow, Pruned


class _Event(Struct):
    name: str
    at: int
    key: str | None = None
    form: msgspec.Raw = msgspec.Raw()


class _Said(Struct):
    """What a record says of itself: never sealed, so no key and no machine is needed for it."""

    ref: tuple[str, str, str]
    version: int
    entry: str
    event: _Event


class _Told(Struct):
    """What a record tells of a pruning."""

    version: int
    hash: str


_SAID = msgspec.json.Decoder(_Said)
_TOLD = msgspec.json.Decoder(_Told)

_UNREADABLE = (*UNREADABLE, DamagedError, SealedError)
"""What reading changed bytes may raise."""


def _why(error: Exception) -> str:
    """Return why something cannot be read; what an error of others says may tell a value."""
    if isinstance(error, DamagedError):
        return error.reason
    return str(error) if isinstance(error, SealedError) else type(error).__name__


@attrs.define
class Chain:
    """The journal of one entity, followed from its first record."""

    registry: Registry
    store: Store
    ref: EntityRef
    fold: bool
    anchored: Head | None = None
    mark: Pruned | None = None
    version: int = 0
    records: int = 0
    head: bytes = NO_HASH
    told: bool = False
    findings: list[Finding] = attrs.field(factory=list)
    folded: Snapshot[Any] | None = None
    kept: dict[int, Checkpoint] = attrs.field(factory=dict)

    def say(self, version: int, flaw: Flaw, /, **values: object) -> None:
        """Add a finding about a version."""
        self.findings.append(Finding(self.ref, version, flaw, values))

    def start(self, mark: Pruned) -> bool:
        """Begin where the mark of pruned records says; say whether it can be read."""
        self.version, self.head = mark.version, mark.hash
        vault = self.registry.codec.vault
        signed = vault.vouched(told(self.ref, mark), mark.signature.decode(errors="replace"))
        if not signed:
            self.say(mark.version, Flaw.UNSIGNED)
        if self.anchored is not None and self.anchored.version <= mark.version:
            self._weigh(self.anchored, mark, vouched=signed and bool(vault.auditing))
        if self.fold:
            try:
                codec = self.registry.codec
                self.folded = codec.decode_snapshot(self.ref, mark.version, mark.at, mark.snapshot)
            except _UNREADABLE as error:
                self.say(mark.version, Flaw.UNREADABLE, why=_why(error))
                return False
        return True

    def _weigh(self, head: Head, mark: Pruned, *, vouched: bool) -> None:
        """Compare a head of the anchor with the mark that stands in its place."""
        if head.version == mark.version and head.head != mark.hash:
            self.say(mark.version, Flaw.OTHER)
        if head.version < mark.version and not vouched:
            self.say(head.version, Flaw.UNVOUCHED)

    def take(self, row: JournalRow) -> bool:
        """Follow one record: its place, its hash, and what it does; say whether it can be read."""
        if self.mark is not None and row.version <= self.mark.version:
            self.say(row.version, Flaw.LEFT)
            return True
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
        if self.mark is not None and event.name == PRUNE:
            form = _TOLD.decode(event.form)
            self.told |= (form.version, form.hash) == (self.mark.version, self.mark.hash.hex())

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
        if self.mark is not None and not self.told:
            self.say(self.mark.version, Flaw.UNTOLD)
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
        """Say whether the journal leads to a snapshot; what is erased in either was anything."""
        folded = self.folded
        if folded is None or agrees(folded, stored):
            return folded is not None
        known = stored.facts
        # Facts of another definition agree already where the snapshot leaves defaults out.
        if isinstance(known, Former) or self.store.secret(self.ref) != DESTROYED:
            return False
        alike = (
            replace(one, facts=_erased(one.facts, other.facts))
            for one, other in ((folded, stored), (stored, folded))
        )
        return agrees(next(alike), next(alike))


def _erased(known: Any, other: Any) -> object:  # noqa: ANN401 - facts of any machine
    """Return facts with what is erased in others: a default is left out there, and never sealed."""
    names = [field.name for field in attrs.fields(type(other))]
    return attrs.evolve(known, **{name: ERASED for name in names if getattr(other, name) is ERASED})
