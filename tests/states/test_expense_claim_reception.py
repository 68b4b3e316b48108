"""The machine `expense_claim_reception`, catalogue 3.17."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest

from crmflow.core.actor import SYSTEM, Actor
from crmflow.core.money import Money
from tests.states.case import AT, DAY, Case, declared, legal, pairs, walk_of

FORM = {
    "reception": "V-1",
    "purpose": "tour of the press",
    "guests": 6,
    "amount": "900",
    "visitor_class": "important",
    "visit_at": "2026-03-20T09:00:00+08:00",
    "customer": "C-1",
}
LUNCH = {"item": "lunch", "amount": "500", "purpose": "talks over lunch"}
TEA = {"item": "tea", "amount": "100.50", "purpose": "reception of the group"}
HANDED = {
    "slip": "S-17",
    "vouchers": ["B-1", "B-2"],
    "receipts": ["R-1"],
    "ended_at": "2026-03-02T16:00:00+08:00",
}
PAYLOADS: dict[str, Mapping[str, object]] = {
    "apply": FORM,
    "apply:general": {**FORM, "visitor_class": "general"},
    "approve_service": {},
    "approve_finance": {},
    "refuse_application": {"reason": "no need"},
    "draw": {"amount": "800"},
    "spend": {"expenses": [LUNCH, TEA]},
    "spend:misused": {"expenses": [{**LUNCH, "misuse": "off_purpose"}, TEA]},
    "instruct": {"instruction": "a smaller lunch next time"},
    "mark_misuse": {"misuse": "over_standard", "item": "lunch"},
    "submit": HANDED,
    "sign": {"effective": True, "complete": True},
    "settle": {"amount": "600.50"},
    "reduce": {"amount": "400", "reason": "over the standard"},
    "refuse": {"reason": "unauthorised"},
    "cancel": {"reason": "the visit was called off"},
    "cancel:drawn": {"reason": "the visit was called off", "returned": "800"},
    "note_card": {"interests": "presses", "hobbies": "chess", "characteristics": "patient"},
    "note_end": {"ended_at": "2026-03-02T16:30:00+08:00", "visitor_class": "important"},
    "call_off": {"ended_at": "2026-03-02T16:30:00+08:00", "reason": "the mill stands still"},
}
TABLE = (
    "apply: - -> drafted",
    "approve_service: drafted -> service_approved",
    "approve_finance: service_approved -> approved",
    "refuse_application: drafted, service_approved -> refused",
    "draw: approved -> drawn",
    "spend: drawn -> spent",
    "submit: spent -> submitted",
    "sign: submitted -> signed",
    "settle: signed -> settled",
    "reduce: signed -> reduced",
    "refuse: submitted, signed -> refused",
    "cancel: drafted, service_approved, approved, drawn -> cancelled",
    "note_card: drawn, spent, submitted, signed -> =",
)
ADDED = (
    "instruct: drawn, spent, submitted, signed -> =",
    "mark_misuse: spent, submitted, signed -> =",
    "note_end: * -> =",
    "call_off: drafted, service_approved, approved -> cancelled",
    "call_off: drawn, spent, submitted, signed -> =",
)
APPROVED = ("apply", "approve_service", "approve_finance")
PATHS = {
    "-": (),
    "drafted": ("apply",),
    "service_approved": APPROVED[:2],
    "approved": APPROVED,
    "drawn": (*APPROVED, "draw"),
    "spent": (*APPROVED, "draw", "spend"),
    "submitted": (*APPROVED, "draw", "spend", "submit"),
    "signed": (*APPROVED, "draw", "spend", "submit", "sign"),
}
LEGAL = legal(PATHS, (*TABLE, *ADDED))
NEEDS_A_MARK = {("signed", "reduce"), ("signed", "refuse"), ("submitted", "refuse")}


def claim(*steps: str) -> Case:
    """Return a claim that has taken these steps."""
    return Case("expense_claim_reception", PAYLOADS).go(*steps)


def test_the_table_is_the_catalogue() -> None:
    """The rows are those of the catalogue, and the added ones."""
    assert declared("expense_claim_reception") == pairs((*TABLE, *ADDED))


@pytest.mark.parametrize(("source", "event", "to"), LEGAL)
def test_a_row_is_legal(source: str, event: str, to: str) -> None:
    """Every row leads where the catalogue says."""
    marks = ("mark_misuse",) if (source, event) in NEEDS_A_MARK else ()
    step = "cancel:drawn" if (source, event) == ("drawn", "cancel") else event
    case = claim(*PATHS[source], *marks, step)
    assert case.state == (source if to == "=" else to)
    case.hold_invariants()


@pytest.mark.parametrize(
    ("steps", "step", "changes", "why"),
    [
        ((), "apply", {"purpose": " "}, "$.purpose"),
        ((), "apply", {"amount": "0"}, "$.amount"),
        ((), "apply", {"visit_at": "2026-03-02T17:00:00+08:00"}, "visit_in_past"),
        (("apply",), "refuse_application", {"reason": None}, "$.reason"),
        (APPROVED, "draw", {"amount": "900.01"}, "over_approved"),
        (APPROVED, "draw", {"amount": "1 EUR"}, "over_approved"),
        (PATHS["drawn"], "spend", {"expenses": []}, "$.expenses"),
        (PATHS["drawn"], "spend", {"expenses": [{**TEA, "purpose": ""}]}, "$.expenses[0].purpose"),
        (PATHS["drawn"], "spend", {"expenses": [{**TEA, "amount": "9 EUR"}]}, "other_currency"),
        (PATHS["spent"], "mark_misuse", {"item": "dinner"}, "unknown_item"),
        (PATHS["spent"], "submit", {"slip": None}, "$.slip"),
        (PATHS["spent"], "submit", {"vouchers": []}, "$.vouchers"),
        (PATHS["spent"], "submit", {"receipts": []}, "$.receipts"),
        (PATHS["spent"], "submit", {"ended_at": None}, "reception_not_ended"),
        (PATHS["submitted"], "sign", {"effective": False}, "not_in_order"),
        (PATHS["submitted"], "sign", {"complete": False}, "not_in_order"),
        (PATHS["submitted"], "refuse", {}, "not_misused"),
        (PATHS["signed"], "settle", {"amount": "600"}, "not_what_was_spent"),
        ((*PATHS["signed"], "mark_misuse"), "settle", {}, "misused"),
        (PATHS["signed"], "reduce", {}, "not_misused"),
        ((*PATHS["signed"], "mark_misuse"), "reduce", {"amount": "600.50"}, "not_reduced"),
        ((*PATHS["signed"], "mark_misuse"), "reduce", {"amount": "601"}, "not_reduced"),
        ((*PATHS["signed"], "mark_misuse"), "reduce", {"amount": "1 EUR"}, "not_reduced"),
        ((*PATHS["signed"], "mark_misuse"), "reduce", {"reason": " "}, "$.reason"),
        (PATHS["drawn"], "cancel", {}, "money_not_returned"),
        (PATHS["approved"], "cancel:drawn", {}, "money_not_returned"),
        (("apply:general", *PATHS["drawn"][1:]), "note_card", {}, "not_important"),
        (PATHS["spent"], "note_card", {"hobbies": ""}, "$.hobbies"),
    ],
)
def test_a_guard_refuses(
    steps: tuple[str, ...], step: str, changes: dict[str, object], why: str
) -> None:
    """
    Each guard of the catalogue refuses with its reason.

    Rules: EXP-001 EXP-003 EXP-004 EXP-006 EXP-011 EXP-013 EXP-014 EXP-018
    """
    case = claim(*steps)
    assert why in case.why_not(step, payload=case.but(step, **changes))


@pytest.mark.parametrize(
    ("steps", "step", "role"),
    [
        (("apply",), "approve_service", "service_manager"),
        (APPROVED[:2], "approve_finance", "finance_manager"),
        (PATHS["submitted"], "sign", "service_manager"),
        (PATHS["signed"], "settle", "finance"),
        (PATHS["drawn"], "instruct", "service_head"),
        (PATHS["drawn"], "note_card", "customer_service"),
    ],
)
def test_each_step_is_the_work_of_a_role(steps: tuple[str, ...], step: str, role: str) -> None:
    """Both managers approve, one signs, finance pays (EXP-002, EXP-007, EXP-012, EXP-015)."""
    case = claim(*steps)
    assert case.why_not(step, Actor("clerk-1", {"sales_service"})) == {"role"}
    case.fire(step, Actor("right-1", {role})).require()


def test_the_head_of_customer_service_studies_every_case() -> None:
    """A task waits from the day the money is drawn until there is an instruction (EXP-007)."""
    case = claim(*PATHS["drawn"])
    assert case.tasks["study_case"] == "service_head"
    case.go("instruct")
    assert "study_case" not in case.tasks
    assert case.facts.instruction == "a smaller lunch next time"


@pytest.mark.parametrize(
    "misuse", ["off_purpose", "against_goals", "over_standard", "unauthorised"]
)
def test_what_speaks_against_an_expense_is_marked(misuse: str) -> None:
    """When it is recorded or when it is reviewed (EXP-004, EXP-005, EXP-016, EXP-017)."""
    marked = {"expenses": [{**LUNCH, "misuse": misuse}, TEA]}
    case = claim(*PATHS["drawn"])
    case.fire("spend", payload=marked).require()
    later = {"misuse": misuse, "item": "tea"}
    case.fire("mark_misuse", Actor("checker-1", {"customer_service"}), later).require()
    assert [(one.misuse, one.item, one.marked_by) for one in case.facts.marks] == [
        (misuse, "lunch", "person-1"),
        (misuse, "tea", "checker-1"),
    ]
    assert case.facts.spent == Money("600.50")


def test_a_claim_in_order_is_settled() -> None:
    """What was not spent of the advance is taken back (EXP-003, EXP-015)."""
    case = claim(*PATHS["signed"], "settle")
    assert (case.facts.paid, case.facts.balance) == (Money("600.50"), Money("-199.50"))


def test_a_misused_claim_is_reduced_or_refused() -> None:
    """With a reason, as the reviewer chooses (EXP-004, EXP-018)."""
    steps = (*PATHS["drawn"], "spend:misused", "submit")
    reduced = claim(*steps, "sign", "reduce")
    assert (reduced.facts.paid, reduced.facts.balance) == (Money(400), Money(-400))
    assert reduced.facts.reason == "over the standard"
    assert claim(*steps, "refuse").state == "refused"


def test_vouchers_are_due_within_15_days_of_the_end() -> None:
    """Overdue is told to the manager; what is handed in late stays late (EXP-014)."""
    case = claim(*PATHS["drawn"])
    assert case.due == {}
    case.go("note_end")
    due_at = AT - timedelta(minutes=30) + 15 * DAY
    assert case.due == {"reception_settlement": due_at}
    case.wait(16 * DAY)
    assert case.tasks["overdue_settlement"] == "service_manager"
    case.go("spend", "submit")
    assert case.due == {}
    assert case.facts.reception_ended_at == AT - timedelta(minutes=30)


def test_the_visit_says_of_which_class_it_was() -> None:
    """So that nobody chooses a better standard in the application (EXP-016)."""
    case = claim("apply:general", *PATHS["spent"][1:], "note_end")
    assert case.facts.visitor_class == "important"


def test_the_visit_knows_its_claim() -> None:
    """It is told of the application, and that there is none any more (EXP-001)."""
    case = claim()
    asked, told = case.fire("apply").require().messages
    assert (asked.machine, asked.event) == ("customer", "$ask")
    assert (told.machine, told.id, told.event) == ("reception", "V-1", "note_claim")
    assert told.payload == {"claim": "X-1"}
    [told] = case.fire("refuse_application").require().messages
    assert told.payload == {"claim": None}
    late = claim(*APPROVED, "note_end")
    assert late.fire("cancel").require().messages == ()


def test_a_visit_is_claimed_for_once_at_a_time() -> None:
    """Each claim takes the visit until it ends (EXP-010)."""
    case = claim("apply")
    assert [(one.scope, one.value) for one in case.snapshot.attached.claims] == [
        ("reception_money", "V-1")
    ]
    assert case.go("cancel").snapshot.attached.claims == ()


def test_a_visit_called_off_gives_the_money_back() -> None:
    """Before it is drawn nothing is left to do; then it is returned, what is spent settled."""
    assert claim(*APPROVED, "call_off").facts.reason == "the mill stands still"
    drawn = claim(*PATHS["drawn"], "call_off")
    assert drawn.tasks["give_back"] == "customer_service"
    drawn.go("cancel:drawn")
    assert (drawn.state, drawn.facts.returned) == ("cancelled", Money(800))
    spent = claim(*PATHS["spent"], "call_off")
    assert list(spent.due) == ["reception_settlement"]


def test_the_reception_card_goes_to_the_customer_record() -> None:
    """Interests, hobbies and characteristics of important customers (EXP-011, EXP-012)."""
    case = claim(*PATHS["spent"])
    [told] = case.fire("note_card").require().messages
    assert (told.machine, told.event) == ("record_update", "raise")
    assert told.payload["values"] == {"traits": "patient; presses; chess"}
    assert case.facts.card.hobbies == "chess"
    nobody = Case("expense_claim_reception", PAYLOADS)
    nobody.fire("apply", payload=nobody.but("apply", customer=None)).require()
    nobody.go(*PATHS["drawn"][1:])
    assert nobody.fire("note_card").require().messages == ()


def test_only_the_visit_tells_of_its_end() -> None:
    """Nobody moves the 15 days by hand (EXP-014)."""
    case = claim("apply")
    assert case.why_not("note_end") == {"role"}
    assert case.why_not("call_off") == {"role"}
    case.fire("note_end", SYSTEM).require()


TestExpenseClaimReceptionWalk = walk_of("expense_claim_reception", PAYLOADS)
