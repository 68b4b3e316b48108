"""Pages of answers, and the cursors by which callers go on."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import attrs
import msgspec

from crmflow.core.errors import RequestError

Row = TypeVar("Row")
Place = TypeVar("Place")


@attrs.define
class CursorError(RequestError):
    """A cursor is none that a page of this list gave."""

    cursor: str

    def __str__(self) -> str:
        return (
            f"{self.cursor!r} is no cursor of this list: take the one its last page gave, "
            "or leave it out to begin in front."
        )


MOST = 2**31
"""Rows that may be asked for at once; no store counts on and on."""


@attrs.define
class LimitError(RequestError):
    """More rows are asked for than any store counts, or none."""

    limit: int

    def __str__(self) -> str:
        return f"a limit of {self.limit} rows is none: give 1 to {MOST}."


def fitting(limit: int) -> int:
    """
    Return how many rows are asked for.

    Raises:
        LimitError: They are none, or more than any store counts.
    """
    if not 1 <= limit <= MOST:
        raise LimitError(limit)
    return limit


@attrs.frozen
class Page(Generic[Row]):
    """
    Some rows of an ordered answer.

    Attributes:
        rows: The rows.
        after: The cursor of the next page, None where there is none. It stays right whatever
            is added meanwhile: what comes behind it is told, each once.
    """

    rows: tuple[Row, ...]
    after: str | None = None


@attrs.frozen
class Cursors(Generic[Place]):
    """
    The cursors of one list.

    Attributes:
        name: Name of the list.
        kind: What a place in it is, as `msgspec` reads it.
    """

    name: str
    kind: type[Place]

    def place(self, cursor: str | None) -> Place | None:
        """
        Return the place of a cursor, None where there is none.

        Raises:
            CursorError: It is no cursor of this list.
        """
        if cursor is None:
            return None
        try:
            raw = base64.b64decode(cursor, altchars=b"-_", validate=True)
            name, place = msgspec.json.decode(raw, type=tuple[str, Any])
            found = msgspec.convert(place, self.kind)
        except (ValueError, msgspec.MsgspecError) as fault:
            raise CursorError(cursor) from fault
        if name != self.name:
            raise CursorError(cursor)
        return found

    def page(self, rows: Sequence[Row], limit: int, place: Callable[[Row], Place]) -> Page[Row]:
        """Return rows as a page; where there are as many as asked for, there may be more."""
        if len(rows) < limit:
            return Page(tuple(rows))
        told = msgspec.json.encode((self.name, place(rows[-1])))
        return Page(tuple(rows), base64.urlsafe_b64encode(told).decode())


ENTITIES = Cursors("entities", tuple[str, str])
DUE = Cursors("due", tuple[int, str, str])
TASKS = Cursors("tasks", tuple[int | None, str, str, str])
DEADLINES = Cursors("deadlines", tuple[str, str])
OUTBOX = Cursors("outbox", tuple[str, str, int, int])
INBOX = Cursors("inbox", tuple[int | None, str, str, str])
