"""What the answer to a webhook means: taken, to be tried again, or refused for good."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from crmflow.delivery.rows import Delivery

AGAIN = frozenset({408, 425, 429})
"""Refusals that are none of the message: too slow, too early, too many."""

LONGEST_WAIT = timedelta(days=1)
"""However long a receiver asks to wait: nobody holds a message for ever."""

_OK, _REDIRECT, _REFUSED, _BROKEN = 200, 300, 400, 500
_DIGITS = 9


def heed(row: Delivery, status: int, headers: Mapping[str, str], now: datetime) -> None:
    """
    Return where a message was taken.

    Args:
        row: The delivery.
        status: Status of the answer.
        headers: Its headers.
        now: Aware instant.

    Raises:
        DeliveryError: It is tried again: 408, 425, 429 and whatever is the receiver's own
            fault; `Retry-After` says when.
        DeliveryRejectedError: It is refused for good: another 4xx, or a redirect.
    """
    if _OK <= status < _REDIRECT:
        return
    reason = f"answered {status}"
    if status in AGAIN or status >= _BROKEN:
        raise row.later(reason, waiting(headers.get("Retry-After"), now))
    if _REDIRECT <= status < _REFUSED:
        reason = f"{reason}: redirects are not followed, `to` says where it goes"
    raise row.never(reason)


def waiting(told: str | None, now: datetime) -> timedelta | None:
    """Return how long `Retry-After` asks to wait, a day at most; None where it says nothing."""
    text = (told or "").strip()
    if text.isascii() and text.isdigit():
        return min(timedelta(seconds=int(text[:_DIGITS])), LONGEST_WAIT)
    try:
        at = parsedate_to_datetime(text)
    except (OverflowError, ValueError):
        return None
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return max(timedelta(), min(at - now, LONGEST_WAIT))
