"""The order in which work is done: important customers first, then what is due first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from crmflow.core.entity import Snapshot
from crmflow.core.ref import EntityRef
from crmflow.core.tables import Tables
from crmflow.policies.tiers import Scheme
from crmflow.storage.rows import TaskRow

CUSTOMER = "customer"


def queued(
    rows: Iterable[TaskRow], get: Callable[[EntityRef], Snapshot[Any]], tables: Tables, on: date
) -> list[TaskRow]:
    """
    Return open tasks in the order of their customers' tiers; within a tier they keep their own.

    Args:
        rows: The tasks, those due first in front.
        get: Returns an entity.
        tables: The rows in use: the care scheme says which priority a tier gets.
        on: The company's day.

    Rule: TIE-037
    """
    priorities = _priorities(tables, on)
    last = max(priorities.values(), default=0) + 1
    seen: dict[EntityRef, int] = {}
    for row in rows:
        if row.ref not in seen:
            seen[row.ref] = priorities.get(_tier(get(row.ref)), last)
    return sorted(rows, key=lambda row: seen[row.ref])


def _priorities(tables: Tables, on: date) -> dict[str | None, int]:
    """Return the priority each tier of the care scheme gets; 1 is the first."""
    found: dict[str | None, int] = {}
    for scheme in tables.of("schemes", Scheme):
        if scheme.care and scheme.enabled and scheme.in_force(on):
            named = ((tier.name, tier.gets.get("priority")) for tier in scheme.tiers)
            found |= {name: given for name, given in named if isinstance(given, int)}
    return found


def _tier(snapshot: Snapshot[Any]) -> str | None:
    """Return the tier of the customer an entity is, or is about, as last heard of."""
    if snapshot.ref.machine == CUSTOMER:
        return getattr(snapshot.facts, "tier", None)
    told = [link.facts.get("tier") for link in snapshot.links if link.name == CUSTOMER]
    return str(told[-1]) if told and told[-1] is not None else None
