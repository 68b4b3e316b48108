"""The rows of the profile `power`: targets and what they are measured from, tiers, reports."""

from __future__ import annotations

import functools
import importlib.resources
import re
import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import attrs
import pytest
from msgspec.structs import replace

from crmflow.clock import ManualClock
from crmflow.config import Overlay
from crmflow.core.actor import Actor
from crmflow.core.entity import Snapshot
from crmflow.core.form import structure
from crmflow.core.journal import unborn
from crmflow.core.ref import EntityRef
from crmflow.core.tables import Tables
from crmflow.engine.engine import Engine
from crmflow.engine.starting import examined
from crmflow.plugins.bringing import find_machines
from crmflow.plugins.loading import load_plugins
from crmflow.policies.kpi import Kpi, Sample, measured, outcomes, tallies
from crmflow.policies.tiers import Scheme
from crmflow.states import load
from crmflow.states.power.readings import Energy, Load
from tests.states.case import AT
from tests.states.test_key_account import PAYLOADS as ACCOUNT

PLUGIN = "crmflow.states.power"
STAFF = Actor("dept-1", {"key_account_department"})
DAY = date(2026, 3, 1)
LATER = datetime(2026, 3, 3, tzinfo=UTC)
TARGETS = {
    "supply_reliability": ("at_least", "99.95", "PWR-029"),
    "supply_voltage": ("at_least", "98.5", "PWR-030"),
    "overall_satisfaction": ("above", "99", "PWR-046"),
    "business_satisfaction": ("at_least", "100", "PWR-047"),
    "one_to_one_reception": ("at_least", "100", "PWR-047"),
    "proactive_service": ("at_least", "100", "PWR-047"),
    "business_handling": ("at_least", "100", "PWR-047"),
    "system_satisfaction": ("at_least", "100", "PWR-048"),
    "remote_reading": ("at_least", "100", "PWR-049"),
    "remote_reading_success": ("at_least", "100", "PWR-049"),
    "remote_reading_accuracy": ("at_least", "100", "PWR-049"),
    "real_time_monitoring": ("at_least", "100", "PWR-050"),
    "monitored_voltage": ("at_least", "98", "PWR-050"),
    "power_factor": ("at_least", "90", "PWR-050"),
    "fault_handling": ("at_least", "100", "PWR-051"),
    "fault_accuracy": ("at_least", "100", "PWR-051"),
    "faults_handled": ("at_least", "100", "PWR-051"),
    "usage_analysis": ("at_least", "100", "PWR-052"),
    "load_forecast": ("at_least", "98.2", "PWR-053"),
    "load_control": ("at_least", "100", "PWR-054"),
    "load_under_control": ("at_least", "75", "PWR-054"),
    "orderly_use": ("at_least", "100", "PWR-054"),
    "usage_feedback": ("at_least", "100", "PWR-055"),
    "anomaly_accuracy": ("at_least", "100", "PWR-055"),
    "advice_satisfaction": ("at_least", "97", "PWR-055"),
    "dual_supply": ("at_least", "100", "PWR-056"),
    "outage_advice": ("at_least", "100", "PWR-056"),
    "electrical_guidance": ("at_least", "100", "PWR-056"),
    "repair_plans": ("at_least", "100", "PWR-056"),
    "revisits": ("at_least", "100", "PWR-056"),
}
MONTH = Load(
    DAY, 1, 200, 199, 190, 195, Decimal(900), Decimal(100),
    Energy(Decimal(3), Decimal(2), Decimal(1)), Decimal(10), Decimal(0),
)  # fmt: skip

WHOLE = attrs.evolve(MONTH, received=200, accurate=200)


@functools.cache
def tables() -> Tables:
    """Return the rows in use with every machine there is."""
    manager = load_plugins([PLUGIN], installed=False)
    found = examined(manager, find_machines(None, manager), ["demo", "power"])
    assert [one for one in found.wrong if "power/" in one] == []
    return found.tables


def rows(table: str) -> dict[str, Any]:
    """Return the rows of a file of the profile, by name."""
    path = importlib.resources.files("crmflow.profiles") / "power" / f"{table}.toml"
    return {row["name"]: row for row in tomllib.loads(path.read_text("utf-8"))[table]}


def indicator(name: str) -> Kpi:
    """Return an indicator."""
    return next(row for row in tables().of("kpis", Kpi) if row.name == name)


def entity(machine: str, state: str, facts: Mapping[str, object]) -> Snapshot[Any]:
    """Return an entity of which this is known, and nothing else."""
    kind = load(machine).facts
    needed = {one.name: None for one in attrs.fields(kind) if one.default is attrs.NOTHING}
    start = unborn(EntityRef("acme", machine, "X-1"), AT)
    return replace(start, state=state, facts=kind(**{**needed, **facts}), entered_at=AT)


def sample(name: str, state: str, facts: Mapping[str, object]) -> Sample | None:
    """Return what an entity counts for in an indicator."""
    row = indicator(name)
    assert row.entities is not None
    one = measured(row, load(row.entities), tables())
    return one.of_entity(entity(row.entities, state, facts))


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_is_that_of_the_catalogue(name: str) -> None:
    """
    Just below it is missed, it itself is reached unless the rule says above.

    Rules: PWR-029 PWR-030 PWR-046 PWR-047 PWR-048 PWR-049 PWR-050 PWR-051 PWR-052 PWR-053
    PWR-054 PWR-055 PWR-056
    """
    direction, text, rule = TARGETS[name]
    row, target = indicator(name), Decimal(text)
    assert (row.direction, row.target, rule in row.rules) == (direction, target, True)
    found = [
        next(iter(outcomes(row, tallies(row, [Sample(DAY, value, out_of(row))])))).met
        for value in (target - Decimal("0.0001"), target, target + Decimal("0.0001"))
    ]
    assert found == [False, direction == "at_least", True]


def out_of(row: Kpi) -> Decimal:
    """Return what a sample is out of: of a share 100, of an average one."""
    return Decimal(100 if row.statistic == "ratio" else 1)


def test_no_target_is_left_out() -> None:
    """The profile has these and no others; all but one are measured from entities (PWR-048)."""
    assert rows("kpis").keys() == TARGETS.keys()
    brought = {name for name, row in rows("kpis").items() if "entities" not in row}
    assert brought == {"system_satisfaction"}


RECORD: Mapping[str, object] = {"read_on": DAY, "month": MONTH}
FAULT: Mapping[str, object] = {"kind": "supply_fault", "detected_at": AT}


@pytest.mark.parametrize(
    ("rule", "name", "state", "good", "bad"),
    [
        ("PWR-047", "business_satisfaction", "closed", {"reopened": 0}, {"reopened": 1}),
        ("PWR-047", "one_to_one_reception", "raised", {"owner": "kam-1"}, {"owner": None}),
        ("PWR-047", "proactive_service", "served", {"services": 1}, {"services": 0}),
        ("PWR-047", "business_handling", "closed", {}, {"unresolved": "not_reached"}),
        ("PWR-049", "remote_reading", "served",
         {"month": WHOLE},
         {"month": MONTH}),
        ("PWR-050", "real_time_monitoring", "served", {"month": MONTH}, {"month": None}),
        ("PWR-052", "usage_analysis", "served", {"analysis": object()}, {"analysis": None}),
        ("PWR-054", "load_control", "ended", {"executed_at": AT, "warnings": 0},
         {"executed_at": AT, "warnings": 1}),
        ("PWR-054", "orderly_use", "ended", {"executed_at": AT}, {"executed_at": None}),
        ("PWR-055", "usage_feedback", "handled", {"fed_back_at": LATER}, {}),
        ("PWR-055", "advice_satisfaction", "closed", {"satisfied": True}, {"satisfied": False}),
        ("PWR-056", "dual_supply", "served", {"seconds": ("own",)}, {"seconds": ()}),
        ("PWR-056", "outage_advice", "issued", {"considered": (object(),)}, {"considered": ()}),
        ("PWR-056", "electrical_guidance", "served", {"guided_at": AT, "hazards": ()},
         {"guided_at": AT, "hazards": ("open box",)}),
        ("PWR-056", "repair_plans", "served", {"repair_plan": "RP"}, {"repair_plan": None}),
    ],
)  # fmt: skip
def test_a_share_counts_who_does_as_they_should(
    rule: str, name: str, state: str, good: Mapping[str, object], bad: Mapping[str, object]
) -> None:
    """One entity that meets it, one that does not."""
    base: Mapping[str, object] = {
        "service_request": {"raised_at": AT, "unresolved": None, "reopened": 0},
        "large_customer_record": RECORD,
        "load_order": {"ended_at": AT},
        "alert": {**FAULT, "handled_at": AT, "fed_back_at": None},
        "outage_plan": {"issued_at": AT},
    }[indicator(name).entities or ""]
    more = {"fed_back_at": AT} if name == "advice_satisfaction" else {}
    met, missed = (sample(name, state, {**base, **more, **one}) for one in (good, bad))
    assert met is not None, rule
    assert missed is not None
    assert (met.value, missed.value) == (Decimal(1), Decimal(0))


@pytest.mark.parametrize(
    ("rule", "name", "state", "facts", "value"),
    [
        ("PWR-029", "supply_reliability", "closed",
         {"restored_at": AT, "reliability": Decimal("99.96")}, Fraction(9996, 100)),
        ("PWR-030", "supply_voltage", "closed", {"restored_at": AT, "voltage": Decimal("98.5")},
         Fraction(985, 10)),
        ("PWR-046", "overall_satisfaction", "active",
         {"is_key_account": True, "satisfaction": Decimal(99), "last_contact_at": AT}, 99),
        ("PWR-049", "remote_reading_success", "served", RECORD, Fraction(19900, 200)),
        ("PWR-049", "remote_reading_accuracy", "served", RECORD, Fraction(19000, 199)),
        ("PWR-050", "monitored_voltage", "served", RECORD, Fraction(19500, 199)),
        ("PWR-050", "power_factor", "served", {**RECORD, "power_factor": Decimal(90)}, 90),
        ("PWR-053", "load_forecast", "served",
         {**RECORD, "forecast_accuracy": Decimal("98.2")}, Fraction(982, 10)),
        ("PWR-054", "load_under_control", "executing",
         {"executed_at": AT, "controlled_kw": Decimal(3), "total_kw": Decimal(4)}, 75),
    ],
)  # fmt: skip
def test_a_figure_is_measured_of_each(
    rule: str, name: str, state: str, facts: Mapping[str, object], value: Fraction
) -> None:
    """The average of what each has on record, in percent."""
    found = sample(name, state, facts)
    assert found is not None, rule
    assert abs(Fraction(found.value) - value) < Fraction(1, 10**50)


@pytest.mark.parametrize(
    ("rule", "name", "cases"),
    [
        ("PWR-051", "fault_handling",
         [("closed", {"handled_at": AT}, 1), ("false_alarm", {}, 0), ("notified", {}, None)]),
        ("PWR-051", "fault_accuracy",
         [("handled", {"handled_at": AT}, 1), ("false_alarm", {}, 0), ("detected", {}, None)]),
        ("PWR-051", "faults_handled",
         [("handled", {"handled_at": AT}, 1), ("notified", {}, 0), ("false_alarm", {}, None)]),
        ("PWR-055", "anomaly_accuracy",
         [("closed", {}, 1), ("false_alarm", {}, 0), ("handled", {}, None)]),
        ("PWR-056", "revisits",
         [("filed", {}, 1), ("cancelled", {}, 0), ("planned", {}, None)]),
    ],
)  # fmt: skip
def test_a_false_alarm_lowers_accuracy(
    rule: str, name: str, cases: list[tuple[str, Mapping[str, object], int | None]]
) -> None:
    """Counted by the state an alert or revisit has come to; before its end it does not count."""
    base = {} if name == "revisits" else {**FAULT, "handled_at": None}
    found = [sample(name, state, {**base, **facts}) for state, facts, _ in cases]
    assert [None if one is None else one.value for one in found] == [
        value for *_, value in cases
    ], rule


def test_who_is_a_large_customer_strictly() -> None:
    """The other reading is a scheme that a company switches on in place of this (AMB-44)."""
    both: dict[str, Any] = rows("schemes")
    assert both["power_customer_strict"]["enabled"] is False
    expressions = [
        both[name]["tiers"][0]["expression"] for name in ("power_customer", "power_customer_strict")
    ]
    assert expressions == [
        "capacity_kva >= 1000 or annual_kwh >= 5000000 or dual_supply",
        "(capacity_kva >= 1000 and annual_kwh >= 5000000) or dual_supply",
    ]
    for written in both.values():
        scheme, faults = structure(Scheme, written)
        assert (isinstance(scheme, Scheme), faults) == (True, ())


@pytest.mark.parametrize(
    ("strict", "capacity", "use", "dual", "tier"),
    [
        (False, "1000", "0", False, "large"),
        (False, "999", "5000000", False, "large"),
        (False, "999", "4999999", False, "other"),
        (True, "1000", "4999999", False, "other"),
        (True, "1000", "5000000", False, "large"),
        (True, "0", "0", True, "large"),
    ],
)
def test_what_a_large_customer_gets(
    strict: bool, capacity: str, use: str, dual: bool, tier: str
) -> None:
    """One manager of its own and the green channel (PWR-001, PWR-003, PWR-004)."""
    names = ("power_customer", "power_customer_strict")
    switched = [{"name": name, "enabled": (name == names[1]) is strict} for name in names]
    with Engine(
        "memory:", machines=["key_account"], profile=["demo", "power"], plugins=[PLUGIN],
        config=Overlay({}, {"schemes": switched}), clock=ManualClock(AT),
    ) as engine:  # fmt: skip
        figures = {"capacity_kva": capacity, "annual_kwh": use, "dual_supply": dual}
        payload = {**ACCOUNT["nominate"], **figures}
        ref = engine.create("key_account", payload, actor=STAFF).require().entity
        state: Any = engine.get(ref).policy("tiers")
    assert {one.scheme: one.tier for one in state.standings}[names[strict]] == tier
    large = rows("schemes")[names[strict]]["tiers"][0]
    assert large["gets"] == {"manager": "one_to_one", "channel": "green"}


def test_the_brigade_has_its_report() -> None:
    """What it pursued, by finding and source (PWR-013); all alerts by kind (PWR-016)."""
    found = rows("reports")
    assert found["abnormal_use"]["where"] == "kind == 'abnormal_use' and pursued != null"
    assert found["alerts_by_kind"]["by"] == ["kind", "finding"]


def test_the_calendar_of_fault_repair_never_closes() -> None:
    """PWR-033: day and night, on every day of the year."""
    calendar: Any = tables().calendars["around_the_clock"]
    for instant in ("2026-01-01T03:30", "2026-02-17T23:59", "2026-10-04T12:00"):
        assert calendar.is_open(datetime.fromisoformat(f"{instant}:00+00:00"))


def test_every_flow_that_the_source_names_is_carried() -> None:
    """PWR-015: the eleven of the page, each by events that exist (AMB-47)."""
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "power-company.md").read_text("utf-8")
    table = page.partition("| Flow | Carried by |")[2].partition("\n\n")[0]
    flows = [line for line in table.splitlines() if "`" in line]
    assert len(flows) == 11
    for machine, event in re.findall(r"`(\w+)\.(\w+)`", table):
        assert event in load(machine).events, f"{machine}.{event}"
