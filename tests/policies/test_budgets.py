"""Budgets in an engine: held until the money is there, denied, reduced, borne, spent, given back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs
import pytest

from crmflow.clock import ManualClock
from crmflow.core.actor import Actor
from crmflow.core.decision import Decision
from crmflow.core.entity import Snapshot
from crmflow.core.errors import ConfigurationError
from crmflow.core.journal import Entry
from crmflow.core.judging import Judge
from crmflow.core.machine import Machine
from crmflow.core.money import Money
from crmflow.core.policy import Evolve, Evolved, Line, Policy, Raised
from crmflow.core.proposal import Proposal
from crmflow.core.ref import EntityRef
from crmflow.core.refusal import Because
from crmflow.core.tables import Tables
from crmflow.core.verdict import Answer, Verdict
from crmflow.engine.engine import Engine
from crmflow.engine.values import Adopting
from crmflow.hookspecs import hookimpl
from crmflow.policies.budgets import LEDGER
from crmflow.policies.budgets.ledger import LedgerFacts
from crmflow.policies.budgets.state import BudgetState, Stage
from crmflow.storage.port import MessageStatus
from tests.policies.trips import ALICE, AT, BOB, DAY, FINANCE, TRAVEL, engine
from tests.policies.world import World

MARCH = EntityRef("main", "ledger", "travel:2026-03")
Row = Mapping[str, object]


def trip(trips: Engine, amount: str | None = "600 CNY", id_: str = "T-1", **more: str) -> EntityRef:
    """Return a trip that is applied for."""
    given = {"person": "alice", **({} if amount is None else {"amount": amount}), **more}
    return trips.create("trip", given, actor=ALICE, id=id_).require().entity


def approved(trips: Engine, amount: str | None = "600 CNY", id_: str = "T-1") -> EntityRef:
    """Return a trip whose approval was asked for, and answered by the ledger."""
    ref = trip(trips, amount, id_)
    trips.fire(ref, "approve", actor=ALICE).require()
    return ref


def travelled(trips: Engine, ref: EntityRef, claimed: str = "600 CNY") -> EntityRef:
    """Return a trip that is made and claimed."""
    trips.fire(ref, "travel", {}, actor=ALICE).require()
    trips.fire(ref, "claim", {"amount": claimed}, actor=ALICE).require()
    return ref


def ledger(trips: Engine, ref: EntityRef = MARCH) -> LedgerFacts:
    """Return what is known of a ledger."""
    facts = trips.get(ref).facts
    assert isinstance(facts, LedgerFacts)
    return facts


def remembered(trips: Engine, ref: EntityRef) -> BudgetState:
    """Return what is remembered of a trip's money."""
    found = trips.get(ref).policy("budgets")
    assert isinstance(found, BudgetState)
    return found


def reasons(decision: Decision) -> list[str]:
    """Return the reasons of a refusal by policies."""
    assert decision.refusal is not None
    assert decision.refusal.because is Because.POLICY
    return [verdict.reason for verdict in decision.verdicts]


def codes(trips: Engine, ref: EntityRef) -> list[str]:
    """Return the codes of what the budgets have to say of an entity."""
    snapshot = trips.get(ref)
    return [
        line.code
        for policy in trips.registry.policies[ref.machine]
        for line in policy.explain(snapshot.policy(policy.name), snapshot)
    ]


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
        assert (facts.spent.amount, facts.reserved) == (0, ())


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


def begun(*rows: Row) -> tuple[World, EntityRef]:
    """Return a world in which the approval of a trip waits, no ledger asked yet."""
    world = World(engine(budgets=rows).registry, AT)
    ref = EntityRef("main", "trip", "T-1")
    world.fire(ref, "apply", {"person": "alice", "amount": "600 CNY"}, ALICE)
    assert world.fire(ref, "approve", {}, ALICE).held
    return world, ref


def test_what_is_voided_is_given_back() -> None:
    """An event that ends the hold gives back at once; the late grant changes nothing."""
    world, ref = begun(TRAVEL)
    assert world.fire(ref, "waive", {}, ALICE).accepted
    assert world.get(ref).policy("budgets") is None
    world.deliver((ref, MARCH))
    assert world.get(MARCH).facts.available == Money(400)
    world.settle()
    assert world.get(MARCH).facts.available == Money(1000)
    assert world.get(ref).state == "approved"


def test_events_that_keep_the_state_leave_a_hold_alone() -> None:
    """A note is no answer."""
    world, ref = begun(TRAVEL)
    world.fire(ref, "note", {}, ALICE)
    assert world.get(ref).policy("budgets").waiting[0].event == "approve"
    world.settle()
    assert world.get(ref).state == "approved"


def test_a_grant_that_expires_while_another_is_awaited_ends_the_hold() -> None:
    """What is given back early was not there when it was needed."""
    slow = {**TRAVEL, "name": "slow", "ledger": "slow"}
    other = EntityRef("main", "ledger", "slow:2026-03")
    world, ref = begun({**TRAVEL, "expires": "1d"}, slow)
    world.deliver((ref, MARCH))
    world.deliver((MARCH, ref))
    assert stages(world, ref) == [Stage.GRANTED, Stage.ASKED]
    world.pass_time(AT + DAY)
    world.deliver((MARCH, ref))
    assert world.get(ref).holds == ()
    assert world.get(ref).policy("budgets").refused[0].reason == "budget_expired"
    world.settle()
    assert [world.get(one).facts.reserved for one in (MARCH, other)] == [(), ()]


def stages(world: World, ref: EntityRef) -> list[Stage]:
    """Return how far the reservations of a trip are."""
    return [one.stage for one in world.get(ref).policy("budgets").reservations]


def test_an_event_refused_when_raised_gives_back() -> None:
    """A guard that no longer holds, or another policy, ends the hold and what it was for."""
    world, ref = begun(TRAVEL)
    world.deliver((ref, MARCH))
    guarded = engine(budgets=[TRAVEL], plugins=[Refusing()]).registry
    world.registry = guarded
    world.deliver((MARCH, ref))
    assert (world.get(ref).state, world.get(ref).holds) == ("drafted", ())
    world.settle()
    assert world.get(MARCH).facts.reserved == ()


class Refusing:
    """A plugin that approves of nothing that ledgers let pass."""

    __version__ = "1"

    @hookimpl
    def judge_for(self, machine: Machine, event: str) -> Judge | None:
        """Refuse what a policy raised."""

        def judge(before: Snapshot[Any], proposal: Proposal) -> Verdict | None:
            cause = proposal.event.cause
            raised = cause is not None and cause.policy is not None
            return Verdict("refusing", Answer.REFUSE, "no") if raised else None

        return judge if (machine.name, event) == ("trip", "approve") else None


class Asking:
    """A plugin that holds an approval first, and lets it pass on a note."""

    __version__ = "1"

    @hookimpl
    def judge_for(self, machine: Machine, event: str) -> Judge | None:
        """Hold until it was let pass."""

        def judge(before: Snapshot[Any], proposal: Proposal) -> Verdict | None:
            cause = proposal.event.cause
            passed = cause is not None and cause.policy is not None
            return None if passed else Verdict("asking", Answer.HOLD, "asked")

        return judge if (machine.name, event) == ("trip", "approve") else None

    @hookimpl
    def policies_for(self, machine: Machine, tables: Tables) -> Sequence[Policy]:
        """Let it pass on a note."""
        return [Passing()] if machine.name == "trip" else []


@attrs.frozen
class Passed:
    """What `Passing` remembers: nothing."""


@attrs.frozen
class Passing:
    """The policy of `Asking`."""

    name: str = "asking"
    schema: int = 1
    state: type = Passed
    reserved: Mapping[str, type | None] = attrs.field(factory=dict)

    def evolve_for(self, event: str) -> Evolve | None:
        """Raise the approval on a note."""
        raised = Raised("approve", ALICE, None, ("boss",))
        return (lambda state, seen: Evolved(None, raises=(raised,))) if event == "note" else None

    def upgraded(self, schema: int, value: Mapping[str, object]) -> Mapping[str, object]:
        """Return the value."""
        return value

    def explain(self, state: object, snapshot: Snapshot[Any]) -> Iterable[Line]:
        """Say nothing."""
        return ()


def test_an_approval_comes_first_and_is_not_forgotten() -> None:
    """Money is asked for once the others let it pass; the record names who approved."""
    with engine(budgets=[TRAVEL], plugins=[Asking()]) as trips:
        ref = approved(trips)
        assert [(hold.event, hold.policy) for hold in trips.get(ref).holds] == [
            ("approve", "asking")
        ]
        assert trips.get(ref).policy("budgets") is None
        trips.fire(ref, "note", actor=ALICE).require()
        assert trips.get(ref).state == "approved"
        cause = list(trips.journal(ref))[-1].event.cause
        assert cause is not None
        assert cause.approved_by == ("boss",)
        assert ledger(trips).available == Money(400)


def test_all_budgets_of_an_event_grant_or_none() -> None:
    """Where one denies, the others get back what they had set aside."""
    small = {**TRAVEL, "name": "small", "ledger": "small", "limit": "100 CNY"}
    with engine(budgets=[TRAVEL, small]) as trips:
        ref = approved(trips)
        assert trips.get(ref).state == "drafted"
        assert ledger(trips) == LedgerFacts(Money(1000), Money(0))
        assert ledger(trips, EntityRef("main", "ledger", "small:2026-03")).reserved == ()
        assert codes(trips, ref) == ["refused_budget_exceeded"]


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


def test_what_costs_nothing_needs_no_limit() -> None:
    """Where the amount is not known, no row has anything to say."""
    with engine(budgets=[CLASSES, TRAVEL]) as trips:
        ref = approved(trips, None)
        assert trips.get(ref).state == "approved"
        assert trips.get(ref).policy("budgets") is None


@pytest.mark.parametrize(
    ("amount", "expected"), [("-1 CNY", "budget_negative"), ("1 EUR", "budget_currency")]
)
def test_an_amount_that_is_none(amount: str, expected: str) -> None:
    """Less than nothing, or in another currency than the budget."""
    with engine(budgets=[TRAVEL]) as trips:
        assert reasons(trips.fire(trip(trips, amount), "approve", actor=ALICE)) == [expected]


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


def test_only_the_ledger_answers() -> None:
    """Nobody grants money by saying so."""
    with engine(budgets=[TRAVEL]) as trips:
        ref = trip(trips)
        forged = trips.fire(ref, "$budget", {"request": "r", "granted": "1 CNY"}, actor=FINANCE)
        assert reasons(forged) == ["budget_not_a_ledger"]


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


def test_an_adoption_spends_and_gives_back_like_an_event() -> None:
    """No way past the budget leaves something set aside."""
    with engine(budgets=[TRAVEL]) as trips:
        ref = approved(trips)
        admin = Actor("admin", {"administrator"})
        adopting = Adopting(ref, "paid", {"person": "alice"}, reason="paid by hand")
        trips.adopt(adopting, actor=admin).require()
        assert ledger(trips) == LedgerFacts(Money(1000), Money(600))


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"event": "aprove"}, "event"),
        ({"limit": None}, "limit"),
        ({"limit": "-1 CNY"}, "limit"),
        ({"by": "visitors"}, "by"),
        ({"limit": None, "by": "visitors", "limits": {"a": "1 CNY", "b": "1 EUR"}}, "limits"),
        ({"limit": None, "limits": {"a": "1 CNY"}}, "by"),
        ({"amount": "cost"}, "amount"),
        ({"amount": "person"}, "amount"),
        ({"limit": None, "limits": {"a": "1 CNY"}, "by": "amount"}, "by"),
        ({"per": ["weekday"]}, "per[0]"),
        ({"spent_on": ["payed"]}, "spent_on[0]"),
        ({"spent_on": []}, "spent_on"),
        ({"released_on": ["nowhere"]}, "released_on[0]"),
        ({"spent": "form.costs", "spent_on": ["pay"]}, "spent"),
        ({"ledger": None}, "per"),
        ({"expires": "2wd"}, "calendar"),
        ({"expires": "2d", "calendar": "moon"}, "calendar"),
        ({"over": "reduce"}, "amount"),
        ({"event": "claim", "amount": "form.amount", "over": "reduce", "spent": "amount"}, "over"),
    ],
)
def test_what_is_wrong_with_a_row_is_told_when_loaded(
    change: Mapping[str, object], path: str
) -> None:
    """Each with its place and what would be right."""
    row = {name: value for name, value in {**TRAVEL, **change}.items() if value is not None}
    with pytest.raises(ConfigurationError) as caught:
        engine(budgets=[row])
    assert any(f"$.budgets[0].{path} (travel): " in fault for fault in caught.value.faults)


def test_a_row_with_a_ledger_needs_the_machine() -> None:
    """Its events would wait for ever."""
    from crmflow.config import Overlay
    from tests.policies.trips import TRIP

    with pytest.raises(ConfigurationError, match="ledger"):
        Engine(
            "memory:",
            machines=[TRIP],
            plugins=["crmflow.policies.budgets"],
            config=Overlay({"company.zone": "UTC"}, {"budgets": [TRAVEL]}),
        )


def test_the_ledger_is_a_machine_like_any_other() -> None:
    """It has no end, and waits for nobody."""
    assert LEDGER.creating == "reserve"
    assert LEDGER.events == ("reserve", "spend", "release", "expire", "adjust")
