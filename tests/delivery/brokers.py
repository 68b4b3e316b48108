"""Real brokers, read from with their own clients: what arrived, with id and headers."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

import aio_pika
import attrs
import nats
import redis.asyncio
from aio_pika.abc import AbstractChannel
from nats.js import JetStreamContext

from crmflow.delivery.rows import Delivery
from tests.delivery.receivers import row, server_at, without_password

T = TypeVar("T")


@attrs.frozen
class Taken:
    """A message as a consumer finds it; headers and id are None where the broker has none."""

    body: bytes
    id: str | None = None
    headers: Mapping[str, str] | None = None


class Server(Protocol):
    """A server with a place of its own for one test."""

    url: str
    topic: str

    def row(self, **columns: Any) -> Delivery:  # noqa: ANN401 - any column
        """Return a delivery to the place."""
        ...

    def open(self) -> None:
        """Make the place."""
        ...

    def taken(self) -> list[Taken]:
        """Return what is in it."""
        ...

    def remove(self) -> None:
        """Remove the place."""
        ...


def _at_once(steps: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(asyncio.wait_for(steps, 20))


@attrs.define
class Nats:
    """A JetStream stream."""

    url: str = attrs.field(factory=lambda: server_at("NATS"))
    topic: str = attrs.field(factory=lambda: f"crm-{secrets.token_hex(4)}.events")

    @property
    def stream(self) -> str:
        """Name of the stream."""
        return self.topic.partition(".")[0]

    def row(self, **columns: Any) -> Delivery:  # noqa: ANN401 - any column
        """Return a delivery to the subject."""
        return row(self.url, topic=self.topic, stream=self.stream, **columns)

    @contextlib.asynccontextmanager
    async def _server(self) -> AsyncIterator[JetStreamContext]:
        client = await nats.connect(self.url)
        yield client.jetstream()
        await client.close()

    def open(self) -> None:
        """Make the stream."""

        async def make() -> None:
            async with self._server() as server:
                await server.add_stream(name=self.stream, subjects=[f"{self.stream}.>"])

        _at_once(make())

    def taken(self) -> list[Taken]:
        """Return what the stream has."""

        async def read() -> list[Taken]:
            async with self._server() as server:
                count = (await server.stream_info(self.stream)).state.messages
                found = [await server.get_msg(self.stream, one) for one in range(1, count + 1)]
            headers = [one.headers or {} for one in found]
            return [
                Taken(one.data or b"", told.get("Nats-Msg-Id"), told)
                for one, told in zip(found, headers, strict=True)
            ]

        return _at_once(read())

    def remove(self) -> None:
        """Remove the stream."""

        async def delete() -> None:
            async with self._server() as server:
                with contextlib.suppress(nats.js.errors.NotFoundError):
                    await server.delete_stream(self.stream)

        _at_once(delete())


@attrs.define
class RabbitMq:
    """A durable queue."""

    url: str = attrs.field(factory=lambda: server_at("RABBITMQ"))
    topic: str = attrs.field(factory=lambda: f"crm-{secrets.token_hex(4)}")

    def row(self, **columns: Any) -> Delivery:  # noqa: ANN401 - any column
        """Return a delivery to the queue; the password of its user is `CRMFLOW_TRY_SECRET`."""
        to, _ = without_password(self.url)
        return row(to, topic=self.topic, secret="env:CRMFLOW_TRY_SECRET", **columns)

    @contextlib.asynccontextmanager
    async def _server(self) -> AsyncIterator[AbstractChannel]:
        client = await aio_pika.connect(self.url)
        async with client:
            yield await client.channel()

    def open(self) -> None:
        """Make the queue, and an exchange of its name that leads to it."""

        async def make() -> None:
            async with self._server() as server:
                queue = await server.declare_queue(self.topic, durable=True)
                exchange = await server.declare_exchange(self.topic, "topic", durable=True)
                await queue.bind(exchange, "matter.#")

        _at_once(make())

    def taken(self) -> list[Taken]:
        """Return what is in the queue, and take it out."""

        async def read() -> list[Taken]:
            found = []
            async with self._server() as server:
                queue = await server.get_queue(self.topic)
                while (one := await queue.get(fail=False, no_ack=True)) is not None:
                    assert one.delivery_mode == aio_pika.DeliveryMode.PERSISTENT
                    told = {name: str(value) for name, value in one.headers.items()}
                    kind = {"content-type": str(one.content_type)}
                    found.append(Taken(one.body, one.message_id, {**told, **kind}))
            return found

        return _at_once(read())

    def remove(self) -> None:
        """Remove queue and exchange."""

        async def delete() -> None:
            async with self._server() as server:
                await server.queue_delete(self.topic)
                await server.exchange_delete(self.topic)

        _at_once(delete())


@attrs.define
class Redis:
    """A stream; it need not be made."""

    url: str = attrs.field(factory=lambda: server_at("REDIS"))
    topic: str = attrs.field(factory=lambda: f"crm-{secrets.token_hex(4)}")

    def row(self, **columns: Any) -> Delivery:  # noqa: ANN401 - any column
        """Return a delivery to the stream."""
        return row(self.url, topic=self.topic, **columns)

    def open(self) -> None:
        """Do nothing."""

    def taken(self) -> list[Taken]:
        """Return what the stream has."""

        async def read() -> list[Taken]:
            async with redis.asyncio.from_url(self.url) as client:
                found: Any = await client.xrange(self.topic)
            return [Taken(fields[b"__data__"]) for _, fields in found]

        return _at_once(read())

    def remove(self) -> None:
        """Remove the stream."""

        async def delete() -> None:
            async with redis.asyncio.from_url(self.url) as client:
                await client.delete(self.topic)

        _at_once(delete())


@attrs.define
class Cable:
    """What leads to a server and can be cut: every connection through it ends."""

    port: int = 0
    ends: list[socket.socket] = attrs.field(factory=list)

    def cut(self) -> None:
        """End every connection."""
        for end in self.ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self.ends.clear()


@contextlib.contextmanager
def cable(url: str) -> Iterator[Cable]:
    """Run a cable to the server of a URL."""
    there = urlsplit(url)
    found = Cable()
    with socket.create_server(("127.0.0.1", 0)) as server:
        found.port = server.getsockname()[1]

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    here, _ = server.accept()
                    far = socket.create_connection((there.hostname or "", there.port or 0))
                    found.ends += [here, far]
                    for one, other in ((here, far), (far, here)):
                        threading.Thread(target=_pump, args=(one, other), daemon=True).start()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield found
        found.cut()
        server.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)
    source.close()
