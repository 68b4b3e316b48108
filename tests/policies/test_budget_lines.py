"""What budgets, ledgers and quotas explain: amounts, whose they are, and by which row."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from crmflow.core.money import Money
from crmflow.core.policy import Line
from crmflow.core.tables import Tables
from crmflow.policies.budgets.answering import Answering
from crmflow.policies.budgets.binding import bind
from crmflow.policies.budgets.quotas import Quotas, QuotaState, Taken
from crmflow.policies.budgets.reserving import Reserving
from crmflow.policies.budgets.rows import Budget, Quota
from crmflow.policies.budgets.state import Borne, BudgetState, Refused, Reservation, Stage
from tests.policies.clients import OFFICE, local, row
from tests.policies.test_quotas import ONCE
from tests.policies.trips import ALICE, AT, TRAVEL, TRIP, engine

ANY: Any = None
"""A snapshot that is not looked at."""


def test_what_is_set_aside_expires_by_the_calendar_of_its_row() -> None:
    """In working days where the row names a calendar, else by the clock."""
    friday = local("2026-03-06 10:00")
    worked: dict[str, object] = {**TRAVEL, "expires": "1wd", "calendar": "office"}
    tables = Tables(calendars={"office": OFFICE})
    until = bind(row(Budget, **worked), TRIP, "approve", tables).until(friday)
    assert until == local("2026-03-09 10:00")
    until = bind(row(Budget, **{**TRAVEL, "expires": "1d"}), TRIP, "approve", tables).until(friday)
    assert until == local("2026-03-07 10:00")


def test_what_a_budget_has_done_is_explained() -> None:
    """What is asked, set aside and borne, and why an event came to nothing; rows may be gone."""
    budget = row(Budget, **{**TRAVEL, "version": "7"})
    policy = Reserving(TRIP, (budget,), Tables())

    def reserved(stage: Stage, name: str) -> Reservation:
        return Reservation(
            request=f"r-{stage}", row=name, event="approve", ledger="travel:2026-03",
            wanted=Money(70), amount=Money(60), stage=stage,
        )  # fmt: skip

    state = BudgetState(
        (reserved(Stage.ASKED, "travel"), reserved(Stage.KEPT, "gone")),
        (),
        (Borne("travel", "claim", Money(5)), Borne("gone", "claim", Money(6))),
        (
            Refused("approve", "travel", "budget_exceeded", AT, Money(3)),
            Refused("approve", "gone", "budget_expired", AT),
        ),
    )
    asked = {"amount": Money(60), "ledger": "travel:2026-03", "event": "approve"}
    rules, travel = ("EXP-008",), "travel 7"
    assert list(policy.explain(state, ANY)) == [
        Line("budget_asked", asked, rules, travel),
        Line("budget_kept", asked, (), "gone"),
        Line("budget_borne", {"amount": Money(5), "event": "claim"}, rules, travel),
        Line("budget_borne", {"amount": Money(6), "event": "claim"}, (), "gone"),
        Line(
            "refused_budget_exceeded",
            {"event": "approve", "at": AT, "available": Money(3)}, rules, travel,
        ),
        Line(
            "refused_budget_expired", {"event": "approve", "at": AT, "available": ""}, (), "gone"
        ),
    ]  # fmt: skip
    assert list(policy.explain(None, ANY)) == []


def test_what_a_ledger_has_is_explained() -> None:
    """What there is, what of it is spent, and what is set aside for whom."""
    one = SimpleNamespace(amount=Money(60), machine="trip", id="T-1")
    facts = SimpleNamespace(
        available=Money(30), limit=Money(100), spent=Money(10), reserved=(one, one)
    )
    snapshot: Any = SimpleNamespace(facts=facts)
    has = {"available": Money(30), "limit": Money(100), "spent": Money(10)}
    told = Line("ledger_reserved", {"amount": Money(60), "by": "trip T-1"})
    assert list(Answering().explain(None, snapshot)) == [Line("ledger_available", has), told, told]


def test_what_a_quota_has_given_is_explained() -> None:
    """The place by the scope it was taken in; a further one with its reason."""
    policy = Quotas(TRIP, (row(Quota, **{**ONCE, "version": "2"}),), Tables())
    state = QuotaState(
        (
            Taken("once", "alice:2026-03", "alice:2026-03"),
            Taken("gone", "bob:2026-03", "bob:2026-03:+T-1", "a fair"),
        )
    )
    first = {"quota": "once", "key": "alice:2026-03", "reason": ""}
    further = {"quota": "gone", "key": "bob:2026-03", "reason": "a fair"}
    assert list(policy.explain(state, ANY)) == [
        Line("quota_taken", first, ("EXP-010",), "once 2"),
        Line("quota_further", further, (), "gone"),
    ]
    assert list(policy.explain(None, ANY)) == []


def test_a_refused_request_tells_what_was_available() -> None:
    """And goes on telling it until the event happens."""
    with engine(budgets=[TRAVEL]) as trips:
        given = {"person": "alice", "amount": "1001 CNY"}
        ref = trips.create("trip", given, actor=ALICE, id="T-1").require().entity
        trips.fire(ref, "approve", actor=ALICE).require()
        trips.run_due()
        (refused,) = trips.get(ref).policy("budgets").refused
        assert refused == Refused("approve", "travel", "budget_exceeded", AT, Money(1000))
