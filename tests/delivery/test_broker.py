"""Brokers, each the real server: what arrives once, what is tried again, and a clean end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import attrs
import pytest

from crmflow.core.errors import DeliveryError
from crmflow.delivery.broker import Broker
from crmflow.delivery.cloud_event import MEDIA_TYPE, Envelope
from crmflow.delivery.handler import DeliveryHandler, handler_of
from crmflow.delivery.rows import Delivery
from crmflow.engine.async_engine import AsyncEngine
from crmflow.storage.memory import MemoryStore
from tests.delivery.brokers import Nats, RabbitMq, Redis, Server, cable
from tests.delivery.receivers import (
    KEY,
    SOON,
    free_port,
    listening,
    parcel,
    row,
    without_password,
)
from tests.policies.letters import CLERK, MATTER, config, office

ENVELOPE = Envelope.of(parcel())
KINDS: list[Callable[[], Server]] = [Nats, RabbitMq, Redis]
AWAY = [
    "nats://127.0.0.1:{}",
    "amqp://127.0.0.1:{}",
    "redis://127.0.0.1:{}",
    "kafka://127.0.0.1:{}",
]


@pytest.fixture(params=KINDS, ids=["nats", "rabbitmq", "redis"])
def server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Return a real server with a place of its own."""
    found: Server = request.param()
    monkeypatch.setenv("CRMFLOW_TRY_SECRET", without_password(found.url)[1] or "none")
    found.open()
    yield found
    found.remove()


@pytest.fixture(autouse=True)
def ended() -> Iterator[None]:
    """Check that every loop has ended."""
    yield
    assert "crmflow delivery" not in {one.name for one in threading.enumerate()}


def delivered(delivery: Delivery, times: int = 1) -> None:
    """Deliver the message by a handler of its own."""
    handler = handler_of(delivery)
    try:
        for _ in range(times):
            handler(parcel())
    finally:
        handler.close()


def test_what_arrives_is_the_event(server: Server) -> None:
    """Confirmed by the broker, with its id where the broker has a place for it."""
    delivered(server.row())
    (got,) = server.taken()
    assert got.body == ENVELOPE.body
    assert got.id in {KEY, None}
    assert got.headers is None or got.headers["content-type"] == MEDIA_TYPE


def test_a_double_can_be_dropped(server: Server) -> None:
    """JetStream does so itself; consumers of the others do by the id in the event."""
    delivered(server.row(), times=2)
    found = server.taken()
    assert {one.body for one in found} == {ENVELOPE.body}
    assert len(found) == (1 if isinstance(server, Nats) else 2)


def test_many_threads_use_one_connection(server: Server) -> None:
    """Nothing is lost among them."""
    handler = handler_of(server.row())
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: handler(parcel(id_=f"M-{number}")), range(60)))
    handler.close()
    assert {json.loads(one.body)["subject"] for one in server.taken()} == {
        f"M-{number}" for number in range(60)
    }


def test_a_cut_connection_is_made_anew(server: Server) -> None:
    """What was on its way is tried again, and arrives."""
    with cable(server.url) as line:
        to = server.row().address
        place = f"{to.username}@" if to.username else ""
        away = to._replace(netloc=f"{place}127.0.0.1:{line.port}").geturl()
        handler = handler_of(attrs.evolve(server.row(), to=away, timeout=timedelta(seconds=5)))
        handler(parcel(id_="M-1"))
        line.cut()
        for _ in range(3):
            with contextlib.suppress(DeliveryError):
                handler(parcel(id_="M-2"))
                break
        handler.close()
    assert {json.loads(one.body)["subject"] for one in server.taken()} == {"M-1", "M-2"}


def test_an_engine_hands_over_and_ends_its_connections(server: Server) -> None:
    """A synchronous one, and an asynchronous one within the loop of its host."""
    columns = {
        name: value
        for name, value in attrs.asdict(server.row()).items()
        if value and name in {"name", "to", "topic", "stream", "secret"}
    }

    said = config(deliveries=[{**columns, "machines": ["matter"]}])
    with office(said) as engine:
        engine.create("matter", {"customer": "C-1"}, actor=CLERK, id="M-1").require()
        assert engine.run_due().errors == ()

    async def host() -> None:
        async with AsyncEngine(MemoryStore(), machines=[MATTER], config=said) as engine:
            (await engine.create("matter", {"customer": "C-1"}, actor=CLERK, id="M-2")).require()
            (await engine.fire(("matter", "M-2"), "close", actor=CLERK)).require()
            assert (await engine.run_due()).errors == ()

    asyncio.run(host())
    events = [json.loads(one.body)["data"]["event"] for one in server.taken()]
    assert events == ["open", "open", "close"]


def test_a_place_that_is_not_there_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A queue or stream that nobody made is an error, until it is made."""
    for server in (Nats(), RabbitMq()):
        monkeypatch.setenv("CRMFLOW_TRY_SECRET", without_password(server.url)[1] or "none")
        handler = handler_of(server.row())
        with pytest.raises(DeliveryError, match="not taken"):
            handler(parcel())
        server.open()
        handler(parcel())
        handler.close()
        assert len(server.taken()) == 1
        server.remove()


def test_an_exchange_leads_where_it_is_bound_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """With headers of the row; a key that leads nowhere is an error."""
    server = RabbitMq()
    monkeypatch.setenv("CRMFLOW_TRY_SECRET", without_password(server.url)[1] or "none")
    server.open()
    to = attrs.evolve(
        server.row(), exchange=server.topic, topic="matter.told", headers={"from": "mill"}
    )
    delivered(to)
    (got,) = server.taken()
    assert (got.headers or {})["from"] == "mill"
    with pytest.raises(DeliveryError, match=r"not taken \(PublishError\)"):
        delivered(attrs.evolve(to, topic="nobody"))
    server.remove()


def test_a_wrong_password_is_tried_again_and_not_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It may be changed on either side."""
    caplog.set_level("DEBUG")
    monkeypatch.setenv("CRMFLOW_TRY_SECRET", "pa55word")
    with pytest.raises(DeliveryError, match="not taken") as told:
        delivered(RabbitMq().row())
    assert "pa55word" not in str(told.value)
    assert "pa55word" not in caplog.text
    assert told.value.__suppress_context__
    monkeypatch.delenv("CRMFLOW_TRY_SECRET")
    with pytest.raises(DeliveryError, match="there is no variable CRMFLOW_TRY_SECRET"):
        delivered(RabbitMq().row())


@pytest.mark.parametrize("to", AWAY)
def test_a_broker_that_is_away_is_tried_again(to: str) -> None:
    """In the time that the row gives, not in the client's own."""
    away = row(to.format(free_port()), topic="t", stream="S", timeout=timedelta(seconds=3))
    with pytest.raises(DeliveryError, match=r"not taken|no confirmation"):
        delivered(away)


def _silent(connection: socket.socket) -> None:
    while connection.recv(4096):
        pass


@pytest.mark.parametrize("to", AWAY)
def test_a_broker_that_hangs_is_cut_off(to: str) -> None:
    """By the row's time; nothing of it is left running."""
    with listening(_silent) as port:
        away = row(to.format(port), topic="t", stream="S", timeout=SOON)
        with pytest.raises(DeliveryError, match=r"no confirmation within 0\.3 s|not taken"):
            delivered(away)


def test_a_broker_that_does_not_even_close_is_left() -> None:
    """Its end has a limit too."""

    class Stuck:
        async def connect(self) -> None:
            """Connect at once."""

        async def put(self, *_: object) -> None:
            """Take it at once."""

        async def close(self) -> None:
            """Fail."""
            raise RuntimeError("stuck")

    way = Broker(row("redis://127.0.0.1", topic="t"), lambda *_: Stuck())  # type: ignore[arg-type]
    handler = DeliveryHandler(way.row, way)
    handler(parcel())
    handler.close()
    handler.close()


def test_threads_whose_connection_breaks_all_try_again() -> None:
    """Nobody knows its state, so that it ends for all of them, and the next is a new one."""
    made: list[Breaking] = []
    hangs = threading.Event()

    class Breaking:
        def __init__(self) -> None:
            made.append(self)
            self.puts = 0

        async def connect(self) -> None:
            """Connect at once."""

        async def put(self, *_: object) -> None:
            """Hang at first, break next; the second connection takes everything."""
            self.puts += 1
            if len(made) == 1:
                hangs.set()
                await asyncio.sleep(60 if self.puts == 1 else 0)
                raise OSError("broken")

        async def close(self) -> None:
            """Close at once."""

    way = Broker(row("redis://127.0.0.1", topic="t"), lambda *_: Breaking())  # type: ignore[arg-type]
    handler = DeliveryHandler(way.row, way)
    with ThreadPoolExecutor(1) as pool:
        hanging = pool.submit(handler, parcel())
        assert hangs.wait(5)
        with pytest.raises(DeliveryError, match="not taken"):
            handler(parcel())
        with pytest.raises(DeliveryError, match="not taken"):
            hanging.result(5)
    handler(parcel())
    assert [one.puts for one in made] == [2, 1]
    handler.close()
