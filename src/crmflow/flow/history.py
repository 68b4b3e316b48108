"""What was: an entity as stored, its journal, and how it stood at a version or an instant."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import attrs

from crmflow.codec import EPOCH, micros, moment
from crmflow.core.decision import Decision
from crmflow.core.entity import Snapshot
from crmflow.core.errors import JournalPrunedError, UnknownEntityError
from crmflow.core.journal import Drop, Entry, JournalRecord, fold, unborn
from crmflow.core.ref import EntityRef
from crmflow.core.refusal import Because, Refusal
from crmflow.flow.commits import snapshot_of
from crmflow.flow.migrating import today
from crmflow.flow.registry import Registry
from crmflow.flow.running import Run
from crmflow.storage.port import Store
from crmflow.storage.rows import JournalRow


@attrs.frozen
class History:
    """The past of the entities of one registry and store."""

    registry: Registry
    store: Store
    run: Run

    def recorded(self, row: JournalRow) -> JournalRecord:
        """Return the record of a journal row."""
        return self.registry.codec.decode_record(row.body)

    async def snapshot(self, ref: EntityRef) -> Snapshot[Any]:
        """
        Return the entity as stored, read by today's definition of its machine.

        Raises:
            UnknownEntityError: There is no such entity.
            MigrationError: It cannot come to today's definition.
        """
        (row,) = await self.run(self.store.load, [ref])
        if row is None:
            raise UnknownEntityError(ref)
        return today(self.registry, snapshot_of(self.registry.codec, row))

    async def record(self, ref: EntityRef, version: int) -> JournalRecord:
        """
        Return one record of a journal.

        Raises:
            JournalPrunedError: It is pruned.
        """
        (row,) = await self.run(self.store.journal, ref, after=version - 1, limit=1)
        if row.version != version:
            raise JournalPrunedError(ref, row.version - 1)
        return self.recorded(row)

    async def start(self, ref: EntityRef, version: int, at: datetime) -> Snapshot[Any]:
        """Return what the first record that is left follows: nothing, or pruned ones."""
        pruned = await self._pruned(ref) if version > 1 else None
        return unborn(ref, at) if pruned is None else pruned

    async def _pruned(self, ref: EntityRef) -> Snapshot[Any] | None:
        mark = await self.run(self.store.pruned, ref)
        if mark is None:
            return None
        return self.registry.codec.decode_snapshot(ref, mark.version, mark.at, mark.snapshot)

    async def journal(self, ref: EntityRef, after: int, limit: int) -> list[JournalRow]:
        """
        Return rows of a journal in order.

        Raises:
            UnknownEntityError: There is no such entity.
        """
        rows = list(await self.run(self.store.journal, ref, after=after, limit=limit))
        if not rows and not after:
            raise UnknownEntityError(ref)
        return rows

    async def became(self, held: JournalRecord) -> Decision:
        """Return what became of a held event: applied, ended, or still waiting."""
        ref, name, after = held.ref, held.event.name, held.version
        while rows := await self.run(self.store.journal, ref, after=after, limit=200):
            for record in map(self.recorded, rows):
                if Drop("holds", name) not in record.effects:
                    continue
                snapshot = await self.at_version(ref, record.version)
                if record.entry is Entry.DECISION and record.event.name == name:
                    return Decision(record.event, snapshot, record, repeated=True)
                ended = Refusal(Because.HELD, snapshot.state, verdicts=record.verdicts)
                return Decision(held.event, snapshot, refusal=ended, repeated=True)
            after = rows[-1].version
        snapshot = await self.at_version(ref, held.version)
        return Decision(held.event, snapshot, held, repeated=True)

    async def at_version(self, ref: EntityRef, version: int) -> Snapshot[Any]:
        """Return the entity as it stood after one of its records."""
        record = await self.record(ref, version)
        return await self._folded(ref, micros(record.event.at), version)

    async def as_of(self, ref: EntityRef, at: datetime) -> Snapshot[Any]:
        """
        Return the entity as it stood at an instant.

        Raises:
            UnknownEntityError: It did not exist by then.
            JournalPrunedError: What it was then is pruned.
        """
        found = await self._folded(ref, micros(at), None)
        if found.version:
            return found
        pruned = await self._pruned(ref)
        if pruned is None:
            raise UnknownEntityError(ref)
        if pruned.at > at:
            raise JournalPrunedError(ref, pruned.version)
        return pruned

    async def _folded(self, ref: EntityRef, until: int, version: int | None) -> Snapshot[Any]:
        """Fold records with `at` by *until*, up to *version*, from the nearest checkpoint."""
        codec, facts = self.registry.codec, self.registry.machine(ref.machine).machine.facts
        kept = await self.run(self.store.checkpoint, ref, until=until)
        start = unborn(ref, EPOCH)
        if kept is not None and (version is None or kept.version <= version):
            start = codec.decode_snapshot(ref, kept.version, kept.at, kept.snapshot)
        while rows := await self.run(
            self.store.journal, ref, after=start.version, until=until, limit=200
        ):
            wanted = [row for row in rows if version is None or row.version <= version]
            if not start.version:
                start = await self.start(ref, rows[0].version, moment(rows[0].at))
            start = fold(map(self.recorded, wanted), facts, start)
            if len(wanted) < len(rows):
                break
        return start
