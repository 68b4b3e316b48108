"""Rows bound to one event of one machine: their expressions compiled, ready to be asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import attrs

from crmflow.core.actor import Actor
from crmflow.core.machine import Machine
from crmflow.core.money import Money
from crmflow.core.people import People
from crmflow.core.policy import Occurrence
from crmflow.core.proposal import Proposal
from crmflow.core.tables import Tables
from crmflow.core.working_time import WorkingCalendar
from crmflow.expressions import Expression, Scope
from crmflow.expressions.amounts import Amount, amount_in
from crmflow.policies.budgets.rows import Budget

PERIODS: Mapping[str, str] = {"year": "%Y", "month": "%Y-%m", "day": "%Y-%m-%d"}
"""Parts of a scope that tell when, by the company's day."""

DEPARTMENT = "actor.department"
"""The part of a scope that is the department of who asks."""


@attrs.frozen
class View:
    """One event as rows see it: what is known before it, what it brings, who asks."""

    facts: object
    form: object
    state: str
    event: str
    actor: Actor
    at: datetime
    people: People

    @classmethod
    def of(cls, seen: Proposal | Occurrence) -> View:
        """Return the view of what is proposed, or of what happened."""
        event, before = seen.event, seen.before
        return cls(
            before.facts, event.form, before.state, event.name, event.actor, event.at, seen.people
        )

    def value(self, expression: Expression[Any]) -> Any:  # noqa: ANN401 - the expression's own
        """Return the value of an expression."""
        return expression(
            self.facts,
            self.form,
            state=self.state,
            event=self.event,
            actor=self.actor,
            at=self.at,
        )

    def text(self, field: str) -> str:
        """Return a text the form brings, blank where it brings none."""
        found = getattr(self.form, field, None)
        return found.strip() if isinstance(found, str) else ""


Part = Callable[[View], str | None]


@attrs.frozen
class Key:
    """
    What tells scopes apart: readable text, the same for the same parts.

    Attributes:
        first: First part, or empty.
        parts: What gives each further part, by how it is written in the row.
    """

    first: str
    parts: Mapping[str, Part]

    def of(self, view: View) -> tuple[str, str | None]:
        """Return the text, and which part is missing or None."""
        found = [self.first] if self.first else []
        for name, part in self.parts.items():
            value = part(view)
            if not value:
                return "", name
            found.append(value)
        return ":".join(text.replace("%", "%25").replace(":", "%3A") for text in found), None


@attrs.frozen
class NoFacts:
    """What is known before a creation."""


@attrs.frozen
class Bound:
    """
    A budget as one event sees it.

    Attributes:
        row: The row of the table.
        key: Gives the ledger's id; None where it has no ledger.
        reserves: Whether the event needs its money.
        amount, spent, by: Its expressions; None where the row or the event has none.
        spends: Whether the event spends it by its name.
        releases: Whether the event gives it back by its name.
        calendar: What `expires` is counted on.
    """

    row: Budget
    key: Key | None
    reserves: bool
    amount: Amount | None
    spent: Amount | None
    by: Expression[str | None] | None
    spends: bool
    releases: bool
    calendar: WorkingCalendar

    def spends_into(self, before: str, after: str) -> bool:
        """Say whether the event spends, given the states before and after it."""
        return self.spends or (before != after and after in self.row.spent_on)

    def releases_into(self, before: str, after: str) -> bool:
        """Say whether the event gives back, given the states before and after it."""
        return self.releases or (before != after and after in self.row.released_on)

    def limit(self, view: View) -> Money | None:
        """Return the most there is, None where the row names none for this case."""
        if self.row.limit is not None:
            return self.row.limit
        if self.by is not None:
            return self.row.limits.get(view.value(self.by) or "")
        # Its ledger is there already and knows its limit: this tells the currency.
        return next(iter(self.row.limits.values()), None)

    def until(self, at: datetime) -> datetime | None:
        """Return when a reservation made at an instant is over, or None."""
        expires = self.row.expires
        return None if expires is None else expires.due_at(at, self.calendar)


def scope_of(machine: Machine, event: str, tables: Tables) -> Scope:
    """Return the names that expressions about an event may use."""
    facts = NoFacts if event == machine.creating else machine.facts
    return Scope.of(facts, machine.form(event), zone=tables.zone)


def part_in(scope: Scope, text: str, tables: Tables) -> Part:
    """
    Return what gives a part of a scope.

    Raises:
        FieldError: It is none of the known parts and no expression that gives text.
    """
    if text in PERIODS:
        return lambda view: tables.day(view.at).strftime(PERIODS[text])
    if text == DEPARTMENT:
        return _department
    found = scope.compile(text, str)
    return lambda view: view.value(found)


def _department(view: View) -> str | None:
    person = view.people.person(view.actor.id)
    known = (person and person.departments) or sorted(view.actor.departments)
    return known[0] if known else None


def key_in(scope: Scope, first: str, per: tuple[str, ...], tables: Tables) -> Key:
    """
    Return what gives the key of a scope.

    Raises:
        FieldError: A part is wrong.
    """
    return Key(first, {text: part_in(scope, text, tables) for text in per})


def bind(row: Budget, machine: Machine, event: str, tables: Tables) -> Bound:
    """
    Return a budget as an event of its machine sees it.

    Args:
        row: A row whose check found nothing.
        machine: Its machine.
        event: Any event, also a reserved one, which has no form that rows know.
        tables: All rows in use.
    """
    key, amount, spent, by = None, None, None, None
    reserves, known = event == row.event, event in machine.events
    if known and reserves:
        scope = scope_of(machine, event, tables)
        amount = None if row.amount is None else amount_in(scope, row.amount)
        by = None if row.by is None else scope.compile(row.by, str)
        key = None if row.ledger is None else key_in(scope, row.ledger, row.per, tables)
    if known and row.spent is not None and could_spend(row, machine, event):
        spent = amount_in(scope_of(machine, event, tables), row.spent)
    spends, releases = event in row.spent_on, event in row.released_on
    calendar = tables.calendar(row.calendar)
    return Bound(row, key, reserves, amount, spent, by, spends, releases, calendar)


def could_spend(row: Budget, machine: Machine, event: str) -> bool:
    """Say whether an event may spend a budget: by its name or by a state it leads to."""
    leads = {str(one.to) for one in machine.rows if one.event == event}
    return event in row.spent_on or not leads.isdisjoint(row.spent_on)
