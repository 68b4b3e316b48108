"""Whose approval a request waits for, and whose would be asked after them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from crmflow.core.entity import Snapshot
from crmflow.directory import Consulted
from crmflow.flow.registry import Registry
from crmflow.policies.approvals.binding import Case, Chains
from crmflow.policies.approvals.counting import due_seats
from crmflow.policies.approvals.request import Request
from crmflow.policies.approvals.resolving import seats_of, stand_ins, stated_none
from crmflow.policies.approvals.rows import StepRow

__all__ = ["asked_next", "asked_now"]


def _case(registry: Registry, snapshot: Snapshot[Any], request: Request, at: datetime) -> Case:
    people = Consulted(registry.directory, at)
    return Case(snapshot, request.key, request.requester, request.payload, at, people)


def asked_now(
    registry: Registry, snapshot: Snapshot[Any], request: Request, at: datetime
) -> list[str]:
    """Return who may vote on the open step by now: its signers that are known, or who stands in."""
    step = request.step
    if step is None:
        return []
    case = _case(registry, snapshot, request, at)
    found: dict[str, None] = {}
    for seat in due_seats(step):
        for signer in seat.signers:
            person = signer.holder or signer.person
            others = stand_ins(signer, step, case)
            known = case.people.person(person) is not None
            found |= dict.fromkeys(others or ([person] if known else []))
    return sorted(found.keys() - step.voters)


def asked_next(
    chains: Chains, registry: Registry, snapshot: Snapshot[Any], request: Request, at: datetime
) -> list[str]:
    """Return the steps still to come, with who would be asked: `chief: ann, bob`."""
    bound = chains.named(request.chain, request.version)
    if bound is None or request.step is None:
        return []
    case = _case(registry, snapshot, request, at)

    rows = (
        bound.groups[index][number].row
        for index in range(request.step.index + 1, len(bound.groups))
        if (number := bound.alternative(index, case)) is not None
    )
    return [_told(row, case) for row in rows if not stated_none(row)]


def _told(row: StepRow, case: Case) -> str:
    people = [one.person for seat in seats_of(row, case).seats for one in seat.signers]
    return f"{row.name}: {', '.join(sorted(people)) or '-'}"
