"""Each broker as FastStream has it in memory: no server is needed, Kafka's is the only way here."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from typing import Any

import attrs
import pytest
from faststream.exceptions import SubscriberNotFound
from faststream.kafka import KafkaMessage, TestKafkaBroker
from faststream.nats import JStream, TestNatsBroker
from faststream.rabbit import TestRabbitBroker

from crmflow.core.errors import DeliveryError
from crmflow.delivery.cloud_event import MEDIA_TYPE, Envelope
from crmflow.delivery.handler import handler_of
from crmflow.delivery.links import link_of
from crmflow.delivery.redis_format import Plain
from crmflow.delivery.rows import Carrier, Delivery
from tests.delivery.receivers import KEY, SOON, listening, parcel, row

ENVELOPE = Envelope.of(parcel())
ROWS = {
    Carrier.NATS: row("nats://127.0.0.1", topic="crm.events", stream="CRM"),
    Carrier.RABBITMQ: row("amqp://127.0.0.1", topic="crm.events"),
    Carrier.KAFKA: row("kafka://127.0.0.1", topic="crm.events"),
}
IN_MEMORY: dict[Carrier, Any] = {
    Carrier.NATS: TestNatsBroker,
    Carrier.RABBITMQ: TestRabbitBroker,
    Carrier.KAFKA: TestKafkaBroker,
}


def subscription(delivery: Delivery) -> dict[str, Any]:
    """Return how a subscriber of a place is declared."""
    if delivery.carrier is Carrier.NATS:
        return {"subject": delivery.topic, "stream": JStream("CRM", declare=False)}
    if delivery.carrier is Carrier.RABBITMQ:
        return {"queue": delivery.topic}
    return {}


def put(delivery: Delivery, headers: dict[str, str]) -> Any:  # noqa: ANN401 - a message of each kind
    """Return the message that a subscriber is given of an envelope."""
    link = link_of(delivery, None)
    broker: Any = link.broker
    taken: list[Any] = []

    async def run() -> None:
        places = () if subscription(delivery) else (delivery.topic,)

        @broker.subscriber(*places, **subscription(delivery))  # type: ignore[untyped-decorator]
        async def take(body: Any) -> None:  # noqa: ANN401 - read as it is
            taken.append(broker.context.resolve("message"))

        async with IN_MEMORY[delivery.carrier](broker):
            await link.put(ENVELOPE, headers)

    asyncio.run(run())
    (message,) = taken
    return message


@pytest.mark.parametrize("carrier", list(ROWS))
def test_every_broker_is_given_the_same_bytes(carrier: Carrier) -> None:
    """And the id with them, beside the event's own."""
    message = put(ROWS[carrier], {})
    assert message.body == ENVELOPE.body
    assert message.correlation_id == KEY


@pytest.mark.parametrize("carrier", list(ROWS))
def test_headers_of_the_row_go_along(carrier: Carrier) -> None:
    """Its content type says that it is an event."""
    message = put(ROWS[carrier], {"from": "mill"})
    assert message.headers["from"] == "mill"
    assert MEDIA_TYPE in {message.headers.get("content-type"), message.content_type}


def test_the_events_of_an_entity_share_a_partition_of_kafka() -> None:
    """So they keep their order."""
    message: KafkaMessage = put(ROWS[Carrier.KAFKA], {})
    raw: Any = message.raw_message
    assert raw.key == b"main/matter/M-1"


def test_jetstream_is_told_the_id() -> None:
    """It drops doubles by it."""
    assert put(ROWS[Carrier.NATS], {}).headers["Nats-Msg-Id"] == KEY


def test_an_exchange_is_used_as_it_is() -> None:
    """Whoever runs the broker made it; a delivery makes nothing."""
    delivery = attrs.evolve(ROWS[Carrier.RABBITMQ], exchange="crm")
    with pytest.raises(SubscriberNotFound):
        put(delivery, {})


def test_a_stream_of_redis_has_the_bytes_alone() -> None:
    """Whoever reads it needs no FastStream; FastStream reads it too."""
    said: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        while data := connection.recv(65536):
            said.append(data)
            connection.sendall(b"+1-0\r\n" * len(re.findall(rb"(?m)^\*\d+\r\n", data)))

    with listening(talk) as port:
        handler = handler_of(row(f"redis://127.0.0.1:{port}/0", topic="crm.events"))
        handler(parcel())
        handler(parcel())
        handler.close()
    fields = b"".join(said).split(b"XADD")[1].split(b"\r\n")[2::2]
    assert fields[:4] == [b"crm.events", b"*", b"__data__", ENVELOPE.body]
    assert Plain.parse(b"{}") == (b"{}", {})


@pytest.mark.parametrize(
    ("to", "encrypted"),
    [("tls://c%40rm@h", True), ("nats://c%40rm@h", False), ("rediss://c%40rm@h", True),
     ("amqps://h", True), ("amqp://c%40rm@h", False), ("kafka+ssl://h", True),
     ("kafka://c%40rm@h", False)],
)  # fmt: skip
def test_who_comes_is_told_apart_from_where_it_goes(
    monkeypatch: pytest.MonkeyPatch, to: str, encrypted: bool
) -> None:
    """The user too, by its own name; an encrypted way checks the other's certificate."""
    seen: list[Any] = []
    for kind in ("nats.Nats", "redis.Redis", "rabbit.Rabbit", "kafka.Kafka"):
        monkeypatch.setattr(
            f"faststream.{kind}Broker", lambda url, **more: seen.append((url, more["security"]))
        )
    password = "pa55" if "@" in to else None
    link_of(row(to, topic="t", stream="S"), password)
    ((url, security),) = seen
    assert "rm" not in url
    assert (getattr(security, "username", None), getattr(security, "password", None)) == (
        ("c@rm", "pa55") if password else (None, None)
    )
    context = getattr(security, "ssl_context", None)
    assert (context is not None) == encrypted
    assert context is None or context.verify_mode is ssl.CERT_REQUIRED


@pytest.mark.parametrize("to", ["nats://127.0.0.1:{}", "kafka://127.0.0.1:{}"])
@pytest.mark.parametrize("answer", [b"", b"no broker\r\n"])
def test_who_answers_otherwise_is_no_broker(to: str, answer: bytes) -> None:
    """It is tried again; the client never meets a server that hangs up."""

    def talk(connection: socket.socket) -> None:
        connection.sendall(answer)

    with listening(talk) as port:
        handler = handler_of(row(to.format(port), topic="t", stream="S", timeout=SOON))
        with pytest.raises(DeliveryError):
            handler(parcel())
        handler.close()
