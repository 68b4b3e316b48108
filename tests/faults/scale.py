"""How much is done: what every change goes through, or as much as `make soak` asks for."""

from __future__ import annotations

import os
import random
from typing import TypeVar

N = TypeVar("N", int, float)

SOAK = "CRMFLOW_SOAK" in os.environ


def scaled(short: N, soak: N) -> N:
    """Return one of the two."""
    return soak if SOAK else short


def seed() -> str:
    """Return the seed that `CRMFLOW_SEED` names, or a new one; it is told with the counts."""
    return os.environ.get("CRMFLOW_SEED") or str(random.randrange(10**6))
