"""A parcel whose customer is asked where it is to go."""

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
        State("asked", "已询问", "asked", Kind.WAITING),
        State("closed", "已结", "closed", Kind.FINAL),
    ),
    rows=(
        Row(UNBORN, "open", "opened"),
        Row("opened", "ask", "asked", who="clerk"),
        Row("asked", "note_answer", "closed", who="clerk"),
    ),
)


@hookimpl
def machines() -> Sequence[Machine]:
    """Bring the machine."""
    return [PARCEL]
