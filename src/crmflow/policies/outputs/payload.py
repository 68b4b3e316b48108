"""What a message of an output holds: all that a handler needs, as plain data."""

from __future__ import annotations

from collections.abc import Mapping

from crmflow.policies.outputs.binding import BoundOutput, Copy, Told

INTERNAL = "internal"
"""Key of a message's payload: it may go to the company's own systems only (ACC-011)."""


def payload_of(one: BoundOutput, told: Told, copy: Copy) -> Mapping[str, object]:
    """
    Return the payload of one copy.

    Its text is what the recipient is told: the journal keeps it with the decision.
    """
    whom = copy.recipient
    return {
        "output": one.row.name,
        "kind": one.row.kind.value,
        "entity": str(told.snapshot.ref),
        "to": None
        if whom is None
        else {"who": whom.who.value, "id": whom.id, "people": list(whom.people)},
        "channel": copy.channel,
        "address": copy.address,
        "language": copy.language,
        "subject": copy.subject,
        "text": copy.text,
        "html": one.template is not None and one.template.html,
    }


def data_payload(one: BoundOutput, told: Told, *, inside: bool) -> Mapping[str, object]:
    """
    Return what another system is sent: the chosen facts as they are, in no words.

    Args:
        one: The output.
        told: What happened.
        inside: Whether the entity is confidential.

    Rules: INT-001 INT-002 ACC-011
    """
    now = told.snapshot
    return {
        "output": one.row.name,
        "kind": one.row.kind.value,
        "entity": str(now.ref),
        "connector": one.row.connector,
        INTERNAL: inside,
        "state": now.state,
        "event": told.event,
        "at": told.at,
        "data": one.values(told),
    }
