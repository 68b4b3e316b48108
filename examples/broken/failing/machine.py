"""A parcel of pieces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from crmflow import UNBORN, Attempt, Guard, Kind, Machine, Row, State, hookimpl


@attrs.frozen
class Parcel:
    """What is known of a parcel."""

    pieces: int = 0


IS_CHEAP = Guard(lambda attempt: 1000 // attempt.facts.pieces < 900, "dear")


def counted(attempt: Attempt[Parcel, Parcel]) -> Mapping[str, object]:
    """Note the pieces."""
    return {"pieces": attempt.event.form.pieces}


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
        Row(UNBORN, "open", "opened", form=Parcel, sets=counted),
        Row("opened", "close", "closed", guards=(IS_CHEAP,)),
        Row("opened", "close", "closed"),
    ),
)


@hookimpl
def machines() -> Sequence[Machine]:
    """Bring the machine."""
    return [PARCEL]
