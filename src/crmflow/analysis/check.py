"""
Checking a machine: what its table, texts and settings lack, all at once.

A finding is something to mend; information is something to know, such as the rows
that cite no rule because the catalogue needs them and the sources do not have them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Annotated, get_args, get_origin

import attrs

from crmflow.config import Config, settings_for
from crmflow.core.definition import check
from crmflow.core.errors import ConfigurationError, MachineDefinitionError
from crmflow.core.form import Check
from crmflow.core.kinds import hints_of
from crmflow.core.machine import Machine, Row
from crmflow.profiles.layer import Layer
from crmflow.texts import Section, Texts

__all__ = ["Checked", "Finding", "check_machine", "codes_of"]


@attrs.frozen
class Finding:
    """
    Something found in a machine.

    Attributes:
        code: `table`, `text`, `blank`, or `no_rule` for information.
        where: The part it is about, such as a row or `zh events`.
        message: One sentence.
    """

    code: str
    where: str
    message: str


@attrs.frozen
class Checked:
    """
    What the check of one machine found.

    Attributes:
        machine: Its name.
        version: Number of its definition.
        states: How many states it has.
        events: How many events.
        rows: How many rows.
        rules: Every rule id it cites, sorted.
        findings: What to mend; empty where all is well.
        information: What to know.
    """

    machine: str
    version: int
    states: int
    events: int
    rows: int
    rules: tuple[str, ...]
    findings: tuple[Finding, ...]
    information: tuple[Finding, ...]


def check_machine(
    machine: Machine,
    texts: Iterable[Texts],
    profile: str | None = None,
    config: Config = None,
    *,
    others: Iterable[Machine] = (),
    brought: Iterable[Layer] = (),
) -> Checked:
    """
    Return what a machine's table, texts and settings lack.

    Args:
        machine: The machine as declared.
        texts: The languages it must speak, plugins' tables included.
        profile: Name of a shipped profile that fills blanks, or None.
        config: The company's own values.
        others: Machines beside the shipped ones whose blanks may be given too.
        brought: Rows that plugins bring; they may describe blanks.

    Raises:
        ConfigurationError: There is no such profile, the settings cannot be read, or
            they name what no machine has.
    """
    others, brought = (machine, *others), tuple(brought)
    settings_for((), profile, config, others=others, brought=brought)
    found = [*_table(machine), *_blanks(machine, profile, config, others, brought)]
    for one in texts:
        found += _texts(machine, one)
    rules = {rule for row in machine.rows for rule in _rules(row)}
    rules |= {rule for blank in machine.blanks for rule in blank.rules}
    return Checked(
        machine.name,
        machine.version,
        len(machine.states),
        len(machine.events),
        len(machine.rows),
        tuple(sorted(rules)),
        tuple(found),
        tuple(_without_rules(machine)),
    )


def _table(machine: Machine) -> Iterator[Finding]:
    try:
        check(machine)
    except MachineDefinitionError as error:
        yield from (Finding("table", machine.name, fault) for fault in error.faults)


def _blanks(
    machine: Machine,
    profile: str | None,
    config: Config,
    others: Iterable[Machine],
    brought: Iterable[Layer],
) -> Iterator[Finding]:
    try:
        settings_for([machine], profile, config, others=others, brought=brought)
    except ConfigurationError as error:
        yield from (Finding("blank", "settings", fault) for fault in error.faults)


def _rules(row: Row) -> tuple[str, ...]:
    return (*row.rules, *(rule for guard in row.guards for rule in guard.rules))


def _without_rules(machine: Machine) -> Iterator[Finding]:
    for row in machine.rows:
        if not _rules(row):
            yield Finding("no_rule", row.name, f"row '{row.name}' cites no rule")


def _texts(machine: Machine, texts: Texts) -> Iterator[Finding]:
    lang = texts.lang
    if not texts.machine(machine).strip():
        yield Finding("text", f"{lang} machine", f"machine {machine.name!r} has no label")
    for state in machine.states:
        if not texts.state(state).strip():
            yield Finding("text", f"{lang} states", f"state {state.name!r} has no label")
    for section, code in dict.fromkeys(codes_of(machine)):
        if not texts.find(section, code, machine.name):
            message = f"{code!r} has no text: add it to [machine.{machine.name}.{section}]"
            yield Finding("text", f"{lang} {section}", message)


def codes_of(machine: Machine) -> Iterator[tuple[Section, str]]:
    """Yield (section, code) of everything in a machine that people are shown."""
    for row in machine.rows:
        yield "events", row.event
        yield from (("reasons", guard.reason) for guard in row.guards)
        yield from (("tasks", task.name) for task in row.tasks)
        yield from (("timers", start.name) for start in row.start)
        yield from (("roles", role) for role in sorted(_roles(row)))
        if row.form is not None:
            yield from _class_codes(row.form)
    yield from _class_codes(machine.facts)
    yield from (("roles", role) for role in sorted(machine.adopters))


def _roles(row: Row) -> set[str]:
    tasks = {task.role for task in row.tasks if isinstance(task.role, str)}
    return tasks.union(row.who, *(guard.roles for guard in row.guards))


def _class_codes(kind: type) -> Iterator[tuple[Section, str]]:
    """Yield the fields of a form or facts class, its choices and its own faults."""
    if not attrs.has(kind):
        return
    yield from (("fields", field.name) for field in attrs.fields(kind))
    for hint in hints_of(kind).values():
        yield from _hint_codes(hint)


def _hint_codes(hint: object) -> Iterator[tuple[Section, str]]:
    if isinstance(hint, type) and issubclass(hint, Enum):
        yield from (("choices", str(member.value)) for member in hint)
    inner = get_args(hint)
    if get_origin(hint) is Annotated:
        yield from (("faults", note.code) for note in inner[1:] if isinstance(note, Check))
        inner = inner[:1]
    for part in inner:
        yield from _hint_codes(part)
