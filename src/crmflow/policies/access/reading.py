"""Reading: what somebody may see of an entity, as a pure function."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import attrs

from crmflow.core.actor import Actor
from crmflow.core.entity import Snapshot
from crmflow.core.machine import Machine
from crmflow.core.plain import plain
from crmflow.core.ref import EntityRef
from crmflow.core.tables import Tables
from crmflow.core.verdict import Verdict
from crmflow.policies.access.log import Note, log_id
from crmflow.policies.access.masks import masked, strictest
from crmflow.policies.access.rows import ALL, MaskKind
from crmflow.policies.access.rules import NAME, Question, Rules, limited, no_right
from crmflow.policies.access.state import AccessState, Request


@attrs.frozen
class Reading:
    """
    What somebody may see of an entity.

    Attributes:
        ref: Which entity.
        allowed: Whether anything may be seen.
        state: Its state, None where refused.
        facts: The facts that may be seen, as plain values, masked where they must be.
        masked: Names of those that are masked.
        withheld: Names of facts that are not shown.
        verdicts: Why it was refused, and who could read it.
        grant: Name of the access request that opened some of it.
        note: What must be journaled before anything is shown, or None: the form of the
            event `note` of the machine `access_log`.
    """

    ref: EntityRef
    allowed: bool
    state: str | None = None
    facts: Mapping[str, object] = attrs.field(factory=dict)
    masked: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    grant: str | None = None
    note: Note | None = None

    @property
    def log(self) -> str:
        """Id of the entity of the machine `access_log` in which its reads are noted."""
        return log_id(self.ref)


@attrs.frozen
class Access:
    """Reading the entities of one machine, by the rows about it."""

    rules: Rules

    @classmethod
    def of(cls, tables: Tables, machine: Machine) -> Access:
        """
        Return what reads a machine's entities.

        Args:
            tables: All rows in use, checked.
            machine: The machine; without a row about it nobody reads anything.
        """
        return cls(Rules.of(tables, machine))

    def read(
        self, snapshot: Snapshot[Any], actor: Actor, at: datetime, purpose: str = ""
    ) -> Reading:
        """
        Return what an actor may see of an entity, or why nothing.

        Args:
            snapshot: The entity, with what the policy `access` remembers of it.
            actor: Who asks.
            at: Aware UTC instant of the read.
            purpose: What for; journaled.

        Rules: ACC-001 ACC-003 ACC-004 ACC-006 ACC-007 ACC-008 ACC-010 LIF-008
        """
        question = self.rules.question(snapshot, actor, at)
        rights = [one.row for one in self.rules.rights if question.may_use(one)]
        grants = _grants(snapshot, actor, at)
        open_to = [row.fields for row in rights] + [one.fields for one in grants]
        seen = [name for name in self.rules.facts if any(_covers(one, name) for one in open_to)]
        verdicts = self._refusals(question, bool(seen))
        if verdicts:
            reading = Reading(snapshot.ref, allowed=False, verdicts=verdicts)
        else:
            reading = self._shown(question, seen, grants)
        journaled = any(row.journaled and row.fields for row in rights) or bool(grants)
        if journaled or any(question.meets(one) for one in self.rules.journals):
            return attrs.evolve(reading, note=_note(reading, actor, purpose))
        return reading

    def _refusals(self, question: Question, seen: bool) -> tuple[Verdict, ...]:
        """Return why nothing may be seen; of limits only who could otherwise read is told."""
        if not seen:
            readers = [one for one in self.rules.rights if one.row.fields]
            return (no_right(readers, question),)
        return tuple(limited(one) for one in self.rules.barred_reads(question))

    def _shown(
        self, question: Question, seen: Iterable[str], grants: tuple[Request, ...]
    ) -> Reading:
        snapshot = question.snapshot
        masks = {name: self._mask(question, name, grants) for name in seen}
        shown = {
            name: plain(value) if mask is None else masked(plain(value), mask)
            for name, mask in masks.items()
            if mask is not MaskKind.HIDDEN
            for value in [getattr(snapshot.facts, name, None)]
        }
        return Reading(
            snapshot.ref,
            allowed=True,
            state=snapshot.state,
            facts=shown,
            masked=tuple(name for name in shown if masks[name] is not None),
            withheld=tuple(name for name in self.rules.facts if name not in shown),
            grant=grants[0].name if grants else None,
        )

    def _mask(self, question: Question, name: str, grants: tuple[Request, ...]) -> MaskKind | None:
        """Return the strictest mask that a fact has for the actor."""
        if any(one.unmasked and _covers(one.fields, name) for one in grants):
            return None
        return strictest(
            one.row.mask
            for one in self.rules.masks
            if name in one.row.fields and question.meets(one) and not question.is_among(one.row)
        )


def _covers(fields: tuple[str, ...], name: str) -> bool:
    return ALL in fields or name in fields


def _grants(snapshot: Snapshot[Any], actor: Actor, at: datetime) -> tuple[Request, ...]:
    state: AccessState | None = snapshot.policy(NAME)
    requests = () if state is None else state.requests
    return tuple(one for one in requests if one.reader == actor.id and one.is_open(at))


def _note(reading: Reading, actor: Actor, purpose: str) -> Note:
    return Note(
        reading.ref.machine,
        reading.ref.id,
        actor.id,
        purpose,
        reading.allowed,
        tuple(reading.facts),
        reading.grant,
        tuple(verdict.reason for verdict in reading.verdicts),
    )
