"""What becomes of messages: files in a folder, systems of the company, notices of deadlines."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crmflow import Actor, Engine, ManualClock
from crmflow.config import Overlay
from crmflow.core.errors import ConfigurationError, PolicyFailedError
from crmflow.core.message import Message, MessageKind, Parcel
from crmflow.core.plain import plain
from crmflow.core.ref import EntityRef
from crmflow.policies.outputs import admit, worded
from crmflow.policies.outputs.company import connectors
from crmflow.policies.outputs.handing import keep
from tests.policies.letters import AT, CLERK, TOLD, config, office, tables_of

SERVICE = Actor("service-1", {"customer_service"})
REF = EntityRef("main", "matter", "M-1")


def parcel(payload: Mapping[str, object], event: str = "told", id_: str = "M-1") -> Parcel:
    """Return a message as a handler is given it."""
    message = Message(0, MessageKind.FIRE, "notice", "x", event, payload)
    return Parcel(EntityRef("main", "matter", id_), 2, 0, message)


def files(folder: Path) -> list[Mapping[str, object]]:
    """Return what stands in the files of a folder, in the order of their names."""
    return [json.loads(one.read_text("utf-8")) for one in sorted(folder.iterdir())]


def test_notices_go_into_the_folder_the_company_names(tmp_path: Path) -> None:
    """One file each, with the key of the message (CMP-018)."""
    folder = tmp_path / "out" / "notices"
    with office(config(TOLD, settings={"outputs.folder": str(folder)})) as engine:
        ref = engine.create("matter", {"customer": "C-1"}, actor=CLERK).require().entity
        engine.fire(ref, "answer", {"words": "yes"}, actor=CLERK).require()
        assert [row for row in engine.outbox() if row.target.machine == "notice"] == []
    (one,) = files(folder)
    assert one["key"] == f"main/matter/{ref.id}/2/0"
    assert (one["output"], one["text"]) == ("told", "C-1\n")


def test_without_a_folder_they_wait_where_everybody_sees_them() -> None:
    """Nothing is lost until a handler is there."""
    with office(config(TOLD)) as engine:
        ref = engine.create("matter", {"customer": "C-1"}, actor=CLERK).require().entity
        engine.fire(ref, "answer", {"words": "yes"}, actor=CLERK).require()
        engine.run_due()
        assert [row.target.machine for row in engine.outbox()] == ["notice"]


def test_a_file_is_to_be_read(tmp_path: Path) -> None:
    """By people too: each name has a line, and Chinese is written as it is."""
    keep(tmp_path, parcel({}), {"text": "告知"})
    (file,) = tmp_path.glob("*.json")
    lines = file.read_text("utf-8").splitlines()
    assert lines[-2:] == ['  "text": "告知"', "}"]


def test_a_message_delivered_twice_is_one_file(tmp_path: Path) -> None:
    """At least once in the outbox, once in the folder; nobody else may read it."""
    folder = tmp_path / "out"
    for text in ("first", "first"):
        keep(folder, parcel({}), {"text": text})
    assert [one["text"] for one in files(folder)] == ["first"]
    assert folder.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("id_", ["../../etc/passwd", "a/b", "x" * 300, "x" * 299 + "y", "名"])
def test_no_id_leads_out_of_the_folder(tmp_path: Path, id_: str) -> None:
    """However it is spelt, and however long it is."""
    folder = tmp_path / "out"
    keep(folder, parcel({}, id_=id_), {"text": "told"})
    keep(folder, parcel({}, id_="x" * 298), {"text": "other"})
    assert [one.parent for one in tmp_path.rglob("*.json")] == [folder, folder]


ROW = {
    "name": "for_bi", "machine": "matter", "title_en": "Data", "title_zh": "数据",
    "kind": "data", "events": ["answer"], "connector": "bi", "fields": ["customer"],
}  # fmt: skip
JOURNALED = {"name": "matters", "machine": "matter"}


def told(folder: Path, *, internal: bool, journals: bool) -> Overlay:
    """Return a company that sends data of its matters to a folder."""
    endpoints = {"bi": {"internal": internal, "folder": str(folder)}}
    settings = {"integration.endpoints": endpoints}
    rows = [JOURNALED] if journals else []
    return config(ROW, settings=settings, access_journals=rows)


def test_a_connector_with_a_folder_needs_no_plugin(tmp_path: Path) -> None:
    """INT-001: interface only; whatever reads the folder is another system's business."""
    with office(told(tmp_path, internal=True, journals=True)) as engine:
        ref = engine.create("matter", {"customer": "C-1"}, actor=CLERK).require().entity
        engine.fire(ref, "answer", {"words": "yes"}, actor=CLERK).require()
    (one,) = files(tmp_path)
    assert one == {
        "key": one["key"], "output": "for_bi", "kind": "data", "entity": str(ref),
        "connector": "bi", "internal": True, "state": "answered", "event": "answer",
        "at": plain(AT), "data": {"customer": "C-1"},
    }  # fmt: skip


def test_confidential_data_goes_to_no_other_company(tmp_path: Path) -> None:
    """ACC-011: such a row is refused when it is loaded, and names what would be right."""
    with pytest.raises(ConfigurationError) as caught:
        office(told(tmp_path, internal=False, journals=True))
    (fault,) = caught.value.faults
    assert fault == (
        "config: $.outputs[0].connector (for_bi): not_internal, expected an internal connector: "
        "entities of 'matter' are confidential, and 'bi' is not internal (ACC-011)"
    )
    with office(told(tmp_path, internal=False, journals=False)):
        pass


def test_what_waits_is_refused_where_the_connector_has_changed(tmp_path: Path) -> None:
    """ACC-011: the message keeps what it is, and stays in the outbox with the reason."""
    outside = tables_of(told(tmp_path, internal=False, journals=False))
    waiting = parcel({"connector": "bi", "internal": True, "data": {"customer": "C-1"}})
    with pytest.raises(PermissionError, match=r"'bi' is no internal connector.*ACC-011"):
        admit(waiting, outside)
    admit(parcel({"connector": "bi", "internal": False}), outside)
    with pytest.raises(PermissionError):
        admit(parcel({"connector": "gone", "internal": True}), outside)
    admit(waiting, tables_of(told(tmp_path, internal=True, journals=True)))
    with office(told(tmp_path, internal=False, journals=False)) as engine:
        _, take = engine.registry.handlers["bi"]
        with pytest.raises(PermissionError):
            take(waiting)
    assert list(tmp_path.iterdir()) == []


def test_a_failing_handler_leaves_the_message(tmp_path: Path) -> None:
    """It is tried again; the error names the plugin."""
    blocked = tmp_path / "file"
    blocked.write_text("")
    with office(config(TOLD, settings={"outputs.folder": str(blocked)})) as engine:
        ref = engine.create("matter", {"customer": "C-1"}, actor=CLERK).require().entity
        engine.fire(ref, "answer", {"words": "yes"}, actor=CLERK).require()
        (error,) = engine.run_due().errors
        assert isinstance(error, PolicyFailedError)
        assert error.plugin == "outputs"
        assert len(engine.outbox()) == 1


def test_a_settings_table_that_is_none_connects_nothing() -> None:
    """Its faults are told with the rows that name a connector."""
    found = tables_of(config(settings={"integration.endpoints": {"erp": {"internal": "no"}}}))
    assert connectors(found) == {}
    broken = config(ROW, settings={"integration.endpoints": {"bi": {"internal": "no"}}})
    with pytest.raises(Exception, match=r"integration.endpoints.bi.internal: true or false"):
        office(broken)


# ---- Notices of deadlines ----------------------------------------------------------------------

DUE = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
NEAR = {
    "role": "service_supervisor", "entity": "matter M-1", "deadline": "complaint_limit",
    "status": "running", "due_at": DUE.isoformat(), "reason": None,
}  # fmt: skip


def test_a_notice_of_a_deadline_is_put_in_words_when_it_is_handed_over() -> None:
    """In the company's language, by a template of its name."""
    en, zh = (
        worded(
            parcel(NEAR, "deadline_near"), tables_of(config(settings={"company.language": lang}))
        )
        for lang in ("en", "zh")
    )
    assert "2 March 2026 17:30" in str(en["text"])
    assert "2026年3月2日 17:30" in str(zh["text"])
    assert en["to"] == {"who": "role", "id": "service_supervisor", "people": []}
    assert (en["subject"], zh["language"]) == ("a deadline comes near", "zh")
    same = {
        "output": "deadline_near", "kind": "notice", "entity": "matter M-1", "channel": None,
        "address": None, "language": "en", "html": False,
    }  # fmt: skip
    assert en == {**same, **{name: en[name] for name in ("to", "subject", "text")}}


def test_one_person_of_the_role_may_be_meant() -> None:
    """And a customer is no role."""
    tables = tables_of(config())
    person = worded(parcel({**NEAR, "person": "head-1"}, "deadline_escalated"), tables)
    assert person["to"] == {"who": "role", "id": "service_supervisor", "people": ["head-1"]}
    extended = {**NEAR, "role": "customer", "reason": "parts are late", "due_at": None}
    customer = worded(parcel(extended, "deadline_extended"), tables)
    assert customer["to"] == {"who": "customer", "id": "customer", "people": []}
    assert "parts are late" in str(customer["text"])


def test_what_is_worded_already_stays_as_it_is() -> None:
    """So does a notice whose template a company has switched off."""
    tables = tables_of(config())
    assert worded(parcel({"text": "hello"}), tables) == {"text": "hello"}
    off = {"name": "deadline_near", "enabled": False}
    assert worded(parcel(NEAR, "deadline_near"), tables_of(config(templates=[off]))) == NEAR


def test_a_limit_that_comes_near_reaches_the_folder(tmp_path: Path) -> None:
    """SUG-012: from the engine's timer, on day 10 of 15, to the words."""
    clock = ManualClock(datetime(2026, 3, 2, 1, tzinfo=UTC))
    said = {"outputs.folder": str(tmp_path)}
    with Engine(
        "memory:", machines=["proposal"], profile="demo", config=said, clock=clock
    ) as engine:
        received = {"customer": "C-1", "channel": "phone"}
        ref = engine.create("proposal", received, actor=SERVICE, id="P-1").require().entity
        record = {"kind": "production_process", "content": "weld first"}
        engine.fire(ref, "record", record, actor=SERVICE).require()
        clock.advance(timedelta(days=11))
        engine.run_due()
    (one,) = files(tmp_path)
    assert one["output"] == "deadline_near"
    assert one["to"] == {"who": "role", "id": "customer_service", "people": []}
    begins = "customer service: time limit of suggestions of suggestion P-1 is due"
    assert str(one["text"]).startswith(begins)
