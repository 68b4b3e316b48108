"""The statements that count what is due and waits, compiled once per dialect."""

from __future__ import annotations

from functools import cache

import attrs
from sqlalchemy import Executable, bindparam, func, select

from crmflow.storage.sql_parts import compiled, led, matching
from crmflow.storage.tables import MESSAGE, TIMER


@attrs.frozen
class Counting:
    """
    Statements that count; all take the tenant first.

    Attributes:
        due: How many timers are due by an instant, and when the first was.
        pending: How many timers there are.
        messages: How many messages there are of each status, and when the first was sent.
    """

    due: str
    pending: str
    messages: str


@cache
def counting(dialect: str) -> Counting:
    """
    Return the statements in a dialect's own SQL.

    Args:
        dialect: A name of `DIALECTS`.
    """
    messages = select(MESSAGE.c.status, func.count(), func.min(MESSAGE.c.sent_at))
    found: dict[str, Executable] = {
        "due": select(func.count(), func.min(TIMER.c.due_at)).where(
            *matching(TIMER, "tenant"), TIMER.c.due_at <= bindparam("until")
        ),
        "pending": select(func.count()).select_from(TIMER).where(*matching(TIMER, "tenant")),
        "messages": led(messages, "crmflow_message_sent", MESSAGE)
        .where(*matching(MESSAGE, "tenant"))
        .group_by(MESSAGE.c.status),
    }
    return Counting(**{name: compiled(dialect, one) for name, one in found.items()})
