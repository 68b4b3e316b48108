"""The machine `payment`, catalogue 3.13."""

from __future__ import annotations

import pytest

from crmflow.core.actor import Actor
from tests.states.case import AT, DAY, Case, Payload, declared, legal, pairs, walk_of

DUE = AT + 30 * DAY
PAYLOADS: dict[str, Payload] = {
    "expect": {
        "customer": "C-1", "contract": "K-1", "amount": "500 CNY",
        "signed_at": AT.isoformat(), "due_at": DUE.isoformat(), "owner": "sales-1",
    },
    "record": {
        "method": "transfer", "amount": "500 CNY", "handler": "clerk-1", "account": "6222 0001",
        "delivery_state": "delivered", "orders": ["O-1"],
    },
    "record:unlinked": {
        "method": "transfer", "amount": "500 CNY", "handler": "clerk-1", "account": "6222 0001",
        "delivery_state": "not_delivered",
    },
    "invoice": {"invoice": "F-2026-1"},
    "settle": {},
    "settle:linked": {"orders": ["O-2"]},
    "cancel": {"cause": "contract_terminated", "reason": "insolvency"},
}  # fmt: skip
TABLE = (
    "expect: - -> expected",
    "fall_due: expected -> =",
    "record: expected -> recorded",
    "invoice: expected, recorded -> =",
    "settle: recorded -> settled",
    "cancel: expected -> cancelled",
)
PATHS = {"-": (), "expected": ("expect",), "recorded": ("expect", "record")}
LEGAL = legal(PATHS, TABLE)


def payment(*steps: str) -> Case:
    """Return a payment that has taken these steps."""
    return Case("payment", PAYLOADS).go(*steps)


def test_the_table_is_the_catalogue() -> None:
    """The rows are those of the catalogue, no more and no fewer."""
    assert declared("payment") == pairs(TABLE)


@pytest.mark.parametrize(("source", "event", "to"), LEGAL)
def test_a_row_is_legal(source: str, event: str, to: str) -> None:
    """Every row leads where the catalogue says."""
    case = payment(*PATHS[source], event)
    assert case.state == (source if to == "=" else to)
    case.hold_invariants()


@pytest.mark.parametrize(
    ("steps", "event", "changes", "why"),
    [
        pytest.param((), "expect", {"signed_at": DUE.isoformat()}, "contract_not_signed",
                     id="PAY-001 a contract that is not signed yet"),
        ((), "expect", {"contract": None}, "$.contract"),
        pytest.param(("expect",), "record", {"method": None}, "$.method", id="PAY-002 method"),
        pytest.param(("expect",), "record", {"amount": None}, "$.amount", id="PAY-002 amount"),
        pytest.param(("expect",), "record", {"handler": None}, "$.handler", id="PAY-002 handler"),
        pytest.param(("expect",), "record", {"account": " "}, "$.account", id="PAY-002 account"),
        pytest.param(("expect",), "record", {"delivery_state": None}, "$.delivery_state",
                     id="PAY-002 DLV-009 delivery state"),
        (("expect",), "record", {"amount": "400 CNY"}, "other_amount"),
        (("expect",), "record", {"paid_at": DUE.isoformat()}, "in_future"),
        pytest.param(("expect", "record:unlinked"), "settle", {}, "not_linked",
                     id="PAY-003 no order is known"),
        (("expect",), "cancel", {"reason": None}, "$.reason"),
        (("expect",), "settle", {}, "no_row"),
    ],
)  # fmt: skip
def test_a_guard_refuses(
    steps: tuple[str, ...], event: str, changes: dict[str, object], why: str
) -> None:
    """Each guard of the catalogue refuses with its reason."""
    case = payment(*steps)
    assert case.why_not(event, payload=case.but(event, **changes)) == {why}


@pytest.mark.parametrize("event", ["invoice", "settle"])
def test_invoices_and_settlement_are_for_sales_service(event: str) -> None:
    """Others neither invoice nor settle (PAY-004, QUO-009)."""
    assert payment("expect", "record").why_not(event, Actor("clerk-1", {"finance"})) == {"role"}


def test_a_payment_that_is_late_is_seen() -> None:
    """Past the instant of the terms handler and owner are reminded, once (PAY-001)."""
    case = payment("expect")
    assert case.task("collect").due_at == DUE + (case.due["payment_due"] - DUE)  # type: ignore[operator]
    assert case.wait(31 * DAY) == ["fall_due"]
    assert case.facts.overdue_at - DUE < DAY / 24
    assert case.tasks == {
        "collect": "sales_service",
        "collect_overdue": "sales_service",
        "remind_customer": "salesperson",
    }
    case.go("record")
    assert case.tasks == {"settle": "sales_service"}


def test_without_a_due_instant_nothing_falls_due() -> None:
    """The sources give no limit of their own."""
    case = Case("payment", PAYLOADS)
    case.fire("expect", payload=case.but("expect", due_at=None)).require()
    assert case.wait(400 * DAY) == []


def test_the_record_is_kept_and_another_amount_says_why() -> None:
    """Method, time, amount, handler, account and delivery state (PAY-002)."""
    case = payment("expect")
    given = case.but("record", amount="450 CNY", difference="discount", paid_at=AT.isoformat())
    case.fire("record", payload=given).require()
    facts = case.facts
    assert (facts.method, str(facts.paid), facts.paid_at) == ("transfer", "450 CNY", AT)
    assert (facts.handler, facts.account) == ("clerk-1", "6222 0001")
    assert (facts.delivery_state, facts.difference) == ("delivered", "discount")


def test_a_settled_payment_leads_to_contract_and_delivery() -> None:
    """The whole transaction can be traced, and the customer's record hears of it (PAY-003)."""
    case = payment("expect", "invoice", "record:unlinked")
    [told] = case.fire("settle:linked").require().messages
    assert (case.facts.contract, case.facts.orders) == ("K-1", ("O-2",))
    assert case.facts.invoice == "F-2026-1"
    assert (told.machine, told.event) == ("customer", "note_dealing")
    assert told.payload == {"kind": "payment", "detail": "500 CNY", "origin": "payment X-1"}


TestPaymentWalk = walk_of("payment", PAYLOADS)
