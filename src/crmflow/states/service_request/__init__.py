"""
Service request (客户问题/售后): a question, after-sales or other request (catalogue 3.15).

Its kinds are an open list, of the table of choices; what is complex a person flags, and a row
of the table of conditions holds it against the company's criterion. Its limits stand in the
table of deadlines: the report of progress counts from the question (AMB-17).
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
    STATES_WAY,
    UNSATISFIED,
    FirstResponse,
    dealt,
    missed,
    responded,
    told,
)
from crmflow.core.dealing import KNOW_CUSTOMER, Reason
from crmflow.core.machine import ANY, KEEP, Asked, Changes, Guard, Kind, Machine, Open, Row, State
from crmflow.core.ref import UNBORN
from crmflow.core.updates import both, copied, counted, stamped
from crmflow.states.service_request import forms as f

__all__ = ["SERVICE_REQUEST"]

S = f.RequestState
RAISED = ("customer", "kind", "channel", "request", "raised_at")
RESPONDED = (*RAISED, "response", "responded_at", "promised_at")
SOLVED = (*RESPONDED, "owner", "solution", "solved_at", "result")


def _is_complex(attempt: Asked) -> bool:
    return bool(attempt.form.is_complex or attempt.facts.is_complex)


IS_COMPLEX = Guard(_is_complex, "not_complex", needs="form", rules="CMP-032")
OWNED = Guard(
    lambda attempt: (attempt.form.owner or attempt.facts.owner) is not None,
    "no_owner", needs="form",
)  # fmt: skip
TEAMED = Guard(
    lambda attempt: bool(attempt.facts.team) or not attempt.facts.is_complex,
    "no_team", rules="CMP-032",
)  # fmt: skip


def raised(attempt: Asked) -> Changes:
    """Return the facts a request begins with."""
    names = ("kind", "channel", "customer", "request", "is_complex", "owner")
    return {**{name: getattr(attempt.form, name) for name in names}, "raised_at": attempt.at}


def reopened(attempt: Asked) -> Changes:
    """Return what begins anew: solution and result; it is counted (CMP-035)."""
    again = {"solution": None, "solved_at": None, "result": None}
    return {**copied("reason")(attempt), **counted("reopened")(attempt), **again}


WORK = Open("work", SERVICE)

SERVICE_REQUEST = Machine(
    "service_request",
    f.RequestFacts,
    zh="客户问题与售后请求",
    en="service request",
    shares="customer kind reopened",
    states=(
        State(S.RAISED, "已提出", "raised", Kind.INITIAL, requires=RAISED),
        State(S.RESPONDED, "已响应", "responded", requires=RESPONDED),
        State(S.TEAM_FORMED, "已成立专项小组", "team formed", requires=(*RESPONDED, "team")),
        State(S.IN_PROGRESS, "处理中", "in progress", requires=(*RESPONDED, "owner")),
        State(S.SOLVED, "已解决", "solved", requires=SOLVED),
        State(S.REVISIT_DUE, "待回访", "call-back due", Kind.WAITING, requires=SOLVED),
        State(S.CLOSED, "已结案", "closed", Kind.FINAL, requires=SOLVED),
        State(
            S.WITHDRAWN, "已撤销", "withdrawn", Kind.FINAL,
            requires=(*RAISED, "withdrawal", "reason"),
        ),
    ),
    rows=(
        Row(
            UNBORN, "raise", S.RAISED, form=f.Request, sets=raised,
            tasks=(Open("respond", SERVICE),), send=(KNOW_CUSTOMER, dealt("service")),
            rules="CMP-030 CMP-033 DEA-012 DEV-015 INT-004 PWR-017",
        ),
        Row(
            S.RAISED, "respond", S.RESPONDED, form=FirstResponse,
            guards=(STATES_WAY, PROMISE_AHEAD), sets=responded, tasks=(WORK,),
            done="respond",
            rules="CMP-031",
        ),
        Row(
            (S.RESPONDED, S.IN_PROGRESS), "form_team", S.TEAM_FORMED, form=f.Team,
            guards=(IS_COMPLEX,),
            sets=both(copied("team"), stamped("team_formed_at"), lambda _: {"is_complex": True}),
            tasks=(Open("work", "special_team"),),
            rules="CMP-032 CMP-033",
        ),
        Row(
            (S.RESPONDED, S.TEAM_FORMED, S.IN_PROGRESS), "report_progress", KEEP,
            form=f.Progress, sets=both(copied("progress"), stamped("progress_at")),
            send=(told(lambda attempt: attempt.form.progress),),
            rules="CMP-033 CMP-036",
        ),
        Row(
            (S.RESPONDED, S.TEAM_FORMED), "work", S.IN_PROGRESS, form=f.Work, guards=(OWNED,),
            sets=copied("owner"), tasks=(Open("solve", SERVICE),), done="work",
            rules="CMP-036",
        ),
        Row(
            S.IN_PROGRESS, "solve", S.SOLVED, form=f.Solution, guards=(TEAMED,),
            sets=both(copied("solution", "reply", "result"), stamped("solved_at")),
            tasks=(Open("call_back", SERVICE),), done="solve",
            send=(told(lambda attempt: attempt.form.result),),
            rules="CMP-025 CMP-034 CMP-036",
        ),
        Row(
            S.SOLVED, "call_back", S.REVISIT_DUE, sets=counted("call_backs"), send=(CALL_BACK,),
            rules="CMP-034",
        ),
        Row(
            S.REVISIT_DUE, "close", S.CLOSED, form=f.Closing, guards=(SATISFIED,),
            rules="CMP-025 CMP-034",
        ),
        Row(
            S.REVISIT_DUE, "reopen", S.IN_PROGRESS, form=Reason, guards=(UNSATISFIED,),
            sets=reopened, tasks=(Open("solve", SERVICE),), done="call_back",
            rules="CMP-035",
        ),
        Row(
            S.REVISIT_DUE, "close_unresolved", S.CLOSED, form=f.UnresolvedClosing,
            who="department_head", guards=(GIVES_UP, IN_WRITING),
            sets=copied("unresolved", "reply", "result", "reason"),
            rules="CMP-025 CMP-034",
        ),
        Row(
            ANY, "withdraw", S.WITHDRAWN, form=f.Retreat, guards=(NAMES_DOUBLE,),
            sets=copied("withdrawal", "reason", "duplicate_of"),
        ),
        Row(
            ANY, "miss_limit", KEEP, who="system", sets=missed("limit_missed_at"),
            send=(LOOK_INTO,),
            rules="CMP-030 CMP-033 CMP-034",
        ),
    ),
)  # fmt: skip
"""The machine `service_request`."""
