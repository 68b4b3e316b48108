"""Quorums: whether those who may ask find enough others who may decide, on every day."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import attrs

from crmflow.analysis.checking.present import Present
from crmflow.analysis.checking.subject import Placed, Subject
from crmflow.analysis.fault import Fault, FaultKind
from crmflow.core.entity import Snapshot
from crmflow.core.machine import Machine
from crmflow.policies.approvals.binding import Case
from crmflow.policies.approvals.reasons import Reason
from crmflow.policies.approvals.resolving import Found, seats_of, stated_none
from crmflow.policies.approvals.rows import Approver, Chain, Mode, OwnRequest, StepRow

__all__ = ["quorums"]

_LISTED = frozenset({"person", "role", "department"})
_ABOVE = frozenset({"superior", "superiors_up_to"})
_FEW = 3
"""So many people are named in a message."""


@attrs.frozen
class Asked:
    """One step of a chain, and where it stands."""

    one: Placed[Chain]
    machine: Machine
    step: StepRow
    path: str

    @property
    def ways(self) -> frozenset[str]:
        """How its approvers are found."""
        return frozenset(way for approver in self.step.approvers for way in approver.ways)

    @property
    def askers(self) -> frozenset[str]:
        """Roles that may bring about the request; empty for anybody."""
        row = self.one.row
        rows = [
            one
            for one in self.machine.rows
            if (one.event == row.event if row.event else one.to == row.state)
        ]
        if any(not one.who for one in rows):
            return frozenset()
        return frozenset(role for one in rows for role in one.who)

    def seats(self, people: Present, requester: str) -> Found:
        """Return who votes where somebody asks; nothing of an entity is needed for it."""
        person = people.person(requester)
        assert person is not None  # noqa: S101 - requesters are taken from the directory
        nothing = cast("Snapshot[Any]", None)
        case = Case(nothing, self.one.row.key, person.actor(), {}, people.at, people)
        return seats_of(self.step, case)


def quorums(subject: Subject) -> Iterator[Fault]:
    """Yield the steps that some request cannot get through, whoever votes how."""
    found = [asked for asked in _steps(subject) if asked.ways <= _LISTED | _ABOVE]
    told: set[tuple[str, FaultKind]] = set()
    for people in subject.people:
        day = subject.tables.day(people.at)
        for asked in found:
            if asked.one.row.in_force(day):
                for fault in _of_step(subject, people, asked):
                    if (fault.where, fault.kind) not in told:
                        told.add((fault.where, fault.kind))
                        yield fault


def _steps(subject: Subject) -> Iterator[Asked]:
    for one, machine in subject.about("chains", Chain):
        for number, step in enumerate(one.row.walk):
            if not stated_none(step):
                path = f".steps[{number}]" if one.row.steps else ".roles"
                yield Asked(one, machine, step, path)


def _of_step(subject: Subject, people: Present, asked: Asked) -> Iterator[Fault]:
    stuck: dict[FaultKind, list[str]] = {}
    votes: dict[str, int] = {}
    for name in _requesters(subject, people, asked):
        found = asked.seats(people, name)
        kind = _stuck(asked, found, name)
        if kind is not None:
            stuck.setdefault(kind, []).append(name)
        elif found.reason is None and not found.skipped:
            votes[name] = sum(seat.weight for seat in found.seats)
    for kind, names in stuck.items():
        shown = ", ".join(names[:_FEW]) + (", …" if len(names) > _FEW else "")
        yield asked.one.fault(kind, asked.path, people=shown, day=people.at.date())
    yield from _short_of_votes(people, asked, votes)


def _requesters(subject: Subject, people: Present, asked: Asked) -> Iterator[str]:
    """
    Yield who may ask, as far as it makes a difference.

    Who is the only one of a way leaves it empty, and votes may weigh differently; of all others
    who would vote one is enough, and one of those who would not.
    """
    able = {name for role in asked.askers for name in people.holders(role)}
    names = sorted(able) if asked.askers else subject.names(people)
    if asked.ways & _ABOVE or asked.step.weights:
        yield from names
        return
    ways = [_listed(people, approver) for approver in asked.step.approvers]
    alone = {way[0] for way in ways if len(way) == 1}
    voters = {name for way in ways for name in way} - alone
    yield from (name for name in names if name in alone)
    for group in (voters, set(names) - voters - alone):
        yield from itertools.islice((name for name in names if name in group), 1)


def _listed(people: Present, approver: Approver) -> Sequence[str]:
    if approver.role is not None:
        return people.holders(approver.role)
    if approver.department is not None:
        return people.members(approver.department)
    return () if approver.person is None else (approver.person,)


def _stuck(asked: Asked, found: Found, requester: str) -> FaultKind | None:
    """Return why a request cannot be decided by anybody else, or None."""
    if found.reason is None:
        voters = {signer.person for seat in found.seats for signer in seat.signers}
        alone = asked.step.own_request is OwnRequest.ALLOW and voters == {requester}
        return FaultKind.ONLY_REQUESTER if alone else None
    if any(note.reason is Reason.OWN_REQUEST_LEFT_OUT for note in found.notes):
        return FaultKind.ONLY_REQUESTER
    # A role nobody has is told by itself.
    return FaultKind.SUPERIOR_MISSING if asked.ways & _ABOVE else None


def _short_of_votes(people: Present, asked: Asked, votes: Mapping[str, int]) -> Iterator[Fault]:
    """Yield that a count is out of reach, told of the requester who comes nearest to it."""
    needed = asked.step.count if asked.step.mode is Mode.VOTE else None
    short = [name for name, have in votes.items() if have < (needed or 0)]
    if short:
        name = max(short, key=lambda one: votes[one])
        values = {"needed": needed, "votes": votes[name], "day": people.at.date()}
        kind = FaultKind.UNREACHABLE_QUORUM
        yield asked.one.fault(kind, f"{asked.path}.count", people=name, **values)
