"""The machine `expense_claim_revisit`, catalogue 3.18."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from crmflow.core.actor import Actor
from crmflow.core.money import Money
from tests.states.case import Case, declared, legal, pairs, walk_of

PAYLOADS: dict[str, Mapping[str, object]] = {
    "submit": {"revisit": "R-1", "amount": "340", "vouchers": ["B-1"], "customer": "C-1"},
    "sign": {},
    "refuse": {"reason": "no vouchers"},
    "pay": {"amount": "300"},
}
TABLE = (
    "submit: - -> drafted",
    "sign: drafted -> signed",
    "refuse: drafted -> refused",
    "pay: signed -> paid",
)
PATHS = {"-": (), "drafted": ("submit",), "signed": ("submit", "sign")}


def claim(*steps: str) -> Case:
    """Return a claim that has taken these steps."""
    return Case("expense_claim_revisit", PAYLOADS).go(*steps)


def test_the_table_is_the_catalogue() -> None:
    """The rows are those of the catalogue, no more and no fewer."""
    assert declared("expense_claim_revisit") == pairs(TABLE)


@pytest.mark.parametrize(("source", "event", "to"), legal(PATHS, TABLE))
def test_a_row_is_legal(source: str, event: str, to: str) -> None:
    """Every row leads where the catalogue says."""
    case = claim(*PATHS[source], event)
    assert case.state == to
    case.hold_invariants()


@pytest.mark.parametrize(
    ("steps", "step", "changes", "why"),
    [
        ((), "submit", {"vouchers": []}, "$.vouchers"),
        ((), "submit", {"revisit": None}, "$.revisit"),
        (("submit",), "refuse", {"reason": " "}, "$.reason"),
        (("submit", "sign"), "pay", {"amount": "340.01"}, "more_than_it_cost"),
        (("submit", "sign"), "pay", {"amount": "1 EUR"}, "more_than_it_cost"),
    ],
)
def test_a_guard_refuses(
    steps: tuple[str, ...], step: str, changes: dict[str, object], why: str
) -> None:
    """Each guard refuses with its reason; without vouchers nothing is claimed (REV-025)."""
    case = claim(*steps)
    assert case.why_not(step, payload=case.but(step, **changes)) == {why}


@pytest.mark.parametrize(
    ("steps", "step"), [(("submit",), "sign"), (("submit",), "refuse"), (("submit", "sign"), "pay")]
)
def test_the_supervisor_signs_and_finance_pays(steps: tuple[str, ...], step: str) -> None:
    """Nobody else does (REV-026)."""
    assert claim(*steps).why_not(step, Actor("clerk-1", {"customer_service"})) == {"role"}


def test_what_is_not_paid_is_borne_by_the_specialist() -> None:
    """It is kept in a field of its own (REV-028)."""
    case = claim("submit", "sign", "pay")
    assert (case.facts.paid, case.facts.excess) == (Money(300), Money(40))
    assert case.facts.specialist == "person-1"
    named = Case("expense_claim_revisit", PAYLOADS)
    named.fire("submit", payload=named.but("submit", specialist="serv-1")).require()
    assert named.facts.specialist == "serv-1"


TestExpenseClaimRevisitWalk = walk_of("expense_claim_revisit", PAYLOADS)
