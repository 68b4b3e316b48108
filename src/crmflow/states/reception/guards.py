"""What a visit's rows ask, change and tell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

import attrs

from crmflow.core.dealing import VisitorClass, approved_by
from crmflow.core.machine import Asked, Changes, Guard
from crmflow.core.numbers import number_of
from crmflow.core.updates import copied
from crmflow.states.reception.forms import Breach, BreachKind, Meal, SessionKind

STANDARDS = "reception.standards"
RESTRICTED_PLANTS = "reception.restricted_plants"


def _for(*classes: VisitorClass) -> Callable[[Callable[[Asked], bool]], Callable[[Asked], bool]]:
    """Return what makes a claim about a visit one that other classes of visitors need not meet."""

    def asked_of(claim: Callable[[Asked], bool]) -> Callable[[Asked], bool]:
        return lambda attempt: attempt.facts.visitor_class not in classes or claim(attempt)

    return asked_of


def _covers_visit(attempt: Asked) -> bool:
    form, visit_at = attempt.form, attempt.facts.visit_at
    return bool(form.valid_from <= visit_at <= form.valid_until)


def _is_valid(attempt: Asked) -> bool:
    facts = attempt.facts
    return bool(facts.valid_from <= attempt.at <= facts.valid_until)


def _is_breach(attempt: Asked) -> bool:
    permitted = attempt.facts.photography and attempt.facts.received_at is not None
    return attempt.form.kind is BreachKind.INVITATION or not permitted


@_for(VisitorClass.KEY_ACCOUNT)
def _briefed(attempt: Asked) -> bool:
    form = attempt.form
    return form.needs is not None and {one.kind for one in form.sessions} == set(SessionKind)


@_for(VisitorClass.AUTHORITY, VisitorClass.IMPORTANT)
def _guided(attempt: Asked) -> bool:
    return (attempt.form.guide or attempt.facts.guide) is not None


WILL_BE = Guard(lambda attempt: attempt.form.visit_at > attempt.at, "visit_in_past", needs="form")
TREATED_ALIKE = Guard(
    lambda attempt: attempt.form.treated_alike, "not_treated_alike", needs="form", rules="RCP-023"
)
IS_IMPORTANT = Guard(
    lambda attempt: attempt.form.visitor_class is VisitorClass.IMPORTANT,
    "not_important", needs="form", rules="RCP-005",
)  # fmt: skip
GUIDE_ASSIGNED = Guard(
    _for(VisitorClass.IMPORTANT)(lambda attempt: attempt.form.guide is not None),
    "no_guide", needs="form", rules="RCP-007",
)  # fmt: skip
BOOKED = Guard(
    _for(VisitorClass.IMPORTANT)(lambda attempt: attempt.facts.booked_at is not None),
    "not_booked", rules="RCP-005",
)  # fmt: skip
COVERS_VISIT = Guard(_covers_visit, "pass_not_for_visit", needs="form", rules="RCP-018")
TOUR_OPEN = Guard(
    lambda attempt: set(attempt.form.tour).isdisjoint(attempt.facts.closed_plants),
    "plant_closed", needs="form", rules="RCP-004",
)  # fmt: skip
SOUVENIR_FOR_EACH = Guard(
    lambda attempt: attempt.form.souvenirs >= attempt.facts.visitors,
    "too_few_souvenirs", needs="form", rules="RCP-008",
)  # fmt: skip
INFORMED = Guard(
    _for(VisitorClass.KEY_ACCOUNT)(lambda attempt: attempt.form.informed_by is not None),
    "no_information", needs="form", rules="RCP-009",
)  # fmt: skip
BRIEFED = Guard(_briefed, "not_briefed", needs="form", rules="RCP-010")
ACCOMPANIED = Guard(
    _for(VisitorClass.KEY_ACCOUNT)(lambda attempt: attempt.form.companion is not None),
    "no_companion", needs="form", rules="RCP-012",
)  # fmt: skip
FED = Guard(
    _for(VisitorClass.KEY_ACCOUNT)(lambda attempt: set(attempt.form.meals) == set(Meal)),
    "no_meals", needs="form", rules="RCP-013",
)  # fmt: skip
GUIDED = Guard(_guided, "no_guide", needs="form", rules="RCP-007 RCP-014")
WITH_OFFICIALS = Guard(lambda attempt: attempt.facts.officials, "no_officials", rules="RCP-015")
WITHOUT_OFFICIALS = Guard(
    lambda attempt: not attempt.facts.officials, "officials_come", rules="RCP-015"
)
HANDED_OVER = Guard(
    lambda attempt: attempt.form.handed_over is not None,
    "not_handed_over", needs="form", rules="RCP-015",
)  # fmt: skip
PASS_VALID = Guard(_is_valid, "pass_not_valid", rules="RCP-018")
PHOTOGRAPHY_ON_PASS = Guard(
    lambda attempt: not attempt.form.photographs or attempt.facts.photography,
    "photography_not_on_pass", needs="form", rules="RCP-021",
)  # fmt: skip
RULE_EXPLAINED = Guard(
    lambda attempt: attempt.form.rule_explained,
    "rule_not_explained", needs="form", rules="RCP-022",
)  # fmt: skip
COURTEOUS = Guard(
    lambda attempt: attempt.form.greeted and attempt.form.excused,
    "not_courteous", needs="form", rules="RCP-024 RCP-026",
)  # fmt: skip
IS_BREACH = Guard(_is_breach, "photography_permitted", needs="form", rules="RCP-020 RCP-021")


def requested(attempt: Asked) -> Changes:
    """Return the facts a visit begins with, the standard it goes by among them (RCP-027)."""
    names = ("invited_by", "group", "visitors", "purpose", "visit_at", "customer", "plants")
    standards = attempt.settings[STANDARDS]
    return {**copied(*names, "officials")(attempt), "standards": standards}


def classified(attempt: Asked) -> Changes:
    """Return the class, who permitted the invitation, and the plants that stay closed."""
    closed: tuple[str, ...] = ()
    if attempt.form.visitor_class is VisitorClass.GENERAL:
        closed = tuple(cast("Sequence[str]", attempt.settings[RESTRICTED_PLANTS]))
    return {
        **copied("visitor_class", "reason")(attempt),
        "authorised_by": approved_by(attempt),
        "closed_plants": closed,
    }


def booked(attempt: Asked) -> Changes:
    """Return the reservation."""
    changes = copied("visitors", "visit_at", "guide")(attempt)
    return {**changes, "reservation": attempt.form, "booked_at": attempt.at}


def issued(attempt: Asked) -> Changes:
    """Return the pass, and who issued it."""
    return {
        **copied("valid_from", "valid_until", "photography")(attempt),
        "pass_number": attempt.form.number or number_of(attempt.snapshot.ref, "VP"),
        "pass_issued_by": approved_by(attempt),
    }


def prepared(attempt: Asked) -> Changes:
    """Return what is ready."""
    return {**copied("guide")(attempt), "preparation": attempt.form}


def received(attempt: Asked) -> Changes:
    """Return how they were received, and who permitted photographs."""
    return {
        **copied("traits")(attempt),
        "photography": attempt.form.photographs,
        "photographs_permitted_by": approved_by(attempt),
        "received_at": attempt.at,
    }


def breached(attempt: Asked) -> Changes:
    """Return the breaches with one more."""
    breach = Breach(**attrs.asdict(attempt.form), reported_at=attempt.at)
    return {"breaches": (*attempt.facts.breaches, breach)}


def called_off(attempt: Asked) -> Changes:
    """Return why the visit does not take place; a pass lets nobody in any more."""
    withdrawn = {} if attempt.facts.pass_number is None else {"valid_until": attempt.at}
    return {**copied("reason")(attempt), **withdrawn}


def traits_known(attempt: Asked) -> bool:
    """Say whether there is something to remember."""
    return attempt.form.traits is not None


def remembered(attempt: Asked) -> Changes:
    """Return what the customer record learns: traits and personality (RCP-025)."""
    traits = attempt.form.traits
    return {"change": traits, "values": {"traits": traits}}


def ending(attempt: Asked) -> Changes:
    """Return what the expense claim hears of the end of the visit (EXP-014)."""
    facts = attempt.facts
    return {"ended_at": attempt.at, "visitor_class": facts.visitor_class}


def calling_off(attempt: Asked) -> Changes:
    """Return what the expense claim hears where the visit does not take place."""
    return {"ended_at": attempt.at, "reason": attempt.form.reason}
