"""
Deal (成交/服务洽谈): from needs analysis to contract, execution and after-service (catalogue 3.2).

A deal mirrors the contracts it opens under the link `contract`, and its after-sales
requests under `service_request`. The one contract that counts is the newest: a second
one is opened only after the first was cancelled, and until the deal has heard of the
second, neither signing nor cancelling can be read off the first. By when a deal in service
is evaluated stands in the table of deadlines.
"""

from __future__ import annotations

from crmflow.core.cases import cycle, told
from crmflow.core.dealing import KNOW_CUSTOMER, HandOver, Reason
from crmflow.core.goods import Agreement
from crmflow.core.machine import ANY, KEEP, Kind, Machine, Open, Row, Send, State
from crmflow.core.ref import UNBORN
from crmflow.core.updates import both, copied
from crmflow.states.deal import forms as f
from crmflow.states.deal import guards as g

__all__ = ["DEAL"]

S = f.DealState
SALES = "salesperson"

CONTRACT = Send("contract", "create", g.contract_request, link="contract")
IMPROVE_BY_FEEDBACK = Send(
    "improvement_cycle", "open", cycle("customer", lambda attempt: attempt.form.feedback)
)
IMPROVE_BY_EVALUATION = Send(
    "improvement_cycle", "open", cycle("review", lambda attempt: attempt.form.results)
)
NOTE_PROPOSAL = told(lambda attempt: attempt.form.client_proposal)
NOTE_TALKS = told(lambda attempt: attempt.form.refusal or attempt.form.topics)
NOTE_FEEDBACK = told(lambda attempt: attempt.form.feedback)
EVALUATE = Open("evaluate", SALES)
BEFORE_WIN = (
    S.NEEDS_ANALYSIS, S.PLAN_READY, S.PROPOSED, S.NEGOTIATING, S.AGREED, S.CONTRACTING,
)  # fmt: skip
HAS_PLAN = ("customer", "assessment", "plan")
HAS_PRODUCT = ("customer", "products")

DEAL = Machine(
    "deal",
    f.DealFacts,
    zh="商机",
    en="deal",
    shares="customer owner",
    states=(
        State(S.NEEDS_ANALYSIS, "需求分析", "needs analysis", Kind.INITIAL, requires=("customer",)),
        State(S.PLAN_READY, "方案就绪", "plan ready", requires=HAS_PLAN),
        State(
            S.PROPOSED, "已提案", "proposed", Kind.WAITING,
            requires=(*HAS_PLAN, "client_proposal", "products", "needs", "expectations", "goals"),
        ),
        State(S.NEGOTIATING, "洽谈中", "negotiating", requires=HAS_PLAN),
        State(S.AGREED, "已达成协议", "agreed", requires=(*HAS_PRODUCT, "agreement")),
        State(S.CONTRACTING, "合同签订中", "contracting", Kind.WAITING, requires=HAS_PRODUCT),
        State(S.WON, "已成交", "won", requires=HAS_PRODUCT),
        State(S.EXECUTING, "服务执行中", "executing", requires=HAS_PRODUCT),
        State(S.IN_SERVICE, "售后服务中", "in service", requires=HAS_PRODUCT),
        State(
            S.EVALUATED, "已评价结束", "evaluated", Kind.FINAL,
            requires=(*HAS_PRODUCT, "evaluated_at", "reason"),
        ),
        State(S.LOST, "已丢单", "lost", Kind.FINAL, requires=("customer", "reason")),
        State(
            S.TERMINATED, "已终止", "terminated", Kind.FINAL, requires=(*HAS_PRODUCT, "reason")
        ),
    ),
    rows=(
        Row(
            UNBORN, "open", S.NEEDS_ANALYSIS, form=f.DealRequest, sets=g.opened,
            tasks=(Open("make_plan", SALES),), send=(KNOW_CUSTOMER,),
            rules="DEA-001 DEV-003",
        ),
        Row(
            S.NEEDS_ANALYSIS, "make_plan", S.PLAN_READY, form=f.ServicePlan,
            guards=(g.PLAN_FITS,),
            sets=copied("assessment", "plan", "needs", "expectations", "goals"),
            tasks=(Open("present_plan", SALES),), done="make_plan",
            rules="DEA-001 DEA-002 DEA-003 DEV-008",
        ),
        Row(
            (S.PLAN_READY, S.NEGOTIATING), "propose", S.PROPOSED, form=f.ClientProposal,
            guards=(g.NEEDS_KNOWN,), sets=copied("client_proposal", "products"),
            tasks=(Open("get_answer", SALES),), done="present_plan settle_topics",
            send=(NOTE_PROPOSAL,),
            rules="DEA-006 DEA-007",
        ),
        Row(
            S.PROPOSED, "accept", S.CONTRACTING, form=f.Acceptance,
            sets=both(copied("accepted_by"), g.contract_opened),
            tasks=(Open("get_signature", SALES),), done="get_answer", send=(CONTRACT,),
            rules="DEA-008",
        ),
        Row(
            S.PLAN_READY, "negotiate", S.NEGOTIATING, form=f.Negotiation,
            sets=copied("topics", "refusal"),
            tasks=(Open("settle_topics", SALES),), done="present_plan", send=(NOTE_TALKS,),
            rules="DEA-004 DEA-009",
        ),
        Row(
            S.PROPOSED, "negotiate", S.NEGOTIATING, form=f.Negotiation,
            guards=(g.CLIENT_REFUSED,), sets=copied("topics", "refusal"),
            tasks=(Open("settle_topics", SALES),), done="get_answer", send=(NOTE_TALKS,),
            rules="DEA-004 DEA-009",
        ),
        Row(
            S.CONTRACTING, "negotiate", S.NEGOTIATING, form=f.Negotiation,
            guards=(g.CANCELLED,), sets=both(g.negotiated_anew, copied("topics", "refusal")),
            tasks=(Open("settle_topics", SALES),), done="get_signature", send=(NOTE_TALKS,),
            rules="DEA-004 DEA-009",
        ),
        Row(
            S.NEGOTIATING, "agree", S.AGREED, form=Agreement,
            guards=(g.HAS_PRODUCTS,), sets=g.settled,
            tasks=(Open("prepare_contract", SALES),), done="settle_topics",
            rules="DEA-005",
        ),
        Row(
            S.AGREED, "to_contract", S.CONTRACTING, guards=(g.AGREED,), sets=g.contract_opened,
            tasks=(Open("get_signature", SALES),), done="prepare_contract", send=(CONTRACT,),
            rules="DEA-008",
        ),
        Row(
            S.CONTRACTING, "win", S.WON, guards=(g.SIGNED,),
            tasks=(Open("start", SALES),), done="get_signature",
            rules="DEA-010 CON-007",
        ),
        Row(
            S.WON, "start", S.EXECUTING, guards=(g.EXECUTING,),
            tasks=(Open("deliver", SALES),), done="start",
            rules="DEA-001 CON-010",
        ),
        Row(
            (S.EXECUTING, S.IN_SERVICE), "collect_feedback", KEEP, form=f.Feedback,
            sets=lambda attempt: {"last_feedback": attempt.form.feedback},
            send=(IMPROVE_BY_FEEDBACK, NOTE_FEEDBACK),
            rules="DEA-011",
        ),
        Row(
            S.EXECUTING, "deliver", S.IN_SERVICE, guards=(g.DELIVERED,),
            tasks=(EVALUATE,), done="deliver",
            rules="DEA-012 DEA-013",
        ),
        Row(
            S.IN_SERVICE, "request_service", KEEP, form=f.ServiceRequest,
            send=(Send("service_request", "raise", g.service_request, link="service_request"),),
            rules="DEA-012",
        ),
        Row(
            S.IN_SERVICE, "find_new_need", KEEP, form=f.NewNeed,
            send=(Send("lead", "find", g.new_lead),),
            rules="DEV-018",
        ),
        Row(
            S.IN_SERVICE, "evaluate", KEEP, form=f.Evaluation, sets=g.evaluated,
            tasks=(EVALUATE,), done="overdue_evaluation",
            send=(IMPROVE_BY_EVALUATION,),
            rules="DEA-014 DEA-015",
        ),
        Row(
            S.IN_SERVICE, "remind_evaluation", KEEP, who="system",
            sets=lambda attempt: {"evaluation_missed_at": attempt.at},
            tasks=(Open("overdue_evaluation", "business_supervisor"),),
            rules="DEA-014 DEA-015",
        ),
        Row(
            S.IN_SERVICE, "finish", S.EVALUATED, form=f.Finishing,
            guards=(g.EVALUATED, g.CASES_CLOSED, g.NOTHING_OPEN), sets=copied("reason"),
            rules="DEA-013 DEA-015",
        ),
        Row(
            ANY, "hand_over", KEEP, form=HandOver, sets=copied("owner", "reason"),
            rules="DEV-011",
        ),
        Row(BEFORE_WIN, "lose", S.LOST, form=Reason, sets=copied("reason"), rules="DEA-009"),
        Row(
            (S.WON, S.EXECUTING, S.IN_SERVICE), "contract_terminated", S.TERMINATED,
            form=f.ContractEnd, guards=(g.TERMINATED,), sets=copied("reason"),
            rules="REC-029",
        ),
    ),
)  # fmt: skip
"""The machine `deal`."""
