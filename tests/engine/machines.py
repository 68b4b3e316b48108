"""A contract small enough to show what a deal needs of it, and short ways to start engines."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import attrs

from crmflow.clock import Clock, ManualClock
from crmflow.config import Overlay, layers
from crmflow.core.actor import Actor
from crmflow.core.compiled import Interpreter
from crmflow.core.form import Text
from crmflow.core.machine import ANY, Asked, Kind, Machine, Open, Row, Send, Start, State
from crmflow.core.ref import UNBORN
from crmflow.core.timer import Elapsed
from crmflow.core.updates import copied
from crmflow.engine.engine import Engine
from crmflow.profiles.layer import Draft as Written
from crmflow.storage.port import Store

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
SALES = Actor("sales-1", {"salesperson"})
ADMIN = Actor("admin-1", {"administrator"})
NO_CHAIN = {"contract.approval_chain": "none"}
"""Nobody has to approve contracts here, which a company must say (CON-011)."""


def off(rows: Callable[[str, Written], bool]) -> Mapping[str, Sequence[Mapping[str, object]]]:
    """Return what switches off the shipped rows of which this holds: (table, row)."""
    found: dict[str, list[Mapping[str, object]]] = {}
    for table, drafts in layers("demo").tables.items():
        for (name, first), row in drafts.items():
            if rows(table, row):
                dated = {"from_on": first} if first else {}
                found.setdefault(table, []).append({"name": name, "enabled": False, **dated})
    return found


def _not_here(table: str, row: Written) -> bool:
    about = {row.value(column) for column in ("machine", "entities")}
    return table == "outputs" or CONTRACT.name in about


@attrs.frozen
class Contract:
    """What is known of a contract."""

    customer: str
    deal: str
    products: tuple[str, ...] = ()
    reason: str | None = None


@attrs.frozen
class Terms:
    """The agreement a contract is drawn up from."""

    content: Text
    price: Text
    delivery_time: Text
    after_sales: Text
    other: Text | None = None
    products: tuple[Text, ...] | None = None


@attrs.frozen
class Draft:
    """What a deal opens a contract with."""

    customer: Text
    deal: Text
    products: tuple[Text, ...] = ()
    agreement: Terms | None = None


@attrs.frozen
class Why:
    """A reason."""

    reason: Text


def _deal(attempt: Asked) -> str:
    return str(attempt.facts.deal)


def _why(attempt: Asked) -> Mapping[str, object]:
    return {"reason": attempt.facts.reason}


CONTRACT = Machine(
    "contract",
    Contract,
    (
        State("draft", "草稿", "Draft", Kind.INITIAL),
        State("signed", "已签订", "Signed"),
        State("executing", "执行中", "Executing"),
        State("settling", "结算中", "Settling"),
        State("terminated", "已终止", "Terminated", Kind.FINAL),
        State("cancelled", "已取消", "Cancelled", Kind.FINAL),
    ),
    (
        Row(UNBORN, "create", "draft", form=Draft, sets=copied("customer", "deal", "products")),
        Row("draft", "sign", "signed"),
        Row("draft", "cancel", "cancelled", form=Why, sets=copied("reason")),
        Row("signed", "start", "executing"),
        Row("executing", "finish_delivery", "settling"),
        Row(
            ("signed", "executing", "settling"), "terminate", "terminated", form=Why,
            sets=copied("reason"),
            send=(Send("deal", "contract_terminated", _why, to=_deal),),
        ),
    ),
    zh="合同",
    en="contract",
    shares="customer",
)  # fmt: skip

OWN_CONTRACT = Overlay(NO_CHAIN, off(_not_here))
"""The small contract takes the place of the shipped one, and nobody is sent notices."""


@attrs.frozen
class Call:
    """What is known of a call."""

    number: str
    rings: int = 0


@attrs.frozen
class Dial:
    """What starts a call."""

    number: Text


def _rung(attempt: Asked) -> Mapping[str, object]:
    return {"rings": attempt.facts.rings + 1}


def _until_third(attempt: Asked) -> Elapsed | None:
    return Elapsed(HOUR) if attempt.facts.rings < 3 else None


RING = Start("ring", "ring", Elapsed(HOUR))
AGAIN = Start("ring", "ring", _until_third)

CALL = Machine(
    "call",
    Call,
    (
        State("ringing", "振铃", "Ringing", Kind.INITIAL),
        State("answered", "已接听", "Answered"),
        State("ended", "已结束", "Ended", Kind.FINAL),
    ),
    (
        Row(
            UNBORN, "dial", "ringing", form=Dial, sets=copied("number"),
            start=(RING, Start("give_up", "end", Elapsed(9 * HOUR))),
            tasks=(Open("pick_up", "customer_service", timer="give_up"),),
        ),
        Row("ringing", "ring", who="system", sets=_rung, start=(AGAIN,)),
        Row("ringing", "answer", "answered", done="pick_up"),
        Row("answered", "hold", "ringing"),
        Row(ANY, "end", "ended"),
    ),
    zh="呼叫",
    en="call",
)  # fmt: skip
"""Rings every hour, three times, and ends by itself after nine."""


def engine(
    store: str | Store = "memory:",
    *machines: str | Machine,
    clock: Clock | None = None,
    interpreter: Interpreter = "table",
) -> Engine:
    """Return an engine of these machines (deals by default) on a clock that stands still."""
    return Engine(
        store,
        machines=machines or ("lead", "deal", CONTRACT),
        profile="demo",
        config=OWN_CONTRACT,
        clock=clock or ManualClock(AT),
        interpreter=interpreter,
    )
