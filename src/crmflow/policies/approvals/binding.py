"""Chains bound to one machine: conditions compiled, found by event or state, in force by day."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

import attrs

from crmflow.core.actor import Actor
from crmflow.core.entity import Snapshot
from crmflow.core.form import structure
from crmflow.core.kinds import kinds_of
from crmflow.core.machine import Machine
from crmflow.core.people import People
from crmflow.core.plain import plain
from crmflow.core.tables import Tables
from crmflow.core.working_time import WorkingCalendar
from crmflow.expressions import Expression, Scope
from crmflow.policies.approvals.request import Request
from crmflow.policies.approvals.rows import Chain, StepRow


@attrs.frozen
class Case:
    """
    What conditions and approvers are found from.

    Attributes:
        snapshot: The entity with the facts of now.
        key: Event or state that the approval is for.
        requester: Who asks.
        payload: The form of the held event, as plain values.
        at: Aware UTC instant of the event.
        people: The directory then.
    """

    snapshot: Snapshot[Any]
    key: str
    requester: Actor
    payload: Mapping[str, object]
    at: datetime
    people: People


@attrs.frozen
class BoundStep:
    """A row of a step with its condition compiled."""

    row: StepRow
    when: Expression[bool] | None


@attrs.frozen
class Bound:
    """
    A chain ready to be walked.

    Attributes:
        row: Its row.
        when: Its condition, or None.
        groups: Its steps in order, alternatives together.
        covers: Facts whose change ends its requests.
        form: Form of the held event, or None.
        calendars: Working calendars by name; without a name the one that never closes.
    """

    row: Chain
    when: Expression[bool] | None
    groups: tuple[tuple[BoundStep, ...], ...]
    covers: tuple[str, ...]
    form: type | None
    calendars: Mapping[str, WorkingCalendar]

    def holds(self, when: Expression[bool] | None, case: Case) -> bool:
        """Say whether a condition holds; where there is none it does."""
        if when is None:
            return True
        form = None if self.form is None else structure(self.form, case.payload)[0]
        return when(
            case.snapshot.facts,
            form,
            state=case.snapshot.state,
            event=case.key,
            actor=case.requester,
            at=case.at,
            links=case.snapshot.links,
        )

    def alternative(self, index: int, case: Case) -> int | None:
        """Return which alternative of a step is taken; None where the step is not needed."""
        for number, step in enumerate(self.groups[index]):
            if self.holds(step.when, case):
                return number
        return None

    def digest(self, facts: object) -> str:
        """Return the digest of the facts a request covers; empty where it covers none."""
        if not self.covers or facts is None:
            return ""
        values = {name: plain(getattr(facts, name)) for name in self.covers}
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]


@attrs.frozen
class Chains:
    """
    All chains of a machine.

    Attributes:
        machine: The machine.
        by_key: Chains of each event or state, in the order of the table.
        tables: Where they come from; tells the company's day.
    """

    machine: Machine
    by_key: Mapping[str, tuple[Bound, ...]]
    tables: Tables

    def chosen(self, case: Case) -> Bound | None:
        """Return the chain that a case needs; None where none does, as stated."""
        day = self.tables.day(case.at)
        for bound in self.by_key[case.key]:
            if bound.row.in_force(day) and bound.holds(bound.when, case):
                return None if bound.row.is_none else bound
        return None

    def named(self, name: str, version: str) -> Bound | None:
        """Return a chain by name, of that version where it is still there."""
        found = [b for chains in self.by_key.values() for b in chains if b.row.name == name]
        same = [bound for bound in found if bound.row.version == version]
        return next(iter([*same, *found]), None)

    def have(self, request: Request) -> bool:
        """Say whether a request has a chain to go by, its own or another of its key."""
        return request.key in self.by_key or self.named(request.chain, request.version) is not None

    def of(self, key: str, name: str, version: str) -> Bound:
        """Return the chain by name, or the first of its key where it left the table."""
        return self.named(name, version) or self.by_key[key][0]

    def vote_event(self, state: str, votes: Iterable[str]) -> str:
        """Return the event of a state's first row with one of the votes, tried in order."""
        rows = [row for row in self.machine.rows if row.vote and state in row.source]
        return next(row.event for vote in votes for row in rows if row.vote == vote)


def bind(machine: Machine, tables: Tables) -> Chains | None:
    """Return the chains of a machine, or None where the table has none."""
    rows = tables.about(machine, "chains", Chain)
    if not rows:
        return None
    found: dict[str, list[Bound]] = {}
    for row in rows:
        found.setdefault(row.key, []).append(bound(row, machine, tables))
    return Chains(machine, {key: tuple(chains) for key, chains in found.items()}, tables)


def bound(row: Chain, machine: Machine, tables: Tables) -> Bound:
    """Return a checked row with its conditions compiled."""
    form = machine.form(row.event) if row.event else None
    scope = Scope.about(machine, form, tables)

    groups = tuple(
        tuple(BoundStep(step, scope.maybe(step.when)) for step in steps)
        for steps in grouped(row.walk)
    )
    when = scope.maybe(row.when)
    conditions = [when, *(step.when for steps in groups for step in steps)]
    covers = read(conditions, machine) if row.covers is None else row.covers
    calendars = {**tables.calendars, "": WorkingCalendar.always(tables.zone)}
    return Bound(row, when, groups, covers, form, calendars)


def grouped(steps: Iterable[StepRow]) -> Iterator[tuple[StepRow, ...]]:
    """Yield steps of one name that follow each other together: they are alternatives."""
    yield from (tuple(group) for _, group in groupby(steps, key=attrgetter("name")))


def read(conditions: Iterable[Expression[bool] | None], machine: Machine) -> tuple[str, ...]:
    """Return the facts that conditions read, in the order of the machine's facts."""
    names = {name.partition(".")[0] for when in conditions if when for name in when.names}
    return tuple(fact for fact in kinds_of(machine.facts) if fact in names)
