"""
Complaint (投诉): a complaint or claim, from receipt to confirmed satisfaction (catalogue 3.4).

A person states the grade (form of `grade`), whether a case is complex (`receive`, `respond`)
and whether it goes to senior management (`escalate` of `propose_solution`); rows of the table
of conditions hold this against the company's criteria, say that a major case goes to the
general manager first (AMB-15) and that the customer was attended (AMB-16). Its time limits
stand in the table of deadlines, which fires the `miss_...` events and dates the tasks.
"""

from __future__ import annotations

from crmflow.core.cases import (
    CALL_BACK,
    GIVES_UP,
    IN_WRITING,
    LOOK_INTO,
    NAMES_DOUBLE,
    PROMISE_AHEAD,
    SATISFIED,
    SERVICE,
    SERVICE_POSTS,
    STATES_WAY,
    UNSATISFIED,
    FirstResponse,
    dealt,
    missed,
    responded,
    told,
)
from crmflow.core.dealing import HAPPENED, KNOW_CUSTOMER, Reason
from crmflow.core.machine import ANY, KEEP, Blank, Kind, Machine, Open, Row, Send, State
from crmflow.core.ref import UNBORN
from crmflow.core.updates import both, copied, counted, stamped
from crmflow.states.complaint import forms as f
from crmflow.states.complaint import guards as g

__all__ = ["COMPLAINT"]

S = f.ComplaintState
HANDLE = Open("handle", g.responsible)
CALL = Open("call_back", SERVICE)
STEPS = Open("take_steps", g.responsible)
NEW_LIMIT = Open("tell_new_limit", SERVICE)
IMPROVE = Send("improvement_cycle", "open", g.improvement)

RECORDED = ("customer", "channel", "problem_type", "demand", "mood", "limit_from")
GRADED = (*RECORDED, "grade", "owner")
INVESTIGATED = (*GRADED, "departments")
HANDLED = (*INVESTIGATED, "cause", "corrective", "preventive", "solution")
SOLVED = (*HANDLED, "solved_at")
REGRADED = (S.GRADED, S.GM_REVIEW, S.INVESTIGATING, S.SOLUTION_READY)
TOLD = ("answered_at", "reply", "result")
CLOSING = (g.TOLD, SATISFIED, g.PREVENTED, g.REVIEWED)
GIVING_UP = (GIVES_UP, IN_WRITING, g.FITTING_REPLY, g.PREVENTED, g.REVIEWED)
GRADING_RULES = "CMP-006 CMP-007 CMP-008 CMP-009 CMP-010 CMP-011 CMP-013 CMP-014 CMP-017"
CLOSING_RULES = "CMP-019 CMP-025 CMP-026 CMP-027 CMP-028 CMP-029"

COMPLAINT = Machine(
    "complaint",
    f.ComplaintFacts,
    zh="投诉",
    en="complaint",
    shares="customer grade reopened",
    blanks=(
        Blank(g.MAJOR_OWNER, "text", "Role that owns complaints of grade major.", "CMP-013"),
        Blank(g.MAJOR_STEPS, "list", "Further steps of grade major.", "CMP-013"),
    ),
    states=(
        State(
            S.RECEIVED, "已受理", "received", Kind.INITIAL,
            requires=("customer", "channel", "received_at"),
        ),
        State(S.RECORDED, "已登记", "recorded", requires=RECORDED),
        State(S.GRADED, "已定级", "graded", requires=GRADED),
        State(S.GM_REVIEW, "总经理核阅中", "with the general manager", requires=GRADED),
        State(S.INVESTIGATING, "调查分析中", "investigating", requires=INVESTIGATED),
        State(S.SOLUTION_READY, "方案待确认", "solution ready", Kind.WAITING, requires=HANDLED),
        State(
            S.CONFIRMED, "客户已确认", "confirmed", requires=(*HANDLED, "confirmed_by")
        ),
        State(S.SOLVED, "已解决", "solved", requires=SOLVED),
        State(S.ANSWERED, "已答复", "answered", requires=(*SOLVED, *TOLD)),
        State(S.REVISIT_DUE, "待回访", "call-back due", Kind.WAITING, requires=(*SOLVED, *TOLD)),
        State(
            S.CLOSED, "已结案", "closed", Kind.FINAL,
            requires=(*HANDLED, *TOLD, "improvement"),
        ),
        State(
            S.WITHDRAWN, "已撤销", "withdrawn", Kind.FINAL,
            requires=("customer", "channel", "withdrawal", "reason"),
        ),
    ),
    rows=(
        Row(
            UNBORN, "receive", S.RECEIVED, form=f.Receipt, sets=g.received,
            tasks=(Open("respond", SERVICE), Open("record", SERVICE)),
            send=(KNOW_CUSTOMER, dealt("complaint")),
            rules="CMP-001 CMP-002 CMP-030 CMP-038",
        ),
        Row(
            S.RECEIVED, "record", S.RECORDED, form=f.WorkOrder, who=SERVICE_POSTS,
            guards=(HAPPENED,), sets=g.recorded,
            tasks=(Open("grade", SERVICE), Open("attend", "business_supervisor")), done="record",
            rules="CMP-003 CMP-004 CMP-005",
        ),
        Row(
            ANY, "respond", KEEP, form=FirstResponse,
            guards=(g.NOT_RESPONDED, STATES_WAY, PROMISE_AHEAD), sets=responded,
            done="respond overdue_response",
            rules="CMP-030 CMP-031",
        ),
        Row(
            ANY, "miss_response", KEEP, who="system", sets=missed("response_missed_at"),
            tasks=(Open("overdue_response", "service_supervisor"),), send=(LOOK_INTO,),
            rules="CMP-030",
        ),
        Row(
            S.RECORDED, "grade", S.GRADED, form=f.Grading, guards=(g.GRADES_MAJOR,),
            sets=g.graded, tasks=(HANDLE, STEPS), done="grade",
            rules=GRADING_RULES,
        ),
        Row(
            S.RECORDED, "grade", S.GRADED, form=f.Grading, sets=g.graded,
            tasks=(HANDLE,), done="grade",
            rules=GRADING_RULES,
        ),
        Row(
            S.GRADED, "escalate_gm", S.GM_REVIEW, guards=(g.IS_MAJOR,),
            tasks=(Open("gm_review", "general_manager"),),
            rules="CMP-015",
        ),
        Row(
            S.GM_REVIEW, "gm_decide", S.INVESTIGATING, form=f.Direction, who="general_manager",
            guards=(g.DECIDED,), sets=copied("departments", "gm_decision", "forwarded_to"),
            done="gm_review",
            rules="CMP-015 CMP-021",
        ),
        Row(
            S.GRADED, "investigate", S.INVESTIGATING, form=f.Investigation,
            sets=copied("departments"),
            rules="CMP-021",
        ),
        Row(
            REGRADED, "regrade", S.GRADED, form=f.Regrading,
            guards=(g.OTHER_GRADE, g.GRADES_MAJOR), sets=g.graded,
            tasks=(HANDLE, STEPS, NEW_LIMIT), done="gm_review senior_review get_confirmation",
            rules="CMP-014 CMP-015",
        ),
        Row(
            REGRADED, "regrade", S.GRADED, form=f.Regrading, guards=(g.OTHER_GRADE,),
            sets=g.graded, tasks=(HANDLE, NEW_LIMIT),
            done="gm_review senior_review get_confirmation take_steps",
            rules="CMP-014 CMP-015",
        ),
        Row(
            ANY, "take_step", KEEP, form=f.StepTaken,
            guards=(g.STEPS_LEFT, g.STEP_LEFT, g.LAST_STEP), sets=g.step_taken,
            done="take_steps",
            rules="CMP-013",
        ),
        Row(
            ANY, "take_step", KEEP, form=f.StepTaken, guards=(g.STEPS_LEFT, g.STEP_LEFT),
            sets=g.step_taken,
            rules="CMP-013",
        ),
        Row(
            ANY, "attend", KEEP, form=f.Attendance, guards=(g.MAY_ATTEND,), sets=g.attended,
            done="attend",
            rules="CMP-019",
        ),
        Row(
            ANY, "chase", KEEP, who="business_department", sets=counted("chased"),
            tasks=(Open("answer_chase", g.responsible),),
            rules="CMP-020",
        ),
        Row(
            ANY, "inform_delay", KEEP, form=Reason, guards=(g.UNSOLVED,),
            sets=stamped("delay_informed_at"), done="answer_chase tell_new_limit",
            rules="CMP-036",
        ),
        Row(
            S.INVESTIGATING, "propose_solution", S.SOLUTION_READY, form=f.Handling,
            guards=(g.ESCALATES,), sets=both(g.handled, stamped("escalated_at")),
            tasks=(Open("senior_review", "senior_management"), Open("get_confirmation", SERVICE)),
            done="answer_chase",
            rules="CMP-021 CMP-022 CMP-023 CMP-024",
        ),
        Row(
            S.INVESTIGATING, "propose_solution", S.SOLUTION_READY, form=f.Handling,
            sets=g.handled, tasks=(Open("get_confirmation", SERVICE),), done="answer_chase",
            rules="CMP-021 CMP-022 CMP-023 CMP-024",
        ),
        Row(
            S.SOLUTION_READY, "reject_solution", S.INVESTIGATING, form=Reason,
            sets=copied("reason"), done="senior_review get_confirmation",
            rules="CMP-012",
        ),
        # The stricter reading of the serious grade's limit: it ends with the confirmation (AMB-51).
        Row(
            S.SOLUTION_READY, "confirm", S.CONFIRMED, form=f.Confirmation,
            guards=(g.IS_SERIOUS,), sets=copied("confirmed_by"),
            done="senior_review get_confirmation overdue_limit",
            rules="CMP-010 CMP-012",
        ),
        Row(
            S.SOLUTION_READY, "confirm", S.CONFIRMED, form=f.Confirmation,
            sets=copied("confirmed_by"), done="senior_review get_confirmation",
            rules="CMP-010 CMP-012",
        ),
        Row(
            S.CONFIRMED, "solve", S.SOLVED, sets=stamped("solved_at"),
            tasks=(Open("answer", SERVICE), CALL),
            rules="CMP-034",
        ),
        Row(
            S.SOLUTION_READY, "solve_direct", S.SOLVED, guards=(g.IS_GENERAL,),
            sets=stamped("solved_at"),
            tasks=(Open("answer", SERVICE), CALL), done="senior_review get_confirmation",
            rules="CMP-007 CMP-034",
        ),
        Row(
            S.SOLVED, "answer", S.ANSWERED, form=f.Result,
            guards=(g.FITTING_REPLY, g.STEPS_TAKEN),
            sets=both(copied("reply", "result"), stamped("answered_at")),
            done="handle answer answer_chase tell_new_limit overdue_limit",
            send=(told(lambda attempt: attempt.form.result),),
            rules="CMP-007 CMP-016 CMP-018 CMP-025",
        ),
        Row(
            S.ANSWERED, "call_back", S.REVISIT_DUE, sets=counted("call_backs"),
            send=(CALL_BACK,),
            rules="CMP-034",
        ),
        Row(
            S.REVISIT_DUE, "close", S.CLOSED, form=f.Closing, guards=CLOSING,
            sets=copied("improvement", "reviewed_by"), send=(IMPROVE,),
            rules=f"{CLOSING_RULES} CMP-037",
        ),
        Row(
            S.REVISIT_DUE, "reopen", S.GRADED, form=Reason, guards=(UNSATISFIED,),
            sets=g.reopened, tasks=(HANDLE,), done="call_back overdue_call_back",
            rules="CMP-035",
        ),
        Row(
            (S.SOLUTION_READY, S.REVISIT_DUE), "close_unresolved", S.CLOSED,
            form=f.UnresolvedClosing, who="general_manager", guards=(g.IS_MAJOR, *GIVING_UP),
            sets=g.given_up, send=(IMPROVE,),
            rules=f"{CLOSING_RULES} CMP-034",
        ),
        Row(
            (S.SOLUTION_READY, S.REVISIT_DUE), "close_unresolved", S.CLOSED,
            form=f.UnresolvedClosing, who="department_head", guards=(g.IS_NOT_MAJOR, *GIVING_UP),
            sets=g.given_up, send=(IMPROVE,),
            rules=f"{CLOSING_RULES} CMP-034",
        ),
        Row(
            ANY, "withdraw", S.WITHDRAWN, form=f.Retreat, guards=(NAMES_DOUBLE, g.REVIEWED),
            sets=copied("withdrawal", "reason", "duplicate_of", "reviewed_by"),
            rules="CMP-028",
        ),
        Row(
            ANY, "miss_limit", KEEP, who="system", sets=missed("limit_missed_at"),
            tasks=(Open("overdue_limit", g.above_owner),), send=(LOOK_INTO,),
            rules="CMP-007 CMP-010 CMP-013",
        ),
        Row(
            (S.SOLVED, S.ANSWERED, S.REVISIT_DUE), "miss_call_back", KEEP, who="system",
            sets=missed("call_back_missed_at"),
            tasks=(Open("overdue_call_back", "service_supervisor"),), send=(LOOK_INTO,),
            rules="CMP-034",
        ),
    ),
)  # fmt: skip
"""The machine `complaint`."""
