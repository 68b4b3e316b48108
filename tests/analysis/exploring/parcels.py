"""Small machines for exploring: parcels that are sent, held, lost and told about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal

import attrs

from crmflow.core.event import Attempt
from crmflow.core.form import Check, Text
from crmflow.core.machine import KEEP, Guard, Kind, Machine, Open, Row, Send, Start, State
from crmflow.core.measure import Measure
from crmflow.core.money import Money
from crmflow.core.ref import UNBORN
from crmflow.core.timer import Elapsed

Asked = Attempt[Any, Any]


class Size(StrEnum):
    """How large."""

    SMALL = "small"
    LARGE = "large"


@attrs.frozen
class Item:
    """What is in it."""

    name: Text
    size: Size = Size.SMALL


@attrs.frozen
class Form:
    """Something of every kind."""

    size: Size
    count: int
    weight: float
    price: Money
    share: Decimal
    urgent: bool
    way: Literal["air", "sea"]
    sent_at: datetime
    sent_on: date
    valid_from: datetime
    starts_at: datetime
    valid_until: date
    span: timedelta
    limit: Measure
    items: tuple[Item, ...]
    notes: Mapping[str, Text]
    anything: object
    owner: Text | None = None
    email: Text | None = None
    even: Annotated[int, Check("even", lambda one: one == 2, "two")] = 2
    hopeless: Annotated[str, Check("never", lambda _one: False, "nothing")] = ""


@attrs.frozen
class Facts:
    """What is known of a parcel."""

    size: Size | None = None
    weight: int = 0
    owner: str | None = None
    due_at: datetime | None = None
    note: str | None = None


@attrs.frozen
class Sent:
    """How it is sent."""

    size: Size
    weight: int = 0


def sent(attempt: Asked) -> Mapping[str, object]:
    """Note how it is sent, and when it is due."""
    form, due_at = attempt.form, attempt.at + timedelta(days=1)
    return {"size": form.size, "weight": form.weight, "due_at": due_at}


IS_LARGE = Guard(lambda attempt: attempt.facts.size is Size.LARGE, "not_large")
IS_HEAVY = Guard(lambda attempt: attempt.facts.weight > 30, "not_heavy")
TOLD = Guard(
    lambda attempt: any(link.state == "closed" for link in attempt.linked("bill")), "not_billed"
)

PARCEL = Machine(
    "parcel",
    Facts,
    zh="包裹",
    en="parcel",
    shares="size",
    states=(
        State("sent", "已发", "sent", Kind.INITIAL),
        State("hauled", "已运", "hauled"),
        State("late", "迟到", "late"),
        State("closed", "已结", "closed", Kind.FINAL),
    ),
    rows=(
        Row(
            UNBORN, "send", "sent", form=Sent, sets=sent,
            start=(Start("delivery", "miss", Elapsed(timedelta(days=1))),),
            tasks=(Open("deliver", "carrier"),),
            send=(Send("bill", "open", lambda _attempt: {}, link="bill"),),
        ),
        Row("sent", "haul", "hauled", guards=(IS_LARGE, IS_HEAVY), stop="delivery"),
        Row("sent", "miss", "late", who="system"),
        Row(("sent", "hauled", "late"), "close", "closed", guards=(TOLD,)),
        Row("late", "lift", KEEP, who="carrier"),
        Row("late", "lift", "sent", who="boss"),
    ),
)  # fmt: skip

BILL = Machine(
    "bill",
    Facts,
    zh="账单",
    en="bill",
    shares="size",
    states=(
        State("opened", "已开", "opened", Kind.INITIAL),
        State("closed", "已结", "closed", Kind.FINAL),
    ),
    rows=(
        Row(UNBORN, "open", "opened"),
        Row("opened", "close", "closed"),
    ),
)


@attrs.frozen
class Closing:
    """The day on which it was over."""

    on: date


DUE = Guard(lambda attempt: attempt.at >= attempt.facts.due_at, "not_due")

LATER = Machine(
    "later",
    Facts,
    zh="迟些",
    en="later",
    states=(
        State("opened", "已开", "opened", Kind.INITIAL),
        State("closed", "已结", "closed", Kind.FINAL),
    ),
    rows=(
        Row(
            UNBORN, "open", "opened",
            sets=lambda attempt: {"due_at": attempt.at + timedelta(days=2)},
        ),
        Row("opened", "close", "closed", form=Closing, guards=(DUE,)),
    ),
)  # fmt: skip

MACHINES: Sequence[Machine] = (PARCEL, BILL)
