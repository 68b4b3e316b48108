"""What workers divide among themselves: timers and messages under a lease."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import attrs
from msgspec import Struct

from crmflow.codec import micros
from crmflow.flow.due import Touched, fire
from crmflow.flow.handing import is_courtesy, is_reachable
from crmflow.flow.run import Flow
from crmflow.storage.rows import MessageRow, MessageStatus, Spot

LEASE = timedelta(minutes=1)
"""How long what is taken is nobody else's, unless somebody says otherwise."""

_MICROSECOND = timedelta(microseconds=1)


@attrs.frozen
class Lease:
    """
    How much is taken at a time, and for how long.

    Attributes:
        length: How long it is nobody else's.
        limit: At most so many timers, or messages.
    """

    length: timedelta
    limit: int

    @property
    def micros(self) -> int:
        """Its length in microseconds."""
        return self.length // _MICROSECOND


class Taken(Struct, frozen=True):
    """
    What became of timers that were leased.

    Attributes:
        count: How many they were.
        last: When the last of them was due, microseconds UTC.
        touched: What became of their entities.
    """

    count: int
    last: int
    touched: Touched


async def fire_leased(flow: Flow, lease: Lease, after: int) -> Taken:
    """
    Fire timers that are due and nobody else has.

    Args:
        flow: The steps over one registry and store.
        lease: How much is taken.
        after: Only those due at this instant or later, microseconds UTC: an index need not be
            read again from where what was fired has left dead entries.
    """
    now = flow.clock.now()
    rows = await flow.run(
        flow.store.claim_due,
        flow.registry.tenant,
        micros(now),
        machines=tuple(flow.registry.machines),
        now=micros(now),
        lease=lease.micros,
        limit=lease.limit,
        after=after,
    )
    touched = await fire(flow, [row.ref for row in rows], now)
    if touched.lost:
        # Whoever touched them may have done so as of an instant before their timers.
        again = await fire(flow, touched.lost, now)
        touched = touched.and_then(again)
    return Taken(len(rows), rows[-1].due_at if rows else after, touched)


async def lease_messages(flow: Flow, lease: Lease, targets: Sequence[str]) -> Sequence[MessageRow]:
    """Return messages to these machines and handlers that nobody else has, one of each pair."""
    return await flow.run(
        flow.store.claim_messages,
        flow.registry.tenant,
        targets=targets,
        now=micros(flow.clock.now()),
        lease=lease.micros,
        limit=lease.limit,
    )


async def give_back(flow: Flow, row: MessageRow) -> None:
    """End the lease of a message before its time."""
    free = attrs.evolve(row, not_before=micros(flow.clock.now()))
    await flow.run(flow.store.mark, free, held=row.not_before)


async def settle_courtesies(flow: Flow, after: Spot | None, limit: int) -> Spot | None:
    """
    Settle what is told to nobody: nobody leases it, and who sent it may have died.

    Args:
        flow: The steps.
        after: Where the page that is looked at begins, or None for the first.
        limit: Messages of the page.

    Returns:
        Where the next page begins, None where there is none.
    """
    tenant = flow.registry.tenant
    page = await flow.run(
        flow.store.outbox, tenant, status=MessageStatus.WAITING, after=after, limit=limit
    )
    for row in page:
        if not is_reachable(flow, row) and is_courtesy(flow, row):
            await flow.run(flow.store.settle, row)
    return None if len(page) < limit else page[-1].spot


def lasts(row: MessageRow, until: datetime) -> bool:
    """Say whether the lease of a message lasts until an instant."""
    return row.not_before >= micros(until)
