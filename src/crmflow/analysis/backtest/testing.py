"""Back-testing entities: each is lived again under other policies, for itself alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime

import attrs

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
from crmflow.analysis.contrast import Item, Pair, Topic, paired
from crmflow.analysis.source import Source
from crmflow.core.errors import CrmflowError, UnknownEntityError
from crmflow.core.ref import EntityRef
from crmflow.flow.answer import caught_up
from crmflow.flow.registry import Registry
from crmflow.policies.sla import waits
from crmflow.states import EVERY
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
        other: The other policy set, as `Policies.bound` gives it.
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
    again = Reliving(other, past)
    try:
        if past.observed:
            then = _lived_again(Reliving(registry, past), until)
        else:
            then = _recorded(registry, past, until)
        lives = _Lives(past, then, _lived_again(again, until), again)
    except CrmflowError as error:
        failed = Untested(Untestable.FAILED, f"{type(error).__name__}: {error}")
        return Case(past.ref, untested=failed)
    quiet = waits(registry.tables) | waits(other.tables)
    off = EVERY.keys() - other.machines.keys()
    told = (_heard(life.items(until), off) for life in (then, lives.now))
    return lives.case(paired(*told), quiet)


def _heard(items: Iterable[Item], off: Collection[str]) -> Iterator[Item]:
    """Yield items without messages to machines that are off: some are sent only where one is on."""
    for item in items:
        if item.topic is not Topic.MESSAGE or item.told["to"] not in off:
            yield item


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


@attrs.frozen
class _Lives:
    """Both lives of an entity, and how the second was lived."""

    past: Past
    then: Life
    now: Life
    reliving: Reliving

    def case(self, pairs: Sequence[Pair], quiet: Collection[str]) -> Case:
        """Return what differs between them, and what of it is known."""
        turned = diverged(pairs)
        found = tuple(differences(pairs, turned, quiet))
        messages = sum(pair.either.topic is Topic.MESSAGE for pair in pairs)
        unknown = attrs.evolve(self._unknown(turned), messages=messages)
        return Case(self.past.ref, len(self.past.records), turned, found, unknown)

    def _unknown(self, turned: datetime | None) -> Unknown:
        """Count what nobody can know of another past, messages left out."""
        held = [{hold.event for hold in life.snapshot.holds} for life in (self.now, self.then)]
        later = (turned is not None and one.event.at > turned for one in self.past.records)
        return Unknown(
            afterwards=sum(later),
            unvoted=len(held[0] - held[1]),
            impossible=self.now.refused - self.then.refused,
            unanswered=len(self.reliving.people.unanswered) + self.reliving.unlooked,
        )
