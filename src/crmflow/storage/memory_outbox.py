"""The messages of one tenant in memory: in their order, by who has waited longest, by pair."""

from __future__ import annotations

from collections.abc import Iterator

from crmflow.storage.rows import MessageRow, MessageStatus
from crmflow.storage.shelf import Key, Shelf


class MemoryOutbox:
    """Messages that are not delivered; `ordered` has them in the outbox's order."""

    def __init__(self) -> None:
        self.ordered = Shelf[MessageRow](group=lambda row: row.status)
        self._sent = Shelf[MessageRow](
            rank=lambda row: (row.sent_at,), group=lambda row: row.status
        )
        self._pairs = Shelf[MessageRow](group=_pair)

    def put(self, message: MessageRow) -> None:
        """Put a message in place of what there is of it."""
        for shelf in (self.ordered, self._sent, self._pairs):
            shelf.put(message.spot, message)

    def now(self, message: MessageRow, held: int) -> MessageRow | None:
        """Return what there is of a message whose `not_before` is *held* by now, or None."""
        found = self.ordered.rows.get(message.spot)
        return found if found is not None and found.not_before == held else None

    def drop(self, message: MessageRow) -> None:
        """Take a message out."""
        for shelf in (self.ordered, self._sent, self._pairs):
            shelf.drop(message.spot)

    def waiting(self) -> Iterator[MessageRow]:
        """Iterate over what waits, sent first in front."""
        return self._sent.page(group=MessageStatus.WAITING)

    def is_first(self, message: MessageRow) -> bool:
        """Say whether there is nothing of its pair before a message."""
        return next(self._pairs.page(group=_pair(message))) == message


def _pair(message: MessageRow) -> Key:
    return (message.source, message.target)
