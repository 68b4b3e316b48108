"""
Cadences: care that comes again, the contact limit, and what is done about sleeping customers.

Rows of the tables `cadences`, `contact_limits` and `dormancy` say what is done for which
entities and when. Care tasks fall on working days and in working hours; the next one is
counted from the day the last one was due on. Rules: TIE-010 to TIE-024, TIE-036,
LIF-004 to LIF-018.
"""

from __future__ import annotations

from collections.abc import Sequence

from crmflow.core.dealing import CareKind
from crmflow.core.machine import Machine
from crmflow.core.policy import Policy
from crmflow.core.tables import Table, Tables
from crmflow.expressions import Scope
from crmflow.hookspecs import hookimpl
from crmflow.policies.cadences.anniversary import anniversary
from crmflow.policies.cadences.checking import check_cadences, check_dormancy, check_limits
from crmflow.policies.cadences.company import COMPANY, CompanyFacts
from crmflow.policies.cadences.contacts import Limits
from crmflow.policies.cadences.policy import Cadences, DoneCare, MoveCare
from crmflow.policies.cadences.recurrence import recurrence
from crmflow.policies.cadences.rows import Cadence, ContactLimit, Dormancy, Opening
from crmflow.policies.cadences.runs import BoundCadence
from crmflow.policies.cadences.silences import BoundDormancy
from crmflow.policies.cadences.state import CareState, Run, Silence

__all__ = [
    "Cadence",
    "Cadences",
    "CareKind",
    "CareState",
    "CompanyFacts",
    "ContactLimit",
    "DoneCare",
    "Dormancy",
    "MoveCare",
    "Opening",
    "Run",
    "Silence",
    "policies_for",
    "tables",
]


@hookimpl
def tables() -> Sequence[Table]:
    """Return the kinds of tables it reads."""
    return (
        Table("cadences", Cadence, check_cadences),
        Table("contact_limits", ContactLimit, check_limits),
        Table("dormancy", Dormancy, check_dormancy),
    )


@hookimpl
def machines() -> Sequence[Machine]:
    """Bring the company, for what comes again and is about no single customer."""
    return (COMPANY,)


@hookimpl
def policies_for(machine: Machine, tables: Tables) -> Sequence[Policy]:
    """Return the care of a machine's entities; nothing where no row is about them."""
    scope = Scope.of(machine.facts, zone=tables.zone)
    cadences = tuple(
        BoundCadence(
            row,
            tables.calendar(row.calendar),
            scope.maybe(row.when),
            None if row.every is None else recurrence(row.every),
            tuple(anniversary(text) for text in row.on),
        )
        for row in tables.about(machine, "cadences", Cadence)
    )
    dormancy = tuple(
        BoundDormancy(
            row,
            tables.calendar(row.calendar),
            scope.maybe(row.when),
        )
        for row in tables.about(machine, "dormancy", Dormancy)
    )
    if not cadences and not dormancy:
        return ()
    limits = Limits(tables.about(machine, "contact_limits", ContactLimit))
    return (Cadences(cadences, dormancy, limits, machine.final),)
