"""
Messages that nobody hears: to machines that are off, or that have no such event.

What crmflow itself ships tells machines that may be off: those messages wait for them.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from crmflow.analysis.checking.subject import Subject
from crmflow.analysis.fault import Fault, FaultKind
from crmflow.core.errors import did_you_mean
from crmflow.core.machine import Machine, Send
from crmflow.core.message import MessageKind
from crmflow.core.ref import UNBORN
from crmflow.policies.cadences.rows import Cadence, Care, Dormancy
from crmflow.states import MACHINES

__all__ = ["opened", "sent"]


def sent(subject: Subject) -> Iterator[Fault]:
    """Yield the messages of machines' rows that nobody hears."""
    for machine in subject.machines.values():
        for row in machine.rows:
            for send in row.send:
                why = _unheard(subject, machine, send)
                if why is not None:
                    values = {"event": send.event, "target": send.machine, "why": why}
                    where = f"{machine.name}: {row.name}"
                    yield Fault(
                        FaultKind.UNHEARD_MESSAGE,
                        where,
                        machine=machine.name,
                        values=values,
                        rules=row.rules,
                    )


def _unheard(subject: Subject, machine: Machine, send: Send) -> str | None:
    """Return why nobody hears a message; what is no machine's name may be an outside system."""
    if send.machine in subject.handlers or send.event.startswith("$"):
        return None
    target = subject.machines.get(send.machine)
    if target is None:
        waits = send.courtesy or machine.name in MACHINES
        return None if waits else _absent(subject, send.machine)
    if send.kind is MessageKind.CREATE:
        return _creates(target, send.event)
    return None if send.event in target.events else did_you_mean(send.event, target.events)


def _absent(subject: Subject, name: str) -> str | None:
    known = sorted({*subject.machines, *subject.tables.machines})
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.8)
    if name in known:
        return f"machine {name!r} is off"
    return f"no machine has this name; {near[0]!r} is near" if near else None


def _creates(machine: Machine, event: str) -> str | None:
    creating = {row.event for row in machine.rows if UNBORN in row.source}
    return None if event in creating else did_you_mean(event, creating)


def opened(subject: Subject) -> Iterator[Fault]:
    """Yield care that opens an entity of a machine that is off, or by no event of it."""
    kinds: tuple[tuple[str, type[Care]], ...] = (("cadences", Cadence), ("dormancy", Dormancy))
    for table, kind in kinds:
        for one, _ in subject.about(table, kind):
            opening = one.row.opens
            if opening is None:
                continue
            target = subject.machines.get(opening.machine)
            absent = _absent(subject, opening.machine) if one.own else None
            why = absent if target is None else _creates(target, opening.event)
            if why is not None:
                values = {"event": opening.event, "target": opening.machine, "why": why}
                yield one.fault(FaultKind.UNHEARD_MESSAGE, ".opens", **values)
