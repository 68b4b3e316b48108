"""The machine `alert`, catalogue 3.27."""

from datetime import timedelta

import pytest

from crmflow.core.actor import SYSTEM, Actor
from crmflow.states import load
from tests.states.case import AT, Case, declared, legal, pairs, walk_of

READING = {
    "at": "2026-03-02T08:45:00+00:00", "voltages": ["0", "0", "0"], "currents": ["0", "0", "0"],
    "kw": "0",
}  # fmt: skip
PAYLOADS: dict[str, dict[str, object]] = {
    "detect": {
        "kind": "supply_fault", "customer": "C-1", "source": "scada", "finding": "no_voltage",
        "curve": [
            {**READING, "at": "2026-03-02T08:30:00+00:00", "kw": "740"},
            READING,
        ],
        "energy": {"peak": "900", "flat": "600", "valley": "200"},
    },
    "detect:meter": {
        "kind": "meter_fault", "customer": "C-1", "source": "remote_reading",
        "finding": "phase_missing",
    },
    "detect:abnormal": {
        "kind": "abnormal_use", "customer": "C-1", "source": "load_management",
        "finding": "odd_pattern", "detail": "nothing by day, full load at night",
    },
    "detect:limit": {
        "kind": "over_limit", "customer": "C-1", "source": "load_management",
        "finding": "forecast_over_limit", "forecast_kw": "1240", "ways": ["sms", "web"],
    },
    "notify": {},
    "dispatch": {"crew": ["crew-1", "crew-2"], "repair_plan": "RP-7"},
    "handle": {"measure": "fuse replaced", "repaired": True},
    "handle:meter": {"measure": "phase connected", "metering_report": "M-17"},
    "handle:cleared": {
        "measure": "night shift explained", "cleared_with": "energy officer",
        "analysis": "two shifts moved into the valley hours",
    },
    "feed_back": {
        "advice": [{"about": "under_compensated", "text": "switch the capacitors on again"}],
    },
    "close": {"satisfied": True},
    "dismiss": {"checked_by": "call to the substation", "reason": "the sensor was being tested"},
}  # fmt: skip
TABLE = (
    "detect: - -> detected",
    "notify: detected -> notified",
    "dispatch: notified -> dispatched",
    "handle: notified, dispatched -> handled",
    "feed_back: handled -> fed_back",
    "close: fed_back -> closed",
    "dismiss: detected, notified, dispatched -> false_alarm",
)
PATHS = {
    "-": (),
    "detected": ("detect",),
    "notified": ("detect", "notify"),
    "dispatched": ("detect", "notify", "dispatch"),
    "handled": ("detect", "notify", "dispatch", "handle"),
    "fed_back": ("detect", "notify", "dispatch", "handle", "feed_back"),
}
POWER = ("demo", "power")


def alert(*steps: str) -> Case:
    """Return an alert that has taken these steps, by the rows of the power company."""
    return Case("alert", PAYLOADS, POWER).go(*steps)


def test_the_table_is_the_catalogue() -> None:
    """The rows are those of the catalogue, no more and no fewer."""
    assert declared("alert") == pairs(TABLE)


@pytest.mark.parametrize(("source", "event", "to"), legal(PATHS, TABLE))
def test_a_row_is_legal(source: str, event: str, to: str) -> None:
    """Every row leads where the catalogue says; without a crew only what is no supply fault."""
    if (source, event) == ("notified", "handle"):
        case = alert("detect:meter", "notify", "handle:meter")
    else:
        case = alert(*PATHS[source], event)
    assert case.state == to
    case.hold_invariants()


@pytest.mark.parametrize(
    ("rule", "steps", "step", "changes", "why"),
    [
        ("PWR-016", (), "detect", {"source": "customer_report"}, "not_monitored"),
        ("PWR-016", (), "detect", {"source": "rumour"}, "$.source"),
        ("PWR-021", (), "detect", {"finding": "phase_missing"}, "finding_of_other_kind"),
        ("PWR-034", PATHS["notified"], "dispatch", {"repair_plan": None}, "no_repair_plan"),
        ("PWR-043", PATHS["notified"], "dispatch", {"crew": []}, "$.crew"),
        ("PWR-051", PATHS["dispatched"], "handle", {"repaired": False}, "not_all_done"),
        ("PWR-043", PATHS["notified"], "handle", {}, "not_all_done"),
        ("PWR-026", ("detect:meter", "notify"), "handle", {}, "not_all_done"),
        ("PWR-022", ("detect:abnormal", "notify"), "handle:meter", {}, "not_all_done"),
        ("PWR-028", PATHS["handled"], "feed_back", {"advice": []}, "$.advice"),
        ("PWR-051", PATHS["notified"], "dismiss", {"checked_by": None}, "$.checked_by"),
        ("PWR-055", PATHS["handled"], "dismiss", {}, "no_row"),
    ],
)
def test_a_guard_refuses(
    rule: str, steps: tuple[str, ...], step: str, changes: dict[str, object], why: str
) -> None:
    """What an alert needs on its way, each with its reason."""
    case = alert(*steps)
    assert case.why_not(step, payload=case.but(step, **changes)) == {why}, rule


def test_monitoring_finds_what_no_customer_reports() -> None:
    """Readings come with it: highest and lowest load and energy stay (PWR-019, PWR-020)."""
    facts = alert("detect").facts
    assert (str(facts.highest_kw), str(facts.lowest_kw)) == ("740", "0")
    assert str(facts.energy.peak) == "900"
    assert [str(one.kw) for one in facts.curve] == ["740", "0"]


def test_a_forecast_may_raise_it() -> None:
    """Load that is forecast to be over the limit is no load yet (PWR-023)."""
    facts = alert("detect:limit").facts
    assert (str(facts.forecast_kw), facts.highest_kw, facts.ways) == ("1240", None, ("sms", "web"))


def test_a_supply_fault_is_told_at_once_and_the_rest_is_looked_at_first() -> None:
    """PWR-021: no moment passes; what is no supply fault waits for the inside staff (PWR-006)."""
    fault, odd = alert("detect"), alert("detect:abnormal")
    assert fault.wait(timedelta(0)) == ["notify"]
    assert (fault.state, fault.facts.notified_at) == ("notified", AT)
    assert odd.wait(timedelta(days=3)) == []
    assert odd.tasks == {"check_alert": "power_inside"}


@pytest.mark.parametrize(
    ("rule", "detect", "role"),
    [
        ("PWR-021", "detect", "repair_crew"),
        ("PWR-026", "detect:meter", "metering"),
        ("PWR-013", "detect:abnormal", "inspection_brigade"),
        ("PWR-006", "detect:limit", "key_account_manager"),
    ],
)
def test_who_works_on_which_kind(rule: str, detect: str, role: str) -> None:
    """Each kind is somebody's work."""
    assert alert(detect, "notify").tasks == {"handle_alert": role}, rule


def test_the_crew_is_sent_without_a_report_day_and_night() -> None:
    """PWR-043: by the system itself; PWR-033: 24 hours by a calendar that never closes."""
    case = alert("detect", "notify")
    assert case.due == {"fault_repair": AT + timedelta(hours=24)}
    case.fire("dispatch", SYSTEM).require()
    assert (case.facts.crew, case.facts.dispatched_at) == (("crew-1", "crew-2"), AT)
    assert case.due == {}
    late = alert("detect", "notify")
    late.wait(timedelta(hours=25))
    assert late.tasks["send_crew"] == "dispatch_office"


def test_the_repair_plan_is_looked_up_on_the_customers_record() -> None:
    """PWR-034: the one on file is taken where none is named; without any nobody is sent."""
    case = alert("detect", "notify").mirror("record", "served", "C-1")
    unnamed = case.but("dispatch", repair_plan=None)
    assert case.why_not("dispatch", payload=unnamed) == {"no_repair_plan"}
    case.mirror("record", "served", "C-1", version=2, repair_plan="feed from the second line")
    case.fire("dispatch", payload=unnamed).require()
    assert case.facts.repair_plan == "feed from the second line"


def test_what_is_no_supply_fault_needs_no_crew() -> None:
    """A meter fault is reported to metering (PWR-026), the rest is cleared with the customer."""
    assert alert("detect:meter", "notify", "handle:meter").facts.metering_report == "M-17"
    cleared = alert("detect:abnormal", "notify", "handle:cleared")
    assert cleared.facts.cleared_with == "energy officer"
    assert cleared.facts.analysis == "two shifts moved into the valley hours"  # PWR-022


def test_the_customer_gets_advice() -> None:
    """From the analysed data, such as on reactive power (PWR-028, PWR-042)."""
    case = alert(*PATHS["handled"])
    assert case.tasks == {"feed_back": "key_account_manager"}
    (advice,) = case.go("feed_back").facts.advice
    assert advice.about == "under_compensated"


def test_abnormal_use_is_closed_and_counted_by_the_inspection_brigade() -> None:
    """PWR-013: nobody else closes it; how breach or theft is pursued stays."""
    case = alert("detect:abnormal", "notify", "handle:cleared", "feed_back")
    assert case.tasks == {"close_alert": "inspection_brigade"}
    assert case.why_not("close", Actor("kam-1", {"key_account_manager"})) == {"not_the_brigade"}
    brigade = Actor("insp-1", {"inspection_brigade"})
    case.fire("close", brigade, {"pursued": "theft reported to the police"}).require()
    assert case.facts.pursued == "theft reported to the police"
    other = alert(*PATHS["fed_back"])
    assert other.tasks == {"close_alert": "key_account_manager"}
    assert other.fire("close", Actor("kam-1", {"key_account_manager"})).accepted


def test_what_is_not_real_is_dismissed() -> None:
    """With how it was checked; its limit is over (PWR-051, PWR-055)."""
    case = alert(*PATHS["notified"], "dismiss")
    assert (case.facts.checked_by, case.due, case.tasks) == ("call to the substation", {}, {})


def test_who_may_detect() -> None:
    """Monitoring, the inside staff and the dispatch office, no customer (PWR-006, PWR-016)."""
    who = {role for row in load("alert").rows if row.event == "detect" for role in row.who}
    assert who == {"system", "power_inside", "dispatch_office"}


TestAlertWalk = walk_of("alert", PAYLOADS)
