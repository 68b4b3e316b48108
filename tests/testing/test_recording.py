"""Recording journals, and what is said of a file that cannot be relied on."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import attrs
import pytest

from crmflow.clock import ManualClock
from crmflow.codec import chained
from crmflow.core.actor import Actor
from crmflow.core.claim import Claim
from crmflow.core.machine import Asked, Machine
from crmflow.core.ref import EntityRef
from crmflow.core.refusal import Because
from crmflow.engine.engine import Engine
from crmflow.flow.commits import NO_HASH
from crmflow.hookspecs import hookimpl
from crmflow.storage.memory import MemoryStore
from crmflow.storage.rows import JournalRow, Pruned
from crmflow.testing import RecordingError, record, recorded, replay_recorded
from crmflow.testing.bench import Bench, shipped
from crmflow.testing.fixtures import MONDAY
from crmflow.testing.walking.life import FUTURE, MANY
from tests.policies.approvals.desk import PURCHASE

EXPECTED = {"customer": "C-1", "contract": "K-1", "amount": "5 CNY", "signed_at": MONDAY}
SALES = Actor("sales-1", {"sales_service"})
COMPLAINT = {"customer": "C-1", "channel": "phone"}
SERVICE = Actor("service-1", {"customer_service"})


def engine(name: str = "payment", store: MemoryStore | None = None) -> Engine:
    """Return an engine over a store, an empty one where none is given."""
    return shipped(name).engine(store or MemoryStore(), ManualClock(MONDAY))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return recorded journals of two payments."""
    made, found = engine(), tmp_path / "payment.jsonl"
    for number in ("P-1", "P-2"):
        ref = made.create("payment", EXPECTED, actor=SALES, id=number, key=number).require().entity
    made.fire(ref, "invoice", {"invoice": "I-1"}, actor=SALES, key="once").require()
    assert record(made, "payment", found) == 2
    return found


def test_what_was_recorded_goes_on(file: Path) -> None:
    """The same bytes in another store: the entity does what it did, once per key."""
    made = engine()
    refs = replay_recorded(file, made)
    assert [ref.id for ref in refs] == ["P-1", "P-2"]
    assert [one.event.name for one in made.journal(refs[1])] == ["expect", "invoice"]
    made.fire(refs[0], "invoice", {"invoice": "I-2"}, actor=SALES).require()
    again = made.fire(refs[1], "invoice", {"invoice": "I-1"}, actor=SALES, key="once")
    assert again.repeated


def test_what_waits_goes_on_waiting(tmp_path: Path) -> None:
    """Timers, tasks and claims are in the store as they were, and what is due is done alike."""
    file, clocks = tmp_path / "complaint.jsonl", (ManualClock(MONDAY), ManualClock(MONDAY))
    before, after = (shipped("complaint").engine(MemoryStore(), clock) for clock in clocks)
    ref = before.create("complaint", COMPLAINT, actor=SERVICE).require().entity
    record(before, "complaint", file)
    replay_recorded(file, after)
    for span in (timedelta(), timedelta(hours=5)):
        for clock, made in zip(clocks, (before, after), strict=True):
            clock.advance(span)
            made.run_due()
        assert kept(after) == kept(before)
        assert after.get(ref) == before.get(ref)
    assert after.get(ref).facts.response_missed_at
    assert after.tasks()


def kept(made: Engine) -> tuple[object, ...]:
    """Return what a store knows of entities beside their bytes."""
    store, tenant = made.store, made.registry.tenant
    return store.due(tenant, FUTURE, limit=MANY), store.tasks(tenant, limit=MANY)


def test_what_is_found_is_found_again(tmp_path: Path) -> None:
    """By what it is searched by."""
    before, after, file = engine("lead"), engine("lead"), tmp_path / "lead.jsonl"
    known = {"name": "Acme", "source": "exhibition"}
    ref = before.create("lead", known, actor=Actor("ann", {"salesperson"})).require().entity
    record(before, "lead", file)
    assert not list(after.find("lead", owner="ann"))
    replay_recorded(file, after)
    assert [row.ref for row in after.find("lead", owner="ann")] == [ref]


class Buying:
    """Purchases of which no two have the same remark."""

    @hookimpl
    def machines(self) -> Sequence[Machine]:
        """Bring the machine."""

        def remark(attempt: Asked) -> tuple[Claim, ...]:
            return (Claim("remark", attempt.form.remark),)

        rows = [
            attrs.evolve(row, claims=remark) if row.event == "change" else row
            for row in PURCHASE.rows
        ]
        return [attrs.evolve(PURCHASE, rows=tuple(rows))]


def test_what_is_claimed_stays_claimed(tmp_path: Path) -> None:
    """Another entity cannot take it."""
    bench, file = Bench(["purchase"], "demo", plugins=[Buying()]), tmp_path / "purchase.jsonl"
    before, after = (bench.engine(MemoryStore(), ManualClock(MONDAY)) for _ in range(2))
    ann, change = Actor("ann"), {"remark": "mine"}
    first = before.create("purchase", {}, actor=ann, id="P-1").require().entity
    before.fire(first, "change", change, actor=ann).require()
    record(before, "purchase", file)
    replay_recorded(file, after)
    other = after.create("purchase", {}, actor=ann, id="P-2").require().entity
    refusal = after.fire(other, "change", change, actor=ann).refusal
    assert refusal is not None
    assert refusal.because is Because.CLAIM


def test_a_file_tells_what_the_machine_was(file: Path) -> None:
    """Release, edition, states, rows and facts."""
    head = recorded(file)
    assert (head.machine, head.edition) == ("payment", "payment 1")
    assert head.states[0] == "expected"
    assert "amount" in head.facts
    assert "expected --invoice-> =" not in head.rows


def test_a_recorded_journal_is_not_recorded_over(file: Path) -> None:
    """What was recorded stays."""
    with pytest.raises(FileExistsError):
        record(engine(), "payment", file)


def mended(body: bytes) -> bytes:
    """Return a file in which somebody mended a record."""
    return body.replace(b"I-1", b"I-9")


def newer(body: bytes) -> bytes:
    """Return a file of another shape, with a root that is no longer right."""
    return body.replace(b'"journals":1', b'"journals":9')


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (mended, "it was changed after it was recorded"),
        (newer, "it is of shape 9; this release reads shape 1\n  - it was changed"),
        (lambda body: body[:-80], "no file of recorded journals, or not whole"),
        (lambda body: body[:0], "no file of recorded journals"),
        (lambda body: body[:9], "no file of recorded journals"),
    ],
)
def test_a_file_that_was_changed_is_told(
    file: Path, change: Callable[[bytes], bytes], told: str
) -> None:
    """Nobody mends a journal in place of the code that no longer reads it."""
    file.write_bytes(change(file.read_bytes()))
    with pytest.raises(RecordingError, match=told):
        replay_recorded(file, engine())


def whole(body: bytes) -> bytes:
    """Return a file with the root that it should have."""
    *lines, _ = body.splitlines()
    root = functools.reduce(chained, lines, NO_HASH)
    return b"\n".join((*lines, b'{"root":"%s"}' % root.hex().encode()))


def test_what_does_not_fold_is_told(file: Path) -> None:
    """Whoever mends a record and the root too is found by its own hash."""
    file.write_bytes(whole(mended(file.read_bytes())))
    with pytest.raises(RecordingError, match="the hash is not that of the record"):
        replay_recorded(file, engine())


def test_a_snapshot_that_cannot_be_read_is_told(file: Path) -> None:
    """With whatever else is found."""
    unread = file.read_bytes().replace(b"5 CNY", b"5")
    file.write_bytes(whole(unread))
    with pytest.raises(RecordingError, match="payment"):
        replay_recorded(file, engine())


def test_the_store_must_be_empty(file: Path) -> None:
    """Nothing is recorded over what is there."""
    made = engine()
    made.create("payment", EXPECTED, actor=SALES, id="P-1").require()
    with pytest.raises(RecordingError, match=r"P-1 is in the store already"):
        replay_recorded(file, made)


def test_the_machine_must_be_on(file: Path) -> None:
    """With what there is."""
    with pytest.raises(RecordingError, match="the engine has no machine 'payment'"):
        replay_recorded(file, engine("lead"))


class Sealed(MemoryStore):
    """A store in which everything is encrypted."""

    def secret(self, ref: EntityRef) -> bytes | None:
        """Return a key."""
        return b"k"


def test_encrypted_values_are_not_recorded(tmp_path: Path) -> None:
    """Without their key nothing folds, and a key is no part of a test."""
    made = engine(store=Sealed())
    made.create("payment", EXPECTED, actor=SALES, id="P-1").require()
    with pytest.raises(RecordingError, match="P-1 has encrypted values"):
        record(made, "payment", tmp_path / "payment.jsonl")


def test_pruned_journals_are_not_recorded(tmp_path: Path) -> None:
    """What is left of them folds to nothing; every such entity is named at once."""
    made, file = engine(), tmp_path / "payment.jsonl"
    for number in ("P-1", "P-2", "P-3"):
        ref = made.create("payment", EXPECTED, actor=SALES, id=number).require().entity
        if number != "P-3":
            (row,), first = made.store.load([ref]), made.store.journal(ref)[0]
            assert row is not None
            mark = Pruned(first.version, first.at, first.hash, row.snapshot)
            assert made.store.prune(ref, mark, {})
    with pytest.raises(RecordingError) as told:
        record(made, "payment", file)
    assert told.value.faults == tuple(
        f"the journal of payment {number} was pruned and begins in the middle: record others"
        for number in ("P-1", "P-2")
    )
    assert not file.exists()


class Slow(MemoryStore):
    """A store that gives one record at a time."""

    def journal(
        self, ref: EntityRef, *, after: int = 0, until: int | None = None, limit: int = 1000
    ) -> Sequence[JournalRow]:
        """Return the next one."""
        return super().journal(ref, after=after, until=until, limit=min(limit, 1))


def test_a_long_journal_is_recorded_to_its_end(tmp_path: Path) -> None:
    """However many records a store gives at a time."""
    made, file = engine(store=Slow()), tmp_path / "payment.jsonl"
    ref = made.create("payment", EXPECTED, actor=SALES, id="P-1").require().entity
    made.fire(ref, "invoice", {"invoice": "I-1"}, actor=SALES).require()
    record(made, "payment", file)
    after = engine()
    assert replay_recorded(file, after) == [ref]
    assert list(after.journal(ref)) == list(made.journal(ref))
