"""Visits with an owner, and the meals they order: what entities are found by."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from crmflow import Actor, Engine, ManualClock
from crmflow.config import Overlay
from crmflow.core.form import Text
from crmflow.core.machine import Asked, Kind, Machine, Open, Row, Send, Start, State
from crmflow.core.ref import UNBORN, EntityRef
from crmflow.core.timer import Elapsed
from crmflow.core.updates import copied
from crmflow.storage.port import Store
from tests.engine.machines import AT, HOUR

HOST = Actor("host-1", {"host"})


@attrs.frozen
class Visit:
    """What is known of a visit."""

    owner: str
    town: str | None = None


@attrs.frozen
class Plan:
    """What a visit is planned with."""

    owner: Text
    town: Text | None = None


@attrs.frozen
class Meal:
    """What is known of a meal."""

    manager: str
    tier: str = "plain"


@attrs.frozen
class Menu:
    """What a meal is ordered with."""

    manager: Text | None = None
    tier: Text | None = None


def _menu(attempt: Asked) -> Mapping[str, object]:
    return {"manager": attempt.facts.owner}


VISIT = Machine(
    "visit",
    Visit,
    (
        State("planned", "已计划", "Planned", Kind.INITIAL),
        State("waiting", "等待中", "Waiting"),
        State("made", "已进行", "Made", Kind.FINAL),
    ),
    (
        Row(
            UNBORN, "plan", "planned", form=Plan, sets=copied("owner", "town"),
            start=(Start("begin", "make", Elapsed(6 * HOUR)),),
            tasks=(Open("prepare", "host", timer="begin"), Open("greet", "guard")),
        ),
        Row("planned", "hand_over", "planned", form=Plan, sets=copied("owner")),
        Row("planned", "order", "planned", send=(Send("meal", "order", _menu, link="meal"),)),
        Row("planned", "wait", "waiting"),
        Row("waiting", "resume", "planned"),
        Row(("planned", "waiting"), "make", "made", stop="begin"),
    ),
    zh="拜访",
    en="Visit",
    searchable="town",
)  # fmt: skip

MEAL = Machine(
    "meal",
    Meal,
    (
        State("ordered", "已订", "Ordered", Kind.INITIAL),
        State("eaten", "已用", "Eaten", Kind.FINAL),
    ),
    (
        Row(UNBORN, "order", "ordered", form=Menu, sets=copied("manager")),
        Row("ordered", "change", "ordered", form=Menu, sets=copied("tier")),
        Row("ordered", "eat", "eaten"),
    ),
    zh="餐",
    en="Meal",
    shares="tier",
)

PROMISES = Overlay(
    tables={
        "deadlines": [
            {
                "name": "visit_made",
                "machine": "visit",
                "kind": "resolution",
                "start": [{"states": ["planned"]}],
                "pause": [{"states": ["waiting"]}],
                "stop": [{"states": ["made"]}],
                "target": "4h",
                "holder": "owner",
            },
            {
                "name": "meal_waits",
                "machine": "meal",
                "kind": "wait",
                "start": [{"states": ["ordered"]}],
                "stop": [{"states": ["eaten"]}],
                "target": "1h",
                "fire": "eat",
            },
        ]
    }
)


def visits(store: str | Store = "memory:", config: Overlay = PROMISES) -> Engine:
    """Return an engine with visits and meals, at nine on a Monday."""
    return Engine(store, machines=[VISIT, MEAL], config=config, clock=ManualClock(AT))


def plan(engine: Engine, id_: str, owner: str = "ann", town: str | None = None) -> EntityRef:
    """Plan a visit."""
    said = {"owner": owner} | ({} if town is None else {"town": town})
    return engine.create("visit", said, actor=HOST, id=id_).require().entity
