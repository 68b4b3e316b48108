"""Refusals in words: which row, guard, policy and rule, and who could do it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, tzinfo

from crmflow.core.actor import Actor
from crmflow.core.form import Fault
from crmflow.core.machine import Machine
from crmflow.core.policy import Line
from crmflow.core.ref import EntityRef
from crmflow.core.refusal import Reason, Refusal, Tried
from crmflow.core.verdict import Verdict
from crmflow.texts import Texts


def cited(rules: Iterable[str]) -> str:
    """Return rule ids in parentheses, or nothing."""
    listed = ", ".join(rules)
    return f" ({listed})" if listed else ""


def tell_state(machine: Machine, state: str, texts: Texts) -> str:
    """Return a state's name and label; before creation the name alone."""
    declared = {one.name: one for one in machine.states}
    return f"{state} ({texts.state(declared[state])})" if state in declared else state


def tell_roles(roles: Iterable[str], machine: Machine, texts: Texts) -> str:
    """Return role names with their labels."""
    return ", ".join(f"{role} ({texts.text('roles', role, machine.name)})" for role in roles)


def tell_reason(reason: Reason, machine: Machine, texts: Texts) -> str:
    """Return why a row was not taken."""
    text = texts.text("reasons", reason.code, machine.name)
    roles = f": {tell_roles(reason.roles, machine, texts)}" if reason.roles else ""
    return f"{text}{roles}{cited(reason.rules)}"


def tell_tried(tried: Iterable[Tried], machine: Machine, texts: Texts) -> Iterator[str]:
    """Yield each row tried, what keeps it closed and how many of its guards hold."""
    for row in tried:
        yield f"  {row.row}{cited(row.rules)}"
        if row.passed:
            yield f"    ✓ {texts.text('phrases', 'guards_hold')}: {len(row.passed)}"
        yield from (f"    ✗ {tell_reason(reason, machine, texts)}" for reason in row.reasons)


OPENINGS = {"one of": "one_of", "Did you mean": "did_you_mean", "Known:": "known"}
"""How a fault begins to say what would be right, where it goes on with names."""


def tell_expected(fault: Fault, texts: Texts) -> str:
    """Return what would be right, in the language of the texts."""
    expected = fault.expected
    for opening, phrase in OPENINGS.items():
        if expected.startswith(opening):
            return texts.text("phrases", phrase) + expected.removeprefix(opening)
    return texts.find("expected", expected) or expected


def tell_faults(faults: Iterable[Fault], texts: Texts) -> Iterator[str]:
    """Yield each fault of a form with its path."""
    wanted = texts.text("phrases", "expected")
    for fault in faults:
        text = texts.text("faults", fault.code)
        yield f"  {fault.path}: {text}; {wanted}: {tell_expected(fault, texts)}"


def tell_verdicts(verdicts: Iterable[Verdict], machine: Machine, texts: Texts) -> Iterator[str]:
    """Yield each verdict with its policy, table row, version, reason and rule ids."""
    for verdict in verdicts:
        where = " ".join(filter(None, (verdict.policy, verdict.row, verdict.version)))
        answer = texts.text("phrases", f"answer_{verdict.answer.value}")
        reason = verdict.reason
        if reason:
            reason = texts.filled("reasons", reason, verdict.values, machine.name)
        yield f"  {where}: {answer} {reason}".rstrip() + cited(verdict.rules)


def tell_lines(
    lines: Iterable[Line], machine: Machine, texts: Texts, zone: tzinfo
) -> Iterator[str]:
    """
    Yield what policies say of an entity, instants in the company's zone.

    Args:
        lines: Codes and what fills their texts.
        machine: The entity's machine.
        texts: Texts of the language.
        zone: The company's zone.
    """
    for line in lines:
        values = {name: _shown(value, zone) for name, value in line.values.items()}
        row = f" [{line.row}]" if line.row else ""
        told = texts.filled("lines", line.code, values, machine.name)
        yield f"  {told}{row}{cited(line.rules)}"


def _shown(value: object, zone: tzinfo) -> object:
    """Return a value as it is read: an instant in the company's zone, a list with commas."""
    if isinstance(value, datetime):
        return value.astimezone(zone).strftime("%Y-%m-%d %H:%M")
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else value


def tell_refusal(
    refusal: Refusal, ref: EntityRef, event: str, machine: Machine, texts: Texts
) -> list[str]:
    """
    Return a refusal as lines of text.

    Args:
        refusal: Every reason why not.
        ref: The entity asked.
        event: The event asked for.
        machine: Its machine.
        texts: Texts of the language.
    """
    state = tell_state(machine, refusal.state, texts)
    label = texts.text("events", event, machine.name)
    words = texts.text("reasons", refusal.because.value)
    if refusal.detail:
        words = f"{words} ({refusal.detail})"
    lines = [f"{ref}: {event} ({label}) ✗ {state}: {words}"]
    lines += tell_faults(refusal.faults, texts)
    lines += tell_tried(refusal.tried, machine, texts)
    lines += tell_verdicts(refusal.verdicts, machine, texts)
    return lines + tell_ways(refusal, machine, texts)


def tell_ways(refusal: Refusal, machine: Machine, texts: Texts) -> list[str]:
    """Return who could do it, and what is possible in the state."""
    lines = []
    named = filter(None, (tell_roles(refusal.roles, machine, texts), ", ".join(refusal.people)))
    who = "; ".join(named)
    if who:
        lines.append(f"{texts.text('phrases', 'who_could')}: {who}")
    events = [f"{name} ({texts.text('events', name, machine.name)})" for name in refusal.possible]
    if events:
        lines.append(f"{texts.text('phrases', 'possible')}: {', '.join(events)}")
    return lines


def tell_actor(actor: Actor, machine: Machine, texts: Texts) -> str:
    """Return an actor with the labels of the roles."""
    roles = tell_roles(sorted(actor.roles), machine, texts)
    return f"{actor.id} [{roles}]" if roles else actor.id
