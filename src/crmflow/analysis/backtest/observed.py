"""
Rows of an imported log as events: what led the entity where the log says that it went.

A row says a state and some facts, not which event it was. The first event of the machine that
leads there is taken; where there is none, or facts are left that no event brings, the entity is
placed as the log has it. Nothing is made up but the right of who did it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import attrs

from crmflow.core.actor import Actor
from crmflow.core.compiled import Compiled
from crmflow.core.decision import Decision
from crmflow.core.entity import Snapshot
from crmflow.core.journal import JournalRecord
from crmflow.core.kinds import kinds_of
from crmflow.core.plain import plain
from crmflow.core.reserved import ADOPT, Adoption, Observation
from crmflow.flow.answer import answer, caught_up
from crmflow.flow.registry import Registry
from crmflow.flow.request import Request

__all__ = ["followed"]

REASON = "an imported log has it so"


def followed(
    registry: Registry, snapshot: Snapshot[Any], record: JournalRecord
) -> Iterator[Decision]:
    """
    Yield the decisions that bring an entity where a row of a log has it, in order.

    Args:
        registry: The policy set.
        snapshot: The entity before.
        record: The observation.
    """
    yield from _Row(registry, record, max(record.event.at, snapshot.at)).decisions(snapshot)


@attrs.frozen
class _Row:
    """
    A row of a log.

    Attributes:
        registry: The policy set.
        record: The observation.
        at: Aware UTC instant at which it is followed.
    """

    registry: Registry
    record: JournalRecord
    at: datetime

    @property
    def seen(self) -> Observation:
        """What the log says."""
        seen: Observation = self.record.event.form
        return seen

    @property
    def compiled(self) -> Compiled:
        """The machine of the entity."""
        return self.registry.machine(self.record.ref.machine)

    def decisions(self, snapshot: Snapshot[Any]) -> Iterator[Decision]:
        """Yield timers that were due, a creation, a move, and a placement, as far as needed."""
        for fired in self._fired(snapshot):
            yield fired
            snapshot = fired.snapshot
        for step in (self._created, self._moved, self._placed):
            found = step(snapshot)
            if found is not None:
                yield found
                snapshot = found.snapshot

    def _fired(self, snapshot: Snapshot[Any]) -> list[Decision]:
        if not snapshot.version:
            return []
        return caught_up(self.registry, self.compiled, snapshot, self.at)

    def _created(self, snapshot: Snapshot[Any]) -> Decision | None:
        return None if snapshot.version else self._led(snapshot, self.compiled.machine.creating)

    def _moved(self, snapshot: Snapshot[Any]) -> Decision | None:
        """Return what the first event comes to that leads where the row says, or waits to."""
        to = self.seen.state
        if snapshot.facts is None or snapshot.state == to:
            return None
        for event in self.compiled.possible(snapshot.state):
            leading = self.compiled.candidates(snapshot.state, event)
            found = self._led(snapshot, event) if any(one.to == to for one in leading) else None
            if found is not None and (found.held or found.snapshot.state == to):
                return found
        return None

    def _led(self, snapshot: Snapshot[Any], event: str) -> Decision | None:
        """Return what an event comes to with the facts of the row; None where refused."""
        facts = {**_plain(snapshot), **self.seen.facts}
        fields = kinds_of(self.compiled.events[event])
        form = {name: facts[name] for name in fields if name in facts}
        leading = self.compiled.candidates(snapshot.state, event)
        actor = Actor(self.record.event.actor.id, {role for one in leading for role in one.row.who})
        request = Request(snapshot.ref, event, form, actor, self.at, None)
        found = answer(self.registry, snapshot, request)
        return found if found.accepted else None

    def _placed(self, snapshot: Snapshot[Any]) -> Decision | None:
        """Return the decision that places an entity as the row has it, where it is not so yet."""
        seen, known = self.seen, _plain(snapshot)
        ended = snapshot.state in self.compiled.final  # nothing of it matters any more
        left = any(known.get(name) != value for name, value in seen.facts.items())
        if snapshot.state == seen.state and (ended or not left):
            return None
        form = Adoption(seen.state, seen.facts, REASON, incomplete=True)
        actor = Actor(self.record.event.actor.id, self.compiled.machine.adopters)
        return answer(
            self.registry, snapshot, Request(snapshot.ref, ADOPT, form, actor, self.at, None)
        )


def _plain(snapshot: Snapshot[Any]) -> dict[str, object]:
    """Return the facts of an entity as plain values; none before it is there."""
    known = plain(snapshot.facts)
    return known if isinstance(known, dict) else {}
