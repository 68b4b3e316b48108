"""Rows of care: what their texts say, and every fault of them."""

from __future__ import annotations

import sys
from datetime import date

import attrs
import pytest

from crmflow.core.tables import Tables
from crmflow.policies.cadences import Cadence, ContactLimit, Dormancy, tables
from crmflow.policies.cadences.anniversary import Anniversary, anniversary
from crmflow.policies.cadences.recurrence import Period, Rule, recurrence
from tests.policies.clients import CLIENT, OFFICE, codes, faults_of, row

MARCH = date(2026, 3, 2)
USED = Tables({}, {"office": OFFICE})


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("10d", Period(days=10)),
        ("2w", Period(days=14)),
        ("1mo", Period(months=1)),
        ("quarterly", Period(months=3)),
        ("half_year", Period(months=6)),
        ("yearly", Period(months=12)),
        ("2y", Period(months=24)),
        ("FREQ=MONTHLY", Period(months=1)),
        ("RRULE:FREQ=YEARLY;INTERVAL=2", Period(months=24)),
        ("FREQ=MONTHLY;BYDAY=1MO", Rule("FREQ=MONTHLY;BYDAY=1MO")),
    ],
)
def test_a_recurrence_is_read(text: str, means: object) -> None:
    """Periods, their names and rules; a plain monthly rule is a period."""
    assert recurrence(text) == means


@pytest.mark.parametrize(
    "text",
    [
        "", "0d", "1h", "often", "FREQ=HOURLY", "FREQ=DAILY;COUNT=3", "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;INTERVAL=x", "FREQ=MONTHLY;BYMONTHDAY=31", "FREQ=MONTHLY;BYDAY=XX",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;BYSETPOS=1",
    ],
)  # fmt: skip
def test_no_recurrence_is_a_fault(text: str) -> None:
    """What is none, never comes or would skip short months is refused with its place."""
    assert faults_of(Cadence, every=text, task="t", role="r") == {("$.every", "recurrence")}


def test_a_rule_comes_on_its_days() -> None:
    """The first Monday of each month, counted on local days."""
    rule = recurrence("FREQ=MONTHLY;BYDAY=1MO")
    assert rule.after(MARCH, MARCH) == date(2026, 4, 6)
    last = recurrence("FREQ=MONTHLY;BYMONTHDAY=-1")
    assert last.after(MARCH, MARCH) == date(2026, 3, 31)
    assert recurrence("FREQ=WEEKLY;BYDAY=FR").after(date(9999, 1, 1), date(9999, 12, 31)) is None


def test_a_period_comes_after_its_first_day() -> None:
    """The origin itself is no occurrence, nor is a day before it."""
    assert Period(days=7).after(MARCH, date(2026, 1, 1)) == date(2026, 3, 9)
    assert Period(months=1).after(date(2026, 1, 31), date(2026, 2, 28)) == date(2026, 3, 31)


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("10-01", Anniversary(lunar=False, fact="", month=10, day=1)),
        ("2-29", Anniversary(lunar=False, fact="", month=2, day=29)),
        ("lunar 1-1", Anniversary(lunar=True, fact="", month=1, day=1)),
        ("fact birthday", Anniversary(fact="birthday")),
        ("lunar fact birthday", Anniversary(lunar=True, fact="birthday")),
    ],
)
def test_an_anniversary_is_read(text: str, means: Anniversary) -> None:
    """Days by the sun or the moon, said or known of the entity."""
    assert anniversary(text) == means


@pytest.mark.parametrize("text", ["", "13-1", "0-1", "2-30", "10-0", "lunar 1-31", "fact", "1-1-1"])
def test_no_anniversary_is_a_fault(text: str) -> None:
    """A day no year has is refused with its place."""
    assert faults_of(Cadence, on=[text], task="t", role="r") == {("$.on[0]", "anniversary")}


@pytest.mark.parametrize(
    ("text", "after", "comes"),
    [
        ("2-29", "2026-01-01", "2026-02-28"),
        ("2-29", "2027-03-01", "2028-02-29"),
        ("10-01", "2026-10-01", "2027-10-01"),
        ("lunar 1-1", "2026-02-16", "2026-02-17"),
        ("lunar 8-15", "2026-03-02", "2026-09-25"),
        # New Year's Eve by the moon: the 30th, or the 29th where there is none.
        ("lunar 12-30", "2026-03-02", "2027-02-05"),
        ("lunar 12-30", "2027-02-05", "2028-01-25"),
    ],
)
def test_an_anniversary_comes_every_year(text: str, after: str, comes: str) -> None:
    """A day that a year lacks is the last one before it."""
    found = anniversary(text).after(None, date.fromisoformat(after))
    assert found == date.fromisoformat(comes)


@attrs.frozen
class Known:
    """Somebody's birthday."""

    birthday: date | None


@pytest.mark.parametrize(
    ("birthday", "comes"),
    [
        ("1980-02-16", "2027-02-06"),  # Spring Festival of its year
        ("2020-05-23", "2026-05-17"),  # the first day of the leap fourth month
        (None, None),
    ],
)
def test_a_lunar_birthday_goes_by_the_moon(birthday: str | None, comes: str | None) -> None:
    """The lunar day of the birth comes again; a leap month is its month in other years."""
    known = Known(None if birthday is None else date.fromisoformat(birthday))
    found = anniversary("lunar fact birthday").after(known, MARCH)
    assert found == (None if comes is None else date.fromisoformat(comes))


@pytest.mark.parametrize(
    ("package", "ask"),
    [
        ("lunar_python", lambda: anniversary("lunar 1-1").after(None, MARCH)),
        ("dateutil.rrule", lambda: Rule("FREQ=DAILY").after(MARCH, MARCH)),
    ],
)
def test_a_missing_package_names_its_extra(
    package: str, ask: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the extra `calendar` the error says how to get it."""
    monkeypatch.setitem(sys.modules, package, None)
    assert callable(ask)
    with pytest.raises(ImportError, match=r"crmflow\[calendar\]"):
        ask()


GOOD = {"every": "1mo", "task": "visit", "role": "salesperson"}


@pytest.mark.parametrize(
    ("columns", "fault"),
    [
        ({"calendar": "offise"}, ("calendar", "unknown. Did you mean 'office'?")),
        ({"states": ["active", "actve"]}, ("states[1]", "unknown. Did you mean 'active'?")),
        ({"assignee": "ownr"}, ("assignee", "unknown. Did you mean 'owner'?")),
        (
            {"when": "satisfactoin < 60"},
            ("when", "unknown. Did you mean 'satisfaction'? (at character 1)"),
        ),
        (
            {"task": None},
            ("task", ("missing, expected a task, an entity to open or an event to raise")),
        ),
        ({"role": None}, ("role", "missing, expected the role that may do the task")),
        ({"raises": "cal"}, ("raises", "unknown. Did you mean 'call'?")),
        (
            {"raises": "leave"},
            (
                "raises",
                ("ends, expected an event that neither creates nor ends the entity: time only"),
            ),
        ),
        (
            {"raises": "open"},
            (
                "raises",
                ("ends, expected an event that neither creates nor ends the entity: time only"),
            ),
        ),
        ({"raises": "hand_over"}, ("raises", "form, expected an event whose form may be left out")),
        (
            {"every": None},
            ("every", ("missing, expected either how often it comes or days of the year")),
        ),
        (
            {"on": ["10-01"]},
            ("every", ("doubled, expected either how often it comes or days of the year")),
        ),
        (
            {"earliest": 2},
            ("earliest", ("unknown. nothing: only days of the year have a window before them")),
        ),
        (
            {"every": None, "on": ["10-01"], "latest": 1},
            ("earliest", ("order, expected at least 1, the days before at which the window ends")),
        ),
        (
            {"every": None, "on": ["10-01", "fact birthdy"]},
            ("on[1]", "unknown. Did you mean 'birthday'?"),
        ),
        (
            {"every": None, "on": ["fact tier"]},
            ("on[0]", "type, expected a fact that holds a date or an instant"),
        ),
    ],
)
def test_a_fault_of_a_cadence_is_found(columns: dict[str, object], fault: tuple[str, str]) -> None:
    """Every fault has its place and what would be right."""
    given = {name: value for name, value in {**GOOD, **columns}.items() if value is not None}
    checks = {table.name: table.check for table in tables()}
    faults = checks["cadences"]([row(Cadence, **given)], USED, {"client": CLIENT})
    path, told = fault
    assert {(one.path, one.told) for one in faults} == {(f"$.cadences[0].{path}", told)}


def test_a_tier_needs_its_fact() -> None:
    """A cadence by tier is for machines that know a tier."""
    bare = attrs.evolve(CLIENT, facts=Known)
    checks = {table.name: table.check for table in tables()}
    rows = [row(Cadence, tier="core", **GOOD)]
    assert codes(checks["cadences"](rows, USED, {"client": bare})) == {
        ("$.cadences[0].tier", "unknown")
    }
    assert codes(checks["cadences"](rows, USED, {})) == set()


@pytest.mark.parametrize(
    ("columns", "path", "told"),
    [
        (
            {"since": ["last_purchase_at", "last_bought_at"]},
            "since[1]",
            "unknown. Did you mean 'last_contact_at'?",
        ),
        ({"since": ["note"]}, "since[0]", "type, expected a fact that holds a date or an instant"),
        (
            {"months": []},
            "months",
            ("missing, expected after how many months or days, or by which expression at once"),
        ),
        ({"days": [90]}, "days", "doubled, expected either months or days"),
        ({"calendar": "shop"}, "calendar", "unknown. Known: 'office'."),
    ],
)
def test_a_fault_of_dormancy_is_found(columns: dict[str, object], path: str, told: str) -> None:
    """Facts must be days or instants, and something must say when it is time."""
    good = {"since": ["last_purchase_at"], "months": [6], "task": "call", "role": "salesperson"}
    checks = {table.name: table.check for table in tables()}
    rows = [row(Dormancy, **{**good, **columns})]
    faults = checks["dormancy"](rows, USED, {"client": CLIENT})
    assert {(one.path, one.told) for one in faults} == {(f"$.dormancy[0].{path}", told)}


def test_faults_of_other_columns_are_found() -> None:
    """Limits count contacts and days from one up, of events there are; months likewise."""
    assert faults_of(ContactLimit, contacts=0, days=-1) == {
        ("$.contacts", "number"),
        ("$.days", "number"),
    }
    assert faults_of(Dormancy, since=[], months=[0]) == {
        ("$.since", "empty"),
        ("$.months[0]", "number"),
    }
    assert faults_of(Cadence, within=-1, **GOOD) == {("$.within", "number")}
    checks = {table.name: table.check for table in tables()}
    rows = [row(ContactLimit, contacts=1, days=7, counts=["call", "cal"])]
    assert codes(checks["contact_limits"](rows, USED, {"client": CLIENT})) == {
        ("$.contact_limits[0].counts[1]", "unknown")
    }
