"""What a suggestion's rows ask, change and tell."""

from __future__ import annotations

from crmflow.core.actor import SYSTEM
from crmflow.core.cases import SERVICE, SERVICE_POSTS
from crmflow.core.dealing import Reply
from crmflow.core.machine import Asked, Changes, Guard
from crmflow.core.updates import copied
from crmflow.states.proposal.forms import ProposalState, Result, Subject

S = ProposalState
INTAKE_OWNER = "proposal.intake_owner"
FLAGS = ("is_major", "is_complex")


def _receives(attempt: Asked) -> bool:
    """Say whether somebody takes suggestions in; customers hand them in themselves (AMB-04)."""
    actor, owner = attempt.actor, attempt.settings[INTAKE_OWNER]
    roles = {str(owner), "customer", *SERVICE_POSTS.split()}
    return actor is SYSTEM or actor.id == owner or not roles.isdisjoint(actor.roles)


def _is_grave(attempt: Asked) -> bool:
    return bool(attempt.form.is_grave or attempt.facts.is_grave)


def _changes_terms(attempt: Asked) -> bool:
    form, facts = attempt.form, attempt.facts
    names = ("promised_at", "department", *FLAGS)
    return any(getattr(form, name) not in (None, getattr(facts, name)) for name in names)


def result_is(result: Result) -> Guard:
    """Return the guard that the result form says this result."""
    return Guard(
        lambda attempt: attempt.facts.result is result, f"result_not_{result}", rules="SUG-023"
    )


RECEIVES = Guard(_receives, "not_receiving", rules="SUG-003", roles=SERVICE_POSTS)
ABOUT_PRODUCTS = Guard(
    lambda attempt: attempt.form.subject is not Subject.OTHER,
    "not_about_products", needs="form", rules="SUG-001",
)  # fmt: skip
IS_GRAVE = Guard(_is_grave, "not_grave", needs="form", rules="CMP-015")
DECIDED = Guard(
    lambda attempt: (attempt.form.gm_decision or attempt.form.forwarded_to) is not None,
    "no_decision", needs="form",
)  # fmt: skip
UNDECIDED = Guard(
    lambda attempt: attempt.form.gm_decision is None and attempt.form.forwarded_to is None,
    "decides_already", needs="form",
)  # fmt: skip
CHANGES_TERMS = Guard(_changes_terms, "same_terms", needs="form", rules="SUG-008")
NOT_EXTENDED = Guard(
    lambda attempt: attempt.facts.extended_at is None and attempt.facts.extended_long_at is None,
    "extended_already", rules="SUG-014",
)  # fmt: skip
NOT_EXTENDED_LONG = Guard(
    lambda attempt: attempt.facts.extended_long_at is None, "extended_already", rules="SUG-015"
)
MAJOR_COMPLEX = Guard(
    lambda attempt: attempt.facts.is_major and attempt.facts.is_complex,
    "not_major_complex", rules="SUG-016",
)  # fmt: skip
NOT_ANSWERED = Guard(
    lambda attempt: attempt.facts.answered_at is None, "already_answered", rules="SUG-022"
)
FITTING_REPLY = Guard(
    lambda attempt: not attempt.facts.is_grave or attempt.form.reply is Reply.LETTER,
    "grave_letter_needed", needs="form", rules="CMP-016",
)  # fmt: skip
ANSWERED = Guard(lambda attempt: attempt.facts.answered_at is not None, "not_answered")
THANKED = Guard(
    lambda attempt: attempt.facts.thanked_at is not None, "not_thanked", rules="SUG-033"
)
THANKS = Guard(lambda attempt: attempt.form.thanked, "not_thanked", needs="form", rules="SUG-033")


def received(attempt: Asked) -> Changes:
    """Return the facts a suggestion begins with."""
    form, actor = attempt.form, attempt.actor
    return {
        "customer": form.customer,
        "channel": form.channel,
        "subject": form.subject,
        "content": form.content,
        "received_at": attempt.at,
        "received_by": None if actor is SYSTEM else actor.id,
        "intake_owner": attempt.settings[INTAKE_OWNER],
    }


def recorded(attempt: Asked) -> Changes:
    """Return the record; a grave suggestion goes ahead of others."""
    happened_at = attempt.form.happened_at or attempt.facts.received_at
    names = ("kind", "content", "department", "is_grave", *FLAGS)
    return {
        **copied(*names)(attempt),
        "is_urgent": bool(attempt.form.is_grave),
        "happened_at": happened_at,
        "recorded_at": attempt.at,
    }


def found_grave(attempt: Asked) -> Changes:
    """Return that it is grave, and goes ahead of others."""
    return {"is_grave": True, "is_urgent": True, **copied("gm_decision", "forwarded_to")(attempt)}


def answered(attempt: Asked) -> Changes:
    """Return the one reply; the letter of thanks goes with it (SUG-033)."""
    told = copied("reply", "explanation", "schedule")(attempt)
    return {**told, "answered_at": attempt.at, "thanked_at": attempt.at}


def dropped(attempt: Asked) -> Changes:
    """Return that it is held now, and answered anew; a reward that was paid stays."""
    return {**copied("reason")(attempt), "result": Result.HELD, "answered_at": None}


def resumed(attempt: Asked) -> Changes:
    """Return what begins anew with the limit: result, extensions and answer."""
    return {
        **copied("reason")(attempt),
        "result": None,
        "reasons": None,
        "decided_at": None,
        "extended_at": None,
        "extended_long_at": None,
        "answered_at": None,
    }


def withdrawn(attempt: Asked) -> Changes:
    """Return why it is withdrawn; the customer was thanked all the same."""
    told = copied("withdrawal", "reason", "duplicate_of")(attempt)
    return {**told, "thanked_at": attempt.at}


_BUSY = {
    S.PROCESSING: "main_department",
    S.MANAGER_REVIEW: "department_manager",
    S.DEPUTY_REVIEW: "deputy_gm",
    S.ACCEPTED: "main_department",
    S.IMPLEMENTING: "main_department",
}


def responsible(attempt: Asked) -> str:
    """Return the role that works on it in its state; else customer service."""
    return {str(state): role for state, role in _BUSY.items()}.get(attempt.snapshot.state, SERVICE)
