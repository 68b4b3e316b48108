"""Messages: what one entity's decision asks of another entity."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable
from urllib.parse import quote

import attrs

from crmflow.core.ref import EntityRef

LONGEST = 200
"""Characters of a key as it is spelt; what is longer ends in a digest of it."""


class MessageKind(StrEnum):
    """What a message asks of its target."""

    CREATE = "create"
    FIRE = "fire"
    TELL = "tell"
    ENSURE = "ensure"
    MIRROR = "mirror"


@attrs.frozen
class Message:
    """
    An event for another entity, committed in the outbox with its cause.

    Its key is (source, source version, ordinal): delivered at least once,
    applied once, in order per source and target.

    Attributes:
        ordinal: Place among the messages of one decision, from 0.
        kind: Create an entity, fire an event, fire one if the target is there and has not
            ended (TELL), fire one that also creates (ENSURE), or mirror the source's facts.
        machine: Machine of the target.
        id: Id of the target; for CREATE derived from the key.
        event: Event to fire; for MIRROR the name of the link.
        payload: What the event's form needs; for MIRROR the shared facts.
        link: For CREATE: the name under which the source watches its target; for `$ask`
            the name under which it knows the answer.
        state: For MIRROR: the source's state.
    """

    ordinal: int
    kind: MessageKind
    machine: str
    id: str
    event: str
    payload: Mapping[str, object] = attrs.field(factory=dict)
    link: str | None = None
    state: str | None = None


@attrs.frozen
class Parcel:
    """
    A message as a delivery handler is given it: at least once, so it drops what it had.

    Attributes:
        source: The entity whose decision sent it.
        version: Version of that decision.
        ordinal: Place among its messages; with source and version the message's key.
        message: The message; `machine` is the name the handler is registered by.
        at: Aware UTC instant of that decision.
    """

    source: EntityRef
    version: int
    ordinal: int
    message: Message
    at: datetime | None = None

    @property
    def key(self) -> str:
        """The message's key as text: the same for every delivery."""
        ref = self.source
        return f"{ref.tenant}/{ref.machine}/{ref.id}/{self.version}/{self.ordinal}"

    def spelt(self, safe: str = "") -> str:
        """
        Return the key for headers and names of files: short, of ASCII alone, without full stops.

        A signature joins id, instant and body by full stops, and people may choose ids of
        entities: with one in it a part could be taken for the next.

        Args:
            safe: What stays as it is beside letters, digits and `_-~`.
        """
        name = quote(self.key, safe=safe).replace(".", "%2E")
        if len(name) <= LONGEST:
            return name
        return name[:LONGEST] + hashlib.sha256(name.encode()).hexdigest()[:16]


Handler = Callable[[Parcel], object]
"""
Takes a message to the outside.

Where it raises `DeliveryRejectedError` the message is parked; whatever else it raises leaves
the message to be tried again, `DeliveryError` says when.
"""


@runtime_checkable
class RemoteHandler(Protocol):
    """
    A handler that waits for another system, over connections of its own.

    No caller waits for it: `Engine.run_due` and workers hand its messages over. Engines
    close it with themselves.
    """

    def __call__(self, parcel: Parcel) -> object:
        """Take a message to the outside."""
        ...

    def close(self) -> None:
        """Close what is open; nothing where nothing is."""
        ...
