"""The schemes of one machine, made ready once: which counts when, what each reads."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import attrs

from crmflow.core.kinds import kinds_of
from crmflow.core.machine import Machine
from crmflow.core.policy import Occurrence
from crmflow.core.tables import Tables
from crmflow.core.working_time import WorkingCalendar
from crmflow.policies.tiers.leading import BoundLead, Leads, leads_of
from crmflow.policies.tiers.placing import POPULATION, RANK, Criteria, Metrics, criteria_of
from crmflow.policies.tiers.reading import Source, read_metrics, source_name, sources_of
from crmflow.policies.tiers.scheme import Kind, Scheme
from crmflow.policies.tiers.standing import Standing, TierState


@attrs.frozen
class Bound:
    """
    All versions of one scheme.

    Attributes:
        name: Name of the scheme.
        versions: Made ready, by their days; no two count on one day.
        leads: Of each version, the events that lead to its tiers.
        facts: Facts it reads.
        sources: Dated amounts it reads.
        tables: Days and calendars.
    """

    name: str
    versions: tuple[Criteria, ...]
    leads: tuple[Leads, ...]
    facts: tuple[str, ...]
    sources: frozenset[str]
    tables: Tables

    def current(self, on: date) -> Criteria | None:
        """Return the version that counts on a day, or None."""
        return next((one for one in self.versions if one.scheme.in_force(on)), None)

    def latest(self, on: date) -> Criteria:
        """Return the version that counts on a day, else the last one there is."""
        return self.current(on) or self.versions[-1]

    def lead(self, tier: str | None, seen: Occurrence) -> BoundLead | None:
        """Return the first event that leads an entity on to its tier, None where none does."""
        criteria = self.current(self.tables.day(seen.event.at))
        if criteria is None:
            return None
        leads = self.leads[self.versions.index(criteria)].get(tier, ())
        return next((one for one in leads if one.fits(seen)), None)

    def changes_at(self, at: datetime) -> datetime | None:
        """Return the next instant at which another version, or none, begins to count."""
        on, days = self.tables.day(at), set[date]()
        for scheme in (one.scheme for one in self.versions):
            if scheme.from_on is not None:
                days.add(scheme.from_on)
            if scheme.until_on is not None:
                days.add(scheme.until_on + timedelta(days=1))
        later = min((day for day in days if day > on), default=None)
        if later is None:
            return None
        return datetime.combine(later, time.min, self.tables.zone).astimezone(UTC)

    def due_at(self, criteria: Criteria, at: datetime) -> datetime | None:
        """Return when an entity is placed anew without an event, counted from an instant."""
        every = criteria.scheme.recompute
        return None if every is None else every.due_at(at, self._calendar(criteria.scheme))

    def grace_until(self, criteria: Criteria, at: datetime) -> datetime | None:
        """Return when a grace period that begins at an instant is over; None for none."""
        grace = criteria.scheme.grace
        return None if grace is None else grace.due_at(at, self._calendar(criteria.scheme))

    def _calendar(self, scheme: Scheme) -> WorkingCalendar:
        return self.tables.calendar(scheme.calendar)


@attrs.frozen
class Binding:
    """
    The schemes of one machine.

    Attributes:
        machine: The machine.
        schemes: By name, in the order of the table.
        sources: Dated amounts they read.
        tables: Days and calendars.
        finals: Names of the final states, in which tiers rest.
    """

    machine: Machine
    schemes: Mapping[str, Bound]
    sources: tuple[Source, ...]
    tables: Tables
    finals: frozenset[str] = attrs.field(init=False)

    @finals.default
    def _finals(self) -> frozenset[str]:
        return self.machine.final

    def fields(self, event: str) -> frozenset[str]:
        """Return the names of the fields of an event's form."""
        return frozenset(kinds_of(self.machine.form(event)))

    def metrics(self, criteria: Criteria, facts: object, state: TierState, on: date) -> Metrics:
        """Return the metrics of an entity; of a scheme of shares those of the last pass."""
        if criteria.scheme.kind is Kind.SHARES:
            return ranked(state.standing(criteria.scheme.name))
        series = {one.source: one for one in state.series}
        return read_metrics(criteria.scheme, facts, series, on, self.tables)


def ranked(standing: Standing | None) -> Metrics:
    """Return rank and population as a standing remembers them."""
    known = {} if standing is None else standing.metrics
    return {name: Decimal(known[name]) for name in (RANK, POPULATION) if name in known}


def bind(machine: Machine, tables: Tables) -> Binding | None:
    """Return the schemes of a machine that place its entities, or None where there are none."""
    rows = [row for row in tables.about(machine, "schemes", Scheme) if row.kind is not Kind.STATED]
    if not rows:
        return None
    names = dict.fromkeys(row.name for row in rows)
    schemes = {
        name: _bound([row for row in rows if row.name == name], machine, tables) for name in names
    }
    return Binding(machine, schemes, sources_of(rows), tables)


def _bound(rows: list[Scheme], machine: Machine, tables: Tables) -> Bound:
    metrics = [(row, metric) for row in rows for metric in row.metrics]
    facts = dict.fromkeys(m.fact or m.name for _, m in metrics if m.window is None)
    sources = frozenset(source_name(row, m.window) for row, m in metrics if m.window is not None)
    ordered = sorted(rows, key=lambda row: row.from_on or date.min)
    leads = tuple(leads_of(row, machine, tables) for row in ordered)
    versions = tuple(map(criteria_of, ordered))
    return Bound(rows[0].name, versions, leads, tuple(facts), sources, tables)
