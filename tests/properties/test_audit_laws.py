"""Laws of audits: what was changed behind the engine's back is found, and nothing else."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crmflow.codec import chained
from crmflow.codec.sealing import Vault
from crmflow.core.errors import AnchorError, UnavailableError
from crmflow.core.ref import EntityRef
from crmflow.engine.anchoring import read, write
from crmflow.engine.engine import Engine
from crmflow.engine.findings import Finding, Flaw
from crmflow.flow.commits import NO_HASH
from crmflow.storage.rows import EntityRow
from tests.engine.machines import AT, CALL, SALES, engine

LONG, SHORT, YOUNG = "C-1", "C-2", "C-3"
VERSIONS: Mapping[str, int] = {LONG: 66, SHORT: 3, YOUNG: 1}
"""How long each call's journal is when the anchor is made; the first has a checkpoint."""

Db = sqlite3.Connection
Change = Callable[[Db], str]
"""Changes a store, and returns the id of the entity that was changed."""


def step(calls: Engine, id_: str, count: int) -> None:
    """Answer a call and put it on hold, in turn."""
    for _ in range(count):
        state = calls.get(("call", id_)).state
        event = "answer" if state == "ringing" else "hold"
        calls.fire(("call", id_), event, actor=SALES).require()


def dial(calls: Engine, id_: str, number: str = "400") -> None:
    """Make a call."""
    calls.create("call", {"number": number}, actor=SALES, id=id_).require()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a store as it was, its anchor, the store moved on, and another."""
    folder = tmp_path_factory.mktemp("audit")
    with opened(folder / "was.db") as calls:
        for id_, version in VERSIONS.items():
            dial(calls, id_)
            step(calls, id_, version - 1)
        calls.anchor(folder / "kept.anchor")
    (folder / "now.db").write_bytes((folder / "was.db").read_bytes())
    with opened(folder / "now.db") as calls:
        step(calls, LONG, 2)
        step(calls, SHORT, 1)
        dial(calls, "C-4")
    with opened(folder / "other.db") as calls:
        for id_, version in VERSIONS.items():
            dial(calls, id_, "500")
            step(calls, id_, version + 5)
    return folder


@contextmanager
def opened(file: Path) -> Iterator[Engine]:
    """Give an engine over a store that is whole when it is closed."""
    with engine(f"sqlite:///{file}?synchronous=NORMAL", CALL) as calls:
        yield calls
    with closing(sqlite3.connect(file)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def changed(folder: Path, *changes: Change, of: str = "now.db") -> Iterator[tuple[Engine, str]]:
    """Give an engine over a copy of a store that was changed, and whose entity it was."""
    for end in ("", "-wal", "-shm"):
        (folder / f"copy.db{end}").unlink(missing_ok=True)
    copy, id_ = folder / "copy.db", ""
    copy.write_bytes((folder / of).read_bytes())
    with closing(sqlite3.connect(copy)) as db:
        for change in changes:
            id_ = change(db)
            assert db.total_changes
        db.commit()
    with engine(f"sqlite:///{copy}?synchronous=NORMAL", CALL) as calls:
        yield calls, id_


def findings(calls: Engine, **how: Any) -> list[Finding]:  # noqa: ANN401 - as `audit` takes it
    """Return all that an audit finds."""
    return [found for one in calls.audit(**how) for found in one.findings]


def of(calls: Engine, id_: str, **how: Any) -> set[Flaw]:  # noqa: ANN401 - as `audit` takes it
    """Return the flaws found, all of them those of one entity."""
    found = findings(calls, **how)
    assert {one.ref.id for one in found} <= {id_}
    return {one.flaw for one in found}


def at(id_: str, version: int) -> tuple[str, tuple[str, int]]:
    """Return the condition of one record, and what fills it."""
    return "WHERE id = ? AND version = ?", (id_, version)


records = st.sampled_from([(id_, n) for id_, last in VERSIONS.items() for n in range(1, last + 1)])
inner = st.sampled_from([(LONG, n) for n in (1, 2, 40, 63, 64, 66)] + [(SHORT, 1), (SHORT, 2)])
"""Records with others behind them."""


@given(record=records, place=st.integers(0, 10_000), bit=st.integers(0, 7))
@settings(max_examples=20)
def test_a_changed_record_is_found(
    folder: Path, record: tuple[str, int], place: int, bit: int
) -> None:
    """Whatever bit of it, with the machine or by hashes alone."""

    def flip(db: Db) -> str:
        where, named = at(*record)
        ((body,),) = db.execute(f"SELECT body FROM crmflow_journal {where}", named)  # noqa: S608
        changed = bytearray(body)
        changed[place % len(body)] ^= 1 << bit
        db.execute(f"UPDATE crmflow_journal SET body = ? {where}", (bytes(changed), *named))  # noqa: S608
        return record[0]

    with changed(folder, flip) as (calls, id_):
        assert Flaw.HASH in of(calls, id_)
        assert Flaw.HASH in of(calls, id_, fold=False)


@given(
    record=records,
    column=st.sampled_from(("at", "entry", "event", "key", "hash")),
)
@example(record=(LONG, 66), column="hash")
@settings(max_examples=20)
def test_changed_columns_are_found(folder: Path, record: tuple[str, int], column: str) -> None:
    """Beside a record's bytes stands what its bytes say."""

    def put(db: Db) -> str:
        where, named = at(*record)
        value: object = {"at": 7, "hash": bytes(32)}.get(column, "other")
        db.execute(f"UPDATE crmflow_journal SET {column} = ? {where}", (value, *named))  # noqa: S608
        return record[0]

    with changed(folder, put) as (calls, id_):
        wanted = Flaw.HASH if column == "hash" else Flaw.COLUMNS
        assert wanted in of(calls, id_, fold=False)


@given(record=inner)
def test_a_removed_record_is_found(folder: Path, record: tuple[str, int]) -> None:
    """With others behind it, whether or not those are moved up to its place."""

    def remove(db: Db) -> str:
        where, named = at(*record)
        db.execute(f"DELETE FROM crmflow_journal {where}", named)  # noqa: S608
        return record[0]

    def close_up(db: Db) -> str:
        id_, version = record
        for old in range(version + 1, 80):
            moved = f"UPDATE crmflow_journal SET version = ? {at(id_, old)[0]}"  # noqa: S608
            db.execute(moved, (old - 1, id_, old))
        return id_

    with changed(folder, remove) as (calls, id_):
        assert Flaw.MISSING in of(calls, id_, fold=False)
    with changed(folder, remove, close_up) as (calls, id_):
        assert {Flaw.HASH, Flaw.COLUMNS, Flaw.END} <= of(calls, id_, fold=False)


@given(first=inner, second=inner)
@example(first=(LONG, 1), second=(SHORT, 1))
@settings(max_examples=20)
def test_records_that_changed_places_are_found(
    folder: Path, first: tuple[str, int], second: tuple[str, int]
) -> None:
    """Two of one entity, or of two."""

    def swap(db: Db) -> str:
        columns = "at, recorded_at, entry, event, key, body, hash"
        held = []
        for record in (first, second):
            where, named = at(*record)
            (row,) = db.execute(f"SELECT {columns} FROM crmflow_journal {where}", named)  # noqa: S608
            held.append(row)
        for record, row in zip((second, first), held, strict=True):
            where, named = at(*record)
            put = f"UPDATE crmflow_journal SET ({columns}) = (?,?,?,?,?,?,?) {where}"  # noqa: S608
            db.execute(put, (*row, *named))
        return first[0]

    with changed(folder, swap) as (calls, _):
        found = findings(calls, fold=False)
        assert {one.ref.id for one in found} == (
            {first[0], second[0]} if first != second else set()
        )


@given(
    id_=st.sampled_from(tuple(VERSIONS)),
    column=st.sampled_from(("version", "state", "at", "snapshot", "head")),
)
def test_a_changed_entity_is_found(folder: Path, id_: str, column: str) -> None:
    """Its snapshot, what stands beside it, and what its journal leads to."""

    def put(db: Db) -> str:
        value: Mapping[str, object] = {
            "version": 90, "at": 7, "state": "ended", "head": b"x",
            "snapshot": b'{"state":"ended","entered_at":7,"facts":{"number":"1"}}',
        }  # fmt: skip
        db.execute(f"UPDATE crmflow_entity SET {column} = ? WHERE id = ?", (value[column], id_))  # noqa: S608
        return id_

    with changed(folder, put) as (calls, _):
        assert of(calls, id_)


@pytest.mark.parametrize(
    ("body", "flaw"),
    [
        (b'{"state":"ended","entered_at":7,"facts":{"number":"1"}}', Flaw.CHECKPOINT),
        (b"nothing", Flaw.UNREADABLE),
    ],
)
def test_a_changed_checkpoint_is_found(folder: Path, body: bytes, flaw: Flaw) -> None:
    """As-of queries start from it."""

    def put(db: Db) -> str:
        db.execute("UPDATE crmflow_checkpoint SET snapshot = ?", (body,))
        return LONG

    def remove(db: Db) -> str:
        db.execute("DELETE FROM crmflow_checkpoint")
        return LONG

    with changed(folder, put) as (calls, id_):
        assert of(calls, id_) == {flaw}
        assert of(calls, id_, fold=False) == set()
    with changed(folder, remove) as (calls, id_):
        assert of(calls, id_) == set()  # nothing but time is lost


def test_a_snapshot_that_cannot_be_read_is_found(folder: Path) -> None:
    """It is told with the version, and the other entities are verified all the same."""

    def put(db: Db) -> str:
        db.execute("UPDATE crmflow_entity SET snapshot = ? WHERE id = ?", (b"nothing", SHORT))
        return SHORT

    with changed(folder, put) as (calls, _):
        (found,) = findings(calls)
        told = "call C-2, version 4: the record cannot be read: DecodeError"
        assert str(found) == told


def test_entities_that_changed_names_are_found(folder: Path) -> None:
    """Rows, journals and all: a record says whose it is."""

    def swap(db: Db) -> str:
        for table in ("entity", "journal", "checkpoint"):
            for old, new in ((LONG, "x"), (SHORT, LONG), ("x", SHORT)):
                db.execute(f"UPDATE crmflow_{table} SET id = ? WHERE id = ?", (new, old))  # noqa: S608
        return LONG

    with changed(folder, swap) as (calls, _):
        found = findings(calls, fold=False)
        assert {(one.ref.id, one.flaw) for one in found} == {
            (LONG, Flaw.COLUMNS),
            (SHORT, Flaw.COLUMNS),
        }


def put_back(folder: Path, id_: str) -> Change:
    """Return what gives an entity the row and the journal that it had: its tail is gone."""

    def change(db: Db) -> str:
        db.execute("ATTACH ? AS was", (str(folder / "was.db"),))
        for table in ("entity", "journal", "timer", "task"):
            db.execute(f"DELETE FROM crmflow_{table} WHERE id = ?", (id_,))  # noqa: S608
            db.execute(
                f"INSERT INTO crmflow_{table} SELECT * FROM was.crmflow_{table} WHERE id = ?",  # noqa: S608
                (id_,),
            )
        db.commit()
        db.execute("DETACH was")
        return id_

    return change


def removed(id_: str) -> Change:
    """Return what takes an entity away with all that it had."""

    def change(db: Db) -> str:
        for table in ("entity", "journal", "timer", "task", "checkpoint"):
            db.execute(f"DELETE FROM crmflow_{table} WHERE id = ?", (id_,))  # noqa: S608
        return id_

    return change


@given(id_=st.sampled_from((LONG, SHORT)))
def test_a_cut_tail_is_found_against_an_anchor_only(folder: Path, id_: str) -> None:
    """Where the head was put back too, and the anchor is of after."""
    with opened(folder / "now.db") as calls:
        (folder / "later.anchor").unlink(missing_ok=True)
        calls.anchor(folder / "later.anchor")
    with changed(folder, put_back(folder, id_)) as (calls, _):
        assert findings(calls) == []
        assert findings(calls, anchor=folder / "kept.anchor") == []
        assert of(calls, id_, anchor=folder / "later.anchor") == {Flaw.CUT}


@given(id_=st.sampled_from(tuple(VERSIONS)))
def test_an_entity_that_is_gone_is_found_against_an_anchor_only(folder: Path, id_: str) -> None:
    """Of one machine, and asked for by its name too."""
    with changed(folder, removed(id_)) as (calls, _):
        kept = folder / "kept.anchor"
        assert findings(calls) == []
        assert of(calls, id_, anchor=kept) == {Flaw.GONE}
        assert of(calls, id_, about="call", anchor=kept) == {Flaw.GONE}
        assert of(calls, id_, about=("call", id_), anchor=kept) == {Flaw.GONE}


def test_a_store_that_was_replaced_is_found_against_an_anchor_only(folder: Path) -> None:
    """By one that is whole in itself, with the same names and longer journals."""
    with changed(folder, of="other.db") as (calls, _):
        assert findings(calls) == []
        found = findings(calls, anchor=folder / "kept.anchor", fold=False)
        assert {(one.ref.id, one.version, one.flaw) for one in found} == {
            (id_, version, Flaw.OTHER) for id_, version in VERSIONS.items()
        }


def test_what_moved_on_since_the_anchor_is_well(folder: Path) -> None:
    """Longer journals and new entities are no finding, in the store or in any part of it."""
    kept = folder / "kept.anchor"
    with changed(folder) as (calls, _):
        assert findings(calls, anchor=kept) == []
        assert findings(calls, about="call", anchor=kept) == []
        assert findings(calls, about=("call", "C-4"), anchor=kept) == []
    with changed(folder, of="was.db") as (calls, _):
        assert findings(calls, anchor=kept) == []


def lines(folder: Path) -> list[Any]:
    """Return the lines of the anchor."""
    return list(map(json.loads, (folder / "kept.anchor").read_text().splitlines()))


def told(folder: Path, found: Sequence[object]) -> str:
    """Return why an anchor of these lines is not relied on."""
    file = folder / "told.anchor"
    file.write_text("".join(f"{json.dumps(line, separators=(',', ':'))}\n" for line in found))
    with engine("memory:", CALL) as calls, pytest.raises(AnchorError) as raised:
        calls.anchored(file)
    return str(raised.value)


def test_an_anchor_says_what_there_was(folder: Path) -> None:
    """Counts and root; the anchor of a store is the same whoever makes it."""
    with changed(folder, of="was.db") as (calls, _):
        anchor = calls.anchored(folder / "kept.anchor")
        assert (anchor.entities, anchor.records) == (3, sum(VERSIONS.values()))
        assert (anchor.tenant, anchor.signature) == ("main", "")
        (folder / "again.anchor").unlink(missing_ok=True)
        assert calls.anchor(folder / "again.anchor").root == anchor.root


def _anchored(id_: str) -> EntityRow:
    return EntityRow(EntityRef("main", "call", id_), 1, "ringing", 1, b"", NO_HASH)


@pytest.mark.parametrize("fault", [UnavailableError("test", "away"), OSError(28, "full")])
def test_an_anchor_that_fails_is_not_in_the_way(tmp_path: Path, fault: Exception) -> None:
    """Nothing is left of it, and the next call writes it."""
    file, row = tmp_path / "kept.anchor", _anchored("C-1")

    def rows() -> Iterator[EntityRow]:
        yield row
        raise fault

    with pytest.raises(AnchorError if isinstance(fault, OSError) else UnavailableError):
        write(file, rows(), "main", AT, Vault())
    assert not file.exists()
    assert write(file, [row], "main", AT, Vault()).entities == 1
    with pytest.raises(AnchorError, match="it is there already"):
        write(file, [row], "main", AT, Vault())
    assert read(file, "main", Vault()).entities == 1


def test_what_was_found_right_is_what_is_compared(folder: Path) -> None:
    """Another anchor that is put in its place meanwhile changes nothing."""
    file = folder / "swapped.anchor"
    file.write_bytes((folder / "kept.anchor").read_bytes())
    with changed(folder, of="other.db") as (calls, _):
        before = list(calls.audit(anchor=folder / "kept.anchor"))
        swapped = lambda _: file.write_text("forged")  # noqa: E731
        assert list(calls.audit(anchor=file, told=swapped)) == before
    assert any(one.findings for one in before)


@given(data=st.data())
def test_a_changed_anchor_is_not_relied_on(folder: Path, data: st.DataObject) -> None:
    """A line changed, removed, doubled or moved; its end missing."""
    found = lines(folder)
    place = data.draw(st.integers(1, len(found) - 2))
    how = data.draw(st.sampled_from(("change", "remove", "double", "move", "end")))
    if how == "change":
        found[place][2] += 1
    elif how == "remove":
        del found[place]
    elif how == "double":
        found.insert(place, found[place])
    elif how == "move":
        found.insert(1 + place % 3, found.pop(place))
    else:
        del found[-1]
    if found != lines(folder):
        assert "was changed" in told(folder, found) or "its end is missing" in told(folder, found)


@pytest.mark.parametrize(
    ("first", "why"),
    [
        ({"anchor": 2}, "of another release"),
        ({"tenant": "acme"}, "of tenant 'acme', not of 'main'"),
        ({"at": "today"}, "no anchor, or its end is missing"),
    ],
)
def test_an_anchor_of_something_else_is_not_relied_on(
    folder: Path, first: Mapping[str, object], why: str
) -> None:
    """Of another shape, another tenant, or none at all."""
    found = lines(folder)
    head = {**found[0], **first}
    if "at" in first:
        assert why in told(folder, [])
        assert why in told(folder, [[1]])
        assert why in told(folder, [head])
    else:
        assert why in told(folder, [head, *found[1:]])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[" * 200_000,
        b'{"anchor":1,"tenant":"main","more":' + b"[" * 30_000,
        b'{"anchor":1,"tenant":"main"}\n["call","C-1",1,"no hex"]\n',
        b'{"anchor":1,"tenant":"main"}\n["call","C-1","1",""]\n',
        b"\x80\x04cos\nsystem\n",
        bytes(300_000),
    ],
    ids=("empty", "deep", "deeper", "no hex", "no number", "code", "no lines"),
)
def test_a_file_of_anybody_is_no_anchor(folder: Path, body: bytes) -> None:
    """Whatever is in it: one error, and no more of it is read at once than a line."""
    file = folder / "odd.anchor"
    file.write_bytes(body)
    with engine("memory:", CALL) as calls, pytest.raises(AnchorError, match="it is no anchor"):
        calls.anchored(file)


def test_a_file_without_an_end_is_not_read_to_it() -> None:
    """A device that gives bytes for ever is refused after the first of them."""
    with engine("memory:", CALL) as calls, pytest.raises(AnchorError, match="it is no anchor"):
        calls.anchored("/dev/zero")


@given(when=st.integers(2**62, 2**63), signature=st.text())
def test_nothing_that_an_anchor_says_is_more_than_an_error(
    folder: Path, when: int, signature: str
) -> None:
    """An instant that no calendar has, a signature of any letters."""
    found = lines(folder)
    root = NO_HASH
    found[0]["at"] = when
    for line in found[:-1]:
        root = chained(root, json.dumps(line, separators=(",", ":")).encode())
    found[-1] |= {"root": root.hex(), "signature": signature}
    assert "no anchor" in told(folder, found)
