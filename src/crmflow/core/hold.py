"""Holds: events that wait for an approval."""

from __future__ import annotations

from datetime import datetime

import attrs


@attrs.frozen
class Hold:
    """
    An event that was asked for and waits; one per event and entity.

    Attributes:
        event: Name of the held event.
        policy: Policy that holds it.
        reason: Code of what is awaited.
        asked_by: Id of the actor who asked.
        asked_at: Aware UTC instant.
    """

    event: str
    policy: str
    reason: str
    asked_by: str
    asked_at: datetime
