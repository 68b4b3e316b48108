"""
Quote (询价报价): an inquiry and its quotation (catalogue 3.11).

Until when is quoted stands in the table of deadlines, for companies that promise it
(AMB-23), and who approves a quotation in the table of chains.
"""

from __future__ import annotations

from crmflow.core.dealing import HAPPENED, KNOW_CUSTOMER
from crmflow.core.goods import picked
from crmflow.core.machine import Kind, Machine, Open, Row, State
from crmflow.core.ref import UNBORN
from crmflow.core.updates import both, copied, stamped
from crmflow.states.quote import forms as f
from crmflow.states.quote import guards as g

__all__ = ["QUOTE"]

S = f.QuoteState
SALES, SALES_SERVICE = "salesperson", "sales_service"

ARRIVED_WITH = ("customer", "request", "channels", "salesperson", "sales_assistant", "received_at")
QUOTED = (*ARRIVED_WITH, "quote_class", "price", "promised_at", "quoted_at", "lines")

QUOTE = Machine(
    "quote",
    f.QuoteFacts,
    zh="询价报价",
    en="quote",
    shares="customer quote_class price promised_at",
    states=(
        State(S.RECEIVED, "已收到", "received", Kind.INITIAL, requires=ARRIVED_WITH),
        State(S.CLASSIFIED, "已分类", "classified", requires=(*ARRIVED_WITH, "quote_class")),
        State(S.QUOTED, "已报价", "quoted", Kind.WAITING, requires=QUOTED),
        State(S.ORDERED, "已下单", "ordered", Kind.FINAL, requires=(*QUOTED, "opens")),
        State(S.LAPSED, "已失效", "lapsed", Kind.FINAL, requires=("customer", "cause", "reason")),
    ),
    rows=(
        Row(
            UNBORN, "receive", S.RECEIVED, form=f.Inquiry, guards=(g.ARRIVED, HAPPENED),
            sets=both(g.received, picked),
            tasks=(Open("classify", SALES), Open("provide_data", "purchasing")),
            send=(KNOW_CUSTOMER,),
            rules="QUO-002 QUO-008",
        ),
        Row(
            S.RECEIVED, "classify", S.CLASSIFIED, form=f.Classification,
            guards=(g.URGENT_BY_BOTH,), sets=g.classified, tasks=(Open("quote", SALES),),
            done="classify",
            rules="QUO-001 QUO-003 QUO-004 QUO-005",
        ),
        Row(
            S.CLASSIFIED, "quote", S.QUOTED, form=f.Quotation,
            who="salesperson project_development", guards=(g.PROMISE_AHEAD, g.KNOWS_GOODS),
            sets=both(
                copied("price", "promised_at", "technical_data"), picked, stamped("quoted_at")
            ),
            tasks=(Open("get_answer", SALES),), done="quote provide_data",
            send=(g.NOTE_QUOTE,),
            rules="QUO-006 QUO-007",
        ),
        Row(
            S.QUOTED, "order", S.ORDERED, form=f.Ordering, who=SALES_SERVICE,
            sets=both(copied("opens", "order_class"), picked), send=(g.CONTRACT, g.ORDER),
            rules="QUO-009",
        ),
        Row(
            (S.RECEIVED, S.CLASSIFIED, S.QUOTED), "lapse", S.LAPSED, form=f.Lapse,
            sets=copied("cause", "reason"),
        ),
    ),
)  # fmt: skip
"""The machine `quote`."""
