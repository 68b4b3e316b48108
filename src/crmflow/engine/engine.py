"""The synchronous engine: what a caller holds."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Self
from weakref import WeakSet

from crmflow.engine.driving import drive
from crmflow.engine.running import Running

# An engine loads the rest when it is made, so that `from crmflow import Engine` is quick.
if TYPE_CHECKING:
    from datetime import datetime

    from crmflow.clock import Clock
    from crmflow.config import Config, Profiles
    from crmflow.core.actor import Actor
    from crmflow.core.compiled import Interpreter
    from crmflow.core.decision import Decision
    from crmflow.core.machine import Machine
    from crmflow.core.ref import EntityRef
    from crmflow.directory import Directory
    from crmflow.engine.grouping import Answers
    from crmflow.engine.joining import Told
    from crmflow.engine.values import Adopting, Entity, Firing, Observed
    from crmflow.flow.request import Request
    from crmflow.flow.run import Answered
    from crmflow.storage.hosts import Given, Host
    from crmflow.storage.port import Store


class Engine(Running):
    """
    Runs machines over a store, for one tenant.

    Safe to use from several threads; those that ask at the same time share a transaction. A
    context manager: leaving it closes the store.

    Args:
        store: URL (`sqlite:///crm.db`, `memory:`), or a store of one's own.
        machines: Machines to switch on, by name; None for all there are.
        profile: Shipped profiles over the default one: a name (`demo`) or several.
        config: The company's own: a mapping of settings, an `Overlay` of settings and rows,
            or the path of a TOML file with both.
        tenant: Whose entities.
        plugins: Plugins beside the installed ones: objects, module names or file paths.
        directory: Where actors given by id are looked up.
        clock: Where 'now' comes from.
        interpreter: `table`, or `stock` for the real transitions executor.
        retiring: Policies that may be missing although they have open timers or holds,
            because they are about to be retired.

    Raises:
        DefinitionError: A machine, plugin or setting is wrong or missing, or a policy
            that is not there has open timers or holds.
        StoreError: The store cannot be opened.
        UnstorableError: No store keeps such a tenant.
    """

    _joinable: WeakSet[object]

    def __init__(
        self,
        store: str | Store,
        *,
        machines: Iterable[str | Machine] | None = None,
        profile: Profiles = None,
        config: Config = None,
        tenant: str = "main",
        plugins: Iterable[object] = (),
        directory: Directory | None = None,
        clock: Clock | None = None,
        interpreter: Interpreter = "table",
        retiring: Iterable[str] = (),
    ) -> None:
        from crmflow.engine.starting import start

        started = start(
            store,
            machines,
            tenant=tenant,
            profile=profile,
            config=config,
            plugins=plugins,
            directory=directory,
            clock=clock,
            interpreter=interpreter,
            retiring=retiring,
        )
        self.plugins = started.plugins
        self.registry = started.registry
        self.store = started.store
        self.clock = started.clock
        self.directory = directory
        self._flow = started.flow
        self._outbox = started.outbox
        self._group = started.group
        self._access = {}
        self._joinable = WeakSet()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the store and what handlers have open; the engine cannot be used afterwards."""
        try:
            self.registry.close()
        finally:
            self.store.close()

    def create(
        self,
        machine: str,
        payload: Mapping[str, object] | None = None,
        *,
        actor: Actor | str,
        id: str | None = None,  # noqa: A002 - the field's word
        key: str | None = None,
        at: datetime | None = None,
    ) -> Decision:
        """
        Create an entity by its machine's creating event.

        Args:
            machine: Name of the machine.
            payload: What the creating event's form needs.
            actor: Who asks: an `Actor`, or an id that the directory knows.
            id: Id of the entity, or None to draw one.
            key: Makes resending harmless, also where the id is drawn, or named anew each time:
                the first entity stands.
            at: Aware instant, or None for now.

        Raises:
            UnknownMachineError: It is not switched on.
            EntityExistsError: The id is taken.
            KeyReusedError: The key belongs to another request.
        """
        creating = self.registry.machine(machine).machine.creating
        ref = self.registry.ref(machine, id or self.clock.new_id())
        return self._ask(self._request(ref, creating, payload, actor, key, at, creates=True))

    def fire(
        self,
        entity: Entity,
        event: str,
        payload: Mapping[str, object] | None = None,
        *,
        actor: Actor | str,
        key: str | None = None,
        at: datetime | None = None,
        version: int | None = None,
    ) -> Decision:
        """
        Fire an event on an entity.

        Args:
            entity: Ref, or (machine, id).
            event: Name of the event.
            payload: What its form needs.
            actor: Who asks: an `Actor`, or an id that the directory knows.
            key: Makes resending harmless.
            at: Aware instant, or None for now.
            version: Version the caller read, or None for whatever it is.

        Returns:
            The decision: accepted, held, or refused with every reason.

        Raises:
            UnknownEntityError: There is no such entity.
            UnknownEventError: Its machine declares no such event.
            ConflictError: It is no longer at *version*.
            KeyReusedError: The key belongs to another request.
        """
        return self._ask(
            self._request(self.ref(entity), event, payload, actor, key, at, version=version)
        )

    def fire_many(self, firings: Iterable[Firing]) -> tuple[Answered, ...]:
        """
        Fire events in one batch, each for itself, and commit them together.

        Returns:
            Of each member, in order, its decision or the error that reaches it alone.
        """
        requests = [
            self._request(
                self.ref(one.entity),
                one.event,
                one.payload,
                one.actor,
                one.key,
                one.at,
                version=one.version,
            )
            for one in firings
        ]
        return self._answers(requests)

    def adopt(self, adopting: Adopting, *, actor: Actor | str) -> Decision:
        """
        Place an entity in a state: a foreign one, or one of ours by way of exception.

        Args:
            adopting: Entity, state, facts and reason.
            actor: Needs one of the machine's `adopters` roles (`administrator`).

        Returns:
            The decision; refused where a fact does not fit or the state requires more.
        """
        return self._ask(self._adoption(adopting, actor))

    def adopt_many(
        self, adoptings: Iterable[Adopting], *, actor: Actor | str
    ) -> tuple[Answered, ...]:
        """Place entities in one batch, each for itself; see `adopt` and `fire_many`."""
        return self._answers([self._adoption(one, actor) for one in adoptings])

    def observe_many(self, rows: Iterable[Observed]) -> tuple[Answered, ...]:
        """
        Journal rows of a foreign log as observations, never as decisions.

        The first row of an entity creates it; no guard, policy or timer is asked.

        Returns:
            Of each row, in order, its decision or the error that reaches it alone.
        """
        observe = self._flow.observation
        return self._answers(
            [
                observe(self.ref(row.entity), row.label, row.state, row.at, row.actor, row.facts)
                for row in rows
            ]
        )

    def joined(self, host: Given) -> Engine:
        """
        Return an engine whose steps are written in a host's transaction, for a `with`.

        What the host commits or rolls back is ours too. A refusal, a conflict or any other error
        leaves the host's transaction usable, but for what its database itself gave up. Messages
        are handed over once the host's transaction has ended. The engine is for the thread that
        has the transaction; it can be used until its `with` is left, over several transactions
        of the host.

        Args:
            host: A Connection or Session of SQLAlchemy, or a connection of Django within
                `transaction.atomic()`, on the database that is this engine's store. Its driver
                is psycopg (3), PyMySQL or sqlite3.

        Raises:
            ConfigurationError: The host's transaction cannot be joined; all reasons at once.
            SchemaOutOfDateError: The host's database has no tables of this release.
        """
        from crmflow.storage.hosts import host_of

        return self._joined(host_of(host), self._hand_over)

    def _joined(self, host: Host, told: Told) -> Engine:
        from crmflow.engine.joining import parts

        joined = copy.copy(self)
        known = host.place in self._joinable
        vars(joined).update(parts(self._flow, host, told, known=known))
        self._joinable.add(host.place)
        return joined

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
        moment = self._flow.near(at)
        return self._flow.request(
            ref,
            event,
            payload,
            self.actor(actor, moment),
            moment,
            key=key,
            version=version,
            creates=creates,
            strict=at is not None,
        )

    def _adoption(self, one: Adopting, actor: Actor | str) -> Request:
        form = self._flow.adoption(one.state, one.facts, one.reason, incomplete=one.incomplete)
        ref = self.ref(one.entity)
        return self._request(ref, "$adopt", form, actor, one.key, one.at, creates=None)

    def _ask(self, request: Request) -> Decision:
        return self._one(self._answers([request]))

    def _one(self, answers: Sequence[Answered]) -> Decision:
        (answered,) = answers
        if isinstance(answered, Exception):
            raise answered
        return answered

    def _answers(self, requests: Sequence[Request]) -> Answers:
        answers = self._group.ask(requests)
        tellers = tellers_in(answers)
        if tellers:
            self._hand_over(tellers)
        return answers

    def _hand_over(self, tellers: Iterable[EntityRef] | None) -> None:
        """Hand over what the decisions of these entities, or of all, tell others by now."""
        from crmflow.core.errors import StoreError

        # What is decided is durable, its messages too: `run_due` hands over what is left.
        with contextlib.suppress(StoreError):
            sources = None if tellers is None else dict.fromkeys(tellers)
            drive(self._outbox.hand_over(self.clock.now(), sources))


def tellers_in(answers: Iterable[Answered]) -> list[EntityRef]:
    """Return the entities whose decisions have messages to hand over."""
    return [
        one.entity
        for one in answers
        if not isinstance(one, Exception) and one.sends and not one.repeated
    ]
