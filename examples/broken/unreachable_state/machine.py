"""A parcel that goes by its weight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from crmflow import UNBORN, Attempt, Guard, Kind, Machine, Row, State, hookimpl


@attrs.frozen
class Parcel:
    """What is known of a parcel."""

    weight: int = 0


BIG = Guard(lambda attempt: attempt.facts.weight > 10, "not_big")
HUGE = Guard(lambda attempt: attempt.facts.weight > 20, "not_huge")


def weighed(attempt: Attempt[Parcel, Parcel]) -> Mapping[str, object]:
    """Note its weight."""
    return {"weight": attempt.event.form.weight}


PARCEL = Machine(
    "parcel",
    Parcel,
    zh="包裹",
    en="parcel",
    states=(
        State("opened", "已开", "opened", Kind.INITIAL),
        State("carried", "已运", "carried", Kind.FINAL),
        State("hauled", "已拖运", "hauled", Kind.FINAL),
        State("posted", "已邮寄", "posted", Kind.FINAL),
    ),
    rows=(
        Row(UNBORN, "open", "opened", form=Parcel, sets=weighed),
        Row("opened", "send", "carried", guards=(BIG,)),
        Row("opened", "send", "hauled", guards=(HUGE,)),
        Row("opened", "send", "posted"),
    ),
)


@hookimpl
def machines() -> Sequence[Machine]:
    """Bring the machine."""
    return [PARCEL]
