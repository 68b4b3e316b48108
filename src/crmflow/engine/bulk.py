"""Firing one event on many entities: which they are, and what became of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

import attrs

from crmflow.core.decision import Decision, summary
from crmflow.core.ref import EntityRef
from crmflow.engine.wanting import Asked, Wanted, found
from crmflow.flow.registry import Registry
from crmflow.flow.run import Answered
from crmflow.storage.port import Store

BATCH = 100
"""Entities of a batch: they share a transaction."""


@attrs.frozen
class Unmoved:
    """
    An entity that was not moved.

    Attributes:
        entity: Which.
        reasons: Why, as codes with rule ids, or what went wrong in one sentence.
        refused: Whether it was refused; else something went wrong, and may not the next time.
    """

    entity: EntityRef
    reasons: tuple[str, ...]
    refused: bool


@attrs.frozen
class Bulk:
    """
    What became of one event fired on many entities, or would.

    Attributes:
        key: The key of every firing; the same call with it repeats nothing.
        accepted: How many took it.
        held: How many wait for an approval.
        repeated: How many had taken it under the key before.
        unmoved: Those that did not take it, each with why.
    """

    key: str
    accepted: int = 0
    held: int = 0
    repeated: int = 0
    unmoved: tuple[Unmoved, ...] = ()

    @property
    def seen(self) -> int:
        """How many were asked."""
        return self.accepted + self.held + self.repeated + len(self.unmoved)

    def plus(self, refs: Sequence[EntityRef], answers: Sequence[Answered]) -> Bulk:
        """Return it with the answers of one more batch."""
        counts: Counter[str] = Counter()
        unmoved: list[Unmoved] = []
        for ref, answered in zip(refs, answers, strict=True):
            became = _became(ref, answered)
            if isinstance(became, Unmoved):
                unmoved.append(became)
            else:
                counts[became] += 1
        return Bulk(
            self.key,
            self.accepted + counts["accepted"],
            self.held + counts["held"],
            self.repeated + counts["repeated"],
            (*self.unmoved, *unmoved),
        )


def _became(ref: EntityRef, answered: Answered) -> Unmoved | str:
    """Return what became of an entity: the name of a count, or why it was not moved."""
    if not isinstance(answered, Decision):
        return Unmoved(ref, (str(answered),), refused=False)
    if answered.refusal is not None:
        return Unmoved(ref, tuple(summary(answered.refusal)), refused=True)
    if answered.repeated:
        return "repeated"
    return "held" if answered.held else "accepted"


def chosen(
    registry: Registry,
    store: Store,
    machine: str,
    *,
    state: str | None,
    where: Mapping[str, object] | None,
    ids: Iterable[str] | None,
) -> Iterator[tuple[EntityRef, ...]]:
    """
    Yield the entities that are meant, in batches; those of a filter in order of their ids.

    Raises:
        ValueError: Ids are given and a filter too.
        UnknownMachineError: The machine is not switched on.
        NotSearchableError: Entities are not searched by a field.
        IndexOutOfDateError: Not all entities are indexed so.
    """
    registry.machine(machine)
    wanted = Wanted(state=state, where=where)
    if ids is None:
        refs = (row.ref for row in found(Asked(registry, store, machine, wanted)))
    elif state is None and not where:
        refs = (registry.ref(machine, one) for one in dict.fromkeys(ids))
    else:
        message = "entities are meant by their ids or by a filter, not by both"
        raise ValueError(message)
    return batches(refs)


def batches(refs: Iterable[EntityRef]) -> Iterator[tuple[EntityRef, ...]]:
    """Yield entities in batches."""
    every = iter(refs)
    while batch := tuple(islice(every, BATCH)):
        yield batch
