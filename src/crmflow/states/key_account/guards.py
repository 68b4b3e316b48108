"""What a key account's rows ask, change and tell."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import cast

import attrs

from crmflow.core.dealing import customer_of
from crmflow.core.machine import Asked, Changes, Guard
from crmflow.core.money import Money
from crmflow.core.satisfaction import rounded
from crmflow.core.updates import copied
from crmflow.states.key_account.facts import ServiceTime
from crmflow.states.key_account.figures import Figures
from crmflow.states.key_account.kinds import Cause

SERVICE_TIMES = "key_account.service_times"
ENDED = ("terminated", "archived", "purged", "discarded")
"""States of a customer record with which there is no business relation."""


def _in_relation(attempt: Asked) -> bool:
    record = customer_of(attempt)
    return record is None or record.state not in ENDED


def _one_currency(attempt: Asked) -> bool:
    form, goal = attempt.form, attempt.facts.execution.sales_goal
    sums = (form.sales, *(() if form.sales_before is None else (form.sales_before,)))
    return all(one.currency == goal.currency for one in sums)


def _rewards(attempt: Asked) -> bool:
    form, goals = attempt.form, attempt.facts.execution
    if not _one_currency(attempt) or form.satisfaction < goals.satisfaction_goal:
        return True
    return form.reward is not None or form.sales < goals.sales_goal


def _is_due(attempt: Asked) -> bool:
    return attempt.facts.review_due_at is not None or attempt.form.reason is not None


def _plan_follows(attempt: Asked) -> bool:
    form = attempt.form
    return form.cause is Cause.MARKET or form.plan is not None


IN_RELATION = Guard(_in_relation, "no_business_relation", rules="KAM-001")
REPORTED = Guard(
    lambda attempt: attempt.facts.needs_report is not None, "no_needs_report", rules="KAM-017"
)
NO_PROBLEM = Guard(lambda attempt: attempt.facts.problem is None, "problem_open", rules="KAM-023")
HAS_PROBLEM = Guard(
    lambda attempt: attempt.facts.problem is not None, "no_problem", rules="KAM-023"
)
IS_DUE = Guard(_is_due, "period_not_over", needs="form", rules="KAM-020")
ONE_CURRENCY = Guard(_one_currency, "other_currency", needs="form")
REWARDS = Guard(_rewards, "no_reward", needs="form", rules="KAM-037")
PLAN_FOLLOWS = Guard(_plan_follows, "no_new_plan", needs="form", rules="KAM-028")
NEW_REPORT = Guard(
    lambda attempt: attempt.form != attempt.facts.needs_report,
    "same_report", needs="form", rules="KAM-016",
)  # fmt: skip


def nominated(attempt: Asked) -> Changes:
    """Return the facts a candidate begins with."""
    figures = (field.name for field in attrs.fields(Figures))
    return copied("customer", "methods", *figures)(attempt)


def assigned(attempt: Asked) -> Changes:
    """Return who looks after it: what is approved is master data from now on (PWR-002)."""
    return copied(*(field.name for field in attrs.fields(type(attempt.form))))(attempt)


def analysed(attempt: Asked) -> Changes:
    """Return the needs analysis."""
    return {"needs_report": attempt.form, "needs_updated_at": attempt.at}


def planned(attempt: Asked) -> Changes:
    """Return the strategy, with the company's time limits in its service standard (KAM-022)."""
    times = cast("Mapping[str, str]", attempt.settings[SERVICE_TIMES])
    limits = tuple(ServiceTime(name, str(times[name])) for name in sorted(times))
    return {"plan": attempt.form, "service_times": limits}


def updated(attempt: Asked) -> Changes:
    """Return what changed in needs and market."""
    return {
        **copied("market")(attempt),
        "last_change": attempt.form.change,
        "needs_updated_at": attempt.at,
    }


def corrected(attempt: Asked) -> Changes:
    """Return that the problem is corrected, and how."""
    return {"problem": None, "correction": attempt.form.correction}


def evaluated(attempt: Asked) -> Changes:
    """Return the indicators: satisfaction, and how sales grew (ANA-008)."""
    form = attempt.form
    return {
        **copied("profit_contribution", "reason")(attempt),
        "evaluation": form,
        "sales_growth": _growth(form.sales, form.sales_before),
        "evaluations": attempt.facts.evaluations + 1,
    }


def _growth(sales: Money, before: Money | None) -> Decimal | None:
    """Return by how many percent sales grew; None where there were none before."""
    if before is None or not before.amount:
        return None
    return rounded(Fraction(sales.amount) / Fraction(before.amount) * 100 - 100)


def adjusted(attempt: Asked) -> Changes:
    """Return why the strategy is adjusted, and the plan that follows."""
    form = attempt.form
    return {
        **copied("plan")(attempt),
        "adjusted_for": form.cause,
        "last_change": form.change,
        "review_due_at": None,
    }


def carried_on(attempt: Asked) -> Changes:
    """Return that the next period begins."""
    return {**copied("reason")(attempt), "review_due_at": None}


def reanalysed(attempt: Asked) -> Changes:
    """Return the new analysis; a new strategy follows."""
    return {**analysed(attempt), "review_due_at": None}


def removed(attempt: Asked) -> Changes:
    """Return why it is off the list."""
    return {"removed_because": attempt.form.because, "reason": attempt.form.reason}


def listed(attempt: Asked) -> Changes:
    """Return what the customer record hears of an account on the list."""
    facts = attempt.facts
    return {"is_key_account": True, "grade": facts.grade, "manager": facts.manager}


def unlisted(_attempt: Asked) -> Changes:
    """Return what the customer record hears of an account off the list."""
    return {"is_key_account": False}


def was_listed(attempt: Asked) -> bool:
    """Say whether the customer record was told that it is a key account."""
    return attempt.facts.manager is not None


def need_changed(attempt: Asked) -> Changes:
    """Return what the customer record learns: its need is another one (REC-028)."""
    return {"change": attempt.form.change}


def service_given(attempt: Asked) -> Changes:
    """Return the personal service that was given (KAM-045)."""
    return {"kind": "service", "detail": attempt.form.service_given}


def has_service(attempt: Asked) -> bool:
    """Say whether there is a service to be recorded."""
    return attempt.form.service_given is not None


def improvement(attempt: Asked) -> str | None:
    """Return what is to become better, or None."""
    found: str | None = attempt.form.improvement
    return found
