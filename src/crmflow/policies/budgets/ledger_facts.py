"""What a ledger knows and is asked, and what it grants."""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterable
from datetime import datetime

import attrs

from crmflow.core.form import Text
from crmflow.core.money import Money


@attrs.frozen
class Reserved:
    """
    An amount set aside.

    Attributes:
        request: Who reserved it, once and for all.
        machine: Machine of the entity that reserved it.
        id: Id of that entity.
        amount: How much.
        until: Aware UTC instant at which its entity is reminded, or None.
    """

    request: str
    machine: str
    id: str
    amount: Money
    until: datetime | None = None


@attrs.frozen
class LedgerFacts:
    """
    What is known of a ledger.

    Attributes:
        limit: What may be reserved and spent in all.
        spent: What was spent.
        reserved: What is set aside, in the order of asking.
    """

    limit: Money
    spent: Money
    reserved: tuple[Reserved, ...] = ()

    @property
    def committed(self) -> Money:
        """What is spent or set aside."""
        return total((one.amount for one in self.reserved), self.spent)

    @property
    def available(self) -> Money:
        """What may still be reserved."""
        return self.limit - self.committed

    def entry(self, request: str) -> Reserved | None:
        """Return what was set aside on a request, or None."""
        return next((one for one in self.reserved if one.request == request), None)


@attrs.frozen
class Reserve:
    """
    Asks for an amount.

    Attributes:
        request: Names the request; unique among all that ask.
        machine: Machine of the entity that asks.
        id: Id of that entity.
        amount: How much.
        limit: What a new ledger begins with.
        partial: Whether less will do where there is not enough.
        until: Aware UTC instant at which the entity is reminded, or None.
        asked_by: Id of the person behind it.
    """

    request: Text
    machine: Text
    id: Text
    amount: Money
    limit: Money
    partial: bool = False
    until: datetime | None = None
    asked_by: str = ""


@attrs.frozen
class Spend:
    """Says that of what a request set aside so much was spent; the rest is free again."""

    request: Text
    amount: Money


@attrs.frozen
class Release:
    """Says that nothing of what a request set aside is spent."""

    request: Text


@attrs.frozen
class Adjust:
    """Sets another limit, with a reason."""

    limit: Money
    reason: Text


def total(amounts: Iterable[Money], start: Money) -> Money:
    """Return the exact sum of amounts of one currency."""
    return functools.reduce(operator.add, amounts, start)


def nothing(currency: str) -> Money:
    """Return no money of a currency."""
    return Money(0, currency)


def available(facts: LedgerFacts | None, form: Reserve) -> Money:
    """Return what a request may take: of a ledger that is not there yet, all of its limit."""
    return form.limit if facts is None else facts.available


def grant(facts: LedgerFacts | None, form: Reserve) -> Money | None:
    """
    Return what a ledger sets aside on a request, or None where it denies it.

    Args:
        facts: What is known of the ledger; None where it is not there yet.
        form: The request.
    """
    free = available(facts, form)
    if free.currency != form.amount.currency:
        return None
    if form.amount <= free:
        return form.amount
    return free if form.partial else None
