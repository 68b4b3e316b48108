"""Leading: the events that take an entity to where its tier says it belongs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

import attrs

from crmflow.core.checking import all_known, known, readable
from crmflow.core.form import Fault
from crmflow.core.machine import ANY, KEEP, Machine
from crmflow.core.policy import Occurrence
from crmflow.core.tables import Tables
from crmflow.expressions import Expression, Scope
from crmflow.policies.tiers.scheme import Lead, Scheme


@attrs.frozen
class BoundLead:
    """
    A lead, ready for one machine.

    Attributes:
        row: The lead.
        when: Its expression, or None.
    """

    row: Lead
    when: Expression[bool] | None

    def fits(self, seen: Occurrence) -> bool:
        """Say whether it leads on from where an entity is after an event."""
        if seen.after.state not in self.row.states:
            return False
        return self.when is None or self.when.after(seen)


Leads = Mapping[str | None, tuple[BoundLead, ...]]
"""The leads of a scheme by tier."""


def leads_of(scheme: Scheme, machine: Machine, tables: Tables) -> Leads:
    """Return the leads of a scheme, ready for its machine."""
    if not any(tier.leads for tier in scheme.tiers):
        return {}
    scope = Scope.about(machine, None, tables)
    return {
        tier.name: tuple(BoundLead(row, scope.maybe(row.when)) for row in tier.leads)
        for tier in scheme.tiers
    }


def lead_faults(scheme: Scheme, machine: Machine, tables: Tables, path: str) -> Iterator[Fault]:
    """
    Yield what is wrong with the leads of a scheme, the form of their events left out.

    A lead must leave its states: one that kept them would be raised for ever.
    """
    states = [state.name for state in machine.states]
    scope = Scope.about(machine, None, tables)
    for here, lead in placed_leads(scheme, path):
        yield from known(f"{here}.event", lead.event, machine.events)
        yield from all_known(f"{here}.states", lead.states, states)
        yield from readable(f"{here}.when", partial(scope.maybe, lead.when))
        if lead.event in machine.events:
            yield from _leaving(lead, machine, f"{here}.states")


def placed_leads(scheme: Scheme, path: str) -> Iterator[tuple[str, Lead]]:
    """Yield each lead of a scheme with its place."""
    for index, tier in enumerate(scheme.tiers):
        for number, lead in enumerate(tier.leads):
            yield f"{path}.tiers[{index}].leads[{number}]", lead


def _leaving(lead: Lead, machine: Machine, path: str) -> Iterator[Fault]:
    for number, state in enumerate(lead.states):
        rows = [
            row
            for row in machine.rows
            if row.event == lead.event and not {state, ANY}.isdisjoint(row.source)
        ]
        if not rows or any(row.to in (KEEP, state) for row in rows):
            expected = f"a state that {lead.event!r} leaves"
            yield Fault(f"{path}[{number}]", "leads", expected)
