"""Events that wait for money while other things happen: voids, expiries, other policies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs

from crmflow.clock import ManualClock
from crmflow.core.actor import Actor
from crmflow.core.entity import Snapshot
from crmflow.core.judging import Judge
from crmflow.core.machine import Machine
from crmflow.core.money import Money
from crmflow.core.policy import Evolve, Evolved, Line, Occurrence, Policy, Raised
from crmflow.core.proposal import Proposal
from crmflow.core.ref import EntityRef
from crmflow.core.refusal import Because
from crmflow.core.tables import Tables
from crmflow.core.verdict import Answer, Verdict
from crmflow.engine.values import Adopting
from crmflow.hookspecs import hookimpl
from crmflow.policies.budgets.ledger_facts import LedgerFacts
from crmflow.policies.budgets.state import Stage
from tests.policies.trip_steps import MARCH, Row, approved, codes, ledger, reasons, travelled, trip
from tests.policies.trips import ALICE, AT, DAY, FINANCE, TRAVEL, engine
from tests.policies.world import World


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


@attrs.frozen
class Asking:
    """
    A plugin that holds an approval, and lets it pass on a note.

    Attributes:
        policy: Its name.
        behind: Policy it waits for; None where it comes first.
    """

    policy: str = "asking"
    behind: str | None = None
    __version__: str = "1"

    @hookimpl
    def judge_for(self, machine: Machine, event: str) -> Judge | None:
        """Hold until it was let pass."""

        def judge(before: Snapshot[Any], proposal: Proposal) -> Verdict | None:
            cause = proposal.event.cause
            raised = None if cause is None else cause.policy
            holds = raised == self.behind
            return Verdict(self.policy, Answer.HOLD, "asked") if holds else None

        return judge if (machine.name, event) == ("trip", "approve") else None

    @hookimpl
    def policies_for(self, machine: Machine, tables: Tables) -> Sequence[Policy]:
        """Let it pass on a note."""
        return [Passing(self.policy)] if machine.name == "trip" else []


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

        def run(state: object, seen: Occurrence) -> Evolved:
            return Evolved(None, raises=(raised,))

        return run if event == "note" else None

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


def test_a_chain_of_approvals_decides_before_the_budget() -> None:
    """A higher approval is the chain's affair: its `when` reads the same amount."""
    chain: Row = {
        "name": "much",
        "machine": "trip",
        "event": "approve",
        "roles": "finance_manager",
        "when": "amount > 500",
        "otherwise": "none",
    }
    with engine(budgets=[TRAVEL], chains=[chain]) as trips:
        much, little = approved(trips), approved(trips, "500 CNY", "T-2")
        assert [hold.policy for hold in trips.get(much).holds] == ["approvals"]
        assert trips.get(little).state == "approved"
        trips.fire(much, "$approve", {}, actor=FINANCE).require()
        assert trips.get(much).state == "drafted"
        assert trips.get(much).holds == ()
        assert "refused_budget_exceeded" in codes(trips, much)
        assert ledger(trips).available == Money(500)


def test_what_is_reduced_does_not_forget_who_approved_it() -> None:
    """Raised again with the lesser amount, it names those who had let it pass."""
    chain: Row = {
        "name": "claims", "machine": "trip", "event": "claim", "roles": "finance_manager",
    }  # fmt: skip
    cut: Row = {
        "name": "claim", "machine": "trip", "event": "claim", "amount": "form.amount",
        "limit": "300 CNY", "over": "reduce",
    }  # fmt: skip
    with engine(budgets=[cut], chains=[chain]) as trips:
        ref = travelled(trips, approved(trips))
        trips.fire(ref, "$approve", {}, actor=FINANCE).require()
        last = list(trips.journal(ref))[-1].event
        assert (last.name, last.form.amount) == ("claim", Money(300))
        assert last.cause is not None
        assert (last.cause.policy, last.cause.approved_by) == ("budgets", ("fin-1",))


def test_what_expires_while_another_policy_holds_is_asked_for_anew() -> None:
    """The hold is the other's: it stays, and the money is there again before the event is."""
    row = {**TRAVEL, "expires": "1d"}
    clock = ManualClock(AT)
    asking = Asking("later", "budgets")
    with engine(clock=clock, budgets=[row], plugins=[asking]) as trips:
        ref = approved(trips)
        assert [hold.policy for hold in trips.get(ref).holds] == ["later"]
        assert codes(trips, ref) == ["budget_granted"]
        clock.advance(DAY)
        trips.run_due()
        assert [hold.policy for hold in trips.get(ref).holds] == ["later"]
        assert ledger(trips).reserved == ()
        trips.fire(ref, "note", actor=ALICE).require()
        assert ledger(trips).available == Money(400)
        assert trips.get(ref).holds[0].policy == "later"
        trips.fire(ref, "note", actor=ALICE).require()
        assert trips.get(ref).state == "approved"
        assert codes(trips, ref) == ["budget_kept"]


def test_all_budgets_of_an_event_grant_or_none() -> None:
    """Where one denies, the others get back what they had set aside."""
    small = {**TRAVEL, "name": "small", "ledger": "small", "limit": "100 CNY"}
    with engine(budgets=[TRAVEL, small]) as trips:
        ref = trip(trips)
        (verdict,) = trips.fire(ref, "approve", actor=ALICE).require().verdicts
        assert verdict.values == {
            "amount": "600 CNY, 600 CNY", "ledger": "travel:2026-03, small:2026-03",
        }  # fmt: skip
        assert trips.get(ref).state == "drafted"
        assert ledger(trips) == LedgerFacts(Money(1000), Money(0))
        assert ledger(trips, EntityRef("main", "ledger", "small:2026-03")).reserved == ()
        assert codes(trips, ref) == ["refused_budget_exceeded"]


def test_only_the_ledger_answers() -> None:
    """Nobody grants money by saying so."""
    with engine(budgets=[TRAVEL]) as trips:
        ref = trip(trips)
        forged = trips.fire(ref, "$budget", {"request": "r", "granted": "1 CNY"}, actor=FINANCE)
        assert reasons(forged) == ["budget_not_a_ledger"]


def test_an_adoption_spends_and_gives_back_like_an_event() -> None:
    """No way past the budget leaves something set aside."""
    with engine(budgets=[TRAVEL]) as trips:
        ref = approved(trips)
        admin = Actor("admin", {"administrator"})
        adopting = Adopting(ref, "paid", {"person": "alice"}, reason="paid by hand")
        trips.adopt(adopting, actor=admin).require()
        assert ledger(trips) == LedgerFacts(Money(1000), Money(600))


def test_a_quota_is_taken_when_an_event_is_asked_for() -> None:
    """Who comes second is refused at once, not when the money is there; a void frees the place."""
    once = {"name": "once", "machine": "trip", "event": "approve", "per": ["person"], "hard": True}
    registry = engine(budgets=[TRAVEL], quotas=[once]).registry
    world, first = World(registry, AT), EntityRef("main", "trip", "T-1")
    world.fire(first, "apply", {"person": "alice", "amount": "600 CNY"}, ALICE)
    assert world.fire(first, "approve", {}, ALICE).held
    assert [claim.value for claim in world.get(first).attached.claims] == ["alice"]
    world.fire(first, "note", {}, ALICE)
    assert len(world.get(first).attached.claims) == 1
    world.fire(first, "waive", {}, ALICE)
    assert world.get(first).attached.claims == ()
    with engine(budgets=[TRAVEL], quotas=[once]) as trips:
        approved(trips)
        refused = trips.fire(trip(trips, "1 CNY", "T-2"), "approve", actor=ALICE).refusal
        assert refused is not None
        assert refused.because is Because.CLAIM
        assert len(trips.get(("trip", "T-1")).attached.claims) == 1
        assert ledger(trips).available == Money(400)
