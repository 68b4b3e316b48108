"""The half of an engine that only reads: what is, what was, what can happen and why not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from crmflow.engine.driving import drive

if TYPE_CHECKING:
    from datetime import datetime

    from crmflow.clock import Clock
    from crmflow.core.actor import Actor
    from crmflow.core.entity import Snapshot
    from crmflow.core.journal import JournalRecord
    from crmflow.core.ref import EntityRef
    from crmflow.directory import Directory
    from crmflow.engine.grouping import Group
    from crmflow.engine.paging import Page
    from crmflow.engine.values import Entity
    from crmflow.flow.deliver import Outbox
    from crmflow.flow.options import Explained, Option
    from crmflow.flow.redeciding import Redecided
    from crmflow.flow.registry import Registry
    from crmflow.flow.run import Flow
    from crmflow.plugins.loading import Plugins
    from crmflow.policies.outputs import Copy
    from crmflow.storage.port import Store
    from crmflow.storage.rows import MessageRow, MessageStatus
    from crmflow.texts import Texts

PAGE = 200
"""Rows read from the store at a time."""


class Asking:
    """Questions to an engine; none of them stores anything."""

    plugins: Plugins
    registry: Registry
    store: Store
    clock: Clock
    directory: Directory | None
    _flow: Flow
    _group: Group
    _outbox: Outbox

    def get(self, entity: Entity, *, at: datetime | None = None) -> Snapshot[Any]:
        """
        Return an entity as stored now, or as it stood at an instant.

        Args:
            entity: Ref, or (machine, id).
            at: Aware instant, or None for now. Timers that were due by then but
                had not been fired are not in it.

        Raises:
            UnknownEntityError: There is none, or was none by then.
        """
        ref = self.ref(entity)
        self.registry.machine(ref.machine)
        if at is None:
            return drive(self._flow.history.snapshot(ref))
        return drive(self._flow.history.as_of(ref, self._flow.moment(at)))

    def options(self, entity: Entity, *, actor: Actor | str) -> tuple[Option, ...]:
        """Return what can happen next and why not, as if asked now; nothing is stored."""
        from crmflow.flow.options import options, present

        now = self.clock.now()
        snapshot = present(self.registry, self.get(entity), now)
        return options(self.registry, snapshot, self.actor(actor, now), now)

    def explain(
        self,
        entity: Entity,
        event: str,
        payload: Mapping[str, object] | None = None,
        *,
        actor: Actor | str,
        lang: str = "en",
    ) -> Explained:
        """
        Return every row tried, guard, fault and verdict of an event; nothing is stored.

        Args:
            entity: Ref, or (machine, id).
            event: Name of the event.
            payload: What its form would bring, or None to ask about facts only.
            actor: Who would ask.
            lang: Language it is told in when printed: `en` or `zh`.
        """
        from crmflow.flow.looking import looked_up
        from crmflow.flow.options import explain, present
        from crmflow.flow.request import Request

        now = self.clock.now()
        snapshot = present(self.registry, self.get(entity), now)
        who = self.actor(actor, now)
        asked = Request(snapshot.ref, event, payload, who, now)
        looked = None if payload is None else drive(looked_up(self._flow, asked, snapshot))
        texts = self.texts(lang)
        explained = explain(self.registry, snapshot, event, who, now, payload, texts, looked)
        if self.directory is None:
            return explained
        held = {role: self.directory.holders(role, now) for role in explained.refusal.roles}
        return explained.with_holders(held)

    def preview(
        self,
        output: str,
        id_: str,
        event: str | None = None,
        payload: Mapping[str, object] | None = None,
        *,
        actor: Actor | str,
        lang: str | None = None,
    ) -> tuple[Copy, ...]:
        """
        Return what an output would be for an entity as it is now; nothing is sent or stored.

        Args:
            output: Name of a row of `outputs`.
            id_: Id of an entity of its machine.
            event: Which of its events would cause it; left out, the first it has.
            payload: What the event's form would bring; left out, what it brought last, as the
                journal has it.
            actor: Who would cause it.
            lang: Language, or None for that of each recipient.

        Raises:
            UnknownRowError: There is no such output or event.
            UnknownEntityError: There is no such entity.
            WrongFormError: The payload does not fit the event's form.
        """
        from crmflow.directory import Consulted
        from crmflow.engine.listing import as_recorded, output_of, preview_of
        from crmflow.policies.outputs import Told

        now = self.clock.now()
        found = output_of(self.registry, output, event, now)
        snapshot = self.get((found.row.machine, id_))
        people = Consulted(self.directory, now)
        told = Told(snapshot, now, self.actor(actor, now), people=people)
        if payload is None and found.event is not None:
            told = as_recorded(told, found.event, self.journal(snapshot.ref))
        return preview_of(self.registry, found, told, payload, lang)

    def texts(self, lang: str = "en") -> Texts:
        """Return the texts of a language (`en`, `zh`), those of plugins and rows included."""
        from crmflow.plugins.bringing import texts_of

        return texts_of(self.plugins, lang, self.registry.tables)

    def journal(self, entity: Entity) -> Iterator[JournalRecord]:
        """
        Yield an entity's journal records in order, read a page at a time.

        Raises:
            UnknownEntityError: There is no such entity.
        """
        ref, version = self.ref(entity), 0
        self.registry.machine(ref.machine)
        while rows := drive(self._flow.history.journal(ref, version, PAGE)):
            yield from map(self._flow.history.recorded, rows)
            version = rows[-1].version

    def redecide(self, entity: Entity) -> Iterator[Redecided]:
        """
        Yield each record of a journal as the machine that is loaded now would decide it.

        Recorded verdicts are taken, no policy is asked, nothing is stored. Records of another
        version of the machine's definition are left out: today's cannot decide them.

        Raises:
            UnknownEntityError: There is no such entity.
        """
        from crmflow.core.journal import apply
        from crmflow.flow.redeciding import redecide

        ref = self.ref(entity)
        machine = self.registry.machine(ref.machine).machine
        before: Snapshot[Any] | None = None
        for record in self.journal(ref):
            if before is None:
                at = record.event.at
                before = drive(self._flow.history.start(ref, record.version, at))
            if record.basis.version == machine.version:
                yield redecide(self.registry, before, record)
            before = apply(before, record, machine.facts)

    def outbox(self, *, status: MessageStatus | None = None) -> Sequence[MessageRow]:
        """Return messages that are not delivered: waiting, parked, or both."""
        return drive(self._outbox.rows(status=status))

    def outbox_page(
        self, *, status: MessageStatus | None = None, limit: int = PAGE, after: str | None = None
    ) -> Page[MessageRow]:
        """
        Return a page of what `outbox` returns, in order of (machine, id, version, ordinal).

        Args:
            status: Waiting or parked messages only, or both.
            limit: Rows of a page.
            after: The cursor that the page before gave, or None for the first.

        Raises:
            CursorError: The cursor is none of this list.
        """
        from crmflow.engine.paging import OUTBOX, fitting

        tenant, place = self.registry.tenant, OUTBOX.place(after)
        rows = self.store.outbox(tenant, status=status, after=place, limit=fitting(limit))
        return OUTBOX.page(rows, limit, lambda row: row.spot)

    def ref(self, entity: Entity) -> EntityRef:
        """Return the ref of an entity given as a ref or as (machine, id)."""
        # A ref is no tuple; asking this way round keeps its class out of the import.
        return self.registry.ref(*entity) if isinstance(entity, tuple) else entity

    def actor(self, actor: Actor | str, at: datetime) -> Actor:
        """
        Return an actor, looked up in the directory where an id is given.

        Raises:
            UnknownActorError: Nobody knows the id at that instant.
        """
        if not isinstance(actor, str):
            return actor
        from crmflow.engine.values import UnknownActorError

        person = None if self.directory is None else self.directory.person(actor, at)
        if person is None:
            raise UnknownActorError(actor)
        return person.actor()
