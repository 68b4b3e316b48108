"""The statements that count what is due and waits, compiled once per dialect."""

from __future__ import annotations

from functools import cache

import attrs
from sqlalchemy import Executable, bindparam, func, select

from crmflow.storage.sql_parts import compiled, matching
from crmflow.storage.tables import JOURNAL, MESSAGE, TIMER


@attrs.frozen
class Counting:
    """
    Statements that count; all take the tenant first.

    Attributes:
        due: How many timers are due by an instant, and when the first was.
        pending: How many timers there are.
        messages: How many messages there are of each status.
        oldest: When the oldest message of a status was sent.
    """

    due: str
    pending: str
    messages: str
    oldest: str


@cache
def counting(dialect: str) -> Counting:
    """
    Return the statements in a dialect's own SQL.

    Args:
        dialect: A name of `DIALECTS`.
    """
    sender = [JOURNAL.c[name] == MESSAGE.c[name] for name in ("tenant", "machine", "id", "version")]
    found: dict[str, Executable] = {
        "due": select(func.count(), func.min(TIMER.c.due_at)).where(
            *matching(TIMER, "tenant"), TIMER.c.due_at <= bindparam("until")
        ),
        "pending": select(func.count()).select_from(TIMER).where(*matching(TIMER, "tenant")),
        "messages": select(MESSAGE.c.status, func.count())
        .where(*matching(MESSAGE, "tenant"))
        .group_by(MESSAGE.c.status),
        "oldest": select(func.min(JOURNAL.c.recorded_at))
        .select_from(MESSAGE)
        .join(JOURNAL, sender[0] & sender[1] & sender[2] & sender[3])
        .where(*matching(MESSAGE, "tenant", "status")),
    }
    return Counting(**{name: compiled(dialect, one) for name, one in found.items()})
