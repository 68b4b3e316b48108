"""Drawing the next step of a life: mostly what could be done, at times what could not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import attrs
from hypothesis import strategies as st

from crmflow.codec import micros, moment
from crmflow.core.actor import Actor
from crmflow.core.decision import Decision
from crmflow.core.machine import Machine
from crmflow.core.plain import plain
from crmflow.core.ref import EntityRef
from crmflow.core.reserved import MIRROR, Mirrored
from crmflow.plugins.bringing import find_machines
from crmflow.policies.approvals import Waiting, waiting
from crmflow.testing.fixtures import MONDAY
from crmflow.testing.routes import could, fitting
from crmflow.testing.standing import facts_in
from crmflow.testing.strategies import Faulty, Strategies
from crmflow.testing.walking.life import FUTURE, MANY, Life
from crmflow.testing.walking.steps import Adopt, Ask, Crash, Stand, Tell, Wait

T = TypeVar("T")
Payload = Mapping[str, object]
Samples = Mapping[str, Sequence[Payload]]
Draw = Callable[[st.SearchStrategy[T]], T]
TICK = timedelta(microseconds=1)
TRIES = 3
"""How often somebody is drawn who could have what is asked, before a refusal is as good."""
SPANS = tuple(timedelta(hours=hours) for hours in (1, 9, 24, 24 * 8, 24 * 40, 24 * 400))
GUEST = Actor("guest-1")
ADMINISTRATOR = "administrator"
SAID: Mapping[str, Mapping[str, object]] = {
    "$approve": {},
    "$refuse": {"reason": "no"},
    "$return": {"reason": "again"},
    "$resubmit": {},
    "$withdraw": {},
    "$take_back": {},
    "$transfer": {"to": "helper-1", "reason": "away"},
    "$delegate": {"to": "helper-2", "reason": "away"},
    "$add_signer": {"person": "helper-3", "reason": "two see more"},
    "$remind": {},
    "$stop": {"reason": "enough"},
}
"""What people do to a request for approval, and what it brings."""


@attrs.define
class Drawing:
    """
    Draws what is done next.

    Attributes:
        drawn: Draws payloads.
        samples: Payloads that are known to be good, by event; drawn beside others.
        links: Machines that the walked one mirrors, by the name of the link.
    """

    drawn: Strategies
    samples: Samples
    links: Mapping[str, Machine]
    _payloads: dict[str, st.SearchStrategy[Payload]] = attrs.field(factory=dict, init=False)
    _faulty: dict[str, st.SearchStrategy[Faulty]] = attrs.field(factory=dict, init=False)

    @property
    def _past(self) -> Strategies:
        """Draws what may be known when walks begin: nothing has happened later than that."""
        last = MONDAY.replace(tzinfo=None)
        past = st.datetimes(last - timedelta(days=800), last, timezones=st.just(UTC))
        return Strategies({datetime: past, **self.drawn.kinds.overrides})

    @classmethod
    def over(cls, life: Life, drawn: Strategies, samples: Samples) -> Drawing:
        """Return what draws steps of a life."""
        every = find_machines(None, life.engine.plugins)
        sends = [send for row in life.compiled.machine.rows for send in row.send]
        links = {one.link: every[one.machine] for one in sends if one.link and one.machine in every}
        return cls(drawn, samples, links)

    def begin(self, life: Life, draw: Draw[Any]) -> Ask | Adopt:
        """Draw how a life begins: it is created, or stands in some state already."""
        machine = life.compiled.machine
        state = draw(st.none() | st.sampled_from([one.name for one in machine.states]))
        if state is None:
            return self.ask(life, draw)
        facts = draw(facts_in(machine, state, self._past))
        return Adopt(state, facts, Actor(f"{ADMINISTRATOR}-1", machine.adopters))

    def ask(self, life: Life, draw: Draw[Any]) -> Ask:
        """Draw somebody who asks for something, for creation where there is nothing yet."""
        ask = self._ask(life, draw)
        for _ in range(TRIES):
            decision = life.foresee(ask.event, ask.payload, ask.actor)
            if not isinstance(decision, Decision) or decision.refusal is None:
                break
            if ask.actor == fitting(life.compiled.machine, ask.event):
                ask = attrs.evolve(ask, actor=could(ask.actor, decision.refusal))
            else:
                ask = self._ask(life, draw)
        return ask

    def _ask(self, life: Life, draw: Draw[Any]) -> Ask:
        machine = life.compiled.machine
        event = machine.creating
        if life.born:
            possible = life.compiled.possible(life.snapshot.state)
            likely = st.sampled_from(possible) if possible else st.nothing()
            event = draw(likely | st.sampled_from(machine.events))
        actor = fitting(machine, event)
        other = st.just(GUEST) | self.drawn.actors(machine)
        who = draw(st.just(actor) | st.just(actor) | st.just(actor) | other)
        return Ask(event, draw(self.payload(machine, event)), who, _key(life), not life.born)

    def payload(self, machine: Machine, event: str) -> st.SearchStrategy[Payload]:
        """Return a strategy for what an event brings, made once."""
        if event not in self._payloads:
            known, any_ = self.samples.get(event, ()), self.drawn.payloads_for(machine, event)
            self._payloads[event] = st.sampled_from(known) | any_ if known else any_
        return self._payloads[event]

    def wrong(self, life: Life, draw: Draw[Any]) -> Ask | None:
        """Draw somebody who asks with a payload that no form takes; None where there is none."""
        machine = life.compiled.machine
        formed = [name for name, form in life.compiled.events.items() if form is not None]
        events = formed if life.born else [name for name in formed if name == machine.creating]
        if not events:
            return None
        event = draw(st.sampled_from(events))
        if event not in self._faulty:
            self._faulty[event] = self.drawn.faulty_for(machine, event)
        faulty = draw(self._faulty[event])
        return Ask(event, faulty.payload, fitting(machine, event), _key(life), not life.born)

    def crash(self, life: Life, draw: Draw[Any]) -> Crash:
        """Draw a process that dies while it answers."""
        return Crash(self.ask(life, draw), draw(st.booleans()))

    def wait(self, life: Life, draw: Draw[Any]) -> Wait:
        """Draw how much time passes: some, or up to just before, at or after the next timer."""
        spans = st.sampled_from(SPANS)
        rows = life.store.due(life.ref.tenant, FUTURE, limit=MANY)
        if rows:
            now = life.clock.now()
            due = moment(min(max(row.due_at, micros(now)) for row in rows)) - now
            near = [span for span in (due - TICK, due, due + TICK) if span > timedelta()]
            spans = st.sampled_from(near) | spans if near else spans
        return Wait(draw(spans))

    def waits(self, life: Life) -> Sequence[Waiting]:
        """Return what waits for approval."""
        return waiting(life.snapshot, life.clock.now()) if life.born else ()

    def vote(self, life: Life, draw: Draw[Any]) -> Ask:
        """Draw what somebody does to a request for approval."""
        found = self.waits(life)
        one: Waiting = draw(st.sampled_from(found))
        event = draw(st.just("$approve") | st.sampled_from(sorted(SAID)))
        voter = Actor(one.assignee, {one.role})
        others = [Actor(one.requester), Actor(f"{ADMINISTRATOR}-1", {ADMINISTRATOR}), GUEST]
        who = draw(st.just(voter) | st.just(voter) | st.sampled_from(others))
        return Ask(event, {"request": one.request, **SAID[event]}, who, _key(life))

    def stand(self, life: Life, draw: Draw[Any]) -> Stand:
        """Draw an order to stand still or to go on, by who may give it and who may not."""
        adopters = life.compiled.machine.adopters
        who = Actor("administrator-1", adopters)
        verbs = st.just("unpause") if life.snapshot.paused_since else st.just("pause")
        verb = draw(verbs | st.sampled_from(("pause", "unpause")))
        return Stand(verb, draw(st.just(who) | st.just(who) | st.just(GUEST)))

    def tell(self, life: Life, draw: Draw[Any]) -> Tell:
        """Draw what another entity tells: an event, or how it stands itself."""
        number, version = draw(st.integers(1, 2)), draw(st.integers(1, 5))
        if self.links and life.born and draw(st.booleans()):
            return self._mirror(life, draw, number, version)
        machine = life.compiled.machine
        own = [row.event for row in machine.rows if "system" in row.who]
        events = own if own and draw(st.booleans()) else machine.events
        event = draw(st.sampled_from(events)) if life.born else machine.creating
        source = EntityRef(life.ref.tenant, "elsewhere", f"told-{number}")
        return Tell(source, version, event, draw(self.payload(machine, event)))

    def _mirror(self, life: Life, draw: Draw[Any], number: int, version: int) -> Tell:
        name = draw(st.sampled_from(sorted(self.links)))
        other = self.links[name]
        facts = draw(self.drawn.facts_for(other))
        shared = {key: plain(getattr(facts, key)) for key in other.shares}
        source = EntityRef(life.ref.tenant, other.name, f"told-{number}")
        state = draw(st.sampled_from([one.name for one in other.states]))
        form = Mirrored(name, source, version, state, shared)
        return Tell(source, version, MIRROR, form)


def _key(life: Life) -> str:
    return f"key-{len(life.story)}"
