"""
Training (培训): a training event for staff (catalogue 3.25).

Newcomers are trained by the manager, the whole team by the general manager: twice a year,
two days each time, as a row of cadences plans it. Whoever passes is qualified from the close
on; the directory is told by a message to the delivery handler `directory`.
"""

from __future__ import annotations

from crmflow.core.dealing import Reason
from crmflow.core.machine import Asked, Changes, Guard, Kind, Machine, Open, Row, Send, State
from crmflow.core.ref import UNBORN
from crmflow.core.updates import copied
from crmflow.states.training import forms as f

__all__ = ["TRAINING"]

S, K = f.TrainingState, f.TrainingKind
NEWCOMERS, TEAM = "manager_of_newcomers", "general_manager"
LECTURER, CLOSER = "marketing_manager", "general_manager"
PLANNERS = {K.NEWCOMER: NEWCOMERS, K.WHOLE_TEAM: TEAM}
"""Who arranges the training of whom (TRN-001, TRN-005); the rest anybody who trains."""


def _may_plan(attempt: Asked) -> bool:
    kind = attempt.form.kind if attempt.facts is None else attempt.facts.kind
    return kind not in PLANNERS or attempt.actor.may((PLANNERS[kind],))


def _lectured(attempt: Asked) -> bool:
    *lessons, _last = attempt.form.lessons
    newcomers = attempt.facts.kind is K.NEWCOMER
    return not newcomers or all(one.lecturer_role == LECTURER for one in lessons)


def _closed_by_manager(attempt: Asked) -> bool:
    last = attempt.form.lessons[-1]
    talk = last.topic is f.Topic.GENERAL_MANAGERS_TALK and last.lecturer_role == CLOSER
    return attempt.facts.kind is not K.NEWCOMER or talk


def _covers_plan(attempt: Asked) -> bool:
    taught = {one.topic for one in attempt.form.lessons}
    professional = {f.Topic.SALES, f.Topic.SERVICE} if attempt.facts.kind is K.KEY_ACCOUNT else ()
    return taught.issuperset({*attempt.facts.plan, *professional})


def _is_online(attempt: Asked) -> bool:
    online = all(one.form is f.LessonForm.ONLINE for one in attempt.form.lessons)
    return attempt.facts.kind is not K.ONLINE or online


def _had_come(attempt: Asked) -> bool:
    form = attempt.form
    named = {one.person for one in (*form.assessments, *form.incentives)}
    return named <= set(attempt.facts.attended)


MAY_PLAN = Guard(
    _may_plan, "not_the_planner", needs="form", rules="TRN-001 TRN-005", roles=f"{NEWCOMERS} {TEAM}"
)
DAYS_NAMED = Guard(
    lambda attempt: attempt.form.kind is not K.WHOLE_TEAM or attempt.form.days is not None,
    "no_days_named", needs="form", rules="TRN-004",
)  # fmt: skip
POST_PLANNED = Guard(
    lambda attempt: attempt.form.kind is not K.POST
    or (attempt.form.post is not None and bool(attempt.form.plan)),
    "no_plan_of_post", needs="form", rules="TRN-009",
)  # fmt: skip
LECTURED = Guard(_lectured, "not_the_lecturer", needs="form", rules="TRN-002")
CLOSING_TALK = Guard(_closed_by_manager, "no_closing_talk", needs="form", rules="TRN-003")
COVERS_PLAN = Guard(_covers_plan, "plan_not_covered", needs="form", rules="TRN-009 TRN-010")
IS_ONLINE = Guard(_is_online, "not_online", needs="form", rules="TRN-007")
WERE_INVITED = Guard(
    lambda attempt: set(attempt.form.attended) <= set(attempt.facts.invited),
    "not_invited", needs="form",
)  # fmt: skip
FOUND = Guard(
    lambda attempt: bool(attempt.form.assessments) or attempt.form.effect is not None,
    "nothing_assessed", needs="form", rules="TRN-008",
)  # fmt: skip
HAD_COME = Guard(_had_come, "had_not_come", needs="form")


def qualified(attempt: Asked) -> Changes:
    """Return who is qualified now: those who passed, where the training qualifies (TRN-013)."""
    facts = attempt.facts
    passed = tuple(one.person for one in facts.assessments if one.passed)
    return {"qualified": passed if facts.qualification is not None else ()}


def qualification(attempt: Asked) -> Changes:
    """Return what the directory is told."""
    facts = attempt.facts
    return {"people": facts.qualified, "qualification": facts.qualification}


def planned_anew(attempt: Asked) -> Changes:
    """Return the plan of a week that is held in place of a cancelled one (TRN-004)."""
    names = ("kind", "company", "cadence", "days", "due_on", "qualification")
    return {name: getattr(attempt.facts, name) for name in names}


TRAINERS = "manager_of_newcomers general_manager department_head key_account_manager"

TRAINING = Machine(
    "training",
    f.TrainingFacts,
    zh="培训",
    en="training",
    shares="kind qualification qualified",
    states=(
        State(S.PLANNED, "已计划", "planned", Kind.INITIAL, requires=("kind",)),
        State(S.SCHEDULED, "已排期", "scheduled", requires=("kind", "starts_on", "lessons")),
        State(S.HELD, "已举办", "held", requires=("kind", "lessons", "attended")),
        State(S.ASSESSED, "已考核", "assessed", requires=("kind", "lessons", "attended")),
        State(S.CLOSED, "已结束", "closed", Kind.FINAL, requires=("kind", "attended")),
        State(S.CANCELLED, "已取消", "cancelled", Kind.FINAL, requires=("kind", "reason")),
    ),
    rows=(
        Row(
            UNBORN, "plan", S.PLANNED, form=f.TrainingPlan, who=TRAINERS,
            guards=(MAY_PLAN, DAYS_NAMED, POST_PLANNED),
            sets=copied(
                "kind", "company", "cadence", "days", "due_on", "until_at", "post", "plan",
                "qualification",
            ),
            tasks=(
                Open(
                    "schedule_training",
                    lambda attempt: PLANNERS.get(attempt.facts.kind, "department_head"),
                ),
            ),
            rules="TRN-001 TRN-004 TRN-005 TRN-009 TRN-010 TRN-011",
        ),
        Row(
            S.PLANNED, "schedule", S.SCHEDULED, form=f.Timetable, who=TRAINERS,
            guards=(MAY_PLAN, LECTURED, CLOSING_TALK, COVERS_PLAN, IS_ONLINE),
            sets=copied("starts_on", "lessons", "invited"), done="schedule_training",
            rules="TRN-002 TRN-003 TRN-005 TRN-006 TRN-007",
        ),
        Row(
            S.SCHEDULED, "hold", S.HELD, form=f.Attended, who=TRAINERS, guards=(WERE_INVITED,),
            sets=copied("attended"),
            tasks=(Open("assess_training", "department_head"),),
            rules="TRN-004",
        ),
        Row(
            S.HELD, "assess", S.ASSESSED, form=f.Assessing, who=TRAINERS,
            guards=(FOUND, HAD_COME), sets=copied("assessments", "effect", "incentives"),
            done="assess_training",
            rules="TRN-008 TRN-012 TRN-014 PWR-008 PWR-009 PWR-010",
        ),
        Row(
            S.ASSESSED, "close", S.CLOSED, who=TRAINERS, sets=qualified,
            send=(
                Send(
                    "directory", "qualify", qualification, lambda attempt: attempt.snapshot.ref.id,
                    when=lambda attempt: bool(attempt.facts.qualified),
                ),
            ),
            rules="TRN-013 PWR-010",
        ),
        Row(
            (S.PLANNED, S.SCHEDULED), "cancel", S.CANCELLED, form=Reason, who=TRAINERS,
            sets=copied("reason"), done="schedule_training",
            send=(
                Send(
                    "training", "plan", planned_anew,
                    when=lambda attempt: attempt.facts.kind is K.WHOLE_TEAM,
                ),
            ),
        ),
    ),
)  # fmt: skip
"""The machine `training`."""
