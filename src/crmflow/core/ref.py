"""How entities are named."""

from __future__ import annotations

import attrs

Pair = tuple[str, str]
"""(machine, event)."""

UNBORN = "-"
"""The state of an entity before its creation: the source of every creating row."""


@attrs.frozen(order=True, cache_hash=True)
class EntityRef:
    """Names one entity: its tenant, its machine and its id."""

    tenant: str
    machine: str
    id: str

    def __str__(self) -> str:
        return f"{self.machine} {self.id}"
