"""Steps in the life of a trip, and what is looked at afterwards."""

from __future__ import annotations

from collections.abc import Mapping

from crmflow.core.decision import Decision
from crmflow.core.ref import EntityRef
from crmflow.core.refusal import Because
from crmflow.engine.engine import Engine
from crmflow.policies.budgets.ledger_facts import LedgerFacts
from crmflow.policies.budgets.state import BudgetState
from tests.policies.trips import ALICE

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
