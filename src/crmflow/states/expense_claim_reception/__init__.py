"""
Expense claim of a reception (接待费用): from application to settlement (catalogue 3.17).

Who signs stands in the table of chains, the month's budget and the standard of each class
of visitors in that of budgets, one application per person and month in that of quotas, and
the 15 days in those of windows and deadlines. What speaks against an expense is marked when
it is recorded or when it is reviewed; a claim with a mark is reduced or refused.
"""

from __future__ import annotations

from crmflow.core.dealing import KNOW_CUSTOMER, Reason, raise_update
from crmflow.core.machine import ANY, KEEP, Kind, Machine, Open, Row, Send, State
from crmflow.core.ref import UNBORN
from crmflow.core.updates import both, copied, stamped
from crmflow.states.expense_claim_reception import forms as f
from crmflow.states.expense_claim_reception import guards as g

__all__ = ["EXPENSE_CLAIM_RECEPTION"]

S = f.ClaimState
SERVICE = "customer_service"
SIGNERS = "customer_service service_manager"
REVIEWERS = "customer_service service_manager service_head finance_manager"

APPLIED = ("reception", "purpose", "guests", "amount", "visitor_class", "visit_at", "applicant")
DRAWN = (*APPLIED, "advance", "drawn_at")
SPENT = (*DRAWN, "expenses", "spent")
SUBMITTED = (*SPENT, "slip", "vouchers", "receipts", "reception_ended_at", "submitted_at")
PAID = (*SUBMITTED, "paid", "balance")

TELL_VISIT = Send("reception", "note_claim", g.this_claim, g.visit, courtesy=True)
FORGET_CLAIM = Send(
    "reception", "note_claim", g.no_claim, g.visit, when=g.before_end, courtesy=True
)
REMEMBER = raise_update("other", g.remembered)

EXPENSE_CLAIM_RECEPTION = Machine(
    "expense_claim_reception",
    f.ClaimFacts,
    zh="接待费用",
    en="reception expense claim",
    states=(
        State(S.DRAFTED, "已申请", "drafted", Kind.INITIAL, requires=APPLIED),
        State(S.SERVICE_APPROVED, "客服已批", "approved by service", requires=APPLIED),
        State(S.APPROVED, "已批准", "approved", requires=APPLIED),
        State(S.DRAWN, "已领款", "drawn", requires=DRAWN),
        State(S.SPENT, "已支出", "spent", requires=SPENT),
        State(S.SUBMITTED, "已提交", "submitted", requires=SUBMITTED),
        State(S.SIGNED, "已签字", "signed", requires=(*SUBMITTED, "signed_at")),
        State(S.SETTLED, "已报销", "settled", Kind.FINAL, requires=PAID),
        State(S.REDUCED, "已核减", "reduced", Kind.FINAL, requires=(*PAID, "reason")),
        State(S.REFUSED, "已拒绝", "refused", Kind.FINAL, requires=(*APPLIED, "reason")),
        State(S.CANCELLED, "已取消", "cancelled", Kind.FINAL, requires=(*APPLIED, "reason")),
    ),
    rows=(
        Row(
            UNBORN, "apply", S.DRAFTED, form=f.Application, guards=(g.BEFORE_VISIT,),
            sets=g.applied, claims=g.one_of_reception, send=(KNOW_CUSTOMER, TELL_VISIT),
            rules="EXP-001 EXP-010",
        ),
        Row(
            S.DRAFTED, "approve_service", S.SERVICE_APPROVED, who="service_manager",
            vote="approve",
            rules="EXP-002",
        ),
        Row(
            S.SERVICE_APPROVED, "approve_finance", S.APPROVED, who="finance_manager",
            vote="approve", tasks=(Open("draw", SERVICE),),
            rules="EXP-002 EXP-008 EXP-009",
        ),
        Row(
            (S.DRAFTED, S.SERVICE_APPROVED), "refuse_application", S.REFUSED, form=Reason,
            who="service_manager finance_manager", vote="refuse", sets=copied("reason"),
            send=(FORGET_CLAIM,),
            rules="EXP-002",
        ),
        Row(
            S.APPROVED, "draw", S.DRAWN, form=f.Advance, guards=(g.WITHIN_APPROVED,),
            sets=g.drawn, done="draw",
            tasks=(Open("record_expenses", SERVICE), Open("study_case", "service_head")),
            rules="EXP-003",
        ),
        Row(
            S.DRAWN, "spend", S.SPENT, form=f.Spending, guards=(g.ONE_CURRENCY,), sets=g.spent,
            tasks=(Open("hand_in", SERVICE),), done="record_expenses",
            rules="EXP-004 EXP-005 EXP-006 EXP-007 EXP-016 EXP-017",
        ),
        Row(
            (S.DRAWN, S.SPENT, S.SUBMITTED, S.SIGNED), "instruct", KEEP, form=f.Instruction,
            who="service_head", sets=copied("instruction"), done="study_case",
            rules="EXP-007",
        ),
        Row(
            (S.SPENT, S.SUBMITTED, S.SIGNED), "mark_misuse", KEEP, form=f.Marking,
            who=REVIEWERS, guards=(g.KNOWN_ITEM,), sets=g.marked,
            rules="EXP-004 EXP-005 EXP-016 EXP-017",
        ),
        Row(
            S.SPENT, "submit", S.SUBMITTED, form=f.Handing, guards=(g.HAS_ENDED,),
            sets=g.submitted, done="hand_in",
            rules="EXP-013 EXP-014",
        ),
        # Customer service checks, then its manager signs: both are votes of one chain.
        Row(
            S.SUBMITTED, "sign", S.SIGNED, form=f.Review, who=SIGNERS, guards=(g.REVIEWED,),
            vote="approve", sets=stamped("signed_at"), tasks=(Open("settle", "finance"),),
            rules="EXP-014 EXP-015",
        ),
        Row(
            S.SIGNED, "settle", S.SETTLED, form=f.Payment, who="finance",
            guards=(g.WITHOUT_MISUSE, g.WHOLE), sets=g.paid,
            rules="EXP-015",
        ),
        Row(
            S.SIGNED, "reduce", S.REDUCED, form=f.Reduction, who="service_manager finance",
            guards=(g.MISUSED, g.LESS), sets=both(g.paid, copied("reason")),
            rules="EXP-004 EXP-018",
        ),
        Row(
            (S.SUBMITTED, S.SIGNED), "refuse", S.REFUSED, form=Reason, who=SIGNERS,
            guards=(g.MISUSED,), vote="refuse", sets=copied("reason"),
            rules="EXP-004 EXP-018",
        ),
        Row(
            (S.DRAFTED, S.SERVICE_APPROVED, S.APPROVED, S.DRAWN), "cancel", S.CANCELLED,
            form=f.Cancellation, guards=(g.GIVEN_BACK,), sets=g.cancelled, send=(FORGET_CLAIM,),
            rules="EXP-010",
        ),
        Row(
            (S.DRAWN, S.SPENT, S.SUBMITTED, S.SIGNED), "note_card", KEEP, form=f.ReceptionCard,
            who=SERVICE, guards=(g.IS_IMPORTANT,),
            sets=lambda attempt: {"card": attempt.form}, send=(REMEMBER,),
            rules="EXP-011 EXP-012",
        ),
        Row(ANY, "note_end", KEEP, form=f.ReceptionEnd, who="system", sets=g.ended,
            rules="EXP-014"),
        Row(
            (S.DRAFTED, S.SERVICE_APPROVED, S.APPROVED), "call_off", S.CANCELLED,
            form=f.CallingOff, who="system", sets=g.called_off,
            rules="EXP-010",
        ),
        # Money that was drawn is given back first, what was spent is settled.
        Row(
            S.DRAWN, "call_off", KEEP, form=f.CallingOff, who="system", sets=g.called_off,
            tasks=(Open("give_back", SERVICE),),
            rules="EXP-010 EXP-014",
        ),
        Row(
            (S.SPENT, S.SUBMITTED, S.SIGNED), "call_off", KEEP, form=f.CallingOff, who="system",
            sets=lambda attempt: {"reception_ended_at": attempt.form.ended_at},
            rules="EXP-014",
        ),
    ),
)  # fmt: skip
"""The machine `expense_claim_reception`."""
