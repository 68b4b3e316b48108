"""What the policy remembers of an entity: requests to read it, asked and granted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import attrs

from crmflow.core.form import Text

ASK, GRANT, REFUSE, REVOKE = (
    "$request_access",
    "$grant_access",
    "$refuse_access",
    "$revoke_access",
)
OPEN, CLOSE = "$open_access", "$close_access"


@attrs.frozen
class Request:
    """
    A request to read an entity; what is refused, revoked or over is in the journal alone.

    Attributes:
        name: Unique within the entity; of a grant that another entity opened, that entity.
        row: Kind of request: a row of `[[access_requests]]`.
        reader: Id of who asked.
        purpose: What for.
        until_at: Aware UTC instant by which it ends, not included.
        fields: Facts it opens, or `*`.
        approvers: Roles of which one grants it; none where another entity opens it.
        unmasked: Whether it opens them without masks.
        asked_at: Aware UTC instant at which it was asked.
        granted_by: Id of who granted it, or None.
        granted_at: Aware UTC instant then.
    """

    name: str
    row: str
    reader: str
    purpose: str
    until_at: datetime
    fields: tuple[str, ...]
    approvers: tuple[str, ...]
    unmasked: bool
    asked_at: datetime
    granted_by: str | None = None
    granted_at: datetime | None = None

    def is_open(self, at: datetime) -> bool:
        """Say whether it is granted and not over at an aware instant."""
        return self.granted_at is not None and self.granted_at <= at < self.until_at

    @property
    def task(self) -> str:
        """Name of the task in which it awaits its approver."""
        return f"approve_access:{self.name}"


@attrs.frozen
class AccessState:
    """The requests of one entity, in the order in which they were asked."""

    requests: tuple[Request, ...] = ()

    def find(self, name: str) -> Request | None:
        """Return the request of that name, or None."""
        return next((one for one in self.requests if one.name == name), None)

    def without(self, gone: Request) -> AccessState:
        """Return the requests without one of them."""
        return AccessState(tuple(one for one in self.requests if one.name != gone.name))


@attrs.frozen
class AccessAsked:
    """
    Asks to read an entity (ACC-004, ACC-008).

    Attributes:
        row: Kind of request.
        purpose: What for.
        until_at: Aware instant by which it ends.
    """

    row: Text
    purpose: Text
    until_at: datetime


@attrs.frozen
class AccessGranted:
    """Grants a request, by its name."""

    request: Text


@attrs.frozen
class AccessEnded:
    """Refuses or revokes a request, by its name, with a reason; or gives it back."""

    request: Text
    reason: Text


@attrs.frozen
class AccessOpened:
    """
    Opens a grant by message of the entity that was the request, approved there.

    Attributes:
        reader: Id of who may read.
        purpose: What for.
        until_at: Aware instant by which it ends; `longest` may end it before.
        roles: Roles of the reader, by which limits are judged.
        departments: The reader's departments.
        unmasked: Whether facts are to be shown without masks.
    """

    reader: Text
    purpose: Text
    until_at: datetime
    roles: tuple[Text, ...] = ()
    departments: tuple[Text, ...] = ()
    unmasked: bool = False


FORMS: Mapping[str, type | None] = {
    ASK: AccessAsked,
    GRANT: AccessGranted,
    REFUSE: AccessEnded,
    REVOKE: AccessEnded,
    OPEN: AccessOpened,
    CLOSE: None,
}
"""Reserved events of the policy and their forms."""
