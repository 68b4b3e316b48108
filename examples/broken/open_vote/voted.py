"""A claim whose approval is put to the vote."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from crmflow import UNBORN, Kind, Machine, Row, State, hookimpl


@attrs.frozen
class Claim:
    """Nothing is known of it."""


CLAIM = Machine(
    "claim",
    Claim,
    zh="报销单",
    en="claim",
    states=(
        State("submitted", "已提交", "submitted", Kind.INITIAL),
        State("approved", "已批准", "approved", Kind.FINAL),
        State("refused", "已拒绝", "refused", Kind.FINAL),
    ),
    rows=(
        Row(UNBORN, "submit", "submitted"),
        Row("submitted", "approve", "approved", vote="approve"),
        Row("submitted", "refuse", "refused", vote="refuse"),
    ),
)


@hookimpl
def machines() -> Sequence[Machine]:
    """Bring the machine."""
    return [CLAIM]
