"""
Rows of one name, told apart by their days: each goes on from the one before it.

What a later row leaves out it takes from the row before it, and it ends that one the
day before it begins, unless that one says itself when it ends. So a company writes
only what changes, and on which day.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

import attrs

from crmflow.core.form import Fault
from crmflow.profiles.layer import Draft, Given

DAYS = ("from_on", "until_on")


@attrs.frozen
class Dated:
    """
    A row with its days settled.

    Attributes:
        draft: The row, columns of the one before it included.
        faults: What is wrong with its days; paths begin at the row, `$.until_on`.
    """

    draft: Draft
    faults: tuple[Fault, ...] = ()


def dated(rows: Iterable[Draft]) -> Iterator[Dated]:
    """Yield a table's rows with their days settled, in the order of their names."""
    names: dict[str, list[Draft]] = {}
    for draft in rows:
        names.setdefault(draft.name, []).append(draft)
    for same in names.values():
        yield from _settled(sorted(same, key=_starts))


def _starts(draft: Draft) -> date:
    return _day(draft, "from_on") or date.min


def _day(draft: Draft, column: str) -> date | None:
    """Return a day that was written; None where none was, or none that can be read."""
    value = draft.value(column)
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return None
    return value if isinstance(value, date) and not isinstance(value, datetime) else None


def _settled(rows: list[Draft]) -> Iterator[Dated]:
    before: Draft | None = None
    for index, row in enumerate(rows):
        draft = row if before is None else _inherits(before, row)
        before = draft
        follows = None if index + 1 == len(rows) else _day(rows[index + 1], "from_on")
        if follows is None:
            yield Dated(draft, tuple(_faults(draft, None)))
        elif draft.value("until_on") is None:
            last = Given(follows - timedelta(days=1), rows[index + 1].source("from_on"))
            draft = attrs.evolve(draft, columns={**draft.columns, "until_on": last})
            yield Dated(draft, tuple(_faults(draft, None)))
        else:
            yield Dated(draft, tuple(_faults(draft, follows)))


def _inherits(before: Draft, row: Draft) -> Draft:
    """Return a row with the columns it leaves out taken from the one before it."""
    kept = {name: one for name, one in before.columns.items() if name not in DAYS}
    return attrs.evolve(before, columns=kept).over(row)


def _faults(draft: Draft, follows: date | None) -> Iterator[Fault]:
    first, last = _day(draft, "from_on"), _day(draft, "until_on")
    if first and last and last < first:
        yield Fault("$.until_on", "order", f"{first} or later, where the row begins")
    if last and follows and last >= follows and draft.value("enabled") is not False:
        expected = f"a day before {follows}, when the next row of this name begins"
        yield Fault("$.until_on", "overlap", expected)
