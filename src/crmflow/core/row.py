"""Rows: one declared transition each, with all that it asks for and does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

import attrs

from crmflow.core.claim import Claim
from crmflow.core.event import Attempt
from crmflow.core.message import MessageKind
from crmflow.core.timer import Duration
from crmflow.core.words import role_names, words

ANY = "*"
"""As a row's source: every state that is not final, also those added later."""

KEEP = "="
"""As a row's target: the state is kept and not entered again."""

WhileHeld = Literal["allow", "block", "void"]
Vote = Literal["approve", "refuse", "return"]

Asked = Attempt[Any, Any]
Changes = Mapping[str, object]


@attrs.frozen
class Guard:
    """
    A pure predicate on a row, with the reason it gives where it does not hold.

    Args:
        fn: Reads as a claim (`has_cause`) about an attempt.
        reason: Code of the refusal; its texts are in the locale tables.
        needs: `facts` where the snapshot alone decides, else `form`.
        rules: Rule ids it carries, separated by spaces.
        roles: Roles that could pass it, where it is about the actor.
    """

    fn: Callable[[Asked], bool]
    reason: str
    needs: Literal["facts", "form"] = attrs.field(default="facts", kw_only=True)
    rules: tuple[str, ...] = attrs.field(default=(), converter=words, kw_only=True)
    roles: frozenset[str] = attrs.field(default=frozenset(), converter=role_names, kw_only=True)


@attrs.frozen
class Start:
    """
    Starts a timer; one of the same name is replaced.

    Args:
        name: Name of the timer.
        event: Event it fires when due.
        after: A duration, or a function of the attempt that gives one (or None
            for no timer); durations counted from `since`.
        since: Function giving the aware instant it counts from; the event's own by default.
    """

    name: str
    event: str
    after: Duration | Callable[[Asked], Duration | None]
    since: Callable[[Asked], Any] = attrs.field(default=lambda attempt: attempt.at, kw_only=True)


@attrs.frozen
class Open:
    """
    Opens a task; an open one of the same name is replaced.

    Args:
        name: Code of the work.
        role: Role that may do it, or a function of the attempt that gives it.
        timer: Name of the timer whose instant is the task's due instant.
    """

    name: str
    role: str | Callable[[Asked], str]
    timer: str | None = attrs.field(default=None, kw_only=True)


@attrs.frozen
class Send:
    """
    Sends a message when the decision is committed.

    Args:
        machine: Machine of the target.
        event: Event to fire or, for a creation, the creating event.
        payload: Function of the attempt giving what the event's form needs, or a list of
            such: one message each.
        to: Function giving the target's id or ids (None for nobody); where it is
            left out the message creates an entity.
        link: For a creation: name under which the sender mirrors what it opened.
        when: Sent only where this holds.
        courtesy: Sent only where the target's machine is switched on; a target that does
            not exist does not matter.
        ensure: A target that does not exist is created by the event; with `to`.
    """

    machine: str
    event: str
    payload: Callable[[Asked], Changes | Sequence[Changes]]
    to: Callable[[Asked], str | Sequence[str] | None] | None = None
    link: str | None = None
    when: Callable[[Asked], bool] = attrs.field(default=lambda _attempt: True)
    courtesy: bool = attrs.field(default=False, kw_only=True)
    ensure: bool = attrs.field(default=False, kw_only=True)

    @property
    def kind(self) -> MessageKind:
        """Whether it creates, fires, creates or fires, or tells who is there."""
        if self.to is None:
            return MessageKind.CREATE
        if self.ensure:
            return MessageKind.ENSURE
        return MessageKind.TELL if self.courtesy else MessageKind.FIRE


def _sources(source: str | Iterable[str]) -> tuple[str, ...]:
    return (str(source),) if isinstance(source, str) else tuple(map(str, source))


@attrs.frozen
class Row:
    """
    One declared transition.

    Args:
        source: State or states it leaves; `ANY`, or `UNBORN` for a creation.
        event: Imperative name.
        to: State it enters, or `KEEP`.
        form: Attrs class of what the event must bring, or None.
        who: Roles of which the actor needs one; empty for anybody.
        guards: All are needed.
        sets: Pure function giving the facts that change.
        start: Timers it starts.
        stop: Names of timers it stops.
        tasks: Tasks it opens.
        done: Names of tasks it closes.
        send: Messages it sends.
        claims: Pure function giving the claims it takes, by the facts afterwards. Those that
            it gives by the facts before, and no more, are freed.
        while_held: What it means for held events of others: `allow` leaves them waiting,
            `block` refuses this row meanwhile, `void` ends them. Left out: `allow` where
            the row keeps the state, else `void`.
        vote: What it says to the approval of its state: `approve`, `refuse` or `return`;
            the row is taken once the votes have come to that.
        rules: Rule ids, separated by spaces; none marks a row the catalogue needs
            but the sources do not have.
    """

    source: tuple[str, ...] = attrs.field(converter=_sources)
    event: str
    to: str = attrs.field(default=KEEP, converter=str)
    form: type | None = attrs.field(default=None, kw_only=True)
    who: frozenset[str] = attrs.field(default=frozenset(), converter=role_names, kw_only=True)
    guards: tuple[Guard, ...] = attrs.field(default=(), converter=tuple[Guard, ...], kw_only=True)
    sets: Callable[[Asked], Changes] | None = attrs.field(default=None, kw_only=True)
    start: tuple[Start, ...] = attrs.field(default=(), converter=tuple[Start, ...], kw_only=True)
    stop: tuple[str, ...] = attrs.field(default=(), converter=words, kw_only=True)
    tasks: tuple[Open, ...] = attrs.field(default=(), converter=tuple[Open, ...], kw_only=True)
    done: tuple[str, ...] = attrs.field(default=(), converter=words, kw_only=True)
    send: tuple[Send, ...] = attrs.field(default=(), converter=tuple[Send, ...], kw_only=True)
    claims: Callable[[Asked], tuple[Claim, ...]] | None = attrs.field(default=None, kw_only=True)
    while_held: WhileHeld | None = attrs.field(default=None, kw_only=True)
    vote: Vote | None = attrs.field(default=None, kw_only=True)
    rules: tuple[str, ...] = attrs.field(default=(), converter=words, kw_only=True)

    @property
    def name(self) -> str:
        """Readable name, unique enough to find the row in its table."""
        return f"{', '.join(self.source)} --{self.event}-> {self.to}"
