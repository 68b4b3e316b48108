"""What a complaint's rows ask, change and tell."""

from __future__ import annotations

from collections.abc import Callable

from crmflow.core.actor import SYSTEM
from crmflow.core.dealing import Reply
from crmflow.core.machine import Asked, Changes, Guard
from crmflow.core.updates import copied
from crmflow.states.complaint.forms import Grade, Unresolved, Withdrawal

MAJOR_OWNER = "complaint.major.owner"


def _states_way(attempt: Asked) -> bool:
    form = attempt.form
    if form.is_complex or (form.is_complex is None and attempt.facts.is_complex):
        return form.handling is not None
    return form.solution is not None


def _may_attend(attempt: Asked) -> bool:
    actor = attempt.actor
    return "business_supervisor" in actor.roles or actor.id == attempt.facts.delegate


def _reviewed(attempt: Asked) -> bool:
    by_hand = attempt.form.reviewed_by is not None and attempt.actor is not SYSTEM
    return not attempt.facts.is_claim or by_hand


def _gives_up(attempt: Asked) -> bool:
    not_reached = attempt.form.unresolved is Unresolved.NOT_REACHED
    return not_reached or attempt.facts.reopened > 0


def _names_double(attempt: Asked) -> bool:
    named = attempt.form.duplicate_of
    if attempt.form.withdrawal is Withdrawal.BY_CUSTOMER:
        return True
    return named is not None and named != attempt.snapshot.ref.id


NOT_RESPONDED = Guard(
    lambda attempt: attempt.facts.responded_at is None, "already_responded", rules="CMP-030"
)
STATES_WAY = Guard(_states_way, "response_incomplete", needs="form", rules="CMP-031")
PROMISE_AHEAD = Guard(
    lambda attempt: attempt.form.promised_at > attempt.at, "promise_in_past", needs="form"
)
IS_GENERAL = Guard(lambda attempt: attempt.facts.grade is Grade.GENERAL, "not_general")
IS_SERIOUS = Guard(lambda attempt: attempt.facts.grade is Grade.SERIOUS, "not_serious")
IS_MAJOR = Guard(lambda attempt: attempt.facts.grade is Grade.MAJOR, "not_major")
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
IN_WRITING = Guard(
    lambda attempt: attempt.form.reply is not Reply.PHONE, "not_in_writing", needs="form"
)
ATTENDED = Guard(
    lambda attempt: attempt.facts.attended_by is not None, "not_attended", rules="CMP-019"
)
TOLD = Guard(lambda attempt: attempt.facts.answered_at is not None, "not_answered", rules="CMP-025")
SATISFIED = Guard(lambda attempt: attempt.form.satisfied, "not_satisfied", needs="form")
PREVENTED = Guard(
    lambda attempt: not attempt.facts.is_claim or attempt.facts.preventive is not None,
    "no_preventive_measure", rules="CMP-029",
)  # fmt: skip
REVIEWED = Guard(_reviewed, "no_manual_review", needs="form", rules="CMP-028")
GIVES_UP = Guard(_gives_up, "not_reopened", needs="form")
NAMES_DOUBLE = Guard(_names_double, "no_duplicate_named", needs="form")


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
    changes = copied("problem_type", "demand", "mood", "is_claim")(attempt)
    occurred_at = attempt.form.happened_at or attempt.facts.received_at
    return {**changes, "occurred_at": occurred_at, "limit_from": attempt.at}


def responded(attempt: Asked) -> Changes:
    """Return the first response."""
    form = attempt.form
    return {
        **copied("promised_at", "is_complex")(attempt),
        "response": form.solution or form.handling,
        "responded_at": attempt.at,
    }


def graded(attempt: Asked) -> Changes:
    """Return the grade, its owner and whether it goes ahead of others."""
    grade = attempt.form.grade
    owners = {Grade.GENERAL: "customer_service", Grade.SERIOUS: "department_head"}
    return {
        **copied("grade", "reason")(attempt),
        "owner": owners.get(grade) or attempt.settings[MAJOR_OWNER],
        "is_urgent": grade is Grade.MAJOR,
    }


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


def chased(attempt: Asked) -> Changes:
    """Return the count of chases with one more."""
    return {"chased": attempt.facts.chased + 1}


def given_up(attempt: Asked) -> Changes:
    """Return why it stays unresolved, and what the customer was told."""
    names = ("unresolved", "reply", "result", "reason", "improvement", "reviewed_by")
    return {**copied(*names)(attempt), "answered_at": attempt.at}


def stamped(name: str) -> Callable[[Asked], Changes]:
    """Return an update that sets a fact to the event's instant."""
    return lambda attempt: {name: attempt.at}


def responsible(attempt: Asked) -> str:
    """Return the role that works on it: its owner, before grading customer service."""
    return attempt.facts.owner or "customer_service"


def above_owner(attempt: Asked) -> str:
    """Return the role a missed limit goes to."""
    above = {
        Grade.GENERAL: "service_supervisor",
        Grade.SERIOUS: "senior_management",
        Grade.MAJOR: "general_manager",
    }
    return above[attempt.facts.grade]


def call_back(attempt: Asked) -> Changes:
    """Return what a revisit is listed with: a phone call by when the complaint's is due."""
    facts = attempt.facts
    due_at = {task.name: task.due_at for task in attempt.snapshot.tasks}.get("call_back")
    return {
        "kind": "phone",
        "purpose": "call_back",
        "customer": facts.customer,
        "origin": str(attempt.snapshot.ref),
        "due_at": due_at,
    }


def improvement(attempt: Asked) -> Changes:
    """Return what an improvement cycle is opened with."""
    facts = attempt.facts
    return {
        "source": "complaint",
        "need": facts.improvement,
        "customer": facts.customer,
        "origin": str(attempt.snapshot.ref),
    }
