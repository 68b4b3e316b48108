"""Recording journals, and what is said of a file that cannot be relied on."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import pytest

from crmflow.clock import ManualClock
from crmflow.codec import chained
from crmflow.core.actor import Actor
from crmflow.core.ref import EntityRef
from crmflow.engine.engine import Engine
from crmflow.flow.commits import NO_HASH
from crmflow.storage.memory import MemoryStore
from crmflow.testing import RecordingError, record, recorded, replay_recorded
from crmflow.testing.bench import shipped
from crmflow.testing.fixtures import MONDAY

EXPECTED = {"customer": "C-1", "contract": "K-1", "amount": "5 CNY", "signed_at": MONDAY}
SALES = Actor("sales-1", {"sales_service"})


def engine(name: str = "payment", store: MemoryStore | None = None) -> Engine:
    """Return an engine over a store, an empty one where none is given."""
    return shipped(name).engine(store or MemoryStore(), ManualClock(MONDAY))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return recorded journals of two payments."""
    made, found = engine(), tmp_path / "payment.jsonl"
    for number in ("P-1", "P-2"):
        ref = made.create("payment", EXPECTED, actor=SALES, id=number, key=number).require().entity
    made.fire(ref, "invoice", {"invoice": "I-1"}, actor=SALES).require()
    assert record(made, "payment", found) == 2
    return found


def test_what_was_recorded_goes_on(file: Path) -> None:
    """The same bytes in another store; keys aside, the entity does what it did."""
    made = engine()
    refs = replay_recorded(file, made)
    assert [ref.id for ref in refs] == ["P-1", "P-2"]
    assert [one.event.name for one in made.journal(refs[1])] == ["expect", "invoice"]
    made.fire(refs[0], "invoice", {"invoice": "I-2"}, actor=SALES).require()


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


def test_what_does_not_fold_is_told(file: Path) -> None:
    """Whoever mends a record and the root too is found by its own hash."""
    *lines, _ = mended(file.read_bytes()).splitlines()
    root = functools.reduce(chained, lines, NO_HASH)
    file.write_bytes(b"\n".join((*lines, b'{"root":"%s"}' % root.hex().encode())))
    with pytest.raises(RecordingError, match="the hash is not that of the record"):
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
