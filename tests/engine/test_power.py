"""The power company's set through the whole engine: off by default, on with plugin and profile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import attrs
import pytest

from crmflow.clock import ManualClock
from crmflow.config import Overlay
from crmflow.core.actor import SYSTEM, Actor
from crmflow.core.decision import Decision
from crmflow.core.errors import UnknownMachineError
from crmflow.core.message import Handler, Parcel
from crmflow.core.people import Person
from crmflow.core.ref import EntityRef
from crmflow.core.tables import Tables
from crmflow.core.verdict import Answer
from crmflow.directory import ListedDirectory
from crmflow.engine.engine import Engine
from crmflow.engine.starting import examined
from crmflow.hookspecs import hookimpl
from crmflow.plugins.bringing import find_machines, plugin_machines
from crmflow.plugins.loading import load_plugins
from crmflow.policies.outputs import worded
from crmflow.states import MACHINES, SETS
from crmflow.states.power import machines
from tests.states.case import AT
from tests.states.test_large_customer_record import FIRST, PAYLOADS, day, reading
from tests.states.test_outage_plan import PAYLOADS as OUTAGE
from tests.states.test_training import SALES
from tests.states.test_training import SERVICE as LESSON

PLUGIN, PROFILE = "crmflow.states.power", ("demo", "power")
ON = ("alert", "outage_plan", "load_order", "large_customer_record")
STAFF = (
    Person("kam-1", ("key_account_manager",), qualifications=("large_customer_manager",)),
    Person("kam-2", ("key_account_manager",)),
    Person("in-1", ("power_inside",)),
    Person("field-1", ("power_field",)),
    Person("tech-1", ("production_technology",)),
    Person("dispatch-1", ("dispatch_office",)),
    Person("crew-1", ("repair_crew",)),
    Person("meter-1", ("metering",)),
    Person("insp-1", ("inspection_brigade",)),
    Person("centre-1", ("service_centre",)),
    Person("serv-1", ("customer_service",)),
    Person("keeper-1", ("file_keeper",)),
    Person("C-1", ("customer",)),
    Person("C-2", ("customer",)),
)
OPEN = {**PAYLOADS["open"], "manager": "kam-1"}
KNOWLEDGE = (
    "business_process", "law_and_policy", "tariffs", "connection_metering_safety",
    "writing_and_speaking", "computer_and_communication", "service_phrases", "etiquette",
    "local_grid_customers_load",
)  # fmt: skip
ABLE: Mapping[str, Any] = {
    "person": "kam-2", "passed": True, "education": "electrical_secondary_technical",
    "experience_years": "1", "knowledge": list(KNOWLEDGE), "exams": ["superior_body", "company"],
}  # fmt: skip


@attrs.define
class Post:
    """Takes what goes out, in the words people read."""

    sent: list[tuple[str, str, str, str]] = attrs.field(factory=list)

    @hookimpl
    def handlers(self, tables: Tables) -> Mapping[str, Handler]:
        """Take every notice."""

        def take(parcel: Parcel) -> None:
            told: Any = worded(parcel, tables)
            payload = parcel.message.payload
            self.sent.append(
                (str(payload.get("output")), told["to"]["id"], str(told["channel"]), told["text"])
            )

        return {"notice": take}

    def of(self, output: str) -> set[tuple[str, str]]:
        """Return to whom and by which channel an output went."""
        return {(to, channel) for name, to, channel, _ in self.sent if name == output}

    def text(self, output: str) -> str:
        """Return the first text of an output."""
        return next(text for name, _, _, text in self.sent if name == output)


@attrs.define
class Desk:
    """A power company."""

    engine: Engine
    clock: ManualClock
    post: Post

    def run(self) -> None:
        """Let everything that is due happen."""
        self.engine.run_due()

    def do(self, ref: EntityRef, event: str, by: str | Actor, **payload: object) -> Decision:
        """Fire an event."""
        return self.engine.fire(ref, event, payload or None, actor=by)

    def opened(self, **changes: object) -> EntityRef:
        """Open the record of the customer C-1, which is its id."""
        payload = {**OPEN, **changes}
        made = self.engine.create("large_customer_record", payload, actor="kam-1", id="C-1")
        return made.require().entity


def company(*on: str, config: Overlay | None = None) -> Desk:
    """Return a power company with these machines."""
    clock, post = ManualClock(AT), Post()
    made = Engine(
        "memory:", machines=on or ON, profile=PROFILE, plugins=[PLUGIN, post], config=config,
        directory=ListedDirectory(STAFF), clock=clock,
    )  # fmt: skip
    return Desk(made, clock, post)


@pytest.fixture
def desk() -> Iterator[Desk]:
    """Return a power company with its set."""
    made = company()
    with made.engine:
        yield made


def refused(decision: Decision) -> set[str]:
    """Return row and reason of everything that refuses."""
    assert decision.refusal is not None
    return {
        f"{one.row}: {one.reason}"
        for one in decision.refusal.verdicts
        if one.answer is Answer.REFUSE
    }


def test_the_set_is_off_by_default() -> None:
    """Nobody has its machines without the plugin, however many they take; names are known."""
    assert not set(SETS) & set(MACHINES)
    assert not set(SETS) & set(find_machines(None, load_plugins()))
    with pytest.raises(UnknownMachineError):
        Engine("memory:", machines=["alert"], profile="power")
    brought = plugin_machines(load_plugins([PLUGIN]))
    assert [one.name for one in machines()] == list(SETS)
    assert set(SETS) <= set(brought)


def test_the_rows_of_the_set_are_in_order() -> None:
    """With every machine there is switched on; without the plugin they wait for it."""
    manager = load_plugins([PLUGIN])
    found = examined(manager, find_machines(None, manager), PROFILE)
    assert [one for one in found.wrong if "power/" in one] == []
    alone = load_plugins()
    without = examined(alone, find_machines(None, alone), PROFILE)
    assert [one for one in without.wrong if "power/" in one] == []


def test_a_supply_fault_from_detection_to_closing(desk: Desk) -> None:
    """
    Nobody reports anything: readings raise it, it is told, the crew goes, advice follows.

    Rules: PWR-021 PWR-028 PWR-034 PWR-041 PWR-042 PWR-043
    """
    record = desk.opened()
    desk.do(record, "prepare_repair", "kam-1", plan="feed from the second line").require()
    dark = day("2026-03-01", *FIRST, reading(23, "0", "0", "0", "0", "0"))
    desk.do(record, "read", SYSTEM, **dark).require()
    desk.run()
    desk.run()
    (found,) = desk.engine.find("alert")
    assert found.state == "notified"
    assert desk.post.of("supply_alert") == {
        ("C-1", "sms"), ("C-1", "phone"), ("repair_crew", "sms"), ("repair_crew", "phone"),
    }  # fmt: skip
    assert "no voltage" in desk.post.text("supply_alert")
    alert = found.ref
    desk.do(alert, "dispatch", SYSTEM, crew=["crew-1"]).require()
    assert desk.engine.get(alert).facts.repair_plan == "feed from the second line"
    desk.do(alert, "handle", "crew-1", measure="fuse replaced", repaired=True).require()
    advice = [{"about": "transformer_too_small", "text": "a third transformer before autumn"}]
    desk.do(alert, "feed_back", "kam-1", advice=advice).require()
    desk.do(alert, "close", "kam-1", satisfied=True).require()
    desk.run()
    assert desk.post.of("crew_dispatched") == {("crew-1", "sms"), ("crew-1", "phone")}
    assert "a third transformer before autumn" in desk.post.text("usage_advice")
    assert "transformer too small" in desk.post.text("usage_advice")


@pytest.mark.parametrize(
    ("rule", "kind", "finding", "output", "to"),
    [
        ("PWR-026", "meter_fault", "phase_missing", "meter_fault", {("metering", "None")}),
        ("PWR-027", "abnormal_use", "odd_pattern", "abnormal_use",
         {("C-1", "sms"), ("C-1", "phone")}),
        ("PWR-013", "abnormal_use", "odd_pattern", "abnormal_use_report",
         {("inspection_brigade", "None")}),
        ("PWR-041", "over_limit", "load_over_limit", "over_limit_alert", {("C-1", "web")}),
    ],
)  # fmt: skip
def test_who_is_told_of_which_alert(
    desk: Desk, rule: str, kind: str, finding: str, output: str, to: set[tuple[str, str]]
) -> None:
    """Metering of meters, the customer's phone of abnormal use; of limits who subscribed."""
    seen = {
        "kind": kind, "finding": finding, "customer": "C-1", "source": "load_management",
        "ways": ["web"],
    }  # fmt: skip
    alert = desk.engine.create("alert", seen, actor="in-1").require().entity
    desk.run()
    assert desk.post.sent == []
    desk.do(alert, "notify", "in-1").require()
    desk.run()
    assert desk.post.of(output) == to, rule


def test_those_who_were_told_hear_that_it_was_false(desk: Desk) -> None:
    """And nobody else does (PWR-051)."""
    fault = {
        "kind": "supply_fault", "finding": "no_voltage", "customer": "C-1", "source": "scada",
    }  # fmt: skip
    false = {"checked_by": "call", "reason": "a test"}
    alert = desk.engine.create("alert", fault, actor="dispatch-1").require().entity
    desk.run()
    desk.do(alert, "dismiss", "in-1", **false).require()
    desk.run()
    assert ("C-1", "sms") in desk.post.of("alert_dismissed")
    desk.post.sent.clear()
    odd = {**fault, "kind": "abnormal_use", "finding": "odd_pattern"}
    alert = desk.engine.create("alert", odd, actor="dispatch-1").require().entity
    desk.do(alert, "dismiss", "in-1", **false).require()
    desk.run()
    assert desk.post.sent == []


@pytest.mark.parametrize(
    ("rule", "changes", "row"),
    [
        ("PWR-029", {"reliability": "99.9499"}, "outage_reliability"),
        ("PWR-030", {"voltage": "98.4999"}, "outage_voltage"),
    ],
)
def test_an_outage_keeps_reliability_and_voltage(
    desk: Desk, rule: str, changes: dict[str, object], row: str
) -> None:
    """At least 99.95 and 98.5 percent, exactly (PWR-014)."""
    good = {**OUTAGE["draft"], "reliability": "99.95", "voltage": "98.5"}
    bad = desk.engine.create("outage_plan", {**good, **changes}, actor="tech-1")
    assert refused(bad) == {f"{row}: condition"}, rule
    assert desk.engine.create("outage_plan", good, actor="tech-1").accepted


def test_outage_and_restoration_are_told_by_subscription(desk: Desk) -> None:
    """Each by the ways they chose, of a cancellation too once it was issued (PWR-031, PWR-041)."""
    plan = desk.engine.create("outage_plan", OUTAGE["draft"], actor="tech-1").require().entity
    desk.do(plan, "advise", "kam-1", **OUTAGE["advise"]).require()
    desk.do(plan, "issue", "tech-1").require()
    desk.run()
    assert desk.post.of("outage_by_sms") == {("C-1", "sms"), ("C-2", "sms")}
    assert desk.post.of("outage_on_web") == {("C-1", "web")}
    assert desk.post.of("outage_by_phone") == set()
    desk.post.sent.clear()
    desk.do(plan, "cancel", "tech-1", reason="storm").require()
    desk.run()
    assert "storm" in desk.post.text("outage_by_sms")
    desk.post.sent.clear()
    silent = desk.engine.create("outage_plan", OUTAGE["draft"], actor="tech-1").require().entity
    desk.do(silent, "cancel", "tech-1", reason="storm").require()
    desk.run()
    assert desk.post.sent == []


def test_a_load_order_warns_by_subscription(desk: Desk) -> None:
    """The plan of orderly use, then the warning over the limit (PWR-011, PWR-041)."""
    order = {
        "customer": "C-1", "occasion": "peak", "approved_order": "2026-4", "place": 3,
        "limit_kw": "800", "ways": ["web"],
    }  # fmt: skip
    ref = desk.engine.create("load_order", order, actor="dispatch-1").require().entity
    control = {
        "controls": ["limit_load"], "usage_plan": "one kiln", "controlled_kw": "300",
        "total_kw": "1100",
    }  # fmt: skip
    desk.do(ref, "execute", "in-1", **control).require()
    desk.do(ref, "warn", SYSTEM, load_kw="900").require()
    desk.run()
    assert desk.post.of("orderly_use") == desk.post.of("over_limit") == {("C-1", "web")}
    assert "900" in desk.post.text("over_limit")


def test_a_power_notice_goes_to_subscribers(desk: Desk) -> None:
    """PWR-041: by SMS as it was subscribed, then to nobody."""
    record = desk.opened()
    desk.do(record, "notify", "kam-1", text="prices change").require()
    desk.do(record, "subscribe", "C-1", ways=[]).require()
    desk.do(record, "notify", "kam-1", text="prices change again").require()
    desk.run()

    assert desk.post.of("power_notice") == {("C-1", "sms")}
    assert "again" not in desk.post.text("power_notice")
    assert len(desk.post.sent) == 1


def test_plans_analyses_and_forecasts_reach_people(desk: Desk) -> None:
    """
    Each is worded and sent to who needs it.

    Rules: PWR-022 PWR-023 PWR-024 PWR-032 PWR-034 PWR-037
    """
    record = desk.opened()
    desk.do(record, "read", SYSTEM, **PAYLOADS["read"]).require()
    for event, by in (
        ("forecast", "in-1"), ("analyse", "in-1"), ("plan_usage", "kam-1"),
        ("prepare_repair", "kam-1"), ("guide", "field-1"),
    ):  # fmt: skip
        desk.do(record, event, by, **PAYLOADS[event]).require()
    attended = ["leaders", "office", "discipline", "rural_power", "supply_stations"]
    desk.do(record, "meet", "centre-1", **{**PAYLOADS["meet"], "attended": attended}).require()
    desk.run()
    went = {name: {to for to, _ in desk.post.of(name)} for name, *_ in desk.post.sent}
    assert went == {
        "load_forecast": {"kam-1", "dispatch_office"},
        "usage_analysis": {"kam-1"},
        "usage_plan": {"C-1"},
        "repair_plan": {"repair_crew"},
        "guidance_record": {"C-1"},
        "meeting_record": {"service_centre"},
    }
    assert "more orders in spring" in desk.post.text("usage_analysis")


def test_who_attends_the_meeting(desk: Desk) -> None:
    """Leaders, office, discipline, rural power department and supply stations (PWR-036)."""
    record = desk.opened()
    alone = {**PAYLOADS["meet"], "attended": ["leaders", "office"]}
    assert refused(desk.do(record, "meet", "centre-1", **alone)) == {
        "power_meeting_attended: condition"
    }


def test_customers_read_their_own_data(desk: Desk) -> None:
    """PWR-038: by their role's rights, and nobody else's; printed they have the same."""
    record = desk.opened()
    desk.do(record, "read", SYSTEM, **PAYLOADS["read"]).require()
    own = desk.engine.read(record, actor="C-1")
    assert own.allowed
    assert own.facts["power_factor"] == "97.19"
    assert "opinions" not in own.facts
    assert not desk.engine.read(record, actor="C-2").allowed
    assert not desk.engine.read(record, actor="serv-1").allowed
    assert desk.engine.read(record, actor="field-1").allowed
    seen = {
        "kind": "over_limit",
        "finding": "load_over_limit",
        "customer": "C-1",
        "source": "scada",
    }
    alert = desk.engine.create("alert", seen, actor="in-1").require().entity
    assert desk.engine.read(alert, actor="C-1").allowed
    assert not desk.engine.read(alert, actor="C-2").allowed
    rows = desk.engine.listed("power_plans", actor="kam-1").rows
    assert len(list(rows)) == 1


def test_only_the_qualified_serve(desk: Desk) -> None:
    """To hold the post one must have passed (PWR-010); the directory says who has."""
    record = desk.opened(manager="kam-2")
    visit = PAYLOADS["serve"]
    assert refused(desk.do(record, "serve", "kam-2", **visit)) == {
        "large_customer_qualified: not_qualified"
    }
    desk.do(record, "keep", "kam-1", manager="kam-1").require()
    assert desk.do(record, "serve", "kam-1", **visit).accepted


@pytest.mark.parametrize(
    ("rule", "changes", "why"),
    [
        ("PWR-008", {"experience_years": "0.9"}, {"post_education"}),
        ("PWR-008", {"education": "senior_high_school", "experience_years": "4"},
         {"post_education"}),
        ("PWR-008", {"education": "senior_high_school", "experience_years": "5"}, set()),
        ("PWR-008", {"education": None, "experience_years": None}, {"post_education"}),
        ("PWR-009", {"knowledge": [one for one in KNOWLEDGE if one != "tariffs"]},
         {"post_knowledge"}),
        ("PWR-010", {"exams": ["superior_body"]}, {"post_exam"}),
        ("PWR-010", {"exams": ["superior_body", "labour_authority"]}, set()),
        ("PWR-010", {"exams": ["company"]}, {"post_exam"}),
        ("PWR-010", {"passed": False, "exams": []}, set()),
        ("PWR-008", {}, set()),
    ],
)  # fmt: skip
def test_what_the_post_of_manager_asks_for(
    rule: str, changes: dict[str, object], why: set[str]
) -> None:
    """Degree with years, nine fields of knowledge, two examinations; all faults at once."""
    found = {name: one for name, one in {**ABLE, **changes}.items() if one is not None}
    decision = assessed("large_customer_manager", found)
    if not why:
        assert decision.accepted, rule
        return
    assert {one.rpartition(" ")[2] for one in refused(decision)} == why, rule
    other = assessed("sales", found)
    assert other.accepted


def assessed(qualification: str, found: Mapping[str, object]) -> Decision:
    """Assess somebody in a training that qualifies for something."""
    boss = Actor("kam-0", {"key_account_manager"})
    with company("training").engine as engine:
        plan = {"kind": "key_account", "qualification": qualification}
        ref = engine.create("training", plan, actor=boss).require().entity
        when = {"starts_on": "2026-03-09", "invited": ["kam-2"], "lessons": [SALES, LESSON]}
        engine.fire(ref, "schedule", when, actor=boss).require()
        engine.fire(ref, "hold", {"attended": ["kam-2"]}, actor=boss).require()
        return engine.fire(ref, "assess", {"assessments": [dict(found)]}, actor=boss)


def test_training_is_judged_by_that_row_alone(desk: Desk) -> None:
    """Other machines and events have no judge of posts (PWR-008)."""
    assert desk.engine.fire(desk.opened(), "keep", {"terminal": "T-2"}, actor="kam-1").accepted


@pytest.mark.parametrize(
    ("rule", "cadence", "kind"),
    [("PWR-018", "power_visit", "visit"), ("PWR-044", "power_call", "call")],
)
def test_visits_and_calls_come_of_themselves(rule: str, cadence: str, kind: str) -> None:
    """Regularly; what they are for is the purpose of the revisit (PWR-035)."""
    made = company("large_customer_record", "care_task", "revisit")
    with made.engine as engine:
        made.opened()
        made.clock.advance(timedelta(days=100))
        made.run()
        made.run()
        care = next(
            one for one in engine.find("care_task") if engine.get(one.ref).facts.cadence == cadence
        )
        assert engine.get(care.ref).facts.kind == kind, rule
        done = {"result": "all well", **({"channel": "phone"} if kind == "call" else {})}
        engine.fire(care.ref, "do", done, actor="kam-1").require()
        made.run()
        (listed,) = engine.find("revisit")
        assert engine.get(listed.ref).facts.purpose == engine.get(care.ref).facts.reason


def test_guidance_and_analysis_are_regular_work() -> None:
    """Of field and inside staff (PWR-006, PWR-022, PWR-032)."""
    made = company("large_customer_record")
    with made.engine as engine:
        record = made.opened()
        made.clock.advance(timedelta(days=100))
        made.run()
        roles = {task.name: task.role for task in engine.get(record).tasks}
        assert roles["guide_on_site:power_guidance"] == "power_field"
        assert roles["analyse_use:power_analysis"] == "power_inside"


def test_what_a_record_passes_on_arrives() -> None:
    """
    Needs, suggestions, complaints, documents and the item of improvement are entities.

    Rules: PWR-024 PWR-034 PWR-037 PWR-044 PWR-045
    """
    made = company(
        "large_customer_record", "service_request", "proposal", "complaint", "file_document",
        "improvement_cycle",
    )  # fmt: skip
    with made.engine as engine:
        record = made.opened()
        attended = ["leaders", "office", "discipline", "rural_power", "supply_stations"]
        meeting = {**PAYLOADS["meet"], "attended": attended}
        made.do(record, "meet", "centre-1", **meeting).require()
        made.do(record, "prepare_repair", "kam-1", **PAYLOADS["prepare_repair"]).require()
        need = {"service": "needs_passed_on", "result": "noted", "need": "a second meter"}
        made.do(record, "serve", "kam-1", **need).require()
        made.run()
        found = {
            name: [engine.get(one.ref).facts for one in engine.find(name)]
            for name in ("service_request", "proposal", "complaint", "file_document",
                         "improvement_cycle")
        }  # fmt: skip
        assert [one.request for one in found["service_request"]] == ["a second meter"]
        assert [one.customer for one in found["proposal"]] == ["C-1"]
        assert [one.customer for one in found["complaint"]] == ["C-1"]
        assert [one.title for one in found["file_document"]] == ["repair plan"]
        assert [one.need for one in found["improvement_cycle"]] == ["dual or own supply"]


@pytest.mark.parametrize(
    ("output", "connector", "event"),
    [
        ("mis_supply", "mis", "keep"),
        ("billing_energy", "billing", "read"),
    ],
)
def test_data_goes_to_the_other_systems(output: str, connector: str, event: str) -> None:
    """PWR-039: to MIS and billing, as to SCADA and the hotline 95598, where it is switched on."""
    taken: list[Parcel] = []

    class Line:
        """Takes what goes to a connector."""

        @hookimpl
        def handlers(self, tables: Tables) -> Mapping[str, Handler]:
            """Bring the handler."""
            return {"line": taken.append}

    config = Overlay(
        {
            "integration.endpoints": {connector: {"internal": True, "handler": "line"}},
            "care.intervals_unset.power_revisit": "3mo",
            "calendar.working_days": "around_the_clock",
            "company.zone": "Asia/Shanghai",
        },
        {"outputs": [{"name": output, "enabled": True}]},
    )
    clock = ManualClock(AT)
    with Engine(
        "memory:", machines=["large_customer_record"], profile="power",
        plugins=[PLUGIN, Line()], config=config, directory=ListedDirectory(STAFF), clock=clock,
    ) as engine:  # fmt: skip
        ref = engine.create("large_customer_record", OPEN, actor="kam-1", id="C-1").require().entity
        engine.fire(ref, event, PAYLOADS[event], actor="in-1").require()
        engine.run_due()
    assert taken
    assert all(parcel.message.payload for parcel in taken)


def test_a_fact_of_the_month_is_exact(desk: Desk) -> None:
    """What the customer is charged by is not rounded (PWR-020)."""
    record = desk.opened()
    desk.do(record, "read", SYSTEM, **PAYLOADS["read"]).require()
    assert desk.engine.get(record).facts.month.energy.peak == Decimal("900.5")
