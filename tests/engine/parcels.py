"""A machine in three versions: what a parcel was called, knew and waited for changed twice."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import attrs

from crmflow.clock import ManualClock
from crmflow.core.actor import Actor
from crmflow.core.form import Text
from crmflow.core.machine import ANY, KEEP, Asked, Kind, Machine, Open, Row, Start, State
from crmflow.core.migration import Migration
from crmflow.core.ref import UNBORN
from crmflow.core.timer import Elapsed
from crmflow.core.updates import copied
from crmflow.engine.engine import Engine
from crmflow.storage.port import Store

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
CLERK = Actor("clerk-1", {"clerk"})
ADMIN = Actor("admin-1", {"administrator"})


@attrs.frozen
class First:
    """What version 1 knew of a parcel."""

    sender: str
    grams: int = 0
    note: str | None = None
    reminded: int = 0


@attrs.frozen
class Second:
    """What version 2 knew: the weight in kilograms."""

    sender: str
    weight: Decimal = Decimal(0)
    reminded: int = 0


@attrs.frozen
class Third:
    """What version 3 knows: since when and by which way."""

    sender: str
    way: str
    weight: Decimal = Decimal(0)
    reminded: int = 0


@attrs.frozen
class Booking:
    """What books a parcel."""

    sender: Text


@attrs.frozen
class Weighing:
    """What a parcel weighs."""

    grams: int


def _reminded(attempt: Asked) -> Mapping[str, object]:
    return {"reminded": attempt.facts.reminded + 1}


def _weighed(attempt: Asked) -> Mapping[str, object]:
    return {"weight": Decimal(attempt.form.grams) / 1000}


def _booked_third(attempt: Asked) -> Mapping[str, object]:
    return {"sender": attempt.form.sender, "way": "road"}


REMIND = Start("remind", "remind", Elapsed(4 * HOUR))
FIRST = Machine(
    "parcel",
    First,
    (
        State("noted", "已登记", "noted", Kind.INITIAL),
        State("on_way", "在途", "on the way"),
        State("held_back", "扣留", "held back"),
        State("handed_out", "已送达", "handed out", Kind.FINAL),
    ),
    (
        Row(
            UNBORN, "book", "noted", form=Booking, sets=copied("sender"),
            start=(REMIND,), tasks=(Open("weigh", "clerk", timer="remind"),),
        ),
        Row(ANY, "weigh", KEEP, form=Weighing, sets=copied("grams"), done="weigh"),
        Row(ANY, "remind", KEEP, who="system", sets=_reminded, start=(REMIND,)),
        Row("noted", "send", "on_way"),
        Row("on_way", "hold_back", "held_back"),
        Row("held_back", "send", "on_way"),
        Row("on_way", "hand_out", "handed_out"),
    ),
    zh="包裹",
    en="parcel",
    shares="sender",
    searchable="sender",
)  # fmt: skip

NUDGE = Start("nudge", "nudge", Elapsed(4 * HOUR))
SECOND = Machine(
    "parcel",
    Second,
    (
        State("noted", "已登记", "noted", Kind.INITIAL),
        State("travelling", "运输中", "travelling"),
        State("handed_out", "已送达", "handed out", Kind.FINAL),
    ),
    (
        Row(
            UNBORN, "book", "noted", form=Booking, sets=copied("sender"),
            start=(NUDGE,), tasks=(Open("put_on_scales", "clerk", timer="nudge"),),
        ),
        Row(ANY, "weigh", KEEP, form=Weighing, sets=_weighed, done="put_on_scales"),
        Row(ANY, "nudge", KEEP, who="system", sets=_reminded, start=(NUDGE,)),
        Row("noted", "send", "travelling"),
        Row("travelling", "hand_out", "handed_out"),
    ),
    zh="包裹",
    en="parcel",
    shares="sender",
    searchable="sender",
    version=2,
    migrations={
        1: Migration(
            lambda facts: {
                **{name: value for name, value in facts.items() if name != "grams"},
                "weight": str(Decimal(int(str(facts.get("grams", 0)))) / 1000),
            },
            states={"on_way": "travelling", "held_back": "travelling"},
            events={"remind": "nudge"},
            timers={"remind": "nudge"},
            tasks={"weigh": "put_on_scales"},
        )
    },
)  # fmt: skip

THIRD = Machine(
    "parcel",
    Third,
    (
        State("booked", "已预订", "booked", Kind.INITIAL),
        State("travelling", "运输中", "travelling"),
        State("handed_out", "已送达", "handed out", Kind.FINAL),
    ),
    (
        Row(UNBORN, "book", "booked", form=Booking, sets=_booked_third),
        Row(ANY, "weigh", KEEP, form=Weighing, sets=_weighed),
        Row("booked", "send", "travelling"),
        Row("travelling", "hand_out", "handed_out"),
    ),
    zh="包裹",
    en="parcel",
    shares="sender",
    searchable="sender",
    version=3,
    migrations={
        **SECOND.migrations,
        2: Migration(
            lambda facts: {**facts, "way": "road"},
            states={"noted": "booked"},
            events={"nudge": None},
            tasks={"put_on_scales": None},
        ),
    },
)  # fmt: skip

VERSIONS = (FIRST, SECOND, THIRD)


def post(store: str | Store, machine: Machine, *others: Machine) -> Engine:
    """Return an engine over a store with one version of the machine, its clock at `AT`."""
    return Engine(store, machines=[machine, *others], profile="demo", clock=ManualClock(AT))
