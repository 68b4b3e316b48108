"""
Handing over messages: at least once from the outbox, applied once by the target.

Order holds per (source, target). A refused message is final: it is parked with
its reasons, blocks only its pair, and its source is told. A message to a machine
that is not switched on waits. No caller waits for another system: messages to
`RemoteHandler`s are left to `Engine.run_due` and workers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import attrs

from crmflow.codec import moment
from crmflow.core.actor import SYSTEM
from crmflow.core.decision import Decision, summary
from crmflow.core.errors import (
    CrmflowError,
    DeliveryError,
    DeliveryRejectedError,
    PolicyFailedError,
    UnknownEntityError,
    UnknownEventError,
)
from crmflow.core.event import Cause
from crmflow.core.message import Message, MessageKind, Parcel
from crmflow.core.ref import EntityRef
from crmflow.core.refusal import Because
from crmflow.core.reserved import (
    ASK,
    MESSAGE_REFUSED,
    MIRROR,
    Asking,
    MessageRefused,
    Mirrored,
)
from crmflow.flow.request import Request
from crmflow.flow.run import Answered, Flow
from crmflow.storage.rows import MessageRow, MessageStatus

MAY_REACT = "message_refused"
"""Event by which a source may react to a refused message of its own."""


@attrs.frozen
class Delivered:
    """
    What became of the messages of one round.

    Attributes:
        applied: Targets that took a message now.
        parked: Messages that were refused.
        waiting: Messages whose machine is not switched on, whose target or source is paused, or
            that wait behind one.
        errors: Failures by message, which are tried again later.
    """

    applied: tuple[EntityRef, ...] = ()
    parked: tuple[MessageRow, ...] = ()
    waiting: int = 0
    errors: tuple[CrmflowError, ...] = ()


PAGE = 200
"""Messages read from the outbox at a time."""

CREATES: Mapping[MessageKind, bool | None] = {
    MessageKind.CREATE: True,
    MessageKind.FIRE: False,
    MessageKind.TELL: False,
    MessageKind.ENSURE: None,
    MessageKind.MIRROR: False,
}
"""Whether a message's target must be new, must be there, or may be either."""


@attrs.frozen
class Outbox:
    """The messages of one flow's tenant."""

    flow: Flow

    async def rows(
        self, *, status: MessageStatus | None = None, source: EntityRef | None = None
    ) -> list[MessageRow]:
        """Return all messages that are not delivered, in order."""
        found: list[MessageRow] = []
        store, tenant = self.flow.store, self.flow.registry.tenant
        after: tuple[str, str, int, int] | None = None
        while True:
            page = await self.flow.run(
                store.outbox, tenant, status=status, source=source, after=after, limit=PAGE
            )
            found += page
            if len(page) < PAGE:
                return found
            last = page[-1]
            after = (last.source.machine, last.source.id, last.version, last.ordinal)

    async def release(self) -> None:
        """Put parked messages back among the waiting ones."""
        for row in await self.rows(status=MessageStatus.PARKED):
            waiting = attrs.evolve(row, status=MessageStatus.WAITING, detail="")
            await self.flow.run(self.flow.store.mark, waiting)

    async def hand_over(
        self, now: datetime, sources: Iterable[EntityRef] | None = None
    ) -> Delivered:
        """
        Hand over what waits, and what that causes in turn.

        Args:
            now: Aware UTC instant.
            sources: Only messages of these, for the caller who caused them; or of all where None.
        """
        outside = sources is None
        done = Delivered()
        pending: list[EntityRef | None] = [None] if sources is None else [*sources]
        while pending:
            rows = await self.rows(source=pending.pop(0))
            handed = await deliver(self.flow, rows, now, outside=outside)
            pending += [ref for ref in handed.applied if ref not in pending]
            done = Delivered(
                (*done.applied, *handed.applied),
                (*done.parked, *handed.parked),
                done.waiting + handed.waiting,
                (*done.errors, *handed.errors),
            )
        return done


async def deliver(
    flow: Flow, rows: Sequence[MessageRow], now: datetime, *, outside: bool = True
) -> Delivered:
    """
    Hand over messages in their order.

    Args:
        flow: The steps.
        rows: Messages of the outbox, in order; parked ones block their pair.
        now: Aware UTC instant.
        outside: Whether other systems are waited for.

    Returns:
        What became of them.
    """
    blocked: set[tuple[EntityRef, EntityRef]] = set()
    done = Delivered()
    for row in rows:
        pair = (row.source, row.target)
        if row.status is MessageStatus.PARKED:
            blocked.add(pair)
        elif pair in blocked or not _goes(flow, row, outside=outside):
            blocked.add(pair)
            done = attrs.evolve(done, waiting=done.waiting + 1)
        else:
            one = await _deliver_one(flow, row, now)
            if not one.applied or one.parked:
                blocked.add(pair)
            done = Delivered(
                (*done.applied, *one.applied),
                (*done.parked, *one.parked),
                done.waiting + one.waiting,
                (*done.errors, *one.errors),
            )
    return done


def _goes(flow: Flow, row: MessageRow, *, outside: bool) -> bool:
    """Say whether a message can be handed over now."""
    if flow.registry.is_remote(row.target.machine):
        return outside
    return _reachable(flow, row) or _is_courtesy(flow, row)


def _reachable(flow: Flow, row: MessageRow) -> bool:
    """Say whether a message has a machine or a delivery handler to go to."""
    machine = row.target.machine
    return machine in flow.registry.machines or machine in flow.registry.handlers


def _is_courtesy(flow: Flow, row: MessageRow) -> bool:
    """Say whether it does not matter that a message's target is not there, or has ended."""
    return flow.registry.codec.decode_message(row.body).kind is MessageKind.TELL


def _stands_still(answered: Answered) -> bool:
    """Say whether who was asked is paused, so that what is told has to wait."""
    refusal = answered.refusal if isinstance(answered, Decision) else None
    return refusal is not None and refusal.because is Because.PAUSED


def _is_gone(answered: Answered) -> bool:
    """Say whether a message's target is not there, or has ended."""
    if isinstance(answered, Decision) and answered.refusal is not None:
        return answered.refusal.because is Because.FINAL
    return isinstance(answered, UnknownEntityError)


async def _deliver_one(flow: Flow, row: MessageRow, now: datetime) -> Delivered:
    if row.target.machine in flow.registry.handlers:
        return await _deliver_outside(flow, row, now)
    if not _reachable(flow, row):
        return await _let_go(flow, row)
    return await _answered(flow, row, now, await _hand_over(flow, row, now))


async def _answered(flow: Flow, row: MessageRow, now: datetime, answered: Answered) -> Delivered:
    """Return what becomes of a message by its target's answer."""
    if _stands_still(answered):
        return Delivered(waiting=1)
    if _is_gone(answered) and _is_courtesy(flow, row):
        return await _let_go(flow, row)
    refusal = _refusal(answered)
    if refusal is not None:
        return await _park(flow, row, refusal, now)
    if isinstance(answered, CrmflowError):
        return Delivered(errors=(answered,))
    await flow.run(flow.store.settle, row)
    return Delivered((row.target,))


async def _let_go(flow: Flow, row: MessageRow) -> Delivered:
    """Settle what is told to nobody."""
    await flow.run(flow.store.settle, row)
    return Delivered((row.target,))


async def _deliver_outside(flow: Flow, row: MessageRow, now: datetime) -> Delivered:
    """Give a message to the delivery handler it is addressed to; a failure is tried again."""
    plugin, handler = flow.registry.handlers[row.target.machine]
    message = flow.registry.codec.decode_message(row.body)
    at = await _sent_at(flow, row)
    try:
        await flow.run(handler, Parcel(row.source, row.version, row.ordinal, message, at))
    except DeliveryRejectedError as error:
        return await _park(flow, row, (error.reason,), now)
    except DeliveryError as error:
        return Delivered(errors=(error,))
    except Exception as error:  # noqa: BLE001 - whatever a handler raises is its plugin's fault
        failure = PolicyFailedError(plugin, "handlers", message.event)
        failure.__cause__ = error
        return Delivered(errors=(failure,))
    await flow.run(flow.store.settle, row)
    return Delivered((row.target,))


def _refusal(answered: Answered) -> tuple[str, ...] | None:
    """Return why a message is refused for good, or None where it is not."""
    if isinstance(answered, UnknownEntityError | UnknownEventError):
        return (str(answered),)
    if isinstance(answered, Decision) and answered.refusal is not None:
        return tuple(summary(answered.refusal))
    return None


async def _sent_at(flow: Flow, row: MessageRow) -> datetime:
    """Return the instant of the decision that sent a message."""
    (sent,) = await flow.run(flow.store.journal, row.source, after=row.version - 1, limit=1)
    return moment(sent.at)


async def _hand_over(flow: Flow, row: MessageRow, now: datetime) -> Answered:
    """Return the target's answer; where it took the message before, that it is repeated."""
    message = flow.registry.codec.decode_message(row.body)
    # No effect comes before its cause, whatever the clock says.
    at = max(now, await _sent_at(flow, row))
    cause = Cause(source=row.source, version=row.version, ordinal=row.ordinal, link=message.link)
    payload: Any = message.payload
    if message.kind is MessageKind.MIRROR:
        facts, state = message.payload, message.state or ""
        payload = Mirrored(message.event, row.source, row.version, state, facts)
    elif message.event == ASK:
        payload = Asking(message.link or "")
    (answered,) = await flow.ask(
        [
            Request(
                row.target,
                MIRROR if message.kind is MessageKind.MIRROR else message.event,
                payload,
                SYSTEM,
                at,
                creates=CREATES[message.kind],
                cause=cause,
            )
        ]
    )
    return answered


async def _park(flow: Flow, row: MessageRow, reasons: tuple[str, ...], now: datetime) -> Delivered:
    """
    Park a refused message and tell its source, first by the source's own event.

    While the source is paused it cannot be told, and the message waits.
    """
    parked = attrs.evolve(row, status=MessageStatus.PARKED, detail="; ".join(reasons))
    message = flow.registry.codec.decode_message(row.body)
    answered: Answered | None = None
    # Told once, also where the process dies before the message is marked.
    key = f"{MESSAGE_REFUSED} {row.version}/{row.ordinal}"
    source = flow.registry.machines.get(row.source.machine)
    if source is not None and MAY_REACT in source.events:
        payload = _told(row, message, reasons)
        (answered,) = await flow.ask(
            [Request(row.source, MAY_REACT, payload, SYSTEM, now, key=key)]
        )
    if source is not None and not (isinstance(answered, Decision) and answered.accepted):
        form = MessageRefused(row.target, message.event, reasons)
        (answered,) = await flow.ask(
            [Request(row.source, MESSAGE_REFUSED, form, SYSTEM, now, key=key)]
        )
    if answered is not None and _stands_still(answered):
        return Delivered(waiting=1)
    await flow.run(flow.store.mark, parked)
    return Delivered((row.source,), (parked,))


def _told(row: MessageRow, message: Message, reasons: tuple[str, ...]) -> Mapping[str, object]:
    return {
        "machine": row.target.machine,
        "id": row.target.id,
        "event": message.event,
        "reasons": list(reasons),
    }
