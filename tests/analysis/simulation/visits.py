"""A counter where visitors are served: the smallest company there is to simulate."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import attrs

from crmflow import (
    KEEP,
    UNBORN,
    Attempt,
    Elapsed,
    Guard,
    Kind,
    Machine,
    Row,
    Scenario,
    Send,
    Start,
    State,
    Text,
    copied,
    hookimpl,
)

HERE = Path(__file__)


class VisitState(StrEnum):
    """Where a visit is."""

    WAITING = "waiting"
    SERVED = "served"
    LEFT = "left"


@attrs.frozen
class VisitFacts:
    """What is known of a visit."""

    rank: str = "plain"
    note: str | None = None


@attrs.frozen
class Coming:
    """Who comes."""

    rank: Text = "plain"


@attrs.frozen
class Noting:
    """What is noted."""

    note: Text


S = VisitState


def is_noted(attempt: Attempt[VisitFacts, Any]) -> bool:
    """Say whether something is noted."""
    return attempt.facts.note is not None


VISIT = Machine(
    "visit",
    VisitFacts,
    zh="来访",
    en="visit",
    states=(
        State(S.WAITING, "等待", "waiting", Kind.INITIAL),
        State(S.SERVED, "已接待", "served", Kind.FINAL),
        State(S.LEFT, "已离开", "left", Kind.FINAL),
    ),
    rows=(
        Row(UNBORN, "come", S.WAITING, form=Coming, sets=copied("rank")),
        Row(S.WAITING, "serve", S.SERVED, who="clerk"),
        Row(S.WAITING, "leave", S.LEFT),
        Row(S.WAITING, "note", KEEP, form=Noting, sets=copied("note")),
        Row(
            S.WAITING, "serve_noted", S.SERVED,
            guards=(Guard(is_noted, "not_noted"),),
            send=(Send("errand", "ask", lambda _: {}),),
        ),
    ),
)  # fmt: skip
"""The machine `visit`."""


class ErrandState(StrEnum):
    """Where an errand is."""

    ASKED = "asked"
    DONE = "done"


@attrs.frozen
class ErrandFacts:
    """Nothing is known of an errand."""


ERRAND = Machine(
    "errand",
    ErrandFacts,
    zh="差事",
    en="errand",
    states=(
        State(ErrandState.ASKED, "已请求", "asked", Kind.INITIAL),
        State(ErrandState.DONE, "已完成", "done", Kind.FINAL),
    ),
    rows=(
        Row(UNBORN, "ask", ErrandState.ASKED),
        Row(ErrandState.ASKED, "do", ErrandState.DONE),
    ),
)
"""The machine `errand`, which visits cause."""


BURST = Start("burst", "burst", Elapsed(timedelta(minutes=1)))


class BombState(StrEnum):
    """Where a bomb is."""

    LIT = "lit"
    GONE = "gone"


def fails(attempt: Attempt[Any, Any]) -> bool:
    """Fail."""
    raise RuntimeError(attempt.event.name)


BOMB = Machine(
    "bomb",
    ErrandFacts,
    zh="炸弹",
    en="bomb",
    states=(
        State(BombState.LIT, "已点燃", "lit", Kind.INITIAL),
        State(BombState.GONE, "已爆炸", "gone", Kind.FINAL),
    ),
    rows=(
        Row(UNBORN, "light", BombState.LIT, start=(BURST,)),
        Row(BombState.LIT, "burst", BombState.GONE, guards=(Guard(fails, "fails"),)),
    ),
)
"""The machine `bomb`, whose timer fails."""


class BallState(StrEnum):
    """Where a ball is."""

    HERE = "here"
    THERE = "there"
    GONE = "gone"


BALL = Machine(
    "ball",
    ErrandFacts,
    zh="球",
    en="ball",
    states=(
        State(BallState.HERE, "这里", "here", Kind.INITIAL),
        State(BallState.THERE, "那里", "there"),
        State(BallState.GONE, "已收", "gone", Kind.FINAL),
    ),
    rows=(
        Row(UNBORN, "bring", BallState.HERE),
        Row(BallState.HERE, "throw", BallState.THERE),
        Row(BallState.THERE, "return", BallState.HERE),
        Row(BallState.HERE, "take", BallState.GONE),
    ),
)
"""The machine `ball`, which comes back to where it was."""


@hookimpl
def machines() -> Sequence[Machine]:
    """Bring the machines."""
    return (VISIT, ERRAND, BOMB, BALL)


SERVE: Mapping[str, object] = {
    "name": "serve",
    "machine": "visit",
    "states": ["waiting"],
    "event": "serve",
    "role": "clerk",
    "takes": {"law": "exponential", "mean": "10min"},
}
BASE: Mapping[str, object] = {
    "starts_on": date(2026, 1, 5),
    "days": 2,
    "machines": ["visit"],
    "plugins": [HERE.name],
    "arrivals": [{"name": "visits", "machine": "visit", "per_week": 700}],
    "doings": [SERVE],
    "staff": [{"name": "clerk", "roles": ["clerk"]}],
}


def document(**changes: object) -> dict[str, Any]:
    """Return the counter's scenario with some keys changed."""
    return {**copy.deepcopy(dict(BASE)), **changes}


def scenario(**changes: object) -> Scenario:
    """Return the counter's scenario, read."""
    return Scenario.of(document(**changes), "visits", HERE.parent)


def row(found: Sequence[Mapping[str, Any]], **wanted: object) -> Mapping[str, Any]:
    """Return the one row with some values."""
    (one,) = (row for row in found if wanted.items() <= row.items())
    return one


def local(text: str) -> datetime:
    """Return an instant of the test's company, which lives by UTC."""
    return datetime.fromisoformat(f"{text}+00:00")
