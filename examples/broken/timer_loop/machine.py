"""A parcel that is looked at every hour."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import attrs

from crmflow import KEEP, UNBORN, Elapsed, Kind, Machine, Row, Start, State, hookimpl


@attrs.frozen
class Parcel:
    """What is known of a parcel."""

    name: str = ""


LOOK = Start("hourly", "look", Elapsed(timedelta(hours=1)))

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
        Row(UNBORN, "open", "opened", start=(LOOK,)),
        Row("opened", "look", KEEP, who="system", start=(LOOK,)),
        Row("opened", "close", "closed"),
    ),
)


@hookimpl
def machines() -> Sequence[Machine]:
    """Bring the machine."""
    return [PARCEL]
