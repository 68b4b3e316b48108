"""Indicators: what is measured, against which target, and never rounded before it is compared."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import attrs
import pytest

from crmflow.core.actor import Actor
from crmflow.core.ref import EntityRef
from crmflow.core.tables import Tables
from crmflow.engine.values import Adopting
from crmflow.policies.kpi import (
    Direction,
    Kpi,
    Period,
    Sample,
    Span,
    Stay,
    change,
    measured,
    meets,
    outcomes,
    per_group,
    stays,
    tables,
    tallies,
    target,
)
from tests.policies.clients import CLIENT, OFFICE, ZONE, Company, codes, faults_of, local, row

ROOT = Actor("root", {"administrator"})
SATISFACTION = {
    "statistic": "ratio",
    "direction": "at_least",
    "target": "95",
    "step": "0.5",
    "base_year": 2026,
    "cap": "100",
    "entities": "client",
    "meets": "satisfaction >= 60",
}


def indicator(**columns: object) -> Kpi:
    """Return an indicator of the company's clients."""
    return row(Kpi, **{"statistic": "count", "entities": "client", **columns})


def samples(*values: object, on: date = date(2026, 5, 1), group: str = "") -> list[Sample]:
    """Return samples of one day."""
    return [Sample(on, Decimal(str(value)), group=group) for value in values]


def of(found: Kpi, *given: Sample) -> list[tuple[str, Fraction | None, bool | None]]:
    """Return period, number and verdict of an indicator in each period."""
    return [(str(one.period), one.value, one.met) for one in outcomes(found, tallies(found, given))]


@pytest.mark.parametrize(
    ("year", "expected"),
    [(2025, "95"), (2026, "95"), (2027, "95.5"), (2036, "100"), (2050, "100")],
)
def test_the_target_of_satisfaction_rises_every_year(year: int, expected: str) -> None:
    """Half a point more with each full year after the base year, up to all (ANA-004, AMB-46)."""
    found = target(row(Kpi, **SATISFACTION), Period(year, 1, Span.YEAR))
    assert found == Fraction(expected)


def test_an_indicator_without_a_target_is_only_measured() -> None:
    """Without a target there is a number and no verdict; a target without a rise stays."""
    plain = indicator()
    assert target(plain, Period(2026, 1, Span.YEAR)) is None
    assert of(plain, *samples(1, 1)) == [("2026", Fraction(2), None)]
    fixed = indicator(target="3", direction="at_most")
    assert target(fixed, Period(2050, 1, Span.YEAR)) == 3


@pytest.mark.parametrize(
    ("direction", "below", "same", "above"),
    [
        ("at_least", False, True, True),
        ("above", False, False, True),
        ("at_most", True, True, False),
        ("below", True, False, False),
    ],
)
def test_the_target_itself_counts_as_the_direction_says(
    direction: str, below: bool, same: bool, above: bool
) -> None:
    """'Above 95 %' is not met by 95 %, 'at least' is."""
    limit = Fraction(95)
    tiny = Fraction(1, 10**30)
    found = [meets(Direction(direction), value, limit) for value in (95 - tiny, limit, 95 + tiny)]
    assert found == [below, same, above]


def test_nothing_is_rounded_up_to_its_target() -> None:
    """99.951 % is above 99.95 %, 94.999 % is no 95 %, and what is shown says so."""
    supply = row(Kpi, statistic="ratio", target="99.95", direction="at_least")
    late = Sample(date(2026, 5, 1), Decimal(99949), Decimal(100000))
    (found,) = outcomes(supply, tallies(supply, [late]))
    assert (found.met, found.shown(), found.shown(3)) == (False, "99.94", "99.949")
    errors = row(Kpi, statistic="ratio", target="5", direction="at_most")
    (found,) = outcomes(
        errors, tallies(errors, [Sample(date(2026, 5, 1), Decimal("5.001"), Decimal(100))])
    )
    assert (found.met, found.shown()) == (False, "5.01")
    exact = Sample(date(2026, 5, 1), Decimal(95), Decimal(100))
    third = Sample(date(2026, 5, 1), Decimal(1), Decimal(3))
    shown = [next(iter(outcomes(supply, tallies(supply, [one])))).shown() for one in (exact, third)]
    assert shown == ["95.00", "33.33"]


def test_no_data_is_neither_nothing_nor_everything() -> None:
    """A period without samples has no share, no average and no verdict."""
    ratio = row(Kpi, **SATISFACTION)
    (found,) = outcomes(ratio, {}, [Period(2026, 1, Span.YEAR)])
    assert (found.value, found.met, found.shown(), found.count) == (None, None, "", 0)
    for statistic in ("average", "sum", "lowest", "highest", "growth", "retention", "churn"):
        (found,) = outcomes(indicator(statistic=statistic), {}, [Period(2026, 1, Span.YEAR)])
        assert found.value is None


def test_no_complaint_at_all_is_told_too() -> None:
    """A year without complaints meets 'at most one', a year with two does not (ANA-005)."""
    complaints = indicator(target="1", direction="at_most", unit="count")
    given = tallies(complaints, samples(1, 1))
    found = outcomes(complaints, given, [Period(2025, 1, Span.YEAR)])
    assert [(str(one.period), one.value, one.met) for one in found] == [
        ("2025", Fraction(0), True),
        ("2026", Fraction(2), False),
    ]


def test_a_limit_may_be_about_each_account_or_a_rate() -> None:
    """The same complaints by account, and as a rate of what the report brings (AMB-21)."""
    given = [*samples(1, group="A"), *samples(1, 1, group="B")]
    each = indicator(target="1", direction="at_most", scope="account", by="owner")
    found = [(one.group, one.met) for one in outcomes(each, tallies(each, given))]
    assert found == [("A", True), ("B", False)]
    rate = indicator(target="1", direction="at_most", scope="rate")
    complaint = attrs.evolve(given[0], out_of=Decimal(0))
    orders = Sample(date(2026, 2, 1), Decimal(0), Decimal(200))
    assert of(rate, complaint, orders) == [("2026", Fraction(1, 2), True)]


@pytest.mark.parametrize(
    ("statistic", "expected"),
    [
        ("average", Fraction(7, 3)),
        ("lowest", Fraction(1)),
        ("highest", Fraction(4)),
        ("sum", Fraction(7)),
        ("count", Fraction(3)),
    ],
)
def test_a_statistic_of_numbers(statistic: str, expected: Fraction) -> None:
    """Averages, extremes, sums and counts are exact (SUR-004 to SUR-006)."""
    assert of(indicator(statistic=statistic), *samples(4, 2, 1)) == [("2026", expected, None)]


def test_each_item_has_its_own_average() -> None:
    """Satisfaction per item: the same samples, told apart (SUR-005)."""
    average = indicator(statistic="average")
    given = [*samples(5, 4, group="products"), *samples(2, group="service")]
    found = {one.group: one.value for one in per_group(average, given)}
    assert found == {"products": Fraction(9, 2), "service": Fraction(2)}


def test_a_year_is_compared_with_the_one_before() -> None:
    """Growth is of the same period a year before; the change is in the indicator's unit."""
    sales = indicator(statistic="growth", period="quarter")
    before = samples(100, on=date(2025, 5, 1))
    given = [*before, *samples(120, 5), *samples(50, on=date(2026, 1, 1))]
    assert of(sales, *given) == [
        ("2025-Q2", None, None),
        ("2026-Q1", None, None),
        ("2026-Q2", Fraction(25), None),
    ]
    average = indicator(statistic="average", period="quarter")
    then, _, now = outcomes(average, tallies(average, given))
    assert change(now, then) == Fraction(125, 2) - 100
    (nothing,) = outcomes(average, {}, [Period(2024, 1, Span.QUARTER)])
    assert (change(now, nothing), change(nothing, now)) == (None, None)


def test_customers_kept_and_lost_are_two_sides() -> None:
    """Of the customers of the month before, who bought again and who did not (ANA-007)."""
    bought = [
        Sample(on, Decimal(1), group=who)
        for on, who in (
            (date(2026, 1, 5), "A"), (date(2026, 1, 9), "B"), (date(2026, 1, 9), "C"),
            (date(2026, 2, 3), "A"), (date(2026, 2, 4), "D"),
        )
    ]  # fmt: skip
    kept, lost = (indicator(statistic=one, period="month") for one in ("retention", "churn"))
    assert of(kept, *bought) == [("2026-01", None, None), ("2026-02", Fraction(100, 3), None)]
    assert of(lost, *bought)[1] == ("2026-02", Fraction(200, 3), None)


@pytest.mark.parametrize(
    ("day", "span", "text", "starts"),
    [
        ("2026-03-31", Span.MONTH, "2026-03", "2026-03-01"),
        ("2026-03-31", Span.QUARTER, "2026-Q1", "2026-01-01"),
        ("2026-07-01", Span.HALF_YEAR, "2026-H2", "2026-07-01"),
        ("2026-12-31", Span.YEAR, "2026", "2026-01-01"),
    ],
)
def test_a_day_lies_in_one_period(day: str, span: Span, text: str, starts: str) -> None:
    """Periods are those of the calendar, told by local days."""
    found = Period.of(date.fromisoformat(day), span)
    assert (str(found), found.starts_on.isoformat()) == (text, starts)
    assert found.before() == Period.of(found.starts_on - timedelta(days=1), span)
    assert found.year_before().year == found.year - 1


# Samples of entities and of their lives.


@attrs.define
class Clients:
    """Clients with facts of their own."""

    company: Company = attrs.field(factory=lambda: Company(kpi_nobody, {}))

    def adopt(self, id: str, state: str = "active", **facts: object) -> EntityRef:  # noqa: A002 - the field's word
        """Bring in a client."""
        adopting = Adopting(("client", id), state, facts, reason="a test")
        return self.company.engine.adopt(adopting, actor=ROOT).require().entity


class kpi_nobody:  # noqa: N801 - it stands for a module
    """A mechanism without policies."""

    @staticmethod
    def policies_for(*_: object) -> tuple[()]:
        """Return none."""
        return ()


def test_an_entity_is_a_sample_where_it_counts() -> None:
    """A ratio asks who counts and who meets; the day is a fact's, or that of the state."""
    at = Clients()
    tabled = Tables(zone=ZONE)
    good = at.adopt("A", satisfaction=80, birthday="2025-12-31")
    bad = at.adopt("B", satisfaction=10)
    other = at.adopt("C", tier="dormant")
    happy = measured(row(Kpi, **SATISFACTION, counts='tier != "dormant"'), CLIENT, tabled)
    found = [happy.of_entity(at.company.get(one)) for one in (good, bad, other)]
    today = date(2026, 3, 2)
    assert found == [Sample(today, Decimal(1)), Sample(today, Decimal(0)), None]
    born = measured(indicator(on="birthday", by="tier"), CLIENT, tabled)
    assert born.of_entity(at.company.get(good)) == Sample(
        date(2025, 12, 31), Decimal(1), group="ordinary"
    )
    assert born.of_entity(at.company.get(bad)) is None
    nobody = measured(row(Kpi, statistic="ratio", by="owner"), CLIENT, tabled)
    assert nobody.of_entity(at.company.get(good)) == Sample(today, Decimal(0))


def test_a_number_that_is_not_known_is_no_sample() -> None:
    """An average is of those whose number is known; instants count on their local day."""
    at = Clients()
    tabled = Tables(zone=ZONE)
    average = measured(
        indicator(statistic="average", value="satisfaction * 2", on="last_purchase_at"),
        CLIENT,
        tabled,
    )
    late = "2026-05-31T23:30:00+08:00"
    known = at.adopt("A", satisfaction=40, last_purchase_at=late)
    unknown = at.adopt("B", last_purchase_at=late)
    assert average.of_entity(at.company.get(known)) == Sample(date(2026, 5, 31), Decimal(80))
    assert average.of_entity(at.company.get(unknown)) is None
    rate = measured(indicator(scope="rate"), CLIENT, tabled)
    sample = rate.of_entity(at.company.get(known))
    assert sample is not None
    assert sample.out_of == 0
    (brought,) = average.of_journal(at.company.get(known), [])
    assert brought.value == 80
    assert list(average.of_journal(at.company.get(unknown), [])) == []


def test_a_ratio_may_be_of_two_numbers() -> None:
    """A part and what it is of, added up before they are divided; who lacks one is none."""
    at = Clients()
    row_ = indicator(statistic="ratio", value="satisfaction", out_of="length(note)")
    share = measured(row_, CLIENT, Tables(zone=ZONE))
    known = [(1, "four"), (2, "ab"), (3, None)]
    refs = [
        at.adopt(str(n), satisfaction=part, note=whole) for n, (part, whole) in enumerate(known)
    ]
    found = [share.of_entity(at.company.get(ref)) for ref in refs]
    assert found[2] is None
    assert of(row_, *(one for one in found if one is not None)) == [("2026", Fraction(50), None)]


def test_how_long_it_takes_to_get_from_one_state_to_another() -> None:
    """From the first time it is in the one to the next time in the other, in hours (ANA-006)."""
    at = Company(kpi_nobody, {})
    done, asleep, new = (at.client(name) for name in ("A", "B", "C"))
    at.until(local("2026-03-03 10:00"))
    for one in (done, asleep):
        at.fire(one, "fall_asleep").require()
    at.until(local("2026-03-04 11:30"))
    at.fire(done, "leave").require()
    row_ = indicator(statistic="average", source="spans", state="asleep", reaches="gone")
    time = measured(row_, CLIENT, Tables(zone=ZONE))
    found = [
        list(time.of_journal(at.get(one), at.engine.journal(one))) for one in (done, asleep, new)
    ]
    assert found == [[Sample(date(2026, 3, 4), Decimal("25.5"))], [], []]


def test_how_long_entities_stay_in_a_state() -> None:
    """Completed stays count, in hours; the open one does not (ANA-006)."""
    at = Company(kpi_nobody, {})
    client = at.client(owner="alice")
    at.until(local("2026-03-03 11:30"))
    at.fire(client, "fall_asleep").require()
    at.fire(client, "fall_asleep").require()
    at.until(local("2026-03-04 11:30"))
    at.fire(client, "leave").require()
    records = list(at.engine.journal(client))
    found = list(stays(records))
    assert [(stay.state, stay.ends_at is None) for stay in found] == [
        ("active", False), ("asleep", False), ("gone", True),
    ]  # fmt: skip
    assert isinstance(found[0], Stay)
    row_ = indicator(statistic="average", source="stays", state="active", by="owner")
    time = measured(row_, CLIENT, Tables(zone=ZONE))
    assert list(time.of_journal(at.get(client), records)) == [
        Sample(date(2026, 3, 3), Decimal("25.5"), group="alice")
    ]
    assert list(stays([])) == []


def test_how_many_go_on_to_the_next_state() -> None:
    """Of those that reached one state, who later reached the other: conversion."""
    at = Company(kpi_nobody, {})
    won, lost, new = (at.client(name) for name in ("A", "B", "C"))
    at.fire(won, "fall_asleep").require()
    at.fire(won, "leave").require()
    at.fire(lost, "fall_asleep").require()
    row_ = indicator(statistic="ratio", source="reached", state="asleep", reaches="gone")
    conversion = measured(row_, CLIENT, Tables(zone=ZONE))
    found = [
        sample
        for client in (won, lost, new)
        for sample in conversion.of_journal(at.get(client), at.engine.journal(client))
    ]
    assert of(row_, *found) == [("2026", Fraction(50), None)]


# Rows and their faults.


@pytest.mark.parametrize(
    ("columns", "path", "told"),
    [
        ({"target": "1"}, "direction", "missing, expected a target and its direction, or neither"),
        (
            {"direction": "at_most"},
            "target",
            "missing, expected a target and its direction, or neither",
        ),
        (
            {"target": "95", "direction": "at_least", "step": "1", "cap": "100"},
            "base_year",
            "missing, expected the first year of a target that rises",
        ),
        (
            {"target": "95", "direction": "at_least", "step": "1", "base_year": 2026},
            "cap",
            "missing, expected what a target that rises ends at",
        ),
        (
            {"target": "95", "direction": "at_least", "cap": "90"},
            "cap",
            "order, expected at least the target, 95",
        ),
        (
            {"statistic": "ratio"},
            "meets",
            "missing, expected which entities meet what the ratio is of",
        ),
        (
            {"statistic": "ratio", "meets": "satisfaction > 1", "unit": "count"},
            "unit",
            "choice, expected percent: ratio is a share",
        ),
        ({"statistic": "average"}, "value", "missing, expected the number that average is made of"),
        ({"source": "stays"}, "state", "missing, expected the state that is measured"),
        (
            {"source": "reached", "state": "active"},
            "reaches",
            "missing, expected the state that is reached then",
        ),
        (
            {"source": "spans", "state": "active"},
            "reaches",
            "missing, expected the state that is reached then",
        ),
        (
            {"statistic": "ratio", "out_of": "satisfaction"},
            "value",
            "missing, expected the number that is part of another",
        ),
        (
            {"statistic": "ratio", "value": "satisfaction", "out_of": "tier"},
            "out_of",
            ("type, expected an expression that gives a number, not a text (at character 1)"),
        ),
        (
            {"statistic": "churn"},
            "by",
            "missing, expected the fact by which customers are told apart",
        ),
        (
            {"scope": "account"},
            "by",
            "missing, expected the fact by which customers are told apart",
        ),
        ({"counts": "teir == 1"}, "counts", "unknown. Did you mean 'tier'? (at character 1)"),
        (
            {"statistic": "sum", "value": "tier"},
            "value",
            ("type, expected an expression that gives a number, not a text (at character 1)"),
        ),
        ({"by": "onwer"}, "by", "unknown. Did you mean 'owner'?"),
        ({"source": "stays", "state": "actve"}, "state", "unknown. Did you mean 'active'?"),
        ({"on": "birthdy"}, "on", "unknown. Did you mean 'birthday'?"),
        ({"on": "tier"}, "on", "type, expected a fact that holds a date or an instant"),
    ],
)
def test_a_fault_of_an_indicator_is_found(
    columns: Mapping[str, object], path: str, told: str
) -> None:
    """Every fault has its place and what would be right."""
    table = tables()[0]
    used = Tables({}, {"office": OFFICE})
    faults = table.check([indicator(**columns)], used, {"client": CLIENT})
    assert {(one.path, one.told) for one in faults} == {(f"$.kpis[0].{path}", told)}


def test_good_rows_have_no_faults() -> None:
    """Rows of machines that are off, or whose samples are brought, are in order."""
    table = tables()[0]
    used = Tables({}, {"office": OFFICE})
    brought = attrs.evolve(indicator(statistic="average", unit="points"), entities=None)
    rows = [row(Kpi, **SATISFACTION), brought, indicator(on="birthday")]
    assert codes(table.check(rows, used, {"client": CLIENT})) == set()
    assert codes(table.check(rows, used, {})) == set()


def test_columns_are_read_exactly() -> None:
    """A float is no target; statistics and periods are those there are."""
    assert faults_of(Kpi, statistic="median") >= {("$.statistic", "choice")}
    assert ("$.target", "type") in faults_of(Kpi, statistic="ratio", target=99.95)
