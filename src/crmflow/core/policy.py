"""
Policies that remember: what they see of a step, and what they add to it.

A stateful policy keeps one attrs value per entity in the snapshot. After each
decision it is shown what happened (an `Occurrence`) and answers with what
changes (`Evolved`): its own state, timers, tasks, claims, messages, and events
that follow in the same commit. It also owns reserved events (their names begin
with `$`), by which people and its own timers talk to it; only there it may refuse
(`Denied`). All of it is pure: the instant is the event's own, people come from
the occurrence. Policies never read each other's state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

import attrs
from msgspec import Struct

from crmflow.core.actor import SYSTEM, Actor
from crmflow.core.entity import Snapshot
from crmflow.core.event import Event
from crmflow.core.journal import Drop, Effect, Entry, Put
from crmflow.core.machine import Row
from crmflow.core.message import MessageKind
from crmflow.core.people import NOBODY, People
from crmflow.core.reserved import ATTACH
from crmflow.core.searching import Term
from crmflow.core.timer import Timer
from crmflow.core.verdict import Verdict

_CHANGES = frozenset({Entry.DECISION, Entry.ADOPTION})
"""Kinds of records after which an entity may be another one."""


class Occurrence(Struct, frozen=True):
    """
    What happened to an entity, as its policies see it.

    Attributes:
        before: The entity before the event.
        after: State and facts afterwards, with what the row attached; what other policies
            add is not in it. For a policy's own reserved event it equals `before`.
        event: The event, its actor and form, `at` and cause (`cause.timer` is the name of
            the timer that fired).
        entry: What kind of record it is: a decision, a hold, a vote, an adoption,
            a policy's own event, the end of something refused.
        row: The row taken or held; None where no row is.
        people: The directory at `event.at`.
    """

    before: Snapshot[Any]
    after: Snapshot[Any]
    event: Event[Any]
    entry: Entry
    row: Row | None = None
    people: People = NOBODY

    @property
    def left(self) -> bool:
        """Whether the state was left."""
        return self.after.state != self.before.state

    @property
    def changes(self) -> bool:
        """Whether the entity may be another one now, or is shown to a policy that came later."""
        return self.entry in _CHANGES or self.event.name == ATTACH

    @property
    def version(self) -> int:
        """Version of the entity that the step commits."""
        return self.before.version + 1

    def timers(self, prefix: str) -> dict[str, datetime]:
        """Return the instants of the timers so named; the one that fired is gone already."""
        fired = self.event.timer
        return {
            timer.name: timer.due_at
            for timer in self.after.timers
            if timer.name.startswith(prefix) and timer.name != fired
        }

    def retimed(self, prefix: str, event: str, wanted: Mapping[str, datetime]) -> Iterator[Effect]:
        """
        Yield how the timers so named become those that are wanted.

        Args:
            prefix: What their names begin with, `<policy>:` at least.
            event: Reserved event they fire.
            wanted: Aware UTC instant by name.
        """
        there = self.timers(prefix)
        yield from (Drop("timers", name) for name in there if name not in wanted)
        for name, due_at in wanted.items():
            if there.get(name) != due_at:
                yield Put("timers", Timer(name, event, due_at, self.version))


@attrs.frozen
class Raised:
    """
    An event that follows on the same entity in the same commit.

    It runs through guards and policies like any other; where it is refused, that is
    journaled with the reasons and the policy is shown it (`Entry.RAISE_REFUSED`).

    Attributes:
        event: Name of the event.
        actor: On whose behalf: who asked for a held event, else SYSTEM.
        payload: What its form needs, as plain values, or None.
        approved_by: Ids of those who approved it.
    """

    event: str
    actor: Actor = SYSTEM
    payload: Mapping[str, object] | None = None
    approved_by: tuple[str, ...] = ()


@attrs.frozen
class Outgoing:
    """
    A message a policy sends.

    Attributes:
        machine: Machine of the target, or the name of a delivery handler.
        event: Event to fire or, for CREATE, the creating event.
        payload: What its form needs, as plain values.
        id: Id of the target; None for CREATE, where it is derived from the message's key.
        kind: Create, fire, TELL: fire where the target is there and has not ended, or ENSURE:
            fire an event that also creates where there is none.
        link: For CREATE: name under which the sender mirrors what it opened.
    """

    machine: str
    event: str
    payload: Mapping[str, object] = attrs.field(factory=dict)
    id: str | None = None
    kind: MessageKind = MessageKind.CREATE
    link: str | None = None


class Evolved(Struct, frozen=True):
    """
    What a policy adds to a step.

    Attributes:
        state: Its state of the entity afterwards; None forgets it.
        effects: `Put` and `Drop` of timers, tasks and claims. Its timers are named
            `<policy>:<...>` and fire reserved events of its own. In a final state an
            entity keeps neither timers nor tasks, so none may be put there.
        messages: Messages it sends.
        raises: Events that follow in the same commit, in order.
        verdicts: What the journal is to tell besides: why a hold ended, for one.
    """

    state: object
    effects: tuple[Effect, ...] = ()
    messages: tuple[Outgoing, ...] = ()
    raises: tuple[Raised, ...] = ()
    verdicts: tuple[Verdict, ...] = ()


class Denied(Struct, frozen=True):
    """The refusal of a policy's own reserved event: nothing changes, every reason is given."""

    verdicts: tuple[Verdict, ...]


Evolve = Callable[[Any, Occurrence], Evolved | Denied | None]
"""
(state, occurrence) -> what changes. The state is None where the policy has none of this
entity yet; the answer is None where nothing changes.
"""


@attrs.frozen
class Line:
    """
    One line of an explanation: a code of the locale section `lines` and what fills its text.

    Attributes:
        code: Code of the text, such as `deadline_due`.
        values: Value by placeholder name; instants are aware UTC.
        rules: Rule ids.
        row: Table row and version it comes from.
    """

    code: str
    values: Mapping[str, object] = attrs.field(factory=dict)
    rules: tuple[str, ...] = ()
    row: str = ""


class FirstShape:
    """What a policy is whose state has had one shape only: it inherits that from here."""

    __slots__ = ()

    @property
    def schema(self) -> int:
        """Version of its state's shape."""
        return 1

    def upgraded(self, schema: int, value: Mapping[str, object]) -> Mapping[str, object]:
        """Return an older state as it is: there is none of another shape."""
        return value


class Policy(Protocol):
    """A stateful policy bound to one machine; made once, when an engine starts."""

    @property
    def name(self) -> str:
        """Its name: key of its state in the snapshot, and prefix of its timers."""
        ...

    @property
    def schema(self) -> int:
        """Version of its state's shape, from 1."""
        ...

    @property
    def state(self) -> type:
        """Class of its state, attrs or a struct; fields as a form's, or of such classes."""
        ...

    @property
    def reserved(self) -> Mapping[str, type | None]:
        """Reserved events it owns (`$vote`) and the form of each, or None."""
        ...

    def evolve_for(self, event: str) -> Evolve | None:
        """
        Return what runs after this event, a reserved one of its own included.

        Called: once per event, when an engine starts; for `$pause` and `$unpause` too.
        Return: a pure function; None where the event is none of its business.

        While an entity stands still none of its timers is pending; with the end of the last pause
        a policy's come back as they were, and it moves those that are lengths of time.
        """
        ...

    def upgraded(self, schema: int, value: Mapping[str, object]) -> Mapping[str, object]:
        """Return an older state's plain value in today's shape."""
        ...

    def explain(self, state: Any, snapshot: Snapshot[Any]) -> Iterable[Line]:  # noqa: ANN401
        """Yield what there is to say of an entity: what runs, what is awaited and why."""
        ...


@runtime_checkable
class Findable(Protocol):
    """
    A policy by whose state entities are found; one by whose state they are not leaves this out.

    The fields of its terms begin with `$`. Where a later release of it gives other terms, its
    entities are to be indexed anew (`Engine.reindex`).
    """

    def terms(self, state: Any) -> Iterable[Term]:  # noqa: ANN401 - each policy knows its own
        """
        Return the terms of an entity by what is remembered of it.

        Called: whenever the state changes, on whatever instant; the terms may be those of the
            state alone.
        """
        ...
