"""Back-testing entities: each is lived again under other policies, for itself alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from crmflow.analysis.backtest.case import Case, Unknown
from crmflow.analysis.backtest.difference import differences, diverged
from crmflow.analysis.backtest.life import Life
from crmflow.analysis.backtest.past import (
    Past,
    Span,
    Untestable,
    Untested,
    past_of,
)
from crmflow.analysis.backtest.reliving import Reliving
from crmflow.analysis.contrast import Pair, Topic, paired
from crmflow.analysis.source import Source
from crmflow.core.errors import CrmflowError, UnknownEntityError
from crmflow.core.ref import EntityRef
from crmflow.flow.answer import caught_up
from crmflow.flow.registry import Registry
from crmflow.policies.sla import waits
from crmflow.storage.port import PAGE, every
from crmflow.storage.query import Find
from crmflow.storage.rows import EntityRow

__all__ = ["backtest"]


def backtest(
    source: Source,
    other: Registry,
    *,
    machines: Iterable[str] = (),
    entity: EntityRef | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Iterator[Case]:
    """
    Yield what would have been different of each entity, in order of (machine, id).

    Recorded inputs are given, in their order and at their instants, to another policy set;
    timers fire at theirs. Nothing is stored. Entities are read a page at a time, and each is
    judged by its own journal alone: what others would have been told is not followed.

    Args:
        source: Where the journals are; an `Engine` is one.
        other: The other policy set, as `other_policies` gives it.
        machines: Of these machines only, by name; empty for all.
        entity: Of one entity only.
        since: Aware instant from which the other set judges; what is before is as it was.
        until: Aware instant behind which nothing is looked at; else all there is, and what is
            due by the source's clock.

    Raises:
        UnknownMachineError: The machine is not switched on.
        UnknownEntityError: There is no such entity.
        StoreError: The store cannot be read.
    """
    span, now = Span(since, until), source.clock.now()
    for row in _rows(source, machines, entity):
        past = past_of(source, row, span)
        if isinstance(past, Past) and past.ref.machine not in other.machines:
            past = Untested(Untestable.OFF)
        if isinstance(past, Untested):
            yield Case(row.ref, untested=past)
        elif past is not None:
            yield _tested(source.registry, other, past, past.ends(span, now))


def _rows(source: Source, machines: Iterable[str], entity: EntityRef | None) -> Iterator[EntityRow]:
    registry, store = source.registry, source.store
    named = sorted(set(machines if entity is None else [entity.machine]))
    for name in named:
        registry.machine(name)
    if entity is not None:
        found = [row for row in store.load([entity]) if row is not None]
        if not found:
            raise UnknownEntityError(entity)
        yield from found
    elif named:
        for name in named:
            yield from every(store, Find(registry.tenant, name, limit=PAGE))
    else:
        yield from every(store, Find(registry.tenant, limit=PAGE))


def _tested(registry: Registry, other: Registry, past: Past, until: datetime) -> Case:
    try:
        then = _lived_again(Reliving(registry, past), until) if past.observed else None
        then = then or _recorded(registry, past, until)
        reliving = Reliving(other, past)
        now = _lived_again(reliving, until)
    except CrmflowError as error:
        failed = Untested(Untestable.FAILED, f"{type(error).__name__}: {error}")
        return Case(past.ref, untested=failed)
    pairs = paired(then.items(until), now.items(until))
    diverged_at = diverged(pairs)
    quiet = waits(registry.tables) | waits(other.tables)
    return Case(
        past.ref,
        len(past.records),
        diverged_at,
        tuple(differences(pairs, diverged_at, quiet)),
        _unknown(past, reliving, pairs, then, now, diverged_at),
    )


def _recorded(registry: Registry, past: Past, until: datetime) -> Life:
    """Return a life as its journal has it, and what is still due of it under today's policies."""
    compiled = registry.machine(past.ref.machine)
    life = Life(past.start, compiled.machine.facts)
    for record in past.records:
        life.see(record)
    for decision in caught_up(registry, compiled, life.snapshot, until):
        life.decide(decision)
    return life


def _lived_again(reliving: Reliving, until: datetime) -> Life:
    machine = reliving.registry.machine(reliving.past.ref.machine).machine
    life = Life(reliving.past.start, machine.facts)
    for decision in reliving.decisions(until):
        life.decide(decision)
    return life


def _unknown(
    past: Past,
    reliving: Reliving,
    pairs: list[Pair],
    then: Life,
    now: Life,
    diverged_at: datetime | None,
) -> Unknown:
    """Count what nobody can know of another past."""
    mine = {hold.event for hold in now.snapshot.holds}
    return Unknown(
        afterwards=0
        if diverged_at is None
        else sum(one.event.at > diverged_at for one in past.records),
        unvoted=len(mine - {hold.event for hold in then.snapshot.holds}),
        impossible=now.refused - then.refused,
        messages=sum(pair.either.topic is Topic.MESSAGE for pair in pairs),
        unanswered=len(reliving.people.unanswered) + reliving.unlooked,
    )
