"""Answers to the policy's reserved events: its timers, overrides, places in the population."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from crmflow.core.actor import SYSTEM
from crmflow.core.errors import did_you_mean
from crmflow.core.policy import Denied, Evolved
from crmflow.core.verdict import Answer, Verdict
from crmflow.policies.tiers import forms
from crmflow.policies.tiers.binding import Bound
from crmflow.policies.tiers.placing import POPULATION, RANK, Criteria, place
from crmflow.policies.tiers.scheme import Kind, Scheme
from crmflow.policies.tiers.standing import Override, overridden, released, settle
from crmflow.policies.tiers.step import NAME, Step


def _refused(reason: str, scheme: Scheme | None = None, **values: object) -> Denied:
    if scheme is None:
        return Denied((Verdict(NAME, Answer.REFUSE, reason, values=values),))
    roles = scheme.approvers if reason == "tier_no_right" else ()
    return Denied((scheme.verdict(NAME, Answer.REFUSE, reason, roles=roles, values=values),))


def _may(step: Step, roles: tuple[str, ...]) -> bool:
    actor = step.seen.event.actor
    return actor == SYSTEM or not actor.roles.isdisjoint(roles)


def _asked(step: Step, name: str) -> tuple[Bound, Criteria] | Denied:
    """Return the scheme that an event names, or why there is none to speak of."""
    bound = step.binding.schemes.get(name)
    if bound is None:
        hint = did_you_mean(name, step.binding.schemes)
        return _refused("tier_no_scheme", scheme=None, name=name, hint=hint)
    criteria = bound.current(step.binding.tables.day(step.at))
    if criteria is None:
        return _refused("tier_not_in_force", bound.versions[-1].scheme)
    if step.seen.after.facts is None or step.seen.after.state in step.binding.finals:
        return _refused("tier_at_rest", criteria.scheme)
    return bound, criteria


def _tick(step: Step) -> Evolved | Denied | None:
    """Place anew in the scheme of the timer; asked by a person, in all of them."""
    name, bounds = step.seen.event.timer, list(step.binding.schemes.values())
    if name is None:
        if not all(_may(step, bound.versions[-1].scheme.placers) for bound in bounds):
            return _refused("tier_no_right", bounds[0].versions[-1].scheme)
        return step.anew(bounds)
    _, scheme, what = name.split(":")
    bound = step.binding.schemes.get(scheme)
    if bound is None:  # the table no longer has it
        return step.answer({})
    standing = step.state.standing(scheme)
    if what == "override" and standing is not None:
        freed = released(standing, step.at, bound.versions[-1].scheme.keep)
        step = step.standing_as(freed)
    return step.anew([bound])


def _override(step: Step) -> Evolved | Denied | None:
    """Set a tier against the criteria, with reason, approver and end."""
    form: forms.Overriding = step.seen.event.form
    found = _asked(step, form.scheme)
    if isinstance(found, Denied):
        return found
    bound, criteria = found
    scheme, actor = criteria.scheme, step.seen.event.actor
    if not _may(step, scheme.approvers):
        return _refused("tier_no_right", scheme)
    if form.asked_by == actor.id:
        return _refused("tier_own_request", scheme)
    if form.tier not in scheme.names:
        return _refused("tier_unknown", scheme, hint=did_you_mean(form.tier, scheme.names))
    if form.until <= step.at:
        return _refused("tier_ended_already", scheme, until=form.until.isoformat())
    override = Override(form.tier, form.reason, actor.id, step.at, form.until, form.asked_by)
    before = step.state.standing(bound.name) or step.placed(bound)
    assert before is not None, "its scheme counts today"  # noqa: S101 - what must hold
    return step.answer({bound.name: overridden(before, override, scheme.keep)})


def _end_override(step: Step) -> Evolved | Denied | None:
    """End an override before its time."""
    form: forms.EndingOverride = step.seen.event.form
    found = _asked(step, form.scheme)
    if isinstance(found, Denied):
        return found
    bound, criteria = found
    standing = step.state.standing(bound.name)
    if not _may(step, criteria.scheme.approvers):
        return _refused("tier_no_right", criteria.scheme)
    if standing is None or standing.override is None:
        return _refused("tier_no_override", criteria.scheme)
    return step.standing_as(released(standing, step.at, criteria.scheme.keep)).anew([bound])


def _place(step: Step) -> Evolved | Denied | None:
    """Take over a place in the population."""
    form: forms.PopulationPlace = step.seen.event.form
    found = _asked(step, form.scheme)
    if isinstance(found, Denied):
        return found
    bound, criteria = found
    scheme, before = criteria.scheme, step.state.standing(bound.name)
    if not _may(step, scheme.placers):
        return _refused("tier_no_right", scheme)
    if scheme.kind is not Kind.SHARES:
        return _refused("tier_no_population", scheme)
    if form.rank > form.population:
        return _refused("tier_rank", scheme, rank=form.rank, population=form.population)
    metrics = {RANK: Decimal(form.rank), POPULATION: Decimal(form.population)}
    placement = place(criteria, metrics, None if before is None else before.tier)
    until = bound.grace_until(criteria, step.at)
    return step.answer({bound.name: settle(before, criteria, placement, metrics, step.at, until)})


ANSWERS: Mapping[str, Callable[[Step], Evolved | Denied | None]] = {
    forms.TICK: _tick,
    forms.OVERRIDE: _override,
    forms.END_OVERRIDE: _end_override,
    forms.PLACE: _place,
}
"""What answers each reserved event."""
