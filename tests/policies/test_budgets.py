"""Budgets in an engine: held until the money is there, spent, or given back."""

from __future__ import annotations

import pytest

from crmflow.clock import ManualClock
from crmflow.core.actor import Actor
from crmflow.core.journal import Entry, fold, unborn
from crmflow.core.money import Money
from crmflow.core.ref import EntityRef
from crmflow.policies.budgets import LEDGER
from crmflow.policies.budgets.ledger_facts import LedgerFacts
from crmflow.policies.budgets.rows import Budget
from crmflow.policies.budgets.state import Stage
from crmflow.storage.rows import MessageStatus
from tests.policies.trip_steps import (
    MARCH,
    Row,
    approved,
    codes,
    ledger,
    reasons,
    remembered,
    travelled,
    trip,
)
from tests.policies.trips import ALICE, AT, DAY, FINANCE, TRAVEL, Trip, engine


def test_an_event_waits_for_its_money_and_is_applied() -> None:
    """Held, reserved at a ledger that is made for it, granted, applied with who asked."""
    with engine(budgets=[TRAVEL]) as trips:
        ref = trip(trips)
        decision = trips.fire(ref, "approve", actor=ALICE)
        assert decision.held
        (verdict,) = decision.verdicts
        assert (verdict.reason, verdict.row, verdict.rules) == (
            "budget_reserving", "travel", ("EXP-008",),
        )  # fmt: skip
        assert verdict.values == {"amount": "600 CNY", "ledger": MARCH.id}
        assert trips.get(ref).state == "approved"
        last = list(trips.journal(ref))[-1]
        assert (last.event.name, last.event.actor) == ("approve", ALICE)
        facts = ledger(trips)
        assert (facts.limit, facts.available) == (Money(1000), Money(400))
        assert [(one.machine, one.id, one.amount) for one in facts.reserved] == [
            ("trip", "T-1", Money(600))
        ]
        assert codes(trips, ref) == ["budget_kept"]
        assert codes(trips, MARCH) == ["ledger_available", "ledger_reserved"]


def test_what_is_too_much_is_denied_and_says_who_could() -> None:
    """The entity stays as it was, with the reason, what there was, and no hold."""
    with engine(budgets=[TRAVEL]) as trips:
        approved(trips)
        ref = approved(trips, "400.01 CNY", "T-2")
        snapshot = trips.get(ref)
        assert (snapshot.state, snapshot.holds) == ("drafted", ())
        record = list(trips.journal(ref))[-1]
        assert (record.entry, record.event.name) == (Entry.POLICY, "$budget")
        (verdict,) = record.verdicts
        assert (verdict.reason, verdict.roles) == ("budget_exceeded", ("finance_manager",))
        (row,) = trips.registry.tables.of("budgets", Budget)
        assert (verdict.row, verdict.version) == ("travel", row.version)
        assert verdict.values == {
            "amount": "400.01 CNY", "available": "400 CNY", "ledger": MARCH.id,
        }  # fmt: skip
        assert codes(trips, ref) == ["refused_budget_exceeded"]
        assert ledger(trips).available == Money(400)
        trips.fire(ref, "correct", {"amount": "400 CNY"}, actor=ALICE).require()
        trips.fire(ref, "approve", actor=ALICE).require()
        assert trips.get(ref).state == "approved"
        assert remembered(trips, ref).refused == ()
        assert ledger(trips).available == Money(0)


def test_a_first_request_that_is_too_much_makes_the_ledger_all_the_same() -> None:
    """So that finance can see it, and give it another limit."""
    with engine(budgets=[TRAVEL]) as trips:
        ref = approved(trips, "1000.01 CNY")
        assert trips.get(ref).state == "drafted"
        assert ledger(trips) == LedgerFacts(Money(1000), Money(0))
        more = {"limit": "1001 CNY", "reason": "one more guest"}
        assert trips.fire(MARCH, "adjust", more, actor=ALICE).refusal is not None
        trips.fire(MARCH, "adjust", more, actor=FINANCE).require()
        trips.fire(ref, "approve", actor=ALICE).require()
        assert trips.get(ref).state == "approved"


def test_a_limit_is_never_set_below_what_is_taken() -> None:
    """Nor to another currency."""
    with engine(budgets=[TRAVEL]) as trips:
        approved(trips)
        less = trips.fire(MARCH, "adjust", {"limit": "599 CNY", "reason": "cut"}, actor=FINANCE)
        other = trips.fire(MARCH, "adjust", {"limit": "900 EUR", "reason": "euro"}, actor=FINANCE)
        found = [
            reason.code
            for decision in (less, other)
            if decision.refusal is not None
            for tried in decision.refusal.tried
            for reason in tried.reasons
        ]
        assert found == ["limit_below_committed", "currency_differs"]
        trips.fire(MARCH, "adjust", {"limit": "600 CNY", "reason": "cut"}, actor=FINANCE).require()


@pytest.mark.parametrize(("end", "spent"), [("settle", "600"), ("refuse", "0"), ("cancel", "0")])
def test_what_is_reserved_ends(end: str, spent: str) -> None:
    """Spent where the life comes to that, else given back by any end."""
    with engine(budgets=[TRAVEL]) as trips:
        ref = travelled(trips, approved(trips))
        payload = {"reason": "no"} if end == "refuse" else None
        trips.fire(ref, end, payload, actor=ALICE).require()
        facts = ledger(trips)
        assert (facts.spent, facts.reserved) == (Money(spent), ())
        assert trips.get(ref).policy("budgets") is None


BEYOND: Row = {
    **TRAVEL, "spent": "form.amount", "spent_on": ["pay"], "released_on": ["claimed"],
}  # fmt: skip


def test_what_is_given_back_by_an_event_is_free_for_others() -> None:
    """A row names the events, or states, that give back."""
    with engine(budgets=[BEYOND]) as trips:
        travelled(trips, approved(trips))
        assert ledger(trips) == LedgerFacts(Money(1000), Money(0))


SPENT: Row = {**TRAVEL, "spent": "form.amount", "spent_on": ["pay"]}


def test_less_is_spent_than_was_reserved() -> None:
    """The rest is free again, to the last cent."""
    with engine(budgets=[SPENT]) as trips:
        ref = travelled(trips, approved(trips))
        trips.fire(ref, "pay", {"amount": "599.99 CNY"}, actor=ALICE).require()
        assert trips.get(ref).state == "paid"
        assert ledger(trips) == LedgerFacts(Money(1000), Money("599.99"))


def test_nothing_is_spent_of_what_was_reserved() -> None:
    """All of it is free again."""
    with engine(budgets=[SPENT]) as trips:
        ref = travelled(trips, approved(trips))
        trips.fire(ref, "pay", {"amount": "0 CNY"}, actor=ALICE).require()
        facts = ledger(trips)
        assert (facts.spent, facts.reserved) == (Money(0), ())


def test_more_is_spent_than_was_reserved_only_if_there_is_more() -> None:
    """The event that spends waits for the difference, or is denied."""
    with engine(budgets=[SPENT]) as trips:
        ref = travelled(trips, approved(trips))
        trips.fire(ref, "pay", {"amount": "1000.01 CNY"}, actor=ALICE).require()
        assert trips.get(ref).state == "claimed"
        assert ledger(trips).available == Money(400)
        assert trips.fire(ref, "pay", {"amount": "1000 CNY"}, actor=ALICE).held
        assert trips.get(ref).state == "paid"
        assert ledger(trips) == LedgerFacts(Money(1000), Money(1000))


def test_spending_in_another_currency_is_refused() -> None:
    """Sums are of one currency."""
    with engine(budgets=[SPENT]) as trips:
        ref = travelled(trips, approved(trips))
        refused = trips.fire(ref, "pay", {"amount": "1 EUR"}, actor=ALICE)
        assert reasons(refused) == ["budget_currency"]


def test_a_reservation_that_lasts_too_long_is_given_back_and_asked_for_again() -> None:
    """The ledger reminds, the trip gives back; spending it then waits for it anew."""
    clock = ManualClock(AT)
    with engine(clock=clock, budgets=[{**TRAVEL, "expires": "10d"}]) as trips:
        ref = approved(trips)
        assert [(t.name, t.due_at) for t in trips.get(MARCH).timers] == [("expiry", AT + 10 * DAY)]
        clock.advance(10 * DAY)
        trips.run_due()
        assert ledger(trips) == LedgerFacts(Money(1000), Money(0))
        (lost,) = remembered(trips, ref).reservations
        assert (lost.stage, lost.amount) == (Stage.EXPIRED, Money(600))
        assert codes(trips, ref) == ["budget_expired"]
        travelled(trips, ref)
        assert trips.fire(ref, "settle", actor=ALICE).held
        assert trips.get(ref).state == "paid"
        assert ledger(trips) == LedgerFacts(Money(1000), Money(600))


def test_a_row_out_of_force_asks_nothing_and_still_spends() -> None:
    """What was reserved while it was in force is spent after."""
    clock = ManualClock(AT)
    with engine(clock=clock, budgets=[{**TRAVEL, "until_on": "2026-03-10"}]) as trips:
        first = travelled(trips, approved(trips))
        clock.advance(10 * DAY)
        second = approved(trips, "5000 CNY", "T-2")
        assert trips.get(second).state == "approved"
        trips.fire(first, "settle", actor=ALICE).require()
        assert ledger(trips).spent == Money(600)
        trips.fire(travelled(trips, second), "settle", actor=ALICE).require()
        assert ledger(trips).spent == Money(600)


def test_a_row_that_changes_takes_turns_with_its_own_past() -> None:
    """From a day on another limit holds, for ledgers made since."""
    clock = ManualClock(AT)
    rows = [TRAVEL, {"name": "travel", "machine": "trip", "from_on": "2026-04-01",
                     "limit": "50 CNY"}]  # fmt: skip
    with engine(clock=clock, budgets=rows) as trips:
        approved(trips)
        clock.advance(31 * DAY)
        ref = approved(trips, "60 CNY", "T-2")
        assert trips.get(ref).state == "drafted"
        assert ledger(trips, EntityRef("main", "ledger", "travel:2026-04")).limit == Money(50)


def test_a_ledger_refuses_what_was_not_reserved() -> None:
    """Such a message is parked with its reason; giving back twice is harmless."""
    with engine(budgets=[TRAVEL]) as trips:
        approved(trips)
        system = Actor("system", {"system"})
        much = {"request": "trip T-1 travel 2", "amount": "601 CNY"}
        assert trips.fire(MARCH, "spend", much, actor=system).refusal is not None
        unknown = {"request": "nobody"}
        assert trips.fire(MARCH, "spend", {**unknown, "amount": "1 CNY"}, actor=system).refusal
        trips.fire(MARCH, "release", unknown, actor=system).require()
        assert ledger(trips).available == Money(400)
        assert list(trips.outbox(status=MessageStatus.PARKED)) == []


def test_a_life_is_decided_again_and_folds_to_what_is_stored() -> None:
    """All of it is effects and inputs: nothing is read besides."""
    with engine(budgets=[{**SPENT, "expires": "10d", "per": ["actor.department"]}]) as trips:
        ref = travelled(trips, approved(trips))
        trips.fire(ref, "pay", {"amount": "700 CNY"}, actor=ALICE).require()
        sales = EntityRef("main", "ledger", "travel:sales")
        assert ledger(trips, sales).spent == Money(700)
        for one, facts in ((ref, Trip), (sales, LedgerFacts)):
            assert {again.differs for again in trips.redecide(one)} == {()}
            assert fold(trips.journal(one), facts, unborn(one, AT)) == trips.get(one)


def test_states_have_one_shape_so_far() -> None:
    """An older shape is none: what is stored is read as it is."""
    kept: dict[str, object] = {"taken": []}
    once = {"name": "once", "machine": "trip", "event": "note", "per": ["person"], "hard": True}
    policies = engine(budgets=[TRAVEL], quotas=[once]).registry.policies
    found = [policy for machine in ("trip", "ledger") for policy in policies[machine]]
    assert sorted(policy.name for policy in found) == ["budgets", "ledgers", "quotas"]
    assert all(policy.upgraded(1, kept) is kept for policy in found)


def test_the_ledger_is_a_machine_like_any_other() -> None:
    """It has no end, and waits for nobody."""
    assert LEDGER.creating == "reserve"
    assert LEDGER.events == ("reserve", "spend", "release", "expire", "adjust")
