"""A suggestion that is rewarded, as small as rewards need it, and a scheme for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import attrs

from crmflow.clock import Clock, ManualClock
from crmflow.config import Overlay
from crmflow.core.actor import Actor
from crmflow.core.machine import KEEP, Kind, Machine, Row, State
from crmflow.core.money import Money
from crmflow.core.ref import UNBORN
from crmflow.core.updates import copied
from crmflow.engine.engine import Engine

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
CLERK = Actor("clerk", {"customer_service"})


@attrs.frozen
class Idea:
    """What is known of a suggestion."""

    result: str | None = None
    value: Money | None = None
    points: int | None = None
    notes: tuple[str, ...] = ()


@attrs.frozen
class Result:
    """What became of it."""

    result: str | None = None
    value: Money | None = None
    points: int | None = None


@attrs.frozen
class Earlier:
    """An earlier suggestion of the same customer."""

    at: datetime
    outcome: str
    repeated: bool = False


@attrs.frozen
class Settle:
    """The earlier suggestions, as the clerk found them."""

    earlier: tuple[Earlier, ...] = ()


IDEA = Machine(
    "idea",
    Idea,
    zh="建议",
    en="idea",
    states=(State("open", "处理中", "open", Kind.INITIAL),),
    rows=(
        Row(UNBORN, "receive", "open"),
        Row("open", "decide", KEEP, form=Result, sets=copied("result", "value", "points")),
        Row("open", "reward", KEEP, form=Settle),
        Row("open", "note", KEEP),
    ),
)

GRADES: Sequence[Mapping[str, object]] = (
    {"name": "A", "min": "50000 CNY"},
    {"name": "B", "min": "10000 CNY", "max": "50000 CNY"},
    {"name": "C", "min": "0 CNY", "max": "10000 CNY"},
)
SCHEME: Mapping[str, object] = {
    "name": "ideas",
    "machine": "idea",
    "event": "reward",
    "value": "value",
    "outcome": "result",
    "earlier": "form.earlier",
    "grades": GRADES,
    "prizes": {
        "A": {"amount": "2000 CNY"},
        "B": {"amount": "500 CNY"},
        "C": {"amount": "0 CNY", "kind": "moral"},
    },
    "not_accepted": "20 CNY",
    "repeat_not_accepted": "50 CNY",
    "repeat_held": "80 CNY",
    "repeat_count": 3,
    "window": "calendar_year",
    "stack": False,
    "outputs": ["thank_you_letter"],
    "rules": ["SUG-026"],
}


def engine(*rows: Mapping[str, object], clock: Clock | None = None) -> Engine:
    """Return an engine of suggestions that are rewarded by some schemes."""
    return Engine(
        "memory:",
        machines=[IDEA],
        plugins=["crmflow.policies.rewards"],
        config=Overlay({"company.zone": "Asia/Shanghai"}, {"rewards": rows}),
        clock=clock or ManualClock(AT),
    )
