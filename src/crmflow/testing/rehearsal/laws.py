"""What must hold of everything, looked at now and then; and what must come to an end at the end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta

import attrs
import msgspec
from msgspec import Struct

from crmflow.codec import micros
from crmflow.core.actor import Actor
from crmflow.core.entity import Snapshot
from crmflow.core.journal import Entry
from crmflow.core.ref import EntityRef
from crmflow.engine.auditing import audited, journal
from crmflow.engine.chain import Chain
from crmflow.flow.handing import MAY_REACT
from crmflow.storage.port import every
from crmflow.storage.query import Find
from crmflow.storage.rows import MessageRow, MessageStatus, Place
from crmflow.testing.rehearsal.drawing import FUTURE
from crmflow.testing.rehearsal.stage import Stage
from crmflow.testing.rehearsal.steps import Stand
from crmflow.testing.walking.drawing import ADMINISTRATOR

MANY = 1 << 20
"""More than there are."""
ONE_OF = 20
"""Of so many entities one is decided again from its beginning, which takes long."""
ROUNDS = 100
"""So many hours are enough for all that is tried again."""
HOUR = timedelta(hours=1)


class _Cause(Struct):
    source: tuple[str, str, str] | None = None
    version: int | None = None
    ordinal: int = 0


class _Event(Struct):
    name: str
    cause: _Cause | None = None


class _Said(Struct):
    """What a record says that is never sealed."""

    entry: str
    event: _Event
    before: str
    to: str | None = None


_SAID = msgspec.json.Decoder(_Said)


@attrs.define(eq=False)
class Laws:
    """
    The laws of one stage.

    Attributes:
        stage: The stage.
    """

    stage: Stage
    _chains: dict[EntityRef, Chain] = attrs.field(factory=dict, init=False)
    _owners: dict[tuple[str, str], EntityRef] = attrs.field(factory=dict, init=False)
    _owned: dict[EntityRef, list[tuple[str, str]]] = attrs.field(factory=dict, init=False)
    _read: dict[EntityRef, int] = attrs.field(factory=dict, init=False)
    _causes: set[tuple[object, ...]] = attrs.field(factory=set, init=False)

    def hold(self) -> None:
        """
        Assert every law of the entities that were touched since it was asked last.

        Journals are folded on from where they were folded to before; see `end`.
        """
        stage = self.stage
        stage.look()
        timers: dict[EntityRef, set[tuple[object, ...]]] = defaultdict(set)
        tenant = stage.engine.registry.tenant
        for one in stage.witness.store.due(tenant, FUTURE, limit=MANY):
            timers[one.ref].add((one.name, one.due_at, one.generation))
        snapshots = []
        for place, ref in enumerate(stage.touched):
            if place % ONE_OF == 0:
                self._is_decided(ref)
            snapshot = self._is_whole(ref)
            self._waits(snapshot, timers[ref])
            self._reads_on(ref)
            snapshots.append(snapshot)
        self._are_claimed(snapshots)
        self._are_there(stage.touched)
        stage.touched.clear()
        stage.counts["checks"] += len(snapshots)

    def end(self) -> None:
        """Assert at the end that all journals are there from their beginning, and are chains."""
        registry, store = self.stage.engine.registry, self.stage.witness.port()
        for row in self.stage.witness.rows.values():
            found = audited(registry, store, row, fold=False).findings
            assert not found, "; ".join(map(str, found))
        self._are_there(self.stage.witness.rows)

    def _is_whole(self, ref: EntityRef) -> Snapshot[object]:
        """Return what the journal folds to: it is what is stored, and its hashes are a chain."""
        row, store = self.stage.witness.rows[ref], self.stage.witness.port()
        mark, chain = store.pruned(ref), self._chains.get(ref)
        if chain is None or chain.mark != mark:
            registry = self.stage.engine.registry
            chain = self._chains[ref] = Chain(registry, store, ref, fold=True, mark=mark)
            if mark is not None:
                chain.start(mark)
        for record in journal(store, ref, row.version, chain.version):
            chain.take(record)
        chain.end(row)
        assert not chain.findings, "; ".join(map(str, chain.findings))
        assert chain.folded is not None
        return chain.folded

    def _is_decided(self, ref: EntityRef) -> None:
        """What was decided is decided the same again: it hangs on nothing that is not recorded."""
        for again in self.stage.engine.redecide(ref):
            version, told = again.record.version, ", ".join(again.differs)
            assert not again.differs, f"{ref} v{version} is decided otherwise now: {told}"

    def _waits(self, snapshot: Snapshot[object], stored: set[tuple[object, ...]]) -> None:
        """Timers in the store are those of the snapshot, and nothing waits in a final state."""
        known = {(one.name, micros(one.due_at), one.generation) for one in snapshot.timers}
        assert stored == known, f"{snapshot.ref} has timers {known}, stored are {stored}"
        if snapshot.state in self.stage.engine.registry.machine(snapshot.ref.machine).final:
            # What became of a message that was refused after its end is told to somebody.
            tasks = [one for one in snapshot.tasks if one.name != MAY_REACT]
            left = (*snapshot.timers, *tasks, *snapshot.holds)
            assert not left, f"{snapshot.ref} has ended in {snapshot.state}, and there waits {left}"

    def _reads_on(self, ref: EntityRef) -> None:
        """No event leaves a final state, and no message is taken twice."""
        final = self.stage.engine.registry.machine(ref.machine).final
        row, store = self.stage.witness.rows[ref], self.stage.witness.port()
        for record in journal(store, ref, row.version, self._read.get(ref, 0)):
            said = _SAID.decode(record.body)
            if said.entry != Entry.ADOPTION and said.before in final:
                assert said.to in {None, said.before}, f"{said.event.name} left the end of {ref}"
            cause = said.event.cause
            if cause is not None and cause.source is not None:
                place = (ref, said.event.name, cause.source, cause.version, cause.ordinal)
                assert place not in self._causes, f"{ref} took a message twice: {place}"
                self._causes.add(place)
        self._read[ref] = row.version

    def _are_claimed(self, snapshots: Iterable[Snapshot[object]]) -> None:
        """A claim is listed by one entity."""
        found = list(snapshots)
        for one in found:
            for claim in self._owned.pop(one.ref, []):
                self._owners.pop(claim, None)
        for one in found:
            claims = [(claim.scope, claim.value) for claim in one.attached.claims]
            self._owned[one.ref] = claims
            for claim in claims:
                owner = self._owners.setdefault(claim, one.ref)
                assert owner == one.ref, f"{claim} is listed by {owner} and {one.ref}"

    def _are_there(self, touched: Iterable[EntityRef]) -> None:
        """What was acknowledged is in the journal once, unless it was pruned since."""
        store, acknowledged = self.stage.witness.store, self.stage.acknowledged
        for ref in touched:
            mark = store.pruned(ref)
            kept = 0 if mark is None else mark.version
            records = [one for one in store.journal(ref, limit=MANY) if one.key is not None]
            keys = {one.key: one.version for one in records}
            assert len(keys) == len(records), f"a key of {ref} is there twice"
            told = acknowledged.get(ref, {})
            lost = {k: v for k, v in told.items() if v > kept and keys.get(k) != v}
            assert not lost, f"acknowledged to {ref} and lost: {lost}"

    # ---- The end -------------------------------------------------------------------------------

    def drain(self) -> None:
        """Let everything that waits be done, without faults; assert that nothing is stuck."""
        stage = self.stage
        stage.outside.chance = None
        stage.restart()
        for ref in [*stage.paused]:
            adopters = stage.engine.registry.machine(ref.machine).machine.adopters
            Stand(ref, "unpause", Actor(f"{ADMINISTRATOR}-1", adopters)).take(stage, stage.engine)
        for _ in range(ROUNDS):
            stage.clock.advance(HOUR)
            while stage.worker.round():
                pass
            if not self._stuck():
                break
        stuck = self._stuck()
        assert not stuck, f"stuck though nothing keeps them back: {stuck[:5]}"
        self._arrived()

    def _stuck(self) -> list[str]:
        stage, tenant = self.stage, self.stage.engine.registry.tenant
        due = stage.witness.store.due(tenant, micros(stage.clock.now()), limit=MANY)
        found = [f"timer {one.name} of {one.ref}" for one in due if one.ref not in stage.paused]
        return [*found, *(f"message {one.name} to {one.target}" for one in self._free())]

    def _free(self) -> list[MessageRow]:
        """Return the messages that wait with no parked one of their pair before them."""
        registry, blocked, found = self.stage.engine.registry, set(), []
        for row in self._outbox():
            pair = (row.source, row.target)
            if row.status is MessageStatus.PARKED:
                blocked.add(pair)
            known = row.target.machine in {**registry.machines, **registry.handlers}
            still = not {row.source, row.target}.isdisjoint(self.stage.paused)
            if known and pair not in blocked and not still:
                found.append(row)
        return found

    def _outbox(self) -> list[MessageRow]:
        store, tenant = self.stage.witness.store, self.stage.engine.registry.tenant
        return list(store.outbox(tenant, limit=MANY))

    def _arrived(self) -> None:
        """Every message that was sent was taken, or is in the outbox, or nobody was there."""
        stage, left = self.stage, {row.place for row in self._outbox()} | self.stage.dropped
        taken: dict[EntityRef, dict[EntityRef, tuple[int, int]]] = {}
        for row in every(stage.witness.port(), Find(stage.engine.registry.tenant)):
            received = stage.engine.get(row.ref).attached.received
            taken[row.ref] = {one.source: (one.version, one.ordinal) for one in received}
        for place, target in stage.witness.sent.items():
            if place not in left:
                self._went(place, target, taken)

    def _went(
        self,
        place: Place,
        target: EntityRef,
        taken: dict[EntityRef, dict[EntityRef, tuple[int, int]]],
    ) -> None:
        source, version, ordinal = place
        if target.machine in self.stage.engine.registry.handlers:
            key = f"{source.tenant}/{source.machine}/{source.id}/{version}/{ordinal}"
            assert self.stage.outside.taken[key], f"{key} never came to {target.machine}"
        elif target in taken and not self._has_ended(target):
            last = taken[target].get(source, (0, 0))
            assert (version, ordinal) <= last, f"{place} never came to {target}"

    def _has_ended(self, target: EntityRef) -> bool:
        final = self.stage.engine.registry.machine(target.machine).final
        return self.stage.witness.rows[target].state in final
