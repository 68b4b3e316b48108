"""What a revisit's rows ask, change and tell."""

from __future__ import annotations

from datetime import datetime

from crmflow.core.actor import SYSTEM
from crmflow.core.dealing import customer_of
from crmflow.core.machine import Asked, Changes, Guard
from crmflow.core.timer import Duration, Until
from crmflow.core.updates import copied
from crmflow.states.revisit.forms import Basis, RevisitKind

CALL_BACK = "call_back"
BASES = {
    RevisitKind.PHONE: (Basis.REGULAR,),
    RevisitKind.ON_SITE: (Basis.STRATEGIC_CUSTOMER, Basis.KEY_PROJECT),
    RevisitKind.FACE_TO_FACE: (Basis.REGULAR, Basis.SPECIAL_PRODUCT),
}
"""What each kind may be based on, the first where nothing is said (REV-005, REV-009)."""


def _basis(attempt: Asked) -> Basis:
    form = attempt.form
    return form.basis or BASES[form.kind][0]


def _has_basis(attempt: Asked) -> bool:
    form, basis = attempt.form, _basis(attempt)
    named = {Basis.KEY_PROJECT: form.project, Basis.SPECIAL_PRODUCT: form.product}
    return basis in BASES[form.kind] and named.get(basis, form.kind) is not None


def _is_still_strategic(attempt: Asked) -> bool:
    """Say whether nothing speaks against visiting on site: records may not have told yet."""
    link = customer_of(attempt)
    if attempt.facts.basis is not Basis.STRATEGIC_CUSTOMER or link is None:
        return True
    return link.facts.get("tier") in (None, "strategic")


def _has_material(attempt: Asked) -> bool:
    form = attempt.form
    on_site = attempt.facts.kind is RevisitKind.ON_SITE
    return not on_site or None not in (form.cooperation_summary, form.next_steps)


def _is_as_agreed(attempt: Asked) -> bool:
    form, facts = attempt.form, attempt.facts
    if facts.kind is RevisitKind.PHONE:
        return True
    # Whoever was adopted may have agreed on nothing.
    in_time = facts.meet_at is not None and (form.happened_at or attempt.at) <= facts.meet_at
    return form.place == facts.place and (in_time or form.reason is not None)


def _is_complete(attempt: Asked) -> bool:
    form = attempt.form
    if attempt.facts.kind is RevisitKind.PHONE:
        return None not in (form.person, form.details)
    return None not in (form.needs, form.opinions)


def _ends_after_start(attempt: Asked) -> bool:
    ended_at: datetime = attempt.form.happened_at or attempt.at
    began: bool = ended_at >= attempt.facts.started_at
    return began


def _is_returned(attempt: Asked) -> bool:
    form = attempt.form
    if form.exception:
        return form.reason is not None
    return set(attempt.facts.company_material) <= {*attempt.facts.returned, *form.returned}


HAS_BASIS = Guard(_has_basis, "no_basis", needs="form", rules="REV-005 REV-009")
STILL_STRATEGIC = Guard(_is_still_strategic, "not_strategic", rules="REV-005")
IS_CALL = Guard(lambda attempt: attempt.facts.kind is RevisitKind.PHONE, "not_a_call")
IS_VISIT = Guard(lambda attempt: attempt.facts.kind is not RevisitKind.PHONE, "not_a_visit")
IS_ON_SITE = Guard(lambda attempt: attempt.facts.kind is RevisitKind.ON_SITE, "not_on_site")
FITS = Guard(
    lambda attempt: attempt.form.fits_customer, "does_not_fit", needs="form", rules="REV-015"
)
HAS_MATERIAL = Guard(_has_material, "material_incomplete", needs="form", rules="REV-007")
AS_AGREED = Guard(_is_as_agreed, "not_as_agreed", needs="form", rules="REV-017")
COMPLETE = Guard(_is_complete, "record_incomplete", needs="form", rules="REV-004 REV-018")
AFTER_START = Guard(_ends_after_start, "ended_before_start", needs="form", rules="REV-003")
ASKED_SATISFACTION = Guard(
    lambda attempt: attempt.facts.purpose != CALL_BACK or attempt.form.satisfied is not None,
    "satisfaction_not_asked", needs="form", rules="CMP-034",
)  # fmt: skip
NOT_THANKED = Guard(lambda attempt: attempt.facts.thanked_at is None, "already_thanked")
THANKED = Guard(
    lambda attempt: (
        attempt.facts.kind is not RevisitKind.ON_SITE or attempt.facts.thanked_at is not None
    ),
    "not_thanked", rules="REV-008",
)  # fmt: skip
ANSWERED = Guard(
    lambda attempt: attempt.facts.opinions is None or attempt.form.answer is not None,
    "not_answered", needs="form", rules="REV-030",
)  # fmt: skip
OWES_MATERIAL = Guard(lambda attempt: not attempt.facts.material_settled, "nothing_to_return")
RETURNED = Guard(_is_returned, "not_returned", needs="form", rules="REV-019 REV-020")
SETTLED = Guard(lambda attempt: attempt.facts.material_settled, "material_open", rules="REV-019")


def listed(attempt: Asked) -> Changes:
    """Return the facts a revisit begins with."""
    form, actor = attempt.form, attempt.actor
    names = ("customer", "kind", "purpose", "project", "product", "origin", "due_at")
    return {
        **{name: getattr(form, name) for name in names},
        "basis": _basis(attempt),
        "listed_by": None if actor is SYSTEM else actor.id,
    }


def outlined(attempt: Asked) -> Changes:
    """Return the outline of a call."""
    form = attempt.form
    return {"outline": f"{form.cooperation_experience}\n{form.changed_needs}"}


def prepared(attempt: Asked) -> Changes:
    """Return the material of a visit; what is taken along has to come back."""
    names = ("basics", "service_records", "consumption_traits", "cooperation_summary")
    taken = attempt.form.company_material
    return {
        **copied(*names, "next_steps")(attempt),
        "company_material": taken,
        "material_settled": not taken,
    }


def rescheduled(attempt: Asked) -> Changes:
    """Return that a new appointment is needed."""
    over = {"meet_at": None, "place": None, "agreed_with": None, "started_at": None}
    return {**copied("reason")(attempt), **over, "material_settled": True}


def started(attempt: Asked) -> Changes:
    """Return when it began."""
    return {"started_at": attempt.form.happened_at or attempt.at}


def recorded(attempt: Asked) -> Changes:
    """Return the record, and how long a call lasted (REV-003)."""
    facts = attempt.facts
    ended_at = attempt.form.happened_at or attempt.at
    length = ended_at - facts.started_at if facts.kind is RevisitKind.PHONE else None
    names = ("result", "person", "details", "needs", "opinions", "satisfied")
    return {**copied(*names)(attempt), "ended_at": ended_at, "call_length": length}


def returned(attempt: Asked) -> Changes:
    """Return what was handed back, or why something is not."""
    form, facts = attempt.form, attempt.facts
    return {
        "returned": (*facts.returned, *form.returned),
        "kept_because": form.reason if form.exception else None,
        "material_settled": True,
    }


def reminded_at(attempt: Asked) -> Duration | None:
    """Return when people are reminded: at the appointment, else as planned, else when due."""
    facts = attempt.facts
    at = facts.meet_at or facts.planned_at or facts.due_at
    return None if at is None else Until(max(at, attempt.at))
