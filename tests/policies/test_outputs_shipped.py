"""The shipped outputs, worded for real entities on the way their machines take."""

from __future__ import annotations

import importlib
import importlib.resources
import re
import tomllib
from typing import Any, TypeVar

import attrs
import pytest
from msgspec.structs import replace

from crmflow.core.form import structure
from crmflow.core.journal import Entry, Put
from crmflow.core.link import Link
from crmflow.core.people import Person
from crmflow.core.ref import EntityRef
from crmflow.core.tables import TableRow, Tables
from crmflow.directory import Consulted, ListedDirectory
from crmflow.expressions import Scope
from crmflow.policies.outputs import BoundOutput, Copy, Output, Template, Told
from crmflow.states import load
from crmflow.texts import Texts
from tests.states.case import Case

STAFF = ListedDirectory((Person("sales-1", superior="head-1"), Person("head-1")))
HAN = re.compile(r"[\u4e00-\u9fff]")
R = TypeVar("R", bound=TableRow)


def shipped(table: str, kind: type[R]) -> dict[str, R]:
    """Return the rows of a file of the default profile, by name."""
    path = importlib.resources.files("crmflow.profiles") / "default" / f"{table}.toml"
    given = tomllib.loads(path.read_text("utf-8"))[table]
    read = [structure(kind, one)[0] for one in given]
    return {one.name: one for one in read if isinstance(one, kind)}


SHIPPED = shipped("outputs", Output)
TEMPLATES = shipped("templates", Template)


def ways(machine: str) -> Any:  # noqa: ANN401 - a test module
    """Return the tests of a machine: what its events bring, and the way to each state."""
    name = "complaints" if machine == "complaint" else f"test_{machine}"
    return importlib.import_module(f"tests.states.{name}")


def know(case: Case, tier: str) -> None:
    """Let an entity hear of its customer's record."""
    facts = {"name": "Harbour Mill", "owner": "sales-1", "tier": tier}
    link = Link("customer", EntityRef("acme", "customer", "C-1"), 1, "active", facts)
    case._conclude(Entry.MIRROR, {}, Put("links", link))


def case_of(machine: str, *steps: str, tier: str = "") -> Case:
    """Return an entity that has taken these steps, of a customer whose record is known."""
    case = Case(machine, ways(machine).PAYLOADS)
    for number, step in enumerate(steps):
        case.go(step)
        if not number and tier:
            know(case, tier)
    if getattr(case.facts, "customer", "") is None:
        case.snapshot = replace(case.snapshot, facts=attrs.evolve(case.facts, customer="C-1"))
    return case


def told_of(case: Case, name: str, lang: str | None = None) -> list[Copy]:
    """Return the copies of an output that the last event of an entity causes; none it may be."""
    machine = load(case.name)
    row, event = SHIPPED[name], case.journal[-1].event
    tables = case.registries[0].tables
    for record in case.journal:
        if record.event.name in row.events:
            event = record.event
    chosen = event.name if event.name in row.events else None
    bound = BoundOutput.of(row, machine, chosen, tables)
    people = Consulted(STAFF, event.at)
    told = Told(case.snapshot, event.at, event.actor, event.name, event.form, people)
    return [*bound.shown(told, lang)] if bound.applies(told) else []


@pytest.mark.parametrize(
    ("rule", "machine", "state", "steps", "output", "to", "says"),
    [
        ("DEV-008", "lead", "needs_analysed", (), "solution_basis", "person:person-1", "pumps"),
        ("DEV-012", "lead", "contacted", (), "follow_up_record", None, "prices"),
        ("DEA-006", "deal", "proposed", (), "client_proposal", "customer:C-1", "offer 1"),
        ("DLV-011", "order", "placed", ("advise",), "technical_advice", "customer:C-1", "seals"),
        ("CMP-004", "complaint", "recorded", (), "work_order", None, "refund"),
        ("CMP-005", "complaint", "recorded", (), "feedback_form", None, "phone"),
        ("CMP-022", "complaint", "solution_ready", (), "handling_form", None,
         "preventive measures: test"),
        ("CMP-024", "complaint", "solution_ready", (), "handling_form", None,
         "improvement measures: ____"),
        ("CMP-036", "complaint", "recorded", ("inform_delay",), "complaint_delay",
         "customer:C-1", "part is late"),
        ("CMP-033", "service_request", "in_progress", ("report_progress",), "request_progress",
         "customer:C-1", "progress: measured"),
        ("SUG-007", "proposal", "acknowledged", (), "proposal_acknowledged", "customer:C-1",
         "production"),
        ("SUG-008", "proposal", "acknowledged", ("change_terms",), "proposal_terms_changed",
         "customer:C-1", "it concerns quality"),
        ("SUG-011", "proposal", "processing", (), "proposal_record_copy", "department:production",
         "weld before painting"),
        ("SUG-033", "proposal", "accepted", ("answer",), "thank_you_letter", "customer:C-1",
         "Thank you for your suggestion"),
        ("SUG-033", "proposal", "rejected", ("answer",), "thank_you_letter", "customer:C-1",
         "Whatever became of it"),
        ("SUG-036", "proposal", "implementing", (), "suggestion_use_planned", "customer:C-1",
         "new order of steps"),
        ("SUG-036", "proposal", "implementing", ("report_use",), "suggestion_use",
         "customer:C-1", "half of the lines"),
        ("REV-004", "revisit", "prepared", (), "revisit_follow_up_record", None,
         "details of the conversation: ____"),
        ("REV-018", "revisit", "recorded", (), "revisit_record", None, "opinions: fast service"),
        ("REV-021", "revisit", "reported", (), "revisit_report", "role:service_supervisor",
         "very good"),
        ("REV-029", "care_task", "due", (), "care_reminder", "role:customer_service", "call"),
        ("TIE-037", "care_task", "missed", (), "care_missed", "person:head-1", "call"),
        ("LIF-015", "churn_case", "warned", (), "churn_warning", "person:sales-1",
         "solve_and_apologise"),
        ("REC-016", "customer", "collected", (), "customer_collection_form", None,
         "head of purchasing"),
        ("RCP-006", "reception", "requested", (), "reservation_form", None, "see the press"),
        ("RCP-016", "reception", "plan_reported", (), "visit_plan", "department:safety",
         "tour, then talks"),
        ("RCP-017", "reception", "pass_issued", (), "visit_pass", "role:reception", "VP-"),
        ("EXP-001", "expense_claim_reception", "drafted", (), "reception_application", None,
         "900 CNY"),
        ("EXP-013", "expense_claim_reception", "submitted", (), "running_number_slip", None,
         "S-17"),
        ("SUR-004", "survey", "reported", (), "survey_report", "role:after_sales_manager",
         "overall"),
        ("SUR-005", "survey", "reported", (), "survey_report", "role:after_sales_manager",
         "average"),
        ("SUR-006", "survey", "reported", (), "survey_report", "role:after_sales_manager",
         "lowest"),
        ("SUR-011", "survey", "checked", ("file",), "survey_summary",
         "role:marketing_department", "two answers"),
        ("SUR-012", "survey", "checked", ("file",), "survey_originals", "role:archive_room",
         "room 3, shelf 7"),
        ("QMC-006", "improvement_cycle", "designing", (), "needs_report", None, "priority: 1"),
        ("QMC-013", "improvement_cycle", "implementing", ("report_progress",),
         "improvement_progress", "customer:C-1", "first line done"),
        ("QMC-017", "improvement_cycle", "improving", (), "improvement_plan", None,
         "directions: all lines"),
        ("QMC-022", "improvement_cycle", "training", (), "process_change", "person:tech-1",
         "steel from May on"),
        ("QMC-025", "improvement_cycle", "improving", (), "improvement_plan", None,
         "owner: buyer-1"),
        ("KAM-016", "key_account", "analysed", (), "key_account_needs_report", "person:kam-1",
         "needs report 7"),
        ("KAM-018", "key_account", "strategy_set", (), "key_account_service_plan", None,
         "price strategy: yearly discount"),
        ("KAM-025", "key_account", "executing", (), "growth_plan", None, "help with planning"),
        ("KAM-027", "key_account", "executing", (), "growth_plan", None,
         "case day with a reception"),
        ("KAM-037", "key_account", "evaluated", (), "manager_assessment", "person:kam-1",
         "480,000 CNY"),
        ("KAM-040", "key_account", "evaluated", (), "evaluation_form", None,
         "good visits, slow parts"),
        ("KAM-040", "key_account", "analysed", (), "key_account_needs_form", None, "late parts"),
        ("TRN-008", "training", "assessed", (), "training_effect", "role:general_manager",
         "score: 92.5"),
        ("TRN-014", "training", "assessed", (), "training_effect", "role:general_manager",
         "incentive: award"),
    ],
)  # fmt: skip
def test_whom_it_goes_to_and_what_it_says(
    rule: str,
    machine: str,
    state: str,
    steps: tuple[str, ...],
    output: str,
    to: str | None,
    says: str,
) -> None:
    """Each rule's paper reaches whom the rule names, with what the entity knows."""
    row = SHIPPED[output]
    assert (rule in row.rules, row.machine) == (True, machine)
    case = case_of(machine, *ways(machine).PATHS[state], *steps, tier="strategic")
    copies = told_of(case, output)
    assert copies
    whom = [f"{one.recipient.who}:{one.recipient.id}" for one in copies if one.recipient]
    assert to is None or to in whom
    assert bool(whom) == bool(row.to)
    assert says in copies[0].text
    assert len(copies[0].text.splitlines()) > 1


@pytest.mark.parametrize(
    ("rule", "machine", "changes", "output", "sent"),
    [
        ("CMP-016", "complaint", {"grade": "major"}, "grave_letter", ["letter"]),
        ("CMP-016", "complaint", {"grade": "general"}, "grave_letter", []),
        ("CMP-018", "complaint", {"grade": "major"}, "complaint_result", []),
        ("CMP-018", "complaint", {"reply": "phone"}, "complaint_result", []),
        ("CMP-018", "complaint", {"reply": "writing"}, "complaint_result", ["writing"]),
    ],
)
def test_a_grave_case_is_told_by_letter_and_no_other(
    rule: str, machine: str, changes: dict[str, Any], output: str, sent: list[str]
) -> None:
    """What is told by phone is told by a person: nothing is sent."""
    assert rule in SHIPPED[output].rules
    case = case_of(machine, *ways(machine).PATHS["answered"])
    facts = attrs.evolve(case.facts, **changes)
    case.snapshot = replace(case.snapshot, facts=facts)
    assert [one.channel for one in told_of(case, output)] == sent


@pytest.mark.parametrize(
    ("rule", "kind", "tier", "steps", "output", "channels"),
    [
        ("TIE-020", "greeting", "core", ("become_due",), "greeting", ["sms", "email"]),
        ("TIE-022", "greeting", "core", ("become_due",), "greeting", ["sms", "email"]),
        ("TIE-033", "greeting", "core", ("become_due",), "greeting", ["sms", "email"]),
        ("TIE-020", "call", "core", ("become_due",), "greeting", []),
        ("TIE-023", "greeting", "strategic", ("become_due",), "greeting_gift", [None]),
        ("TIE-023", "greeting", "core", ("become_due",), "greeting_gift", []),
        ("TIE-024", "briefing", "core", ("become_due", "do"), "industry_briefing",
         ["sms", "email"]),
    ],
)  # fmt: skip
def test_greetings_and_briefings_go_out_by_the_channels_of_the_care(
    rule: str, kind: str, tier: str, steps: tuple[str, ...], output: str, channels: list[str]
) -> None:
    """TIE-020: when the care falls due, one or two days before."""
    assert rule in SHIPPED[output].rules
    case = Case("care_task", ways("care_task").PAYLOADS)
    brings = case.but("schedule", kind=kind, channels=["sms", "email"])
    case.fire("schedule", payload=brings).require()
    know(case, tier)
    for step in steps:
        if step == "do":
            case.fire(step, payload=case.but(step, channel="email")).require()
        else:
            case.go(step)
    copies = told_of(case, output)
    assert [one.channel for one in copies] == channels
    if output == "greeting" and copies:
        assert copies[0].text.startswith("Dear Harbour Mill,")


@pytest.mark.parametrize(
    ("amount", "in_store", "asked"),
    [("10000.01 CNY", True, True), ("10000 CNY", True, False), ("20000 CNY", False, False),
     ("20000 USD", True, False)],
)  # fmt: skip
def test_a_big_purchase_in_a_shop_asks_for_the_card(
    amount: str, in_store: bool, asked: bool
) -> None:
    """REC-038: strictly more than 10,000 yuan; REC-039 thanks for it."""
    row = SHIPPED["ask_for_card"]
    assert row.task is not None
    machine = load("customer")
    scope = Scope.about(machine, machine.form("note_purchase"), Tables())
    holds = scope.compile(row.when or "")
    kind = machine.form("note_purchase")
    assert kind is not None
    form, faults = structure(kind, {"amount": amount, "in_store": in_store, "origin": "x"})
    assert (holds(None, form), faults) == (asked, ())
    assert "REC-039" in SHIPPED["points_voucher"].rules


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("name", list(SHIPPED))
def test_every_output_has_a_title_and_labels_in_both_languages(name: str, lang: str) -> None:
    """No title is left in the other language, and each field has a label in it."""
    row, texts = SHIPPED[name], Texts(lang)
    assert bool(HAN.search(row.title(lang))) == (lang == "zh")
    for path in row.fields:
        assert texts.find("fields", path.rpartition(".")[2], row.machine) is not None, path


def test_every_template_has_words_in_both_languages() -> None:
    """And none is left over that no output uses."""
    for name, template in TEMPLATES.items():
        for column, source in template.sources.items():
            assert bool(HAN.search(source)) == column.endswith("zh") or "title" in source, name
    assert {row.worded for row in SHIPPED.values() if row.kind != "data"} <= set(TEMPLATES)
