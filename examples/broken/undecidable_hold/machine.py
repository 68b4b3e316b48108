"""A parcel whose closing waits for an audit that never answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from crmflow import (
    UNBORN,
    Answer,
    Judge,
    Kind,
    Machine,
    Proposal,
    Row,
    Snapshot,
    State,
    Verdict,
    hookimpl,
)


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
        Row("opened", "close", "closed"),
    ),
)


@hookimpl
def machines() -> Sequence[Machine]:
    """Bring the machine."""
    return [PARCEL]


def held(_before: Snapshot[Any], _proposal: Proposal) -> Verdict:
    """Hold it."""
    return Verdict("audit", Answer.HOLD, "needs_approval")


@hookimpl
def judge_for(machine: Machine, event: str) -> Judge | None:
    """Hold every closing for the audit."""
    return held if (machine.name, event) == ("parcel", "close") else None
