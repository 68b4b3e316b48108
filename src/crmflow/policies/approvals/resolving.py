"""Resolving: who approves a step, found in the directory, the facts and the form."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import attrs

from crmflow.core.people import superiors
from crmflow.policies.approvals.binding import Case
from crmflow.policies.approvals.reasons import Reason
from crmflow.policies.approvals.request import Seat, Signer, Step
from crmflow.policies.approvals.rows import (
    NONE,
    Approver,
    Empty,
    Mode,
    OwnRequest,
    StepRow,
)


@attrs.frozen
class Note:
    """
    What the mechanism did by itself, and why.

    Attributes:
        reason: Why.
        step: Name of the step it was about, or empty.
        people: Ids of those it was about.
    """

    reason: Reason
    step: str = ""
    people: tuple[str, ...] = ()


@attrs.frozen
class Found:
    """
    The seats of a step, or why it has none.

    Attributes:
        seats: Who votes.
        notes: What was done by itself.
        reason: Why the request cannot go on, or None.
        skipped: Whether the step passes without a vote, as the table says.
    """

    seats: tuple[Seat, ...] = ()
    notes: tuple[Note, ...] = ()
    reason: Reason | None = None
    skipped: bool = False


def _listed(value: object) -> tuple[str, ...]:
    """Return ids as a field or fact holds them: one, several or none."""
    if value is None or value == "":
        return ()
    return (value,) if isinstance(value, str) else tuple(map(str, value))  # type: ignore[call-overload]


def _role(approver: Approver, case: Case) -> tuple[str, ...]:
    return tuple(case.people.holders(approver.role or ""))


def _members(approver: Approver, case: Case) -> tuple[str, ...]:
    named = _listed(getattr(case.snapshot.facts, approver.department_of or "", None))
    found = [person for name in named for person in case.people.members(name)]
    if approver.role is not None:
        holders = set(case.people.holders(approver.role))
        found = [person for person in found if person in holders]
    return tuple(found)


def _superior(approver: Approver, case: Case) -> tuple[str, ...]:
    above = tuple(superiors(case.people, case.requester.id))
    nth = approver.superior or 1
    return above[nth - 1 : nth]


def _up_to(approver: Approver, case: Case) -> tuple[str, ...]:
    found: list[str] = []
    for person in superiors(case.people, case.requester.id):
        found.append(person)
        known = case.people.person(person)
        if known is not None and approver.superiors_up_to in known.roles:
            return tuple(found)
    return ()  # nobody above has the role: a walk cut short would pass too little


WAYS: Mapping[str, Callable[[Approver, Case], tuple[str, ...]]] = {
    "person": lambda approver, _case: _listed(approver.person),
    "role": _role,
    "department": lambda approver, case: tuple(case.people.members(approver.department or "")),
    "department_of": _members,
    "superior": _superior,
    "superiors_up_to": _up_to,
    "chosen": lambda approver, case: _listed(case.payload.get(approver.chosen or "")),
    "fact": lambda approver, case: _listed(getattr(case.snapshot.facts, approver.fact or "", None)),
    "owner": lambda _approver, case: _listed(getattr(case.snapshot.facts, "owner", None)),
}
"""How each way finds ids."""


def resolve(approver: Approver, case: Case) -> tuple[str, ...]:
    """Return the ids one way finds, those left out whom the directory does not know."""
    (way,) = approver.ways
    return tuple(one for one in WAYS[way](approver, case) if case.people.person(one) is not None)


def stated_none(row: StepRow) -> bool:
    """Say whether a step states that nobody approves it."""
    return any(approver.role == NONE for approver in row.approvers)


def _allowed(found: Iterable[str], row: StepRow, case: Case, notes: list[Note]) -> tuple[str, ...]:
    """Return ids with the requester left out or sent to the superior, as the table says."""
    asks, kept = case.requester.id, list[str]()
    for person in found:
        if person != asks or row.own_request is OwnRequest.ALLOW:
            kept.append(person)
        elif row.own_request is OwnRequest.FORBID:
            notes.append(Note(Reason.OWN_REQUEST_LEFT_OUT, row.name, (person,)))
        else:
            above = tuple(superiors(case.people, asks))[:1]
            notes.append(Note(Reason.OWN_REQUEST_TO_SUPERIOR, row.name, above))
            kept += [one for one in above if case.people.person(one) is not None]
    return tuple(kept)


def _signers(
    approvers: Iterable[Approver], row: StepRow, case: Case, notes: list[Note]
) -> tuple[list[Signer], bool]:
    """Return the signers, each person once, and whether some way found nobody."""
    signers: dict[str, Signer] = {}
    lacking = False
    for approver in approvers:
        found = _allowed(resolve(approver, case), row, case, notes)
        lacking = lacking or not found
        for person in found:
            signers.setdefault(person, Signer(person, approver.role or ""))
    return list(signers.values()), lacking


def seats_of(row: StepRow, case: Case) -> Found:
    """
    Return who votes in a step; where an approver is missing, what the table says of that.

    In `all` and `sequence` each way must find somebody: a missing superior is never passed
    over in silence.
    """
    notes: list[Note] = []
    signers, lacking = _signers(row.approvers, row, case, notes)
    if signers and not (lacking and row.mode in {Mode.ALL, Mode.SEQUENCE}):
        return Found(_seats(signers, row), tuple(notes))
    if row.empty is Empty.REFUSE:
        return Found((), tuple(notes), Reason.APPROVER_MISSING)
    if row.empty is Empty.PASS:
        notes.append(Note(Reason.PASSED_WITHOUT_APPROVER, row.name))
        return Found(_seats(signers, row), tuple(notes), None, not signers)
    others, _ = _signers(row.fallback, row, case, notes)
    if not others:
        return Found((), tuple(notes), Reason.FALLBACK_MISSING)
    notes.append(Note(Reason.FALLBACK_USED, row.name, tuple(one.person for one in others)))
    known = {one.person: one for one in (*signers, *others)}
    return Found(_seats(known.values(), row), tuple(notes))


def _seats(signers: Iterable[Signer], row: StepRow) -> tuple[Seat, ...]:
    def weight(signer: Signer) -> int:
        return row.weights.get(signer.person, row.weights.get(signer.role, 1))

    return tuple(Seat((signer,), weight(signer)) for signer in signers)


def acting_for(person: str, case: Case) -> tuple[str, ...]:
    """Return who acts for a person away: the stand-in, theirs if away too; a circle ends."""
    found: list[str] = []
    here = case.people.person(person)
    while here is not None:
        absence = here.absence(case.at)
        if absence is None or absence.stand_in is None or absence.stand_in in {person, *found}:
            break
        found.append(absence.stand_in)
        here = case.people.person(absence.stand_in)
    return tuple(found)


def stand_ins(signer: Signer, step: Step, case: Case) -> tuple[str, ...]:
    """Return who may cast a signer's vote in their absence, nobody who may not vote."""
    person = signer.holder or signer.person
    barred = {other.person for other in step.signers}
    if step.own_request is not OwnRequest.ALLOW:
        barred.add(case.requester.id)
    return tuple(
        one
        for one in acting_for(person, case)
        if one not in barred and case.people.person(one) is not None
    )
