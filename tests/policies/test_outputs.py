"""Outputs: what is told to whom, by which way and in which language, and what is remembered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from msgspec.structs import replace

from crmflow.core.entity import Attached, Snapshot
from crmflow.core.journal import Entry
from crmflow.core.link import Link
from crmflow.core.message import Parcel
from crmflow.core.policy import Occurrence
from crmflow.core.ref import EntityRef
from crmflow.engine.engine import Engine
from crmflow.hookspecs import hookimpl
from crmflow.policies.outputs import OutputState, Sent
from crmflow.policies.outputs.binding import BoundOutput, Told
from crmflow.policies.outputs.rows import Output
from crmflow.storage.memory import MemoryStore
from tests.policies.letters import (
    AT,
    CLERK,
    MATTER,
    TOLD,
    Matter,
    config,
    office,
    sent,
    tables_of,
)

WORDS = {"words": "yes"}


def answered(
    row: Mapping[str, object],
    facts: Mapping[str, object],
    **said: Any,  # noqa: ANN401 - as `config` takes it
) -> list[Mapping[str, object]]:
    """Return what is sent when a matter with these facts is answered; None drops a column."""
    given = {name: value for name, value in {**TOLD, **row}.items() if value is not None}
    with office(config(given, **said)) as engine:
        ref = engine.create("matter", facts, actor=CLERK).require().entity
        engine.fire(ref, "answer", WORDS, actor=CLERK).require()
        return sent(engine)


def whom(found: list[Mapping[str, object]]) -> list[object]:
    """Return to whom payloads go."""
    return [one["to"] for one in found]


def to(who: str, id_: str, *people: str) -> Mapping[str, object]:
    """Return a recipient as a payload has it."""
    return {"who": who, "id": id_, "people": list(people)}


@pytest.mark.parametrize(
    ("entry", "facts", "expected"),
    [
        ("customer:customer", {"customer": "C-1"}, [to("customer", "C-1")]),
        ("customer:customer", {}, []),
        ("role:clerk", {}, [to("role", "clerk", "clerk-1", "clerk-2")]),
        ("role_of:role", {"role": "head"}, [to("role", "head", "head-1")]),
        ("person:owner", {"owner": "clerk-1"}, [to("person", "clerk-1", "clerk-1")]),
        ("person:team", {"team": ["a", "b"]}, [to("person", "a", "a"), to("person", "b", "b")]),
        ("superior:owner", {"owner": "clerk-1"}, [to("person", "head-1", "head-1")]),
        ("superior:owner", {"owner": "head-1"}, []),
        ("superior:owner", {"owner": "nobody"}, []),
        ("department:department", {"department": "post"},
         [to("department", "post", "clerk-1", "clerk-2")]),
    ],
)  # fmt: skip
def test_who_gets_it_stands_in_the_facts_and_the_directory(
    entry: str, facts: Mapping[str, object], expected: list[object]
) -> None:
    """A role and a department are told with the people who are meant (SUG-011)."""
    assert whom(answered({"to": [entry]}, facts)) == expected


def test_a_customer_may_be_the_entity_itself() -> None:
    """As it is of customer records (REC-018)."""
    ((one,),) = ([found["to"] for found in answered({"to": ["customer:self"]}, {})],)
    assert one["who"] == "customer"  # type: ignore[index]
    assert one["id"]  # type: ignore[index]


def test_a_customer_is_called_as_the_record_told_it() -> None:
    """By name, where a name was heard of the same customer."""
    heard: Mapping[str, object] = {"name": "Harbour Mill"}
    link = Link("customer", EntityRef("main", "customer", "C-1"), 1, "active", heard)
    facts = Matter(customer="C-1", text="hello")
    matter = Snapshot(EntityRef("main", "matter", "M-1"), "open", 1, AT, AT, facts)
    tables = tables_of(config(TOLD))
    (row,) = tables.about(MATTER, "outputs", Output)
    bound = BoundOutput.of(row, MATTER, None, tables)
    linked = replace(matter, attached=Attached(links=(link,)))
    for known, text in ((matter, "C-1 hello\n"), (linked, "Harbour Mill hello\n")):
        (copy,) = bound.copies(Told(known, AT, CLERK))
        assert copy.text == text


def test_nobody_is_told_twice() -> None:
    """Who is owner and member of the team gets one copy."""
    facts = {"owner": "clerk-1", "team": ["clerk-1", "clerk-2"]}
    found = whom(answered({"to": ["person:owner", "person:team"]}, facts))
    assert [one["id"] for one in found] == ["clerk-1", "clerk-2"]  # type: ignore[index]


def test_what_is_told_is_in_the_journal() -> None:
    """The text is that of the decision: later changes do not touch it (CMP-016)."""
    with office(config(TOLD)) as engine:
        facts = {"customer": "C-1", "text": "first"}
        ref = engine.create("matter", facts, actor=CLERK).require().entity
        engine.fire(ref, "answer", WORDS, actor=CLERK).require()
        engine.fire(ref, "edit", {"customer": "C-1", "text": "second"}, actor=CLERK).require()
        (record,) = [one for one in engine.journal(ref) if one.event.name == "answer"]
        (message,) = record.messages
        assert (message.event, message.id) == ("told", "customer:C-1")
        assert message.payload == {
            "output": "told",
            "kind": "notice",
            "entity": str(ref),
            "to": to("customer", "C-1"),
            "channel": None,
            "address": None,
            "language": "en",
            "subject": "Told",
            "text": "C-1 first\n",
            "html": False,
        }
        assert not any(again.differs for again in engine.redecide(ref))


ALL = {
    "name": "all",
    "text_en": (
        "{{ state }}|{{ actor }}|{{ machine }}|{{ event }}|{{ title }}|{{ recipient }}|"
        "{{ company }}|{% for one in fields %}{{ one.label }}={{ one.value }};{% endfor %}"
    ),
    "text_zh": "{{ state }}",
}


@pytest.mark.parametrize(
    ("row", "facts", "recipient"),
    [
        ({}, {"customer": "C-1"}, "C-1"),
        ({"to": ["role:clerk"]}, {}, "clerk"),
        ({"to": ["person:owner"]}, {"owner": "clerk-1"}, "clerk-1"),
    ],
)
def test_a_template_knows_what_happened(
    row: Mapping[str, object], facts: Mapping[str, object], recipient: str
) -> None:
    """State, event and machine as they are called, who did it, and whom it is told."""
    given = {"template": "all", "fields": ["text"], **row}
    settings = {"company.name": "Quay"}
    ((one),) = answered(given, {"text": "hello", **facts}, templates=[ALL], settings=settings)
    assert one["text"] == f"answered|clerk-1|matter|answer|Told|{recipient}|Quay|text=hello;\n"
    ((one),) = answered(given, facts, templates=[ALL], settings={"company.language": "zh"})
    assert one["text"] == "已答复\n"


@pytest.mark.parametrize(
    ("facts", "settings", "language", "text"),
    [
        ({}, {}, "en", "C-1 hello\n"),
        ({}, {"company.language": "zh"}, "zh", "C-1：hello\n"),
        ({"language": "zh"}, {}, "zh", "C-1：hello\n"),
        ({"language": "en"}, {"company.language": "zh"}, "en", "C-1 hello\n"),
        ({"language": "fr"}, {"company.language": "zh"}, "zh", "C-1：hello\n"),
    ],
)
def test_the_language_is_the_recipients_else_the_companys(
    facts: Mapping[str, object], settings: Mapping[str, object], language: str, text: str
) -> None:
    """English where nothing says; a language crmflow does not speak counts as none (CMP-018)."""
    known = {"customer": "C-1", "text": "hello", **facts}
    (one,) = answered({"language_of": "language"}, known, settings=settings)
    assert (one["language"], one["text"]) == (language, text)


@pytest.mark.parametrize(
    ("row", "facts", "expected"),
    [
        ({}, {}, [(None, "notice")]),
        ({"channels": ["letter", "email"]}, {}, [("letter", "notice"), ("email", "mailer")]),
        ({"channels": ["sms"]}, {}, [("sms", "gate")]),
        ({"channels": ["email"], "handler": "own"}, {}, [("email", "own")]),
        ({"channel_of": "channels"}, {"channels": ["sms", "web"]},
         [("sms", "gate"), ("web", "notice")]),
        ({"channel_of": "channels"}, {}, []),
    ],
)  # fmt: skip
def test_each_channel_has_its_handler(
    row: Mapping[str, object], facts: Mapping[str, object], expected: list[tuple[object, str]]
) -> None:
    """A row's own handler comes first, then the channel's, then `notice` (PWR-041)."""
    settings = {"outputs.handlers": {"email": "mailer", "sms": "gate"}}
    found = answered(row, {"customer": "C-1", **facts}, settings=settings)
    assert [(one["channel"], one["handler"]) for one in found] == expected


def test_an_address_may_stand_in_the_facts() -> None:
    """It goes with the message."""
    (one,) = answered({"address_of": "text"}, {"customer": "C-1", "text": "Main Street 1"})
    assert one["address"] == "Main Street 1"


@pytest.mark.parametrize(
    ("when", "facts", "count"),
    [
        ("is_grave", {"is_grave": True}, 1),
        ("is_grave", {}, 0),
        ("form.words == 'yes' and state == 'answered' and event == 'answer'", {}, 1),
        ("actor.id == 'clerk-1' and 'clerk' in actor.roles", {}, 1),
        ("form.words == 'no'", {}, 0),
    ],
)
def test_it_goes_out_where_its_condition_holds(
    when: str, facts: Mapping[str, object], count: int
) -> None:
    """Afterwards, with what the event brought."""
    assert len(answered({"when": when}, {"customer": "C-1", **facts})) == count


def test_entering_a_state_causes_it_whatever_the_event() -> None:
    """And staying in the state does not."""
    row = {**TOLD, "events": [], "states": ["open"]}
    with office(config(row)) as engine:
        ref = engine.create("matter", {"customer": "C-1"}, actor=CLERK).require().entity
        engine.fire(ref, "edit", {"customer": "C-1"}, actor=CLERK).require()
        assert len(sent(engine)) == 1
        engine.fire(ref, "answer", WORDS, actor=CLERK).require()
        engine.fire(ref, "again", actor=CLERK).require()
        assert len(sent(engine)) == 2


def twice(engine: Engine) -> int:
    """Return how often it is told when a matter is answered twice."""
    ref = engine.create("matter", {"customer": "C-1"}, actor=CLERK).require().entity
    for _ in range(2):
        engine.fire(ref, "answer", WORDS, actor=CLERK).require()
        engine.fire(ref, "again", actor=CLERK).require()
    return len(sent(engine))


def test_once_is_once_in_a_life() -> None:
    """A letter of thanks is not sent again with a second answer (SUG-033)."""
    with office(config(TOLD)) as engine:
        assert twice(engine) == 2
    with office(config({**TOLD, "once": True})) as engine:
        assert twice(engine) == 1


def test_what_went_out_is_explained() -> None:
    """How often, and when last, with the row it comes from."""
    with office(config({**TOLD, "rules": ["SUG-033"]})) as engine:
        twice(engine)
        (row,) = engine.find("matter")
        snapshot = engine.get(row.ref)
        assert snapshot.policy("outputs") == OutputState((Sent("told", AT, 2),))
        explained = engine.explain(row.ref, "answer", WORDS, actor=CLERK)
        (line,) = [one for one in explained.lines if one.code == "output_sent"]
        assert line.rules == ("SUG-033",)
        assert line.values == {"output": "told", "at": AT, "times": 2}
        assert "told: went out 2 times" in str(explained)


def test_a_row_that_is_gone_still_says_its_name() -> None:
    """Its state stays with the entity."""
    store = MemoryStore()
    with office(config(TOLD), store=store) as engine:
        ref = engine.create("matter", {"customer": "C-1"}, actor=CLERK).require().entity
        engine.fire(ref, "answer", WORDS, actor=CLERK).require()
        with office(config({**TOLD, "name": "other"}), store=store) as again:
            (line,) = again.explain(ref, "again", actor=CLERK).lines
            assert (line.row, line.rules) == ("told", ())


def test_it_counts_on_its_days() -> None:
    """A row that begins later says nothing yet."""
    assert answered({"from_on": "2026-04-01"}, {"customer": "C-1"}) == []
    assert len(answered({"from_on": "2026-03-02"}, {"customer": "C-1"})) == 1


WORK = {"name": "ask_for_card", "role": "clerk", "assignee": "owner", "done": ["again"]}


def test_work_may_be_opened_instead() -> None:
    """For the person a fact names, until an event does it (REC-038)."""
    row = {**TOLD, "to": [], "task": WORK}
    with office(config(row)) as engine:
        ref = engine.create("matter", {"owner": "clerk-1"}, actor=CLERK).require().entity
        engine.fire(ref, "answer", WORDS, actor=CLERK).require()
        (task,) = engine.get(ref).tasks
        assert (task.name, task.role, task.assignee) == ("ask_for_card", "clerk", "clerk-1")
        assert task.policy == "outputs"
        assert sent(engine) == []
        engine.fire(ref, "again", actor=CLERK).require()
        assert engine.get(ref).tasks == ()


def test_an_event_closes_the_work_it_does_and_no_other() -> None:
    """Each output has work of its own."""
    first = {**TOLD, "to": [], "task": WORK}
    other = {**first, "name": "other", "task": {**WORK, "name": "overdue_report", "done": []}}
    with office(config(first, other)) as engine:
        ref = engine.create("matter", {}, actor=CLERK).require().entity
        engine.fire(ref, "answer", WORDS, actor=CLERK).require()
        engine.fire(ref, "again", actor=CLERK).require()
        assert [task.name for task in engine.get(ref).tasks] == ["overdue_report"]


def test_what_is_held_is_not_told_yet() -> None:
    """Only what is decided."""
    with office(config(TOLD)) as engine:
        ref = engine.create("matter", {"customer": "C-1"}, actor=CLERK).require().entity
        engine.fire(ref, "answer", WORDS, actor=CLERK).require()
        (record,) = [one for one in engine.journal(ref) if one.event.name == "answer"]
        snapshot = engine.get(ref)
        (policy,) = [one for one in engine.registry.policies["matter"] if one.name == "outputs"]
        evolve = policy.evolve_for("answer")
        assert evolve is not None
        assert evolve(None, Occurrence(snapshot, snapshot, record.event, Entry.HELD)) is None
        assert evolve(None, Occurrence(snapshot, snapshot, record.event, Entry.DECISION))


def test_an_entity_that_has_ended_gets_no_work() -> None:
    """What is sent is sent all the same."""
    task = {"name": "ask_for_card", "role": "clerk"}
    row = {**TOLD, "events": ["close", "answer"], "task": task}
    with office(config(row)) as engine:
        ref = engine.create("matter", {"customer": "C-1"}, actor=CLERK).require().entity
        engine.fire(ref, "close", actor=CLERK).require()
        assert engine.get(ref).tasks == ()
        assert len(sent(engine)) == 1


def test_a_form_without_recipients_is_not_sent() -> None:
    """It is printed when somebody asks (DEV-012)."""
    assert answered({"to": []}, {"customer": "C-1"}) == []


class Mailer:
    """A plugin that takes e-mail."""

    def __init__(self) -> None:
        self.parcels: list[Parcel] = []

    @hookimpl
    def handlers(self, tables: object) -> Mapping[str, object]:
        """Bring the handler."""
        return {"mailer": self.parcels.append}


def test_a_plugin_takes_what_its_channel_carries() -> None:
    """With the whole text, and a key that is the same for every delivery."""
    plugin = Mailer()
    said = config(
        {**TOLD, "channels": ["email"]}, settings={"outputs.handlers": {"email": "mailer"}}
    )
    with office(said, plugin) as engine:
        ref = engine.create("matter", {"customer": "C-1"}, actor=CLERK).require().entity
        engine.fire(ref, "answer", WORDS, actor=CLERK).require()
        engine.run_due()
    (parcel,) = plugin.parcels
    assert parcel.message.payload["channel"] == "email"
    assert parcel.key == f"main/matter/{ref.id}/2/0"


def test_data_goes_to_its_system_as_it_is() -> None:
    """INT-001: chosen facts as plain values, in no words."""
    row = {
        "kind": "data", "template": None, "to": [], "connector": "erp",
        "fields": ["customer", "mood", "parts", "form.words"],
    }  # fmt: skip
    endpoints = {"erp": {"internal": True}, "bi": {"internal": False, "handler": "warehouse"}}
    settings = {"integration.endpoints": endpoints}
    facts = {"customer": "C-1", "mood": "calm", "parts": [{"name": "pump", "price": "3 CNY"}]}
    (one,) = answered(row, facts, settings=settings)
    assert (one["handler"], one["connector"], one["internal"]) == ("erp", "erp", False)
    assert (one["state"], one["event"]) == ("answered", "answer")
    assert one["data"] == {
        "customer": "C-1",
        "mood": "calm",
        "parts": [{"name": "pump", "price": "3 CNY", "pieces": []}],
        "form.words": "yes",
    }
    (other,) = answered({**row, "connector": "bi"}, facts, settings=settings)
    assert other["handler"] == "warehouse"
