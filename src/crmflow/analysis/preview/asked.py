"""Whose approval a request waits for, and whose would be asked after them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from crmflow.core.entity import Snapshot
from crmflow.directory import Consulted
from crmflow.flow.registry import Registry
from crmflow.policies.approvals.binding import Case, Chains
from crmflow.policies.approvals.counting import due_seats
from crmflow.policies.approvals.request import Phase, Request
from crmflow.policies.approvals.resolving import seats_of, stand_ins, stated_none

__all__ = ["asked_next", "asked_now"]


def _case(registry: Registry, snapshot: Snapshot[Any], request: Request, at: datetime) -> Case:
    people = Consulted(registry.directory, at)
    return Case(snapshot, request.key, request.requester, request.payload, at, people)


def asked_now(
    registry: Registry, snapshot: Snapshot[Any], request: Request, at: datetime
) -> list[str]:
    """Return who may vote on the open step by now: its signers that are known, or who stands in."""
    step = request.step
    if step is None or request.phase is not Phase.AWAITING:
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

    def steps() -> Iterator[str]:
        for index in range(request.step.index + 1, len(bound.groups)):  # type: ignore[union-attr]
            number = bound.alternative(index, case)
            row = None if number is None else bound.groups[index][number].row
            if row is not None and not stated_none(row):
                found = seats_of(row, case)
                people = [one.person for seat in found.seats for one in seat.signers]
                yield f"{row.name}: {', '.join(sorted(people)) or '-'}"

    return list(steps())
