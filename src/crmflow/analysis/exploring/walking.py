"""Walking: one thing after the other happens to an entity, decided as an engine decides it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs

from crmflow.analysis.exploring.asking import request_of
from crmflow.analysis.exploring.graph import Situation
from crmflow.analysis.exploring.situation import Abstraction
from crmflow.analysis.happening import Happening
from crmflow.core.compiled import Compiled
from crmflow.core.decision import Decision
from crmflow.core.entity import Snapshot
from crmflow.core.errors import GuardFailedError, PolicyFailedError
from crmflow.core.journal import unborn
from crmflow.core.ref import EntityRef
from crmflow.flow.answer import answer, caught_up
from crmflow.flow.registry import Registry

__all__ = ["RAISED", "START", "Come", "Step", "Walked", "Walker"]

RAISED = (GuardFailedError, PolicyFailedError)
"""What a guard, an effect or a policy that fails comes to."""

START = datetime(2026, 3, 2, 1, tzinfo=UTC)
"""First instant of every exploration: Monday, nine o'clock in Beijing."""


@attrs.frozen
class Step:
    """
    Something that is to happen next, however early that is.

    Attributes:
        happening: What; its own instant does not count.
        after: How long after what came before. Where only time passes the next timer tells.
    """

    happening: Happening
    after: timedelta


@attrs.frozen
class Come:
    """
    What has come of a happening.

    Attributes:
        snapshot: The entity.
        opened: Names of links it has opened.
        decisions: What was decided, in order, with all that was caused.
        key: What makes it one situation with others.
    """

    snapshot: Snapshot[Any]
    opened: frozenset[str]
    decisions: tuple[Decision, ...]
    key: Hashable


@attrs.frozen
class Walked:
    """
    What has come of steps.

    Attributes:
        happenings: What happened, to the first that was refused or raised, which is the last.
        ends: Number of the situation after each that was neither; None where it is none known.
        state: The state afterwards.
        raised: Whether the last one raised.
    """

    happenings: tuple[Happening, ...]
    ends: tuple[int | None, ...]
    state: str
    raised: bool


@attrs.frozen
class Walker:
    """
    Lets things happen to an entity of one machine.

    Attributes:
        registry: What runs it.
        compiled: The machine.
        abstraction: What counts as one situation.
        known: The situations that were found, by what makes them one.
    """

    registry: Registry
    compiled: Compiled
    abstraction: Abstraction
    known: Mapping[Hashable, Situation]

    @property
    def ref(self) -> EntityRef:
        """The entity."""
        return self.registry.ref(self.compiled.machine.name, "explored")

    def decided(
        self, snapshot: Snapshot[Any], happening: Happening, form: object = None
    ) -> list[Decision]:
        """
        Return what is decided on a happening.

        Args:
            snapshot: The entity, or the unborn one.
            happening: What happens.
            form: Its form as it is structured already, or None.

        Raises:
            GuardFailedError: A function of the machine raised.
            PolicyFailedError: A plugin raised.
        """
        if not happening.event:
            return caught_up(self.registry, self.compiled, snapshot, happening.at)
        return [answer(self.registry, snapshot, request_of(snapshot, happening, form))]

    def come(self, opened: frozenset[str], decided: Sequence[Decision]) -> Come:
        """Return what decisions come to; *opened* are the links that were opened before."""
        every = tuple(part for one in decided for part in (*one.fired, one, *one.caused))
        sent = (message.link for one in every for message in one.messages)
        snapshot, opened = decided[-1].snapshot, opened.union(filter(None, sent))
        return Come(snapshot, opened, every, self.abstraction.key(snapshot, opened))

    def at(self, snapshot: Snapshot[Any], opened: frozenset[str]) -> Situation | None:
        """Return the situation an entity is in, that has opened links; None where none is known."""
        return self.known.get(self.abstraction.key(snapshot, opened))

    def walk(self, steps: Iterable[Step], avoided: Callable[[Snapshot[Any]], bool]) -> Walked:
        """
        Let steps happen until one is refused or raises.

        Args:
            steps: What is to happen.
            avoided: Says where no step may lead: it counts as refused.
        """
        here = Come(unborn(self.ref, START), frozenset(), (), None)
        happened, ends, raised = list[Happening](), list[int | None](), False
        for step in steps:
            at = here.snapshot.at + step.after if step.happening.event else due(here.snapshot)
            happened.append(attrs.evolve(step.happening, at=at or here.snapshot.at))
            try:
                there = self._stepped(here, happened[-1])
            except RAISED:
                raised = True
                break
            if there is None or avoided(there.snapshot):
                break
            here = there
            situation = self.at(here.snapshot, here.opened)
            ends.append(None if situation is None else situation.number)
        return Walked(tuple(happened), tuple(ends), here.snapshot.state, raised)

    def _stepped(self, here: Come, happening: Happening) -> Come | None:
        """Return where a happening leads; None where it is refused, or is nothing."""
        decided = self.decided(here.snapshot, happening)
        refused = happening.event and decided[0].refusal is not None
        return self.come(here.opened, decided) if decided and not refused else None


def due(snapshot: Snapshot[Any]) -> datetime | None:
    """Return when the next timer fires; None where none runs."""
    timers = [timer.due_at for timer in snapshot.timers]
    return max(min(timers), snapshot.at) if timers else None
