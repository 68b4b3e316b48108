"""
Pruning: journals lose the records that need not be kept, in capped batches, by rows of retention.

A mark takes their place, with the hash that the journal goes on from and the entity as it was
then, signed where there is an audit key. It is journaled first; the mark and the removal are
one transaction, so wherever this ends, nothing is gone that no mark stands for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from itertools import takewhile
from typing import Any

import attrs
import msgspec

from crmflow.codec import micros, moment
from crmflow.core import logs
from crmflow.core.actor import SYSTEM
from crmflow.core.entity import Snapshot
from crmflow.core.errors import ConflictError, CrmflowError
from crmflow.core.ref import EntityRef
from crmflow.engine.driving import drive
from crmflow.engine.turns import Turns
from crmflow.flow.commits import snapshot_of
from crmflow.flow.migrating import is_former
from crmflow.flow.run import Flow
from crmflow.policies.retention.pruning import PRUNE, Journals, Pruning, journals
from crmflow.storage.port import PAGE, every
from crmflow.storage.query import Find
from crmflow.storage.rows import EntityRow, JournalRow, Pruned

MOST = 1000
"""Records that go at once; the others of a long journal follow at the next turn."""


@attrs.frozen
class Prune:
    """
    What goes of one journal.

    Attributes:
        ref: The entity.
        version: That of the last record that goes.
        records: How many go.
        row: Name of the row by which they go.
        gone: The records.
    """

    ref: EntityRef
    version: int
    records: int
    row: str
    gone: tuple[JournalRow, ...] = attrs.field(default=(), repr=False)


@attrs.frozen
class Prunes:
    """
    What a run did.

    Attributes:
        seen: Entities that were looked at.
        pruned: Journals that lost records.
        records: Records that went.
        errors: Failures; they are tried again at the next run.
    """

    seen: int = 0
    pruned: int = 0
    records: int = 0
    errors: tuple[CrmflowError, ...] = ()

    def plus(self, more: Prunes) -> Prunes:
        """Return both as one."""
        return Prunes(
            self.seen + more.seen,
            self.pruned + more.pruned,
            self.records + more.records,
            (*self.errors, *more.errors),
        )


def told(ref: EntityRef, mark: Pruned) -> bytes:
    """Return what the signature of a mark stands for."""
    after = hashlib.sha256(mark.snapshot).hexdigest()
    place = (ref.tenant, ref.machine, ref.id)
    return msgspec.json.encode(["pruned", *place, mark.version, mark.at, mark.hash.hex(), after])


@attrs.frozen
class Pruner:
    """
    Goes through all entities whose journals are not kept for ever.

    Attributes:
        flow: The steps.
        kept: How long journals are kept, by machine; those kept for ever are left out.
    """

    flow: Flow
    kept: Mapping[str, Journals] = attrs.field(init=False)

    @kept.default
    def _kept(self) -> dict[str, Journals]:
        registry = self.flow.registry
        found = {
            name: journals(registry.tables, compiled.machine)
            for name, compiled in sorted(registry.machines.items())
        }
        return {name: one for name, one in found.items() if one is not None}

    def run(self, now: datetime, told: Callable[[Prune], object], *, dry_run: bool) -> Prunes:
        """Prune all that is due, or only tell what would go."""
        done = Prunes()
        for machine in self.kept:
            query = Find(self.flow.registry.tenant, machine, limit=PAGE)
            done = done.plus(self._page(every(self.flow.store, query), now, told, dry_run=dry_run))
        return done

    def turn(self, now: datetime) -> Prunes:
        """Prune one page of entities; once a day of the company all of them have had their turn."""
        if not self.kept:
            return Prunes()
        day = self.flow.registry.tables.day(now)
        turns = Turns(self.flow.store, self.flow.registry.tenant)
        try:
            place = turns.next(self.kept, day)
            if place is None:
                return Prunes()
            rows = self.flow.store.find(place)
            done = self._page(rows, now, lambda _: None, dry_run=False)
            turns.had(place, rows, day)
        except CrmflowError as error:
            return Prunes(errors=(error,))
        return done

    def _page(
        self,
        rows: Iterable[EntityRow],
        now: datetime,
        told: Callable[[Prune], object],
        *,
        dry_run: bool,
    ) -> Prunes:
        done = Prunes()
        for row in rows:
            try:
                one = self._prunable(row, now)
                if one is not None and (dry_run or self._pruned(row, one, now)):
                    told(one)
                    done = done.plus(Prunes(1, 1, one.records))
                else:
                    done = done.plus(Prunes(1))
            except ConflictError:
                # Somebody changed it meanwhile: its turn comes again.
                done = done.plus(Prunes(1))
            except CrmflowError as error:
                logs.failed(f"pruning of {row.ref}", error)
                done = done.plus(Prunes(1, errors=(error,)))
        return done

    def _prunable(self, row: EntityRow, now: datetime) -> Prune | None:
        """Return what may go of an entity's journal now, None for nothing."""
        kept, store = self.kept[row.ref.machine], self.flow.store
        rules = kept.of(row.state, now)
        first = store.journal(row.ref, limit=1) if rules else ()
        if not first or not kept.is_due(rules, _age(first[0]), now):
            return None
        version, at = self._needed(row)

        def may_go(one: JournalRow) -> bool:
            needed = one.version >= version or one.at >= at
            return not needed and kept.may_go(rules, _age(one), now)

        gone = tuple(takewhile(may_go, store.journal(row.ref, limit=MOST)))
        # What only tells of an earlier pruning is left, or there would be no end to it.
        if all(one.event == PRUNE for one in gone):
            return None
        return Prune(row.ref, gone[-1].version, len(gone), rules[0].name, gone)

    def _needed(self, row: EntityRow) -> tuple[int, int]:
        """Return the version and the instant from which records are needed still."""
        flow = self.flow
        holds = snapshot_of(flow.registry.codec, row).holds
        asked = (micros(hold.asked_at) for hold in holds)
        # What sent a message can be looked up as long as it is not delivered.
        sent = flow.store.outbox(row.ref.tenant, source=row.ref, limit=1)
        version = min((row.version + 1, *(message.version for message in sent)))
        return version, min(asked, default=row.at + 1)

    def _pruned(self, row: EntityRow, one: Prune, now: datetime) -> bool:
        """Journal a pruning and do it; say whether it was done."""
        flow, last = self.flow, one.gone[-1]
        after = drive(flow.history.at_version(row.ref, one.version))
        if is_former(flow.registry.machine(row.ref.machine), after):
            return False
        form = Pruning(one.version, last.hash.hex(), one.row, now)
        # At the instant of the last change: for retention, pruning is none.
        at = moment(row.at)
        request = flow.request(row.ref, PRUNE, form, SYSTEM, at, version=row.version)
        (answered,) = drive(flow.ask([request]))
        if isinstance(answered, Exception):
            raise answered
        keys = {gone.key: gone.version for gone in one.gone if gone.key is not None}
        return answered.accepted and flow.store.prune(row.ref, self._mark(last, after), keys)

    def _mark(self, last: JournalRow, after: Snapshot[Any]) -> Pruned:
        """Return what stands in place of records; sealed where the entity is by now."""
        codec, ref = self.flow.registry.codec, after.ref
        secret = self.flow.store.secret(ref)
        seal = None if secret is None else codec.vault.seal(after, secret)
        body = codec.encode_snapshot(after, seal)
        mark = Pruned(last.version, last.at, last.hash, body)
        return attrs.evolve(mark, signature=codec.vault.signed(told(ref, mark)).encode())


def _age(row: JournalRow) -> datetime:
    """Return the instant that a record counts from: an imported one is as old as its import."""
    return moment(max(row.at, row.recorded_at))
