"""
Stories as files: a line of JSON for the machine, then one for each thing that happens.

    {"story": "parcel", "state": "lost"}
    {"at": "2026-03-02T01:00:00+00:00", "event": "send", "actor": "asker-1", "roles": ["clerk"]}
    {"at": "2026-03-09T01:00:00+00:00"}
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

import attrs

from crmflow.analysis.happening import Happening, Story
from crmflow.core.actor import SYSTEM, Actor
from crmflow.core.document import json_of
from crmflow.core.errors import ConfigurationError
from crmflow.core.form import Fault, Text, structure
from crmflow.core.plain import plain
from crmflow.core.ref import EntityRef
from crmflow.core.reserved import FORMS, MIRROR

__all__ = ["read_story", "story_lines"]


@attrs.frozen
class _Head:
    """The first line: name of the machine, and the state the story ends in."""

    story: Text
    state: Text


@attrs.frozen
class _Line:
    """Any other line; without an event only time passes."""

    at: datetime
    event: str = ""
    actor: Text = SYSTEM.id
    roles: tuple[Text, ...] = ()
    departments: tuple[Text, ...] = ()
    payload: Mapping[str, object] = attrs.field(factory=dict)
    sender: EntityRef | None = None


@attrs.frozen
class _News:
    """The payload of a line in which a linked entity tells of itself."""

    name: Text
    machine: Text
    id: Text
    state: Text
    facts: Mapping[str, object]


def story_lines(story: Story) -> Iterator[str]:
    """Yield the lines of a story's file, without their ends."""
    yield json.dumps({"story": story.machine, "state": story.state}, ensure_ascii=False)
    for one in story.happenings:
        line: dict[str, object] = {"at": one.at.isoformat()}
        if one.event:
            line |= {"event": one.event, "actor": one.actor.id}
        if one.actor is not SYSTEM:
            line |= {"roles": sorted(one.actor.roles)}
            line |= {"departments": sorted(one.actor.departments)}
        line |= {"payload": plain(one.payload), "sender": plain(one.sender)}
        yield json.dumps({k: v for k, v in line.items() if v}, ensure_ascii=False)


def read_story(lines: Iterable[str], name: str = "story") -> Story:
    """
    Return the story of a file's lines; blank ones are passed over.

    Args:
        lines: The lines.
        name: What an error calls the file.

    Raises:
        ConfigurationError: Lines are wrong; names every fault, each with its line.
    """
    written = [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    faults: list[str] = []
    head = _read(_Head, written[0] if written else (1, ""), faults)
    read = [_read(_Line, one, faults) for one in written[1:]]
    if faults or not isinstance(head, _Head):
        raise ConfigurationError(name, tuple(faults))
    happenings = tuple(_happening(one) for one in read if isinstance(one, _Line))
    return Story(head.story, happenings, head.state)


def _read(kind: type, numbered: tuple[int, str], faults: list[str]) -> object:
    number, line = numbered
    try:
        document = json_of(line)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        faults.append(f"line {number}: a JSON object is expected")
        return None
    found, wrong = structure(kind, document)
    told = wrong if not isinstance(found, _Line) else tuple(_misread(found))
    faults += [f"line {number}: {fault}" for fault in told]
    return found


def _misread(line: _Line) -> Iterator[Fault]:
    """Yield what is wrong with a line about an event that every machine has."""
    if line.event == MIRROR:
        _, wrong = structure(_News, line.payload)
        yield from (attrs.evolve(one, path=f"$.payload{one.path[1:]}") for one in wrong)
    elif line.event in FORMS:
        yield Fault("$.event", "reserved", f"an event of the machine, of a policy, or {MIRROR!r}")


def _happening(line: _Line) -> Happening:
    """Return what a line says; the system is the one that needs no roles."""
    actor = Actor(line.actor, line.roles, departments=line.departments)
    by = SYSTEM if line.actor == SYSTEM.id and not line.roles else actor
    return Happening(line.at, line.event, by, line.payload, line.sender)
