"""What comes back from outside: cursors, anchors, backups, stories, stored bytes."""

from __future__ import annotations

import functools
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from hypothesis import strategies as st

from crmflow.analysis.exploring import read_story
from crmflow.clock import ManualClock
from crmflow.engine.engine import Engine
from crmflow.engine.paging import DEADLINES, DUE, ENTITIES, INBOX, OUTBOX, TASKS, Cursors
from crmflow.storage.backup import back_up
from crmflow.storage.opening import open_store, restore
from crmflow.testing.bench import shipped
from crmflow.testing.fixtures import MONDAY, actor_with
from tests.fuzz.hostile import TEXTS, mangled
from tests.fuzz.passes import fuzzed, told_clearly

EXPECTED = {"customer": "C-1", "contract": "K-1", "amount": "5 CNY", "signed_at": MONDAY}
SALES = actor_with("sales_service")

STORY = b"""\
{"story": "parcel", "state": "lost"}
{"at": "2026-03-02T01:00:00+00:00", "event": "send", "actor": "asker-1", "roles": ["clerk"]}
{"at": "2026-03-09T01:00:00+00:00", "payload": {"a": [1, 2]}}
"""


@functools.cache
def stored() -> tuple[bytes, bytes, bytes]:
    """Return the bytes of a store with two payments, of an anchor and of a backup of it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with closing(open_store(f"sqlite:///{folder}/crm.db")) as store:
            engine = over(store)
            for id_ in ("P-1", "P-2"):
                made = engine.create("payment", EXPECTED, actor=SALES, id=id_, key=id_)
            engine.fire(made.entity, "invoice", {"invoice": "I-1"}, actor=SALES).require()
            engine.anchor(folder / "an.anchor")
            back_up(store, folder / "backup.db")
        return (
            (folder / "crm.db").read_bytes(),
            (folder / "an.anchor").read_bytes(),
            (folder / "backup.db").read_bytes(),
        )


def over(store: object) -> Engine:
    """Return an engine of payments over a store."""
    return shipped("payment").engine(store, ManualClock(MONDAY))  # type: ignore[arg-type]


@fuzzed(
    short=50,
    long=500,
    list_=st.sampled_from((ENTITIES, DUE, TASKS, DEADLINES, OUTBOX, INBOX)),
    cursor=TEXTS,
)
def test_cursors_are_places_or_refused(list_: Cursors[object], cursor: str) -> None:
    """A cursor that no page gave is refused with its text."""
    with told_clearly():
        list_.place(cursor)


@fuzzed(short=30, long=500, raw=mangled(STORY))
def test_stories_are_read_or_their_lines_named(raw: bytes) -> None:
    """A broken story is refused with the lines that are wrong."""
    with told_clearly():
        read_story(raw.decode("utf-8", "surrogateescape").splitlines(), "lost.jsonl")


@fuzzed(short=10, long=80, data=st.data())
def test_anchors_are_right_or_refused(data: st.DataObject, tmp_path: Path) -> None:
    """A changed anchor is refused with its name; it never vouches for anything."""
    store, anchor, _ = stored()
    file, here = tmp_path / "an.anchor", tmp_path / "crm.db"
    file.write_bytes(data.draw(mangled(anchor)))
    here.write_bytes(store)
    with told_clearly("an.anchor"), closing(open_store(f"sqlite:///{here}")) as opened:
        findings = [one for found in over(opened).audit(anchor=file) for one in found.findings]
        assert file.read_bytes() == anchor or findings


@fuzzed(short=10, long=80, data=st.data())
def test_backups_are_whole_or_refused(data: st.DataObject, tmp_path: Path) -> None:
    """A damaged backup is refused with its name, or every journal of it is whole."""
    file, place = tmp_path / "backup.db", tmp_path / "new.db"
    file.write_bytes(data.draw(mangled(stored()[2])))
    place.unlink(missing_ok=True)
    with told_clearly("backup.db", "new.db") as refused:
        restore(f"sqlite:///{place}", str(file))
    assert place.exists() is not bool(refused)
    if not refused:
        with closing(open_store(f"sqlite:///{place}")) as store:
            assert not [one for audited in over(store).audit() for one in audited.findings]


BYTES = (
    ("crmflow_journal", "body"),
    ("crmflow_journal", "hash"),
    ("crmflow_entity", "snapshot"),
)


@fuzzed(short=10, long=40, column=st.sampled_from(BYTES), data=st.data())
def test_damaged_rows_are_found(
    column: tuple[str, str], data: st.DataObject, tmp_path: Path
) -> None:
    """Bytes that were changed in a store are found by the audit, and told where they are needed."""
    here, (table, name) = tmp_path / "crm.db", column
    here.write_bytes(stored()[0])
    with closing(sqlite3.connect(here)) as raw, raw:
        [(rowid, value), *_] = raw.execute(f"SELECT rowid, {name} FROM {table}").fetchall()  # noqa: S608 - names of the schema
        changed = data.draw(mangled(bytes(value)))
        raw.execute(f"UPDATE {table} SET {name} = ? WHERE rowid = ?", (changed, rowid))  # noqa: S608 - names of the schema
        raw.commit()
    with told_clearly(), closing(open_store(f"sqlite:///{here}")) as store:
        findings = [one for audited in over(store).audit() for one in audited.findings]
        assert findings or changed == bytes(value)
    with told_clearly(), closing(open_store(f"sqlite:///{here}")) as store:
        for id_ in ("P-1", "P-2"):
            engine = over(store)
            engine.get(("payment", id_))
            engine.fire(("payment", id_), "invoice", {"invoice": "I-2"}, actor=SALES)
