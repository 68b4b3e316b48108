"""What an alert's rows ask, change and tell."""

from __future__ import annotations

import attrs

from crmflow.core.link import Link
from crmflow.core.machine import Asked, Changes, Guard
from crmflow.core.timer import Until
from crmflow.core.updates import copied
from crmflow.states.power.alert import forms as f
from crmflow.states.power.readings import KINDS, AlertKind

MANAGER, INSIDE, BRIGADE = "key_account_manager", "power_inside", "inspection_brigade"
HANDLERS = {
    AlertKind.SUPPLY_FAULT: "repair_crew",
    AlertKind.METER_FAULT: "metering",
    AlertKind.ABNORMAL_USE: BRIGADE,
    AlertKind.OVER_LIMIT: MANAGER,
}
"""Who works on which kind of alert (PWR-006, PWR-013, PWR-021, PWR-026)."""


def _record(attempt: Asked) -> Link | None:
    """Return the large customer's record as last heard of, or None."""
    links = attempt.linked("record")
    return links[-1] if links else None


def _repair_plan(attempt: Asked) -> str | None:
    record, given = _record(attempt), attempt.form.repair_plan
    known = None if record is None else record.facts.get("repair_plan")
    return given or (None if known is None else str(known))


def _is_done(attempt: Asked) -> bool:
    """Say whether all is done that an alert of its kind asks for."""
    form, facts = attempt.form, attempt.facts
    if facts.kind is AlertKind.SUPPLY_FAULT:
        return facts.dispatched_at is not None and form.repaired
    if facts.kind is AlertKind.METER_FAULT:
        return form.metering_report is not None
    return form.cleared_with is not None


def _finding_fits(attempt: Asked) -> bool:
    return KINDS.get(attempt.form.finding, attempt.form.kind) is attempt.form.kind


MONITORED = Guard(
    lambda attempt: attempt.form.source is not f.Source.CUSTOMER_REPORT,
    "not_monitored", needs="form", rules="PWR-016 PWR-043",
)  # fmt: skip
FINDING_FITS = Guard(_finding_fits, "finding_of_other_kind", needs="form", rules="PWR-021")
PLAN_LOOKED_UP = Guard(
    lambda attempt: _repair_plan(attempt) is not None,
    "no_repair_plan", needs="form", rules="PWR-034",
)  # fmt: skip
IS_DONE = Guard(_is_done, "not_all_done", needs="form", rules="PWR-026 PWR-051")
COUNTED = Guard(
    lambda attempt: (
        attempt.facts.kind is not AlertKind.ABNORMAL_USE or attempt.actor.may((BRIGADE,))
    ),
    "not_the_brigade", rules="PWR-013", roles=BRIGADE,
)  # fmt: skip


def detected(attempt: Asked) -> Changes:
    """Return the facts an alert begins with, highest and lowest load among them."""
    form = attempt.form
    loads = [one.kw for one in form.curve]
    ends = {"highest_kw": max(loads), "lowest_kw": min(loads)} if loads else {}
    names = (field.name for field in attrs.fields(f.Detection))
    return {**copied(*names)(attempt), **ends, "detected_at": attempt.at}


def dispatched(attempt: Asked) -> Changes:
    """Return who was sent, with the repair plan that was looked up."""
    return {
        "crew": attempt.form.crew,
        "repair_plan": _repair_plan(attempt),
        "dispatched_at": attempt.at,
    }


def handler(attempt: Asked) -> str:
    """Return the role that works on an alert of its kind."""
    return HANDLERS[attempt.facts.kind]


def at_once(attempt: Asked) -> Until | None:
    """Return that a fault of the supply is told at once; the rest is looked at first (PWR-021)."""
    return Until(attempt.at) if attempt.form.kind is AlertKind.SUPPLY_FAULT else None


def closer(attempt: Asked) -> str:
    """Return the role that closes an alert: abnormal use the brigade, which counts it (PWR-013)."""
    return BRIGADE if attempt.facts.kind is AlertKind.ABNORMAL_USE else MANAGER
