"""Answers to the policy's reserved events: its timers, overrides, places in the population."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from crmflow.core.errors import did_you_mean
from crmflow.core.policy import Denied, Evolved
from crmflow.core.verdict import Answer, Verdict
from crmflow.policies.tiers import forms
from crmflow.policies.tiers.binding import Bound
from crmflow.policies.tiers.placing import POPULATION, RANK, Criteria, place
from crmflow.policies.tiers.scheme import Kind, Scheme
from crmflow.policies.tiers.standing import Override, overridden, released, settle
from crmflow.policies.tiers.step import NAME, Step

Answering = Callable[[Step], Evolved | Denied | None]
OnScheme = Callable[[Step, Bound, Criteria], Evolved | Denied | None]


def _refused(reason: str, scheme: Scheme | None = None, **values: object) -> Denied:
    if scheme is None:
        return Denied((Verdict(NAME, Answer.REFUSE, reason, values=values),))
    roles = scheme.approvers if reason == "tier_no_right" else ()
    return Denied((scheme.verdict(NAME, Answer.REFUSE, reason, roles=roles, values=values),))


def _on_scheme(answer: OnScheme) -> Answering:
    """Return what answers about the scheme an event names, or says why there is none."""

    def run(step: Step) -> Evolved | Denied | None:
        found = _named(step, step.seen.event.form.scheme)
        return found if isinstance(found, Denied) else answer(step, *found)

    return run


def _named(step: Step, name: str) -> tuple[Bound, Criteria] | Denied:
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
        if not all(step.actor.may(bound.versions[-1].scheme.placers) for bound in bounds):
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


def _override(step: Step, bound: Bound, criteria: Criteria) -> Evolved | Denied | None:
    """Set a tier against the criteria, with reason, approver and end."""
    form: forms.Overriding = step.seen.event.form
    scheme, actor = criteria.scheme, step.actor
    if not step.actor.may(scheme.approvers):
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


def _end_override(step: Step, bound: Bound, criteria: Criteria) -> Evolved | Denied | None:
    """End an override before its time."""
    standing = step.state.standing(bound.name)
    if not step.actor.may(criteria.scheme.approvers):
        return _refused("tier_no_right", criteria.scheme)
    if standing is None or standing.override is None:
        return _refused("tier_no_override", criteria.scheme)
    return step.standing_as(released(standing, step.at, criteria.scheme.keep)).anew([bound])


def _place(step: Step, bound: Bound, criteria: Criteria) -> Evolved | Denied | None:
    """Take over a place in the population."""
    form: forms.PopulationPlace = step.seen.event.form
    scheme, before = criteria.scheme, step.state.standing(bound.name)
    if not step.actor.may(scheme.placers):
        return _refused("tier_no_right", scheme)
    if scheme.kind is not Kind.SHARES:
        return _refused("tier_no_population", scheme)
    if form.rank > form.population:
        return _refused("tier_rank", scheme, rank=form.rank, population=form.population)
    metrics = {RANK: Decimal(form.rank), POPULATION: Decimal(form.population)}
    placement = place(criteria, metrics, None if before is None else before.tier)
    until = bound.grace_until(criteria, step.at)
    return step.answer({bound.name: settle(before, criteria, placement, metrics, step.at, until)})


ANSWERS: Mapping[str, Answering] = {
    forms.TICK: _tick,
    forms.OVERRIDE: _on_scheme(_override),
    forms.END_OVERRIDE: _on_scheme(_end_override),
    forms.PLACE: _on_scheme(_place),
}
"""What answers each reserved event."""
