"""A small machine that has a bit of everything, and short ways to fire its events."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import attrs

from crmflow.core.actor import Actor
from crmflow.core.claim import Claim
from crmflow.core.compiled import Compiled, compile_machine
from crmflow.core.decision import Decision, decide
from crmflow.core.entity import Snapshot
from crmflow.core.event import Attempt, Cause, Event
from crmflow.core.form import Text
from crmflow.core.journal import unborn
from crmflow.core.judging import BoundJudge, judge
from crmflow.core.machine import (
    ANY,
    KEEP,
    Asked,
    Changes,
    Guard,
    Kind,
    Machine,
    Open,
    Row,
    Send,
    Start,
    State,
)
from crmflow.core.proposal import propose
from crmflow.core.ref import UNBORN, EntityRef
from crmflow.core.refusal import Refusal
from crmflow.core.timer import Elapsed
from crmflow.core.updates import both, copied
from crmflow.core.verdict import Answer, Verdict

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
REF = EntityRef("acme", "ticket", "T-1")
DEAL = EntityRef("acme", "deal", "D-1")
CLERK = Actor("clerk-1", {"customer_service"})
GUEST = Actor("guest-1")


@attrs.frozen
class Ticket:
    """What is known of a ticket."""

    customer: str
    urgent: bool = False
    problem: str | None = None
    notes: int = 0


@attrs.frozen
class Opening:
    """What opens a ticket."""

    customer: Text
    urgent: bool = False


@attrs.frozen
class Note:
    """What is noted."""

    problem: Text | None = None


@attrs.frozen
class Solution:
    """What solves a ticket."""

    sure: bool


def _is_urgent(attempt: Asked) -> bool:
    return bool(attempt.facts.urgent)


def _has_problem(attempt: Asked) -> bool:
    return attempt.facts.problem is not None


def _is_sure(attempt: Asked) -> bool:
    return bool(attempt.form.sure)


def _one_more(attempt: Asked) -> Changes:
    return {"notes": attempt.facts.notes + 1}


def _customer_id(attempt: Asked) -> str:
    return str(attempt.facts.customer)


def _told(attempt: Asked) -> Changes:
    return {"customer": attempt.facts.customer}


def _named(attempt: Asked) -> tuple[Claim, ...]:
    return (Claim("ticket_customer", attempt.facts.customer),)


URGENT = Guard(_is_urgent, "not_urgent", roles="supervisor")
KNOWN = Guard(_has_problem, "no_problem", rules="TCK-002")
SURE = Guard(_is_sure, "not_sure", needs="form")

TICKET = Machine(
    "ticket",
    Ticket,
    (
        State("received", "已收到", "Received", Kind.INITIAL),
        State("waiting", "等待客户", "Waiting for the customer", Kind.WAITING),
        State("solved", "已解决", "Solved", requires=("problem",)),
        State("closed", "已关闭", "Closed", Kind.FINAL),
    ),
    (
        Row(
            UNBORN, "open", "received", form=Opening, sets=copied("customer", "urgent"),
            start=(Start("answer_due", "remind", Elapsed(48 * HOUR)),),
            tasks=(Open("answer", "customer_service", timer="answer_due"),),
            claims=_named, rules="TCK-001",
        ),
        Row(ANY, "note", KEEP, form=Note, sets=both(_one_more, copied("problem"))),
        Row("received", "ask", "waiting", who="customer_service", rules="TCK-003"),
        Row("received", "ask", "waiting", guards=(URGENT,)),
        Row("waiting", "answer", "received"),
        Row(
            ("received", "waiting"), "solve", "solved", form=Solution, who="customer_service",
            guards=(KNOWN, SURE), stop="answer_due", done="answer", rules="TCK-002",
            send=(
                Send("survey", "open", _told, link="survey"),
                Send("deal", "note", _told, to=lambda _attempt: None),
                Send("deal", "hurry", _told, to=_customer_id, when=_is_urgent),
                Send("deal", "advance", _told, to=_customer_id),
            ),
        ),
        Row("solved", "close", "closed", send=(Send("deal", "end", _told, to=_customer_id),)),
        Row(
            ANY, "remind", KEEP, who="system",
            start=(
                Start(
                    "answer_due", "remind",
                    lambda attempt: Elapsed(HOUR) if attempt.facts.urgent else None,
                    since=lambda attempt: attempt.snapshot.entered_at,
                ),
            ),
            tasks=(Open("call", lambda a: "supervisor" if a.facts.urgent else "clerk"),),
        ),
        Row(ANY, "withdraw", "closed"),
    ),
    zh="工单",
    en="ticket",
    shares="customer notes",
)  # fmt: skip

COMPILED = compile_machine(TICKET, policies="p1")


def asked(
    name: str,
    form: object = None,
    actor: Actor = CLERK,
    at: datetime = AT,
    cause: Cause | None = None,
) -> Event[object]:
    """Return an event of the sample."""
    return Event(name, actor, at, form, cause=cause)


def attempt(snapshot: Snapshot[Ticket], event: Event[object]) -> Asked:
    """Return what a guard sees."""
    return Attempt(snapshot, event, {}, snapshot.facts)


def fire(
    snapshot: Snapshot[Ticket],
    event: Event[object],
    *judges: BoundJudge,
    compiled: Compiled = COMPILED,
) -> Decision:
    """Return the decision on an event: propose, judge, decide."""
    proposal = propose(compiled, snapshot, event)
    if isinstance(proposal, Refusal):
        return Decision(event, snapshot, refusal=proposal)
    return decide(compiled, proposal, judge(judges, proposal))


def opened(cause: Cause | None = None, *, urgent: bool = False) -> Decision:
    """Return the decision that opens a ticket."""
    return fire(unborn(REF, AT), asked("open", Opening("C-1", urgent), cause=cause))


def received(*, urgent: bool = False) -> Snapshot[Ticket]:
    """Return an open ticket."""
    return opened(urgent=urgent).snapshot


def says(answer: Answer, policy: str = "approvals", reason: str = "too_much") -> BoundJudge:
    """Return a judge that always gives one answer."""
    return BoundJudge(policy, lambda _before, _proposal: Verdict(policy, answer, reason))
