"""Grants that another entity opens and closes: a request that is an entity of its own."""

from __future__ import annotations

from crmflow.core.actor import Actor
from crmflow.core.policy import Denied, Evolved, Occurrence
from crmflow.core.ref import EntityRef
from crmflow.core.verdict import Answer, Verdict
from crmflow.policies.access.rows import Asking
from crmflow.policies.access.rules import NAME, Question, Rules, limited
from crmflow.policies.access.state import AccessState, Request


def opened(rules: Rules, state: AccessState, seen: Occurrence) -> Evolved | Denied:
    """
    Open a grant, as far as ranks and the row's longest time allow (AMB-28).

    Only a message of an entity of the machine that a row names in `through` opens one; a
    second message of that entity replaces what it opened before.

    Rules: ACC-003 ACC-004 ACC-008 ACC-010
    """
    form, at, source = seen.event.form, seen.event.at, _source(seen)
    reader = Actor(form.reader, form.roles, departments=form.departments)
    question = rules.question(seen.before, reader, at)
    row = _row(rules, question, source, unmasked=form.unmasked)
    if source is None or row is None:
        return _denied("access_not_opened_so")
    barred = tuple(limited(one) for one in rules.barred_reads(question))
    if barred:
        return Denied(barred)
    until_at = min(form.until_at, at + row.longest)
    if until_at <= at:
        return _denied("access_ends_before", row)
    name = str(source)
    grant = Request(
        name, row.name, form.reader, form.purpose, until_at, row.fields, (), row.unmasked, at,
        name, at,
    )  # fmt: skip
    kept = tuple(one for one in state.requests if one.name != name)
    return Evolved(AccessState((*kept, grant)))


def closed(state: AccessState, seen: Occurrence) -> Evolved | Denied:
    """Close what the entity that tells it has opened; what is over is closed already."""
    source = _source(seen)
    if source is None:
        return _denied("access_not_opened_so")
    name = str(source)
    return Evolved(AccessState(tuple(one for one in state.requests if one.name != name)))


def _source(seen: Occurrence) -> EntityRef | None:
    cause = seen.event.cause
    return None if cause is None else cause.source


def _row(
    rules: Rules, question: Question, source: EntityRef | None, *, unmasked: bool
) -> Asking | None:
    """Return the kind of request that an entity's machine opens, or None."""
    rows = (one.row for one in rules.askings if question.may_use(one))
    machine = "" if source is None else source.machine
    return next((row for row in rows if (row.through, row.unmasked) == (machine, unmasked)), None)


def _denied(reason: str, row: Asking | None = None) -> Denied:
    if row is None:
        return Denied((Verdict(NAME, Answer.REFUSE, reason),))
    return Denied((row.verdict(NAME, Answer.REFUSE, reason),))
