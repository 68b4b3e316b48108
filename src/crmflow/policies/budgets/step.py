"""One step of an entity's money, gathered part by part: what is remembered, told and raised."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from crmflow.core.journal import Effect
from crmflow.core.message import MessageKind
from crmflow.core.money import Money
from crmflow.core.policy import Evolved, Outgoing, Raised
from crmflow.core.verdict import Verdict
from crmflow.policies.budgets.ledger import LEDGER_NAME
from crmflow.policies.budgets.ledger_facts import nothing
from crmflow.policies.budgets.state import EMPTY, BudgetState, Reservation, Stage


@attrs.frozen
class Step:
    """
    What changes; each method returns the step with one thing more.

    Attributes:
        state: What is remembered by now.
        messages: What ledgers are told.
        raises: Events that follow.
        effects: Holds that end.
        verdicts: Why they end.
    """

    state: BudgetState
    messages: tuple[Outgoing, ...] = ()
    raises: tuple[Raised, ...] = ()
    effects: tuple[Effect, ...] = ()
    verdicts: tuple[Verdict, ...] = ()

    def evolved(self, before: BudgetState | None) -> Evolved | None:
        """Return it as a policy's answer, None where nothing changes."""
        if self == Step(before or EMPTY):
            return None
        state = None if self.state == EMPTY else self.state
        return Evolved(state, self.effects, self.messages, self.raises, self.verdicts)

    def told(self, event: str, to: str, **payload: object) -> Step:
        """Return the step with a message to a ledger."""
        message = Outgoing(LEDGER_NAME, event, payload, to, MessageKind.ENSURE)
        if event != "reserve":
            message = attrs.evolve(message, kind=MessageKind.FIRE)
        return attrs.evolve(self, messages=(*self.messages, message))

    def changed(
        self, chosen: Callable[[Reservation], bool], to: Callable[[Reservation], Reservation]
    ) -> Step:
        """Return the step with some reservations changed."""
        found = tuple(to(one) if chosen(one) else one for one in self.state.reservations)
        return attrs.evolve(self, state=attrs.evolve(self.state, reservations=found))

    def without(self, gone: Reservation) -> Step:
        """Return the step with a reservation forgotten."""
        found = tuple(one for one in self.state.reservations if one != gone)
        return attrs.evolve(self, state=attrs.evolve(self.state, reservations=found))

    def released(self, *gone: Reservation) -> Step:
        """Return the step with reservations given back; ledgers hear of what they may hold."""
        step = self
        for one in gone:
            step = step.without(one)
            if one.stage is not Stage.EXPIRED and nothing(one.amount.currency) < one.amount:
                step = step.told("release", one.ledger, request=one.request)
        return step

    def expired(self, one: Reservation) -> Step:
        """Return the step with a reservation given back that may still be needed."""
        step = self.changed(
            lambda other: other == one, lambda other: attrs.evolve(other, stage=Stage.EXPIRED)
        )
        return step.told("release", one.ledger, request=one.request)

    def spent(self, row: str, goal: Money | None) -> Step:
        """Return the step with what is kept for a budget spent, the rest of it given back."""
        step = self
        for one in self.state.of(row, Stage.KEPT):
            part = one.amount if goal is None else min(one.amount, goal)
            goal = None if goal is None else goal - part
            if part == nothing(part.currency):
                step = step.released(one)
            else:
                step = step.without(one).told("spend", one.ledger, request=one.request, amount=part)
        return step.released(*step.state.of(row, Stage.EXPIRED))

    def forgotten(self, event: str) -> Step:
        """Return the step with an event no longer waiting, and no refusal of it remembered."""
        waiting = tuple(one for one in self.state.waiting if one.event != event)
        refused = tuple(one for one in self.state.refused if one.event != event)
        state = attrs.evolve(self.state, waiting=waiting, refused=refused)
        return attrs.evolve(self, state=state)
