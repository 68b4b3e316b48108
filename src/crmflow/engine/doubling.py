"""Who may be the same as an entity, or as what is about to be collected."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import attrs

from crmflow.core.entity import Snapshot
from crmflow.core.ref import EntityRef
from crmflow.engine.driving import drive
from crmflow.flow.looking import alike
from crmflow.flow.run import Flow
from crmflow.policies.access import Reading
from crmflow.policies.data_quality import Candidate, doubles_of


@attrs.frozen
class Double:
    """
    An entity that may be the one given, as far as its reader may see.

    Attributes:
        ref: Which entity.
        score: How alike they are, from 0 to 1.
        why: Likeness of each fact that both have and its reader may see, by path.
        row: Row of `duplicates` that says so.
        shown: Whether anything of it may be read.
    """

    ref: EntityRef
    score: Decimal
    why: Mapping[str, Decimal]
    row: str
    shown: bool = True


@attrs.frozen
class Found:
    """An entity that may be the one given, with all that is known of it."""

    snapshot: Snapshot[Any]
    candidate: Candidate
    row: str

    def seen_by(self, reading: Reading | None) -> Double:
        """Return it as far as it may be read; None where everybody reads everything."""
        one = self.candidate
        if reading is None:
            return Double(self.snapshot.ref, one.score, one.why, self.row)
        plain = set(reading.facts) - set(reading.masked)
        why = {path: like for path, like in one.why.items() if _fact(path) in plain}
        return Double(self.snapshot.ref, one.score, why, self.row, reading.allowed)


def _fact(path: str) -> str:
    return path.partition(".")[0].removesuffix("[]")


def doubles(
    flow: Flow, machine: str, given: Mapping[str, object] | Snapshot[Any], at: datetime
) -> tuple[Found, ...]:
    """
    Return who may be the same, the likeliest in front; of several rows the one that says most.

    Args:
        flow: Reads the store.
        machine: Name of the machine.
        given: Values by fact, or an entity.
        at: Aware UTC instant, by which rows are in force.

    Raises:
        UnknownMachineError: The machine is not switched on.
        IndexOutOfDateError: Not all entities are indexed.
    """
    tables = flow.registry.tables
    own = given.ref.id if isinstance(given, Snapshot) else None
    root = given.facts if isinstance(given, Snapshot) else given
    found: dict[str, Found] = {}
    for one in doubles_of(flow.registry.machine(machine).machine, None, tables):
        if one.row.in_force(tables.day(at)):
            values = one.values_of(root)
            wanted = one.searching(values)
            others = {s.ref.id: s for s in drive(alike(flow, machine, wanted, one.most, own))}
            for candidate in one.candidates(values, others.values()):
                better = found.get(candidate.id)
                if better is None or better.candidate.score < candidate.score:
                    found[candidate.id] = Found(others[candidate.id], candidate, one.row.name)
    return tuple(sorted(found.values(), key=lambda f: (-f.candidate.score, f.candidate.id)))
