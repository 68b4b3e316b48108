"""
Messages that nobody hears: to machines that are off, or that have no such event.

What crmflow itself ships tells machines that may be off: those messages wait for them.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from crmflow.analysis.checking.subject import Subject
from crmflow.analysis.fault import Fault, FaultKind
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
                known = _unheard(subject, machine, send)
                if known is not None:
                    values = {"event": send.event, "target": send.machine, "known": known}
                    where = f"{machine.name}: {row.name}"
                    yield Fault(
                        FaultKind.UNHEARD_MESSAGE,
                        where,
                        machine=machine.name,
                        values=values,
                        rules=row.rules,
                    )


def _unheard(subject: Subject, machine: Machine, send: Send) -> str | None:
    """Return what a target hears where a message is none of it; None where all is well."""
    if send.machine in subject.handlers or send.event.startswith("$"):
        return None
    target = subject.machines.get(send.machine)
    if target is None:
        waits = send.courtesy or machine.name in MACHINES
        return None if waits else _absent(subject, send.machine)
    return _misheard(target, send.event, creating=send.kind is MessageKind.CREATE)


def _absent(subject: Subject, name: str) -> str | None:
    """Return that nothing is heard by a machine that is off, or whose name is mistyped."""
    known = {*subject.machines, *subject.tables.machines}
    near = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.8)
    # What is near no machine's name may be a system outside.
    return "-" if name in known or near else None


def _misheard(target: Machine, event: str, *, creating: bool) -> str | None:
    rows = [row for row in target.rows if not creating or UNBORN in row.source]
    heard = dict.fromkeys(row.event for row in rows)
    return None if event in heard else ", ".join(heard)


def opened(subject: Subject) -> Iterator[Fault]:
    """Yield care that opens an entity of a machine that is off, or by no event of it."""
    kinds: tuple[tuple[str, type[Care]], ...] = (("cadences", Cadence), ("dormancy", Dormancy))
    for table, kind in kinds:
        for one, _ in subject.about(table, kind):
            opening = one.row.opens
            if opening is None:
                continue
            target = subject.machines.get(opening.machine)
            if target is not None:
                known = _misheard(target, opening.event, creating=True)
            else:
                known = _absent(subject, opening.machine) if one.own else None
            if known is not None:
                values = {"event": opening.event, "target": opening.machine, "known": known}
                yield one.fault(FaultKind.UNHEARD_MESSAGE, ".opens", **values)
