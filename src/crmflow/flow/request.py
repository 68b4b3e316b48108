"""Requests: what a caller, a timer or a message asks of one entity."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from crmflow.core.actor import Actor
from crmflow.core.event import Cause
from crmflow.core.ref import EntityRef


class Request(Struct, frozen=True):
    """
    One request about one entity.

    Attributes:
        ref: Which entity.
        event: Name of the event, reserved ones included.
        payload: What the event's form needs; for reserved events the form itself.
        actor: Who asks.
        at: Aware UTC instant.
        creates: Whether the entity must not exist yet (True), must exist (False), or
            either (None).
        key: Makes resending harmless, or None.
        version: Version the caller read, or None for whatever it is.
        cause: The message behind it, or None.
        strict: Whether *at* was chosen by the caller; else it yields to the entity's own.
    """

    ref: EntityRef
    event: str
    payload: Mapping[str, object] | object
    actor: Actor
    at: datetime
    creates: bool | None = False
    key: str | None = None
    version: int | None = None
    cause: Cause | None = None
    strict: bool = False
