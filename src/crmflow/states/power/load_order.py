"""
Load order (负荷控制指令): an instruction to limit or shift load (catalogue 3.29).

It comes from the dispatch office or the working group, by the order of limits that the
government has approved, and is carried out on load that can be controlled directly: peaks are
shifted and load is limited, no line is cut.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

import attrs

from crmflow.core.form import Check, Some, Text
from crmflow.core.machine import Asked, Changes, Guard, Kind, Machine, Open, Row, State
from crmflow.core.ref import UNBORN
from crmflow.core.updates import both, copied, counted, stamped
from crmflow.states.power.notices import NoticeWay
from crmflow.states.power.readings import Quantity

__all__ = ["LOAD_ORDER", "Control", "Instruction", "LoadFacts", "LoadState", "Measured"]

ISSUERS = "dispatch_office working_group"
STAFF = "key_account_manager power_inside power_field"


class LoadState(StrEnum):
    """Where a load order is."""

    INSTRUCTED = "instructed"
    EXECUTING = "executing"
    OVER_LIMIT = "over_limit"
    ENDED = "ended"


S = LoadState


class Occasion(StrEnum):
    """When load is limited or shifted (PWR-011)."""

    PEAK = "peak"
    EMERGENCY = "emergency"


class Way(StrEnum):
    """How load is controlled: 移峰, 限负荷; 拉路 is named to be refused (PWR-025)."""

    SHIFT_PEAK = "shift_peak"
    LIMIT_LOAD = "limit_load"
    CUT_LINE = "cut_line"


@attrs.frozen
class LoadFacts:
    """
    What is known of a load order.

    Attributes:
        customer: Id of the customer record.
        occasion: Peak or emergency.
        approved_order: Number of the approved order of limits.
        place: The customer's place in it, from 1.
        limit_kw: What the load may be.
        until_at: Aware UTC instant at which it is to end.
        ways: By which ways the customer gets notices.
        controls: How it is carried out.
        usage_plan: The customer's plan of use it goes by (PWR-024).
        controlled_kw, total_kw: Load under control, and all of it (PWR-054).
        executed_at: Aware UTC instant at which it was first carried out.
        load_kw: The load as last measured.
        warnings: How often it was over the limit.
        ended_at: Aware UTC instant.
    """

    customer: str
    occasion: Occasion
    approved_order: str
    place: int
    limit_kw: Decimal
    until_at: datetime | None = None
    ways: tuple[NoticeWay, ...] = ()
    controls: tuple[Way, ...] = ()
    usage_plan: str | None = None
    controlled_kw: Decimal | None = None
    total_kw: Decimal | None = None
    executed_at: datetime | None = None
    load_kw: Decimal | None = None
    warnings: int = 0
    ended_at: datetime | None = None


@attrs.frozen
class Instruction:
    """Whose load is limited to what, on which occasion, by which approved order (PWR-011)."""

    customer: Text
    occasion: Occasion
    approved_order: Text
    place: Some
    limit_kw: Quantity
    until_at: datetime | None = None
    ways: tuple[NoticeWay, ...] = (NoticeWay.SMS,)


@attrs.frozen
class Control:
    """How the load is controlled, by which plan of use, and how much of it is (PWR-024)."""

    controls: Annotated[tuple[Way, ...], Check("empty", bool, "at least one entry")]
    usage_plan: Text
    controlled_kw: Quantity
    total_kw: Quantity


@attrs.frozen
class Measured:
    """The load as measured."""

    load_kw: Quantity


NO_LINE_CUT = Guard(
    lambda attempt: Way.CUT_LINE not in attempt.form.controls,
    "line_cut", needs="form", rules="PWR-025",
)  # fmt: skip
CONTROLLABLE = Guard(
    lambda attempt: 0 < attempt.form.controlled_kw <= attempt.form.total_kw,
    "not_controllable", needs="form", rules="PWR-012",
)  # fmt: skip
IS_OVER = Guard(
    lambda attempt: attempt.form.load_kw > attempt.facts.limit_kw,
    "not_over_limit", needs="form", rules="PWR-041",
)  # fmt: skip
IS_BELOW = Guard(
    lambda attempt: attempt.form.load_kw <= attempt.facts.limit_kw,
    "still_over_limit", needs="form", rules="PWR-012",
)  # fmt: skip
ENDS_LATER = Guard(
    lambda attempt: attempt.form.until_at is None or attempt.at < attempt.form.until_at,
    "order_ends_before", needs="form",
)  # fmt: skip


def instructed(attempt: Asked) -> Changes:
    """Return the facts an order begins with."""
    names = (field.name for field in attrs.fields(Instruction))
    return copied(*names)(attempt)


ORDERED = ("customer", "occasion", "approved_order", "place", "limit_kw")
EXECUTED = (*ORDERED, "controls", "usage_plan", "executed_at")

LOAD_ORDER = Machine(
    "load_order",
    LoadFacts,
    zh="负荷控制指令",
    en="load order",
    states=(
        State(S.INSTRUCTED, "已下达", "instructed", Kind.INITIAL, requires=ORDERED),
        State(S.EXECUTING, "执行中", "executing", requires=EXECUTED),
        State(S.OVER_LIMIT, "已超限", "over limit", requires=(*EXECUTED, "load_kw")),
        State(S.ENDED, "已结束", "ended", Kind.FINAL, requires=(*ORDERED, "ended_at")),
    ),
    rows=(
        Row(
            UNBORN, "instruct", S.INSTRUCTED, form=Instruction, who=ISSUERS, guards=(ENDS_LATER,),
            sets=instructed, tasks=(Open("execute_order", "power_inside"),),
            rules="PWR-011 PWR-012",
        ),
        Row(
            S.INSTRUCTED, "execute", S.EXECUTING, form=Control, who=STAFF,
            guards=(NO_LINE_CUT, CONTROLLABLE),
            sets=both(
                copied("controls", "usage_plan", "controlled_kw", "total_kw"),
                stamped("executed_at"),
            ),
            done="execute_order",
            rules="PWR-012 PWR-024 PWR-025",
        ),
        Row(
            S.EXECUTING, "warn", S.OVER_LIMIT, form=Measured, who=f"system {STAFF}",
            guards=(IS_OVER,), sets=both(copied("load_kw"), counted("warnings")),
            tasks=(Open("bring_load_down", "key_account_manager"),),
            rules="PWR-041",
        ),
        Row(
            S.OVER_LIMIT, "recover", S.EXECUTING, form=Measured, who=f"system {STAFF}",
            guards=(IS_BELOW,), sets=copied("load_kw"), done="bring_load_down",
            rules="PWR-012",
        ),
        Row(
            (S.INSTRUCTED, S.EXECUTING, S.OVER_LIMIT), "end", S.ENDED, who=ISSUERS,
            sets=stamped("ended_at"), done="execute_order bring_load_down",
            rules="PWR-012",
        ),
    ),
)  # fmt: skip
"""The machine `load_order`."""
