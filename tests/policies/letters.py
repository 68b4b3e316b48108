"""A small machine whose entities are written about, and an engine that does so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

import attrs

from crmflow.clock import ManualClock
from crmflow.config import Overlay
from crmflow.core.actor import Actor
from crmflow.core.dealing import KNOW_CUSTOMER
from crmflow.core.form import Text
from crmflow.core.machine import ANY, KEEP, Kind, Machine, Row, State
from crmflow.core.money import Money
from crmflow.core.people import Person
from crmflow.core.ref import UNBORN
from crmflow.core.tables import Tables
from crmflow.core.updates import copied
from crmflow.directory import ListedDirectory
from crmflow.engine.engine import Engine
from crmflow.storage.memory import MemoryStore

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
CLERK = Actor("clerk-1", {"clerk"})
STAFF = ListedDirectory(
    (
        Person("clerk-1", ("clerk",), departments=("post",), superior="head-1"),
        Person("clerk-2", ("clerk",), departments=("post",)),
        Person("head-1", ("head",)),
    )
)


class Mood(StrEnum):
    """How somebody feels."""

    ANGRY = "angry"
    CALM = "calm"


@attrs.frozen
class Part:
    """One part of a matter."""

    name: Text
    price: Money | None = None
    pieces: tuple[Text, ...] = ()


@attrs.frozen
class Matter:
    """What is known of a matter."""

    customer: str | None = None
    owner: str | None = None
    team: tuple[str, ...] = ()
    department: str | None = None
    role: str | None = None
    language: str | None = None
    channels: tuple[str, ...] = ()
    text: str | None = None
    mood: Mood | None = None
    sum: Money | None = None
    rate: Decimal | None = None
    count: int = 0
    is_grave: bool = False
    due_on: date | None = None
    due_at: datetime | None = None
    span: timedelta | None = None
    part: Part | None = None
    parts: tuple[Part, ...] = ()
    tags: frozenset[str] = frozenset()
    extra: Mapping[str, str] | None = None


@attrs.frozen
class Opened:
    """What a matter is opened or changed with."""

    customer: Text | None = None
    owner: Text | None = None
    team: tuple[Text, ...] = ()
    department: Text | None = None
    role: Text | None = None
    language: Text | None = None
    channels: tuple[Text, ...] = ()
    text: Text | None = None
    mood: Mood | None = None
    is_grave: bool = False
    parts: tuple[Part, ...] = ()


@attrs.frozen
class Answer:
    """What is answered."""

    words: Text
    reply: Text | None = None


FILL = copied(*(field.name for field in attrs.fields(Opened)))
MATTER = Machine(
    "matter",
    Matter,
    zh="事项",
    en="matter",
    states=(
        State("open", "在办", "open", Kind.INITIAL),
        State("answered", "已答复", "answered"),
        State("closed", "结案", "closed", Kind.FINAL),
    ),
    rows=(
        Row(UNBORN, "open", "open", form=Opened, sets=FILL, send=(KNOW_CUSTOMER,)),
        Row(ANY, "edit", KEEP, form=Opened, sets=FILL),
        Row("open", "answer", "answered", form=Answer),
        Row("answered", "again", "open"),
        Row(ANY, "close", "closed"),
    ),
)

PLAIN = {
    "name": "plain",
    "text_en": "{{ recipient }} {{ facts.text }}",
    "text_zh": "{{ recipient }}：{{ facts.text }}",
}
TOLD: Mapping[str, object] = {
    "name": "told",
    "machine": "matter",
    "title_en": "Told",
    "title_zh": "告知",
    "kind": "notice",
    "template": "plain",
    "events": ["answer"],
    "to": ["customer:customer"],
}
"""An output of matters; each test changes what it is about."""


Rows = Sequence[Mapping[str, object]]


def config(
    *outputs: Mapping[str, object],
    settings: Mapping[str, object] | None = None,
    templates: Rows = (PLAIN,),
    **tables: Rows,
) -> Overlay:
    """Return what a company says: outputs, templates and settings."""
    rows = {"outputs": list(outputs), "templates": list(templates), **tables}
    return Overlay({"company.zone": "Asia/Shanghai", **(settings or {})}, rows)


def office(said: Overlay, *plugins: object, store: MemoryStore | None = None) -> Engine:
    """Return an engine of matters with a directory."""
    return Engine(
        MemoryStore() if store is None else store,
        machines=[MATTER],
        config=said,
        plugins=plugins,
        directory=STAFF,
        clock=ManualClock(AT),
    )


def sent(engine: Engine) -> list[Mapping[str, object]]:
    """Return the payloads of what waits in the outbox, with the handler of each."""
    decode = engine.registry.codec.decode_message
    found = [(row.target, decode(row.body)) for row in engine.outbox()]
    return [
        {**message.payload, "handler": to.machine}
        for to, message in found
        if to.machine != "customer"
    ]


def tables_of(said: Overlay) -> Tables:
    """Return the tables that an engine of matters runs with."""
    with office(said) as engine:
        return engine.registry.tables
