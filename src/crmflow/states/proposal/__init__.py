"""
Proposal (客户提案): a suggestion of a customer, from receipt to result, reward and use (3.5).

A proposal here is what a customer suggests; what sales proposes to a client is the fact
`client_proposal` of a deal (AMB-01).

One entry for suggestions about products and the service around them: the record form counts
as the feedback form. What is about anything else joins an improvement cycle, which thanks and
answers the customer too (AMB-56). Its limit and the extensions stand in the table of
deadlines, its approvals in the table of chains, which judges the rows with a vote and holds
the extensions; what it earns in the table of rewards, which keeps it open until then.
"""

from __future__ import annotations

from crmflow.core.cases import (
    LOOK_INTO,
    NAMES_DOUBLE,
    PROMISE_AHEAD,
    SERVICE,
    SERVICE_POSTS,
    dealt,
    missed,
    told,
)
from crmflow.core.dealing import HAPPENED, KNOW_CUSTOMER, Reason
from crmflow.core.machine import ANY, KEEP, Blank, Kind, Machine, Open, Row, State
from crmflow.core.ref import UNBORN
from crmflow.core.updates import both, copied, counted, stamped
from crmflow.states.proposal import forms as f
from crmflow.states.proposal import guards as g

__all__ = ["PROPOSAL"]

S = f.ProposalState
MAIN = "main_department"

STUDY = Open("study", MAIN)
ANSWER = Open("answer", SERVICE)
REVIEW = Open("gm_review", "general_manager")

LIMITED = (
    S.ACKNOWLEDGED, S.AWAITING_DISPATCH, S.PROCESSING, S.MANAGER_REVIEW, S.DEPUTY_REVIEW,
)  # fmt: skip
DECIDED = (S.ACCEPTED, S.HELD, S.REJECTED)

TAKEN = ("customer", "channel", "received_at")
RECORDED = (*TAKEN, "kind", "content", "recorded_at")
TERMED = (*RECORDED, "promised_at", "department")
STUDIED = (*TERMED, "result", "reasons")
RESULT = (*STUDIED, "decided_at")
DONE = ("answered_at", "thanked_at")

PROPOSAL = Machine(
    "proposal",
    f.ProposalFacts,
    zh="客户提案",
    en="suggestion",
    shares="customer kind result",
    blanks=(
        Blank(g.INTAKE_OWNER, "text", "Who in marketing receives suggestions.", "SUG-003 SUG-005"),
    ),
    states=(
        State(S.RECEIVED, "已收到", "received", Kind.INITIAL, requires=TAKEN),
        State(S.RECORDED, "已登记", "recorded", requires=RECORDED),
        State(S.ACKNOWLEDGED, "已受理告知", "acknowledged", requires=TERMED),
        State(
            S.AWAITING_DISPATCH, "待批准转交", "awaiting dispatch", Kind.WAITING, requires=TERMED
        ),
        State(S.PROCESSING, "处理中", "being processed", requires=TERMED),
        State(S.MANAGER_REVIEW, "部门经理审核中", "with the department manager", requires=STUDIED),
        State(S.DEPUTY_REVIEW, "副总经理审批中", "with the deputy", requires=STUDIED),
        State(S.DECIDED, "结果已批准", "decided", requires=RESULT),
        State(S.ACCEPTED, "已接受", "accepted", requires=RESULT),
        State(S.HELD, "暂时保留", "held for now", requires=RESULT),
        State(S.REJECTED, "已拒绝", "rejected", requires=RESULT),
        State(
            S.IMPLEMENTING, "实施中", "being carried out",
            requires=(*RESULT, *DONE, "measures", "standard", "schedule"),
        ),
        State(S.IMPLEMENTED, "已实施", "carried out", requires=(*RESULT, *DONE, "measures")),
        State(S.CLOSED, "已结案", "closed", Kind.FINAL, requires=(*RESULT, *DONE)),
        State(
            S.WITHDRAWN, "已撤销", "withdrawn", Kind.FINAL,
            requires=("customer", "withdrawal", "reason", "thanked_at"),
        ),
    ),
    rows=(
        Row(
            UNBORN, "receive", S.RECEIVED, form=f.Intaking,
            guards=(g.RECEIVES, g.ABOUT_PRODUCTS), sets=g.received,
            tasks=(Open("record", SERVICE),), send=(KNOW_CUSTOMER, dealt("suggestion")),
            rules="SUG-001 SUG-003 SUG-004 CMP-001",
        ),
        Row(
            S.RECEIVED, "record", S.RECORDED, form=f.ProposalRecord, who=SERVICE_POSTS,
            guards=(HAPPENED, g.IS_GRAVE), sets=g.recorded,
            tasks=(Open("acknowledge", SERVICE), REVIEW), done="record",
            rules="CMP-005 SUG-002 SUG-005 SUG-006 SUG-012",
        ),
        Row(
            S.RECEIVED, "record", S.RECORDED, form=f.ProposalRecord, who=SERVICE_POSTS,
            guards=(HAPPENED,), sets=g.recorded,
            tasks=(Open("acknowledge", SERVICE),), done="record",
            rules="CMP-005 SUG-002 SUG-005 SUG-006 SUG-012",
        ),
        Row(
            ANY, "notify_gm", KEEP, form=f.Gravity, who="general_manager",
            guards=(g.IS_GRAVE, g.DECIDED), sets=g.found_grave, done="gm_review",
            rules="CMP-015",
        ),
        Row(
            ANY, "notify_gm", KEEP, form=f.Gravity, guards=(g.IS_GRAVE, g.UNDECIDED),
            sets=g.found_grave, tasks=(REVIEW,),
            rules="CMP-015",
        ),
        Row(
            S.RECORDED, "acknowledge", S.ACKNOWLEDGED, form=f.Acknowledgement, who=SERVICE_POSTS,
            guards=(PROMISE_AHEAD,), sets=copied("promised_at", "department"),
            tasks=(Open("sort", SERVICE),), done="acknowledge",
            rules="SUG-007",
        ),
        Row(
            LIMITED, "change_terms", KEEP, form=f.Terms, guards=(PROMISE_AHEAD, g.CHANGES_TERMS),
            sets=both(
                copied("promised_at", "department", "reason", *g.FLAGS),
                stamped("terms_changed_at"),
            ),
            rules="SUG-008",
        ),
        Row(
            ANY, "chase", KEEP, who="business_department", sets=counted("chased"),
            tasks=(Open("answer_chase", g.responsible),),
            rules="CMP-020",
        ),
        Row(
            S.ACKNOWLEDGED, "submit_dispatch", S.AWAITING_DISPATCH, form=f.Sorting,
            who=SERVICE_POSTS, while_held="allow",
            sets=both(copied("kind", "department", *g.FLAGS), stamped("sorted_at")), done="sort",
            rules="SUG-009 SUG-010",
        ),
        Row(
            S.AWAITING_DISPATCH, "dispatch", S.PROCESSING, tasks=(STUDY,), vote="approve",
            while_held="allow",
            rules="SUG-010 SUG-011",
        ),
        Row(
            S.AWAITING_DISPATCH, "return_dispatch", S.ACKNOWLEDGED, form=Reason,
            sets=copied("reason"), tasks=(Open("sort", SERVICE),), vote="return",
            while_held="allow",
            rules="SUG-010",
        ),
        Row(
            LIMITED, "extend_20", KEEP, form=Reason, guards=(g.NOT_EXTENDED,),
            sets=both(copied("reason"), stamped("extended_at")), done="overdue_limit",
            rules="SUG-008 SUG-013 SUG-014",
        ),
        Row(
            LIMITED, "extend_30", KEEP, form=Reason,
            guards=(g.MAJOR_COMPLEX, g.NOT_EXTENDED_LONG),
            sets=both(copied("reason"), stamped("extended_long_at")), done="overdue_limit",
            rules="SUG-008 SUG-015 SUG-016",
        ),
        Row(
            S.PROCESSING, "finish_study", S.MANAGER_REVIEW, form=f.Study, who=MAIN,
            sets=copied("result", "reasons", "value"), done="study answer_chase",
            while_held="allow",
            rules="SUG-017 SUG-018",
        ),
        Row(
            S.MANAGER_REVIEW, "manager_approve", S.DEPUTY_REVIEW, vote="approve",
            while_held="allow",
            rules="SUG-018",
        ),
        Row(
            S.MANAGER_REVIEW, "manager_return", S.PROCESSING, form=Reason, sets=copied("reason"),
            tasks=(STUDY,), vote="return", while_held="allow",
            rules="SUG-018",
        ),
        Row(
            S.DEPUTY_REVIEW, "deputy_approve", S.DECIDED, sets=stamped("decided_at"),
            tasks=(ANSWER,), done="overdue_limit answer_chase", vote="approve",
            rules="SUG-019 SUG-020 SUG-021",
        ),
        Row(
            S.DEPUTY_REVIEW, "deputy_return", S.PROCESSING, form=Reason, sets=copied("reason"),
            tasks=(STUDY,), vote="return", while_held="allow",
            rules="SUG-019",
        ),
        Row(
            S.DECIDED, "accept", S.ACCEPTED, guards=(g.result_is(f.Result.ACCEPTED),),
            rules="SUG-023",
        ),
        Row(
            S.DECIDED, "hold", S.HELD, guards=(g.result_is(f.Result.HELD),),
            rules="SUG-023",
        ),
        Row(
            S.DECIDED, "reject", S.REJECTED, guards=(g.result_is(f.Result.REJECTED),),
            rules="SUG-023",
        ),
        Row(
            DECIDED, "answer", KEEP, form=f.Answer, who=SERVICE_POSTS,
            guards=(g.NOT_ANSWERED, g.FITTING_REPLY), sets=g.answered,
            done="answer answer_chase",
            send=(told(lambda attempt: f"suggestion {attempt.facts.result}"),),
            rules="CMP-016 CMP-018 SUG-022 SUG-024 SUG-033",
        ),
        Row(
            (*DECIDED, S.IMPLEMENTING, S.IMPLEMENTED), "reward", KEEP, form=f.Rewarding,
            sets=both(copied("value"), stamped("rewarded_at")),
            rules="SUG-025 SUG-026 SUG-027 SUG-028 SUG-029 SUG-030 SUG-031 SUG-032",
        ),
        Row(
            S.ACCEPTED, "plan_use", S.IMPLEMENTING, form=f.UsePlan, who=MAIN,
            guards=(g.ANSWERED,), sets=copied("measures", "standard", "schedule"),
            tasks=(Open("carry_out", MAIN),), send=(told(lambda attempt: attempt.form.schedule),),
            rules="SUG-034 SUG-035 SUG-036",
        ),
        Row(
            S.IMPLEMENTING, "report_use", KEEP, form=f.UseReport, sets=copied("progress"),
            send=(told(lambda attempt: attempt.form.progress),),
            rules="SUG-036",
        ),
        Row(
            S.IMPLEMENTING, "finish_use", S.IMPLEMENTED, form=f.UseReport,
            sets=copied("progress"), done="carry_out",
            send=(told(lambda attempt: attempt.form.progress),),
            rules="SUG-036",
        ),
        Row(
            (S.ACCEPTED, S.IMPLEMENTING), "drop_use", S.HELD, form=Reason, who=MAIN,
            sets=g.dropped, tasks=(ANSWER,), done="carry_out",
            rules="SUG-008 SUG-036",
        ),
        Row(
            (S.HELD, S.REJECTED, S.IMPLEMENTED), "close", S.CLOSED,
            guards=(g.ANSWERED, g.THANKED),
            rules="SUG-030 SUG-033",
        ),
        Row(
            S.HELD, "resume", S.PROCESSING, form=Reason, sets=g.resumed, tasks=(STUDY,),
            done="answer",
        ),
        Row(
            (S.RECEIVED, S.RECORDED, S.ACKNOWLEDGED, S.AWAITING_DISPATCH, S.PROCESSING),
            "withdraw", S.WITHDRAWN, form=f.Retreat, guards=(g.THANKS, NAMES_DOUBLE),
            sets=g.withdrawn,
            rules="SUG-033",
        ),
        Row(
            ANY, "miss_limit", KEEP, who="system", sets=missed("limit_missed_at"),
            tasks=(Open("overdue_limit", "deputy_gm"),), send=(LOOK_INTO,),
            rules="SUG-012 SUG-014 SUG-015",
        ),
    ),
)  # fmt: skip
"""The machine `proposal`."""
