"""Events to plain values and back, each with the form of today's machines and policies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from crmflow.codec.facts import UNREADABLE
from crmflow.codec.sealing import Seal
from crmflow.codec.shapes import actor_of, converter, micros, moment, storable
from crmflow.core.actor import Actor
from crmflow.core.erasure import ERASED
from crmflow.core.event import Cause, Event
from crmflow.core.machine import Machine
from crmflow.core.policy import Policy
from crmflow.core.reserved import FORMS


@attrs.frozen
class Events:
    """
    The events of an engine's machines.

    Attributes:
        forms: Class of the form, by machine and event; those without a form are left out.
    """

    forms: Mapping[tuple[str, str], type]

    @classmethod
    def of(
        cls, machines: Mapping[str, Machine], policies: Mapping[str, Sequence[Policy]]
    ) -> Events:
        """
        Return the events of machines and of the policies of each.

        Raises:
            MachineDefinitionError: A form has a field of a type that cannot be stored.
        """
        forms: dict[tuple[str, str], type | None] = {}
        for name, machine in machines.items():
            forms |= {(name, event): machine.form(event) for event in machine.events}
            for policy in policies[name]:
                forms |= {(name, event): form for event, form in policy.reserved.items()}
        return cls({of: storable(of[0], form) for of, form in forms.items() if form is not None})

    def load(self, machine: str, found: Mapping[str, Any]) -> Event[Any]:
        """Return an event of a machine's entities."""
        name, cause = found["name"], found.get("cause")
        return Event(
            name,
            actor_of(found["actor"], Actor),
            moment(found["at"]),
            self._form(machine, name, found["form"]) if "form" in found else None,
            found.get("key"),
            None if cause is None else converter().structure(cause, Cause),
        )

    def _form(self, machine: str, event: str, form: Mapping[str, Any]) -> object:
        """Return a form, or its plain fields where no class of today reads them any more."""
        cls = FORMS.get(event) or self.forms.get((machine, event))
        if cls is None or _has_erased(form):
            return form
        try:
            found: object = converter().structure(form, cls)
        except UNREADABLE:
            return form  # as an older release took it, before a field became needed
        return found


def dumped(event: Event[Any], seal: Seal | None) -> dict[str, object]:
    """Return an event as plain values."""
    actor = event.actor
    who: dict[str, object] = {"id": actor.id}
    if actor.roles:
        who["roles"] = sorted(actor.roles)
    if actor.departments:
        who["departments"] = sorted(actor.departments)
    body: dict[str, object] = {"name": event.name, "actor": who, "at": micros(event.at)}
    if event.form is not None:
        form = converter().unstructure(event.form)
        body["form"] = form if seal is None else seal.tree(form)
    if event.key is not None:
        body["key"] = event.key
    if event.cause is not None:
        body["cause"] = converter().unstructure(event.cause)
    return body


def _has_erased(value: object) -> bool:
    if isinstance(value, Mapping):
        return any(map(_has_erased, value.values()))
    if isinstance(value, list):
        return any(map(_has_erased, value))
    return value is ERASED
