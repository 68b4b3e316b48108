"""
Events that every machine has: adoption, observation, mirroring, asking, a message refused,
the beginning and end of a policy, a newer definition, and pauses.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import attrs

from crmflow.core.form import Text
from crmflow.core.pause import PauseScope
from crmflow.core.ref import EntityRef

ADOPT = "$adopt"
OBSERVE = "$observe"
MIRROR = "$mirror"
ASK = "$ask"
MESSAGE_REFUSED = "$message_refused"
ATTACH = "$attach"
RETIRE = "$retire"
MIGRATE = "$migrate"
PAUSE = "$pause"
UNPAUSE = "$unpause"


@attrs.frozen
class Adoption:
    """
    Places an entity in a state, with a right and a reason.

    Attributes:
        state: Where it is placed.
        facts: What is known of it, as plain values.
        reason: Why it does not come by its events.
        incomplete: Whether facts that the state requires may be missing; a task says so then.
    """

    state: Text
    facts: Mapping[str, object]
    reason: Text
    incomplete: bool = False


@attrs.frozen
class Observation:
    """
    A row of an imported log: what happened elsewhere, never a decision.

    Attributes:
        label: The log's own word for it.
        state: State the log shows afterwards.
        facts: What the row tells of the entity, as plain values.
        seen_at: The log's own instant, aware UTC; the record's is never before
            that of the record before it.
    """

    label: str
    state: str
    facts: Mapping[str, object]
    seen_at: datetime


@attrs.frozen
class Mirrored:
    """
    What a linked entity tells.

    Attributes:
        name: Name of the link.
        source: The linked entity.
        version: Its version.
        state: Its state.
        facts: The facts it shares, as plain values.
    """

    name: str
    source: EntityRef
    version: int
    state: str
    facts: Mapping[str, object]


@attrs.frozen
class Asking:
    """Asks an entity once what it shares: its answer is a mirror of that name."""

    link: str


@attrs.frozen
class MessageRefused:
    """A message of this entity that its target refused: the target, the event, why."""

    target: EntityRef
    event: str
    reasons: tuple[str, ...]


@attrs.frozen
class Attachment:
    """Shows an entity as it is to a policy that came later, so that it begins at once."""

    policy: Text


@attrs.frozen
class Retirement:
    """Ends a policy that is no longer there: its state, timers, tasks and holds go."""

    policy: Text
    reason: Text


@attrs.frozen
class Migrated:
    """Brings an entity from one version of its machine's definition to another."""

    before: int
    after: int


@attrs.frozen
class Pausing:
    """Pauses an entity or lifts a pause: why, and whether all of its machine are meant."""

    reason: Text
    of: PauseScope = PauseScope.ENTITY


def may_change(event: str) -> bool:
    """Say whether an entity may be another one after an event, or is shown to a policy by it."""
    return not event.startswith("$") or event in {ADOPT, ATTACH}


FORMS: Mapping[str, type] = {
    ADOPT: Adoption,
    OBSERVE: Observation,
    MIRROR: Mirrored,
    ASK: Asking,
    MESSAGE_REFUSED: MessageRefused,
    ATTACH: Attachment,
    RETIRE: Retirement,
    MIGRATE: Migrated,
    PAUSE: Pausing,
    UNPAUSE: Pausing,
}
"""Form of each reserved event."""
