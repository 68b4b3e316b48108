"""Rights beside machines and masks: events nobody may fire, facts given and covered at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from crmflow.analysis.checking.subject import Subject
from crmflow.analysis.fault import Fault, FaultKind
from crmflow.core.actor import SYSTEM
from crmflow.core.machine import Machine
from crmflow.policies.access.rows import ALL, Mask, Posts, Right, WhoRow

__all__ = ["events", "masks"]


def events(subject: Subject) -> Iterator[Fault]:
    """Yield the events that nobody may fire, by the rights or for want of holders."""
    for machine in subject.machines.values():
        rights = _rights(subject, machine)
        for event in machine.events:
            asked = _who(machine, event)
            if asked == frozenset():
                continue
            why = _nobody(subject, rights, event, asked) or _unheld(subject, asked)
            if why is not None:
                values = {"event": event, "why": why}
                where = f"{machine.name}: {event}"
                yield Fault(FaultKind.CLOSED_EVENT, where, machine=machine.name, values=values)


def _who(machine: Machine, event: str) -> frozenset[str] | None:
    """Return the roles of which an event asks one; None for anybody, none for time alone."""
    rows = [row for row in machine.rows if row.event == event]
    if not all(row.who for row in rows):
        return None
    return frozenset(role for row in rows for role in row.who) - SYSTEM.roles


def _rights(subject: Subject, machine: Machine) -> Sequence[Right]:
    rights = [one.row for one, of in subject.about("access", Right) if of is machine]
    for one in subject.rows("access_posts", Posts):
        rights += one.row.rights(machine)
    return rights


def _nobody(
    subject: Subject, rights: Sequence[Right], event: str, asked: frozenset[str] | None
) -> str | None:
    """Return since when the rights keep out everybody who has one of the roles, or None."""
    for day in subject.days(rights) if rights else ():
        ruling = [right for right in rights if right.in_force(day) and right.lets_fire(event)]
        if not any(_opens(right, asked) for right in ruling):
            given = ", ".join(sorted({role for right in ruling for role in right.roles}))
            needs = ALL if asked is None else ", ".join(sorted(asked))
            return f"{day}: who = {needs}; access = {given or '-'}"
    return None


def _unheld(subject: Subject, asked: frozenset[str] | None) -> str | None:
    """Return when nobody has any of the roles, or None."""
    for people in subject.people if asked else ():
        if not any(people.holders(role) for role in sorted(asked or ())):
            return f"{people.at.date()}: {', '.join(sorted(asked or ()))} = -"
    return None


def _opens(right: Right, asked: frozenset[str] | None) -> bool:
    """Say whether a right may be one of somebody who has one of the roles."""
    anybody = not right.names_somebody or bool(right.departments or right.owners)
    return anybody or asked is None or not asked.isdisjoint(right.roles)


def masks(subject: Subject) -> Iterator[Fault]:
    """Yield the facts that a right gives by name to those whom a mask covers them for."""
    covers = [one.row for one, _ in subject.about("access_masks", Mask)]
    for one, _ in subject.about("access", Right):
        for number, field in enumerate(one.row.fields):
            for mask in covers:
                if _covers(mask, one.row, field):
                    roles = ", ".join(one.row.roles) or ALL
                    values = {"roles": roles, "field": field, "mask": mask.name}
                    yield one.fault(FaultKind.MASKED_GRANT, f".fields[{number}]", **values)


def _covers(mask: Mask, right: Right, field: str) -> bool:
    return (
        mask.machine == right.machine
        and field in mask.fields
        and mask.overlaps(right)
        and not _shared(mask, right)
    )


def _shared(one: WhoRow, other: WhoRow) -> bool:
    """Say whether somebody may be among both."""
    pairs = (
        (getattr(one, name), getattr(other, name)) for name in ("roles", "departments", "owners")
    )
    return any(set(mine) & set(theirs) for mine, theirs in pairs)
