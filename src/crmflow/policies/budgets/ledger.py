"""
Ledger (预算台账): what there is to spend in one scope, a department's month for one.

Its id is text made from the scope, `reception:2026-03:sales`. Events that need money reserve
it here first; what is reserved ends by being spent or released by who reserved it. A ledger
only reminds of what was reserved for too long: it never takes back by itself what may have
been spent meanwhile. So reserved and spent together never exceed the limit.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import attrs

from crmflow.core.machine import KEEP, Asked, Changes, Guard, Kind, Machine, Row, Start, State
from crmflow.core.money import Money
from crmflow.core.ref import UNBORN
from crmflow.core.timer import Until
from crmflow.core.updates import copied
from crmflow.policies.budgets.ledger_facts import (
    Adjust,
    LedgerFacts,
    Release,
    Reserve,
    Reserved,
    Spend,
    grant,
    nothing,
)

LEDGER_NAME = "ledger"
EXPIRY = "expiry"


class LedgerState(StrEnum):
    """Where a ledger is; it has no end, what was spent stays readable."""

    OPEN = "open"


def _grants(attempt: Asked) -> bool:
    granted = grant(attempt.facts, attempt.form)
    return granted is not None and nothing(granted.currency) < granted


def _covers(attempt: Asked) -> bool:
    entry = attempt.facts.entry(attempt.form.request)
    same = entry is not None and entry.amount.currency == attempt.form.amount.currency
    return same and nothing(entry.amount.currency) <= attempt.form.amount <= entry.amount


def _limit_covers(attempt: Asked) -> bool:
    committed, limit = attempt.facts.committed, attempt.form.limit
    # Another currency is the other guard's to tell.
    covers: bool = committed.currency != limit.currency or committed <= limit
    return covers


GRANTS = Guard(_grants, "budget_exceeded", needs="form", rules="EXP-008")
COVERS = Guard(_covers, "not_reserved", needs="form")
HAS_ENTRY = Guard(
    lambda attempt: attempt.facts.entry(attempt.form.request) is not None,
    "not_reserved", needs="form",
)  # fmt: skip
SAME_CURRENCY = Guard(
    lambda attempt: attempt.form.limit.currency == attempt.facts.limit.currency,
    "currency_differs", needs="form",
)  # fmt: skip
LIMIT_COVERS = Guard(_limit_covers, "limit_below_committed", needs="form")


def _entry(attempt: Asked) -> Reserved:
    form: Reserve = attempt.form
    amount = grant(attempt.facts, form) or nothing(form.amount.currency)
    return Reserved(form.request, form.machine, form.id, amount, form.until)


def opened(attempt: Asked) -> Changes:
    """Return the facts a ledger begins with, where it denies its first request."""
    limit: Money = attempt.form.limit
    return {"limit": limit, "spent": nothing(limit.currency)}


def opened_with(attempt: Asked) -> Changes:
    """Return the facts a ledger begins with, its first request granted."""
    return {**opened(attempt), "reserved": (_entry(attempt),)}


def reserved(attempt: Asked) -> Changes:
    """Return what is set aside with one more."""
    return {"reserved": (*attempt.facts.reserved, _entry(attempt))}


def released(attempt: Asked) -> Changes:
    """Return what is set aside without that of a request."""
    kept = (one for one in attempt.facts.reserved if one.request != attempt.form.request)
    return {"reserved": tuple(kept)}


def spent(attempt: Asked) -> Changes:
    """Return what is spent, with that of a request, and what stays set aside."""
    return {**released(attempt), "spent": attempt.facts.spent + attempt.form.amount}


def due(facts: LedgerFacts, at: datetime) -> tuple[Reserved, ...]:
    """Return what was set aside until an instant or before."""
    return tuple(one for one in facts.reserved if one.until is not None and one.until <= at)


def reminded(attempt: Asked) -> Changes:
    """Return what is set aside, those that are due reminded once."""
    over = due(attempt.facts, attempt.at)
    kept = (attrs.evolve(one, until=None) if one in over else one for one in attempt.facts.reserved)
    return {"reserved": tuple(kept)}


def _next(attempt: Asked) -> Until | None:
    instants = [one.until for one in attempt.facts.reserved if one.until is not None]
    return Until(min(instants)) if instants else None


_TIMER = (Start(EXPIRY, "expire", after=_next),)

LEDGER = Machine(
    LEDGER_NAME,
    LedgerFacts,
    zh="预算台账",
    en="budget ledger",
    serves="budgets",
    states=(
        State(LedgerState.OPEN, "启用", "open", Kind.INITIAL, requires=("limit", "spent")),
    ),
    rows=(
        Row(
            UNBORN, "reserve", LedgerState.OPEN, form=Reserve, who="system",
            guards=(GRANTS,), sets=opened_with, start=_TIMER, rules="EXP-008",
        ),
        Row(UNBORN, "reserve", LedgerState.OPEN, form=Reserve, who="system", sets=opened),
        Row(
            LedgerState.OPEN, "reserve", KEEP, form=Reserve, who="system",
            guards=(GRANTS,), sets=reserved, stop=EXPIRY, start=_TIMER, rules="EXP-008",
        ),
        Row(LedgerState.OPEN, "reserve", KEEP, form=Reserve, who="system"),
        Row(
            LedgerState.OPEN, "spend", KEEP, form=Spend, who="system",
            guards=(COVERS,), sets=spent, stop=EXPIRY, start=_TIMER, rules="EXP-008",
        ),
        Row(
            LedgerState.OPEN, "release", KEEP, form=Release, who="system",
            guards=(HAS_ENTRY,), sets=released, stop=EXPIRY, start=_TIMER,
        ),
        # What was denied, or is over already, has nothing to release.
        Row(LedgerState.OPEN, "release", KEEP, form=Release, who="system"),
        Row(
            LedgerState.OPEN, "expire", KEEP, who="system",
            sets=reminded, stop=EXPIRY, start=_TIMER,
        ),
        Row(
            LedgerState.OPEN, "adjust", KEEP, form=Adjust, who="finance_manager",
            guards=(SAME_CURRENCY, LIMIT_COVERS), sets=copied("limit"),
            rules="EXP-008 EXP-009",
        ),
    ),
)  # fmt: skip
"""The machine `ledger`."""
