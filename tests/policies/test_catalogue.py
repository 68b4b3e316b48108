"""Products: picked from the catalogue, sold and returned as it says."""

from __future__ import annotations

from datetime import date

import pytest

from crmflow.clock import ManualClock
from crmflow.config import Overlay
from crmflow.core.actor import Actor
from crmflow.core.decision import Decision
from crmflow.core.errors import ConfigurationError
from crmflow.engine.engine import Engine
from crmflow.policies.catalogue import ProductRow, lines_of
from tests.states.case import AT

ANN = Actor("ann", {"salesperson", "sales_service", "customer_service"})
Rows = list[dict[str, object]]
PUMP: dict[str, object] = {"name": "pump", "line": "hydraulics", "zh": "油泵", "en": "Pump"}
SEAL = {
    **PUMP, "name": "seal", "refuses": ["return.approve"], "rules": ["DLV-006", "RET-006"],
    "allows": {"order": {"order_class": ["normal", "special_non_regular"], "quantity": ["1", "2"]}},
}  # fmt: skip


def shop(*rows: dict[str, object], machines: tuple[str, ...] = ("order",)) -> Engine:
    """Return an engine of a company with this catalogue."""
    own = Overlay({}, {"products": list(rows)})
    return Engine(
        "memory:", machines=machines, profile=("demo", "key_account"), config=own,
        clock=ManualClock(AT),
    )  # fmt: skip


def place(engine: Engine, **what: object) -> Decision:
    """Place an order."""
    order = {"customer": "C-1", "order_class": "normal", **what}
    return engine.create("order", order, actor=ANN)


def reasons(decision: Decision) -> list[tuple[str, str]]:
    """Return reason and path of each verdict, by path."""
    return sorted((one.reason, str(one.values["path"])) for one in decision.verdicts)


def test_what_is_bought_is_picked_from_the_catalogue() -> None:
    """Several products in one order; all that are unknown are named at once (CON-005, CON-006)."""
    engine = shop(PUMP, SEAL)
    assert place(engine, products=["pump"], lines=[{"product": "seal", "quantity": 2}]).accepted
    wrong = place(engine, products=["pmp"], lines=[{"product": "valve"}])
    assert reasons(wrong) == [
        ("product_unknown", "$.lines[0].product"),
        ("product_unknown", "$.products[0]"),
    ]
    assert "Did you mean 'pump'?" in {one.values["hint"] for one in wrong.verdicts}
    assert {rule for one in wrong.verdicts for rule in one.rules} == {"CON-006"}


def test_without_a_catalogue_anything_may_be_named() -> None:
    """The table is the company's own."""
    assert place(shop(), products=["anything"]).accepted
    assert place(shop({**PUMP, "enabled": False}), products=["anything"]).accepted


@pytest.mark.parametrize(
    ("order_class", "quantity", "wrong"),
    [
        ("normal", 1, []),
        ("special_non_regular", 2, []),
        ("special_regular", 1, ["order_class"]),
        ("special_regular", 3, ["order_class", "quantity"]),
    ],
)
def test_a_product_is_sold_as_it_may_be(order_class: str, quantity: int, wrong: list[str]) -> None:
    """Which parts are regular is told by the catalogue; the nearest field counts (DLV-006)."""
    lines = [{"product": "seal", "quantity": quantity}]
    decision = place(shop(PUMP, SEAL), lines=lines, order_class=order_class)
    found = sorted((one.reason, str(one.values["field"])) for one in decision.verdicts)
    assert found == [("product_not_so", field) for field in wrong]
    assert {(one.values["product"], one.values["path"]) for one in decision.verdicts} == (
        {("seal", "$.lines[0].product")} if wrong else set()
    )


def test_dates_begin_and_end_a_sale() -> None:
    """By the company's day of the event."""
    old = {**PUMP, "name": "old pump", "until_on": date(2026, 3, 1)}
    new = {**PUMP, "name": "new pump", "from_on": date(2026, 3, 3)}
    for name in ("old pump", "new pump"):
        assert reasons(place(shop(old, new, PUMP), products=[name])) == [
            ("product_unknown", "$.products[0]")
        ]


def test_a_product_may_not_be_returned() -> None:
    """A special provision of the product overrides the right of return (RET-006)."""
    engine = shop(PUMP, SEAL, machines=("return",))
    right = ("normal_use", "packaging_complete", "quantity_correct", "resaleable")
    for product, why in (("pump", []), ("seal", ["product_refused"])):
        asked = {"customer": "C-1", "product": product, "purchased_on": "2026-03-01"}
        back = engine.create("return", asked, actor=ANN).require().entity
        decision = engine.fire(back, "approve", dict.fromkeys(right, True), actor=ANN)
        found = [(one.reason, one.values) for one in decision.verdicts]
        assert found == [(reason, {"product": product}) for reason in why]


def test_a_catalogue_is_told_by_line() -> None:
    """Product lines, each with several products, as of a day (CON-004)."""
    rows = [
        ProductRow(name="pump", line="hydraulics", zh="油泵", en="Pump"),
        ProductRow(name="lamp", line="light", zh="灯", en="Lamp", until_on=date(2026, 1, 1)),
        ProductRow(name="valve", line="hydraulics", zh="阀", en="Valve"),
        ProductRow(name="bolt", line="parts", zh="螺栓", en="Bolt", enabled=False),
    ]
    found = lines_of(rows, date(2026, 3, 2))
    assert {line: [row.name for row in of] for line, of in found.items()} == {
        "hydraulics": ["pump", "valve"]
    }


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (
            {"allows": {"order": {"klass": ["normal"]}}},
            (
                "$.products[0].allows.order.klass (pump): unknown. Known: 'advice', "
                "'amount', 'cause', 'content_checked', 'contract', 'currency', "
                "'customer', 'dangers', 'delivery_state', 'happened_at', 'is_accurate',"
                " 'is_express', 'is_in_stock', 'liability', 'lines', 'order_class', "
                "'owner', 'price', 'product', 'products', 'promised_at', 'quantity', "
                "'quote', 'reason', 'safety_stock'."
            ),
        ),
        (
            {"allows": {"order": {"order_class": ["urgent"]}}},
            (
                "$.products[0].allows.order.order_class (pump): unknown. Known:"
                " 'normal', 'special_non_regular', 'special_regular'."
            ),
        ),
        (
            {"refuses": ["order.plase"]},
            ("$.products[0].refuses[0] (pump): unknown. Did you mean 'place'?"),
        ),
        (
            {"refuses": ["order.place.now"]},
            "$.products[0].refuses[0] (pump): unknown. Did you mean 'place'?",
        ),
        (
            {"refuses": ["approve"]},
            (
                "$.products[0].refuses[0] (pump): type, expected a machine and an "
                "event, such as 'return.approve'"
            ),
        ),
        ({"line": None}, "$.products[0].line (pump): missing, expected a value"),
    ],
)
def test_what_is_wrong_with_a_product_is_told_when_loaded(
    row: dict[str, object], told: str
) -> None:
    """Fields, values and events that no machine knows."""
    given = {name: value for name, value in {**PUMP, **row}.items() if value is not None}
    with pytest.raises(ConfigurationError) as error:
        shop(given)
    assert f"config: {told}" in error.value.faults


def test_events_of_machines_that_are_off_are_not_checked() -> None:
    """A catalogue may speak of returns where there are none yet."""
    ahead = {"refuses": ["return.approve"], "allows": {"return": {"kind": ["return"]}}}
    assert place(shop({**PUMP, **ahead}), products=["pump"]).accepted
