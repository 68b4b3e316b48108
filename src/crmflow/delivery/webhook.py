"""
Webhooks: one POST, to an address that was checked, within the time there is.

The host is looked up for every delivery and the connection made to the address that was
checked, so a name that leads elsewhere a moment later leads nowhere. Nothing but status and
headers is read of an answer, whatever its size; redirects are not followed.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from threading import Thread
from typing import TYPE_CHECKING, TypeVar

import attrs

from crmflow.clock import Clock, SystemClock
from crmflow.delivery.addresses import Resolve, is_public, resolved
from crmflow.delivery.answers import heed
from crmflow.delivery.cloud_event import MEDIA_TYPE, Envelope
from crmflow.delivery.rows import ENCRYPTED, Delivery
from crmflow.delivery.signing import signed

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse
    from urllib3.connection import HTTPConnection

T = TypeVar("T")


@attrs.frozen
class Webhook:
    """
    A webhook; it keeps no connection.

    Attributes:
        row: Where it goes.
        resolve: Looks up hosts.
        clock: Says when a message is signed.
    """

    row: Delivery
    resolve: Resolve = resolved
    clock: Clock = attrs.field(factory=SystemClock)

    def carry(self, envelope: Envelope) -> None:
        """Post an envelope and heed the answer."""
        headers = self._headers(envelope)
        calling = _Calling(self.row, self.resolve)
        try:
            answer = within(
                self.row.seconds, lambda: calling.post(headers, envelope.body), calling.cut
            )
        except TimeoutError:
            raise self.row.later(f"no answer within {self.row.seconds:g} s") from None
        heed(self.row, answer.status, answer.headers, self.clock.now())

    def close(self) -> None:
        """Do nothing: no connection is kept."""

    def _headers(self, envelope: Envelope) -> dict[str, str]:
        row, secret = self.row, self.row.read_secret()
        proof = {"webhook-id": envelope.id}
        if secret is not None:
            try:
                proof.update(signed(secret, envelope.id, self.clock.now(), envelope.body))
            except ValueError as error:
                raise row.later(str(error)) from None
        host = row.address.netloc.rpartition("@")[2]
        ours = {"Host": host, "Content-Type": MEDIA_TYPE, "User-Agent": "crmflow"}
        return {**row.read_headers(), **ours, **proof}


@attrs.define
class _Calling:
    """One call: it knows its connection, so that it can be cut off."""

    row: Delivery
    resolve: Resolve
    connection: HTTPConnection | None = None
    over: bool = False

    def post(self, headers: dict[str, str], body: bytes) -> BaseHTTPResponse:
        """
        Return the answer to a POST, closed: its status and headers count.

        Raises:
            DeliveryError: There is no such host, no connection or no answer.
            DeliveryRejectedError: The host has an address that is not public.
        """
        import urllib3

        address = self.row.address
        target = (address.path or "/") + (f"?{address.query}" if address.query else "")
        try:
            connection = self._connected(self._addresses())
            try:
                connection.request("POST", target, body, headers, preload_content=False)
                with contextlib.closing(connection.getresponse()) as answer:
                    return answer
            finally:
                connection.close()
        except (TimeoutError, urllib3.exceptions.ReadTimeoutError):
            # The connection's own patience ends at about the same moment as its caller's.
            raise TimeoutError from None
        except (OSError, http.client.HTTPException, urllib3.exceptions.HTTPError) as error:
            # What the error says may hold the address with all that is in it.
            raise self.row.later(f"no answer ({type(error).__name__})") from None

    def _addresses(self) -> Sequence[str]:
        host, port = self.row.address.hostname or "", self._port()
        try:
            found = self.resolve(host, port)
        except (OSError, UnicodeError):
            raise self.row.later(f"there is no host {host!r}") from None
        barred = [one for one in found if not self.row.allow_private and not is_public(one)]
        if barred:
            reason = f"{host!r} has an address that is not public; `allow_private` would let it"
            raise self.row.never(reason)
        return found

    def _connected(self, addresses: Sequence[str]) -> HTTPConnection:
        """Return a connection to the first address that takes one."""
        for number, address in enumerate(addresses, 1):
            if self.over:
                break
            self.connection = connection = self._connection(address)
            try:
                connection.connect()
            except Exception:
                connection.close()
                if number == len(addresses):
                    raise
            else:
                return connection
        raise ConnectionError

    def _connection(self, address: str) -> HTTPConnection:
        from urllib3.connection import HTTPConnection, HTTPSConnection

        row = self.row
        if row.address.scheme not in ENCRYPTED:
            return HTTPConnection(address, self._port(), timeout=row.seconds)
        return HTTPSConnection(
            address,
            self._port(),
            timeout=row.seconds,
            cert_reqs="CERT_REQUIRED",
            ca_certs=row.ca,
            server_hostname=row.address.hostname,
        )

    def _port(self) -> int:
        return self.row.address.port or (443 if self.row.address.scheme in ENCRYPTED else 80)

    def cut(self) -> None:
        """End the connection, whoever reads from it, and begin no other."""
        self.over = True
        sock = None if self.connection is None else self.connection.sock
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


def within(seconds: float, call: Callable[[], T], cut: Callable[[], None]) -> T:
    """
    Return what a call returns, or cut it off.

    A lookup and an answer that drips have no limit of their own, so the call runs in a thread
    and its caller goes on without it.

    Args:
        seconds: How long it may take.
        call: What is called.
        cut: Ends what the call waits for.

    Raises:
        TimeoutError: It took too long.
    """
    done: Future[T] = Future()

    def run() -> None:
        try:
            done.set_result(call())
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            done.set_exception(error)

    Thread(target=run, name="crmflow webhook", daemon=True).start()
    try:
        return done.result(seconds)
    finally:
        cut()
