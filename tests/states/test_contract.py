"""The machine `contract`, catalogue 3.3."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crmflow.core.claim import Claim
from crmflow.core.numbers import number_of
from tests.states.case import AT, DAY, Case, Payload, declared, legal, pairs, walk_of

NONE = (("contract.approval_chain", "none"),)
END = AT + 365 * DAY
AGREEMENT = {
    "content": "two pumps", "price": "500 CNY", "delivery_time": "May", "after_sales": "a year",
}  # fmt: skip
SIGNATURE = {
    "signatory": "buyer", "starts_at": AT.isoformat(), "ends_at": END.isoformat(),
    "amount": "500 CNY", "main_terms": "FOB", "attachment": "files/K-1.pdf",
    "payments": [
        {"amount": "200 CNY", "due_at": (AT + 30 * DAY).isoformat()},
        {"amount": "300 CNY", "due_at": (AT + 60 * DAY).isoformat()},
    ],
}  # fmt: skip
TERMS = {
    "agreed_by_us": True, "agreed_by_customer": True, "project_plan": "deliver and fit",
    "budget": "400 CNY", "schedule": "May and June",
}  # fmt: skip
PAYLOADS: dict[str, Payload] = {
    "create": {"customer": "C-1", "deal": "D-1", "products": ["pump", "hose"],
               "agreement": AGREEMENT, "owner": "sales-1"},
    "create:numbered": {"customer": "C-1", "number": "2026-17", "products": ["pump"]},
    "agree_terms": TERMS,
    "agree_terms:first": {**TERMS, "payment_first": True,
                          "lines": [{"product": "pump", "quantity": 2, "price": "250 CNY"}]},
    "approve": {"comment": "fine"},
    "send_back": {"reason": "too cheap"},
    "sign": SIGNATURE,
    "sign:plain": {**SIGNATURE, "payments": [], "notice": "30d"},
    "start": {"service_standard": "gold"},
    "start:two": {"service_standard": "gold", "orders": [
        {"products": ["pump"]}, {"products": ["hose"], "order_class": "special_regular"}]},
    "add_orders": {"orders": [{"products": ["pump"]}]},
    "record_payment": {"payment": "P-1", "method": "transfer", "amount": "200 CNY",
                       "handler": "clerk-1", "account": "6222 0001",
                       "delivery_state": "not_delivered"},
    "terminate": {"reason": "insolvency"},
    "cancel": {"reason": "changed mind"},
}  # fmt: skip
TABLE = (
    "create: - -> draft",
    "agree_terms: draft -> terms_agreed",
    "submit: terms_agreed -> awaiting_approval",
    "send_back: terms_agreed, awaiting_approval -> draft",
    "sign: terms_agreed, awaiting_approval -> signed",
    "start: signed -> executing",
    "record_payment: signed, executing, settling -> =",
    "finish_delivery: executing -> settling",
    "complete: settling -> completed",
    "reach_end: signed, executing, settling -> =",
    "terminate: signed, executing, settling -> terminated",
    "cancel: draft, terms_agreed, awaiting_approval -> cancelled",
)
ADDED = ("approve: awaiting_approval -> =", "add_orders: executing -> =")
AGREED = ("create", "agree_terms")
SIGNED = (*AGREED, "submit", "approve", "sign", "@payment expected P-1", "@payment expected P-2")
EXECUTING = (*SIGNED, "start", "@order placed O-1")
SETTLING = (*EXECUTING, "@order delivered O-1", "finish_delivery")
PATHS: dict[str, tuple[str, ...]] = {
    "-": (),
    "draft": ("create",),
    "terms_agreed": AGREED,
    "awaiting_approval": (*AGREED, "submit"),
    "signed": SIGNED,
    "executing": EXECUTING,
    "settling": SETTLING,
}
BEFORE = {
    "finish_delivery": ("@order delivered O-1",),
    "complete": ("@payment settled P-1", "@payment settled P-2"),
    "awaiting_approval sign": ("approve",),
}
LEGAL = legal(PATHS, TABLE + ADDED)


def contract(*steps: str, own: tuple[tuple[str, str], ...] = ()) -> Case:
    """Return a contract that has taken these steps."""
    return Case("contract", PAYLOADS, own=own).go(*steps)


def test_the_table_is_the_catalogue() -> None:
    """The rows are those of the catalogue; besides, approvers approve and orders are added."""
    assert declared("contract") == pairs(TABLE + ADDED)


@pytest.mark.parametrize(("source", "event", "to"), LEGAL)
def test_a_row_is_legal(source: str, event: str, to: str) -> None:
    """Every row leads where the catalogue says."""
    before = BEFORE.get(f"{source} {event}", BEFORE.get(event, ()))
    own = NONE if (source, event) == ("terms_agreed", "sign") else ()
    case = contract(*PATHS[source], *before, event, own=own)
    assert case.state == (source if to == "=" else to)
    case.hold_invariants()


@pytest.mark.parametrize(
    ("steps", "event", "changes", "why"),
    [
        pytest.param((), "create", {"customer": None}, "$.customer", id="CON-003 customer"),
        pytest.param((), "create", {"products": []}, "no_products", id="CON-003 product"),
        pytest.param(("create",), "agree_terms", {"agreed_by_us": False}, "not_agreed",
                     id="CON-008 us"),
        pytest.param(("create",), "agree_terms", {"agreed_by_customer": False}, "not_agreed",
                     id="CON-008 customer"),
        pytest.param(("create",), "agree_terms", {"project_plan": None}, "$.project_plan",
                     id="CON-009 plan"),
        pytest.param(("create",), "agree_terms", {"budget": None}, "$.budget", id="CON-009 budget"),
        pytest.param(("create",), "agree_terms", {"schedule": " "}, "$.schedule",
                     id="CON-009 schedule"),
        pytest.param(AGREED, "sign", {}, "needs_approval_chain", id="CON-011 not submitted"),
        pytest.param((*AGREED, "submit"), "sign", {}, "not_approved", id="CON-011 not approved"),
        pytest.param((*AGREED, "submit", "approve"), "approve", {}, "already_approved",
                     id="CON-011 twice"),
        *(pytest.param((*AGREED, "submit", "approve"), "sign", {name: None}, f"$.{name}",
                       id=f"CON-001 {name}")
          for name in ("signatory", "starts_at", "ends_at", "amount", "main_terms")),
        ((*AGREED, "submit", "approve"), "sign", {"ends_at": AT.isoformat()}, "ends_before_start"),
        ((*AGREED, "submit", "approve"), "sign", {"amount": "501 CNY"}, "payments_do_not_add_up"),
        ((*AGREED, "submit", "approve"), "sign", {"amount": "500 EUR"}, "payments_do_not_add_up"),
        pytest.param(SIGNED, "start", {"service_standard": None}, "$.service_standard",
                     id="CON-010 standard"),
        pytest.param(SIGNED, "record_payment", {"payment": "P-9"}, "no_such_payment",
                     id="PAY-003 payment of another"),
        ((*SIGNED, "@payment recorded P-1"), "record_payment", {}, "no_such_payment"),
        pytest.param(SIGNED, "record_payment", {"method": None}, "$.method", id="PAY-002 method"),
        (SIGNED, "terminate", {"reason": None}, "$.reason"),
        (("create",), "cancel", {"reason": None}, "$.reason"),
        (SETTLING, "cancel", {}, "no_row"),
    ],
)  # fmt: skip
def test_a_guard_refuses(
    steps: tuple[str, ...], event: str, changes: dict[str, object], why: str
) -> None:
    """Each guard of the catalogue refuses with its reason."""
    case = contract(*steps)
    assert case.why_not(event, payload=case.but(event, **changes)) == {why}


def test_a_company_that_states_none_signs_at_once() -> None:
    """An empty chain is stated, not assumed, and then nothing is submitted (CON-011, AMB-43)."""
    case = contract(*AGREED, own=NONE)
    assert case.why_not("submit") == {"no_approval_chain"}
    assert case.go("sign").state == "signed"


def test_what_is_sent_back_is_approved_anew() -> None:
    """An approval holds for the terms that were approved (CON-011)."""
    case = contract(*AGREED, "submit", "approve", "send_back")
    assert (case.state, case.facts.approved_at) == ("draft", None)
    assert case.tasks == {"agree_terms": "salesperson"}
    case.go("agree_terms", "submit")
    assert case.why_not("sign") == {"not_approved"}


def test_a_contract_has_a_number_of_its_own() -> None:
    """Derived, or the company's own; no two contracts have one (CON-001)."""
    case = contract("create")
    assert case.facts.number == number_of(case.snapshot.ref, "K")
    own = contract("create:numbered")
    assert own.facts.number == "2026-17"
    assert own.snapshot.attached.claims == (Claim("contract_number", "2026-17"),)


def test_what_was_agreed_is_kept() -> None:
    """Products, terms and the electronic contract (CON-001, CON-002, CON-005, CON-009)."""
    case = contract("create", "agree_terms:first", "submit", "approve", "sign")
    facts = case.facts
    assert [(line.product, line.quantity) for line in facts.lines] == [("pump", 2)]
    assert facts.products == ("pump",)
    assert (facts.attachment, facts.main_terms) == ("files/K-1.pdf", "FOB")
    assert (facts.project_plan, facts.schedule) == ("deliver and fit", "May and June")
    assert facts.agreement.after_sales == "a year"


def test_signing_opens_the_payments_of_the_terms() -> None:
    """One for each, with contract and due instant; it is the customer's purchase (PAY-001)."""
    decision = contract(*AGREED, "submit", "approve").fire("sign").require()
    opened = [m for m in decision.messages if m.machine == "payment"]
    assert [(m.event, m.link, m.payload["amount"]) for m in opened] == [
        ("expect", "payment", "200 CNY"),
        ("expect", "payment", "300 CNY"),
    ]
    assert {m.payload["contract"] for m in opened} == {"X-1"}
    [purchase] = [m for m in decision.messages if m.event == "note_purchase"]
    assert purchase.payload["amount"] == "500 CNY"


def test_without_terms_of_payment_all_is_due_at_the_end() -> None:
    """One payment over the amount (PAY-001)."""
    decision = contract(*AGREED, "submit", "approve").fire("sign:plain").require()
    [payment] = [m for m in decision.messages if m.machine == "payment"]
    assert payment.payload["amount"] == "500 CNY"
    assert payment.payload["due_at"] == END.isoformat()


@pytest.mark.parametrize(("step", "products"), [("start", [["pump", "hose"]]),
                                                ("start:two", [["pump"], ["hose"]])])  # fmt: skip
def test_the_start_opens_orders(step: str, products: list[list[str]]) -> None:
    """All in one, or as planned, each with class and contract (CON-010, DLV-010)."""
    case = contract(*SIGNED)
    messages = case.fire(step).require().messages
    lines: list[list[dict[str, object]]] = [m.payload["lines"] for m in messages]  # type: ignore[misc]
    assert [[line["product"] for line in one] for one in lines] == products
    assert {(m.machine, m.event, m.link) for m in messages} == {("order", "place", "order")}
    assert (case.facts.orders, case.facts.service_standard) == (len(products), "gold")


def test_delivery_is_finished_with_the_last_order() -> None:
    """All orders have told and are delivered; a cancelled one does not count (DLV-009)."""
    case = contract(*SIGNED, "start:two", "@order delivered O-1")
    assert case.why_not("finish_delivery") == {"orders_not_delivered"}
    case.go("@order cancelled O-2", "add_orders")
    assert case.why_not("finish_delivery") == {"orders_not_delivered"}
    assert case.go("@order closed O-3", "finish_delivery").state == "settling"


def test_nothing_delivered_is_not_all_delivered() -> None:
    """Where every order was cancelled there is nothing to settle."""
    case = contract(*EXECUTING, "@order cancelled O-1")
    assert case.why_not("finish_delivery") == {"orders_not_delivered"}


def test_a_contract_is_complete_when_delivered_and_paid() -> None:
    """Both tracks are done, whichever came first (PAY-001, PAY-003, AMB-36)."""
    case = contract(*SETTLING, "@payment settled P-1")
    assert case.why_not("complete") == {"payments_open"}
    assert case.go("@payment settled P-2", "complete").state == "completed"


def test_a_contract_may_be_paid_first() -> None:
    """Where its terms say so, it is not executed before (AMB-36)."""
    case = contract("create", "agree_terms:first", *SIGNED[2:])
    assert case.why_not("start") == {"payment_first"}
    case.go("@payment recorded P-1")
    assert case.why_not("start") == {"payment_first"}
    assert case.go("@payment settled P-2", "start").state == "executing"


def test_a_payment_is_recorded_with_the_orders_it_is_for() -> None:
    """Contract, payment and delivery are one chain (PAY-002, PAY-003)."""
    [message] = contract(*EXECUTING).fire("record_payment").require().messages
    assert (message.machine, message.id, message.event) == ("payment", "P-1", "record")
    assert message.payload["orders"] == ["O-1"]
    assert message.payload["account"] == "6222 0001"
    [early] = contract(*SIGNED).fire("record_payment").require().messages
    assert early.payload["orders"] is None


def test_the_owner_is_reminded_of_the_end() -> None:
    """At its end, or as long before it as notice is given (CON-001)."""
    case = contract(*SIGNED)
    assert case.wait(364 * DAY) == []
    assert case.wait(2 * DAY) == ["reach_end"]
    assert case.tasks["decide_on_end"] == "salesperson"
    noticed = contract(*AGREED, "submit", "approve", "sign:plain")
    assert noticed.wait(335 * DAY + timedelta(minutes=1)) == ["reach_end"]
    assert noticed.facts.end_reached_at < END - 29 * DAY


def test_a_termination_tells_everybody() -> None:
    """The record within 24 hours, open orders and payments, and the deal (REC-029)."""
    case = contract(*SIGNED, "start:two", "@order shipped O-1", "@order placed O-2")
    case.go("@payment settled P-2")
    messages = case.fire("terminate").require().messages
    assert [(m.machine, m.event, m.id) for m in messages[1:]] == [
        ("order", "cancel", "O-2"),
        ("payment", "cancel", "P-1"),
        ("deal", "contract_terminated", "D-1"),
    ]
    update = messages[0]
    assert (update.machine, update.event) == ("record_update", "raise")
    assert update.payload.items() >= {
        "customer": "C-1", "kind": "cooperation_status", "reported_by": "staff",
    }.items()  # fmt: skip
    assert messages[1].payload == {"cause": "contract_terminated", "reason": "insolvency"}
    assert messages[3].payload == {"reason": "insolvency", "contract": "X-1"}


def test_a_contract_without_a_deal_tells_none() -> None:
    """One that came of a quote has none."""
    case = contract("create:numbered", *SIGNED[1:])
    machines = [m.machine for m in case.fire("terminate").require().messages]
    assert machines == ["record_update", "payment", "payment"]


TestContractWalk = walk_of("contract", PAYLOADS)
