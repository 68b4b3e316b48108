"""
Choosing one of several people, the same way whenever it is decided again.

No entity sees another one, so nothing is counted here: who wants turns or loads to
count brings them along with `$assign`, where they are journaled. Otherwise a digest of
the entity and the person spreads the work evenly, and somebody who comes or goes moves
no more entities than that person's own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from crmflow.core.ref import EntityRef
from crmflow.policies.assignment.rows import Strategy


def digest(*parts: object) -> int:
    """Return a number that spreads evenly and is the same everywhere."""
    text = "\0".join(map(str, parts))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])


def chosen(
    strategy: Strategy,
    candidates: Sequence[str],
    ref: EntityRef,
    turn: int | None = None,
    loads: Mapping[str, int] | None = None,
) -> str:
    """
    Return who of the candidates gets an entity.

    Args:
        strategy: Round robin by *turn*, least loaded by *loads*, or spread; the first two
            spread as well where they are brought nothing to count by.
        candidates: Ids of people, at least one.
        ref: The entity.
        turn: Whose turn it is, from 0.
        loads: How many entities each has; who is not named has none.
    """
    people = sorted(candidates)
    if strategy is Strategy.ROUND_ROBIN and turn is not None:
        return people[turn % len(people)]
    counted = loads if strategy is Strategy.LEAST_LOADED and loads else {}
    return min(people, key=lambda one: (counted.get(one, 0), digest(ref, one), one))
