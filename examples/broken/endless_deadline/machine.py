"""A parcel that goes round and round."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from crmflow import KEEP, UNBORN, Guard, Kind, Machine, Row, State, hookimpl


@attrs.frozen
class Parcel:
    """What is known of a parcel."""

    released: bool = False


RELEASED = Guard(lambda attempt: attempt.facts.released, "not_released")

PARCEL = Machine(
    "parcel",
    Parcel,
    zh="包裹",
    en="parcel",
    states=(
        State("opened", "已开", "opened", Kind.INITIAL),
        State("held", "暂扣", "held"),
    ),
    rows=(
        Row(UNBORN, "open", "opened"),
        Row("opened", "deliver", KEEP),
        Row("opened", "hold", "held"),
        Row("held", "look", KEEP),
        Row("opened", "release", KEEP),
        Row("held", "release", "opened", guards=(RELEASED,)),
    ),
)


@hookimpl
def machines() -> Sequence[Machine]:
    """Bring the machine."""
    return [PARCEL]
