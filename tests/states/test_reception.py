"""The machine `reception`, catalogue 3.16."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest

from crmflow.core.actor import SYSTEM, Actor
from tests.states.case import Case, declared, legal, pairs, walk_of

VISIT = {
    "invited_by": "sales-1",
    "group": "Harbour Mill",
    "visitors": 6,
    "purpose": "see the press",
    "visit_at": "2026-03-20T09:00:00+08:00",
    "customer": "C-1",
    "plants": ["press", "coating"],
}
BOOKING = {
    "contact": "buyer",
    "phone": "13800000000",
    "visitors": 7,
    "visit_at": "2026-03-20T10:00:00+08:00",
    "guide": "host-1",
}
PASS = {
    "valid_from": "2026-03-01T00:00:00+08:00",
    "valid_until": "2026-03-21T00:00:00+08:00",
    "photography": True,
}
READY = {"catering": ["refreshments"], "souvenirs": 7, "tour": ["press"], "guide": "host-1"}
KEY_ACCOUNT = {
    "catering": ["pastries", "drinks", "meals"],
    "souvenirs": 6,
    "informed_by": "sales",
    "needs": "capacity and quiet",
    "sessions": [{"kind": "briefing", "topic": "the mill"}, {"kind": "training", "topic": "tour"}],
    "companion": "head-1",
    "meals": ["lunch", "dinner"],
}
WELCOME = {"photographs": False, "rule_explained": True, "greeted": True, "excused": True}
BREACH = {"kind": "photography", "person": "guest-1", "details": "took pictures of the press"}
PAYLOADS: dict[str, Mapping[str, object]] = {
    "request": VISIT,
    "request:officials": {**VISIT, "officials": True},
    "request:small": {**VISIT, "visitors": 3},
    "classify": {"visitor_class": "general", "treated_alike": True},
    "classify:important": {"visitor_class": "important", "treated_alike": True},
    "classify:key_account": {"visitor_class": "key_account", "treated_alike": True},
    "classify:authority": {"visitor_class": "authority", "treated_alike": True},
    "book": BOOKING,
    "report_plan": {"departments": ["production", "safety"], "programme": "tour, then talks"},
    "issue_pass": PASS,
    "prepare": READY,
    "prepare:key_account": KEY_ACCOUNT,
    "prepare:officials": {**READY, "handed_over": "cars and seats"},
    "receive": {**WELCOME, "traits": "in a hurry, likes figures"},
    "receive:photographs": {**WELCOME, "photographs": True},
    "report_breach": BREACH,
    "note_claim": {"claim": "E-1"},
    "finish": {},
    "refuse": {"reason": "nobody permitted it"},
    "cancel": {"reason": "the mill stands still"},
}
TABLE = (
    "request: - -> requested",
    "classify: requested -> classified",
    "book: classified -> booked",
    "report_plan: classified, booked -> plan_reported",
    "issue_pass: plan_reported -> pass_issued",
    "prepare: pass_issued -> preparing",
    "receive: preparing -> receiving",
    "report_breach: * -> =",
    "finish: receiving -> finished",
    "refuse: requested, classified, booked, plan_reported, pass_issued, preparing -> refused",
    "cancel: requested, classified, booked, plan_reported, pass_issued, preparing -> cancelled",
)
ADDED = ("note_claim: * -> =",)
REPORTED = ("request", "classify", "report_plan")
PATHS = {
    "-": (),
    "requested": ("request",),
    "classified": ("request", "classify"),
    "booked": ("request", "classify:important", "book"),
    "plan_reported": REPORTED,
    "pass_issued": (*REPORTED, "issue_pass"),
    "preparing": (*REPORTED, "issue_pass", "prepare"),
    "receiving": (*REPORTED, "issue_pass", "prepare", "receive"),
}
LEGAL = legal(PATHS, (*TABLE, *ADDED))
IMPORTANT = ("request", "classify:important", "book", "report_plan", "issue_pass")
OF_KEY_ACCOUNT = ("request", "classify:key_account", "report_plan", "issue_pass")
OF_AUTHORITY = ("request:officials", "classify:authority", "report_plan", "issue_pass")


def visit(*steps: str) -> Case:
    """Return a visit that has taken these steps."""
    return Case("reception", PAYLOADS).go(*steps)


def test_the_table_is_the_catalogue() -> None:
    """The rows are those of the catalogue, and the added ones."""
    assert declared("reception") == pairs((*TABLE, *ADDED))


@pytest.mark.parametrize(("source", "event", "to"), LEGAL)
def test_a_row_is_legal(source: str, event: str, to: str) -> None:
    """Every row leads where the catalogue says."""
    case = visit(*PATHS[source], event)
    assert case.state == (source if to == "=" else to)
    case.hold_invariants()


@pytest.mark.parametrize(
    ("steps", "step", "changes", "why"),
    [
        ((), "request", {"invited_by": " "}, "$.invited_by"),
        ((), "request", {"visitors": 0}, "$.visitors"),
        ((), "request", {"visit_at": "2026-03-02T09:00:00+00:00"}, "visit_in_past"),
        (("request",), "classify", {"visitor_class": "friend"}, "$.visitor_class"),
        (("request",), "classify", {"treated_alike": False}, "not_treated_alike"),
        (("request", "classify:important"), "book", {"contact": None}, "$.contact"),
        (("request", "classify:important"), "book", {"guide": None}, "no_guide"),
        (("request", "classify:important"), "report_plan", {}, "not_booked"),
        (("request", "classify"), "report_plan", {"departments": []}, "$.departments"),
        (REPORTED, "issue_pass", {"valid_from": "2026-03-21T00:00:00+08:00"}, "pass_not_for_visit"),
        (PATHS["pass_issued"], "prepare", {"tour": ["coating"]}, "plant_closed"),
        (PATHS["pass_issued"], "prepare", {"souvenirs": 5}, "too_few_souvenirs"),
        (PATHS["pass_issued"], "prepare", {"catering": []}, "$.catering"),
        (OF_KEY_ACCOUNT, "prepare:key_account", {"informed_by": None}, "no_information"),
        (OF_KEY_ACCOUNT, "prepare:key_account", {"needs": None}, "not_briefed"),
        (OF_KEY_ACCOUNT, "prepare:key_account", {"sessions": []}, "not_briefed"),
        (OF_KEY_ACCOUNT, "prepare:key_account", {"companion": None}, "no_companion"),
        (OF_KEY_ACCOUNT, "prepare:key_account", {"meals": ["lunch"]}, "no_meals"),
        (OF_AUTHORITY, "prepare:officials", {"handed_over": None}, "not_handed_over"),
        (OF_AUTHORITY, "prepare:officials", {"guide": None}, "no_guide"),
        (PATHS["preparing"], "receive", {"rule_explained": False}, "rule_not_explained"),
        (PATHS["preparing"], "receive", {"greeted": False}, "not_courteous"),
        (PATHS["preparing"], "receive", {"excused": False}, "not_courteous"),
        (PATHS["receiving"], "report_breach", {"kind": "theft"}, "$.kind"),
        (("request",), "refuse", {"reason": " "}, "$.reason"),
        (("request",), "cancel", {"reason": None}, "$.reason"),
        (PATHS["receiving"], "cancel", {}, "no_row"),
        ((*PATHS["receiving"], "finish"), "report_breach", {}, "final"),
    ],
)
def test_a_guard_refuses(
    steps: tuple[str, ...], step: str, changes: dict[str, object], why: str
) -> None:
    """
    Each guard of the catalogue refuses with its reason.

    Rules: RCP-004 RCP-005 RCP-007 RCP-008 RCP-009 RCP-010 RCP-012 RCP-013 RCP-014 RCP-015
    RCP-016 RCP-018 RCP-022 RCP-023 RCP-024 RCP-026
    """
    case = visit(*steps)
    assert why in case.why_not(step, payload=case.but(step, **changes))


@pytest.mark.parametrize(
    ("steps", "step"),
    [
        (("request",), "classify"),
        (("request", "classify"), "book"),
        (REPORTED[:2], "report_plan"),
        (REPORTED, "issue_pass"),
        (PATHS["pass_issued"], "prepare"),
        (PATHS["preparing"], "receive"),
        (PATHS["receiving"], "finish"),
    ],
)
def test_the_reception_department_receives(steps: tuple[str, ...], step: str) -> None:
    """Others invite, the reception department does the work (RCP-001, RCP-016, RCP-017)."""
    assert "role" in visit(*steps).why_not(step, Actor("sales-1", {"salesperson"}))


def test_a_visit_goes_by_the_standard() -> None:
    """The company's reception standard is required, and noted with the visit (RCP-027)."""
    assert visit("request").facts.standards == "reception handbook"


@pytest.mark.parametrize("kind", ["important", "key_account", "authority"])
def test_restricted_plants_are_closed_to_general_visitors_alone(kind: str) -> None:
    """No guided tour there for general customers; others see them (RCP-002, RCP-004)."""
    assert visit("request", "classify").facts.closed_plants == ("coating",)
    assert visit("request", f"classify:{kind}").facts.closed_plants == ()


def test_important_customers_book_and_get_a_guide() -> None:
    """The form is kept, the group as it says, the guide with it (RCP-005, RCP-006, RCP-007)."""
    case = visit("request", "classify:important")
    assert list(case.tasks) == ["book"]
    case.go("book")
    assert (case.facts.reservation.contact, case.facts.guide) == ("buyer", "host-1")
    assert (case.facts.visitors, case.facts.booked_at) == (7, case.at)
    case.go("report_plan", "issue_pass")
    # The guide assigned with the booking need not be named again.
    case.fire("prepare", payload=case.but("prepare", guide=None)).require()
    assert case.facts.guide == "host-1"


@pytest.mark.parametrize("kind", ["classify", "classify:key_account", "classify:authority"])
def test_for_others_booking_is_optional(kind: str) -> None:
    """The plan of their visit is reported without it (AMB-26)."""
    case = visit("request", kind)
    assert list(case.tasks) == ["report_plan"]
    assert case.go("book").state == "booked"
    assert visit("request", kind, "report_plan").state == "plan_reported"


SCANT = {"catering": ["refreshments"], "souvenirs": 0}
"""A preparation that has nothing beyond what the form cannot do without."""


@pytest.mark.parametrize(
    ("steps", "missing"),
    [
        ((*REPORTED, "issue_pass"), set()),
        (IMPORTANT, set()),  # its guide came with the booking
        (OF_KEY_ACCOUNT, {"no_information", "not_briefed", "no_companion", "no_meals"}),
        (("request", "classify:authority", "report_plan", "issue_pass"), {"no_guide"}),
    ],
    ids=["general", "important", "key_account", "authority"],
)
def test_each_class_asks_for_its_own(steps: tuple[str, ...], missing: set[str]) -> None:
    """
    The matrix of classes: what only key accounts or authorities are offered is demanded of
    theirs alone, souvenirs of all (RCP-008, RCP-009, RCP-010, RCP-012, RCP-013, RCP-014, AMB-26).
    """
    of_officials = {"no_officials", "not_handed_over"}  # the other row of the event
    why = visit(*steps).why_not("prepare", payload=SCANT)
    assert why - of_officials == {*missing, "too_few_souvenirs"}


@pytest.mark.parametrize("kind", ["general", "important", "key_account", "authority"])
def test_courtesy_is_the_same_for_all(kind: str) -> None:
    """What differs by class is what is offered, never how one is treated (RCP-023, AMB-37)."""
    form = {"visitor_class": kind, "treated_alike": False}
    case = visit("request")
    assert "not_treated_alike" in case.why_not("classify", payload=form)
    case.fire("classify", payload={**form, "treated_alike": True}).require()


def test_officials_are_looked_after_by_the_administration() -> None:
    """Reception does tour and explanation, the rest is handed over (RCP-014, RCP-015)."""
    case = visit(*OF_AUTHORITY, "prepare:officials")
    assert case.tasks["look_after_officials"] == "administration"
    assert case.facts.preparation.handed_over == "cars and seats"
    assert "look_after_officials" not in visit(*PATHS["preparing"]).tasks


def test_a_pass_has_a_number_of_its_own() -> None:
    """Made where none is given; it never is another visit's (RCP-017)."""
    case = visit(*PATHS["pass_issued"])
    assert case.facts.pass_number.startswith("VP-")
    named = visit(*REPORTED)
    named.fire("issue_pass", payload=named.but("issue_pass", number="V-77")).require()
    assert named.facts.pass_number == "V-77"


def test_without_a_valid_pass_nobody_is_received() -> None:
    """Neither before it counts nor after it has ended (RCP-018)."""
    case = visit(*PATHS["preparing"])
    case.wait(timedelta(days=19))
    assert case.why_not("receive") == {"pass_not_valid"}


def test_photographs_stand_on_the_pass() -> None:
    """What the pass does not say is not taken to the approver (RCP-021)."""
    case = visit(*REPORTED)
    case.fire("issue_pass", payload=case.but("issue_pass", photography=False)).require()
    case.go("prepare")
    assert case.why_not("receive:photographs") == {"photography_not_on_pass"}
    assert not case.go("receive").facts.photography
    assert visit(*PATHS["preparing"], "receive:photographs").facts.photography


def test_a_breach_is_recorded() -> None:
    """Who invited or photographed without permission, with a task for who punishes (RCP-020)."""
    case = visit("request")
    changed = case.but("report_breach", kind="invitation", person="sales-1")
    case.fire("report_breach", payload=changed).require()
    case.go("classify", "report_breach")
    assert [(one.kind, one.person) for one in case.facts.breaches] == [
        ("invitation", "sales-1"),
        ("photography", "guest-1"),
    ]
    assert case.tasks["punish_breach"] == "department_head"


def test_permitted_photographs_are_no_breach() -> None:
    """Others are, at any time (RCP-021)."""
    case = visit(*PATHS["preparing"], "receive:photographs")
    assert case.why_not("report_breach") == {"photography_permitted"}
    visit(*PATHS["receiving"], "report_breach")


def test_what_is_remembered_goes_to_the_customer_record() -> None:
    """Traits of the customer are a change of the record; of others there is none (RCP-025)."""
    case = visit(*PATHS["preparing"])
    [told] = case.fire("receive").require().messages
    assert (told.machine, told.event) == ("record_update", "raise")
    assert told.payload["values"] == {"traits": "in a hurry, likes figures"}
    assert told.payload["customer"] == "C-1"
    stranger = Case("reception", PAYLOADS)
    stranger.fire("request", payload=stranger.but("request", customer=None)).require()
    stranger.go(*PATHS["preparing"][1:])
    assert stranger.fire("receive").require().messages == ()


def test_the_claim_hears_of_the_end() -> None:
    """Its 15 days begin when the visit ends (EXP-014)."""
    case = visit(*PATHS["preparing"], "note_claim", "receive")
    claim, customer = case.fire("finish").require().messages
    assert (claim.machine, claim.id, claim.event) == ("expense_claim_reception", "E-1", "note_end")
    assert claim.payload["visitor_class"] == "general"
    assert (customer.machine, customer.event) == ("customer", "note_dealing")


@pytest.mark.parametrize("step", ["refuse", "cancel"])
def test_a_visit_called_off_withdraws_its_pass_and_its_money(step: str) -> None:
    """The pass ends, the claim hears of it; no pass or no permission, no visit (RCP-019)."""
    case = visit(*PATHS["pass_issued"], "note_claim")
    [told] = case.fire(step).require().messages
    assert (told.machine, told.event, told.id) == ("expense_claim_reception", "call_off", "E-1")
    assert case.facts.valid_until == case.at
    before = visit("request")
    assert before.fire(step).require().messages == ()
    assert before.facts.valid_until is None


def test_only_its_claim_tells_of_the_claim() -> None:
    """Nobody links a visit by hand (EXP-001)."""
    case = visit("request")
    assert case.why_not("note_claim") == {"role"}
    case.fire("note_claim", SYSTEM).require()
    case.fire("note_claim", SYSTEM, payload={}).require()
    assert case.facts.claim is None


TestReceptionWalk = walk_of("reception", PAYLOADS)
