"""The machine `order`, catalogue 3.12."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.states.case import AT, DAY, Case, Payload, declared, legal, pairs, walk_of

KEY = ("demo", "key_account")
PROMISED = AT + 10 * DAY
PLACE = {
    "customer": "C-1", "order_class": "normal", "quote": "Q-1", "amount": "500 CNY",
    "promised_at": PROMISED.isoformat(), "products": ["hose"],
    "lines": [{"product": "pump", "quantity": 2, "price": "250 CNY"}],
}  # fmt: skip
PAYLOADS: dict[str, Payload] = {
    "place": PLACE,
    "place:contract": {**PLACE, "contract": "K-1"},
    "place:regular": {**PLACE, "order_class": "special_regular"},
    "place:other": {**PLACE, "order_class": "special_non_regular"},
    "place:key": {**PLACE, "customer": "C-1001"},
    "place:undated": {"customer": "C-1", "order_class": "normal", "products": ["pump"]},
    "check_stock": {"is_in_stock": False},
    "check_stock:there": {"is_in_stock": True},
    "check_stock:enough": {"is_in_stock": True, "safety_stock": 20},
    "check_stock:low": {"is_in_stock": True, "safety_stock": 19},
    "ship": {"content_checked": True},
    "ship:express": {"content_checked": True, "is_express": True},
    "deliver": {"delivery_state": "delivered", "is_accurate": True},
    "advise": {"advice": "seals", "dangers": "hot oil", "liability": "the user"},
    "cancel": {"cause": "by_customer", "reason": "no need"},
}
TABLE = (
    "place: - -> placed",
    "check_stock: placed -> stock_checked",
    "ship: stock_checked -> shipped",
    "deliver: shipped -> delivered",
    "advise: placed, stock_checked, shipped, delivered -> =",
    "close: delivered -> closed",
    "cancel: placed, stock_checked -> cancelled",
)
ADDED = (
    "miss_shipping: placed, stock_checked -> =",
    "miss_arrival: placed, stock_checked, shipped -> =",
)
PATHS = {
    "-": (),
    "placed": ("place",),
    "stock_checked": ("place", "check_stock"),
    "shipped": ("place", "check_stock", "ship"),
    "delivered": ("place", "check_stock", "ship", "deliver"),
}
LEGAL = legal(PATHS, TABLE + ADDED)


def order(*steps: str, profile: tuple[str, ...] = ("demo",)) -> Case:
    """Return an order that has taken these steps."""
    return Case("order", PAYLOADS, profile).go(*steps)


def test_the_table_is_the_catalogue() -> None:
    """The rows are those of the catalogue, and what missed deadlines fire."""
    assert declared("order") == pairs(TABLE + ADDED)


@pytest.mark.parametrize(("source", "event", "to"), LEGAL)
def test_a_row_is_legal(source: str, event: str, to: str) -> None:
    """Every row leads where the catalogue says."""
    case = order(*PATHS[source], event)
    assert case.state == (source if to == "=" else to)
    case.hold_invariants()


@pytest.mark.parametrize(
    ("steps", "event", "changes", "why"),
    [
        pytest.param((), "place", {"customer": None}, "$.customer", id="CON-003 customer"),
        pytest.param((), "place", {"products": [], "lines": []}, "no_products",
                     id="CON-003 product"),
        pytest.param((), "place", {"lines": [{"product": "pump", "quantity": 0}]},
                     "$.lines[0].quantity", id="CON-005 quantity"),
        pytest.param((), "place", {"order_class": None}, "$.order_class", id="DLV-006 no class"),
        pytest.param((), "place", {"order_class": "odd"}, "$.order_class", id="DLV-006 class"),
        pytest.param(("place:undated",), "check_stock", {}, "no_promised_date",
                     id="DLV-004 no date"),
        pytest.param(("place", "check_stock"), "ship", {"content_checked": False},
                     "content_not_checked", id="DLV-002 content"),
        (("place", "check_stock"), "ship", {"happened_at": PROMISED.isoformat()}, "in_future"),
        pytest.param(PATHS["shipped"], "deliver", {"delivery_state": None}, "$.delivery_state",
                     id="DLV-009 no state"),
        pytest.param(PATHS["shipped"], "deliver", {"delivery_state": "not_delivered"},
                     "nothing_delivered", id="DLV-009 nothing delivered"),
        pytest.param(("place",), "advise", {"dangers": None}, "$.dangers", id="DLV-012 dangers"),
        pytest.param(("place",), "advise", {"liability": " "}, "$.liability",
                     id="DLV-012 liability"),
        (("place",), "cancel", {"reason": None}, "$.reason"),
        (PATHS["shipped"], "cancel", {}, "no_row"),
    ],
)  # fmt: skip
def test_a_guard_refuses(
    steps: tuple[str, ...], event: str, changes: dict[str, object], why: str
) -> None:
    """Each guard of the catalogue refuses with its reason."""
    case = order(*steps)
    assert why in case.why_not(event, payload=case.but(event, **changes))


def test_an_order_has_lines() -> None:
    """Several products, each with its quantity; a bare product is one of it (CON-005, CON-006)."""
    facts = order("place").facts
    assert [(line.product, line.quantity) for line in facts.lines] == [("pump", 2), ("hose", 1)]
    assert facts.products == ("pump", "hose")


@pytest.mark.parametrize(
    ("check", "why", "tasks"),
    [
        ("check_stock:there", {"safety_stock_not_considered", "safety_stock_kept"}, set()),
        ("check_stock:enough", set(), {"ship"}),
        ("check_stock:low", set(), {"ship", "refill_safety_stock"}),
    ],
)
def test_the_safety_stock_of_a_key_account_is_considered(
    check: str, why: set[str], tasks: set[str]
) -> None:
    """Whoever has one: it is counted, and refilled where it is below its level (DLV-005)."""
    case = order("place:key")
    if why:
        assert case.why_not(check) == why
    else:
        assert case.go(check).tasks.keys() == tasks


def test_other_customers_have_no_safety_stock() -> None:
    """Nothing is asked of them (DLV-005)."""
    assert order("place", "check_stock:there").tasks == {"ship": "sales_service"}


def local(text: str) -> datetime:
    """Return an instant of the company's clock."""
    return datetime.fromisoformat(f"2026-03-{text}+08:00")


@pytest.mark.parametrize(
    ("placed", "due"),
    [
        ("03T09:00", "04T00:00"),
        ("03T16:00", "04T00:00"),
        ("03T16:01", "05T00:00"),
        ("03T23:59", "05T00:00"),
    ],
)
def test_what_is_in_stock_goes_out_the_same_day(placed: str, due: str) -> None:
    """Ordered today, shipped today; after the last hour for it, the next day (DLV-001)."""
    case = Case("order", PAYLOADS, KEY)
    case.at = local(placed)
    case.go("place", "check_stock:there")
    assert case.due["order_shipping_from_stock"] == local(due)
    assert case.task("ship").due_at == local(due)
    assert case.wait(2 * DAY) == ["miss_shipping"]
    assert case.facts.shipping_missed_at - local(due) < timedelta(seconds=1)
    assert case.tasks["overdue_shipping"] == "sales_service"


def test_else_it_goes_out_as_promised() -> None:
    """By the day that the quotation promises (DLV-004); shipping ends the clock."""
    case = order("place", "check_stock", profile=KEY)
    assert case.due["order_shipping_promised"] == local("13T00:00")
    late = order("place", "check_stock", profile=KEY)
    assert late.wait(11 * DAY) == ["miss_shipping"]
    assert case.go("ship").wait(11 * DAY) == []
    assert case.facts.shipping_missed_at is None


def test_an_urgent_regular_part_arrives_within_six_hours() -> None:
    """Counted from the order (DLV-007, AMB-25)."""
    case = order("place:regular", "check_stock:there", "ship", profile=KEY)
    assert case.due == {"order_urgent_arrival": AT + timedelta(hours=6)}
    assert case.wait(timedelta(hours=7)) == ["miss_arrival"]
    assert case.tasks["overdue_arrival"] == "sales_service"
    assert case.go("deliver").tasks == {"close": "sales_service"}


def test_another_urgent_part_goes_by_express_without_a_time() -> None:
    """It depends on what is there: no limit for its arrival (DLV-008)."""
    case = order("place:other", "check_stock", profile=KEY)
    assert "order_urgent_arrival" not in case.due
    assert case.why_not("ship") == {"not_express"}
    assert case.go("ship:express").facts.is_express


def test_without_the_profile_no_time_is_promised() -> None:
    """The limits are those of one company's key accounts (AMB-23)."""
    assert order("place:regular", "check_stock:there").due == {}


def test_advice_tells_dangers_and_liability_and_counts_as_a_contact() -> None:
    """Technical advice at any time (DLV-011, DLV-012)."""
    [told] = order("place").fire("advise").require().messages
    assert (told.machine, told.event) == ("customer", "note_contact")
    assert told.payload["result"] == "seals"


@pytest.mark.parametrize(("step", "told"), [("place", True), ("place:contract", False)])
def test_a_purchase_is_noted_once(step: str, told: bool) -> None:
    """An order without a contract is the purchase; one on a contract was counted with it."""
    messages = Case("order", PAYLOADS).fire(step).require().messages
    noted = [m.payload["amount"] for m in messages if m.event == "note_purchase"]
    assert noted == (["500 CNY"] if told else [])


TestOrderWalk = walk_of("order", PAYLOADS)
