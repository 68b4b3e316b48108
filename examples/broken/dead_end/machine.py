"""A parcel that is paid, or lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from crmflow import UNBORN, Attempt, Guard, Kind, Machine, Row, State, hookimpl


@attrs.frozen
class Parcel:
    """What is known of a parcel."""

    paid: bool = False


IS_PAID = Guard(lambda attempt: attempt.facts.paid, "not_paid")


def paid(_attempt: Attempt[Parcel, None]) -> Mapping[str, object]:
    """Note that it is paid."""
    return {"paid": True}


PARCEL = Machine(
    "parcel",
    Parcel,
    zh="包裹",
    en="parcel",
    states=(
        State("opened", "已开", "opened", Kind.INITIAL),
        State("paid", "已付", "paid"),
        State("lost", "丢失", "lost"),
        State("closed", "已结", "closed", Kind.FINAL),
    ),
    rows=(
        Row(UNBORN, "open", "opened"),
        Row("opened", "pay", "paid", sets=paid),
        Row("opened", "lose", "lost"),
        Row(("paid", "lost"), "close", "closed", guards=(IS_PAID,)),
    ),
)


@hookimpl
def machines() -> Sequence[Machine]:
    """Bring the machine."""
    return [PARCEL]
