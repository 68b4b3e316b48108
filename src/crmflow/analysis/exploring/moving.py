"""What can be tried in a situation: events by people, messages, votes, news, and waiting."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import attrs
from msgspec.structs import replace

from crmflow.analysis.exploring.asking import form_of, mirrored
from crmflow.analysis.exploring.graph import Situation
from crmflow.analysis.exploring.people import known_actor, specialists
from crmflow.analysis.exploring.reading import codes_of
from crmflow.analysis.exploring.samples import ANY_ID, Payload, Sampling, is_timely, later
from crmflow.analysis.happening import Happening
from crmflow.core.actor import SYSTEM, Actor
from crmflow.core.compiled import Compiled
from crmflow.core.entity import Snapshot
from crmflow.core.errors import did_you_mean
from crmflow.core.form import structure
from crmflow.core.hold import Hold
from crmflow.core.kinds import field_names
from crmflow.core.machine import Machine
from crmflow.core.plain import plain
from crmflow.core.ref import EntityRef
from crmflow.core.reserved import MIRROR
from crmflow.expressions.links import LinkedTo, links_of
from crmflow.flow.registry import Registry

__all__ = ["Moves", "Try"]

APPROVALS, VOTES = "approvals", ("$approve", "$refuse")
NEWS = 3
"""So many payloads of one linked entity are tried, in each state it may be in."""

_TICK, _LONG = timedelta(seconds=1), timedelta(days=366)
"""What comes after an instant, and how much later guards are tried that look at the clock."""


@attrs.frozen
class Try:
    """
    Something that may happen next.

    Attributes:
        happening: What.
        form: Its structured form, or None.
    """

    happening: Happening
    form: object = None


@attrs.define
class Moves:
    """
    What can be tried with the entities of one machine.

    Args:
        registry: What runs them.
        compiled: The machine.
        cast: Who acts.
        sampling: What payloads are made of.
        own: By event what its payloads have in place of what is made up.
        first: Aware UTC instant at which exploring begins.
        until: Aware UTC instant beyond which it does not look.
    """

    registry: Registry
    compiled: Compiled
    cast: tuple[Actor, ...]
    sampling: Sampling
    own: Mapping[str, Sequence[Mapping[str, object]]]
    first: datetime
    until: datetime
    _links: tuple[LinkedTo, ...] = attrs.field(init=False)
    _told: frozenset[str] = attrs.field(init=False)
    _timely: frozenset[str] = attrs.field(init=False)
    _first: dict[str, list[Payload]] = attrs.field(init=False, factory=dict)
    _made: dict[tuple[str, int], list[tuple[Payload, object]]] = attrs.field(
        init=False, factory=dict
    )

    _facts: dict[tuple[str, date], list[Payload]] = attrs.field(init=False, factory=dict)

    def __attrs_post_init__(self) -> None:
        machine = self.compiled.machine
        self._links = links_of(machine, self.registry.tables.machines)
        machines = [one.machine for one in self.registry.machines.values()]
        self._told = frozenset(_told(machine, machines))
        self._timely = frozenset(_timely(machine))

    def of(self, situation: Situation) -> Iterator[Iterator[Try]]:
        """
        Yield groups of what can be tried, those of one actor and event together.

        Of a group nothing more need be tried once a role is what is missing.

        Args:
            situation: Where the entity is.
        """
        snapshot = situation.snapshot
        for event in self.compiled.table[snapshot.state]:
            for actor in self._actors(snapshot, event):
                yield self._asked(snapshot, event, actor)
        for hold in snapshot.holds:
            yield self._votes(snapshot, hold)
            yield self._replies(situation, hold)
        for link in self._links:
            if link.name in situation.opened and snapshot.state not in self.compiled.final:
                yield self._news(snapshot, link)

    def _actors(self, snapshot: Snapshot[Any], event: str) -> Iterator[Actor]:
        rows = [one.row for one in self.compiled.candidates(snapshot.state, event)]
        if any(row.who != frozenset({"system"}) for row in rows):
            yield from self.cast
            yield from specialists(rows)
        if event in self._told:
            yield SYSTEM

    def later(
        self, snapshot: Snapshot[Any], at: datetime, happened: Collection[str]
    ) -> Iterator[Iterator[Try]]:
        """
        Yield groups of what can be tried when an instant has come, as none did before.

        What happened before is tried again only where guards may now take another of its rows.

        Args:
            snapshot: The entity.
            at: One of its `instants`.
            happened: Events that happen in its situation before.
        """
        for event in self.compiled.table[snapshot.state]:
            rows = self.compiled.candidates(snapshot.state, event)
            if event not in happened or (event in self._timely and len(rows) > 1):
                for actor in self._actors(snapshot, event):
                    yield self._asked(replace(snapshot, at=at), event, actor)

    def instants(self, snapshot: Snapshot[Any]) -> list[datetime]:
        """
        Return when what is refused now may be accepted though nothing happens, ascending.

        That is when an instant has come that the facts tell, and a moment later; and where guards
        look at the clock, a long time later. All come by themselves before the next timer.

        Args:
            snapshot: The entity.
        """
        ahead = [one + step for one in self._told_ahead(snapshot) for step in (_TICK * 0, _TICK)]
        last = min((self.until, *(timer.due_at for timer in snapshot.timers)))
        if not self._timely.isdisjoint(self.compiled.table[snapshot.state]):
            ahead.append(min(snapshot.at + _LONG, last))
        return sorted({one for one in ahead if snapshot.at < one <= last})

    def is_beyond(self, snapshot: Snapshot[Any]) -> bool:
        """Say whether something may happen at an instant that is too far to be looked at."""
        far = any(one > self.until for one in self._told_ahead(snapshot))
        return far and bool(self.compiled.table[snapshot.state])

    def _told_ahead(self, snapshot: Snapshot[Any]) -> list[datetime]:
        kind: type = type(snapshot.facts)
        read = (n for n in field_names(kind) if n in self.sampling.relevance.facts)
        told = (getattr(snapshot.facts, name) for name in read)
        return [one for one in told if isinstance(one, datetime) and one > snapshot.at]

    def _asked(self, snapshot: Snapshot[Any], event: str, actor: Actor) -> Iterator[Try]:
        for payload, form in self._samples(event, self.compiled.events[event], snapshot.at):
            yield Try(Happening(snapshot.at, event, actor, payload), form)

    def _samples(self, event: str, form: type | None, at: datetime) -> list[tuple[Payload, object]]:
        """Return what an event may bring, made once; where it has instants once a day."""
        if form is None:
            return [({}, None)]
        days = (at.date() - self.first.date()).days if is_timely(form) else 0
        if (event, days) not in self._made:
            payloads = [later(one, timedelta(days)) for one in self._payloads(event, form)]
            found = [(one, form_of(form, one)) for one in payloads if isinstance(one, dict)]
            self._made[event, days] = [(one, value) for one, value in found if value is not None]
        return self._made[event, days]

    def _payloads(self, event: str, form: type) -> list[Payload]:
        """Return what an event may bring on the first day, made once."""
        if event not in self._first:
            made_up = self.sampling.payloads(form, self.first)
            laid = [{**one, **over} for over in self.own.get(event, ()) for one in made_up]
            self._first[event] = laid or made_up
        return self._first[event]

    def unfit(self) -> Iterator[str]:
        """Yield what is wrong with the samples that were given."""
        events = self.compiled.events
        for event, given in self.own.items():
            if event not in events:
                yield f"there is no event {event!r}. {did_you_mean(event, events)}"
            elif (form := events[event]) is not None:
                yield from self._misfits(event, form, given)
            elif any(given):
                yield f"{event!r} has no form, and takes no samples"

    def _misfits(
        self, event: str, form: type, given: Sequence[Mapping[str, object]]
    ) -> Iterator[str]:
        made_up = self.sampling.payloads(form, self.first)
        for place, over in enumerate(given):
            laid = [structure(form, {**one, **over})[1] for one in made_up]
            if all(laid):
                yield f"sample {place} of {event!r}: {'; '.join(map(str, laid[0]))}"

    def _votes(self, snapshot: Snapshot[Any], hold: Hold) -> Iterator[Try]:
        """Yield the votes on what is held, by all who may be asked for one."""
        said = {"request": hold.event, "reason": ANY_ID}
        for vote in VOTES if hold.policy == APPROVALS else ():
            form = self.registry.form(self.compiled.machine.name, vote)
            given = {name: value for name, value in said.items() if name in field_names(form)}
            for voter in self._voters(snapshot):
                yield Try(Happening(snapshot.at, vote, voter, given))

    def _voters(self, snapshot: Snapshot[Any]) -> list[Actor]:
        """Return those who act, and all others who have a task of their own."""
        known = {actor.id: actor for actor in self.cast}
        asked = {task.assignee for task in snapshot.tasks if task.assignee} - {*known}
        others = (known_actor(self.registry, id_, snapshot.at) for id_ in asked)
        return sorted((*self.cast, *others), key=lambda one: one.id)

    def _replies(self, situation: Situation, hold: Hold) -> Iterator[Try]:
        """Yield what others may answer to the policy that holds an event, such as a ledger."""
        snapshot = situation.snapshot
        for (machine, event), owner in self.registry.reserved.items():
            form = owner.policy.reserved[event]
            mine = (machine, owner.policy.name) == (self.compiled.machine.name, hold.policy)
            if form is None or not mine or hold.policy == APPROVALS:
                continue
            for request, asked in situation.asked.items():
                for made in self.sampling.payloads(form, snapshot.at):
                    told = {**made, "request": request}
                    yield Try(Happening(snapshot.at, event, SYSTEM, told, asked))

    def _news(self, snapshot: Snapshot[Any], link: LinkedTo) -> Iterator[Try]:
        """Yield what a linked entity may tell: any state that is read, and one that is not."""
        machine = next(
            s.machine for r in self.compiled.machine.rows for s in r.send if s.link == link.name
        )
        ref = EntityRef(snapshot.ref.tenant, machine, ANY_ID)
        words = self.sampling.relevance.told
        read = sorted(link.states & words)
        rest = sorted(link.states - words)[:1]
        for state in (*read, *rest):
            for told in self._shared(link, snapshot.at):
                payload = mirrored(link.name, ref, state, told)
                yield Try(Happening(snapshot.at, MIRROR, SYSTEM, payload))

    def _shared(self, link: LinkedTo, at: datetime) -> list[Payload]:
        """Return what a linked entity may tell of itself, made once a day."""
        made = (link.name, at.date())
        if made not in self._facts:
            few = attrs.evolve(self.sampling, most=NEWS)
            found = few.payloads(link.facts, at, link.shares)
            self._facts[made] = [dict(_plain(one)) for one in found]
        return self._facts[made]


def _plain(payload: Payload) -> Iterable[tuple[str, object]]:
    return ((name, plain(value)) for name, value in payload.items())


def _timely(machine: Machine) -> Iterator[str]:
    """Yield the events of which a guard may look at the clock."""
    for row in machine.rows:
        codes = (code for guard in row.guards for code in codes_of(guard.fn))
        if any(code.opaque or "at" in code.attributes for code in codes):
            yield row.event


def _told(machine: Machine, machines: Iterable[Machine]) -> Iterator[str]:
    """Yield the events that come by message, and those that only something outside can bring."""
    for other in machines:
        yield from (s.event for row in other.rows for s in row.send if s.machine == machine.name)
    fired = {start.event for row in machine.rows for start in row.start}
    for row in machine.rows:
        if row.who == frozenset({"system"}) and row.event not in fired:
            yield row.event
