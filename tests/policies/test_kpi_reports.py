"""Rows of reports: what is wrong with one is told when it is loaded, and what would be right."""

from __future__ import annotations

import pytest

from crmflow.core.form import Fault
from crmflow.core.tables import Tables
from crmflow.policies.kpi import Kpi
from crmflow.policies.kpi.period import Period
from crmflow.policies.kpi.reports import Report, check_reports
from crmflow.policies.kpi.rows import Span
from tests.policies.clients import CLIENT, row


def report(**columns: object) -> Report:
    """Return a report of clients."""
    return row(Report, **{"machine": "client", "title_en": "C", "title_zh": "客", **columns})


def faults(*rows: Report) -> list[Fault]:
    """Return what is wrong with rows, clients being on."""
    return list(check_reports(rows, Tables(), {"client": CLIENT}))


@pytest.mark.parametrize(
    ("columns", "path", "told"),
    [
        (
            {"tells": "stays", "machine": None},
            "machine",
            "missing, expected whose entities stays are told of",
        ),
        ({"tells": "ranking"}, "value", "missing, expected the number that is ranked by"),
        ({"tells": "steps"}, "states", "missing, expected the states, one after the other"),
        (
            {"tells": "steps", "states": ("actve",)},
            "states[0]",
            "unknown. Did you mean 'active'?",
        ),
        ({"tells": "groups"}, "by", "missing, expected the facts by which entities are grouped"),
        (
            {"tells": "groups", "by": ("colour",)},
            "by[0]",
            (
                "unknown. Known: 'birthday', 'last_contact_at', 'last_purchase_at', "
                "'note', 'owner', 'satisfaction', 'state', 'tier'."
            ),
        ),
        (
            {"tells": "groups", "by": ("tier",), "value": "tier"},
            "value",
            ("type, expected an expression that gives a number, not a text (at character 1)"),
        ),
        (
            {"tells": "groups", "by": ("tier",), "where": "tier >"},
            "where",
            ("syntax, expected more: the expression breaks off (at character 7)"),
        ),
        (
            {"tells": "deadlines", "by": ("shop",)},
            "by[0]",
            ("unknown. Known: 'definition', 'holder', 'machine', 'month', 'tier'."),
        ),
        (
            {"tells": "groups", "by": ("tier",), "bands": {"satisfaction": ("4",)}},
            "bands.satisfaction",
            "unknown. Known: 'tier'.",
        ),
        (
            {"tells": "groups", "by": ("tier",), "bands": {"tier": ("1",)}},
            "bands.tier",
            "type, expected a fact that is a number, a day or an instant",
        ),
        (
            {"tells": "groups", "by": ("satisfaction",), "bands": {"satisfaction": ()}},
            "bands.satisfaction",
            "order, expected numbers that rise, one at least",
        ),
        (
            {"tells": "groups", "by": ("satisfaction",), "bands": {"satisfaction": ("4", "4")}},
            "bands.satisfaction",
            "order, expected numbers that rise, one at least",
        ),
        (
            {"tells": "groups", "by": ("satisfaction",), "bands": {"satisfaction": ("5", "4")}},
            "bands.satisfaction",
            "order, expected numbers that rise, one at least",
        ),
        (
            {"tells": "satisfaction"},
            "machine",
            "choice, expected survey: what is asked of customers",
        ),
        ({"tells": "indicators", "kpis": ("none",)}, "kpis[0]", "unknown. None is known."),
    ],
)
def test_a_faulty_report_is_told(columns: dict[str, object], path: str, told: str) -> None:
    """With its place; a row that is right is not."""
    (fault,) = faults(report(tells="stays"), report(**columns))
    assert (fault.path, fault.told) == (f"$.reports[1].{path}", told)


def test_bands_of_what_is_no_fact_are_told_once() -> None:
    """As the unknown fact that they are of."""
    (fault,) = faults(report(tells="groups", by=("colour",), bands={"colour": ("1",)}))
    assert (fault.path, fault.code) == ("$.reports[0].by[0]", "unknown")


@pytest.mark.parametrize(
    "columns",
    [
        {"tells": "groups", "by": ("tier", "state"), "where": "tier == 'core'"},
        {"tells": "groups", "by": ("birthday",), "bands": {"birthday": ("18", "65")}},
        {"tells": "steps", "states": ("active", "won")},
        {"tells": "deadlines", "machine": None, "by": ("month", "tier")},
        {"tells": "satisfaction", "machine": "survey"},
        {"tells": "indicators", "machine": None},
        {"tells": "groups", "machine": "off", "by": ("colour",)},
    ],
)
def test_a_report_that_can_be_made_has_no_fault(columns: dict[str, object]) -> None:
    """A machine that is off is not looked into."""
    assert faults(report(**columns)) == []


def test_what_has_no_title_is_called_by_its_name() -> None:
    """With spaces for what parts its words."""
    bare = row(Kpi, name="first_response_time", statistic="count", title_zh="首次响应")
    assert bare.title("en") == "first response time"
    assert bare.title("zh") == "首次响应"


@pytest.mark.parametrize(
    ("span", "number", "after"),
    [
        (Span.MONTH, 1, "2026-02"),
        (Span.MONTH, 12, "2027-01"),
        (Span.QUARTER, 1, "2026-Q2"),
        (Span.QUARTER, 4, "2027-Q1"),
        (Span.HALF_YEAR, 1, "2026-H2"),
        (Span.HALF_YEAR, 2, "2027-H1"),
        (Span.YEAR, 1, "2027"),
    ],
)
def test_periods_follow_each_other(span: Span, number: int, after: str) -> None:
    """And each is the one before the next."""
    period = Period(2026, number, span)
    assert str(period.after()) == after
    assert period.after().before() == period
