"""The part of an engine for who runs it: bulk firing, pauses, newer definitions."""

from __future__ import annotations

import abc
from collections.abc import Callable
from typing import TYPE_CHECKING

from crmflow.engine.driving import drive
from crmflow.engine.policing import Policing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from crmflow.core.actor import Actor
    from crmflow.core.decision import Decision
    from crmflow.core.ref import EntityRef
    from crmflow.engine.bulk import Bulk
    from crmflow.engine.migrating import Migrating
    from crmflow.engine.pausing import PausedMachine, Verb
    from crmflow.engine.values import Entity
    from crmflow.flow.request import Request
    from crmflow.flow.run import Answered

Progress = Callable[[int], object]
"""Called with how many more are done, after each batch."""


def _nobody(_done: int) -> None:
    """Tell nobody."""


class Operating(Policing):
    """What an engine does with many entities at once, and with those that stand still."""

    def bulk(
        self,
        machine: str,
        event: str,
        payload: Mapping[str, object] | None = None,
        *,
        actor: Actor | str,
        state: str | None = None,
        where: Mapping[str, object] | None = None,
        ids: Iterable[str] | None = None,
        key: str | None = None,
        at: datetime | None = None,
        dry_run: bool = False,
        progress: Progress = _nobody,
    ) -> Bulk:
        """
        Fire one event on many entities, in batches; each is decided for itself, as by `fire`.

        Args:
            machine: Machine of the entities.
            event: Name of the event.
            payload: What its form needs, the same for all.
            actor: Who asks: an `Actor`, or an id that the directory knows.
            state: Only those in this state.
            where: Only those with these values of facts they are searched by.
            ids: These entities, in place of a filter.
            key: Name of this firing. After a crash the same call with the same key goes on where
                it ended and repeats nothing; None draws one, told by what is returned.
            at: Aware instant, or None for now.
            dry_run: Whether only to tell what each would come to now; nothing is stored then.
            progress: Called after each batch.

        Returns:
            How many took it, and every entity that did not, with why.

        Raises:
            ValueError: Both ids and a filter are given.
            UnknownEventError: The machine has no such event.
            NotSearchableError: Entities are not searched by a field.
            IndexOutOfDateError: Not all entities are indexed.
        """
        from crmflow.engine.bulk import Bulk, chosen
        from crmflow.flow.foreseeing import foresee

        self.registry.form(machine, event)
        who = self.actor(actor, self._flow.moment(at))
        done = Bulk(key or self.clock.new_id())
        every = chosen(self.registry, self.store, machine, state=state, where=where, ids=ids)
        for refs in every:
            requests = [self._request(ref, event, payload, who, done.key, at) for ref in refs]
            asked = drive(foresee(self._flow, requests)) if dry_run else self._answers(requests)
            done = done.plus(refs, asked)
            progress(len(refs))
        return done

    def pause(
        self,
        entity: Entity,
        reason: str,
        *,
        actor: Actor | str,
        key: str | None = None,
        at: datetime | None = None,
    ) -> Decision:
        """
        Let an entity stand still: events are refused, messages wait, deadlines are frozen.

        Args:
            entity: Ref, or (machine, id).
            reason: Why; journaled.
            actor: Needs one of the machine's `adopters` roles (`administrator`).
            key: Makes resending harmless.
            at: Aware instant, or None for now.

        Raises:
            UnknownEntityError: There is no such entity.
        """
        from crmflow.core.reserved import PAUSE, Pausing

        return self._ask(self._request(self.ref(entity), PAUSE, Pausing(reason), actor, key, at))

    def unpause(
        self,
        entity: Entity,
        reason: str,
        *,
        actor: Actor | str,
        key: str | None = None,
        at: datetime | None = None,
    ) -> Decision:
        """Let an entity go on with what remained of its time; see `pause`."""
        from crmflow.core.reserved import UNPAUSE, Pausing

        return self._ask(self._request(self.ref(entity), UNPAUSE, Pausing(reason), actor, key, at))

    def pause_machine(
        self, machine: str, reason: str, *, actor: Actor | str, progress: Progress = _nobody
    ) -> PausedMachine:
        """
        Let all entities of a machine stand still as of now; none can be created meanwhile.

        Every engine and worker over the store keeps to it. Where the call ends early, the same
        call again goes on.

        Args:
            machine: Name of the machine.
            reason: Why; journaled, also with every entity.
            actor: Needs one of the machine's `adopters` roles (`administrator`).
            progress: Called after each batch.

        Returns:
            The decision on the machine, refused where it stands still already, and how many
            entities were brought to it.

        Raises:
            UnknownMachineError: The machine is not switched on.
        """
        return self._stand(machine, "pause", reason, actor, progress)

    def unpause_machine(
        self, machine: str, reason: str, *, actor: Actor | str, progress: Progress = _nobody
    ) -> PausedMachine:
        """Let all entities of a machine go on, but for those paused by themselves."""
        return self._stand(machine, "unpause", reason, actor, progress)

    def _stand(
        self, machine: str, verb: Verb, reason: str, actor: Actor | str, progress: Progress
    ) -> PausedMachine:
        from crmflow.core.actor import SYSTEM
        from crmflow.core.machine_pause import NAME
        from crmflow.engine.bulk import Bulk, batches
        from crmflow.engine.pausing import PausedMachine, no_right, order_of

        who = self.actor(actor, self.clock.now())
        denied = no_right(self.registry, machine, verb, who, self.clock.now())
        if denied is not None:
            return PausedMachine(denied)
        ref, form = self.registry.ref(NAME, machine), {"by": who.id, "reason": reason}
        request = self._request(ref, verb, form, SYSTEM, None, None, creates=None)
        paused = PausedMachine(self._ask(request))
        order = order_of(paused.decision.snapshot, verb)
        while order is not None:
            # Again until none is left: one may have been created just before.
            done = Bulk("")
            for refs in batches(order.left(self.registry, self.store)):
                event, told, at = order.event, order.form, order.at
                requests = [self._flow.request(one, event, told, who, at) for one in refs]
                done = done.plus(refs, self._answers(requests))
                progress(len(refs))
            paused = PausedMachine(paused.decision, paused.entities + done.accepted, done.unmoved)
            if not done.accepted:
                break
        return paused

    def migrate(
        self, machine: str, *, dry_run: bool = False, progress: Progress = _nobody
    ) -> Migrating:
        """
        Bring all entities of a machine to its definition of today, in batches.

        Without this each comes to it when something is next asked of it. Where the call ends
        early, the same call again goes on.

        Args:
            machine: Name of the machine.
            dry_run: Whether only to tell what would happen.
            progress: Called after each batch.

        Returns:
            What happens to how many, those included that cannot be migrated.

        Raises:
            UnknownMachineError: The machine is not switched on.
        """
        from crmflow.engine.migrating import Migrating, pages
        from crmflow.flow.due import advance
        from crmflow.flow.migrating import steps_of

        done = Migrating(machine, self.registry.machine(machine).basis.version)
        for page in pages(self.registry, self.store, machine):
            refs = [ref for ref, impact in page if impact is not None and not impact.faults]
            migrated = 0
            if refs and not dry_run:
                touched = drive(advance(self._flow, refs, steps_of(self.registry)))
                migrated = len(touched.fired)
            done = done.plus(page, migrated)
            progress(len(page))
        return done

    @abc.abstractmethod
    def _answers(self, requests: Sequence[Request]) -> tuple[Answered, ...]:
        """Return the answers to requests, committed in one batch."""

    @abc.abstractmethod
    def _request(
        self,
        ref: EntityRef,
        event: str,
        payload: object,
        actor: Actor | str,
        key: str | None,
        at: datetime | None,
        *,
        creates: bool | None = False,
        version: int | None = None,
    ) -> Request:
        """Return a request of a caller."""
