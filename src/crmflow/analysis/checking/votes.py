"""Votes beside chains: a state whose events are votes needs a chain that counts them."""

from __future__ import annotations

from collections.abc import Iterator

from crmflow.analysis.checking.subject import Subject
from crmflow.analysis.fault import Fault, FaultKind
from crmflow.core.definition import sources
from crmflow.core.machine import Machine
from crmflow.policies.approvals.rows import Chain
from crmflow.profiles.entry import Use

__all__ = ["uncounted"]


def uncounted(subject: Subject) -> Iterator[Fault]:
    """Yield the states with votes and days on which no chain says whose votes count."""
    for machine in subject.machines.values():
        waiting = _waiting(subject, machine)
        for state in _voting(machine):
            if state not in waiting:
                yield from _days(subject, machine, state)


def _voting(machine: Machine) -> tuple[str, ...]:
    """Return the states in which votes can approve; one that only refuses needs no chain."""
    rows = [row for row in machine.rows if row.vote == "approve"]
    return tuple(dict.fromkeys(state for row in rows for state in sources(machine, row)))


def _waiting(subject: Subject, machine: Machine) -> frozenset[object]:
    """Return the states of chains that wait for their blanks."""
    return frozenset(
        entry.draft.value("state")
        for entry in subject.loaded.entries
        if entry.table.name == "chains"
        and entry.machine == machine.name
        and entry.row is None
        and entry.use is Use.USED
    )


def _days(subject: Subject, machine: Machine, state: str) -> Iterator[Fault]:
    chains = [
        one.row
        for one, of in subject.about("chains", Chain)
        if of is machine and one.row.state == state
    ]
    for day in subject.days(chains):
        if not any(row.in_force(day) for row in chains):
            yield Fault(
                FaultKind.OPEN_VOTE,
                f"{machine.name}: {state}",
                machine=machine.name,
                values={"state": state, "day": day},
            )
            return
