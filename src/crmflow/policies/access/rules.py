"""A machine's rows of access, their expressions compiled; who and what they are about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from typing import Any, Generic, TypeVar

import attrs

from crmflow.core.actor import Actor
from crmflow.core.entity import Snapshot
from crmflow.core.kinds import kinds_of
from crmflow.core.machine import Machine
from crmflow.core.people import NOBODY, People
from crmflow.core.tables import MachineRow, Tables
from crmflow.core.verdict import Answer, Verdict
from crmflow.expressions import Expression, Scope
from crmflow.policies.access.rows import (
    Asking,
    Journaling,
    Limit,
    Mask,
    Posts,
    Right,
    WhoRow,
)

NAME = "access"

R = TypeVar("R", bound=MachineRow)


@attrs.frozen
class Bound(Generic[R]):
    """A row with its expression compiled, None where it has none."""

    row: R
    when: Expression[bool] | None = None


@attrs.frozen
class Question:
    """
    Who asks about what, and when.

    Attributes:
        snapshot: The entity.
        actor: Who asks.
        at: Aware UTC instant.
        day: The company's day then.
        people: The directory then.
    """

    snapshot: Snapshot[Any]
    actor: Actor
    at: datetime
    day: date
    people: People = NOBODY

    def meets(self, bound: Bound[Any]) -> bool:
        """Say whether a row is in force and its expression holds."""
        if not bound.row.in_force(self.day):
            return False
        now = self.snapshot
        return bound.when is None or bound.when(
            now.facts, state=now.state, actor=self.actor, at=self.at, links=now.links
        )

    def is_among(self, row: WhoRow) -> bool:
        """Say whether the actor is one of those a row names; nobody unknown ever is."""
        if not self.actor.id.strip():
            return False
        if not (
            self.actor.roles.isdisjoint(row.roles)
            and self.actor.departments.isdisjoint(row.departments)
        ):
            return True
        return self.actor.id in owners(row, self.snapshot)

    def may_use(self, bound: Bound[Any]) -> bool:
        """Say whether a right or a kind of request is the actor's."""
        anybody = not bound.row.names_somebody and bool(self.actor.id.strip())
        return (anybody or self.is_among(bound.row)) and self.meets(bound)

    def is_barred(self, bound: Bound[Limit]) -> bool:
        """Say whether a limit keeps the actor out."""
        row = bound.row
        passes = self.is_among(row) or self._is_qualified(row)
        return self.meets(bound) and self._linked(row) and not passes

    def _is_qualified(self, row: Limit) -> bool:
        known = self.people.person(self.actor.id) if row.qualified else None
        return known is not None and not set(row.qualified).isdisjoint(known.qualifications)

    def _linked(self, row: Limit) -> bool:
        if not row.linked:
            return True
        link, _, fact = row.linked.partition(".")
        told = (str(one.facts.get(fact)) for one in self.snapshot.links if one.name == link)
        return any(value in row.values for value in told)


def owners(row: WhoRow, snapshot: Snapshot[Any]) -> tuple[str, ...]:
    """Return the ids of those whom an entity's facts name as owners."""
    found: list[str] = []
    for name in row.owners:
        value = getattr(snapshot.facts, name, None)
        found += value if isinstance(value, tuple) else [value] if isinstance(value, str) else []
    return tuple(found)


@attrs.frozen
class Rules:
    """
    All rows about one machine.

    Attributes:
        machine: The machine.
        day: Tells the company's day of an instant.
        rights: Rights, those of posts included.
        limits: Limits.
        masks: Masks.
        askings: Kinds of requests.
        journals: Which entities are confidential.
    """

    machine: Machine
    day: Callable[[datetime], date]
    rights: tuple[Bound[Right], ...] = ()
    limits: tuple[Bound[Limit], ...] = ()
    masks: tuple[Bound[Mask], ...] = ()
    askings: tuple[Bound[Asking], ...] = ()
    journals: tuple[Bound[Journaling], ...] = ()

    @classmethod
    def of(cls, tables: Tables, machine: Machine, event: str | None = None) -> Rules:
        """
        Return a machine's rows, bound.

        Args:
            tables: All rows in use, checked.
            machine: The machine.
            event: Only what bears on firing this event, else everything.
        """

        def bound(rows: Iterable[R]) -> tuple[Bound[R], ...]:
            mine = (row for row in rows if row.machine == machine.name)
            return tuple(Bound(row, compiled(row, machine, tables)) for row in mine)

        rights = [*tables.of("access", Right)]
        for posts in tables.of("access_posts", Posts):
            rights += posts.rights(machine)
        limits = tables.of("access_limits", Limit)
        if event is not None:
            able = [row for row in rights if row.lets_fire(event)]
            barring = [row for row in limits if row.bars(event)]
            return cls(machine, tables.day, bound(able), bound(barring))
        return cls(
            machine,
            tables.day,
            bound(rights),
            bound(limits),
            bound(tables.of("access_masks", Mask)),
            bound(tables.of("access_requests", Asking)),
            bound(tables.of("access_journals", Journaling)),
        )

    def question(
        self, snapshot: Snapshot[Any], actor: Actor, at: datetime, people: People = NOBODY
    ) -> Question:
        """Return who asks about what, and when."""
        return Question(snapshot, actor, at, self.day(at), people)

    def barred_reads(self, question: Question) -> Iterator[Bound[Limit]]:
        """Yield the limits that keep an actor from reading an entity."""
        return (one for one in self.limits if one.row.reads and question.is_barred(one))

    @property
    def facts(self) -> tuple[str, ...]:
        """Names of all facts of the machine."""
        return tuple(kinds_of(self.machine.facts))


def compiled(row: MachineRow, machine: Machine, tables: Tables) -> Expression[bool] | None:
    """
    Return a row's expression, None where it has none.

    Raises:
        FieldError: It is faulty.
    """
    text = getattr(row, "when", "")
    return Scope.about(machine, None, tables).compile(text) if text else None


def no_right(rights: Iterable[Bound[Right]], question: Question) -> Verdict:
    """Return the refusal of who has no right; it names roles, for owners are facts."""
    rows = [one.row for one in rights if one.row.in_force(question.day)]
    return Verdict(
        NAME,
        Answer.REFUSE,
        "no_right",
        rules=sorted({rule for row in rows for rule in row.rules}),
        roles=sorted({role for row in rows for role in row.roles}),
    )


def limited(limit: Bound[Limit]) -> Verdict:
    """Return the refusal of who is kept out by a limit."""
    row, roles = limit.row, sorted(limit.row.roles)
    if not row.qualified:
        return row.verdict(NAME, Answer.REFUSE, "limited", roles=roles)
    values = {"qualified": ", ".join(row.qualified)}
    return row.verdict(NAME, Answer.REFUSE, "not_qualified", roles=roles, values=values)
