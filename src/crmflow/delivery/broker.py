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
class _Line:
    """
    A connection and the loop it is in.

    They end together: some clients that are cut off go on in their loop for ever.
    """

    loop: Loop = attrs.field(factory=Loop)
    link: Link | None = None
    turn: asyncio.Lock = attrs.field(factory=asyncio.Lock)


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
    _line: _Line = attrs.field(factory=_Line, init=False)

    def carry(self, envelope: Envelope) -> None:
        """Publish an envelope and wait for the broker's confirmation."""
        row, line = self.row, self._line
        # Before the clock runs: the first import takes its time.
        load(row.carrier)
        password = row.read_secret()
        headers = row.read_headers()
        try:
            line.loop.run(self._put(line, envelope, headers, password), row.seconds)
        except TimeoutError:
            self._leave(line)
            raise row.later(f"no confirmation within {row.seconds:g} s") from None
        except Exception as error:  # noqa: BLE001 - each client has errors of its own
            self._leave(line)
            # What the error says may hold the address with all that is in it.
            raise row.later(f"not taken ({type(error).__name__})") from None
        finally:
            # Another thread may have left it meanwhile.
            if line is not self._line:
                line.loop.close()

    async def _put(
        self, line: _Line, envelope: Envelope, headers: dict[str, str], password: str | None
    ) -> None:
        async with line.turn:
            if line.link is None:
                fresh = self.linking(self.row, password)
                await _or_close(fresh, fresh.connect())
                line.link = fresh
            link = line.link
        await _or_close(link, link.put(envelope, headers))

    def _leave(self, line: _Line) -> None:
        """Begin anew where anything went wrong: nobody knows the connection's state."""
        if self._line is line:
            self._line = _Line()

    def close(self) -> None:
        """Close the connection, and the loop it is in."""
        line, self._line = self._line, _Line()
        if line.link is not None:
            with contextlib.suppress(Exception):
                line.loop.run(line.link.close(), GRACE)
        line.loop.close()


async def _or_close(link: Link, step: Awaitable[object]) -> None:
    """Do a step; where it fails or is cut off, close the connection."""
    try:
        await step
    except BaseException:
        with contextlib.suppress(Exception):
            await asyncio.wait_for(link.close(), GRACE / 2)
        raise
