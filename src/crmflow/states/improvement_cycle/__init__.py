"""
Improvement cycle (质量管理循环): need, analysis, plan, implement, evaluate, improve, train (3.20).

The method of putting the customer first (QMC-020) is the same walk: needs are understood,
processes tuned, indicators set, feedback heard on the way, people trained, and it begins anew
(AMB-41). How long a plan runs before it is evaluated, and after what period the cycle is gone
through again, stand in the table of deadlines. It also takes suggestions that are about
anything but products: their customer is thanked and told (AMB-56).
"""

from __future__ import annotations

from crmflow.core.cases import SERVICE, told
from crmflow.core.dealing import KNOW_CUSTOMER
from crmflow.core.machine import ANY, KEEP, Kind, Machine, Open, Row, State
from crmflow.core.ref import UNBORN
from crmflow.core.updates import both, copied, stamped
from crmflow.states.improvement_cycle import forms as f
from crmflow.states.improvement_cycle import guards as g

__all__ = ["IMPROVEMENT_CYCLE"]

S = f.CycleState
OPENED = ("source", "need", "opened_at")
ANALYSED = (*OPENED, "understood", "confirmed_by", "tools")
DESIGNED = (*ANALYSED, "needs")
RUNNING = (*DESIGNED, "chosen", "people", "milestones", "plan", "resources", "implemented_at")
EVALUATED = (*RUNNING, "satisfaction", "complaints", "quality_system", "indicators")
IMPROVED = (*EVALUATED, "meeting_on", "problems", "directions", "measures")
TRAINED = (*IMPROVED, "trained", "notice")


def owned(name: str) -> Open:
    """Return a task for the department head, who runs the cycle."""
    return Open(name, "department_head")


IMPROVEMENT_CYCLE = Machine(
    "improvement_cycle",
    f.CycleFacts,
    zh="质量管理循环",
    en="improvement cycle",
    shares="customer source need",
    states=(
        State(S.COLLECTING, "需求收集", "collecting needs", Kind.INITIAL, requires=OPENED),
        State(S.ANALYSING, "需求分析", "analysing needs", requires=ANALYSED),
        State(S.DESIGNING, "方案设计", "designing the plan", requires=DESIGNED),
        State(S.IMPLEMENTING, "方案实施", "implementing", requires=RUNNING),
        State(S.EVALUATING, "效果评估", "evaluating the effect", requires=EVALUATED),
        State(S.IMPROVING, "持续改进", "improving", requires=IMPROVED),
        State(S.TRAINING, "培训和沟通", "training and communicating", requires=TRAINED),
        State(S.CLOSED, "已完成", "closed", Kind.FINAL, requires=(*TRAINED, "effect")),
        State(S.DROPPED, "已放弃", "dropped", Kind.FINAL, requires=(*OPENED, "dropped", "reason")),
    ),
    rows=(
        Row(
            UNBORN, "open", S.COLLECTING, form=f.Opening, sets=g.opened,
            tasks=(owned("understand"),), send=(KNOW_CUSTOMER,),
            rules="QMC-001 QMC-002 QMC-018 CMP-026 SUR-016",
        ),
        Row(
            ANY, "add_opinion", KEEP, form=f.Opinion, sets=g.heard,
            rules="QMC-018",
        ),
        Row(
            S.COLLECTING, "analyse", S.ANALYSING, form=f.Understanding,
            sets=copied("understood", "confirmed_by", "tools"), tasks=(owned("analyse"),),
            done="understand",
            rules="QMC-003 QMC-004 QMC-005",
        ),
        Row(
            S.ANALYSING, "design", S.DESIGNING, form=f.NeedsReport, guards=(g.SOME_CAN_BE_MET,),
            sets=copied("needs"), tasks=(owned("design"),), done="analyse",
            rules="QMC-006 QMC-007 QMC-008",
        ),
        Row(
            S.DESIGNING, "implement", S.IMPLEMENTING, form=f.ActionPlan,
            guards=(g.SEVERAL, g.CHOOSES_ONE, g.FEASIBLE),
            sets=both(
                copied("alternatives", "chosen", "people", "milestones", "plan", "resources"),
                stamped("implemented_at"),
            ),
            tasks=(Open("report_progress", SERVICE),), done="design",
            rules="QMC-009 QMC-010 QMC-011 QMC-012",
        ),
        Row(
            S.IMPLEMENTING, "report_progress", KEEP, form=f.Progress,
            sets=both(copied("progress"), stamped("progress_at")), done="report_progress",
            send=(told(lambda attempt: attempt.form.progress),),
            rules="QMC-013",
        ),
        Row(
            S.IMPLEMENTING, "allow_evaluation", KEEP, who="system",
            sets=lambda _attempt: {"evaluable": True}, tasks=(owned("evaluate"),),
            rules="QMC-014",
        ),
        Row(
            S.IMPLEMENTING, "evaluate", S.EVALUATING, form=f.Evaluation, guards=(g.RAN,),
            sets=copied("satisfaction", "complaints", "quality_system", "indicators"),
            tasks=(owned("improve"),), done="evaluate report_progress",
            rules="QMC-014 QMC-015 QMC-027",
        ),
        Row(
            S.EVALUATING, "improve", S.IMPROVING, form=f.ImprovementPlan,
            sets=copied("meeting_on", "problems", "directions", "measures"),
            tasks=(owned("track_measures"), owned("train")), done="improve",
            rules="QMC-016 QMC-017 QMC-025 QMC-026",
        ),
        Row(
            S.IMPROVING, "tune_process", KEEP, form=f.Change, sets=g.tuned,
            rules="QMC-021 QMC-024",
        ),
        Row(
            S.IMPROVING, "train", S.TRAINING, form=f.Training, sets=copied("trained", "notice"),
            tasks=(owned("close"),), done="train",
            rules="QMC-019 QMC-020 QMC-022",
        ),
        Row(
            S.TRAINING, "close", S.CLOSED, form=f.Closing, guards=(g.TELLS,),
            sets=g.ended("effect"), send=(told(lambda attempt: attempt.form.effect),),
            rules="DEA-015",
        ),
        Row(
            S.TRAINING, "call_round", KEEP, who="system",
            sets=lambda _attempt: {"round_due": True}, tasks=(owned("next_round"),),
            rules="QMC-023",
        ),
        Row(
            S.TRAINING, "repeat", S.COLLECTING, form=f.Repetition, guards=(g.AGAIN,),
            sets=g.repeated, tasks=(owned("understand"),),
            done="close track_measures next_round",
            rules="QMC-023",
        ),
        Row(
            (S.COLLECTING, S.ANALYSING, S.DESIGNING), "drop", S.DROPPED, form=f.Dropping,
            guards=(g.HAS_REASON, g.TELLS), sets=g.ended("dropped", "reason"),
            send=(told(lambda attempt: attempt.form.reason),),
            rules="QMC-007 QMC-010",
        ),
    ),
)  # fmt: skip
"""The machine `improvement_cycle`."""
