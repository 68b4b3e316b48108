"""The machine `return`, catalogue 3.14; until when there is a right of return is told elsewhere."""

from __future__ import annotations

import pytest

from tests.states.case import Case, Payload, declared, legal, pairs, walk_of

RIGHT = {
    "normal_use": True, "packaging_complete": True, "quantity_correct": True, "resaleable": True,
}  # fmt: skip
BACK = {
    "packaging_complete": True, "quantity_correct": True, "resaleable": True,
    "invoice_returned": True, "papers": "invoice F-1, warranty card",
}  # fmt: skip
PAYLOADS: dict[str, Payload] = {
    "request": {"customer": "C-1", "product": "pump", "order": "O-1", "purchased_on": "2026-03-01"},
    "request:exchange": {
        "customer": "C-1", "product": "pump", "purchased_on": "2026-03-01", "kind": "exchange",
    },
    "request:excluded": {
        "customer": "C-1", "product": "seal", "purchased_on": "2026-03-01",
        "special": {"text": "cut to size", "excluded": True},
    },
    "approve": RIGHT,
    "refuse": {"condition": "packaging"},
    "receive_goods": BACK,
    "settle": {"freight_by_customer": True, "freight": "20 CNY", "refund": "480 CNY"},
    "settle:exchange": {"freight_by_customer": True, "exchanged_for": "pump"},
    "withdraw": {"reason": "keeps it"},
}  # fmt: skip
TABLE = (
    "request: - -> requested",
    "approve: requested -> approved",
    "refuse: requested, approved -> refused",
    "receive_goods: approved -> received_back",
    "settle: received_back -> settled",
    "withdraw: requested, approved -> withdrawn",
)
PATHS = {
    "-": (),
    "requested": ("request",),
    "approved": ("request", "approve"),
    "received_back": ("request", "approve", "receive_goods"),
}
LEGAL = legal(PATHS, TABLE)


def goods(*steps: str) -> Case:
    """Return a return that has taken these steps."""
    return Case("return", PAYLOADS).go(*steps)


def test_the_table_is_the_catalogue() -> None:
    """The rows are those of the catalogue, no more and no fewer."""
    assert declared("return") == pairs(TABLE)


@pytest.mark.parametrize(("source", "event", "to"), LEGAL)
def test_a_row_is_legal(source: str, event: str, to: str) -> None:
    """Every row leads where the catalogue says."""
    case = goods(*PATHS[source], event)
    assert case.state == (source if to == "=" else to)
    case.hold_invariants()


@pytest.mark.parametrize(
    ("event", "field", "why", "rule"),
    [
        ("approve", "normal_use", "not_used_normally", "RET-002"),
        ("approve", "packaging_complete", "packaging_incomplete", "RET-003"),
        ("approve", "quantity_correct", "quantity_wrong", "RET-004"),
        ("approve", "resaleable", "not_resaleable", "RET-005"),
        ("receive_goods", "packaging_complete", "packaging_incomplete", "RET-003"),
        ("receive_goods", "quantity_correct", "quantity_wrong", "RET-004"),
        ("receive_goods", "resaleable", "not_resaleable", "RET-005"),
        ("receive_goods", "invoice_returned", "no_invoice", "RET-008"),
        ("settle", "freight_by_customer", "freight_not_borne", "RET-009"),
    ],
)
def test_a_condition_that_fails_is_named(event: str, field: str, why: str, rule: str) -> None:
    """On request and when the goods are seen, each with the rule it comes from."""
    source = next(source for source, name, _ in LEGAL if name == event)
    case = goods(*PATHS[source])
    payload = case.but(event, **{field: False})
    assert case.why_not(event, payload=payload) == {why}
    refusal = case.fire(event, payload=payload).refusal
    assert refusal is not None
    assert {r for tried in refusal.tried for reason in tried.reasons for r in reason.rules} == {
        rule
    }


@pytest.mark.parametrize(
    ("steps", "event", "changes", "why"),
    [
        ((), "request", {"purchased_on": None}, "$.purchased_on"),
        ((), "request", {"purchased_on": "2026-03-04"}, "in_future"),
        ((), "request", {"quantity": 0}, "$.quantity"),
        (("request",), "refuse", {"condition": None}, "$.condition"),
        (("request", "approve"), "receive_goods", {"papers": " "}, "$.papers"),
        (PATHS["received_back"], "settle", {"refund": None}, "nothing_given"),
        (("request",), "withdraw", {"reason": None}, "$.reason"),
    ],
)
def test_a_guard_refuses(
    steps: tuple[str, ...], event: str, changes: dict[str, object], why: str
) -> None:
    """Each guard of the catalogue refuses with its reason."""
    case = goods(*steps)
    assert case.why_not(event, payload=case.but(event, **changes)) == {why}


def test_no_reason_is_asked_for() -> None:
    """A return needs what was bought and when, and nothing of the customer's motives (RET-007)."""
    case = Case("return", PAYLOADS)
    bare = {"customer": "C-1", "product": "pump", "purchased_on": "2026-03-02"}
    case.fire("request", payload=bare).require()
    assert (case.state, case.facts.wish) == ("requested", None)


def test_a_special_provision_excludes_the_return() -> None:
    """It overrides the general right, and says so when the return is refused (RET-006)."""
    case = goods("request:excluded")
    assert case.why_not("approve") == {"return_excluded"}
    case.fire("refuse", payload={"condition": "special_provision"}).require()
    assert (case.state, case.facts.condition) == ("refused", "special_provision")


def test_the_customer_is_told_of_the_freight_and_the_file_keeps_the_return() -> None:
    """Who returns goods pays their way, and the file keeps the return (RET-009, REC-010)."""
    case = goods("request", "approve")
    assert case.tasks == {"tell_freight": "customer_service", "receive_goods": "sales_service"}
    [told] = case.go("receive_goods").fire("settle").require().messages
    assert told.payload.items() >= {"kind": "return", "detail": "return 1 pump"}.items()
    assert (str(case.facts.freight), str(case.facts.refund)) == ("20 CNY", "480 CNY")


def test_an_exchange_gives_goods() -> None:
    """What is exchanged ends with other goods, not with money (RET-010)."""
    case = goods("request:exchange", "approve", "receive_goods")
    assert case.why_not("settle") == {"nothing_given"}
    assert case.go("settle:exchange").facts.exchanged_for == "pump"


TestReturnWalk = walk_of("return", PAYLOADS)
