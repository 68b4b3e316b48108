"""Pruning: what is needed stays, marks are signed and told, and audits go on from them."""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import attrs
import pytest
from msgspec.structs import replace

from crmflow.clock import ManualClock
from crmflow.codec import Codec
from crmflow.config import Overlay
from crmflow.core.actor import SYSTEM
from crmflow.core.entity import Snapshot
from crmflow.core.erasure import ERASE, ERASED
from crmflow.core.errors import JournalPrunedError, SealedError, UnavailableError
from crmflow.core.hold import Hold
from crmflow.core.machine import Machine
from crmflow.core.ref import EntityRef
from crmflow.engine import pruning, turns
from crmflow.engine.engine import Engine
from crmflow.engine.findings import Flaw
from crmflow.engine.pruning import Prune, Pruner, Prunes
from crmflow.engine.turns import Turns
from crmflow.flow.commits import snapshot_of
from crmflow.policies.retention import PRUNE
from crmflow.storage.backup import back_up
from crmflow.storage.memory import MemoryStore
from crmflow.storage.opening import open_store
from crmflow.storage.port import Store
from crmflow.storage.rows import EntityRow, Pruned
from crmflow.testing import CrashingStore
from tests.engine.machines import ADMIN, AT, SALES
from tests.engine.test_sealing import CHIEF, MILL, MOBILE, ROW, add, get
from tests.policies.test_retention import DAY

REF = EntityRef("main", "mill", "M-1")
YEARS = 800 * DAY


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a key of each kind."""
    for name, byte in (("K1", 1), ("AUDIT", 2)):
        monkeypatch.setenv(name, base64.b64encode(bytes([byte]) * 32).decode())


@pytest.fixture
def clock() -> ManualClock:
    """Return a clock that stands still."""
    return ManualClock(AT)


def mills(
    store: Store,
    clock: ManualClock,
    row: Mapping[str, object] | None = None,
    encryption: Mapping[str, object] | None = None,
    settings: Mapping[str, object] | None = None,
    machine: Machine = MILL,
) -> Engine:
    """Return an engine of encrypted mills whose journals are kept for two years."""
    keeping = {"name": "mills", "machine": "mill", "erasers": ["archivist"], "journal": "24mo"}
    places = {"k1": "env:K1", "index": "env:K1", "audit": "env:AUDIT"}
    own = Overlay(
        {"company.zone": "UTC", "storage.keys": places, **(settings or {})},
        {"encryption": [{**ROW, **(encryption or {})}], "retention": [{**keeping, **(row or {})}]},
    )
    return Engine(store, machines=[machine], config=own, clock=clock)


def grown(engine: Engine, clock: ManualClock, *ids: str) -> None:
    """Let mills have a journal of four records: three old ones, one of today."""
    for id_ in ids:
        add(engine, id_, mobile=f"{MOBILE}-{id_}").require()
        for number in range(2):
            said = {"mobile": f"{MOBILE}{number}{id_}"}
            engine.fire(("mill", id_), "change", said, actor=SALES, key=str(number)).require()
        # Whoever hands its message over reads its first record.
        for message in engine.outbox():
            engine.store.settle(message)
    clock.advance(YEARS)
    for id_ in ids:
        engine.fire(("mill", id_), "change", {"tier": "strategic"}, actor=SALES).require()


def versions(engine: Engine, ref: EntityRef = REF) -> list[int]:
    """Return the versions that a journal has."""
    return [row.version for row in engine.store.journal(ref)]


def flaws(engine: Engine, **how: object) -> set[Flaw]:
    """Return what an audit finds."""
    return {one.flaw for found in engine.audit(**how) for one in found.findings}  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_old_records_go_and_a_mark_stands_in_their_place(
    kind: str, clock: ManualClock, tmp_path: Path
) -> None:
    """
    It is journaled; what there is now and was since is as before, sealed values among it.

    Rules: STO-003 STO-005
    """
    url = "memory:" if kind == "memory" else f"sqlite:///{tmp_path / 'crm.db'}"
    with closing(open_store(url)) as store:
        engine = mills(store, clock)
        grown(engine, clock, "M-1", "M-2")
        seen: list[Prune] = []
        assert engine.prune(seen.append, dry_run=True) == Prunes(2, 2, 6)
        assert versions(engine) == [1, 2, 3, 4]
        assert engine.prune() == Prunes(2, 2, 6)
        assert [(one.ref.id, one.version, one.row) for one in seen] == [
            ("M-1", 3, "mills"),
            ("M-2", 3, "mills"),
        ]
        assert versions(engine) == [4, 5]
        *_, last = engine.journal(REF)
        assert (last.event.name, last.event.actor, last.event.form.version) == (PRUNE, SYSTEM, 3)
        assert get(engine).mobile == f"{MOBILE}1M-1"
        assert engine.get(REF, at=clock.now()).facts.tier == "strategic"
        assert engine.get(REF, at=clock.now() - DAY).facts.mobile == f"{MOBILE}1M-1"
        with pytest.raises(JournalPrunedError, match="before version 3 is pruned"):
            engine.get(REF, at=AT - DAY)
        with pytest.raises(JournalPrunedError):
            engine._flow.history.record(REF, 2).send(None)
        assert [one.differs for one in engine.redecide(REF)] == [(), ()]
        assert flaws(engine) == flaws(engine, fold=False) == set()
        assert engine.prune() == Prunes(seen=2)
        engine.fire(REF, "change", {"mobile": "7"}, actor=SALES, key="0").require()
        assert flaws(engine) == set()


def test_what_is_needed_stays(clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """What sent a message that is not delivered, and what is held; imported records are young."""
    engine = mills(MemoryStore(), clock)
    add(engine).require()
    clock.advance(YEARS)
    assert engine.prune() == Prunes(seen=1)
    for message in engine.outbox():
        engine.store.settle(message)
    held = Hold("end", "approvals", "approval", "anna", AT)

    def holding(codec: Codec, row: EntityRow) -> Snapshot[object]:
        found: Snapshot[object] = snapshot_of(codec, row)
        return replace(found, attached=replace(found.attached, holds=(held,)))

    monkeypatch.setattr(pruning, "snapshot_of", holding)
    assert engine.prune() == Prunes(seen=1)
    monkeypatch.undo()
    assert engine.prune() == Prunes(1, 1, 1)


def test_an_imported_record_counts_from_its_import(clock: ManualClock) -> None:
    """However long ago it was elsewhere."""
    engine = mills(MemoryStore(), clock)
    clock.advance(YEARS)
    engine.create("mill", {"name": "Old"}, actor=SALES, id="M-1", at=AT).require()
    engine.store.settle(engine.outbox()[0])
    assert engine.prune() == Prunes(seen=1)


def test_nothing_goes_unless_a_row_says_so(clock: ManualClock) -> None:
    """Of this state, this day, this machine; by then too, the longest of rows holds (STO-005)."""
    store = MemoryStore()
    grown(mills(store, clock), clock, "M-1")
    rows: list[dict[str, object]] = [
        {"states": ["gone"]}, {"until_on": "2026-01-01"}, {"journal": "40mo"}, {"enabled": False},
    ]  # fmt: skip
    assert [mills(store, clock, row).prune().pruned for row in rows] == [0, 0, 0, 0]
    assert mills(store, clock, {"journal": "12mo"}).prune().pruned == 1


def test_only_the_engine_prunes(clock: ManualClock) -> None:
    """The event is journaled for nobody else, whatever their role."""
    engine = mills(MemoryStore(), clock)
    add(engine).require()
    form = {"version": 1, "hash": "00", "row": "mills", "at": clock.now().isoformat()}
    refused = engine.fire(REF, PRUNE, form, actor=ADMIN)
    assert refused.verdicts[0].reason == "pruned_by_the_engine"


def test_erased_values_stay_erased(clock: ManualClock) -> None:
    """In the mark too."""
    store = MemoryStore()
    grown(mills(store, clock), clock, "M-1")
    engine = mills(store, clock)
    later = clock.now() + YEARS
    clock.set(later)
    engine.fire(REF, ERASE, {"reason": "asked for"}, actor=CHIEF).require()
    assert engine.prune().pruned == 1
    assert engine.get(REF, at=later - DAY).facts.mobile is ERASED
    assert flaws(engine) == set()


def test_a_mark_is_sealed_where_the_entity_is_by_now(clock: ManualClock) -> None:
    """A row that came later encrypts what is decided from then on, this among it."""
    store = MemoryStore()
    grown(mills(store, clock, None, {"from_on": "2030-01-01"}), clock, "M-1")
    assert store.secret(REF) is None
    engine = mills(store, clock)
    assert engine.prune().pruned == 1
    mark = store.pruned(REF)
    assert mark is not None
    assert MOBILE.encode() not in mark.snapshot
    assert flaws(engine) == set()


def test_a_mark_is_signed_where_there_is_an_audit_key(clock: ManualClock) -> None:
    """A mark that was changed or put there is found, and so is one that was not signed."""
    store = MemoryStore()
    signing = mills(store, clock, settings={"storage.audit_key": "audit"})
    grown(signing, clock, "M-1")
    signing.prune()
    mark = store.pruned(REF)
    assert mark is not None
    assert mark.signature.startswith(b"audit:")
    assert flaws(signing) == set()
    marks = store._of("main").pruned
    for changed in (
        attrs.evolve(mark, signature=b""),
        attrs.evolve(mark, at=mark.at + 1),
        attrs.evolve(mark, snapshot=mark.snapshot.replace(b"Harbour", b"Station")),
    ):
        marks["mill", "M-1"] = changed
        assert Flaw.UNSIGNED in flaws(signing, fold=False)
    assert flaws(mills(store, clock), fold=False) == set()


def test_what_a_mark_says_is_found_in_the_journal(clock: ManualClock) -> None:
    """Another hash, records before it, and a snapshot that cannot be read or is another."""
    store = MemoryStore()
    engine = mills(store, clock)
    grown(engine, clock, "M-1")
    rows = store.journal(REF)
    engine.prune()
    of = ("mill", "M-1")
    tenant = store._of("main")
    mark = tenant.pruned[of]
    tenant.pruned[of] = attrs.evolve(mark, hash=bytes(32))
    assert flaws(engine, fold=False) == {Flaw.HASH, Flaw.UNTOLD}
    tenant.pruned[of] = attrs.evolve(mark, snapshot=b"nothing")
    assert flaws(engine) == {Flaw.UNREADABLE}
    tenant.pruned[of] = attrs.evolve(mark, snapshot=mark.snapshot.replace(b"Harbour", b"Station"))
    assert flaws(engine) == {Flaw.SNAPSHOT}
    tenant.pruned[of] = mark
    tenant.journal[of].insert(0, rows[2])
    assert flaws(engine) == {Flaw.LEFT}
    del tenant.journal[of][0]
    del tenant.pruned[of]
    assert {Flaw.MISSING, Flaw.HASH} <= flaws(engine, fold=False)


@pytest.mark.parametrize("key", ["", "audit"])
def test_anchors_from_before_a_pruning(clock: ManualClock, tmp_path: Path, key: str) -> None:
    """The mark vouches for what is gone where an audit key signed it; alone, it proves nothing."""
    store = MemoryStore()
    signing = mills(store, clock, settings={"storage.audit_key": key} if key else None)
    add(signing).require()
    signing.anchor(tmp_path / "first.anchor")
    store.settle(signing.outbox()[0])
    signing.fire(REF, "change", {"mobile": "5"}, actor=SALES).require()
    signing.anchor(tmp_path / "second.anchor")
    clock.advance(YEARS)
    signing.prune()
    assert flaws(signing, anchor=tmp_path / "second.anchor") == set()
    wanted = set() if key else {Flaw.UNVOUCHED}
    assert flaws(signing, anchor=tmp_path / "first.anchor") == wanted
    of = ("mill", "M-1")
    mark = store._of("main").pruned[of]
    store._of("main").pruned[of] = attrs.evolve(mark, hash=bytes(32))
    assert Flaw.OTHER in flaws(signing, anchor=tmp_path / "second.anchor")


def test_an_audit_looks_again_where_it_is_pruned_meanwhile(clock: ManualClock) -> None:
    """What it read was neither the one nor the other."""

    class Pruning(MemoryStore):
        asked = 0

        def pruned(self, ref: EntityRef) -> Pruned | None:
            found = super().pruned(ref)
            self.asked += 1
            if self.asked == 1:
                engine.prune()
            return found

    store = Pruning()
    engine = mills(store, clock)
    grown(engine, clock, "M-1")
    store.asked = 0
    assert flaws(engine, about=REF) == set()
    assert store.asked > 1


def test_long_journals_go_in_parts(clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """A transaction is never long; the next run does what is left."""
    monkeypatch.setattr(pruning, "MOST", 2)
    engine = mills(MemoryStore(), clock)
    grown(engine, clock, "M-1")
    assert [engine.prune().records for _ in range(3)] == [2, 1, 0]
    assert versions(engine) == [4, 5, 6]
    assert flaws(engine) == set()


def test_a_turn_is_a_page_and_a_day_has_one_round(
    clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever runs what is due goes on where the last one ended, and a day's round ends."""
    monkeypatch.setattr(turns, "PAGE", 2)
    store = MemoryStore()
    grown(mills(store, clock), clock, "M-1", "M-2", "M-3", "M-4")
    assert [mills(store, clock).run_due().pruned for _ in range(4)] == [2, 2, 0, 0]
    assert [note for _, note in store.enrolled("main") if note.startswith(turns.NOTE)] == [
        f"{turns.NOTE}{clock.now().date()} done"
    ]
    clock.advance(YEARS)
    assert [mills(store, clock).run_due().pruned for _ in range(4)] == [2, 2, 0, 0]
    assert Pruner(Engine("memory:", machines=[MILL])._flow).turn(clock.now()) == Prunes()


def test_a_turn_that_two_had_is_noted_once(clock: ManualClock) -> None:
    """What the slower one notes takes the place of what the quicker one noted."""
    store = MemoryStore()
    grown(mills(store, clock), clock, "M-1", "M-2")
    both, day = Turns(store, "main"), clock.now().date()
    place = both.next(["mill"], day)
    assert place is not None
    rows = store.find(attrs.evolve(place, limit=1))
    for limit in (1, 1, 2):
        both.had(attrs.evolve(place, limit=limit), rows[:1], day)
        assert len([note for _, note in store.enrolled("main") if note.startswith(turns.NOTE)]) == 1
    assert both.next(["mill"], day) is None


def test_a_store_that_does_not_answer_is_asked_again(clock: ManualClock) -> None:
    """At the next turn, for the same page."""
    fault = UnavailableError("memory:", "it fell")
    store = CrashingStore(MemoryStore(), fault, at=0, calls=("find",))
    engine = mills(store, clock)
    grown(engine, clock, "M-1")
    store.count = -1
    pruner = Pruner(engine._flow)
    assert [type(one) for one in pruner.turn(clock.now()).errors] == [UnavailableError]
    assert pruner.turn(clock.now()).pruned == 1


def test_whoever_comes_first_prunes(clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """An entity that changes meanwhile is left for the next run."""
    engine = mills(MemoryStore(), clock)
    grown(engine, clock, "M-1")

    def changing(codec: Codec, row: EntityRow) -> Snapshot[object]:
        engine.fire(REF, "change", {"tier": "standard"}, actor=SALES).require()
        return snapshot_of(codec, row)

    monkeypatch.setattr(pruning, "snapshot_of", changing)
    assert engine.prune() == Prunes(seen=1)
    monkeypatch.undo()
    assert engine.prune() == Prunes(1, 1, 3)


def test_a_paused_entity_is_left_alone(clock: ManualClock) -> None:
    """Its event is refused; once it goes on, it has its turn."""
    engine = mills(MemoryStore(), clock)
    grown(engine, clock, "M-1")
    engine.pause(REF, "a strike", actor=ADMIN).require()
    assert engine.prune() == Prunes(seen=1)
    assert versions(engine)[0] == 1


def test_what_another_definition_says_is_left(clock: ManualClock) -> None:
    """Its records are folded by it, so no mark of today's is put in their place."""
    store = MemoryStore()
    grown(mills(store, clock), clock, "M-1")
    newer = attrs.evolve(MILL, version=2, migrations={1: lambda facts: facts})
    engine = mills(store, clock, machine=newer)
    assert engine.prune() == Prunes(seen=1)
    engine.fire(REF, "change", {"tier": "regular"}, actor=SALES).require()
    clock.advance(YEARS)
    assert engine.prune().pruned == 1
    assert flaws(engine) == set()


def test_failures_are_told_and_the_rest_goes_on(clock: ManualClock) -> None:
    """An entity whose key is lost."""
    store = MemoryStore()
    engine = mills(store, clock)
    grown(engine, clock, "M-1", "M-2")
    secrets = store._of("main").secrets
    secrets["mill", "M-1"] = b"k0" + secrets["mill", "M-1"][2:]
    done = engine.prune()
    assert [type(one) for one in done.errors] == [SealedError]
    assert (done.seen, done.pruned) == (2, 1)


def test_a_backup_of_a_pruned_store_is_whole(clock: ManualClock, tmp_path: Path) -> None:
    """Its chains go on from their marks."""
    with closing(open_store(f"sqlite:///{tmp_path / 'crm.db'}")) as store:
        engine = mills(store, clock)
        grown(engine, clock, "M-1")
        engine.prune()
        assert back_up(store, tmp_path / "copy.db").records == 2
    with closing(sqlite3.connect(tmp_path / "copy.db")) as db:
        assert db.execute("SELECT version FROM crmflow_pruned").fetchall() == [(3,)]
