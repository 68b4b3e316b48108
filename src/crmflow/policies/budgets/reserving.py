"""
The policy that holds an event until the money for it is set aside.

It asks the ledgers, raises the event once all have granted, drops it when one denies, and
says to each ledger in the end what was spent and what was not. It alone ends a reservation,
so a ledger never gives away what is being spent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from crmflow.core.entity import Snapshot
from crmflow.core.journal import Drop
from crmflow.core.machine import Machine
from crmflow.core.money import Money
from crmflow.core.policy import Denied, Evolve, Evolved, FirstShape, Line, Occurrence, Raised
from crmflow.core.tables import Tables
from crmflow.core.verdict import Answer, Verdict
from crmflow.policies.budgets.answering import BUDGET, Answered
from crmflow.policies.budgets.binding import bind
from crmflow.policies.budgets.following import Following
from crmflow.policies.budgets.ledger import LEDGER_NAME
from crmflow.policies.budgets.ledger_facts import nothing
from crmflow.policies.budgets.planning import POLICY
from crmflow.policies.budgets.rows import Budget
from crmflow.policies.budgets.state import EMPTY, BudgetState, Refused, Reservation, Stage
from crmflow.policies.budgets.step import Step


@attrs.frozen
class Reserving(FirstShape):
    """The policy of one machine that has budgets."""

    machine: Machine
    rows: tuple[Budget, ...]
    tables: Tables
    name: str = POLICY
    state: type = BudgetState
    reserved: Mapping[str, type | None] = attrs.field(factory=lambda: {BUDGET: Answered})

    def evolve_for(self, event: str) -> Evolve | None:
        """Return what follows an event: every one may end a hold or a life."""
        if event == BUDGET:
            return self._answered
        bounds = tuple(bind(row, self.machine, event, self.tables) for row in self.rows)
        return Following(bounds, self.machine.final, self.tables).run

    def _answered(self, state: BudgetState | None, seen: Occurrence) -> Evolved | Denied | None:
        """Return what follows the answer of a ledger."""
        answer: Answered = seen.event.form
        cause, known = seen.event.cause, state or EMPTY
        source = None if cause is None else cause.source
        if source is None or source.machine != LEDGER_NAME:
            return Denied((Verdict(POLICY, Answer.REFUSE, "budget_not_a_ledger"),))
        asked = next((r for r in known.reservations if r.request == answer.request), None)
        if asked is None or asked.ledger != source.id:
            return None  # the event was voided meanwhile, and the amount given back
        if answer.granted is not None and not _useless(asked, answer.granted):
            return _granted(Step(known), asked, answer.granted).evolved(state)
        if not asked.waits:
            return Step(known).expired(asked).evolved(state)
        if any(hold.event == asked.event and hold.policy == POLICY for hold in seen.before.holds):
            return self._denied(Step(known), asked, answer, seen).evolved(state)
        # Another policy holds the event by now: it is asked for anew once that lets it pass.
        return Step(known).released(asked).evolved(state)

    def _denied(self, step: Step, asked: Reservation, answer: Answered, seen: Occurrence) -> Step:
        """Return the step with a held event ended, and all that was set aside for it given back."""
        reason = answer.reason or "budget_exceeded"
        row = next((row for row in self.rows if row.name == asked.row), None)
        told = {"amount": asked.wanted, "available": answer.available, "ledger": asked.ledger}
        verdict = Verdict(
            POLICY, Answer.REFUSE, reason, asked.row,
            "" if row is None else row.version, () if row is None else row.rules,
            "finance_manager",
            values={name: str(value) for name, value in told.items() if value is not None},
        )  # fmt: skip
        awaited = (one for one in step.state.awaited(asked.event) if one != asked)
        kept = asked.stage is Stage.GRANTED
        step = step.released(asked) if kept else step.without(asked)
        step = step.released(*awaited).forgotten(asked.event)
        why = Refused(asked.event, asked.row, reason, seen.event.at, answer.available)
        state = attrs.evolve(step.state, refused=(*step.state.refused, why))
        hold = Drop("holds", asked.event)
        return attrs.evolve(step, state=state, effects=(hold,), verdicts=(verdict,))

    def explain(self, state: BudgetState | None, snapshot: Snapshot[Any]) -> Iterable[Line]:
        """Yield what is set aside, awaited, borne, and why an event came to nothing."""
        known = state or EMPTY
        rules = {row.name: (row.rules, row.edition) for row in self.rows}
        for one in known.reservations:
            told = {"amount": one.amount, "ledger": one.ledger, "event": one.event}
            yield Line(f"budget_{one.stage}", told, *rules.get(one.row, ((), one.row)))
        for borne in known.borne:
            told = {"amount": borne.amount, "event": borne.event}
            yield Line("budget_borne", told, *rules.get(borne.row, ((), borne.row)))
        for refused in known.refused:
            given: dict[str, object] = {"event": refused.event, "at": refused.at}
            given["available"] = "" if refused.available is None else refused.available
            yield Line(
                f"refused_{refused.reason}", given, *rules.get(refused.row, ((), refused.row))
            )


def _useless(asked: Reservation, granted: Money) -> bool:
    """Say whether a grant is none: nothing, where the event is to be reduced to it."""
    return asked.field is not None and granted == nothing(granted.currency)


def _granted(step: Step, asked: Reservation, granted: Money) -> Step:
    """Return the step with one more grant, and the event raised once all are there."""
    step = step.changed(
        lambda one: one == asked,
        lambda one: attrs.evolve(one, amount=granted, stage=Stage.GRANTED),
    )
    awaited = step.state.awaited(asked.event)
    if any(one.stage is Stage.ASKED for one in awaited):
        return step
    waiting = next(one for one in step.state.waiting if one.event == asked.event)
    payload = _reduced(waiting.payload, awaited)
    raised = Raised(waiting.event, waiting.actor, payload, waiting.approved_by)
    return attrs.evolve(step.forgotten(asked.event), raises=(raised,))


def _reduced(
    payload: Mapping[str, object] | None, granted: Iterable[Reservation]
) -> Mapping[str, object] | None:
    """Return what an event brings, its fields reduced to what was granted for them."""
    least: dict[str, Money] = {}
    for one in granted:
        if one.field is not None and one.amount < one.wanted:
            least[one.field] = min(one.amount, least.get(one.field, one.amount))
    return payload if payload is None else {**payload, **{k: str(v) for k, v in least.items()}}
