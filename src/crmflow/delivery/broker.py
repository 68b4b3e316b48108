"""Brokers: one connection for a delivery, made anew where anything went wrong."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import attrs

from crmflow.delivery.cloud_event import Envelope
from crmflow.delivery.links import Link, link_of, load
from crmflow.delivery.loop import GRACE, Loop
from crmflow.delivery.rows import Delivery

Linking = Callable[[Delivery, str | None], Link]
"""(row, the user's password) -> a link that is not connected yet."""


@attrs.define(eq=False)
class Broker:
    """
    A broker that takes envelopes; each is confirmed before its message is settled.

    Attributes:
        row: Where it is, and what it puts them into.
        linking: Makes the link.
    """

    row: Delivery
    linking: Linking = link_of
    _loop: Loop = attrs.field(factory=Loop, init=False)
    _link: Link | None = attrs.field(default=None, init=False)
    _turn: asyncio.Lock = attrs.field(factory=asyncio.Lock, init=False)

    def carry(self, envelope: Envelope) -> None:
        """Publish an envelope and wait for the broker's confirmation."""
        row = self.row
        # Before the clock runs: the first import takes its time.
        load(row.carrier)
        password = row.read_secret()
        headers = row.read_headers()
        try:
            self._loop.run(self._put(envelope, headers, password), row.seconds)
        except TimeoutError:
            raise row.later(f"no confirmation within {row.seconds:g} s") from None
        except Exception as error:  # noqa: BLE001 - each client has errors of its own
            # What the error says may hold the address with all that is in it.
            raise row.later(f"not taken ({type(error).__name__})") from None

    async def _put(self, envelope: Envelope, headers: dict[str, str], password: str | None) -> None:
        async with self._turn:
            if self._link is None:
                fresh = self.linking(self.row, password)
                await self._or_drop(fresh, fresh.connect())
                self._link = fresh
            link = self._link
        await self._or_drop(link, link.put(envelope, headers))

    async def _or_drop(self, link: Link, step: Awaitable[object]) -> None:
        """Do a step; where it fails or is cut off the connection goes: nobody knows its state."""
        try:
            await step
        except BaseException:
            if self._link is link:
                self._link = None
            with contextlib.suppress(Exception):
                await asyncio.wait_for(link.close(), GRACE / 2)
            raise

    def close(self) -> None:
        """Close the connection, and the loop it is in."""
        link, self._link = self._link, None
        if link is not None:
            with contextlib.suppress(Exception):
                self._loop.run(link.close(), GRACE)
        self._loop.close()
        self._turn = asyncio.Lock()
