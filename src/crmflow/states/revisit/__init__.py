"""
Revisit (回访): a phone call or visit to a customer, with records and review (catalogue 3.6).

The system lists by rule and names customer and purpose (REV-010, AMB-54); so do cadences, and
complaints and requests whose solution the customer is asked about: they mirror what it shares.
The three days of an appointment are a row of the table of conditions, the mail of thanks and
the report of the next day rows of deadlines, an exception for material a row of chains.
"""

from __future__ import annotations

from crmflow.core.cases import SERVICE, dealt, told
from crmflow.core.dealing import HAPPENED, KNOW_CUSTOMER, Reason
from crmflow.core.machine import KEEP, Kind, Machine, Open, Row, Start, State
from crmflow.core.ref import UNBORN
from crmflow.core.updates import copied, stamped
from crmflow.states.revisit import forms as f
from crmflow.states.revisit import guards as g

__all__ = ["REVISIT"]

S = f.RevisitState
REMINDER = Start("reminder", "remind", g.reminded_at)
VISIT = Open("revisit", SERVICE, timer="reminder")
RECORDING = (HAPPENED, g.AFTER_START, g.COMPLETE, g.ASKED_SATISFACTION)
WAITING = (S.LISTED, S.PLANNED, S.APPOINTED, S.PREPARED)

LISTED = ("customer", "kind", "purpose", "basis")
PLANNED = (*LISTED, "planned_at", "particulars")
RECORDED = (*PLANNED, "started_at", "ended_at", "result")

REVISIT = Machine(
    "revisit",
    f.RevisitFacts,
    zh="客户回访",
    en="revisit",
    shares="kind purpose result satisfied",
    states=(
        State(S.LISTED, "已列入名单", "listed", Kind.INITIAL, requires=LISTED),
        State(S.PLANNED, "已计划", "planned", requires=PLANNED),
        State(S.APPOINTED, "已预约", "appointed", requires=(*PLANNED, "meet_at", "place")),
        State(S.PREPARED, "已准备", "prepared", requires=PLANNED),
        State(S.IN_PROGRESS, "回访中", "in progress", requires=(*PLANNED, "started_at")),
        State(S.RECORDED, "已记录", "recorded", requires=RECORDED),
        State(
            S.REPORTED, "已报告", "reported", requires=(*RECORDED, "course", "evaluation")
        ),
        State(S.REVIEWED, "已审阅", "reviewed", requires=(*RECORDED, "guidance")),
        State(
            S.FILED, "已归档", "filed", Kind.FINAL, requires=(*RECORDED, "guidance", "summary")
        ),
        State(S.CANCELLED, "已取消", "cancelled", Kind.FINAL, requires=(*LISTED, "reason")),
    ),
    rows=(
        Row(
            UNBORN, "list", S.LISTED, form=f.Listing, guards=(g.HAS_BASIS,), sets=g.listed,
            start=(REMINDER,), tasks=(VISIT,), send=(KNOW_CUSTOMER,),
            rules="REV-001 REV-005 REV-009 REV-010 REV-011 REV-012 REV-029 REV-030",
        ),
        Row(
            S.LISTED, "plan", S.PLANNED, form=f.RevisitPlan, guards=(g.STILL_STRATEGIC,),
            sets=copied("planned_at", "particulars"), start=(REMINDER,), tasks=(VISIT,),
            rules="REV-013",
        ),
        Row(
            S.PLANNED, "appoint", S.APPOINTED, form=f.Appointment, guards=(g.IS_VISIT, g.FITS),
            sets=copied("meet_at", "place", "agreed_with"), start=(REMINDER,), tasks=(VISIT,),
            rules="REV-006 REV-014 REV-015",
        ),
        Row(
            S.PLANNED, "prepare_call", S.PREPARED, form=f.CallOutline, guards=(g.IS_CALL,),
            sets=g.outlined,
            rules="REV-002",
        ),
        Row(
            S.APPOINTED, "prepare_visit", S.PREPARED, form=f.Material,
            guards=(g.IS_VISIT, g.HAS_MATERIAL), sets=g.prepared,
            rules="REV-007 REV-016",
        ),
        Row(
            (S.APPOINTED, S.PREPARED, S.IN_PROGRESS), "reschedule", S.PLANNED, form=Reason,
            sets=g.rescheduled, start=(REMINDER,), tasks=(VISIT,), done="record overdue_revisit",
            rules="REV-015",
        ),
        Row(
            S.PREPARED, "start", S.IN_PROGRESS, form=f.Arrival, guards=(HAPPENED, g.AS_AGREED),
            sets=g.started, stop="reminder", tasks=(Open("record", SERVICE),),
            done="revisit overdue_revisit",
            rules="REV-003 REV-017",
        ),
        Row(
            S.IN_PROGRESS, "record", S.RECORDED, form=f.RevisitRecord,
            guards=(*RECORDING, g.IS_CALL), sets=g.recorded,
            tasks=(Open("review", "service_supervisor"),), done="record",
            send=(told(lambda attempt: attempt.form.result),),
            rules="CMP-034 REV-004 REV-008 REV-018",
        ),
        Row(
            S.IN_PROGRESS, "record", S.RECORDED, form=f.RevisitRecord,
            guards=RECORDING, sets=g.recorded,
            tasks=(Open("report", SERVICE),), done="record",
            send=(told(lambda attempt: attempt.form.result), dealt("visit")),
            rules="CMP-034 REV-004 REV-008 REV-018",
        ),
        Row(
            (S.RECORDED, S.REPORTED, S.REVIEWED), "thank", KEEP,
            guards=(g.IS_ON_SITE, g.NOT_THANKED), sets=stamped("thanked_at"),
            rules="REV-008",
        ),
        Row(
            (S.RECORDED, S.REPORTED), "return_material", KEEP, form=f.MaterialReturn,
            guards=(g.OWES_MATERIAL, g.RETURNED), sets=g.returned,
            rules="REV-019 REV-020",
        ),
        Row(
            S.RECORDED, "report", S.REPORTED, form=f.RevisitReport, guards=(g.IS_VISIT,),
            sets=copied("course", "result", "evaluation"),
            tasks=(Open("review", "service_supervisor"),), done="report", while_held="allow",
            rules="REV-021",
        ),
        Row(
            S.REPORTED, "review", S.REVIEWED, form=f.Guidance, who="service_supervisor",
            guards=(g.SETTLED,), sets=copied("guidance"), tasks=(Open("file", SERVICE),),
            done="review",
            rules="REV-022",
        ),
        Row(
            S.RECORDED, "review_call", S.REVIEWED, form=f.Guidance, who="service_supervisor",
            guards=(g.IS_CALL,), sets=copied("guidance"), tasks=(Open("file", SERVICE),),
            done="review",
            rules="REV-022",
        ),
        Row(
            S.REVIEWED, "file", S.FILED, form=f.Filing, guards=(g.THANKED, g.ANSWERED),
            sets=copied("summary", "answer"),
            rules="REV-008 REV-023 REV-024 REV-025",
        ),
        Row(WAITING, "cancel", S.CANCELLED, form=Reason, sets=copied("reason")),
        Row(
            WAITING, "remind", KEEP, who="system",
            tasks=(Open("overdue_revisit", SERVICE),),
            rules="REV-029",
        ),
    ),
)  # fmt: skip
"""The machine `revisit`."""
