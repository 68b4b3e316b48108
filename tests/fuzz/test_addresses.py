"""Where stores and receivers are: URLs and rows of `deliveries`, used or refused by name."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, example
from hypothesis import strategies as st

from crmflow.core.form import structure
from crmflow.core.message import Message, MessageKind, Parcel
from crmflow.core.ref import EntityRef
from crmflow.core.tables import Tables
from crmflow.delivery.broker import Broker
from crmflow.delivery.checks import check
from crmflow.delivery.cloud_event import Envelope
from crmflow.delivery.handler import handler_of
from crmflow.delivery.links import Link, link_of
from crmflow.delivery.rows import Carrier, Delivery
from crmflow.delivery.webhook import Webhook
from crmflow.states import load
from crmflow.storage.opening import current, open_store, open_to_read, upgrade
from crmflow.testing.fixtures import MONDAY
from tests.fuzz.hostile import TEXTS, mutated
from tests.fuzz.passes import bounded, fuzzed, told_clearly

PASSWORD = "pa55-w0rd"
URLS = (
    "memory:",
    "sqlite://",
    "sqlite:///crm.db?synchronous=NORMAL&timeout=5",
    f"postgresql://crm:{PASSWORD}@127.0.0.1:1/crm?pool=2&timeout=0.5&schema=a&sslmode=disable",
    f"mysql://crm:{PASSWORD}@127.0.0.1:1/crm?pool=2&timeout=0.5&ssl_ca=ca.pem",
)
_PIECES = TEXTS | st.sampled_from(
    (
        *("%00", "%zz", "%2e%2e", "@", ":", "/", "//", "?", "#", "&", "=", "[::1", "]", "+x", ","),
        *(":99999", ":-1", "timeout=nan", "timeout=1e999", "pool=0", "&pool=inf", "&host=", "?a=b"),
        *("%F0%9F", "&schema=%00", "&synchronous=OFF", ":memory:", "file:x?mode=ro", "~", "\\"),
    )
)


@st.composite
def urls(draw: st.DrawFn) -> str:
    """Draw the URL of a store with something else in one or two of its places."""
    scheme, colon, rest = draw(st.sampled_from(URLS)).partition(":")
    if draw(st.integers(0, 9)) == 0:
        scheme = draw(st.sampled_from(("SQLite", "postgres", "mariadb", "redis")) | TEXTS)
    for _ in range(draw(st.integers(1, 2))):
        begin, end = sorted(draw(st.tuples(*[st.integers(0, len(rest))] * 2)))
        rest = rest[:begin] + draw(_PIECES) + rest[end if draw(st.booleans()) else begin :]
    return scheme + colon + rest


def is_here(url: str) -> bool:
    """Say whether a URL leads nowhere but into this folder, or to a port where nobody is."""
    scheme, _, rest = url.partition(":")
    if scheme == "sqlite" and rest.startswith("///"):
        path = os.path.abspath(rest.removeprefix("///").partition("?")[0])  # noqa: PTH100 - of any text
        return path.startswith(f"{Path.cwd()}{os.sep}")
    return scheme in {"memory", "sqlite"} or ("@127.0.0.1:1/" in rest and "host=" not in rest)


USES: Sequence[Callable[[str], object]] = (
    lambda url: open_store(url).close(),
    lambda url: open_to_read(url).close(),
    upgrade,
    current,
)


@fuzzed(short=30, long=600, url=urls(), use=st.sampled_from(USES))
@example(url=f"postgresql:?//crm:{PASSWORD}@127.0.0.1:1/crm", use=open_store)
@example(url="sqlite:///\x00crm.db", use=open_store)
@example(url="postgresql://\ud800:pa55-w0rd@127.0.0.1:1/crm", use=open_store)
def test_stores_are_opened_or_their_urls_refused(
    url: str, use: Callable[[str], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store is opened, or it is said what is wrong; never with the password."""
    monkeypatch.chdir(tmp_path)
    assume(is_here(url))
    with told_clearly() as refused:
        use(url)
    if "@127.0.0.1:1/" in url:
        assert refused
        assert PASSWORD not in str(refused[0])


ROWS: Sequence[dict[str, Any]] = (
    {
        "name": "erp",
        "to": "https://erp.example.com:8443/hooks?a=b",
        "secret": "env:HOME",
        "headers": {"X-Company": "acme", "X-Token": "env:LANG"},
        "ca": "ca.pem",
        "timeout": "10s",
        "attempts": 5,
        "machines": ["complaint"],
        "events": ["record"],
        "facts": ["customer"],
    },
    {"name": "bus", "to": "nats://nats.example.com", "topic": "crm.x", "stream": "CRM"},
    {
        "name": "mq",
        "to": "amqps://c%40rm@mq.example.com/v",
        "secret": "env:HOME",
        "topic": "crm",
        "exchange": "x",
    },
    {"name": "stream", "to": "rediss://crm@r.example.com/0", "secret": "env:HOME", "topic": "crm"},
    {"name": "log", "to": "kafka+ssl://k.example.com:9093", "topic": "crm", "headers": {"a": "b"}},
)
ENVELOPE = Envelope.of(
    Parcel(
        EntityRef("main", "complaint", "C-1"),
        2,
        0,
        Message(0, MessageKind.FIRE, "erp", "x", "record", {"text": "hello"}),
        MONDAY,
    )
)


def nobody(_host: str, _port: int) -> Sequence[str]:
    """Know no host."""
    raise OSError


def unlinked(row: Delivery, password: str | None) -> Link:
    """Make the link of a broker, and do not connect."""
    link_of(row, password)
    raise ConnectionError


def unreachable(row: Delivery) -> Webhook | Broker:
    """Return what carries the messages of a row, as far as that goes without a network."""
    if row.carrier is Carrier.WEBHOOK:
        return Webhook(row, nobody)
    return Broker(row, unlinked)


@fuzzed(short=25, long=400, drawn=st.sampled_from(ROWS).map(copy.deepcopy).flatmap(mutated))
def test_deliveries_are_tried_or_their_faults_named(drawn: dict[str, Any]) -> None:
    """A row has its faults named, or its messages are tried and wait to be tried again."""
    with bounded():
        row, faults = structure(Delivery, drawn)
    if not isinstance(row, Delivery):
        assert faults
        return
    machines = {"complaint": load("complaint")}
    with bounded():
        found = list(check((row,), Tables(machines=machines), machines))
    for fault in (*faults, *found):
        assert fault.path.startswith("$")
        assert fault.code
        assert fault.expected
    if not found:
        handler_of(row).close()
        way = unreachable(row)
        with told_clearly(row.name) as refused:
            way.carry(ENVELOPE)
        way.close()
        assert refused
