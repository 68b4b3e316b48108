"""What a store is asked about many entities, and what it answers beside their rows."""

from __future__ import annotations

import attrs
from msgspec import Struct

from crmflow.core.ref import EntityRef
from crmflow.core.searching import Term


@attrs.frozen
class Find:
    """
    A query for entities, in order of (machine, id).

    Attributes:
        tenant: Whose.
        machine: Of one machine only, or of all.
        state: In one state only, or in any.
        after: (machine, id) of the last one seen, or None for the first page.
        limit: Rows of a page.
        terms: Found by all of these terms; they are terms of one machine, which is given.

    Raises:
        ValueError: There are terms and no machine.
    """

    tenant: str
    machine: str | None = None
    state: str | None = None
    after: tuple[str, str] | None = None
    limit: int = 100
    terms: tuple[Term, ...] = ()

    def __attrs_post_init__(self) -> None:
        if self.terms and self.machine is None:
            message = f"terms are those of one machine; which has {self.terms}?"
            raise ValueError(message)


class Alike(Struct, frozen=True, order=True):
    """An entity, and how many of the terms asked for it has."""

    ref: EntityRef
    shared: int


@attrs.frozen
class Backlog:
    """
    How much is due and waits, of one tenant.

    Attributes:
        pending: Timers that are set.
        due: Those of them that are due.
        due_since: Instant of the first that is due, microseconds UTC, or None.
        waiting: Messages that wait.
        parked: Messages that are parked.
        waiting_since: When the oldest that waits was sent, microseconds UTC, or None.
    """

    pending: int = 0
    due: int = 0
    due_since: int | None = None
    waiting: int = 0
    parked: int = 0
    waiting_since: int | None = None
