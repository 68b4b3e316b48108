"""A claim that tells a machine that is off what was paid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from crmflow import UNBORN, Attempt, Kind, Machine, Row, Send, State, hookimpl


@attrs.frozen
class Claim:
    """Nothing is known of it."""


def nothing(_attempt: Attempt[Claim, None]) -> Mapping[str, object]:
    """Tell nothing."""
    return {}


def books(_attempt: Attempt[Claim, None]) -> str:
    """Give the id of the books."""
    return "books"


MACHINES = (
    Machine(
        "claim",
        Claim,
        zh="报销单",
        en="claim",
        states=(
            State("drafted", "已起草", "drafted", Kind.INITIAL),
            State("paid", "已付款", "paid", Kind.FINAL),
        ),
        rows=(
            Row(UNBORN, "draft", "drafted"),
            Row("drafted", "pay", "paid", send=(Send("books", "enter", nothing, books),)),
        ),
    ),
    Machine(
        "books",
        Claim,
        zh="账簿",
        en="books",
        states=(State("kept", "在册", "kept", Kind.INITIAL),),
        rows=(Row(UNBORN, "open", "kept"), Row("kept", "book", "=")),
    ),
)


@hookimpl
def machines() -> Sequence[Machine]:
    """Bring both machines."""
    return MACHINES
