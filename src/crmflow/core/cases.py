"""
Cases: what complaints, questions and suggestions of customers share.

Each is chased, doubled, withdrawn or given up alike, and a deadline missed twice makes
the company look at how it works.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

import attrs

from crmflow.core.dealing import Reply, tell_customer
from crmflow.core.form import Text
from crmflow.core.link import Link
from crmflow.core.machine import Asked, Changes, Guard, Send
from crmflow.core.updates import both, copied, counted, stamped

SERVICE = "customer_service"
SERVICE_POSTS = "customer_service service_supervisor service_manager service_head"


class Unresolved(StrEnum):
    """Why a case is closed without a satisfied customer (AMB-42)."""

    NOT_REACHED = "not_reached"
    NOT_SATISFIED = "not_satisfied"


class Withdrawal(StrEnum):
    """Why a case is no longer pursued."""

    BY_CUSTOMER = "by_customer"
    DUPLICATE = "duplicate"


@attrs.frozen(kw_only=True)
class CaseFacts:
    """
    What is known of a complaint or a question.

    Attributes:
        customer: Id of the customer record.
        is_complex: Whether a person flagged it as complex (CMP-032, AMB-55).
        owner: Who works on it, or the role that does.
        response: Solution, or way of handling, stated in the first response (CMP-031).
        responded_at, promised_at: Aware UTC instants of the response, and what it promised.
        solution, solved_at: What was carried out, and the aware UTC instant it was.
        reply, result: How the customer was told, and what (CMP-025).
        limit_missed_at: Aware UTC instant of the last missed time limit.
        breaches: Number of missed deadlines.
        call_backs: Number of revisits opened (CMP-034).
        reopened: Number of reopenings (CMP-035).
        unresolved: Why it was closed unresolved; counted apart.
        withdrawal, duplicate_of: Why it was withdrawn, and the case it doubles.
        reason: Why it was last reopened, closed unresolved, withdrawn or otherwise set back.
    """

    customer: str
    is_complex: bool = False
    owner: str | None = None
    response: str | None = None
    responded_at: datetime | None = None
    promised_at: datetime | None = None
    solution: str | None = None
    solved_at: datetime | None = None
    reply: Reply | None = None
    result: str | None = None
    limit_missed_at: datetime | None = None
    breaches: int = 0
    call_backs: int = 0
    reopened: int = 0
    unresolved: Unresolved | None = None
    withdrawal: Withdrawal | None = None
    duplicate_of: str | None = None
    reason: str | None = None


@attrs.frozen
class FirstResponse:
    """
    The first response (CMP-031, AMB-55).

    Attributes:
        promised_at: Aware UTC instant by which it will be solved.
        solution: The solution; needed unless the complaint is complex.
        handling: The way of handling; needed where it is complex.
        is_complex: Whether it is complex, where this became known.
    """

    promised_at: datetime
    solution: Text | None = None
    handling: Text | None = None
    is_complex: bool | None = None


def _names_double(attempt: Asked) -> bool:
    named = attempt.form.duplicate_of
    if attempt.form.withdrawal is Withdrawal.BY_CUSTOMER:
        return True
    return named is not None and named != attempt.snapshot.ref.id


def _gives_up(attempt: Asked) -> bool:
    not_reached = attempt.form.unresolved is Unresolved.NOT_REACHED
    return not_reached or attempt.facts.reopened > 0


def _states_way(attempt: Asked) -> bool:
    form = attempt.form
    if form.is_complex or (form.is_complex is None and attempt.facts.is_complex):
        return form.handling is not None
    return form.solution is not None


NAMES_DOUBLE = Guard(_names_double, "no_duplicate_named", needs="form")
GIVES_UP = Guard(_gives_up, "not_reopened", needs="form")
STATES_WAY = Guard(_states_way, "response_incomplete", needs="form", rules="CMP-031")
"""The solution, of a complex case the way of handling (AMB-55)."""
PROMISE_AHEAD = Guard(
    lambda attempt: attempt.form.promised_at is None or attempt.form.promised_at > attempt.at,
    "promise_in_past", needs="form",
)  # fmt: skip
IN_WRITING = Guard(
    lambda attempt: attempt.form.reply is not Reply.PHONE, "not_in_writing", needs="form"
)


def responded(attempt: Asked) -> Changes:
    """Return the first response."""
    form = attempt.form
    return {
        **copied("promised_at", "is_complex")(attempt),
        "response": form.solution or form.handling,
        "responded_at": attempt.at,
    }


def called_back(attempt: Asked) -> Link | None:
    """Return the newest revisit as last heard of, or None where it has not told yet."""
    links = attempt.linked("revisit")
    return links[-1] if links and len(links) >= attempt.facts.call_backs else None


def _told_satisfied(attempt: Asked) -> bool | None:
    link = called_back(attempt)
    told = None if link is None else link.facts.get("satisfied")
    return None if told is None else bool(told)


def _is_satisfied(attempt: Asked) -> bool:
    told = _told_satisfied(attempt)
    return bool(attempt.form.satisfied) if told is None else told


SATISFIED = Guard(_is_satisfied, "not_satisfied", needs="form", rules="CMP-034")
"""The customer is satisfied: as the call-back told, else as the form says."""
UNSATISFIED = Guard(
    lambda attempt: _told_satisfied(attempt) is not True, "is_satisfied", rules="CMP-035"
)
"""The call-back did not tell that the customer is satisfied."""


def call_back(attempt: Asked) -> Changes:
    """Return what a revisit is listed with: a phone call by when the case's is due."""
    due_at = {task.name: task.due_at for task in attempt.snapshot.tasks}.get("call_back")
    return {
        "kind": "phone",
        "purpose": "call_back",
        "customer": attempt.facts.customer,
        "origin": str(attempt.snapshot.ref),
        "due_at": due_at,
    }


CALL_BACK = Send("revisit", "list", call_back, link="revisit")
"""Opens the revisit in which the customer is asked (CMP-034)."""


def cycle(source: str, need: Callable[[Asked], object]) -> Callable[[Asked], Changes]:
    """
    Return what an improvement cycle is opened with.

    Args:
        source: Where the need comes from.
        need: Gives the need.
    """

    def opening(attempt: Asked) -> Changes:
        return {
            "source": source,
            "need": need(attempt),
            "customer": attempt.facts.customer,
            "origin": str(attempt.snapshot.ref),
        }

    return opening


def missed(fact: str) -> Callable[[Asked], Changes]:
    """Return an update that stamps a missed deadline and counts it."""
    return both(stamped(fact), counted("breaches"))


def _missed_again(attempt: Asked) -> str:
    ref = attempt.snapshot.ref
    return f"{ref.machine} {ref.id}: a second time limit was missed"


LOOK_INTO = Send(
    "improvement_cycle",
    "open",
    cycle("review", _missed_again),
    when=lambda attempt: attempt.facts.breaches == 2,  # noqa: PLR2004 - the second one, once
    courtesy=True,
)
"""A second missed deadline of one case opens an improvement cycle."""


def dealt(kind: str) -> Send:
    """Return the message that tells the customer record of a case (DEV-010)."""
    return tell_customer("note_dealing", lambda _attempt: {"kind": kind})


def told(detail: Callable[[Asked], object]) -> Send:
    """Return the message that tells the customer record of a contact and what came of it."""
    return tell_customer("note_contact", lambda attempt: {"result": detail(attempt)})
