"""The first pure phase: pick the row and compute what would be known afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from crmflow.core.compiled import Candidate, Compiled
from crmflow.core.entity import Snapshot
from crmflow.core.errors import GuardFailedError
from crmflow.core.event import Attempt, Event
from crmflow.core.machine import Asked
from crmflow.core.people import NOBODY, People
from crmflow.core.refusal import Because, Refusal, refuse


class Proposal(Struct, frozen=True):
    """
    What a row would do, before the policies have spoken.

    Attributes:
        attempt: Snapshot, event and settings it was made from.
        candidate: The row taken.
        changes: Facts that would change, by field name.
        people: The directory at the event's instant.
    """

    attempt: Asked
    candidate: Candidate
    changes: Mapping[str, object]
    people: People = NOBODY

    @property
    def before(self) -> Snapshot[Any]:
        """The snapshot it starts from."""
        return self.attempt.snapshot

    @property
    def event(self) -> Event[Any]:
        """The event asked for."""
        return self.attempt.event

    @property
    def to(self) -> str:
        """The state afterwards."""
        return self.candidate.to or self.before.state


def propose(
    compiled: Compiled, snapshot: Snapshot[Any], event: Event[Any], people: People = NOBODY
) -> Proposal | Refusal:
    """
    Return what the first row whose guards pass would do, or every reason why none does.

    Args:
        compiled: The entity's machine.
        snapshot: The entity at its present version.
        event: The request, its form structured.
        people: The directory at the event's instant, for the policies.

    Raises:
        GuardFailedError: A guard or update raised; nothing was changed.
    """
    attempt = Attempt(snapshot, event, compiled.settings, snapshot.facts)
    if event.at < snapshot.at:
        detail = f"{event.at.isoformat()} is before {snapshot.at.isoformat()}"
        return Refusal(Because.EARLIER, snapshot.state, detail=detail)
    try:
        candidate = compiled.step(attempt)
        if candidate is None:
            return refuse(compiled, attempt)
        sets = candidate.row.sets
        changes = {} if sets is None else sets(attempt)
    except Exception as error:
        raise GuardFailedError(snapshot.ref, event.name, "a guard or update") from error
    return Proposal(attempt, candidate, changes, people)
