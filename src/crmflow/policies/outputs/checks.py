"""Checks of `outputs` and `templates`: names, recipients, words and where data may go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from crmflow.core.checking import all_known, known, placed, readable
from crmflow.core.dealing import Channel, Reply
from crmflow.core.form import Fault
from crmflow.core.machine import Machine
from crmflow.core.tables import Tables
from crmflow.expressions import Scope
from crmflow.policies.outputs import recipients
from crmflow.policies.outputs.binding import ALWAYS, template_of
from crmflow.policies.outputs.company import (
    FOLDER,
    Company,
    connector_faults,
    is_confidential,
)
from crmflow.policies.outputs.notices import DEADLINES, NOTICE_SHAPE
from crmflow.policies.outputs.rows import Kind, Output, Template
from crmflow.policies.outputs.shapes import Sight
from crmflow.policies.outputs.templates import check as check_template
from crmflow.policies.outputs.templates import is_installed

Faults = Iterator[Fault]

CHANNELS = (
    *(channel.value for channel in Channel),
    *(reply.value for reply in Reply if reply is not Reply.PHONE),
    "web",
)
"""Ways to reach people; a company has others where its settings name a handler for them."""


def check(rows: Sequence[Output], tables: Tables, machines: Mapping[str, Machine]) -> Faults:
    """Yield every fault of the table `outputs`."""
    company = Company.of(tables)
    for place, row, machine in placed("outputs", rows, machines):
        yield from all_known(f"{place}.events", row.events, machine.events)
        states = [state.name for state in machine.states]
        yield from all_known(f"{place}.states", row.states, states)
        yield from all_known(f"{place}.channels", row.channels, (*CHANNELS, *company.handlers))
        yield from _shape(place, row)
        yield from _work(place, row, machine)
        if row.kind is Kind.DATA:
            yield from _connected(place, row, machine, tables, company)
        found = [one for event in _heard(row, machine) for one in _told(place, row, event, tables)]
        yield from dict.fromkeys(found)


def _heard(row: Output, machine: Machine) -> list[tuple[Machine, str | None]]:
    """Return the events a row is told of; None where it sees no form."""
    known = [(machine, event) for event in row.events if event in machine.events]
    return [*known, (machine, None)] if row.states or not known else [*known]


def _shape(place: str, row: Output) -> Faults:
    """Yield columns that do not go together."""
    if row.kind is Kind.DATA:
        for name in ("to", "channels", "channel_of", "template"):
            if getattr(row, name):
                yield Fault(f"{place}.{name}", "given", "nothing: data goes to a connector")
        if not row.fields:
            yield Fault(f"{place}.fields", "empty", "the facts that are sent")
        if row.connector is None:
            yield Fault(f"{place}.connector", "missing", "the system it goes to")
    elif row.connector is not None:
        yield Fault(f"{place}.connector", "given", "nothing: only data goes to a connector")
    if row.acts and not (row.events or row.states):
        yield Fault(f"{place}.events", "empty", "events or states that cause it")
    if row.channels and row.channel_of is not None:
        yield Fault(f"{place}.channel_of", "given", "channels or channel_of, not both")


def _work(place: str, row: Output, machine: Machine) -> Faults:
    """Yield faults of the task: who closes it, and that it is not opened where nothing stays."""
    if row.task is None:
        return
    here = f"{place}.task"
    yield from all_known(f"{here}.done", row.task.done, machine.events)
    yield from known(f"{here}.assignee", row.task.assignee, Sight.of(machine, None, Tables()).facts)
    reached = {one.to for one in machine.rows if one.event in row.events} | {*row.states}
    if reached and reached <= machine.final:
        yield Fault(here, "final", "no task: the entity has ended, and ends all its tasks")


def _told(place: str, row: Output, heard: tuple[Machine, str | None], tables: Tables) -> Faults:
    """Yield what is wrong with what a row says of an event."""
    machine, event = heard
    form = None if event is None else machine.form(event)
    sight, scope = Sight.of(machine, form, tables), Scope.about(machine, form, tables)
    yield from readable(f"{place}.when", partial(scope.maybe, row.when))
    yield from recipients.faults(f"{place}.to", row.to, sight)
    for name in ("channel_of", "language_of", "address_of"):
        path = getattr(row, name)
        yield from () if path is None else sight.faults(f"{place}.{name}", path)
    for number, path in enumerate(row.fields):
        yield from sight.faults(f"{place}.fields[{number}]", path)
    if row.kind is Kind.DATA:
        return
    template = template_of(row, tables)
    if template is None:
        names = [one.name for one in tables.of("templates", Template)]
        yield from known(f"{place}.template", row.worded, names)
        return
    shape = {**sight.shape, **ALWAYS}
    for column, source in template.sources.items():
        for fault in readable("", partial(check_template, source, shape)):
            where = f"template {template.name!r}, {column}: {fault.expected}"
            yield Fault(f"{place}.template", fault.code, where)


def _connected(
    place: str, row: Output, machine: Machine, tables: Tables, company: Company
) -> Faults:
    """
    Yield that data goes nowhere, or where it must not go.

    Rule: ACC-011
    """
    here = f"{place}.connector"
    yield from connector_faults(here, tables)
    yield from known(here, row.connector, company.connectors)
    connector = company.connectors.get(row.connector or "")
    if connector is not None and not connector.internal and is_confidential(machine, tables):
        expected = (
            f"an internal connector: entities of {machine.name!r} are confidential, "
            f"and {row.connector!r} is not internal (ACC-011)"
        )
        yield Fault(here, "not_internal", expected)


def check_templates(
    rows: Sequence[Template], tables: Tables, machines: Mapping[str, Machine]
) -> Faults:
    """
    Yield templates that are none; names are checked with the outputs that use them.

    Deadlines are told as data: only who has them put in words needs the package for it.
    """
    if tables.settings.get(FOLDER) is None and not is_installed():
        return
    for number, row in enumerate(rows):
        if row.name in DEADLINES:
            for column, source in row.sources.items():
                here = f"$.templates[{number}].{column}"
                yield from readable(here, partial(check_template, source, NOTICE_SHAPE))
