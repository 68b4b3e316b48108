"""
Reception (来访接待): a group's visit to the company, with its pass (catalogue 3.16).

What each class of visitors gets stands in the scheme `visitor_class`, which the event
`prepare` is held against; who permits an invitation, issues a pass and permits photographs
in the table of chains. How far ahead important customers book is a window, how many a
general group must be a condition. A visit knows its expense claim, so that the claim's
15 days begin when the visit ends.
"""

from __future__ import annotations

from crmflow.core.dealing import KNOW_CUSTOMER, Reason, raise_update, tell_customer
from crmflow.core.machine import ANY, KEEP, Blank, Kind, Machine, Open, Row, Send, State
from crmflow.core.ref import UNBORN
from crmflow.core.updates import copied, stamped
from crmflow.states.reception import forms as f
from crmflow.states.reception import guards as g

__all__ = ["RECEPTION"]

S = f.ReceptionState
HOSTS = "reception"

KNOWN = ("invited_by", "group", "visitors", "visit_at", "standards")
CLASSIFIED = (*KNOWN, "visitor_class")
REPORTED = (*CLASSIFIED, "departments", "programme")
PASSED = (*REPORTED, "pass_number", "valid_from", "valid_until")
PREPARED = (*PASSED, "preparation")
BEFORE = (
    S.REQUESTED, S.CLASSIFIED, S.BOOKED, S.PLAN_REPORTED, S.PASS_ISSUED, S.PREPARING,
)  # fmt: skip
READY = (
    g.TOUR_OPEN, g.SOUVENIR_FOR_EACH, g.INFORMED, g.BRIEFED, g.ACCOMPANIED, g.FED, g.GUIDED,
)  # fmt: skip
WELCOMED = (g.PASS_VALID, g.PHOTOGRAPHY_ON_PASS, g.RULE_EXPLAINED, g.COURTEOUS)
CLASSES = "RCP-002 RCP-003 RCP-004 RCP-020 RCP-023"
GIVEN = "RCP-008 RCP-009 RCP-010 RCP-011 RCP-012 RCP-013 RCP-014 RCP-015"

CLAIM = "expense_claim_reception"
REPORT_PLAN = Open("report_plan", HOSTS)
RECEIVE = Open("receive", HOSTS)
END_CLAIM = Send(CLAIM, "note_end", g.ending, lambda attempt: attempt.facts.claim, courtesy=True)
CALL_OFF_CLAIM = Send(
    CLAIM, "call_off", g.calling_off, lambda attempt: attempt.facts.claim, courtesy=True
)
REMEMBER = raise_update("other", g.remembered, g.traits_known)
TELL_VISIT = tell_customer(
    "note_dealing", lambda attempt: {"kind": "visit", "detail": attempt.facts.purpose}
)

RECEPTION = Machine(
    "reception",
    f.ReceptionFacts,
    zh="来访接待",
    en="reception",
    shares="visitor_class visit_at received_at finished_at customer",
    blanks=(
        Blank(g.STANDARDS, "text", "Reception standard and process.", "RCP-027"),
        Blank(g.RESTRICTED_PLANTS, "list", "Plants without guided tour.", "RCP-004"),
    ),
    states=(
        State(S.REQUESTED, "已申请", "requested", Kind.INITIAL, requires=KNOWN),
        State(S.CLASSIFIED, "已分类", "classified", requires=CLASSIFIED),
        State(S.BOOKED, "已预订", "booked", requires=(*CLASSIFIED, "reservation", "booked_at")),
        State(S.PLAN_REPORTED, "计划已通报", "plan reported", requires=REPORTED),
        State(S.PASS_ISSUED, "凭证已签发", "pass issued", requires=PASSED),
        State(S.PREPARING, "准备就绪", "preparing", requires=PREPARED),
        State(S.RECEIVING, "接待中", "receiving", requires=(*PREPARED, "received_at")),
        State(
            S.FINISHED, "已结束", "finished", Kind.FINAL,
            requires=(*PREPARED, "received_at", "finished_at"),
        ),
        State(S.REFUSED, "已拒绝", "refused", Kind.FINAL, requires=(*KNOWN, "reason")),
        State(S.CANCELLED, "已取消", "cancelled", Kind.FINAL, requires=(*KNOWN, "reason")),
    ),
    rows=(
        Row(
            UNBORN, "request", S.REQUESTED, form=f.VisitRequest, guards=(g.WILL_BE,),
            sets=g.requested, tasks=(Open("classify", HOSTS),), send=(KNOW_CUSTOMER,),
            rules="RCP-001 RCP-020 RCP-027",
        ),
        Row(
            S.REQUESTED, "classify", S.CLASSIFIED, form=f.Classification, who=HOSTS,
            guards=(g.TREATED_ALIKE, g.IS_IMPORTANT), sets=g.classified,
            tasks=(Open("book", HOSTS),), done="classify",
            rules=CLASSES,
        ),
        Row(
            S.REQUESTED, "classify", S.CLASSIFIED, form=f.Classification, who=HOSTS,
            guards=(g.TREATED_ALIKE,), sets=g.classified,
            tasks=(REPORT_PLAN,), done="classify",
            rules=CLASSES,
        ),
        Row(
            S.CLASSIFIED, "book", S.BOOKED, form=f.Reservation, who=HOSTS,
            guards=(g.WILL_BE, g.GUIDE_ASSIGNED), sets=g.booked,
            tasks=(REPORT_PLAN,), done="book",
            rules="RCP-005 RCP-006 RCP-007",
        ),
        Row(
            (S.CLASSIFIED, S.BOOKED), "report_plan", S.PLAN_REPORTED, form=f.VisitPlan, who=HOSTS,
            guards=(g.BOOKED,), sets=copied("departments", "programme"),
            tasks=(Open("apply_for_pass", HOSTS),), done="report_plan",
            rules="RCP-005 RCP-016",
        ),
        Row(
            S.PLAN_REPORTED, "issue_pass", S.PASS_ISSUED, form=f.VisitPass, who=HOSTS,
            guards=(g.COVERS_VISIT,), sets=g.issued,
            tasks=(Open("prepare", HOSTS),), done="apply_for_pass",
            rules="RCP-017 RCP-018",
        ),
        Row(
            S.PASS_ISSUED, "prepare", S.PREPARING, form=f.Preparation, who=HOSTS,
            guards=(g.WITH_OFFICIALS, g.HANDED_OVER, *READY), sets=g.prepared,
            tasks=(RECEIVE, Open("look_after_officials", "administration")), done="prepare",
            rules=GIVEN,
        ),
        Row(
            S.PASS_ISSUED, "prepare", S.PREPARING, form=f.Preparation, who=HOSTS,
            guards=(g.WITHOUT_OFFICIALS, *READY), sets=g.prepared,
            tasks=(RECEIVE,), done="prepare",
            rules=GIVEN,
        ),
        Row(
            S.PREPARING, "receive", S.RECEIVING, form=f.Welcome, who=HOSTS,
            guards=WELCOMED, sets=g.received, done="receive", send=(REMEMBER,),
            rules="RCP-018 RCP-021 RCP-022 RCP-024 RCP-025 RCP-026",
        ),
        Row(
            ANY, "report_breach", KEEP, form=f.BreachReport, guards=(g.IS_BREACH,),
            sets=g.breached, tasks=(Open("punish_breach", "department_head"),),
            rules="RCP-020 RCP-021",
        ),
        Row(
            ANY, "note_claim", KEEP, form=f.MoneyClaim, who="system",
            sets=lambda attempt: {"claim": attempt.form.claim},
            rules="EXP-001 EXP-014",
        ),
        Row(
            S.RECEIVING, "finish", S.FINISHED, who=HOSTS, sets=stamped("finished_at"),
            send=(END_CLAIM, TELL_VISIT),
            rules="EXP-014",
        ),
        Row(
            BEFORE, "refuse", S.REFUSED, form=Reason, sets=g.called_off,
            send=(CALL_OFF_CLAIM,),
            rules="RCP-003 RCP-018 RCP-019",
        ),
        Row(
            BEFORE, "cancel", S.CANCELLED, form=Reason, sets=g.called_off,
            send=(CALL_OFF_CLAIM,),
        ),
    ),
)  # fmt: skip
"""The machine `reception`."""
