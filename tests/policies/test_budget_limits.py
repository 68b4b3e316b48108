"""Limits: of each event by itself, by class, by scope; and what is wrong with rows."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from crmflow.core.actor import Actor
from crmflow.core.errors import ConfigurationError
from crmflow.core.money import Money
from crmflow.core.ref import EntityRef
from crmflow.engine.engine import Engine
from crmflow.policies.budgets import suggested_limit
from tests.policies.trip_steps import (
    Row,
    approved,
    codes,
    ledger,
    reasons,
    remembered,
    travelled,
    trip,
)
from tests.policies.trips import ALICE, BOB, TRAVEL, engine


def test_what_the_budget_lacks_is_borne() -> None:
    """AMB-35: the event happens, and its entity remembers who bears how much."""
    with engine(budgets=[{**TRAVEL, "over": "bear"}]) as trips:
        approved(trips)
        second, third = approved(trips, "600 CNY", "T-2"), approved(trips, "10 CNY", "T-3")
        assert [trips.get(ref).state for ref in (second, third)] == ["approved", "approved"]
        assert [one.amount for one in remembered(trips, second).borne] == [Money(200)]
        assert [one.amount for one in remembered(trips, third).borne] == [Money(10)]
        assert codes(trips, third) == ["budget_kept", "budget_borne"]
        facts = ledger(trips)
        assert facts.available == Money(0)
        assert len(facts.reserved) == 2
        trips.fire(travelled(trips, third), "settle", actor=ALICE).require()
        assert ledger(trips).spent == Money(0)


REDUCED: Row = {
    "name": "reduced", "machine": "trip", "event": "claim", "amount": "form.amount",
    "limit": "1000 CNY", "ledger": "travel", "per": ["month"], "over": "reduce",
    "spent_on": ["paid"],
}  # fmt: skip


def test_a_claim_is_reduced_to_what_the_budget_has() -> None:
    """AMB-35: the event is applied with the lesser amount; with nothing left it is denied."""
    with engine(budgets=[REDUCED]) as trips:
        first = travelled(trips, approved(trips), "700 CNY")
        second = travelled(trips, approved(trips, id_="T-2"), "700 CNY")
        assert [trips.get(ref).facts.amount for ref in (first, second)] == [Money(700), Money(300)]
        third = travelled(trips, approved(trips, id_="T-3"), "1 CNY")
        assert trips.get(third).state == "travelled"
        assert ledger(trips).available == Money(0)


CLAIM: Row = {"name": "claim", "machine": "trip", "event": "claim", "amount": "form.amount"}


@pytest.mark.parametrize(
    ("over", "claimed", "found"),
    [("refuse", "300 CNY", "300"), ("bear", "301 CNY", "301"), ("reduce", "301 CNY", "300")],
)
def test_a_limit_of_each_event_by_itself(over: str, claimed: str, found: str) -> None:
    """Without a ledger: the limit itself is not over it."""
    with engine(budgets=[{**CLAIM, "limit": "300 CNY", "over": over}]) as trips:
        ref = travelled(trips, approved(trips), claimed)
        assert (trips.get(ref).state, trips.get(ref).facts.amount) == ("claimed", Money(found))
        if over == "bear":
            assert [(one.row, one.amount) for one in remembered(trips, ref).borne] == [
                ("claim", Money(1))
            ]


def test_the_least_of_several_limits_is_what_a_claim_is_reduced_to() -> None:
    """And of a ledger no more is asked than that."""
    rows = [
        {**CLAIM, "name": f"claim_{limit}", "limit": f"{limit} CNY", "over": "reduce"}
        for limit in (300, 200, 400)
    ]
    with engine(budgets=[*rows, REDUCED]) as trips:
        ref = travelled(trips, approved(trips))
        assert trips.get(ref).facts.amount == Money(200)
        assert ledger(trips).available == Money(800)


def test_over_its_limit_a_claim_is_refused_with_every_row() -> None:
    """The first reason, and all rows and rules that say so."""
    rows = [
        {**CLAIM, "limit": "300 CNY", "rules": ["REV-027"]},
        {**CLAIM, "name": "other", "limit": "200 CNY", "rules": ["EXP-016"]},
    ]
    with engine(budgets=rows) as trips:
        ref = approved(trips)
        trips.fire(ref, "travel", {}, actor=ALICE).require()
        refused = trips.fire(ref, "claim", {"amount": "300.01 CNY"}, actor=ALICE)
        assert reasons(refused) == ["budget_exceeded"]
        (verdict,) = refused.verdicts
        assert (verdict.row, verdict.rules) == ("claim, other", ("REV-027", "EXP-016"))
        assert verdict.values["others"] == "budget_exceeded"


CLASSES: Row = {
    **CLAIM, "event": "approve", "amount": "amount", "by": "visitors",
    "limits": {"general": "100 CNY", "important": "900 CNY"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("visitors", "expected"),
    [
        ({"visitors": "important"}, []),
        ({"visitors": "general"}, ["budget_exceeded"]),
        ({"visitors": "strangers"}, ["budget_no_limit"]),
        ({}, ["budget_no_limit"]),
    ],
)
def test_a_standard_by_class(visitors: Mapping[str, str], expected: list[str]) -> None:
    """EXP-016: each class has a limit; one without is told."""
    with engine(budgets=[CLASSES]) as trips:
        decision = trips.fire(trip(trips, **visitors), "approve", actor=ALICE)
        assert (reasons(decision) if expected else []) == expected
        assert decision.accepted is not bool(expected)


def test_a_ledger_begins_with_the_limit_of_its_class() -> None:
    """What is spent beyond is asked of the same ledger, which knows its limit."""
    row = {**CLASSES, "ledger": "visits", "per": ["visitors"], "spent": "form.amount",
           "spent_on": ["pay"]}  # fmt: skip
    with engine(budgets=[row]) as trips:
        ref = trip(trips, "100 CNY", visitors="important")
        trips.fire(ref, "approve", actor=ALICE).require()
        trips.fire(travelled(trips, ref), "pay", {"amount": "900 CNY"}, actor=ALICE).require()
        facts = ledger(trips, EntityRef("main", "ledger", "visits:important"))
        assert (facts.limit, facts.spent) == (Money(900), Money(900))


def test_what_costs_nothing_needs_no_limit() -> None:
    """Where the amount is not known, no row has anything to say."""
    with engine(budgets=[CLASSES, TRAVEL]) as trips:
        ref = approved(trips, None)
        assert trips.get(ref).state == "approved"
        assert trips.get(ref).policy("budgets") is None


@pytest.mark.parametrize(
    ("amount", "expected", "beside"),
    [("-1 CNY", "budget_negative", {}), ("1 EUR", "budget_currency", {"limit": "1000 CNY"})],
)
def test_an_amount_that_is_none(amount: str, expected: str, beside: Mapping[str, str]) -> None:
    """Less than nothing, or in another currency than the budget."""
    with engine(budgets=[TRAVEL]) as trips:
        refused = trips.fire(trip(trips, amount), "approve", actor=ALICE)
        assert reasons(refused) == [expected]
        assert refused.verdicts[0].values == {"amount": amount, **beside}


@pytest.mark.parametrize(
    ("part", "actor", "ledger_id"),
    [
        ("year", ALICE, "travel:2026"),
        ("day", ALICE, "travel:2026-03-02"),
        ("actor.id", ALICE, "travel:alice"),
        ("actor.department", ALICE, "travel:sales"),
        ("actor.department", BOB, "travel:service"),
        ("actor.department", Actor("carol", departments={"b:1", "c"}), "travel:b%3A1"),
        ("person", BOB, "travel:alice"),
    ],
)
def test_the_scope_of_a_ledger(part: str, actor: Actor, ledger_id: str) -> None:
    """Parts are readable and never run into each other."""
    with engine(budgets=[{**TRAVEL, "per": [part]}]) as trips:
        trips.fire(trip(trips), "approve", actor=actor).require()
        assert ledger(trips, EntityRef("main", "ledger", ledger_id)).available == Money(400)


def test_a_scope_that_cannot_be_told_is_refused() -> None:
    """Nothing counts against nobody's budget."""
    with engine(budgets=[{**TRAVEL, "per": ["actor.department"]}]) as trips:
        refused = trips.fire(trip(trips), "approve", actor=Actor("dave"))
        assert reasons(refused) == ["budget_no_scope"]
        assert refused.verdicts[0].values == {"part": "actor.department"}


def test_without_an_amount_a_budget_counts() -> None:
    """Three trips a month, whatever they cost; XXX is no currency."""
    row = {**TRAVEL, "limit": "2 XXX"}
    del row["amount"]
    with engine(budgets=[row]) as trips:
        states = [trips.get(approved(trips, id_=f"T-{n}")).state for n in range(3)]
        assert states == ["approved", "approved", "drafted"]


@pytest.mark.parametrize(
    ("change", "path", "told"),
    [
        ({"event": "aprove"}, "event", "unknown. Did you mean 'approve'?"),
        (
            {"event": "apply", "amount": "amount"},
            "amount",
            "unknown. Did you mean 'form.amount'? (at character 1)",
        ),
        (
            {"limit": None},
            "limit",
            ("missing, expected either one limit, or limits by what `by` gives"),
        ),
        ({"limit": "-1 CNY"}, "limit", "negative, expected an amount of zero or more"),
        (
            {"by": "visitors"},
            "by",
            ("missing, expected an expression for which of the limits holds"),
        ),
        (
            {"limit": None, "by": "visitors", "limits": {"a": "1 CNY", "b": "1 EUR"}},
            "limits",
            "currency, expected limits of one currency",
        ),
        (
            {"limit": None, "limits": {"a": "1 CNY"}},
            "by",
            ("missing, expected an expression for which of the limits holds"),
        ),
        (
            {"amount": "cost"},
            "amount",
            (
                "unknown. Known: 'actor.departments', 'actor.id', 'actor.roles', "
                "'amount', 'amount_currency', 'and', 'at', 'day', 'days_between', "
                "'ended_at', 'ended_on', 'event', 'false', 'in', 'length', 'lower', "
                "'not', 'null', 'or', 'paid', 'paid_currency', 'person', 'reason', "
                "'state', 'true', 'visitors'. (at character 1)"
            ),
        ),
        (
            {"amount": "person"},
            "amount",
            ("type, expected an expression that gives a number, not a text (at character 1)"),
        ),
        (
            {"limit": None, "limits": {"a": "1 CNY"}, "by": "amount"},
            "by",
            ("type, expected an expression that gives a text, not a number (at character 1)"),
        ),
        ({"per": ["weekday"]}, "per[0]", "unknown. Did you mean 'day'? (at character 1)"),
        ({"spent_on": ["payed"]}, "spent_on[0]", "unknown. Did you mean 'pay'?"),
        (
            {"spent_on": []},
            "spent_on",
            (
                "missing, expected events or states by which it is spent: else all of "
                "it is given back"
            ),
        ),
        (
            {"released_on": ["nowhere"]},
            "released_on[0]",
            (
                "unknown. Known: 'apply', 'approve', 'approved', 'cancel', 'cancelled',"
                " 'claim', 'claimed', 'correct', 'drafted', 'note', 'paid', 'pay', "
                "'refuse', 'refused', 'settle', 'travel', 'travelled', 'waive'."
            ),
        ),
        (
            {"spent": "form.costs", "spent_on": ["pay"]},
            "spent",
            "unknown. Did you mean 'form.amount'? (at character 1)",
        ),
        (
            {"ledger": None},
            "per",
            (
                "no_ledger, expected nothing: without a ledger a limit holds for each "
                "event by itself"
            ),
        ),
        ({"expires": "2wd"}, "calendar", "missing, expected a working calendar, which 2wd needs"),
        ({"expires": "2d", "calendar": "moon"}, "calendar", "unknown. None is known."),
        (
            {"over": "reduce"},
            "amount",
            (
                "not_reducible, expected 'form.<field>', an amount of money the event "
                "must bring, to be reduced"
            ),
        ),
        (
            {"event": "claim", "amount": "form.amount", "over": "reduce", "spent": "amount"},
            "over",
            ("not_reducible, expected refuse or bear, where `spent` is told apart"),
        ),
    ],
)
def test_what_is_wrong_with_a_row_is_told_when_loaded(
    change: Mapping[str, object], path: str, told: str
) -> None:
    """Each with its place and what would be right."""
    row = {name: value for name, value in {**TRAVEL, **change}.items() if value is not None}
    with pytest.raises(ConfigurationError) as caught:
        engine(budgets=[row])
    assert f"config: $.budgets[0].{path} (travel): {told}" in caught.value.faults


def test_a_row_with_a_ledger_has_its_machine() -> None:
    """Nobody names it: its events would wait for ever without."""
    from crmflow.config import Overlay
    from tests.policies.trips import TRIP

    rows = {"budgets": [TRAVEL]}
    with Engine("memory:", machines=[TRIP], config=Overlay({"company.zone": "UTC"}, rows)) as trips:
        trips.fire(approved(trips), "travel", {}, actor=ALICE).require()
        assert [row.ref.machine for row in trips.find("ledger")] == ["ledger"]


def test_a_ledger_of_another_currency_denies() -> None:
    """Two rows that share a ledger share its currency, or the second gets nothing of it."""
    euro = {**REDUCED, "over": "refuse", "limit": "100 EUR"}
    with engine(budgets=[TRAVEL, euro]) as trips:
        ref = approved(trips)
        trips.fire(ref, "travel", {}, actor=ALICE).require()
        trips.fire(ref, "claim", {"amount": "1 EUR"}, actor=ALICE).require()
        assert trips.get(ref).state == "travelled"
        assert codes(trips, ref) == ["budget_kept", "refused_budget_currency"]


def test_a_limit_is_suggested_by_history() -> None:
    """The average of past periods, to the cent; of nothing there is none (EXP-009, AMB-30)."""
    assert suggested_limit([Money(100), Money(200), Money(0)]) == Money("100.00")
    assert suggested_limit([Money(1), Money(0), Money(0)]) == Money("0.33")
    with pytest.raises(ValueError, match="at least one"):
        suggested_limit([])
