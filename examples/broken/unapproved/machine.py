"""A parcel that is closed, or called off."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from crmflow import UNBORN, Kind, Machine, Row, State, hookimpl


@attrs.frozen
class Parcel:
    """What is known of a parcel."""

    name: str = ""


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
        Row("opened", "close", "closed", who="clerk"),
        Row("opened", "call_off", "closed", who="clerk"),
    ),
)


@hookimpl
def machines() -> Sequence[Machine]:
    """Bring the machine."""
    return [PARCEL]
