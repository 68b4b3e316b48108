"""
Handing over one message: what its target says of it, and what becomes of it then.

What fails is tried again later, and parked after so many failures (see `patience`). A message
that is held under a lease is settled and marked only as long as the lease is not another's.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import attrs

from crmflow.codec import UNREADABLE, micros, moment
from crmflow.core import logs
from crmflow.core.actor import SYSTEM
from crmflow.core.decision import Decision, summary
from crmflow.core.errors import (
    CrmflowError,
    DamagedError,
    DeliveryError,
    DeliveryRejectedError,
    PolicyFailedError,
    SealedError,
    StoreError,
    UnknownEntityError,
    UnknownEventError,
    WorkFailedError,
)
from crmflow.core.event import Cause
from crmflow.core.message import Handler, Message, MessageKind, Parcel
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
from crmflow.flow.isolating import as_failure, own_failure
from crmflow.flow.patience import respite
from crmflow.flow.request import Request
from crmflow.flow.run import Answered, Flow
from crmflow.storage.rows import MessageRow, MessageStatus, Place

_UNREADABLE = (*UNREADABLE, DamagedError, SealedError)
"""What reading a message raises that somebody changed, or whose key is gone."""

MAY_REACT = "message_refused"
"""Event by which a source may react to a refused message of its own."""


@attrs.frozen
class Delivered:
    """
    What became of the messages of one round.

    Attributes:
        applied: Targets that took a message now.
        parked: Messages that were refused.
        waiting: Messages whose machine is not switched on, whose target or source is paused, that
            wait for their next attempt, or behind such a one.
        failures: Why others were not taken now, by message.
    """

    applied: tuple[EntityRef, ...] = ()
    parked: tuple[MessageRow, ...] = ()
    waiting: int = 0
    failures: Mapping[Place, CrmflowError] = attrs.field(factory=dict)

    def and_then(self, more: Delivered) -> Delivered:
        """Return what became of these messages, and then of more."""
        return Delivered(
            (*self.applied, *more.applied),
            (*self.parked, *more.parked),
            self.waiting + more.waiting,
            {**self.failures, **more.failures},
        )


CREATES: Mapping[MessageKind, bool | None] = {
    MessageKind.CREATE: True,
    MessageKind.FIRE: False,
    MessageKind.TELL: False,
    MessageKind.ENSURE: None,
    MessageKind.MIRROR: False,
}
"""Whether a message's target must be new, must be there, or may be either."""


def is_reachable(flow: Flow, row: MessageRow) -> bool:
    """Say whether a message has a machine or a delivery handler to go to."""
    machine = row.target.machine
    return machine in flow.registry.machines or machine in flow.registry.handlers


def is_courtesy(flow: Flow, row: MessageRow) -> bool:
    """Say whether it does not matter that a message's target is not there, or has ended."""
    message = _read(flow, row)
    return message is not None and message.kind is MessageKind.TELL


def _read(flow: Flow, row: MessageRow) -> Message | None:
    """Return a message, None where nobody can read it."""
    try:
        return flow.registry.codec.decode_message(row.body)
    except _UNREADABLE:
        return None


def _stands_still(answered: Answered) -> bool:
    """Say whether who was asked is paused, so that what is told has to wait."""
    refusal = answered.refusal if isinstance(answered, Decision) else None
    return refusal is not None and refusal.because is Because.PAUSED


def _is_gone(answered: Answered) -> bool:
    """Say whether a message's target is not there, or has ended."""
    if isinstance(answered, Decision) and answered.refusal is not None:
        return answered.refusal.because is Because.FINAL
    return isinstance(answered, UnknownEntityError)


async def hand_one(flow: Flow, row: MessageRow, now: datetime) -> Delivered:
    """
    Hand over a message.

    Args:
        flow: The steps.
        row: The first message of its pair, as the store has it.
        now: Aware UTC instant.

    Raises:
        StoreError: The store does not answer, or cannot be used.
    """
    try:
        return await _hand(flow, row, now)
    except Exception as error:  # noqa: BLE001 - a message nobody can read blocks its pair alone
        return await fail(flow, row, own_failure(error, f"message {row.name}"), now)


async def _hand(flow: Flow, row: MessageRow, now: datetime) -> Delivered:
    if row.target.machine in flow.registry.handlers:
        return await _outside(flow, row, now)
    if not is_reachable(flow, row):
        return await _let_go(flow, row)
    return await _answered(flow, row, now, await _ask(flow, row, now))


async def _answered(flow: Flow, row: MessageRow, now: datetime, answered: Answered) -> Delivered:
    """Return what becomes of a message by its target's answer."""
    if _stands_still(answered):
        return Delivered(waiting=1)
    if _is_gone(answered) and is_courtesy(flow, row):
        return await _let_go(flow, row)
    refusal = _refusal(answered)
    if refusal is not None:
        return await _park(flow, row, refusal, now)
    if isinstance(answered, CrmflowError):
        return await fail(flow, row, answered, now)
    await flow.run(flow.store.settle, row)
    return Delivered((row.target,))


async def _let_go(flow: Flow, row: MessageRow) -> Delivered:
    """Settle what is told to nobody."""
    await flow.run(flow.store.settle, row)
    return Delivered((row.target,))


async def _outside(flow: Flow, row: MessageRow, now: datetime) -> Delivered:
    """Give a message to the delivery handler it is addressed to."""
    plugin, handler = flow.registry.handlers[row.target.machine]
    message = flow.registry.codec.decode_message(row.body)
    parcel = Parcel(row.source, row.version, row.ordinal, message, moment(row.at))
    try:
        await flow.run(_give, handler, parcel, f"message {row.name}")
    except DeliveryRejectedError as error:
        return await _park(flow, row, (error.reason,), now)
    except (DeliveryError, WorkFailedError) as error:
        return await fail(flow, row, error, now)
    except Exception as error:  # noqa: BLE001 - whatever a handler raises is its plugin's fault
        failure = PolicyFailedError(plugin, "handlers", message.event)
        failure.__cause__ = error
        return await fail(flow, row, failure, now)
    await flow.run(flow.store.settle, row)
    return Delivered((row.target,))


def _give(handler: Handler, parcel: Parcel, what: str) -> None:
    """
    Give a parcel to a handler.

    Raises:
        WorkFailedError: A task was cancelled in it, which is to end that task, and nobody else.
    """
    try:
        handler(parcel)
    except Exception:
        raise
    except BaseException as error:
        from asyncio import CancelledError  # who raises it has imported it

        if isinstance(error, CancelledError):
            raise as_failure(error, what) from error
        raise


async def fail(flow: Flow, row: MessageRow, error: CrmflowError, now: datetime) -> Delivered:
    """
    Note that a message was not taken: it is tried again later, or parked after so many times.

    A failure of the store is none of the message, and counts for nothing.
    """
    if isinstance(error, StoreError):
        return Delivered(failures={row.place: error})
    detail = error.reason if isinstance(error, DeliveryError) else str(error)
    failed = attrs.evolve(row, attempts=row.attempts + 1, detail=detail)
    wait = respite(failed, error)
    if wait is None:
        reason = f"{detail} ({failed.attempts} attempts)"
        return await _park(flow, failed, (reason,), now)
    logs.failed(f"message {row.name} to {row.target}", error)
    again = attrs.evolve(failed, not_before=micros(flow.clock.now() + wait))
    await flow.run(flow.store.mark, again, held=row.not_before)
    return Delivered(failures={row.place: error})


def _refusal(answered: Answered) -> tuple[str, ...] | None:
    """Return why a message is refused for good, or None where it is not."""
    if isinstance(answered, UnknownEntityError | UnknownEventError):
        return (str(answered),)
    if isinstance(answered, Decision) and answered.refusal is not None:
        return tuple(summary(answered.refusal))
    return None


async def _ask(flow: Flow, row: MessageRow, now: datetime) -> Answered:
    """Return the target's answer; where it took the message before, that it is repeated."""
    message = flow.registry.codec.decode_message(row.body)
    # No effect comes before its cause, whatever the clock says.
    at = max(now, moment(row.at))
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
    message = _read(flow, row)
    event = "" if message is None else message.event
    answered: Answered | None = None
    # Told once, also where the process dies before the message is marked.
    key = f"{MESSAGE_REFUSED} {row.version}/{row.ordinal}"
    source = flow.registry.machines.get(row.source.machine)
    if source is not None and MAY_REACT in source.events:
        payload = _told(row, event, reasons)
        (answered,) = await flow.ask(
            [Request(row.source, MAY_REACT, payload, SYSTEM, now, key=key)]
        )
    if source is not None and not (isinstance(answered, Decision) and answered.accepted):
        form = MessageRefused(row.target, event, reasons)
        (answered,) = await flow.ask(
            [Request(row.source, MESSAGE_REFUSED, form, SYSTEM, now, key=key)]
        )
    if answered is not None and _stands_still(answered):
        return Delivered(waiting=1)
    await flow.run(flow.store.mark, parked)
    logs.parked(row.name, row.target)
    return Delivered((row.source,), (parked,))


def _told(row: MessageRow, event: str, reasons: tuple[str, ...]) -> Mapping[str, object]:
    return {
        "machine": row.target.machine,
        "id": row.target.id,
        "event": event,
        "reasons": list(reasons),
    }
