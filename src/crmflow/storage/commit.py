"""What one commit of an entity writes, and how it may fare."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import attrs
from msgspec import Struct, field

from crmflow.core.claim import Claim
from crmflow.core.ref import EntityRef
from crmflow.core.searching import Term
from crmflow.storage.rows import Checkpoint, EntityRow, JournalRow, MessageRow, TaskRow, TimerRow


class Commit(Struct, frozen=True):
    """
    Everything one commit of one entity writes, or nothing of it.

    Timers, tasks and messages are the entity's own. Removals come before what is set.

    Attributes:
        row: The entity afterwards.
        expected: Version it must have now; 0 where it must not exist.
        records: Its new journal records, in order; the last one's version is the row's.
        keys: Key of each keyed record -> its version. Unique per (tenant, machine, scope,
            key), where the scope is the entity's id, or empty for a creation.
        timers: Timers to set, replacing those of the same name.
        timers_gone: Names of timers to remove.
        tasks: Tasks to set, replacing those of the same name.
        tasks_gone: Names of tasks to remove.
        claims: Claims to take; already own ones are no conflict.
        claims_gone: Claims to free.
        messages: Messages to put in the outbox.
        checkpoints: Snapshots to keep.
        terms: Terms by which the entity is found from now on; those it has already are no clash.
        terms_gone: Terms by which it is found no longer.
        secret: The key of its encrypted values, wrapped, in place of what there is; empty
            destroys it. None leaves it as it is.
        named: Whether the caller chose the entity's id, so that keys of a creation are
            the entity's own too.
    """

    row: EntityRow
    expected: int
    records: tuple[JournalRow, ...]
    keys: Mapping[str, int] = field(default_factory=dict)
    timers: tuple[TimerRow, ...] = ()
    timers_gone: tuple[str, ...] = ()
    tasks: tuple[TaskRow, ...] = ()
    tasks_gone: tuple[str, ...] = ()
    claims: tuple[Claim, ...] = ()
    claims_gone: tuple[Claim, ...] = ()
    messages: tuple[MessageRow, ...] = ()
    checkpoints: tuple[Checkpoint, ...] = ()
    terms: tuple[Term, ...] = ()
    terms_gone: tuple[Term, ...] = ()
    secret: bytes | None = None
    named: bool = False

    @property
    def scope(self) -> str:
        """Scope of its keys: the entity's id, or empty where it creates an unnamed one."""
        return self.row.ref.id if self.expected or self.named else ""

    @property
    def has_more(self) -> bool:
        """Whether it writes more than its entity, records and keys."""
        return bool(
            self.timers
            or self.timers_gone
            or self.messages
            or self.tasks
            or self.tasks_gone
            or self.claims
            or self.claims_gone
            or self.terms
            or self.terms_gone
            or self.secret is not None
            or self.checkpoints
        )


class Committed(Struct, frozen=True):
    """The commit is durable."""

    version: int


@attrs.frozen
class VersionConflict:
    """The entity has another version; `found` is 0 where it does not exist."""

    found: int


@attrs.frozen
class KeyConflict:
    """The key was used before, by this entity and version."""

    key: str
    ref: EntityRef
    version: int


@attrs.frozen
class ClaimConflict:
    """The claim is held by another entity."""

    claim: Claim
    holder: EntityRef


Outcome = Committed | VersionConflict | KeyConflict | ClaimConflict


def singly(batch: Sequence[Commit], commit: Callable[[Commit], Outcome]) -> list[Outcome]:
    """
    Commit members one by one, in order; for adapters to use.

    Args:
        batch: The members.
        commit: Commits one member on its own.

    Returns:
        How each fared. What follows a lost member of its entity is lost too, whatever
        version the store shows by then: somebody else's may have the same number.
    """
    lost: dict[EntityRef, VersionConflict] = {}
    outcomes: list[Outcome] = []
    for one in batch:
        outcome = lost.get(one.row.ref) or commit(one)
        outcomes.append(outcome)
        if not isinstance(outcome, Committed):
            found = outcome.found if isinstance(outcome, VersionConflict) else one.expected
            lost.setdefault(one.row.ref, VersionConflict(found))
    return outcomes
