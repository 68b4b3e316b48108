"""Outputs ready for one machine: from what happened to what is told, to whom, in which words."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import attrs

from crmflow.core.actor import Actor
from crmflow.core.entity import Snapshot
from crmflow.core.machine import Machine
from crmflow.core.people import NOBODY, People
from crmflow.core.plain import plain
from crmflow.core.tables import Tables
from crmflow.expressions import Expression, Scope
from crmflow.policies.outputs.company import Company
from crmflow.policies.outputs.recipients import Address, Recipient, recipients, texts
from crmflow.policies.outputs.rows import Output, Template
from crmflow.policies.outputs.shapes import Items, Shape, Sight, Way, read
from crmflow.policies.outputs.templates import render
from crmflow.policies.outputs.wording import Wording

ALWAYS: Mapping[str, Shape] = {
    "at": None,
    "actor": None,
    "machine": None,
    "event": None,
    "title": None,
    "recipient": None,
    "company": None,
    "fields": Items({"label": None, "value": None}),
}
"""Names that every template may use, beside those of the entity and the event."""


@attrs.frozen
class Told:
    """
    What an output is made of: an entity as it is, and what happened to it.

    Attributes:
        snapshot: The entity.
        at: Aware UTC instant.
        actor: Who did it, or asks for the output.
        event: Name of the event, or empty.
        form: What the event brought, or None.
        people: The directory at that instant.
    """

    snapshot: Snapshot[Any]
    at: datetime
    actor: Actor
    event: str = ""
    form: object = None
    people: People = NOBODY


@attrs.frozen
class Copy:
    """
    One copy of an output: what one recipient gets by one channel.

    Attributes:
        recipient: Who gets it, or None where it is made on demand for nobody.
        channel: How it reaches them, or None where nothing says.
        address: Where to, where the entity knows.
        language: In which language.
        subject: Its subject, one line.
        text: What it says.
    """

    recipient: Recipient | None
    channel: str | None
    address: str | None
    language: str
    subject: str
    text: str


@attrs.frozen
class BoundOutput:
    """
    An output, ready for one event of its machine or for none.

    Attributes:
        row: The row.
        machine: Its machine.
        event: The event, or None.
        sight: What may be told.
        template: Its words.
        company: What the company says of all outputs.
        when: Its condition, or None.
        to: Who gets it.
        fields: Path and place of what it lists.
    """

    row: Output
    machine: Machine
    event: str | None
    sight: Sight
    template: Template | None
    company: Company
    when: Expression[bool] | None
    to: tuple[Address, ...]
    fields: tuple[tuple[str, Way], ...]

    @classmethod
    def of(cls, row: Output, machine: Machine, event: str | None, tables: Tables) -> BoundOutput:
        """Return an output bound for an event, or for none; its check has found nothing."""
        form = None if event is None else machine.form(event)
        sight = Sight.of(machine, form, tables)
        return cls(
            row,
            machine,
            event,
            sight,
            template_of(row, tables),
            Company.of(tables),
            Scope.about(machine, form, tables).maybe(row.when),
            tuple(Address.of(text, sight) for text in row.to),
            tuple((path, sight.way(path) or ()) for path in row.fields),
        )

    def applies(self, told: Told) -> bool:
        """Say whether it is for an entity as it is after an event."""
        if not self.row.in_force(told.at.astimezone(self.company.zone).date()):
            return False
        now = told.snapshot
        return self.when is None or self.when(
            now.facts,
            told.form,
            state=now.state,
            event=told.event,
            actor=told.actor,
            at=told.at,
            links=now.links,
        )

    def values(self, told: Told) -> dict[str, object]:
        """Return the values of its fields as plain data, by path."""
        data = self.sight.data(told.snapshot, told.form)
        return {path: plain(read(data, way)) for path, way in self.fields}

    def copies(self, told: Told) -> Iterator[Copy]:
        """Yield what each recipient gets, once by each channel."""
        data = self.sight.data(told.snapshot, told.form)
        language = self._language(data)
        channels = self._channels(data)
        for recipient in recipients(self.to, data, told.people):
            subject, text = self.worded(told, data, recipient, language)
            address = next(iter(self._named(self.row.address_of, data)), None)
            for channel in channels:
                yield Copy(recipient, channel, address, language, subject, text)

    def shown(self, told: Told, lang: str | None = None) -> Iterator[Copy]:
        """Yield what it would be; one copy for nobody where it has no recipients."""
        if self.to and lang is None:
            yield from self.copies(told)
            return
        data = self.sight.data(told.snapshot, told.form)
        found: Iterable[Recipient | None] = recipients(self.to, data, told.people)
        language = lang or self._language(data)
        for recipient in [*found] or [None]:
            subject, text = self.worded(told, data, recipient, language)
            yield Copy(recipient, None, None, language, subject, text)

    def worded(
        self, told: Told, data: Mapping[str, object], recipient: Recipient | None, lang: str
    ) -> tuple[str, str]:
        """Return subject and text in a language."""
        template = self.template
        if template is None:  # data has no words
            return self.row.title(lang), json.dumps(self.values(told), ensure_ascii=False)
        wording = self.company.wording(lang, self.machine.name)
        states = {state.name: wording.texts.state(state) for state in self.machine.states}
        context = {
            **data,
            "state": states.get(told.snapshot.state),
            "at": told.at,
            "actor": told.actor.id,
            "machine": wording.texts.machine(self.machine),
            "event": wording.texts.text("events", told.event, self.machine.name),
            "title": self.row.title(lang),
            "recipient": self._called(recipient, data, wording),
            "company": self.company.name,
            "fields": tuple(
                {"label": wording.label(path), "value": read(data, way)}
                for path, way in self.fields
            ),
        }
        return written(template, context, wording.say, lang)

    def _called(
        self, recipient: Recipient | None, data: Mapping[str, Any], wording: Wording
    ) -> str:
        """Return what a recipient is called: a customer by name, where the record told it."""
        if recipient is None:
            return ""
        if recipient.who == "role":
            return wording.texts.text("roles", recipient.id, self.machine.name)
        customer = data["links"].get("customer") or {}
        if recipient.id == customer.get("id"):
            return str(customer.get("name") or recipient.id)
        return recipient.id

    def _language(self, data: Mapping[str, object]) -> str:
        found = next(iter(self._named(self.row.language_of, data)), "")
        return found if found in self.company.languages else self.company.language

    def _channels(self, data: Mapping[str, object]) -> tuple[str | None, ...]:
        if self.row.channel_of is not None:
            return self._named(self.row.channel_of, data)
        return self.row.channels or (None,)

    def _named(self, path: str | None, data: Mapping[str, object]) -> tuple[str, ...]:
        """Return the texts that a path leads to; none where the row gives no path."""
        return () if path is None else texts(read(data, self.sight.way(path) or ()))


def template_of(row: Output, tables: Tables) -> Template | None:
    """Return the template of an output; data has none."""
    found = {one.name: one for one in tables.of("templates", Template) if one.enabled}
    return found.get(row.worded)


def written(
    template: Template, context: Mapping[str, object], say: Callable[[object], str], lang: str
) -> tuple[str, str]:
    """Return subject, on one line, and text of a template in a language."""
    subject = render(template.subject(lang), context, say, html=False)
    text = render(template.text(lang), context, say, html=template.html)
    return " ".join(subject.split()), text.strip() + "\n"
