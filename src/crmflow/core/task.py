"""Tasks: work that waits for a person."""

from __future__ import annotations

from datetime import datetime

import attrs


@attrs.frozen
class Task:
    """
    Work waiting for a person.

    Attributes:
        id: Unique within its entity: name and the version that opened it.
        name: Unique within its entity; the part before the first `:` is the code of the
            work, whose text is in the locale tables.
        role: Role whose holders may do it.
        opened_at: Aware UTC instant.
        due_at: Aware UTC instant by which it is promised, or None.
        assignee: Id of the one person who may do it, or None for all of the role.
        policy: Policy that opened it, filled in when it does; None where a row did.
    """

    id: str
    name: str
    role: str
    opened_at: datetime
    due_at: datetime | None = None
    assignee: str | None = None
    policy: str | None = None
