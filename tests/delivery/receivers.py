"""What the tests deliver, and who takes it: a small HTTP server, a bare socket, real brokers."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import attrs
import pytest

from crmflow.core.message import Message, MessageKind, Parcel
from crmflow.core.ref import EntityRef
from crmflow.delivery.rows import Delivery

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
KEY = "main/matter/M-1/2/0"
SOON = timedelta(milliseconds=300)


def parcel(payload: Mapping[str, object] | None = None, *, id_: str = "M-1") -> Parcel:
    """Return a message as a handler is given it."""
    told = {"text": "hello"} if payload is None else payload
    message = Message(0, MessageKind.FIRE, "hook", "x", "answer", told)
    return Parcel(EntityRef("main", "matter", id_), 2, 0, message, AT)


def row(to: str, **columns: Any) -> Delivery:  # noqa: ANN401 - any column
    """Return a delivery."""
    return Delivery(**{"name": "hook", "to": to, "allow_private": True, **columns})


@attrs.define
class Received:
    """A request that arrived."""

    path: str
    headers: dict[str, str]
    body: bytes


@attrs.define
class Receiver:
    """A real HTTP server: it answers as it is told, and keeps what arrived."""

    status: int = 204
    headers: Mapping[str, str] = attrs.field(factory=dict)
    body: bytes = b""
    received: list[Received] = attrs.field(factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}/hook?a=1"


def _answering(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            body = self.rfile.read(length)
            receiver.received.append(Received(self.path, dict(self.headers.items()), body))
            self.send_response(receiver.status)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(receiver.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            """Say nothing."""

    return Answering


@contextlib.contextmanager
def receiving(tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """Run a receiver."""
    receiver = Receiver()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _answering(receiver))
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextlib.contextmanager
def listening(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """Run a bare server that talks to who connects; yield its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection, contextlib.suppress(OSError):
                        talk(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            with contextlib.suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def server_at(name: str) -> str:
    """Return the URL of a real server; the test is skipped where its variable names none."""
    variable = f"CRMFLOW_TEST_{name}"
    if variable not in os.environ:
        pytest.skip(f"no server: {variable} names none")
    return os.environ[variable]


def without_password(url: str) -> tuple[str, str | None]:
    """Return a URL as a row has it, with the user but no password, and the password."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    user = f"{parts.username}@" if parts.username else ""
    return parts._replace(netloc=f"{user}{place}").geturl(), parts.password
