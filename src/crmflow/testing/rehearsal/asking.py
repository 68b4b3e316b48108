"""Drawing who asks for what: mostly what may come about, at times what may not."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from crmflow.core.actor import Actor
from crmflow.core.ref import UNBORN, EntityRef
from crmflow.policies.approvals import Waiting, waiting
from crmflow.policies.approvals.inbox import is_approval
from crmflow.testing.rehearsal.bulk import Many
from crmflow.testing.rehearsal.repertoire import Repertoire, one_of
from crmflow.testing.rehearsal.stage import Stage
from crmflow.testing.rehearsal.steps import Ask
from crmflow.testing.walking.drawing import GUEST, SAID

ODD = 0.03
"""How often an event is asked for that the state does not have, and by somebody who may not."""
ENDS = 0.1
"""How often an event that ends a life is left as drawn: else few lives would be long."""
APPROVES = 0.7
"""How often a request for approval is approved; else anything is done to it."""
IDS = 100
"""So many of the last ids are named in texts."""
TASKS = 50
MOST = 5
"""So many more than two ask at once at most, fewer by one."""
SAME = 0.5
"""How often two of those who ask at once ask of the same entity."""


@attrs.define(eq=False)
class Asking:
    """
    Draws requests.

    Attributes:
        stage: Where they are made.
        count: How many there were; they are named by it.
    """

    stage: Stage
    count: int = 0

    def anyone(self) -> EntityRef | None:
        """Return an entity that people work on, or None; one that stands still less often."""
        chance = self.stage.chance("entity")
        live = [name for name, refs in self.stage.live.items() if refs]
        if not live:
            return None
        refs = self.stage.live[self.stage.habits.choose(chance, live, "machine")]
        one, other = one_of(chance, refs), one_of(chance, refs)
        return other if one in self.stage.paused else one

    def ask(self) -> Ask | None:
        """Return somebody who asks for something, where there is any entity."""
        found = self.anyone()
        return None if found is None else self.of(found)

    def create(self) -> Ask | None:
        """Return somebody who asks for a new entity, where people may."""
        chance = self.stage.chance("create")
        repertoire = self.stage.repertoires[one_of(chance, list(self.stage.repertoires))]
        machine = repertoire.compiled.machine
        if machine.creating not in repertoire.parts:
            return None
        id_ = f"E-{self.count + 1}"
        ref = self.stage.engine.ref((machine.name, id_))
        asked = self._request(repertoire, ref, UNBORN, machine.creating)
        self.stage.ids.append(id_)
        return asked

    def many(self) -> Many | None:
        """Return several who ask at once, where there is any entity; two of them often of one."""
        chance = self.stage.chance("many")
        asks = [self.ask() for _ in range(2 + int(chance.uniform() * MOST))]
        found = [one for one in asks if one is not None]
        if found and chance.uniform() < SAME:
            found.append(self.of(found[0].ref))
        return Many(tuple(found)) if found else None

    def of(self, ref: EntityRef) -> Ask:
        """Return somebody who asks for something of an entity."""
        repertoire, state = self.stage.repertoires[ref.machine], self.stage.witness.rows[ref].state
        chance = self.stage.chance("event")
        offer, of = repertoire.offer(state, odd=chance.uniform() < ODD), (ref.machine, state)
        event = self.stage.habits.choose(chance, offer.events, of)
        if event not in offer.going and offer.going and chance.uniform() >= ENDS:
            event = self.stage.habits.choose(chance, offer.going, of)
        return self._request(repertoire, ref, state, event)

    def _request(self, repertoire: Repertoire, ref: EntityRef, state: str, event: str) -> Ask:
        chance, part = self.stage.chance("payload"), repertoire.parts[event]
        of = (ref.machine, event)
        place = self.stage.habits.choose(chance, part.choices, of)
        id_ = one_of(chance, self.stage.ids[-IDS:])
        payload = part.filled(place, id_, self.stage.clock.now())
        habits = (("machine", ref.machine), ((ref.machine, state), event), (of, place))
        who = self.stage.chance("actor")
        actor = GUEST if who.uniform() < ODD else one_of(who, part.actors)
        self.count += 1
        return Ask(ref, event, payload, actor, f"k-{self.count}", state == UNBORN, habits)

    def vote(self) -> Ask | None:
        """Return somebody who acts on a request for approval, where there is one."""
        chance, found = self.stage.chance("vote"), self._waiting()
        if not found:
            return None
        ref, one = one_of(chance, found)
        likely = "$approve" if one.kind == "approve" else "$resubmit"
        event = likely if chance.uniform() < APPROVES else one_of(chance, sorted(SAID))
        voter = Actor(one.assignee, {one.role})
        actor = voter if chance.uniform() >= ODD else Actor(one.requester)
        self.count += 1
        said = {"request": one.request, **SAID[event]}
        return Ask(ref, event, said, actor, f"k-{self.count}")

    def _waiting(self) -> Sequence[tuple[EntityRef, Waiting]]:
        """Return what waits for approval on one entity with such a task."""
        stage = self.stage
        rows = stage.witness.store.tasks(stage.engine.registry.tenant, limit=TASKS)
        refs = [one.ref for one in rows if is_approval(one.name) and one.ref.machine in stage.live]
        if not refs:
            return ()
        ref = one_of(stage.chance("vote"), refs)
        return [(ref, one) for one in waiting(stage.engine.get(ref), stage.clock.now())]
