"""Forms of the reserved events, by which people act on a request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import attrs

from crmflow.core.form import Names, Text
from crmflow.policies.approvals.request import Place


@attrs.frozen
class OnRequest:
    """
    Which request is meant.

    Attributes:
        request: The held event or the approval state; left out where only one is open.
    """

    request: Text | None = attrs.field(default=None, kw_only=True)


@attrs.frozen
class Approve(OnRequest):
    """
    Approves the open step.

    Attributes:
        comment: What is said with it.
        payload: In an approval state what the form of its row needs.
    """

    comment: str = ""
    payload: Mapping[str, object] | None = None


@attrs.frozen
class Refuse(OnRequest):
    """Refuses the open step, with a reason; `payload` as for approving."""

    reason: Text
    payload: Mapping[str, object] | None = None


@attrs.frozen
class Return(OnRequest):
    """
    Sends a request back.

    Attributes:
        reason: Why.
        to: Name of an earlier step, or `requester`.
        resume: Whether all steps are walked again from there, or it jumps straight back.
    """

    reason: Text
    to: Text = "requester"
    resume: Literal["again", "jump"] = "again"


@attrs.frozen
class Resubmit(OnRequest):
    """
    Hands a returned request in again.

    Attributes:
        payload: The event's form in place of the first one; left out, that one stays.
        comment: What is said with it.
    """

    payload: Mapping[str, object] | None = None
    comment: str = ""


@attrs.frozen
class Comment(OnRequest):
    """What is said with an action that needs no reason."""

    comment: str = ""


@attrs.frozen
class Because(OnRequest):
    """Why something is done."""

    reason: Text


@attrs.frozen
class PassOn(OnRequest):
    """
    Gives one's vote to another, for good or for an opinion.

    Attributes:
        to: Id of the other.
        reason: Why.
    """

    to: Text
    reason: Text


@attrs.frozen
class AddSigner(OnRequest):
    """
    Adds someone whose approval is needed too.

    Attributes:
        person: Id.
        reason: Why.
        place: Before or after one's own approval, or beside it as a vote of its own.
    """

    person: Text
    reason: Text
    place: Place = Place.BEFORE


@attrs.frozen
class RemoveSigner(OnRequest):
    """Takes someone away who has not voted."""

    person: Text
    reason: Text


@attrs.frozen
class CopyTo(OnRequest):
    """Lets people read along."""

    people: Names
    comment: str = ""


@attrs.frozen
class HandOver:
    """
    Gives all that waits for someone who leaves to another.

    Attributes:
        person: Who leaves.
        to: Who takes over.
        reason: Why.
    """

    person: Text
    to: Text
    reason: Text


TICK = "$approvals"
"""The event of the policy's own timers."""

FORMS: Mapping[str, type | None] = {
    "$approve": Approve,
    "$refuse": Refuse,
    "$return": Return,
    "$resubmit": Resubmit,
    "$withdraw": Comment,
    "$take_back": Comment,
    "$transfer": PassOn,
    "$delegate": PassOn,
    "$add_signer": AddSigner,
    "$remove_signer": RemoveSigner,
    "$copy_to": CopyTo,
    "$remind": Comment,
    "$hand_over": HandOver,
    "$stop": Because,
    TICK: None,
}
"""Form of each reserved event."""
