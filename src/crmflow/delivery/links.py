"""The brokers there are, each through FastStream: how it is reached, and takes a message."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

import attrs

from crmflow.delivery.cloud_event import MEDIA_TYPE, Envelope
from crmflow.delivery.rows import ENCRYPTED, Carrier, Delivery

if TYPE_CHECKING:
    from faststream.security import BaseSecurity

MODULES: Mapping[Carrier, str] = {
    Carrier.NATS: "faststream.nats",
    Carrier.RABBITMQ: "faststream.rabbit",
    Carrier.REDIS: "faststream.redis",
    Carrier.KAFKA: "faststream.kafka",
}

Put = Callable[[Envelope, dict[str, str]], Awaitable[object]]
"""(envelope, headers) -> awaited until the broker has confirmed it."""


class _Client(Protocol):
    """What every broker of FastStream can do."""

    async def connect(self) -> Any:  # noqa: ANN401 - its client's own
        """Connect."""
        ...

    async def stop(self) -> None:
        """Close the connection."""
        ...


@attrs.frozen
class Link:
    """
    A broker that can be written to.

    Attributes:
        broker: FastStream's.
        put: Publishes.
        knock: Sees first that a server answers, for clients that else leave things open.
    """

    broker: _Client
    put: Put
    knock: Callable[[], Awaitable[object]] | None = None

    async def connect(self) -> None:
        """Connect."""
        if self.knock is not None:
            await self.knock()
        await self.broker.connect()

    async def close(self) -> None:
        """Close the connection."""
        await self.broker.stop()


def load(carrier: Carrier) -> None:
    """Import what a carrier needs."""
    import_module(MODULES[carrier])


def link_of(row: Delivery, password: str | None) -> Link:
    """
    Return a broker that is not connected yet.

    Args:
        row: Where it is.
        password: That of the user it names, or None.
    """
    return _LINKS[row.carrier](row, password)


def _nats(row: Delivery, password: str | None) -> Link:
    """JetStream drops doubles by the id, within the window of its stream."""
    from faststream.nats import NatsBroker

    broker = NatsBroker(
        _url(row),
        security=_security(row, password),
        connect_timeout=max(1, int(row.seconds)),
        allow_reconnect=False,
        logger=None,
    )

    async def put(envelope: Envelope, headers: dict[str, str]) -> object:
        return await broker.publish(
            envelope.body,
            str(row.topic),
            headers={**headers, "content-type": MEDIA_TYPE, "Nats-Msg-Id": envelope.id},
            correlation_id=envelope.id,
            stream=row.stream,
            timeout=row.seconds,
        )

    return Link(broker, put, partial(_greeted, row))


def _rabbitmq(row: Delivery, password: str | None) -> Link:
    """A message that no queue takes comes back, and is an error: nothing is lost silently."""
    from faststream.rabbit import Channel, RabbitBroker, RabbitExchange

    broker = RabbitBroker(
        _url(row),
        security=_security(row, password),
        timeout=row.seconds,
        default_channel=Channel(publisher_confirms=True, on_return_raises=True),
        logger=None,
    )
    exchange = None if row.exchange is None else RabbitExchange(row.exchange, declare=False)

    async def put(envelope: Envelope, headers: dict[str, str]) -> object:
        return await broker.publish(
            envelope.body,
            exchange=exchange,
            routing_key=str(row.topic),
            mandatory=True,
            persist=True,
            timeout=row.seconds,
            headers={**headers},
            content_type=MEDIA_TYPE,
            message_id=envelope.id,
            correlation_id=envelope.id,
        )

    return Link(broker, put)


def _redis(row: Delivery, password: str | None) -> Link:
    """A stream's entry has the event alone, in its field `__data__`."""
    from faststream.redis import RedisBroker

    from crmflow.delivery.redis_format import Plain

    broker = RedisBroker(
        _url(row),
        security=_security(row, password),
        socket_timeout=row.seconds,
        socket_connect_timeout=row.seconds,
        message_format=Plain,
        logger=None,  # type: ignore[arg-type]
    )

    async def put(envelope: Envelope, headers: dict[str, str]) -> object:
        return await broker.publish(
            envelope.body, stream=str(row.topic), correlation_id=envelope.id
        )

    return Link(broker, put)


def _kafka(row: Delivery, password: str | None) -> Link:
    """An entity's events share a partition, and so keep their order."""
    from aiokafka.client import AIOKafkaClient  # type: ignore[import-untyped]
    from faststream.kafka import KafkaBroker
    from faststream.kafka.security import parse_security

    server, patience = row.address.netloc.rpartition("@")[2], int(row.seconds * 1000)
    security = _security(row, password)
    broker = KafkaBroker(
        server,
        security=security,
        request_timeout_ms=patience,
        acks="all",
        enable_idempotence=True,
        logger=None,
    )

    async def put(envelope: Envelope, headers: dict[str, str]) -> object:
        return await broker.publish(
            envelope.body,
            str(row.topic),
            key=envelope.entity.encode(),
            headers={**headers, "content-type": MEDIA_TYPE},
            correlation_id=envelope.id,
        )

    async def knock() -> None:
        client = AIOKafkaClient(
            bootstrap_servers=server, request_timeout_ms=patience, **parse_security(security)
        )
        try:
            await client.bootstrap()
        finally:
            await client.close()

    return Link(broker, put, knock)


_LINKS: Mapping[Carrier, Callable[[Delivery, str | None], Link]] = {
    Carrier.NATS: _nats,
    Carrier.RABBITMQ: _rabbitmq,
    Carrier.REDIS: _redis,
    Carrier.KAFKA: _kafka,
}


def _url(row: Delivery) -> str:
    """Return the address without its user: who it is, is told apart from where it goes."""
    address = row.address
    return address._replace(netloc=address.netloc.rpartition("@")[2]).geturl()


async def _greeted(row: Delivery) -> None:
    """
    See that a NATS server speaks, which it does first.

    Raises:
        OSError: Nobody is there, or it is no such server.
        EOFError: It hangs up.
    """
    address = row.address
    reader, writer = await asyncio.open_connection(address.hostname, address.port or 4222)
    try:
        if await reader.readexactly(len(_GREETING)) != _GREETING:
            raise ConnectionError
    finally:
        writer.close()


_GREETING = b"INFO "


def _encryption(row: Delivery) -> ssl.SSLContext | None:
    return ssl.create_default_context() if row.address.scheme in ENCRYPTED else None


def _security(row: Delivery, password: str | None) -> BaseSecurity | None:
    from faststream.security import BaseSecurity, SASLPlaintext

    context = _encryption(row)
    if password is not None:
        return SASLPlaintext(row.user or "", password, ssl_context=context)
    return None if context is None else BaseSecurity(ssl_context=context)
