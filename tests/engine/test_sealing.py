"""Encrypted fields, from the row that names them to the bytes of the file and to their erasure."""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import attrs
import pytest

from crmflow.clock import ManualClock
from crmflow.config import Overlay
from crmflow.core.actor import Actor
from crmflow.core.claim import Claim
from crmflow.core.decision import Decision
from crmflow.core.entity import Snapshot
from crmflow.core.erasure import ERASE, ERASED
from crmflow.core.errors import ConfigurationError, SealedError
from crmflow.core.form import Text
from crmflow.core.journal import fold, unborn
from crmflow.core.machine import Asked, Kind, Machine, Row, Send, State
from crmflow.core.ref import UNBORN
from crmflow.core.refusal import Because
from crmflow.engine.engine import Engine
from crmflow.engine.values import Adopting, Firing
from crmflow.storage.backup import back_up
from crmflow.storage.opening import open_store
from tests.engine.machines import ADMIN, AT, CALL, SALES

MOBILE, BANK = "13900007777", "6222-0000-1111"
YEAR = timedelta(days=400)
CHIEF = Actor("chief-1", {"archivist"})


@attrs.frozen
class Mill:
    """What is known of a mill."""

    name: str
    tier: str = "standard"
    mobile: str | None = None
    founded_on: date | None = None
    contacts: tuple[Mapping[str, object], ...] = ()


@attrs.frozen
class Known:
    """What is said of a mill."""

    name: Text | None = None
    tier: Text | None = None
    mobile: Text | None = None
    founded_on: date | None = None
    contacts: tuple[Mapping[str, object], ...] | None = None


def _said(attempt: Asked) -> Mapping[str, object]:
    fields = (field.name for field in attrs.fields(Known))
    return {n: one for n in fields if (one := getattr(attempt.form, n)) is not None}


def _phone(attempt: Asked) -> tuple[Claim, ...]:
    return () if attempt.facts.mobile is None else (Claim("phone", attempt.facts.mobile),)


def _told(attempt: Asked) -> Mapping[str, object]:
    return {"name": attempt.facts.name, "mobile": attempt.facts.mobile}


MILL = Machine(
    "mill",
    Mill,
    (
        State("known", "已知", "Known", Kind.INITIAL),
        State("gone", "已无", "Gone", Kind.FINAL),
    ),
    (
        Row(UNBORN, "add", "known", form=Known, sets=_said, claims=_phone,
            send=(Send("bell", "hang", _told),)),
        Row("known", "change", form=Known, sets=_said),
        Row("known", "end", "gone"),
    ),
    zh="磨坊",
    en="Mill",
    shares="name",
    searchable="name:text mobile:text",
)  # fmt: skip


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Have a key in a variable and another in a file."""
    monkeypatch.setenv("MILL_KEY", base64.b64encode(bytes(range(32))).decode())
    (tmp_path / "index.key").write_text(base64.b64encode(bytes([7]) * 32).decode() + "\n")


ROW = {
    "name": "mills",
    "machine": "mill",
    "fields": ["mobile", "founded_on", "contacts"],
    "claims": ["phone"],
    "key": "k1",
}


def started(
    folder: Path,
    row: Mapping[str, object] | None = None,
    tables: Mapping[str, list[Mapping[str, object]]] | None = None,
    settings: Mapping[str, object] | None = None,
    machine: Machine = MILL,
) -> Engine:
    """Return an engine over the folder's store, its fields encrypted by a row."""
    places = {"k1": "env:MILL_KEY", "index": f"file:{folder / 'index.key'}"}
    retention = {"name": "mills", "machine": "mill", "erasers": ["archivist"]}
    own = Overlay(
        {"company.zone": "UTC", "storage.keys": places, **(settings or {})},
        {"encryption": [{**ROW, **(row or {})}], "retention": [retention], **(tables or {})},
    )
    return Engine(f"sqlite:///{folder / 'crm.db'}", machines=[machine, CALL], config=own,
                  clock=ManualClock(AT))  # fmt: skip


@pytest.fixture
def mills(tmp_path: Path) -> Iterator[Engine]:
    """Return an engine whose mills' numbers are encrypted."""
    with started(tmp_path) as engine:
        yield engine


def add(engine: Engine, id_: str = "M-1", **known: object) -> Decision:
    """Create a mill."""
    given = {"name": "Harbour Mill", "mobile": MOBILE, **known}
    return engine.create("mill", given, actor=SALES, id=id_)


def stored(folder: Path) -> bytes:
    """Return all bytes of the store, what is not yet written back included."""
    return b"".join(path.read_bytes() for path in sorted(folder.glob("crm.db*")))


def get(engine: Engine, id_: str = "M-1") -> Mill:
    """Return what is known of a mill."""
    snapshot: Snapshot[Mill] = engine.get(("mill", id_))
    return snapshot.facts


def test_nothing_encrypted_stands_in_the_file(mills: Engine, tmp_path: Path) -> None:
    """
    Not in snapshots, records, forms, messages, claims, terms or checkpoints.

    Rule: STO-002
    """
    add(mills, founded_on="1871-05-09", contacts=[{"mobile": "x", "bank": BANK}]).require()
    for number in range(70):
        said = {"mobile": f"{MOBILE}{number}", "founded_on": "1872-06-08"}
        mills.fire(("mill", "M-1"), "change", said, actor=SALES).require()
    found = stored(tmp_path)
    assert b"Harbour Mill" in found
    for text in (MOBILE, MOBILE[:6], "1871-05-09", "1872-06-08", BANK, "$sealed-not"):
        assert text.encode() not in found, text
    with closing(sqlite3.connect(tmp_path / "crm.db")) as db:
        for table in ("crmflow_checkpoint", "crmflow_message", "crmflow_term", "crmflow_claim"):
            assert db.execute(f"SELECT count(*) FROM {table}").fetchone()[0], table  # noqa: S608
    (message,) = mills.outbox()
    payload = mills.registry.codec.decode_message(message.body).payload
    assert payload == {"name": "Harbour Mill", "mobile": MOBILE}


def test_what_is_said_in_words_is_encrypted_with_them(tmp_path: Path) -> None:
    """
    A letter that names an encrypted value, and where it goes; its handler is given it as it is.

    Rule: STO-002
    """
    letter = {
        "name": "number_kept", "machine": "mill", "title_en": "Kept",
        "title_zh": "已存", "kind": "notice", "events": ["add"], "to": ["role:salesperson"],
        "channels": ["sms"], "address_of": "mobile", "template": "number_kept",
    }  # fmt: skip
    words = {"name": "number_kept", "text_en": "Kept: {{ facts.mobile }}", "text_zh": "已存"}
    with started(tmp_path, tables={"outputs": [letter], "templates": [words]}) as engine:
        add(engine).require()
        (message,) = (
            told
            for row in engine.outbox()
            if "text" in (told := engine.registry.codec.decode_message(row.body).payload)
        )
        assert message["text"] == f"Kept: {MOBILE}\n"
        assert message["address"] == MOBILE
        assert MOBILE.encode() not in stored(tmp_path)


def test_whoever_has_the_keys_reads_everything(mills: Engine, tmp_path: Path) -> None:
    """Now, as of an instant, from the journal, and decided anew; the chain needs no key."""
    add(mills, contacts=[{"bank": BANK}]).require()
    mills.fire(("mill", "M-1"), "change", {"mobile": "500"}, actor=SALES).require()
    mills.close()
    with started(tmp_path) as again:
        assert get(again) == Mill("Harbour Mill", mobile="500", contacts=({"bank": BANK},))
        records = list(again.journal(("mill", "M-1")))
        assert records[0].event.form == Known(
            "Harbour Mill", mobile=MOBILE, contacts=({"bank": BANK},)
        )
        assert fold(records, Mill, unborn(records[0].ref, AT)) == again.get(("mill", "M-1"))
        assert [one.differs for one in again.redecide(("mill", "M-1"))] == [(), ()]
        assert back_up(again.store, tmp_path / "backup.db").records == 2


def test_encrypted_values_are_found(mills: Engine) -> None:
    """By digests: exactly, by likeness, and no longer once they change."""
    add(mills).require()
    assert [row.ref.id for row in mills.find("mill", where={"mobile": "1390000 7777"})] == ["M-1"]
    (alike,) = mills.alike("mill", {"mobile": "13900007778"})
    assert alike.shared == 6
    mills.fire(("mill", "M-1"), "change", {"mobile": "500"}, actor=SALES).require()
    assert not list(mills.find("mill", where={"mobile": MOBILE}))
    assert mills.reindex() == {"mill": 1}
    assert len(list(mills.find("mill", where={"mobile": "500"}))) == 1


def test_a_number_is_claimed_once(mills: Engine) -> None:
    """The digest clashes as the number would, and the refusal does not tell it."""
    add(mills).require()
    clash = add(mills, "M-2", name="River Works")
    assert clash.refusal is not None
    assert (clash.refusal.because, clash.refusal.detail) == (
        Because.CLAIM,
        "phone is held by mill M-1",
    )
    add(mills, "M-3", mobile="500").require()


def test_only_those_it_is_about_are_encrypted_and_stay_so(tmp_path: Path) -> None:
    """
    Strategic customers' core data, from when they are strategic, also when no longer.

    Rule: STO-002
    """
    with started(tmp_path, {"when": "tier == 'strategic'"}) as mills:
        add(mills, mobile="clear-1").require()
        for number, tier in enumerate(("strategic", "standard"), 1):
            said = {"tier": tier, "mobile": f"hidden-{number}"}
            mills.fire(("mill", "M-1"), "change", said, actor=SALES).require()
        found = stored(tmp_path)
        assert get(mills).mobile == "hidden-2"
    assert b"clear-1" in found
    assert b"hidden" not in found


def test_a_batch_makes_one_key(mills: Engine) -> None:
    """Members of one entity follow each other, those that change what was sealed first too."""
    known = {"name": "Harbour Mill", "mobile": MOBILE}
    adopting = [
        Adopting(("mill", "M-1"), "known", {**known, "mobile": mobile}, reason="old files")
        for mobile in (MOBILE, "500")
    ]
    assert all(isinstance(one, Decision) for one in mills.adopt_many(adopting, actor=ADMIN))
    firings = [Firing(("mill", "M-1"), "change", {"mobile": n}, actor=SALES) for n in ("6", "7")]
    assert len(mills.fire_many(firings)) == 2
    assert get(mills).mobile == "7"
    assert len(list(mills.journal(("mill", "M-1")))) == 4


def test_nothing_is_read_without_the_keys(
    mills: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An engine without them says so, and could not write what it cannot read."""
    add(mills).require()
    with (
        started(tmp_path, {"enabled": False}, settings={"storage.keys": {}}) as blind,
        pytest.raises(SealedError, match="mill M-1 cannot be opened: the key 'k1' is not among"),
    ):
        blind.fire(("mill", "M-1"), "end", actor=SALES)
    monkeypatch.setenv("MILL_KEY", base64.b64encode(bytes(32)).decode())
    with started(tmp_path) as wrong, pytest.raises(SealedError, match="its key is another one"):
        wrong.get(("mill", "M-1"))


@pytest.mark.parametrize(
    ("places", "fault"),
    [
        ({"index": "env:MILL_KEY"}, "storage.keys.k1: it is written where the secret is"),
        ({"k1": "env:MILL_KEY"}, "storage.keys.index: it is written where"),
        ({"k1": "env:MILL_KEY", "index": "env:MILL_KEY"}, "storage.keys.audit: it is written"),
        ({"k1": "AAAAsecret", "index": "env:MILL_KEY"}, "storage.keys.k1: it is written where"),
        ({"k1": "env:NO_KEY", "index": "env:MILL_KEY"}, "k1: there is no variable NO_KEY"),
        ({"k1": "file:no.key", "index": "env:MILL_KEY"}, "k1: the file no.key cannot be read"),
        ({"k1": "env:SHORT", "index": "env:MILL_KEY"}, "k1: what env gives is no key"),
        ({"k1": "env:ODD", "index": "env:MILL_KEY"}, "k1: what env gives is no key"),
    ],
)
def test_keys_that_cannot_be_used_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, places: Mapping[str, str], fault: str
) -> None:
    """At start, by name; what stands in place of a key is never repeated."""
    monkeypatch.setenv("SHORT", base64.b64encode(b"short").decode())
    monkeypatch.setenv("ODD", "no base64 at all")
    with pytest.raises(ConfigurationError, match=fault) as raised:
        started(tmp_path, settings={"storage.keys": places, "storage.audit_key": "audit"})
    assert "AAAAsecret" not in str(raised.value)


@pytest.mark.parametrize(
    ("columns", "fault"),
    [
        ({"fields": ["mobil"]}, "Did you mean 'mobile'"),
        ({"fields": ["name"]}, "others keep it in clear"),
        ({"when": "tier = 'strategic'"}, "when"),
    ],
)
def test_rows_that_cannot_be_used_are_told(
    tmp_path: Path, columns: Mapping[str, object], fault: str
) -> None:
    """Facts there are not, facts that others mirror in clear, expressions that are none."""
    with pytest.raises(ConfigurationError, match=fault):
        started(tmp_path, columns)


def test_rows_name_one_key(tmp_path: Path) -> None:
    """New entities take one; another would be a second truth."""
    own = Overlay(
        {"storage.keys": dict.fromkeys(("k1", "k2", "index"), "env:MILL_KEY")},
        {"encryption": [ROW, {**ROW, "name": "more", "key": "k2"}]},
    )
    with pytest.raises(ConfigurationError, match="rows name one key, not k1, k2"):
        Engine("memory:", machines=[MILL], config=own)


def test_a_row_applies_from_its_day(tmp_path: Path) -> None:
    """Before it nothing is encrypted."""
    with started(tmp_path, {"from_on": "2030-01-01"}) as mills:
        add(mills, mobile="clear-1").require()
        assert get(mills).mobile == "clear-1"
    assert b"clear-1" in stored(tmp_path)


def test_erasing_destroys_the_key(mills: Engine, tmp_path: Path) -> None:
    """Who, when and why is journaled; what, nobody reads any more, in no version and no index."""
    add(mills, founded_on="1871-05-09", contacts=[{"bank": BANK}]).require()
    mills.fire(("mill", "M-1"), "change", {"mobile": "500"}, actor=SALES).require()
    asked = {"reason": "asked for by the customer"}
    early = mills.fire(("mill", "M-1"), ERASE, asked, actor=CHIEF)
    nobody = mills.fire(("mill", "M-1"), ERASE, asked, actor=SALES)
    assert [one.verdicts[0].reason for one in (early, nobody)] == [
        "must_be_kept",
        "erasure_not_allowed",
    ]
    at = AT + YEAR
    mills.fire(("mill", "M-1"), ERASE, asked, actor=CHIEF, at=at).require()
    erased = Mill("Harbour Mill", "standard", ERASED, ERASED, ERASED)  # type: ignore[arg-type]
    assert get(mills) == erased
    assert get(mills).mobile is ERASED
    records = list(mills.journal(("mill", "M-1")))
    assert fold(records, Mill, unborn(records[0].ref, AT)).facts == erased
    assert records[0].facts["mobile"] is ERASED
    assert records[0].event.form["mobile"] is ERASED
    assert mills.get(("mill", "M-1"), at=AT).facts.founded_on is ERASED
    assert not list(mills.find("mill", where={"mobile": "500"}))
    assert [row.ref.id for row in mills.find("mill", where={"name": "Harbour Mill"})] == ["M-1"]
    said = {"mobile": "600", "tier": "strategic"}
    mills.fire(("mill", "M-1"), "change", said, actor=SALES, at=at).require()
    assert (get(mills).mobile, get(mills).tier) == (ERASED, "strategic")
    assert not list(mills.find("mill", where={"mobile": "600"}))
    assert not list(mills.find("mill", tier="standard"))
    assert [row.ref.id for row in mills.find(tier="strategic")] == ["M-1"]
    assert mills.store.secret(records[0].ref) == b""
    assert back_up(mills.store, tmp_path / "backup.db").records == 4
    (message,) = mills.outbox()
    assert mills.registry.codec.decode_message(message.body).payload["mobile"] is ERASED
    explained = mills.explain(("mill", "M-1"), "end", actor=SALES)
    assert [line.code for line in explained.lines][-1] == "erased"


def test_an_audit_finds_nothing_wrong_with_what_is_erased(mills: Engine, tmp_path: Path) -> None:
    """By the definition of its machine, and by a newer one that it has not come to yet."""
    add(mills, contacts=[{"bank": BANK}]).require()
    add(mills, "M-2", mobile="500").require()
    # What became its default again is sealed in the journal, and left out of the snapshot.
    mills.fire(("mill", "M-1"), "change", {"contacts": []}, actor=SALES).require()
    for id_ in ("M-1", "M-2"):
        at, asked = AT + YEAR, {"reason": "asked for"}
        mills.fire(("mill", id_), ERASE, asked, actor=CHIEF, at=at).require()
    newer = attrs.evolve(MILL, version=2, migrations={1: lambda facts: facts})
    with started(tmp_path, machine=newer) as later:
        for engine in (mills, later):
            assert [one.findings for one in engine.audit()] == [(), ()]


def test_what_is_not_encrypted_cannot_be_erased(tmp_path: Path) -> None:
    """A journal is not rewritten, and nothing pretends that it was."""
    with started(tmp_path, {"enabled": False}) as mills:
        add(mills).require()
        asked = {"reason": "asked for"}
        refused = mills.fire(("mill", "M-1"), ERASE, asked, actor=CHIEF, at=AT + YEAR)
        assert refused.verdicts[0].reason == "nothing_encrypted"
        assert get(mills).mobile == MOBILE


def test_machines_without_rows_are_left_alone(mills: Engine, tmp_path: Path) -> None:
    """Nothing about keys is written for them."""
    ref = mills.create("call", {"number": "400"}, actor=SALES).require().entity
    with closing(open_store(f"sqlite:///{tmp_path / 'crm.db'}")) as store:
        assert store.secret(ref) is None
