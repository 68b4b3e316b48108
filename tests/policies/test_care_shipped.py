"""The shipped rows of care, owners and indicators at work, and their texts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import attrs
import pytest

from crmflow.core.actor import SYSTEM
from crmflow.core.dealing import HandOver
from crmflow.core.machine import ANY, KEEP, Kind, Machine, Row, State
from crmflow.core.people import Person
from crmflow.core.ref import UNBORN
from crmflow.core.tables import MachineRow, Tables
from crmflow.core.updates import copied
from crmflow.directory import ListedDirectory
from crmflow.engine.engine import Engine
from crmflow.engine.starting import examined
from crmflow.plugins.loading import load_plugins
from crmflow.policies import cadences
from crmflow.policies.assignment.forms import RESERVED as OWNING
from crmflow.policies.cadences import Cadence, Dormancy
from crmflow.policies.cadences.policy import RESERVED as CARING
from crmflow.policies.kpi import Kpi, Period, Span, Statistic, target
from crmflow.states import SHIPPED
from crmflow.texts import LANGUAGES, Section, Texts
from tests.policies.clients import ALICE, CHORE, Company, local


@attrs.frozen
class Customer:
    """What the rows read of a customer."""

    tier: str | None = None
    owner: str | None = None
    lifecycle_stage: str | None = None
    birthday: date | None = None
    last_purchase_at: datetime | None = None
    last_contact_at: datetime | None = None
    last_dealing_at: datetime | None = None
    reactivated_at: datetime | None = None
    satisfaction: int | None = None


@attrs.frozen
class KeyAccount:
    """Rows of key accounts read nothing of it."""

    customer: str | None = None


FIELDS = tuple(field.name for field in attrs.fields(Customer))
CUSTOMER = Machine(
    "customer",
    Customer,
    zh="客户档案",
    en="customer",
    states=(
        State("active", "有效", "active", Kind.INITIAL),
        State("archived", "归档", "archived"),
        State("purged", "清除", "purged", Kind.FINAL),
    ),
    rows=(
        Row(UNBORN, "collect", "active", form=Customer, sets=copied(*FIELDS)),
        Row(ANY, "learn", KEEP, form=Customer, sets=copied(*FIELDS)),
        Row("active", "call_for_review", KEEP),
        Row(ANY, "hand_over", KEEP, form=HandOver, sets=copied("owner")),
        Row("active", "archive", "archived"),
        Row("archived", "purge", "purged"),
    ),
)
KEY_ACCOUNT = Machine(
    "key_account",
    KeyAccount,
    zh="大客户",
    en="key account",
    states=(
        State("executing", "执行中", "executing", Kind.INITIAL),
        State("removed", "移出", "removed", Kind.FINAL),
    ),
    rows=(
        Row(UNBORN, "nominate", "executing", form=KeyAccount, sets=copied("customer")),
        Row(ANY, "come_due", KEEP),
        Row(ANY, "remove", "removed"),
    ),
)
MINE = ("cadences", "contact_limits", "dormancy", "assignments", "pools", "kpis")


def shipped(*profiles: str) -> Tables:
    """Return the shipped rows in use, the examples of the demo filling the blanks."""
    loaded = examined(load_plugins(installed=False), SHIPPED, [*profiles, "demo"])
    faults = [fault for fault in loaded.faults if any(name in fault for name in MINE)]
    assert faults == []
    return loaded.tables


TABLES = shipped("power")


def _opening(row: MachineRow) -> dict[str, Any]:
    """Return the stand-in for the care tasks that a row opens."""
    opens = getattr(row, "opens", None)
    if opens is None:
        return {}
    stand_in = {"machine": "chore", "event": "schedule", "cancel": "cancel"}
    return {"opens": attrs.evolve(opens, **stand_in, brings={})}


def company(machine: Machine) -> Company:
    """Return a company with the shipped rows of care."""
    # Under another name, so that no row of another mechanism is about it.
    stand_in = attrs.evolve(machine, name="client")
    rows = {
        table: [
            attrs.evolve(row, machine="client", **_opening(row))
            for row in TABLES.of(table, MachineRow)
            if row.machine == machine.name
        ]
        for table in ("cadences", "contact_limits", "dormancy")
    }
    return Company(cadences, rows, machines=(stand_in, CHORE))


@pytest.mark.parametrize(
    ("tier", "kinds"),
    [
        ("strategic", {"visit", "meeting", "greeting", "briefing"}),
        ("core", {"call", "survey", "gift", "greeting", "briefing"}),
        ("ordinary", {"email", "survey", "greeting", "briefing"}),
        ("dormant", {"promotion", "invitation", "greeting", "briefing"}),
        (None, {"call", "greeting", "briefing"}),
    ],
)
def test_each_tier_gets_its_care(tier: str | None, kinds: set[str]) -> None:
    """A year of care of each tier is of the kinds of the catalogue's table (4.2)."""
    at = company(CUSTOMER)
    facts = {} if tier is None else {"tier": tier}
    at.engine.create("client", {"birthday": "1980-06-18", **facts}, actor=SYSTEM, id="C-1")
    at.until(local("2027-02-28 12:00"))
    opened = [at.engine.get(one.ref).facts for one in at.engine.find("chore")]
    assert {one.kind for one in opened} - {"check_call", None} == kinds  # None: a churn warning
    assert {one.customer for one in opened} == {"C-1"}


def test_a_customer_without_dealings_is_put_to_a_person() -> None:
    """More than a year without dealings asks whether there is no need (LIF-004, LIF-005)."""
    at = company(CUSTOMER)
    at.engine.create("client", {"owner": "alice"}, actor=SYSTEM, id="C-1")
    at.until(local("2027-03-02 23:00"))
    assert at.opened(("client", "C-1")) == []
    at.until(local("2027-03-03 10:00"))
    assert at.opened(("client", "C-1")) == [("confirm_dormancy:dormant", local("2027-03-03 09:00"))]


def test_key_accounts_are_reviewed_and_visited() -> None:
    """Strategy, meetings, the system and quality, and what the power profile adds."""
    at = company(KEY_ACCOUNT)
    at.engine.create("client", {"customer": "C-1"}, actor=SYSTEM, id="K-1")
    at.until(local("2027-04-30 12:00"))
    names = {name for name, _ in at.opened(("client", "K-1"))}
    assert names == {
        "review_strategy:strategy_review",
        "hold_meeting:exchange_meeting",
        "review_system:system_review",
        "survey_satisfaction:quality_monitoring",
        "revisit_customer:power_revisit",
        "hold_meeting:power_meeting",
    }


def test_a_lead_has_an_owner_from_its_beginning() -> None:
    """A lead that a program finds goes to a salesperson (DEV-017)."""
    people = ListedDirectory((Person("ann", ("salesperson",)),))
    with Engine("memory:", machines=["lead"], profile="demo", directory=people) as engine:
        found = {"name": "Harbour Mill", "source": "internet"}
        lead = engine.create("lead", found, actor=SYSTEM).require().entity
        assert engine.get(lead).facts.owner == "ann"


def test_a_company_switches_the_pool_on(tmp_path: Path) -> None:
    """The example of a pool is off until a company's own file says so."""
    own = tmp_path / "crmflow.toml"
    own.write_text('[[pools]]\nname = "lead_pool"\nenabled = true\n', "utf-8")
    with Engine("memory:", machines=["lead"], profile="demo", config=own) as engine:
        found = {"name": "Harbour Mill", "source": "internet"}
        lead = engine.create("lead", found, actor=ALICE).require().entity
        timers = {timer.name for timer in engine.get(lead).timers}
        assert timers == {"assignment:due", "assignment:warn"}


def indicators() -> dict[str, Kpi]:
    """Return the shipped indicators by name."""
    return {row.name: row for row in TABLES.of("kpis", Kpi)}


def test_the_targets_are_those_of_the_catalogue() -> None:
    """Part 6, with both voltage indicators of the power company (AMB-45)."""
    found = indicators()
    year = Period(2027, 1, Span.YEAR)
    told = {name: target(row, year) for name, row in found.items() if row.target is not None}
    wanted = {
        "satisfaction": "95.5",
        "product_conformity": "100",
        "complaints": "1",
        "supply_reliability": "99.95",
        "supply_voltage": "98.5",
        "monitored_voltage": "98",
        "load_forecast": "98.2",
        "load_under_control": "75",
        "advice_satisfaction": "97",
    }
    expected = {name: Fraction(text) for name, text in wanted.items()}
    assert {name: told[name] for name in wanted} == expected
    above = {name for name, row in found.items() if row.direction == "above"}
    assert above == {"shipping_accuracy", "shipping_timeliness", "overall_satisfaction"}
    assert found["retention"].statistic is Statistic.RETENTION


def codes() -> Iterator[tuple[Section, str]]:
    """Yield every code these mechanisms need a text for."""
    care = "care_due care_moved care_open care_missed silence_runs silence_open"
    owners = "owner_until owner_exempt owner_locked pool_holds pool_cools"
    yield from (("lines", code) for code in f"{care} {owners}".split())
    for event, form in (*CARING.items(), *OWNING.items()):
        yield "events", event
        fields = () if form is None else attrs.fields(form)
        yield from (("fields", field.name) for field in fields)
    tasks = "care_crowded pool_warning owner_unchanged assign_owner"
    yield from (("tasks", code) for code in tasks.split())
    rows = (*TABLES.of("cadences", Cadence), *TABLES.of("dormancy", Dormancy))
    yield from (("tasks", row.task) for row in rows if row.task is not None)
    yield from (("roles", row.role) for row in rows if row.role is not None)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_code_has_a_text(lang: str) -> None:
    """Lines, events, fields, tasks and roles in both languages."""
    texts = Texts(lang)
    assert [code for code in codes() if not texts.find(*code)] == []
