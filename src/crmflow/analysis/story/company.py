"""The story's company: everything switched on, its people known, its letters collected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

import attrs

from crmflow.analysis.story.lines import ZONE
from crmflow.analysis.story.people import STAFF
from crmflow.clock import ManualClock
from crmflow.core.message import Handler, Parcel
from crmflow.core.tables import Tables
from crmflow.engine.engine import Engine
from crmflow.hookspecs import hookimpl
from crmflow.states import MACHINES as GENERAL

__all__ = ["MACHINES", "PROFILES", "START", "LetterBox", "company"]

START = datetime(2026, 1, 5, 9, tzinfo=ZONE)
"""First instant of the story: a Monday morning."""

MACHINES = (*GENERAL, "company")
"""Everything that is not of one trade."""

PROFILES = ("demo", "key_account")
"""Example values in the blanks, and the rows of a company with key accounts."""


@attrs.define(eq=False)
class LetterBox:
    """
    Takes what goes out: letters, reminders and data of every kind.

    Attributes:
        taken: How many of each kind, by the name of the output.
    """

    taken: Counter[str] = attrs.field(factory=Counter)

    @hookimpl
    def handlers(self, tables: Tables) -> Mapping[str, Handler]:
        """Take letters and reminders, and what a staff list is told of qualifications."""
        _ = tables
        return {"notice": self.take, "directory": self.take}

    def take(self, parcel: Parcel) -> None:
        """Count one."""
        self.taken[parcel.message.event] += 1


def company(store: str, clock: ManualClock, letters: LetterBox) -> Engine:
    """
    Return an engine of the story's company.

    Args:
        store: URL of an empty store.
        clock: At `START`.
        letters: Takes what goes out.
    """
    return Engine(
        store,
        machines=MACHINES,
        profile=PROFILES,
        plugins=[letters],
        directory=STAFF,
        clock=clock,
    )
