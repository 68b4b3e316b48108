"""
Doubles: entities that may be the one at hand, looked up before it is entered.

What was looked at and is another one is remembered, so that it is asked about once.

Rule: REC-002
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import attrs

from crmflow.core.entity import Snapshot
from crmflow.core.journal import Entry
from crmflow.core.machine import Machine
from crmflow.core.policy import Evolve, Evolved, FirstShape, Line, Occurrence
from crmflow.core.proposal import Proposal
from crmflow.core.tables import Tables
from crmflow.core.verdict import Answer, Verdict
from crmflow.policies.data_quality.judging import POLICY, rows_at
from crmflow.policies.data_quality.likeness import Values, likeness
from crmflow.policies.data_quality.paths import Path, is_filled, path_of
from crmflow.policies.data_quality.rows import Duplicate

LOADED = 50
"""Entities that are compared at most, those that share most terms in front."""


@attrs.frozen
class Candidate:
    """
    An entity that may be the one at hand.

    Attributes:
        id: Its id.
        score: How alike they are, from 0 to 1.
        why: Likeness of each field that both have, by path.
    """

    id: str
    score: Decimal
    why: Mapping[str, Decimal]


@attrs.frozen
class Doubles:
    """
    A row of `duplicates`, ready to look up and to judge.

    Attributes:
        row: The row.
        paths: Path of each compared field.
        searched: Facts by which entities of its machine are searched.
        tables: Tells the company's day.
        most: How many entities are loaded at most.
    """

    row: Duplicate
    paths: Mapping[str, Path]
    searched: frozenset[str]
    tables: Tables
    most: int = LOADED

    @property
    def name(self) -> str:
        """Name of the lookup."""
        return f"duplicates {self.row.name}"

    def wanted(self, proposal: Proposal) -> Mapping[str, object] | None:
        """Return by what others are found; None on days on which the row is not in force."""
        if not self.row.in_force(self.tables.day(proposal.event.at)):
            return None
        return self.searching(self.values(proposal))

    def searching(self, values: Values) -> Mapping[str, object]:
        """Return values by searchable fact."""
        found: dict[str, list[str]] = {}
        for field in self.row.fields:
            if field.found_by in self.searched:
                found.setdefault(field.found_by, []).extend(values[field.field])
        return found

    def answer(self, proposal: Proposal, found: Sequence[Snapshot[Any]]) -> object:
        """Return who may be the same; ids and scores alone, what others know stays theirs."""
        return [
            {
                "id": one.id,
                "score": str(one.score),
                "why": {path: str(score) for path, score in one.why.items()},
            }
            for one in self.candidates(self.values(proposal), found)
        ]

    def values(self, seen: Proposal) -> Values:
        """Return what is compared, as it would be after the event."""
        return {name: _texts(path.values(seen)) for name, path in self.paths.items()}

    def values_of(self, root: object) -> Values:
        """Return what is compared of facts, or of a plain value like them."""
        return {name: _texts(path.of(root)) for name, path in self.paths.items()}

    def candidates(self, values: Values, found: Iterable[Snapshot[Any]]) -> tuple[Candidate, ...]:
        """Return those that are likely the same, the likeliest in front."""
        scored = [
            Candidate(one.ref.id, like.score, like.why)
            for one in found
            if one.state not in self.row.ignores
            and (like := likeness(self.row.fields, values, self.values_of(one.facts))) is not None
            and like.score >= self.row.likely
        ]
        return tuple(sorted(scored, key=lambda one: (-one.score, one.id))[: self.row.most])

    def verdict(self, seen: Proposal) -> Verdict | None:
        """Return who has to be looked at first; what was not looked up is not judged."""
        answer = seen.people.looked_up(self.name)
        found = answer if isinstance(answer, list) else []
        certain = [one for one in found if self._is_certain(one)]
        open_ones = [one for one in found if one["id"] not in self._looked_at(seen)]
        if certain:
            return self._refusal("duplicate_certain", certain)
        return self._refusal("duplicate_likely", open_ones) if open_ones else None

    def _is_certain(self, one: Mapping[str, Any]) -> bool:
        return self.row.certain is not None and Decimal(one["score"]) >= self.row.certain

    def _looked_at(self, seen: Proposal) -> set[str]:
        known: LookedAt | None = seen.before.policy(POLICY)
        earlier = () if known is None else known.others
        return {*earlier, *getattr(seen.event.form, self.row.looked_at, ())}

    def _refusal(self, reason: str, found: Iterable[Mapping[str, Any]]) -> Verdict:
        told = {
            "candidates": ", ".join(f"{one['id']} ({one['score']})" for one in found),
            "field": self.row.looked_at,
        }
        return self.row.verdict(POLICY, Answer.REFUSE, reason, values=told)


def _texts(found: Iterable[Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(one.value) for one in found if is_filled(one.value)))


def doubles_of(machine: Machine, event: str | None, tables: Tables) -> tuple[Doubles, ...]:
    """Return the rows about an event, or about all of a machine, ready."""
    rows = tables.about(machine, "duplicates", Duplicate)
    searched = frozenset(word.partition(":")[0] for word in machine.searchable)
    return tuple(
        Doubles(row, {one.field: path_of(one.field) for one in row.fields}, searched, tables)
        for row in (rows if event is None else rows_at(rows, event))
    )


@attrs.frozen
class LookedAt:
    """
    Who was looked at.

    Attributes:
        others: Ids of those that are others, sorted.
    """

    others: tuple[str, ...] = ()


@attrs.frozen
class Remembering(FirstShape):
    """
    Remembers of each entity who was looked at and is another one.

    Attributes:
        doubles: The rows of its machine.
        name: Its name.
        state: Class of its state.
        reserved: Its reserved events: none.
    """

    doubles: tuple[Doubles, ...]
    name: str = attrs.field(default=POLICY, init=False)
    state: type = attrs.field(default=LookedAt, init=False)
    reserved: Mapping[str, type | None] = attrs.field(factory=dict, init=False)

    def evolve_for(self, event: str) -> Evolve | None:
        """Return what remembers, None where nobody is looked at."""
        fields = {one.row.looked_at for one in self.doubles if rows_at([one.row], event)}
        if not fields:
            return None

        def evolve(state: LookedAt | None, seen: Occurrence) -> Evolved | None:
            named = {id_ for name in fields for id_ in getattr(seen.event.form, name, ())}
            if seen.entry is not Entry.DECISION or not named:
                return None
            known = LookedAt() if state is None else state
            return Evolved(LookedAt(tuple(sorted({*known.others, *named}))))

        return evolve

    def explain(self, state: LookedAt, snapshot: Snapshot[Any]) -> Iterable[Line]:
        """Yield who was looked at."""
        yield Line("not_duplicates", {"others": ", ".join(state.others)})
