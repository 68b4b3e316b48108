"""What the budgets say of one event: refused, reduced, borne, or to be reserved first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

import attrs

from crmflow.core.money import Money
from crmflow.core.verdict import Answer, Verdict
from crmflow.policies.budgets.binding import Bound, View
from crmflow.policies.budgets.ledger_facts import nothing, total
from crmflow.policies.budgets.rows import Budget, Over
from crmflow.policies.budgets.state import Borne, BudgetState, Stage

POLICY = "budgets"
NO_CURRENCY = "XXX"
"""What ISO 4217 writes where there is none."""


@attrs.frozen(kw_only=True)
class Need:
    """
    An amount to reserve before the event can happen.

    Attributes:
        bound: The budget.
        ledger: Id of its ledger.
        amount: What is missing.
        limit: What a new ledger begins with.
    """

    bound: Bound
    ledger: str
    amount: Money
    limit: Money


@attrs.frozen
class Plan:
    """
    What all budgets together say.

    Attributes:
        refusals: Why it cannot be.
        needs: What has to be reserved first.
        cuts: Fields of the form that are reduced, and to what.
        borne: What is over a limit and borne by the person.
    """

    refusals: tuple[Verdict, ...] = ()
    needs: tuple[Need, ...] = ()
    cuts: Mapping[str, Money] = attrs.field(factory=dict)
    borne: tuple[Borne, ...] = ()


def current(bounds: Iterable[Bound], day: date) -> tuple[Bound, ...]:
    """Return of each budget what is in force on a day, else what came last."""
    found: dict[str, Bound] = {}
    for bound in bounds:
        before = found.get(bound.row.name)
        if before is None or not before.row.in_force(day):
            found[bound.row.name] = bound
    return tuple(found.values())


def refusal(row: Budget, reason: str, **values: object) -> Verdict:
    """Return a refusal by a row."""
    return row.verdict(POLICY, Answer.REFUSE, reason, values=values)


def wanted(
    bound: Bound, view: View, to: str, state: BudgetState, currency: str, day: date
) -> Money | None:
    """Return how much an event needs of a budget beyond what was kept for it, or None."""
    if bound.reserves and bound.row.in_force(day):
        amount = bound.amount
        return Money(1, currency) if amount is None else amount.of(view.value, currency)
    used = state.of(bound.row.name, Stage.KEPT, Stage.EXPIRED)
    if not used or not bound.spends_into(view.state, to):
        return None
    kept = total((r.amount for r in state.of(bound.row.name, Stage.KEPT)), nothing(currency))
    lost = (one.amount for one in state.of(bound.row.name, Stage.EXPIRED))
    spent = None if bound.spent is None else bound.spent.of(view.value, currency)
    goal = total(lost, kept) if spent is None else spent
    if goal.currency != currency:
        return goal
    return goal - kept if kept < goal else None


def plan(bounds: Iterable[Bound], view: View, to: str, state: BudgetState, day: date) -> Plan:
    """
    Return what the budgets say of an event.

    Args:
        bounds: Budgets as the event sees them, in force or once used.
        view: The event.
        to: State it would lead to.
        state: What is remembered of the entity.
        day: The company's day.
    """
    found = Plan()
    for bound in bounds:
        found = _with(found, bound, view, to, state, day)
    return attrs.evolve(found, needs=tuple(_cut(need, found.cuts) for need in found.needs))


def _cut(need: Need, cuts: Mapping[str, Money]) -> Need:
    """Return a need of no more than the field is reduced to by another budget."""
    most = cuts.get(need.bound.row.field or "")
    return need if most is None else attrs.evolve(need, amount=min(need.amount, most))


def _with(found: Plan, bound: Bound, view: View, to: str, state: BudgetState, day: date) -> Plan:
    """Return a plan with what one more budget says."""
    row = bound.row
    limit = bound.limit(view)
    currency = NO_CURRENCY if limit is None else limit.currency
    amount = wanted(bound, view, to, state, currency, day)
    if amount is None:
        return found
    if limit is None:
        case = "" if bound.by is None else view.value(bound.by) or ""
        return _refused(found, refusal(row, "budget_no_limit", case=case))
    if amount.currency != limit.currency:
        return _refused(
            found, refusal(row, "budget_currency", amount=str(amount), limit=str(limit))
        )
    if amount < nothing(limit.currency):
        return _refused(found, refusal(row, "budget_negative", amount=str(amount)))
    if bound.row.ledger is None:
        return _limited(found, row, view.event, amount, limit)
    return _reserving(found, bound, view, state, amount, limit)


def _refused(found: Plan, verdict: Verdict) -> Plan:
    return attrs.evolve(found, refusals=(*found.refusals, verdict))


def _limited(found: Plan, row: Budget, event: str, amount: Money, limit: Money) -> Plan:
    """Return a plan with what a limit for each event by itself says."""
    if amount <= limit:
        return found
    if row.over is Over.BEAR:
        return attrs.evolve(found, borne=(*found.borne, Borne(row.name, event, amount - limit)))
    if row.over is Over.REDUCE and row.field is not None:
        least = min(limit, found.cuts.get(row.field, limit))
        return attrs.evolve(found, cuts={**found.cuts, row.field: least})
    told = {"amount": str(amount), "limit": str(limit), "available": str(limit)}
    return _refused(found, refusal(row, "budget_exceeded", **told))


def _reserving(
    found: Plan, bound: Bound, view: View, state: BudgetState, amount: Money, limit: Money
) -> Plan:
    """Return a plan with what still has to be reserved of a ledger."""
    row = bound.row
    granted = (one for one in state.of(row.name, Stage.GRANTED) if one.event == view.event)
    covered = total((one.wanted for one in granted), nothing(limit.currency))
    if amount <= covered:
        return found
    ledger, missing = _ledger(bound, view, state)
    if missing is not None:
        return _refused(found, refusal(row, "budget_no_scope", part=missing))
    need = Need(bound=bound, ledger=ledger, amount=amount - covered, limit=limit)
    return attrs.evolve(found, needs=(*found.needs, need))


def _ledger(bound: Bound, view: View, state: BudgetState) -> tuple[str, str | None]:
    """Return the id of a budget's ledger and no fault, or which part of its scope is missing."""
    if bound.key is not None:
        return bound.key.of(view)
    # What is spent beyond is of where the rest came from.
    return state.of(bound.row.name, Stage.KEPT, Stage.EXPIRED)[0].ledger, None
