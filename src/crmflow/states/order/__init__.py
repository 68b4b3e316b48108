"""
Order (订单交付): one delivery of goods or service (catalogue 3.12).

Until when is shipped and delivered stands in the table of deadlines, for companies that
promise it (AMB-23); it fires the `miss_...` events.
"""

from __future__ import annotations

from crmflow.core.dealing import HAPPENED, KNOW_CUSTOMER
from crmflow.core.goods import HAS_PRODUCTS, picked
from crmflow.core.machine import KEEP, Blank, Kind, Machine, Open, Row, State
from crmflow.core.ref import UNBORN
from crmflow.core.updates import both, copied, stamped
from crmflow.states.order import forms as f
from crmflow.states.order import guards as g

__all__ = ["ORDER"]

S = f.OrderState
SALES_SERVICE, PURCHASING = "sales_service", "purchasing"

ORDERED = ("customer", "lines", "products", "order_class", "placed_at")
SHIPPED = (*ORDERED, "shipped_at")
DELIVERED = (*SHIPPED, "delivery_state", "delivered_at", "is_accurate")
SHIP = Open("ship", SALES_SERVICE)
STOCK = copied("is_in_stock", "promised_at", "safety_stock")

ORDER = Machine(
    "order",
    f.OrderFacts,
    zh="订单",
    en="order",
    shares="customer contract order_class amount placed_at delivery_state is_accurate",
    blanks=(
        Blank(g.SAFETY_STOCK, "map", "Pieces kept for each key account.", "DLV-005"),
    ),
    states=(
        State(S.PLACED, "已下单", "placed", Kind.INITIAL, requires=ORDERED),
        State(S.STOCK_CHECKED, "已查库存", "stock checked", requires=ORDERED),
        State(S.SHIPPED, "已发货", "shipped", Kind.WAITING, requires=SHIPPED),
        State(S.DELIVERED, "已送达", "delivered", requires=DELIVERED),
        State(S.CLOSED, "已完结", "closed", Kind.FINAL, requires=(*DELIVERED, "closed_at")),
        State(
            S.CANCELLED, "已取消", "cancelled", Kind.FINAL,
            requires=("customer", "cause", "reason"),
        ),
    ),
    rows=(
        Row(
            UNBORN, "place", S.PLACED, form=f.Placing, guards=(HAS_PRODUCTS,),
            sets=both(g.placed, picked), tasks=(Open("check_stock", SALES_SERVICE),),
            send=(KNOW_CUSTOMER, g.NOTE_PURCHASE),
            rules="CON-003 CON-005 CON-006 DLV-001 DLV-004 DLV-006 DLV-007",
        ),
        Row(
            S.PLACED, "check_stock", S.STOCK_CHECKED, form=f.StockCheck,
            guards=(g.CONSIDERED, g.HAS_DATE, g.STOCK_LOW), sets=STOCK,
            tasks=(SHIP, Open("refill_safety_stock", PURCHASING)), done="check_stock",
            rules="DLV-001 DLV-004 DLV-005",
        ),
        Row(
            S.PLACED, "check_stock", S.STOCK_CHECKED, form=f.StockCheck,
            guards=(g.CONSIDERED, g.HAS_DATE), sets=STOCK, tasks=(SHIP,), done="check_stock",
            rules="DLV-001 DLV-004 DLV-005",
        ),
        Row(
            S.STOCK_CHECKED, "ship", S.SHIPPED, form=f.Shipment,
            guards=(g.CHECKED, g.EXPRESS, HAPPENED), sets=g.happened("shipped_at", "is_express"),
            tasks=(Open("deliver", SALES_SERVICE),), done="ship overdue_shipping",
            rules="DLV-001 DLV-002 DLV-003 DLV-004 DLV-008",
        ),
        Row(
            (S.PLACED, S.STOCK_CHECKED), "miss_shipping", KEEP, who="system",
            sets=stamped("shipping_missed_at"), tasks=(Open("overdue_shipping", SALES_SERVICE),),
            rules="DLV-001 DLV-003 DLV-004",
        ),
        Row(
            (S.PLACED, S.STOCK_CHECKED, S.SHIPPED), "miss_arrival", KEEP, who="system",
            sets=stamped("arrival_missed_at"), tasks=(Open("overdue_arrival", SALES_SERVICE),),
            rules="DLV-003 DLV-007",
        ),
        Row(
            S.SHIPPED, "deliver", S.DELIVERED, form=f.Delivery, guards=(g.ARRIVED, HAPPENED),
            sets=g.happened("delivered_at", "delivery_state", "is_accurate"),
            tasks=(Open("close", SALES_SERVICE),), done="deliver overdue_arrival",
            rules="DLV-007 DLV-009",
        ),
        Row(
            (S.PLACED, S.STOCK_CHECKED, S.SHIPPED, S.DELIVERED), "advise", KEEP, form=f.Advice,
            sets=copied("advice"), send=(g.NOTE_ADVICE,),
            rules="DLV-011 DLV-012",
        ),
        Row(
            S.DELIVERED, "close", S.CLOSED, sets=stamped("closed_at"),
            rules="DLV-002 DLV-003 DLV-010",
        ),
        Row(
            (S.PLACED, S.STOCK_CHECKED), "cancel", S.CANCELLED, form=f.Cancelling,
            sets=copied("cause", "reason"),
        ),
    ),
)  # fmt: skip
"""The machine `order`."""
