"""Presses that tick every hour, ledgers they tell, and somebody outside: what workers work on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

import attrs

from crmflow.clock import Clock, ManualClock
from crmflow.core.form import Text
from crmflow.core.machine import ANY, Asked, Kind, Machine, Row, Send, Start, State
from crmflow.core.message import Handler, Parcel
from crmflow.core.ref import UNBORN, EntityRef
from crmflow.core.tables import Tables
from crmflow.core.timer import Elapsed
from crmflow.engine.engine import Engine
from crmflow.hookspecs import hookimpl
from crmflow.storage.port import Store
from tests.engine.machines import AT, HOUR, SALES

TICKS = 3
"""How often a press ticks in its life."""


@attrs.frozen
class Press:
    """What is known of a press."""

    ticks: int = 0


@attrs.frozen
class Tick:
    """What a ledger is told."""

    of: Text
    number: int


@attrs.frozen
class Ledger:
    """What a ledger holds: `press:number`, as it was told."""

    told: tuple[str, ...] = ()


def _ticked(attempt: Asked) -> Mapping[str, object]:
    return {"ticks": attempt.facts.ticks + 1}


def _again(attempt: Asked) -> Elapsed | None:
    return Elapsed(HOUR) if attempt.facts.ticks < TICKS else None


def _told(attempt: Asked) -> Mapping[str, object]:
    return {"of": attempt.snapshot.ref.id, "number": attempt.facts.ticks}


def _noted(attempt: Asked) -> Mapping[str, object]:
    return {"told": (*attempt.facts.told, f"{attempt.form.of}:{attempt.form.number}")}


def _first(attempt: Asked) -> Mapping[str, object]:
    return {"told": (f"{attempt.form.of}:{attempt.form.number}",)}


PRESS = Machine(
    "press",
    Press,
    (
        State("running", "运转", "Running", Kind.INITIAL),
        State("stopped", "停止", "Stopped", Kind.FINAL),
    ),
    (
        Row(UNBORN, "start", "running", start=(Start("tick", "tick", Elapsed(HOUR)),)),
        Row(
            "running", "tick", who="system", sets=_ticked, start=(Start("tick", "tick", _again),),
            send=(
                Send("ledger", "note", _told, to=lambda _attempt: "L-1", ensure=True),
                Send("outside", "ticked", _told, to=lambda _attempt: "somebody"),
            ),
        ),
        Row(ANY, "stop", "stopped"),
    ),
    zh="印刷机",
    en="press",
)  # fmt: skip
LEDGER = Machine(
    "ledger",
    Ledger,
    (
        State("open", "打开", "Open", Kind.INITIAL),
        State("closed", "结清", "Closed", Kind.FINAL),
    ),
    (
        Row(UNBORN, "note", "open", form=Tick, sets=_first),
        Row("open", "note", form=Tick, sets=_noted),
        Row(ANY, "close", "closed"),
    ),
    zh="台账",
    en="ledger",
)


@attrs.define(eq=False)
class Outside:
    """
    Another system.

    Attributes:
        heeds: Called with each parcel before it is taken; what it raises, the handler raises.
        taken: Keys of what was taken, as often as it came.
    """

    heeds: Callable[[Parcel], object] = attrs.field(default=lambda _parcel: None)
    taken: list[str] = attrs.field(factory=list)
    closed: bool = False

    def __call__(self, parcel: Parcel) -> None:
        """Take a parcel."""
        self.heeds(parcel)
        self.taken.append(parcel.key)

    def close(self) -> None:
        """Note that it was closed."""
        self.closed = True


@attrs.define(eq=False)
class Plugin:
    """Brings handlers."""

    brought: Mapping[str, Handler]

    @hookimpl
    def handlers(self, tables: Tables) -> Mapping[str, Handler]:
        """Return the handlers."""
        return self.brought


def workshop(
    store: str | Store = "memory:",
    *,
    clock: Clock | None = None,
    outside: Handler | None = None,
    machines: tuple[Machine, ...] = (PRESS, LEDGER),
    tenant: str = "main",
    **others: Handler,
) -> Engine:
    """Return an engine of presses and ledgers, with handlers where they are given."""
    brought = {**others, **({} if outside is None else {"outside": outside})}
    return Engine(
        store,
        machines=machines,
        profile="demo",
        clock=clock or ManualClock(AT),
        plugins=[Plugin(brought)],
        tenant=tenant,
    )


def started(engine: Engine, count: int = 1, prefix: str = "P") -> list[EntityRef]:
    """Start presses."""
    return [
        engine.create("press", actor=SALES, id=f"{prefix}-{number}").require().entity
        for number in range(count)
    ]


MINUTE = timedelta(minutes=1)
