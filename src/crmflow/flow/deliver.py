"""
Handing over messages: at least once from the outbox, applied once by the target.

Order holds per (source, target). A refused message is final: it is parked with
its reasons, blocks only its pair, and its source is told. A message to a machine
that is not switched on waits. No caller waits for another system: messages to
`RemoteHandler`s are left to `Engine.run_due` and workers.

A target takes a message once, whoever hands it over; a handler may not know. So what is given to a
handler is leased first: of callers, workers and `run_due` at the same time, one gives it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

import attrs

from crmflow.codec import micros
from crmflow.core.ref import EntityRef
from crmflow.flow.handing import Delivered, hand_one, is_courtesy, is_reachable
from crmflow.flow.leasing import LEASE, give_back
from crmflow.flow.run import Flow
from crmflow.storage.rows import MessageRow, MessageStatus, Spot

PAGE = 200
"""Messages read from the outbox at a time."""


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
        after: Spot | None = None
        while True:
            page = await self.flow.run(
                store.outbox, tenant, status=status, source=source, after=after, limit=PAGE
            )
            found += page
            if len(page) < PAGE:
                return found
            after = page[-1].spot

    async def picked(
        self,
        status: MessageStatus | None = None,
        names: Collection[str] = (),
        target: str | None = None,
    ) -> list[MessageRow]:
        """
        Return some of the messages, in order.

        Args:
            status: Waiting or parked ones only, or both.
            names: Those of these names only (see `MessageRow.name`), or all.
            target: Those to this machine or handler only, or all.
        """
        return [
            row
            for row in await self.rows(status=status)
            if (not names or row.name in names) and target in {None, row.target.machine}
        ]

    async def release(self, rows: Iterable[MessageRow]) -> None:
        """Let messages be tried at once, as if they had never failed, parked ones too."""
        for row in rows:
            anew = attrs.evolve(
                row, status=MessageStatus.WAITING, detail="", attempts=0, not_before=0
            )
            await self.flow.run(self.flow.store.mark, anew, held=row.not_before)

    async def drop(self, rows: Iterable[MessageRow]) -> None:
        """Take messages out of the outbox; they are not handed over any more."""
        for row in rows:
            await self.flow.run(self.flow.store.settle, row)

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
            source = pending.pop(0)
            rows = await self.rows(source=source)
            handed = await deliver(self.flow, rows, now, outside=outside)
            pending += self._following(handed, source, pending)
            done = done.and_then(handed)
        return done

    def _following(
        self, handed: Delivered, source: EntityRef | None, pending: Collection[EntityRef | None]
    ) -> list[EntityRef]:
        """Return whose messages come next: of those who took one, and of a handler's own source."""
        handlers = self.flow.registry.handlers
        # Whoever sent another one meanwhile found its pair leased, and left it.
        found = (source if ref.machine in handlers else ref for ref in handed.applied)
        return [ref for ref in dict.fromkeys(found) if ref is not None and ref not in pending]


async def deliver(
    flow: Flow, rows: Sequence[MessageRow], now: datetime, *, outside: bool = True
) -> Delivered:
    """
    Hand over messages in their order.

    Args:
        flow: The steps.
        rows: Messages of the outbox, in order; parked ones, those that somebody has and those
            that failed and wait for their next attempt block their pair.
        now: Aware UTC instant.
        outside: Whether other systems are waited for.

    Returns:
        What became of them.
    """
    blocked: set[tuple[EntityRef, EntityRef]] = set()
    done, waiting = Delivered(), 0
    for row in rows:
        pair = (row.source, row.target)
        if row.status is MessageStatus.PARKED:
            blocked.add(pair)
        elif pair in blocked or not _goes(flow, row, now, outside=outside):
            blocked.add(pair)
            waiting += 1
        else:
            own = row.target.machine in flow.registry.handlers
            one = await (_hand_leased if own else hand_one)(flow, row, now)
            if not one.applied or one.parked:
                blocked.add(pair)
            done = done.and_then(one)
    return done.and_then(Delivered(waiting=waiting))


async def _hand_leased(flow: Flow, row: MessageRow, now: datetime) -> Delivered:
    """Hand over a message under a lease; where somebody else has it by now, it is left."""
    mine = attrs.evolve(row, not_before=micros(flow.clock.now() + LEASE))
    if not await flow.run(flow.store.mark, mine, held=row.not_before):
        return Delivered(waiting=1)
    done = await hand_one(flow, mine, now)
    if not done.applied:
        # Unless its failure says when it is tried again.
        await give_back(flow, mine)
    return done


def _goes(flow: Flow, row: MessageRow, now: datetime, *, outside: bool) -> bool:
    """Say whether a message can be handed over now."""
    if row.not_before > micros(now):
        return False
    if flow.registry.is_remote(row.target.machine):
        return outside
    return is_reachable(flow, row) or is_courtesy(flow, row)
