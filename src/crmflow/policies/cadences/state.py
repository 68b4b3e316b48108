"""What the policy remembers of an entity."""

from __future__ import annotations

from datetime import date, datetime
from typing import TypeVar

import attrs

from crmflow.core.form import Text


@attrs.frozen
class Run:
    """
    A cadence that applies to an entity.

    Attributes:
        row: Name of the cadence.
        origin: Day it first applied; occurrences are counted from it.
        due_on: Day of the next occurrence, by which the one after it is counted.
        opens_at: Aware UTC instant at which its task opens.
        last_on: Day of the occurrence whose task was opened last, or None.
        open: Whether that task is open.
        opened: Tasks opened so far.
        missed: Occurrences whose task was not done before the next one came, or that found
            no room before it.
        moved: Why the next one does not open on its own day; empty where it does.
    """

    row: Text
    origin: date
    due_on: date
    opens_at: datetime
    last_on: date | None = None
    open: bool = False
    opened: int = 0
    missed: int = 0
    moved: str = ""


@attrs.frozen
class Silence:
    """
    How long nothing was heard of an entity, by one row.

    Attributes:
        row: Name of the row.
        since: Day from which it counts.
        reached: How many of the row's waits have passed.
        open: Whether its task is open.
    """

    row: Text
    since: date
    reached: int = 0
    open: bool = False


@attrs.frozen
class CareState:
    """
    What is planned and what was done for an entity.

    Attributes:
        began_at: Aware UTC instant of the first event the policy saw of it.
        runs: Cadences that apply.
        contacts: Days of the contacts that the contact limits still look at, ordered.
        silences: Rows of dormancy that apply.
        looked_on: Day on which it was last looked at which rows apply.
    """

    began_at: datetime
    runs: tuple[Run, ...] = ()
    contacts: tuple[date, ...] = ()
    silences: tuple[Silence, ...] = ()
    looked_on: date = date.min

    def run(self, row: str) -> Run | None:
        """Return the run of a cadence, or None where it does not apply."""
        return next((run for run in self.runs if run.row == row), None)

    def silence(self, row: str) -> Silence | None:
        """Return the silence of a row, or None where it does not apply."""
        return next((silence for silence in self.silences if silence.row == row), None)


T = TypeVar("T", bound=Run | Silence)


def with_one(kept: tuple[T, ...], one: T) -> tuple[T, ...]:
    """Return the runs or silences with one in place of that of its row."""
    return (*without(kept, one.row), one)


def without(kept: tuple[T, ...], row: str) -> tuple[T, ...]:
    """Return the runs or silences without that of a row."""
    return tuple(other for other in kept if other.row != row)
