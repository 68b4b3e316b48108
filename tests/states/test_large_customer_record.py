"""The machine `large_customer_record`: the form of the catalogue's part 8, with what is kept."""

from datetime import timedelta
from typing import Any

import pytest

from crmflow.core.actor import Actor
from crmflow.core.decision import Decision
from crmflow.states.power.large_customer.facts import Service
from tests.states.case import AT, Case, declared, legal, pairs, walk_of

Plain = dict[str, Any]

SUPPLY = {
    "production": "tiles, two kilns", "equipment": "two transformers of 800 kVA",
    "repairs": "switch renewed in 2025", "site_survey": "2026-01-12",
    "construction_plan": "third kiln in autumn", "metering": "high voltage side",
}  # fmt: skip
ENERGY = {"peak": "900.5", "flat": "600", "valley": "200"}


def reading(hour: int, kw: str, kvar: str = "0", *volts: str, on: str = "2026-03-01") -> Plain:
    """Return a reading of an hour."""
    return {
        "at": f"{on}T{hour:02}:00:00+00:00", "voltages": list(volts or ("10000",) * 3),
        "currents": ["40", "40", "40"], "kw": kw, "kvar": kvar,
    }  # fmt: skip


def day(on: str, *curve: Plain, **changes: object) -> Plain:
    """Return the readings of a day, all of them due, come and verified."""
    count = {"expected": len(curve), "accurate": len(curve)}
    return {"on": on, "curve": list(curve), "energy": ENERGY, **count, **changes}


FIRST = (reading(2, "300"), reading(10, "900", "435.9"), reading(20, "600"))
PAYLOADS: dict[str, Plain] = {
    "open": {
        "customer": "C-1", "manager": "person-1", "terminal": "T-9", "supply": SUPPLY,
        "agreed": {"voltage_low": "9300", "voltage_high": "10700", "limit_kw": "1000"},
        "ways": ["sms"],
    },
    "keep": {"supply": {**SUPPLY, "repairs": "none"}, "terminal": "T-10"},
    "subscribe": {"ways": ["web", "phone"]},
    "notify": {"text": "prices change on 1 April"},
    "read": day("2026-03-01", *FIRST),
    "forecast": {
        "month": "2026-04-01", "scada_kw": "980", "grid_kw": "1000", "earlier": ["800", "850"],
    },
    "analyse": {
        "by_period": "peak in the forenoon", "by_voltage_level": "all at 10 kV",
        "supply_quality": "voltage steady",
        "influences": [{"by": "season", "effect": "more orders in spring"}],
    },
    "plan_usage": {"plan": "second kiln after ten in the evening"},
    "prepare_repair": {"plan": "feed from the second line; crew 2; spare fuse in store"},
    "guide": {
        "trained": ["electrician on duty"], "maintenance": "oil of transformer 1",
        "found": ["open switch box"],
    },
    "guide:removed": {
        "trained": ["electrician on duty"], "maintenance": "none",
        "removed": ["open switch box"],
    },
    "serve": {"service": "visit", "result": "tariff explained"},
    "meet": {
        "held_on": "2026-03-01", "attended": ["leaders", "office"],
        "opinions": [
            {"kind": "suggestion", "content": "an hour's notice of outages"},
            {"kind": "complaint", "content": "the line hums"},
            {"kind": "opinion", "content": "content with the service room"},
        ],
    },
    "complete_supply": {"second": "dual", "checked": "switched over under load"},
    "end": {"reason": "moved away"},
}  # fmt: skip
KEPT = [
    "keep",
    "subscribe",
    "notify",
    "read",
    "forecast",
    "analyse",
    "plan_usage",
    "prepare_repair",
    "guide",
    "serve",
    "meet",
    "complete_supply",
]
TABLE = ("open: - -> served", *(f"{event}: * -> =" for event in KEPT), "end: * -> ended")
ALL = ("open", "read", "analyse")
PATHS = {"-": (), "served": ALL}


def record(*steps: str) -> Case:
    """Return a record that has taken these steps."""
    return Case("large_customer_record", PAYLOADS, ("demo", "power")).go(*steps)


def sent(decision: Decision, machine: str) -> list[Plain]:
    """Return what a decision sends to a machine."""
    found = decision.require().messages
    return [dict(one.payload) for one in found if one.machine == machine]


def test_the_table() -> None:
    """One record per customer, kept until it ends."""
    assert declared("large_customer_record") == pairs(TABLE)


@pytest.mark.parametrize(("source", "event", "to"), legal(PATHS, TABLE))
def test_a_row_is_legal(source: str, event: str, to: str) -> None:
    """Every row leads where the table says."""
    case = record(*PATHS[source])
    payload = day("2026-03-02", reading(8, "1", on="2026-03-02")) if event == "read" else None
    case.fire(event, payload=payload).require()
    assert case.state == ("served" if to == "=" else to)
    case.hold_invariants()


@pytest.mark.parametrize(
    ("rule", "steps", "step", "changes", "why"),
    [
        ("PWR-040", (), "open", {"supply": {**SUPPLY, "metering": " "}}, "$.supply.metering"),
        ("PWR-015", (), "open", {"terminal": None}, "$.terminal"),
        ("PWR-019", ALL, "read", {}, "day_is_read"),
        ("PWR-019", ("open",), "read", {"curve": [FIRST[1], FIRST[0]], "accurate": 2},
         "curve_not_in_order"),
        ("PWR-019", ("open",), "read", {"curve": [reading(10, "1", on="2026-03-02")],
         "accurate": 1}, "curve_not_in_order"),
        ("PWR-019", ("open",), "read", {"curve": [{**FIRST[0], "kw": "-1"}]}, "$.curve[0].kw"),
        ("PWR-019", ("open",), "read", {"curve": [{**FIRST[0], "kvar": "NaN"}]},
         "$.curve[0].kvar"),
        ("PWR-049", ("open",), "read", {"expected": 2}, "readings_do_not_add_up"),
        ("PWR-049", ("open",), "read", {"accurate": 4}, "readings_do_not_add_up"),
        ("PWR-023", ("open",), "forecast", {"earlier": []}, "no_history"),
        ("PWR-023", ALL, "forecast", {"month": "2026-03-01"}, "month_has_begun"),
        ("PWR-023", ALL, "forecast", {"month": "2026-04-02"}, "$.month"),
        ("PWR-022", ("open",), "analyse", {}, "no_readings"),
        ("PWR-024", ("open", "read"), "plan_usage", {}, "use_not_analysed"),
        ("PWR-032", ("open",), "guide:removed", {"found": ["wet floor"]}, "unknown_hazard"),
        ("PWR-044", ("open",), "serve", {"service": "needs_passed_on"}, "no_need_named"),
        ("PWR-037", ("open",), "meet", {"opinions": []}, "$.opinions"),
        ("PWR-045", ("open", "complete_supply"), "complete_supply", {}, "supply_is_complete"),
    ],
)  # fmt: skip
def test_a_guard_refuses(
    rule: str, steps: tuple[str, ...], step: str, changes: dict[str, object], why: str
) -> None:
    """What each event needs, with its reason."""
    case = record(*steps)
    assert case.why_not(step, payload=case.but(step, **changes)) == {why}, rule


def test_the_service_record_is_kept_up_to_date() -> None:
    """PWR-040: what is left out stays."""
    facts = record("open", "keep").facts
    assert (facts.supply.repairs, facts.supply.production) == ("none", "tiles, two kilns")
    assert (facts.terminal, facts.manager) == ("T-10", "person-1")


def test_customers_subscribe_themselves() -> None:
    """To notices by SMS, web and phone, or to none (PWR-041)."""
    case, own = record("open"), Actor("C-1", {"customer"})
    case.fire("subscribe", own).require()
    assert case.facts.ways == ("web", "phone")
    case.fire("subscribe", own, {"ways": []}).require()
    assert case.facts.ways == ()


def test_readings_form_curves() -> None:
    """Voltage, current, power and energy (PWR-019); curve, highest and lowest load (PWR-020)."""
    facts = record("open", "read").facts
    assert [str(one.kw) for one in facts.curve] == ["300", "900", "600"]
    month = facts.month
    assert (str(month.highest_kw), str(month.lowest_kw)) == ("900", "300")
    assert (str(month.energy.peak), month.received, month.conforming) == ("900.5", 3, 3)
    assert str(facts.power_factor) == "97.19"  # 1800 kW with 435.9 kvar


def test_a_month_adds_up_and_the_next_begins_anew() -> None:
    """Highest loads of months past stay: the long history a forecast needs (PWR-020, PWR-023)."""
    case = record("open")
    case.at = AT + timedelta(days=60)
    case.fire("read").require()
    case.fire("read", payload=day("2026-03-02", reading(8, "950", on="2026-03-02"))).require()
    assert (case.facts.month.days, str(case.facts.month.energy.flat)) == (2, "1200")
    case.fire("forecast").require()
    april = day("2026-04-01", reading(8, "700", on="2026-04-01"))
    case.fire("read", payload=april).require()
    assert (case.facts.month.days, [str(one) for one in case.facts.peaks]) == (1, ["950"])
    assert case.facts.forecast_accuracy is None  # the month it was for is not over
    may = day("2026-05-01", reading(8, "700", on="2026-05-01"))
    case.fire("read", payload=may).require()
    # 998.88 kW were forecast for April, 700 came.
    assert (str(case.facts.forecast.kw), str(case.facts.forecast_accuracy)) == ("998.88", "57.30")


def test_a_forecast_is_the_mean_of_three() -> None:
    """The trend of the months, SCADA data and the grid's forecast (PWR-023)."""
    case = record("open", "read", "forecast")
    made = case.facts.forecast
    # 800, 850, 900 go on to 950.
    assert (str(made.trend_kw), str(made.kw)) == ("950.00", "976.66")
    assert case.facts.forecast.month.isoformat() == "2026-04-01"


@pytest.mark.parametrize(
    ("rule", "bad", "kind", "finding"),
    [
        ("PWR-021", reading(23, "0", "0", "0", "0", "0"), "supply_fault", "no_voltage"),
        ("PWR-021", reading(23, "9", "0", "9299"), "supply_fault", "voltage_out_of_bounds"),
        ("PWR-026", reading(23, "9", "0", "10000", "0"), "meter_fault", "phase_missing"),
        ("PWR-041", reading(23, "1000.1"), "over_limit", "load_over_limit"),
    ],
)
def test_what_is_wrong_in_the_readings_raises_an_alert(
    rule: str, bad: Plain, kind: str, finding: str
) -> None:
    """At once, with the curve; nothing is wrong in good ones (PWR-016)."""
    case = record("open")
    assert sent(case.fire("read"), "alert") == []
    case = record("open")
    (told,) = sent(case.fire("read", payload=day("2026-03-01", *FIRST, bad)), "alert")
    assert (told["kind"], told["finding"]) == (kind, finding), rule
    assert (told["customer"], told["source"], len(told["curve"])) == ("C-1", "remote_reading", 4)


def test_a_forecast_over_the_limit_and_odd_use_raise_alerts_too() -> None:
    """PWR-023 looks ahead; what an analysis finds odd is abnormal use (PWR-022, PWR-027)."""
    case = record("open", "read")
    assert sent(case.fire("forecast"), "alert") == []
    high = case.but("forecast", scada_kw="1200", grid_kw="1200")
    (told,) = sent(case.fire("forecast", payload=high), "alert")
    assert (told["finding"], told["forecast_kw"]) == ("forecast_over_limit", "1116.66")
    assert sent(case.fire("analyse"), "alert") == []
    odd = case.but("analyse", odd="full load at night")
    (told,) = sent(case.fire("analyse", payload=odd), "alert")
    assert (told["kind"], told["detail"]) == ("abnormal_use", "full load at night")


def test_without_a_limit_nothing_is_over_it() -> None:
    """The highest load is agreed with some customers only (PWR-041)."""
    case = record()
    free = case.but("open", agreed={"voltage_low": "9300", "voltage_high": "10700"})
    case.fire("open", payload=free).require()
    assert sent(case.fire("read"), "alert") == []
    assert sent(case.fire("forecast"), "alert") == []


@pytest.mark.parametrize(
    ("rule", "step", "fact", "title"),
    [
        ("PWR-024", "plan_usage", "usage_plan", "usage plan"),
        ("PWR-034", "prepare_repair", "repair_plan", "repair plan"),
    ],
)
def test_plans_are_filed(rule: str, step: str, fact: str, title: str) -> None:
    """The plan is on the record and goes to the file keeper as a document."""
    case = record(*ALL)
    (told,) = sent(case.fire(step), "file_document")
    assert (told["customer"], told["title"]) == ("C-1", title), rule
    assert getattr(case.facts, fact) == PAYLOADS[step]["plan"]


def test_every_record_asks_for_a_repair_plan() -> None:
    """It is work of the manager until it is there (PWR-034)."""
    case = record("open")
    assert case.tasks == {"prepare_repair": "key_account_manager"}
    assert case.go("prepare_repair").tasks == {}


def test_hazards_stay_until_they_are_removed() -> None:
    """Staff is trained, maintenance guided, hazards are work of the field staff (PWR-032)."""
    case = record("open", "prepare_repair", "guide")
    assert (case.facts.hazards, case.tasks) == (
        ("open switch box",), {"remove_hazards": "power_field"},
    )  # fmt: skip
    case.go("guide:removed")
    assert (case.facts.hazards, case.facts.guided_at, case.tasks) == ((), AT, {})


def test_one_manager_serves_one_customer() -> None:
    """One to one, on the customer's behalf; the field staff too if it is theirs (PWR-003)."""
    case = record("open")
    other = Actor("kam-2", {"key_account_manager", "power_field"})
    assert case.why_not("serve", other) == {"not_the_manager"}
    own = Actor("person-1", {"power_field"})
    assert case.fire("serve", own).accepted
    assert (case.facts.services, case.facts.served_at) == (1, AT)


@pytest.mark.parametrize(
    ("steps", "step", "inside", "field"),
    [
        (("open",), "serve", True, True),
        (("open",), "guide", False, True),
        (("open",), "complete_supply", False, True),
        (("open",), "read", True, False),
        (("open", "read"), "forecast", True, False),
        (("open", "read"), "analyse", True, False),
    ],
)
def test_office_staff_watch_and_field_staff_are_on_site(
    steps: tuple[str, ...], step: str, inside: bool, field: bool
) -> None:
    """Two kinds of key-account staff, each with work of its own (PWR-005, PWR-006, PWR-007)."""
    for role, may in (("power_inside", inside), ("power_field", field)):
        case = record(*steps)
        assert case.fire(step, Actor("person-1", {role})).accepted is may, role


@pytest.mark.parametrize("service", list(Service))
def test_services_unasked(service: Service) -> None:
    """Visits (PWR-018) and the rest (PWR-044); a need is passed on as a request."""
    case = record("open")
    serving = {"service": service, "result": "done", "need": "a second meter"}
    decision = case.fire("serve", payload=serving)
    (told,) = sent(decision, "service_request")
    assert (told["kind"], told["request"], told["owner"]) == (
        "consulting", "a second meter", "person-1",
    )  # fmt: skip
    (dealt,) = sent(decision, "customer")
    assert (dealt["kind"], dealt["detail"]) == ("service", "done")


def test_what_is_heard_at_the_meeting_is_taken_in() -> None:
    """Opinions are recorded; suggestions and complaints go their own ways (PWR-037)."""
    case = record("open")
    decision = case.fire("meet", Actor("centre-1", {"service_centre"}))  # PWR-036
    (suggested,) = sent(decision, "proposal")
    assert (suggested["content"], suggested["channel"]) == (
        "an hour's notice of outages", "in_person",
    )  # fmt: skip
    assert sent(decision, "complaint") == [{"customer": "C-1", "channel": "in_person"}]
    assert len(case.facts.opinions) == 3


def test_a_second_supply_is_an_item_of_improvement() -> None:
    """One is opened for each customer without one, until it is completed (PWR-045)."""
    case = record()
    (told,) = sent(case.fire("open"), "improvement_cycle")
    assert (told["source"], told["need"], told["customer"]) == (
        "review", "dual or own supply", "C-1",
    )  # fmt: skip
    assert case.go("complete_supply").facts.seconds == ("dual",)
    case.fire("complete_supply", payload={"second": "own", "checked": "test run"}).require()
    assert case.facts.seconds == ("dual", "own")
    safe = record()
    assert sent(safe.fire("open", payload=safe.but("open", seconds=["own"])),
                "improvement_cycle") == []  # fmt: skip


TestLargeCustomerRecordWalk = walk_of("large_customer_record", PAYLOADS)
