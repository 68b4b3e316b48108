"""What follows an event: reservations asked for, kept, spent or given back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import cast

import attrs

from crmflow.core.journal import Entry
from crmflow.core.machine import KEEP
from crmflow.core.plain import plain
from crmflow.core.policy import Evolved, Occurrence, Raised
from crmflow.core.tables import Tables
from crmflow.policies.budgets.binding import Bound, View
from crmflow.policies.budgets.planning import POLICY, Need, Plan, current, plan
from crmflow.policies.budgets.rows import Over
from crmflow.policies.budgets.state import EMPTY, Borne, BudgetState, Reservation, Stage, Waiting
from crmflow.policies.budgets.step import Step

_APPLIED = (Entry.DECISION, Entry.ADOPTION)


@attrs.frozen
class Following:
    """
    What follows one event of one machine.

    Attributes:
        bounds: Its budgets as the event sees them.
        final: Names of the machine's final states.
        tables: For the company's day.
    """

    bounds: tuple[Bound, ...]
    final: frozenset[str]
    tables: Tables

    @property
    def reserving(self) -> bool:
        """Whether the event needs money; else it has nothing to do where none is remembered."""
        return any(bound.reserves for bound in self.bounds)

    def run(self, state: BudgetState | None, seen: Occurrence) -> Evolved | None:
        """Return what changes after the event."""
        if state is None and not self.reserving:
            return None
        step = Step(state or EMPTY)
        bounds = current(self.bounds, self.tables.day(seen.event.at))
        if seen.entry is Entry.HELD:
            step = self._held(step, bounds, seen)
        elif seen.entry in _APPLIED:
            step = self._applied(step, bounds, seen)
        if step.state == EMPTY:
            return step.evolved(state)
        step = _voided(step, seen)
        if seen.after.state in self.final:
            step = step.released(*step.state.reservations)
        return step.evolved(state)

    def _plan(self, step: Step, bounds: tuple[Bound, ...], seen: Occurrence, to: str) -> Plan:
        return plan(bounds, View.of(seen), to, step.state, self._day(seen))

    def _day(self, seen: Occurrence) -> date:
        return self.tables.day(seen.event.at)

    def _held(self, step: Step, bounds: tuple[Bound, ...], seen: Occurrence) -> Step:
        """Return the step with the ledgers asked, or the event raised again, reduced."""
        event, before = seen.event, seen.before
        mine = any(h.event == event.name and h.policy == POLICY for h in seen.after.holds)
        if not mine:
            return step  # another policy lets it pass first, then it is asked again
        to = before.state if seen.row is None or seen.row.to == KEEP else seen.row.to
        found = self._plan(step, bounds, seen, to)
        payload = None
        if event.form is not None:
            cuts = {name: str(most) for name, most in found.cuts.items()}
            payload = {**cast("Mapping[str, object]", plain(event.form)), **cuts}
        approved_by = () if event.cause is None else event.cause.approved_by
        step = step.forgotten(event.name)
        if not found.needs:
            raised = Raised(event.name, event.actor, payload, approved_by)
            return attrs.evolve(step, raises=(raised,))
        waiting = Waiting(event.name, event.actor, payload, approved_by)
        state = attrs.evolve(step.state, waiting=(*step.state.waiting, waiting))
        step = attrs.evolve(step, state=state)
        for need in found.needs:
            step = _asked(step, need, seen)
        return step

    def _applied(self, step: Step, bounds: tuple[Bound, ...], seen: Occurrence) -> Step:
        """Return the step with what was set aside kept, spent or given back."""
        event, before, after = seen.event, seen.before, seen.after
        bears = {bound.row.name for bound in bounds if bound.row.over is Over.BEAR}
        borne = [
            *self._plan(step, bounds, seen, after.state).borne,
            *_borne(step, event.name, bears),
        ]
        step = step.forgotten(event.name).changed(
            lambda one: one.event == event.name and one.stage is Stage.GRANTED,
            lambda one: attrs.evolve(one, stage=Stage.KEPT),
        )
        state = attrs.evolve(step.state, borne=(*step.state.borne, *borne))
        step = attrs.evolve(step, state=state)
        for bound in bounds:
            if bound.spends_into(before.state, after.state):
                step = _spent(step, bound, seen)
            elif bound.releases_into(before.state, after.state):
                kept = step.state.of(bound.row.name, Stage.KEPT, Stage.EXPIRED)
                step = step.released(*kept)
        return step


def _asked(step: Step, need: Need, seen: Occurrence) -> Step:
    """Return the step with one more ledger asked."""
    row, ref, event = need.bound.row, seen.after.ref, seen.event
    request = f"{ref.machine} {ref.id} {row.name} {seen.after.version}"
    reservation = Reservation(
        request=request,
        row=row.name,
        event=event.name,
        ledger=need.ledger,
        wanted=need.amount,
        amount=need.amount,
        field=row.field if row.over is Over.REDUCE else None,
    )
    told: dict[str, object] = {
        "request": request,
        "machine": ref.machine,
        "id": ref.id,
        "amount": need.amount,
        "limit": need.limit,
        "partial": row.over is not Over.REFUSE,
        "asked_by": event.actor.id,
    }
    until = need.bound.until(event.at)
    told |= {} if until is None else {"until": until}
    state = attrs.evolve(step.state, reservations=(*step.state.reservations, reservation))
    return attrs.evolve(step, state=state).told("reserve", need.ledger, **told)


def _borne(step: Step, event: str, bears: set[str]) -> list[Borne]:
    """Return what ledgers could not grant an event that happens all the same."""
    return [
        Borne(one.row, event, one.wanted - one.amount)
        for one in step.state.awaited(event)
        if one.row in bears and one.amount < one.wanted
    ]


def _spent(step: Step, bound: Bound, seen: Occurrence) -> Step:
    """Return the step with a budget's money spent: what the row says, else all of it."""
    kept = step.state.of(bound.row.name, Stage.KEPT)
    goal = None
    if bound.spent is not None and kept:
        goal = bound.spent.of(View.of(seen).value, kept[0].amount.currency)
    return step.spent(bound.row.name, goal)


def _voided(step: Step, seen: Occurrence) -> Step:
    """Return the step with what events waited for given back, where they wait no longer."""
    held = {hold.event for hold in seen.after.holds}
    over = [one for one in step.state.reservations if one.waits and one.event not in held]
    waiting = tuple(one for one in step.state.waiting if one.event in held)
    step = attrs.evolve(step, state=attrs.evolve(step.state, waiting=waiting))
    return step.released(*over)
