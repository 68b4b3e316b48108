"""What a rehearsal finds."""

from __future__ import annotations

import pytest

from crmflow.testing.rehearsal import Rehearsal, RehearsalError

STEPS = 300
"""Enough to find what is wrong all the time."""


def found_by(rehearsal: Rehearsal, seed: int = 1, steps: int = STEPS) -> RehearsalError:
    """Return what a rehearsal finds."""
    with pytest.raises(RehearsalError) as caught:
        rehearsal.run(seed, steps)
    return caught.value
