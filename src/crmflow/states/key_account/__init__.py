"""
Key account (大客户管理): an account's status and its strategy cycle (catalogue 3.21).

What makes a key account is a condition (`key_account.criteria`), its class a scheme, who
approves the list a chain. Reviews, meetings and surveys come again by the table of
cadences; by when a problem in the service is corrected stands in that of deadlines.
"""

from __future__ import annotations

import attrs

from crmflow.core.cases import cycle
from crmflow.core.dealing import KNOW_CUSTOMER, Reason, raise_update, tell_customer
from crmflow.core.machine import ANY, KEEP, Blank, Kind, Machine, Open, Row, Send, State
from crmflow.core.ref import UNBORN
from crmflow.core.updates import copied, stamped
from crmflow.states.key_account import forms as f
from crmflow.states.key_account import guards as g
from crmflow.states.key_account.facts import KeyAccountFacts
from crmflow.states.key_account.kinds import KeyAccountState

__all__ = ["KEY_ACCOUNT"]

S = KeyAccountState
DEPARTMENT = "key_account_department"
MANAGER = "key_account_manager"
KEEPERS = f"{DEPARTMENT} {MANAGER}"

NOMINATED = ("customer", "methods")
APPROVED = (*NOMINATED, "grade", "manager", "team", "department")
ANALYSED = (*APPROVED, "needs_report")
PLANNED = (*ANALYSED, "plan", "service_times")
EXECUTED = (*PLANNED, "execution")
SERVED = (S.STRATEGY_SET, S.EXECUTING, S.EVALUATED)
IDENTIFYING = (
    "KAM-001 KAM-002 KAM-003 KAM-004 KAM-005 KAM-006 KAM-007 KAM-008 KAM-009 KAM-010 "
    "TIE-025 TIE-026 TIE-027 TIE-028 TIE-029 TIE-030 TIE-031"
)
ASSIGNING = "KAM-002 KAM-030 KAM-031 KAM-032 KAM-033 KAM-034 KAM-041 KAM-042 KAM-043 PWR-002"
EXECUTING = "KAM-011 KAM-012 KAM-013 KAM-019 KAM-025 KAM-026 KAM-027 KAM-036"
EVALUATING = "KAM-020 KAM-023 KAM-029 KAM-037 KAM-038 ANA-008"

TELL_LISTED = tell_customer("set_key_account", g.listed)
TELL_REMOVED = attrs.evolve(tell_customer("set_key_account", g.unlisted), when=g.was_listed)
TELL_SERVICE = attrs.evolve(tell_customer("note_dealing", g.service_given), when=g.has_service)
TELL_SATISFACTION = tell_customer(
    "note_satisfaction", lambda attempt: {"score": attempt.form.satisfaction}
)
UPDATE_RECORD = raise_update("need", g.need_changed)
IMPROVE = Send(
    "improvement_cycle", "open", cycle("review", g.improvement),
    when=lambda attempt: g.improvement(attempt) is not None, courtesy=True,
)  # fmt: skip

KEY_ACCOUNT = Machine(
    "key_account",
    KeyAccountFacts,
    zh="大客户",
    en="key account",
    shares="customer grade manager",
    blanks=(Blank(g.SERVICE_TIMES, "map", "Key-account service standard.", "KAM-022 CMP-037"),),
    states=(
        State(S.CANDIDATE, "候选", "candidate", Kind.INITIAL, requires=NOMINATED),
        State(
            S.PROPOSED, "已提名", "proposed", Kind.WAITING, requires=(*NOMINATED, "grade", "reason")
        ),
        State(S.APPROVED, "已批准", "approved", requires=APPROVED),
        State(S.ANALYSED, "已分析需求", "needs analysed", requires=ANALYSED),
        State(S.STRATEGY_SET, "已定策略", "strategy set", requires=PLANNED),
        State(S.EXECUTING, "执行中", "executing", requires=EXECUTED),
        State(S.EVALUATED, "已评估", "evaluated", requires=(*EXECUTED, "evaluation")),
        State(
            S.REMOVED, "已移出", "removed", Kind.FINAL,
            requires=(*NOMINATED, "removed_because", "reason"),
        ),
    ),
    rows=(
        Row(
            UNBORN, "nominate", S.CANDIDATE, form=f.Nomination, sets=g.nominated,
            tasks=(Open("propose", DEPARTMENT),), send=(KNOW_CUSTOMER,),
            rules=IDENTIFYING,
        ),
        Row(
            S.CANDIDATE, "propose", S.PROPOSED, form=f.Listing, who=KEEPERS,
            guards=(g.IN_RELATION,), sets=copied("grade", "reason"), done="propose",
            rules="KAM-031 PWR-001 PWR-002",
        ),
        Row(
            S.PROPOSED, "approve", S.APPROVED, form=f.Assignment, vote="approve",
            sets=g.assigned, tasks=(Open("analyse_needs", MANAGER),), send=(TELL_LISTED,),
            rules=ASSIGNING,
        ),
        Row(
            S.PROPOSED, "decline", S.CANDIDATE, form=Reason, vote="refuse",
            sets=copied("reason"), tasks=(Open("propose", DEPARTMENT),),
            rules="PWR-002",
        ),
        Row(
            S.APPROVED, "analyse", S.ANALYSED, form=f.NeedsReport, sets=g.analysed,
            tasks=(Open("set_strategy", MANAGER),), done="analyse_needs",
            rules="KAM-014 KAM-015 KAM-016",
        ),
        Row(
            S.ANALYSED, "set_strategy", S.STRATEGY_SET, form=f.ServicePlan, who=KEEPERS,
            guards=(g.REPORTED,), sets=g.planned,
            tasks=(Open("execute", MANAGER),), done="set_strategy",
            rules="KAM-017 KAM-018 KAM-021 KAM-022 KAM-024",
        ),
        Row(
            S.STRATEGY_SET, "execute", S.EXECUTING, form=f.Execution, who=KEEPERS,
            sets=lambda attempt: {"execution": attempt.form}, done="execute",
            rules=EXECUTING,
        ),
        Row(
            (S.ANALYSED, S.STRATEGY_SET), "update_needs", KEEP, form=f.NeedsUpdate,
            sets=g.updated, send=(UPDATE_RECORD, TELL_SERVICE),
            rules="KAM-028 KAM-044 KAM-045",
        ),
        Row(
            (S.EXECUTING, S.EVALUATED), "update_needs", KEEP, form=f.NeedsUpdate,
            sets=g.updated, tasks=(Open("consider_adjusting", MANAGER),),
            send=(UPDATE_RECORD, TELL_SERVICE),
            rules="KAM-028 KAM-044 KAM-045",
        ),
        Row(
            SERVED, "report_problem", KEEP, form=f.Problem, guards=(g.NO_PROBLEM,),
            sets=copied("problem"), tasks=(Open("correct_problem", MANAGER),),
            rules="KAM-022 KAM-023",
        ),
        Row(
            SERVED, "correct_problem", KEEP, form=f.Correction, guards=(g.HAS_PROBLEM,),
            sets=g.corrected, done="correct_problem",
            rules="KAM-023",
        ),
        Row(
            S.EXECUTING, "come_due", KEEP, who="system", sets=stamped("review_due_at"),
            tasks=(Open("evaluate", MANAGER),),
            rules="KAM-020",
        ),
        Row(
            S.EXECUTING, "evaluate", S.EVALUATED, form=f.Evaluation, who=KEEPERS,
            guards=(g.IS_DUE, g.NO_PROBLEM, g.ONE_CURRENCY, g.REWARDS), sets=g.evaluated,
            tasks=(Open("decide_on_strategy", MANAGER),), done="evaluate consider_adjusting",
            send=(TELL_SATISFACTION, IMPROVE),
            rules=EVALUATING,
        ),
        Row(
            (S.EXECUTING, S.EVALUATED), "adjust", S.STRATEGY_SET, form=f.Adjustment, who=KEEPERS,
            guards=(g.PLAN_FOLLOWS,), sets=g.adjusted, tasks=(Open("execute", MANAGER),),
            done="evaluate decide_on_strategy consider_adjusting",
            rules="KAM-020 KAM-028",
        ),
        Row(
            S.EVALUATED, "carry_on", S.EXECUTING, form=Reason, who=KEEPERS, sets=g.carried_on,
            done="decide_on_strategy",
            rules="KAM-020",
        ),
        Row(
            S.EVALUATED, "reanalyse", S.ANALYSED, form=f.NeedsReport, guards=(g.NEW_REPORT,),
            sets=g.reanalysed, tasks=(Open("set_strategy", MANAGER),), done="decide_on_strategy",
            rules="KAM-016",
        ),
        Row(
            ANY, "remove", S.REMOVED, form=f.Removing, who=KEEPERS, sets=g.removed,
            send=(TELL_REMOVED,),
            rules="KAM-002",
        ),
    ),
)  # fmt: skip
"""The machine `key_account`."""
