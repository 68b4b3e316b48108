"""
Messages as handlers take them: worded already, or a deadline's notice still to be worded.

An output is worded in the decision that causes it, so that the journal has what was told.
A notice of a deadline is told as data, since deadlines need no templates; the journal has
all that it says, and it is put in words by the same templates when it is handed over.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from crmflow.core.machine import Machine
from crmflow.core.message import Parcel
from crmflow.core.tables import Tables
from crmflow.policies.outputs.binding import ALWAYS, written
from crmflow.policies.outputs.company import Company
from crmflow.policies.outputs.recipients import Who
from crmflow.policies.outputs.rows import Kind, Template
from crmflow.policies.outputs.shapes import FACTS, Shape

DEADLINES = ("deadline_near", "deadline_extended", "deadline_escalated")
"""Notices of deadlines; each has a template of its name."""

_FACTS = ("deadline", "status", "due_at", "reason")
NOTICE_SHAPE: Mapping[str, Shape] = {
    FACTS: dict.fromkeys(_FACTS),
    "entity": None,
    **{name: shape for name, shape in ALWAYS.items() if name not in {"at", "actor", "event"}},
}
"""Names that the templates of deadlines' notices may use."""


def worded(parcel: Parcel, tables: Tables) -> Mapping[str, object]:
    """
    Return what a message tells, in words; for handlers, crmflow's own and those of plugins.

    Args:
        parcel: The message.
        tables: All rows in use, as the hook `handlers` is given them.

    Returns:
        The payload of an output as it was sent; a notice of a deadline in the same shape:
        `output`, `kind`, `entity`, `to`, `channel`, `language`, `subject`, `text`, `html`.
        Anything else as it is.
    """
    message = parcel.message
    found = {one.name: one for one in tables.of("templates", Template) if one.enabled}
    template = found.get(message.event)
    if message.event not in DEADLINES or template is None:
        return message.payload
    company, payload = Company.of(tables), message.payload
    subject, text = _written(template, company, parcel, tables.machines)
    person = payload.get("person")
    role = str(payload["role"])
    who = Who.CUSTOMER if role == Who.CUSTOMER else Who.ROLE
    to = {"who": who.value, "id": role, "people": [] if person is None else [person]}
    return {
        "output": message.event,
        "kind": Kind.NOTICE.value,
        "entity": payload["entity"],
        "to": to,
        "channel": None,
        "address": None,
        "language": company.language,
        "subject": subject,
        "text": text,
        "html": template.html,
    }


def _written(
    template: Template, company: Company, parcel: Parcel, machines: Mapping[str, Machine]
) -> tuple[str, str]:
    payload: Mapping[str, Any] = parcel.message.payload
    machine = parcel.source.machine
    wording = company.wording(company.language, machine)
    due, deadline = payload.get("due_at"), str(payload["deadline"])
    facts = {
        "deadline": wording.texts.find("timers", f"sla:{deadline}:due", machine)
        or deadline.replace("_", " "),
        "status": wording.texts.text("choices", f"deadline_{payload['status']}", machine),
        "due_at": None if due is None else datetime.fromisoformat(due),
        "reason": payload.get("reason"),
    }
    declared = machines.get(machine)
    context = {
        FACTS: facts,
        "entity": parcel.source.id,
        "machine": machine if declared is None else wording.texts.machine(declared),
        "title": wording.texts.text("events", parcel.message.event, machine),
        "recipient": wording.texts.text("roles", str(payload["role"]), machine),
        "company": company.name,
        "fields": (),
    }
    return written(template, context, wording.say, wording.lang)
