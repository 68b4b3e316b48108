"""A parcel that is paid back where it is insured."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from crmflow import KEEP, UNBORN, Guard, Kind, Machine, Row, State, hookimpl


@attrs.frozen
class Parcel:
    """What is known of a parcel."""

    insured: bool = False


INSURED = Guard(lambda attempt: attempt.facts.insured, "not_insured")

PARCEL = Machine(
    "parcel",
    Parcel,
    zh="包裹",
    en="parcel",
    states=(
        State("opened", "已开", "opened", Kind.INITIAL),
        State("closed", "已结", "closed", Kind.FINAL),
    ),
    rows=(
        Row(UNBORN, "open", "opened"),
        Row("opened", "pay_back", KEEP, guards=(INSURED,)),
        Row("opened", "close", "closed"),
    ),
)


@hookimpl
def machines() -> Sequence[Machine]:
    """Bring the machine."""
    return [PARCEL]
