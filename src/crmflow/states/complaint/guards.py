"""What a complaint's rows ask, change and tell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from crmflow.core.actor import SYSTEM
from crmflow.core.cases import SERVICE, cycle
from crmflow.core.dealing import Reply
from crmflow.core.machine import Asked, Changes, Guard
from crmflow.core.updates import copied
from crmflow.states.complaint.forms import Grade

MAJOR_OWNER = "complaint.major.owner"
MAJOR_STEPS = "complaint.major.steps"


def _steps(attempt: Asked) -> tuple[str, ...]:
    """Return the company's further steps of grade major (CMP-013)."""
    return tuple(cast("Sequence[str]", attempt.settings[MAJOR_STEPS]))


def _may_attend(attempt: Asked) -> bool:
    actor = attempt.actor
    return "business_supervisor" in actor.roles or actor.id == attempt.facts.delegate


def _reviewed(attempt: Asked) -> bool:
    by_hand = attempt.form.reviewed_by is not None and attempt.actor is not SYSTEM
    return not attempt.facts.is_claim or by_hand


def _left(attempt: Asked) -> set[str]:
    return set(attempt.facts.steps) - set(attempt.facts.steps_done)


NOT_RESPONDED = Guard(
    lambda attempt: attempt.facts.responded_at is None, "already_responded", rules="CMP-030"
)
IS_GENERAL = Guard(lambda attempt: attempt.facts.grade is Grade.GENERAL, "not_general")
IS_SERIOUS = Guard(lambda attempt: attempt.facts.grade is Grade.SERIOUS, "not_serious")
IS_MAJOR = Guard(lambda attempt: attempt.facts.grade is Grade.MAJOR, "not_major")
GRADES_MAJOR = Guard(
    lambda attempt: attempt.form.grade is Grade.MAJOR and bool(_steps(attempt)),
    "not_major", needs="form",
)  # fmt: skip
STEPS_LEFT = Guard(lambda attempt: bool(_left(attempt)), "no_such_step", rules="CMP-013")
STEP_LEFT = Guard(
    lambda attempt: attempt.form.step in _left(attempt), "no_such_step", needs="form",
    rules="CMP-013",
)  # fmt: skip
LAST_STEP = Guard(lambda attempt: _left(attempt) == {attempt.form.step}, "steps_left", needs="form")
STEPS_TAKEN = Guard(lambda attempt: not _left(attempt), "steps_left", rules="CMP-013")
IS_NOT_MAJOR = Guard(lambda attempt: attempt.facts.grade is not Grade.MAJOR, "is_major")
OTHER_GRADE = Guard(
    lambda attempt: attempt.form.grade is not attempt.facts.grade, "same_grade", needs="form"
)
DECIDED = Guard(
    lambda attempt: (attempt.form.gm_decision or attempt.form.forwarded_to) is not None,
    "no_decision", needs="form",
)  # fmt: skip
MAY_ATTEND = Guard(_may_attend, "not_attending", roles="business_supervisor")
UNSOLVED = Guard(lambda attempt: attempt.facts.solved_at is None, "already_solved")
ESCALATES = Guard(lambda attempt: attempt.form.escalate, "not_escalated", needs="form")
FITTING_REPLY = Guard(
    lambda attempt: (
        attempt.facts.grade is not Grade.MAJOR or attempt.form.reply is Reply.LETTER
    ),
    "letter_needed", needs="form", rules="CMP-016",
)  # fmt: skip
TOLD = Guard(lambda attempt: attempt.facts.answered_at is not None, "not_answered", rules="CMP-025")
PREVENTED = Guard(
    lambda attempt: not attempt.facts.is_claim or attempt.facts.preventive is not None,
    "no_preventive_measure", rules="CMP-029",
)  # fmt: skip
REVIEWED = Guard(_reviewed, "no_manual_review", needs="form", rules="CMP-028")


def received(attempt: Asked) -> Changes:
    """Return the facts a complaint begins with."""
    form = attempt.form
    return {
        "customer": form.customer,
        "channel": form.channel,
        "received_at": attempt.at,
        "is_claim": form.is_claim,
        "is_complex": form.is_complex,
    }


def recorded(attempt: Asked) -> Changes:
    """Return the record; the grade's time limit counts from here."""
    changes = copied("problem_type", "demand", "mood", "opinion", "is_claim")(attempt)
    occurred_at = attempt.form.happened_at or attempt.facts.received_at
    return {**changes, "occurred_at": occurred_at, "limit_from": attempt.at}


def graded(attempt: Asked) -> Changes:
    """Return the grade, its owner and steps, and whether it goes ahead of others."""
    grade = attempt.form.grade
    is_major = grade is Grade.MAJOR
    owners = {Grade.GENERAL: SERVICE, Grade.SERIOUS: "department_head"}
    return {
        **copied("grade", "reason")(attempt),
        "owner": owners.get(grade) or attempt.settings[MAJOR_OWNER],
        "is_urgent": is_major,
        "steps": _steps(attempt) if is_major else (),
    }


def step_taken(attempt: Asked) -> Changes:
    """Return the steps done with one more."""
    return {"steps_done": (*attempt.facts.steps_done, attempt.form.step)}


def attended(attempt: Asked) -> Changes:
    """Return who attended the customer."""
    form = attempt.form
    return {**copied("delegate")(attempt), "attended_by": form.delegate or attempt.actor.id}


def reopened(attempt: Asked) -> Changes:
    """Return what begins anew: the limit counts from here, the next result is told anew."""
    return {
        **copied("reason")(attempt),
        "reopened": attempt.facts.reopened + 1,
        "limit_from": attempt.at,
        "confirmed_by": None,
        "solved_at": None,
        "answered_at": None,
    }


def handled(attempt: Asked) -> Changes:
    """Return the handling form: cause, measures and solution."""
    return copied("cause", "corrective", "preventive", "solution")(attempt)


def given_up(attempt: Asked) -> Changes:
    """Return why it stays unresolved, and what the customer was told."""
    names = ("unresolved", "reply", "result", "reason", "improvement", "reviewed_by")
    return {**copied(*names)(attempt), "answered_at": attempt.at}


def responsible(attempt: Asked) -> str:
    """Return the role that works on it: its owner, before grading customer service."""
    return attempt.facts.owner or SERVICE


def above_owner(attempt: Asked) -> str:
    """Return the role a missed limit goes to, also where it is not graded yet."""
    above = {Grade.SERIOUS: "senior_management", Grade.MAJOR: "general_manager"}
    return above.get(attempt.facts.grade, "service_supervisor")


improvement = cycle("complaint", lambda attempt: attempt.facts.improvement)
"""Gives what an improvement cycle is opened with."""
