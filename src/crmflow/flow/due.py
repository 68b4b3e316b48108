"""What is due: timers that have come, fired and committed."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from crmflow.codec import micros
from crmflow.core import logs
from crmflow.core.compiled import Compiled
from crmflow.core.decision import Decision
from crmflow.core.entity import Snapshot
from crmflow.core.errors import CrmflowError
from crmflow.core.ref import EntityRef
from crmflow.flow.answer import caught_up
from crmflow.flow.commits import commit_of
from crmflow.flow.isolating import own_failure
from crmflow.flow.run import Flow
from crmflow.storage.commit import Commit, Committed


class Touched(Struct, frozen=True):
    """
    What became of entities that had something to do of themselves.

    Attributes:
        fired: The last decision of each that was committed.
        failures: Failures of those whose timers stay due.
        lost: Those that somebody else touched meanwhile: nothing of it was committed.
    """

    fired: tuple[Decision, ...] = ()
    failures: Mapping[EntityRef, CrmflowError] = {}
    lost: tuple[EntityRef, ...] = ()

    def and_then(self, more: Touched) -> Touched:
        """Return what became of these entities, and then of more."""
        return Touched(
            (*self.fired, *more.fired),
            {**self.failures, **more.failures},
            (*self.lost, *more.lost),
        )


async def touch(flow: Flow, refs: Sequence[EntityRef], until: datetime) -> Touched:
    """
    Fire the timers of entities that are due by *until* and commit them.

    Args:
        flow: The steps over one registry and store.
        refs: The entities; those that are not in the store are left out.
        until: Aware UTC instant.

    Returns:
        What became of those that had timers due.
    """

    def due(compiled: Compiled, snapshot: Snapshot[Any]) -> list[Decision]:
        return caught_up(flow.registry, compiled, snapshot, until)

    return await advance(flow, refs, due)


async def advance(
    flow: Flow,
    refs: Sequence[EntityRef],
    steps: Callable[[Compiled, Snapshot[Any]], list[Decision]],
) -> Touched:
    """
    Commit what happens to entities of itself, each for itself; see `touch`.

    Args:
        flow: The steps over one registry and store.
        refs: The entities; those that are not in the store are left out.
        steps: Gives the decisions on an entity, none where nothing is to happen.
    """
    decided: list[Decision] = []
    commits: list[Commit] = []
    failures: dict[EntityRef, CrmflowError] = {}
    for ref, entity in (await flow.known(refs)).items():
        compiled = flow.registry.machine(ref.machine)
        try:
            fired = steps(compiled, entity.snapshot)
        except CrmflowError as error:
            failures[ref] = error
            logs.failed(f"timers of {ref}", error)
            continue
        if fired:
            last = replace(fired[-1], fired=tuple(fired[:-1]))
            commits.append(commit_of(flow.registry, entity, last, flow.clock.now()))
            decided.append(last)
    outcomes = await flow.run(flow.store.commit, commits) if commits else ()
    # A clash means that somebody else touched the entity, its timers included.
    done: list[Decision] = []
    lost: list[EntityRef] = []
    for one, outcome in zip(decided, outcomes, strict=True):
        if isinstance(outcome, Committed):
            done.append(one)
        else:
            lost.append(one.entity)
    return Touched(tuple(done), failures, tuple(lost))


async def fire(flow: Flow, refs: Iterable[EntityRef], until: datetime) -> Touched:
    """
    Fire the timers of entities in one batch; what cannot even be read fails for itself alone.

    Args:
        flow: The steps over one registry and store.
        refs: The entities, one of them as often as it has timers.
        until: Aware UTC instant.

    Raises:
        StoreError: The store does not answer, or cannot be used.
    """
    wanted = list(dict.fromkeys(refs))
    if not wanted:
        return Touched()
    try:
        return await touch(flow, wanted, until)
    except Exception as error:  # noqa: BLE001 - whatever a damaged row is the cause of
        failure = own_failure(error, f"what is due of {wanted[0]}")
        if len(wanted) == 1:
            return Touched(failures={wanted[0]: failure})
    touched = Touched()
    for ref in wanted:
        touched = touched.and_then(await fire(flow, [ref], until))
    return touched


async def fire_due(
    flow: Flow, until: datetime, limit: int, skip: Container[EntityRef] = ()
) -> Touched:
    """
    Fire timers due by *until*, those due first in front.

    Args:
        flow: The steps over one registry and store.
        until: Aware UTC instant.
        limit: About how many.
        skip: Entities that failed before. They stay due, as do those of machines
            that are off, and never keep the others waiting.
    """
    while True:
        rows = await flow.run(flow.store.due, flow.registry.tenant, micros(until), limit=limit)
        refs = [
            row.ref
            for row in rows
            if row.ref.machine in flow.registry.machines and row.ref not in skip
        ]
        if refs or len(rows) < limit:
            return await fire(flow, refs, until)
        limit *= 2
