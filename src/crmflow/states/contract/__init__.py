"""
Contract (合同/订单): from draft to both delivered and paid (catalogue 3.3).

It mirrors its payments under the link `payment`, its orders under `order`. Payment and
delivery are tracks of their own, unless its terms say that it is paid first (AMB-36).
Whoever approves it is named by the table of chains, for the state `awaiting_approval`;
where a company says `none`, it is signed as soon as its terms are agreed (CON-011).
"""

from __future__ import annotations

from crmflow.core.dealing import KNOW_CUSTOMER, Reason
from crmflow.core.goods import HAS_PRODUCTS, picked
from crmflow.core.machine import KEEP, Blank, Kind, Machine, Open, Row, State
from crmflow.core.ref import UNBORN
from crmflow.core.updates import both, copied, stamped
from crmflow.states.contract import forms as f
from crmflow.states.contract import guards as g
from crmflow.states.contract import messages as m

__all__ = ["CONTRACT"]

S = f.ContractState
SALES, SALES_SERVICE = "salesperson", "sales_service"
RUNNING = (S.SIGNED, S.EXECUTING, S.SETTLING)

DRAWN_UP = ("customer", "number", "lines", "products")
AGREED = (*DRAWN_UP, "project_plan", "budget", "schedule")
SIGNED = (
    *DRAWN_UP, "signatory", "starts_at", "ends_at", "amount", "main_terms", "payments", "signed_at",
)  # fmt: skip
STARTED = (*SIGNED, "service_standard")
TERMS = copied("project_plan", "budget", "schedule", "payment_first")
SIGN_RULES = "CON-001 CON-002 CON-007 CON-008 CON-011 PAY-001"
SIGNING = (m.EXPECT_PAYMENTS, m.NOTE_PURCHASE)
START = Open("start", SALES)

CONTRACT = Machine(
    "contract",
    f.ContractFacts,
    zh="合同",
    en="contract",
    shares="customer owner number amount ends_at",
    blanks=(
        Blank(g.CHAIN, "text", "Approval of contracts and quotes, or `none`.", "CON-011"),
    ),
    states=(
        State(S.DRAFT, "草稿", "draft", Kind.INITIAL, requires=DRAWN_UP),
        State(S.TERMS_AGREED, "条款已商定", "terms agreed", requires=AGREED),
        State(S.AWAITING_APPROVAL, "待审批", "awaiting approval", Kind.WAITING, requires=AGREED),
        State(S.SIGNED, "已签订", "signed", requires=SIGNED),
        State(S.EXECUTING, "执行中", "executing", requires=STARTED),
        State(S.SETTLING, "结算中", "settling", requires=STARTED),
        State(S.COMPLETED, "已完成", "completed", Kind.FINAL, requires=STARTED),
        State(S.TERMINATED, "已终止", "terminated", Kind.FINAL, requires=(*DRAWN_UP, "reason")),
        State(S.CANCELLED, "已取消", "cancelled", Kind.FINAL, requires=(*DRAWN_UP, "reason")),
    ),
    rows=(
        Row(
            UNBORN, "create", S.DRAFT, form=f.Draft, guards=(HAS_PRODUCTS,), sets=g.drafted,
            claims=g.number_taken, tasks=(Open("agree_terms", SALES),), send=(KNOW_CUSTOMER,),
            rules="CON-001 CON-002 CON-003 CON-004 CON-005 CON-006 DEV-002",
        ),
        Row(
            S.DRAFT, "agree_terms", S.TERMS_AGREED, form=f.Terms, guards=(g.BOTH_AGREE,),
            sets=both(TERMS, picked), tasks=(Open("get_signature", SALES),), done="agree_terms",
            rules="CON-008 CON-009",
        ),
        Row(
            S.TERMS_AGREED, "submit", S.AWAITING_APPROVAL, guards=(g.CHAIN_SET,),
            rules="CON-011",
        ),
        Row(
            S.AWAITING_APPROVAL, "approve", KEEP, form=f.Approval, guards=(g.UNDECIDED,),
            sets=stamped("approved_at"), vote="approve",
            rules="CON-011",
        ),
        Row(
            S.AWAITING_APPROVAL, "send_back", S.DRAFT, form=Reason, guards=(g.UNDECIDED,),
            sets=g.sent_back, vote="refuse",
            tasks=(Open("agree_terms", SALES),), done="get_signature",
            rules="CON-011",
        ),
        Row(
            (S.TERMS_AGREED, S.AWAITING_APPROVAL), "send_back", S.DRAFT, form=Reason,
            sets=g.sent_back, tasks=(Open("agree_terms", SALES),), done="get_signature",
            rules="CON-011",
        ),
        Row(
            S.TERMS_AGREED, "sign", S.SIGNED, form=f.Signature,
            guards=(g.CHAIN_NONE, g.LASTS, g.ADDS_UP), sets=g.signed, tasks=(START,),
            done="get_signature", send=SIGNING,
            rules=SIGN_RULES,
        ),
        Row(
            S.AWAITING_APPROVAL, "sign", S.SIGNED, form=f.Signature,
            guards=(g.APPROVED, g.LASTS, g.ADDS_UP), sets=g.signed, tasks=(START,),
            done="get_signature", send=SIGNING,
            rules=SIGN_RULES,
        ),
        Row(
            S.SIGNED, "start", S.EXECUTING, form=f.Start, guards=(g.PAID_FIRST,),
            sets=both(copied("service_standard"), g.ordered),
            tasks=(Open("deliver", SALES_SERVICE),), done="start", send=(m.PLACE_ORDERS,),
            rules="CON-010 DLV-010",
        ),
        Row(
            S.EXECUTING, "add_orders", KEEP, form=f.FurtherOrders, sets=g.ordered,
            send=(m.PLACE_ORDERS,),
            rules="CON-005 DLV-010",
        ),
        Row(
            RUNNING, "record_payment", KEEP, form=f.Received, guards=(g.OWN_PAYMENT,),
            send=(m.RECORD_PAYMENT,),
            rules="PAY-001 PAY-002",
        ),
        Row(
            S.EXECUTING, "finish_delivery", S.SETTLING, guards=(g.ALL_DELIVERED,),
            tasks=(Open("complete", SALES_SERVICE),), done="deliver",
            rules="DLV-009 DLV-010",
        ),
        Row(
            S.SETTLING, "complete", S.COMPLETED, guards=(g.ALL_DELIVERED, g.ALL_PAID),
            rules="PAY-001 PAY-003",
        ),
        Row(
            RUNNING, "reach_end", KEEP, who="system", sets=stamped("end_reached_at"),
            tasks=(Open("decide_on_end", SALES),),
            rules="CON-001",
        ),
        Row(
            RUNNING, "terminate", S.TERMINATED, form=Reason, sets=copied("reason"),
            send=(m.RAISE_UPDATE, m.CANCEL_ORDERS, m.CANCEL_PAYMENTS, m.TELL_DEAL),
            rules="REC-029",
        ),
        Row(
            (S.DRAFT, S.TERMS_AGREED, S.AWAITING_APPROVAL), "cancel", S.CANCELLED, form=Reason,
            sets=copied("reason"),
        ),
    ),
)  # fmt: skip
"""The machine `contract`."""
