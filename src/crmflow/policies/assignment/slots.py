"""
Places that are limited in number, as unique claims (decision 0020).

A person's n places of the pool are n values of which each can be held once; a clash
refuses. Which place is tried is said by the form; else a digest of the entity chooses.
Who is refused tries the others in the order of `tries`: after the last, all are taken.
"""

from __future__ import annotations

from datetime import date

from crmflow.core.claim import Claim
from crmflow.core.ref import EntityRef
from crmflow.policies.assignment.choice import digest

HOLDINGS, PICKS = "pool.holdings", "pool.picks"


def tries(limit: int, ref: EntityRef, person: str) -> tuple[int, ...]:
    """
    Return the numbers of all places in the order in which they are tried.

    Args:
        limit: How many there are.
        ref: The entity that is picked up.
        person: Id of who picks it up.
    """
    first = digest(ref, person) % limit
    return tuple((first + n) % limit + 1 for n in range(limit))


def holding(pool: str, person: str, number: int) -> Claim:
    """Return the claim on one of a person's places; a pool's name has no colon."""
    return Claim(HOLDINGS, f"{pool}:{number}:{person}")


def pick(pool: str, person: str, day: date, number: int) -> Claim:
    """Return the claim on one of a person's picks of a day."""
    return Claim(PICKS, f"{pool}:{day.isoformat()}:{number}:{person}")
