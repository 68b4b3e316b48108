"""The machine `sample`: a product lent to a customer until it comes back or is bought."""

from __future__ import annotations

from enum import StrEnum

import attrs

from crmflow import KEEP, UNBORN, Kind, Machine, Money, Open, Row, State, Text, copied


class SampleState(StrEnum):
    """Where a sample is."""

    REQUESTED = "requested"
    LENT = "lent"
    RETURNED = "returned"
    SOLD = "sold"


@attrs.frozen
class SampleFacts:
    """
    What is known of a sample.

    Attributes:
        customer: Who may try it.
        product: What it is.
        worth: Its list price.
        serial: Number of the very piece that was handed out.
    """

    customer: str
    product: str
    worth: Money
    serial: str | None = None


@attrs.frozen
class Loan:
    """What a customer would like to try."""

    customer: Text
    product: Text
    worth: Money


@attrs.frozen
class HandOut:
    """Which piece is handed out."""

    serial: Text


S = SampleState
KNOWN = ("customer", "product", "worth")

SAMPLE = Machine(
    "sample",
    SampleFacts,
    zh="样品",
    en="sample",
    shares="product serial",
    states=(
        State(S.REQUESTED, "已申请", "requested", Kind.INITIAL, requires=KNOWN),
        State(S.LENT, "已借出", "lent", Kind.WAITING, requires=(*KNOWN, "serial")),
        State(S.RETURNED, "已归还", "returned", Kind.FINAL),
        State(S.SOLD, "已售出", "sold", Kind.FINAL),
    ),
    rows=(
        Row(UNBORN, "request", S.REQUESTED, form=Loan, sets=copied(*KNOWN), rules="ACM-001"),
        Row(
            S.REQUESTED, "lend", S.LENT, form=HandOut, who="salesperson department_head",
            sets=copied("serial"), rules="ACM-002 ACM-006",
        ),
        Row(
            S.LENT, "ask_back", KEEP, who="system",
            tasks=(Open("ask_back", "salesperson"),), rules="ACM-003",
        ),
        Row(S.LENT, "take_back", S.RETURNED, rules="ACM-001"),
        Row(S.LENT, "sell", S.SOLD, who="salesperson", rules="ACM-001 ACM-008"),
    ),
)  # fmt: skip
"""The machine `sample`. It knows no limits and no times: those are rows of tables."""
