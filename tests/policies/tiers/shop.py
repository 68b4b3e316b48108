"""A shop whose buyers are in tiers, and short ways to write its schemes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, cast

import attrs

from crmflow.clock import ManualClock
from crmflow.config import Overlay
from crmflow.core.actor import Actor
from crmflow.core.form import Fault, Text, structure
from crmflow.core.machine import ANY, Asked, Changes, Kind, Machine, Row, State
from crmflow.core.money import Money
from crmflow.core.ref import UNBORN
from crmflow.core.tables import Tables
from crmflow.core.updates import copied
from crmflow.engine.engine import Engine
from crmflow.hookspecs import hookimpl
from crmflow.policies import tiers
from crmflow.policies.tiers import Criteria, Scheme, Standing, criteria_of
from crmflow.policies.tiers.checking import check_schemes

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)
EAST = timezone(timedelta(hours=8))
CLERK = Actor("clerk-1", {"salesperson"})
CHIEF = Actor("chief-1", {"administrator"})


@attrs.frozen
class Buyer:
    """What is known of a buyer."""

    name: str
    turnover: Money | None = None
    potential: int | None = None
    region: str | None = None
    tier: str | None = None
    first_on: date | None = None
    seen_at: datetime | None = None
    contract: timedelta | None = None
    listed: bool | None = None
    note: str | None = None


@attrs.frozen
class Learnt:
    """What is learnt of a buyer; what is left out stays."""

    turnover: Money | None = None
    potential: int | None = None
    region: Text | None = None
    first_on: date | None = None
    note: Text | None = None


@attrs.frozen
class Named:
    """A new buyer."""

    name: Text
    turnover: Money | None = None
    potential: int | None = None


@attrs.frozen
class Sale:
    """What was bought, or given back."""

    amount: Money
    goods: Text = "goods"


@attrs.frozen
class Told:
    """The tier that the policy tells."""

    tier: str | None
    reason: str


@attrs.frozen
class Needy:
    """A form that wants more than the policy has."""

    tier: str
    colour: str


def _tier(attempt: Asked) -> Changes:
    return {"tier": attempt.form.tier}


def _left(attempt: Asked) -> Changes:
    return {"turnover": None}


BUYER = Machine(
    "buyer",
    Buyer,
    (
        State("known", "已登记", "Known", Kind.INITIAL),
        State("gone", "已离开", "Gone", Kind.FINAL),
    ),
    (
        Row(UNBORN, "register", "known", form=Named, sets=copied("name", "turnover", "potential")),
        Row(
            ANY,
            "learn",
            form=Learnt,
            sets=copied("turnover", "potential", "region", "first_on", "note"),
        ),
        Row(ANY, "buy", form=Sale),
        Row(ANY, "give_back", form=Sale),
        Row(ANY, "greet"),
        Row(ANY, "set_tier", form=Told, sets=_tier),
        Row(ANY, "paint", form=Needy),
        Row("known", "leave", "gone", sets=_left),
    ),
    zh="买家",
    en="Buyer",
)

Plain = dict[str, Any]


def tier(name: str, **columns: object) -> Plain:
    """Return a tier as a file has it."""
    return {"name": name, "zh": f"{name}级", "en": name.capitalize(), **columns}


def by_turnover(*limits: tuple[str, str | None, str | None]) -> list[Plain]:
    """Return tiers by turnover: name, from which amount, below which amount."""
    return [
        tier(
            name,
            when=[
                {
                    "turnover": {
                        key: value
                        for key, value in (("at_least", low), ("below", high))
                        if value is not None
                    }
                }
            ],
        )
        for name, low, high in limits
    ]


GOLDEN = by_turnover(("gold", "1000", None), ("silver", "100", "1000"), ("bronze", None, "100"))


def row(**columns: object) -> Plain:
    """Return the row of a scheme by turnover, as a file has it, with other columns."""
    return {
        "name": "value",
        "machine": "buyer",
        "care": True,
        "metrics": [{"name": "turnover"}],
        "tiers": GOLDEN,
        "rules": ["TIE-005"],
        **columns,
    }


def read(columns: Mapping[str, object]) -> tuple[Scheme, tuple[Fault, ...]]:
    """Return a scheme read as a file's row, and the faults of reading."""
    found, faults = structure(Scheme, columns)
    return cast("Scheme", found), faults


def scheme(**columns: object) -> Scheme:
    """Return a scheme that reads without a fault."""
    found, faults = read(row(**columns))
    assert faults == ()
    return found


def ready(**columns: object) -> Criteria:
    """Return a scheme made ready to place, which has no fault of its own."""
    found = scheme(**columns)
    assert list(tiers.scheme_faults(found)) == []
    return criteria_of(found)


def amounts(**values: str | int | None) -> dict[str, Decimal | str | bool | None]:
    """Return metrics of numbers."""
    return {name: None if value is None else Decimal(value) for name, value in values.items()}


def checked(*rows: Mapping[str, object], machine: Machine | None = BUYER) -> dict[str, str]:
    """Return what is told of every fault of schemes, by its path."""
    schemes = [read(row(**columns))[0] for columns in rows]
    machines = {} if machine is None else {machine.name: machine}
    return {fault.path: fault.told for fault in check_schemes(schemes, Tables(), machines)}


class Brings:
    """A plugin that brings the buyer."""

    @hookimpl
    def machines(self) -> list[Machine]:
        """Bring it."""
        return [BUYER]


@attrs.frozen
class Shop:
    """A shop: an engine on a clock of its own, and one buyer."""

    engine: Engine
    clock: ManualClock

    def ref(self) -> tuple[str, str]:
        """Return the buyer."""
        return "buyer", "B-1"

    def register(self, **facts: object) -> None:
        """Register the buyer."""
        given = {"name": "Ann", **facts}
        self.engine.create("buyer", given, actor=CLERK, id="B-1").require()

    def fire(self, event: str, actor: Actor = CLERK, **payload: object) -> Any:  # noqa: ANN401 - a decision
        """Fire an event of the buyer's."""
        return self.engine.fire(self.ref(), event, payload or None, actor=actor)

    def after(self, passed: timedelta) -> None:
        """Let time pass and the timers run."""
        self.clock.advance(passed)
        self.engine.run_due()

    def standing(self, name: str = "value") -> Standing:
        """Return where the buyer stands."""
        found = self.engine.get(self.ref()).policy("tiers").standing(name)
        assert isinstance(found, Standing)
        return found

    def timers(self) -> dict[str, datetime]:
        """Return the pending timers."""
        return {timer.name: timer.due_at for timer in self.engine.get(self.ref()).timers}


def shop(
    *rows: Mapping[str, object],
    store: str = "memory:",
    zone: str = "UTC",
    calendar: Mapping[str, str] | None = None,
) -> Shop:
    """Return a shop with these schemes, and an office with these hours."""
    given: dict[str, list[Mapping[str, object]]] = {"schemes": list(rows or (row(),))}
    if calendar is not None:
        given["calendars"] = [{"name": "office", **calendar}]
    clock = ManualClock(AT)
    engine = Engine(
        store,
        machines=["buyer"],
        plugins=[Brings()],
        config=Overlay({"company.zone": zone}, given),
        clock=clock,
    )
    return Shop(engine, clock)
