"""What a cycle's rows ask and change."""

from __future__ import annotations

from collections.abc import Callable

from crmflow.core.machine import Asked, Changes, Guard
from crmflow.core.updates import both, copied, counted
from crmflow.states.improvement_cycle.forms import Opinion
from crmflow.states.improvement_cycle.parts import Dropped, Origin


def _is_alternative(attempt: Asked) -> bool:
    return attempt.form.chosen in {one.name for one in attempt.form.alternatives}


def _tells(attempt: Asked) -> bool:
    """Say whether those who gave the need are told: a customer is, wherever it came from."""
    return attempt.facts.customer is None or attempt.form.told_by is not None


def _has_reason_to_drop(attempt: Asked) -> bool:
    """Say whether nothing speaks against the reason: needs that are marked decide it."""
    meetable = any(need.can_be_met for need in attempt.facts.needs)
    return attempt.form.dropped is not Dropped.NO_NEED_CAN_BE_MET or not meetable


SOME_CAN_BE_MET = Guard(
    lambda attempt: any(need.can_be_met for need in attempt.form.needs),
    "no_need_can_be_met", needs="form", rules="QMC-007",
)  # fmt: skip
SEVERAL = Guard(
    lambda attempt: len({one.name for one in attempt.form.alternatives}) > 1,
    "one_alternative", needs="form", rules="QMC-009",
)  # fmt: skip
CHOOSES_ONE = Guard(_is_alternative, "chosen_unknown", needs="form", rules="QMC-009")
FEASIBLE = Guard(
    lambda attempt: attempt.form.feasible and attempt.form.sustainable,
    "not_feasible", needs="form", rules="QMC-010",
)  # fmt: skip
RAN = Guard(lambda attempt: attempt.facts.evaluable, "runs_too_short", rules="QMC-014")
AGAIN = Guard(
    lambda attempt: attempt.facts.round_due or attempt.form.remains,
    "nothing_remains", needs="form", rules="QMC-023",
)  # fmt: skip
TELLS = Guard(_tells, "not_told", needs="form", rules="QMC-007 QMC-010")
HAS_REASON = Guard(_has_reason_to_drop, "a_need_can_be_met", needs="form", rules="QMC-007")


def opened(attempt: Asked) -> Changes:
    """Return the facts a cycle begins with; a customer who gave the need is thanked (AMB-56)."""
    form = attempt.form
    names = ("source", "need", "customer", "origin", "way")
    by_customer = form.source is Origin.CUSTOMER and form.customer is not None
    return {
        **{name: getattr(form, name) for name in names},
        "opened_at": attempt.at,
        "thanked_at": attempt.at if by_customer else None,
    }


def heard(attempt: Asked) -> Changes:
    """Return the opinions with one more."""
    form = attempt.form
    opinion = Opinion(form.by, form.opinion, form.origin)
    return {"opinions": (*attempt.facts.opinions, opinion)}


def tuned(attempt: Asked) -> Changes:
    """Return the changes with one more."""
    return {"changes": (*attempt.facts.changes, attempt.form)}


def ended(*names: str) -> Callable[[Asked], Changes]:
    """Return an update for the end: what is copied, and when a customer was told."""

    def update(attempt: Asked) -> Changes:
        told = attempt.form.told_by is not None
        return {**copied("told_by", *names)(attempt), "told_at": attempt.at if told else None}

    return update


def _anew(_attempt: Asked) -> Changes:
    """Return what another round begins without; opinions and changes stay."""
    empty = dict.fromkeys(("needs", "alternatives", "indicators", "measures"), ())
    gone = dict.fromkeys(("understood", "confirmed_by", "chosen", "implemented_at"))
    return {**empty, **gone, "evaluable": False, "round_due": False}


repeated = both(copied("reason"), counted("rounds"), _anew)
"""Gives what another round begins with."""
