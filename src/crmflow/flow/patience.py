"""When a message whose delivery failed is tried again, and after how often it is parked."""

from __future__ import annotations

import zlib
from datetime import timedelta

from crmflow.core.errors import CrmflowError, DeliveryError
from crmflow.storage.rows import MessageRow

MOST = 30
"""After so many failures a message is parked, most of a day after the first, unless its error says
otherwise."""

FIRST = timedelta(seconds=1)
"""How long the third attempt waits at most; each further one twice as long as the one before."""

LONGEST = timedelta(hours=1)
"""However often it failed, no message waits longer for its next attempt."""

_DOUBLINGS = 12
"""Beyond these the longest wait is reached in any case."""


def respite(row: MessageRow, error: CrmflowError) -> timedelta | None:
    """
    Return how long a message waits for its next attempt, None where it gets no more.

    Args:
        row: The message, its attempts counted with the one that failed.
        error: Why it failed; `DeliveryError` may say when, and how often in all.

    Returns:
        Nothing after the first failure, then ever longer, somewhat less for each message by
        chance of its key, so that those that failed together do not come together again.
    """
    told = error if isinstance(error, DeliveryError) else None
    most = MOST if told is None or told.attempts is None else told.attempts
    if row.attempts >= most:
        return None
    if told is not None and told.after is not None:
        return told.after
    if row.attempts == 1:
        return timedelta()
    doublings: int = min(row.attempts - 2, _DOUBLINGS)
    longest = min(FIRST * (1 << doublings), LONGEST)
    name = f"{row.source} {row.version}/{row.ordinal} {row.attempts}"
    return longest * (1 - zlib.crc32(name.encode()) / 2**33)
