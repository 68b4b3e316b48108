"""Making what was found short: fewer machines, and the first decision by which it shows."""

from __future__ import annotations

from crmflow.testing.rehearsal.rehearsal import Rehearsal, RehearsalError

LONGER = 2
"""So many times as long fewer machines are rehearsed."""


def shorten(rehearsal: Rehearsal, found: RehearsalError) -> RehearsalError:
    """
    Return what is found with as few machines and decisions as still show something.

    A machine is left out where something is found without it; then the number of decisions is
    halved until no fewer will do. What is found in the end may be another fault than at first.

    Args:
        rehearsal: What found it.
        found: What it found.

    Raises:
        DefinitionError: A machine cannot be without another.
    """
    for name in rehearsal.names:
        rest = [one for one in rehearsal.names if one != name]
        if rest:
            fewer = rehearsal.only(rest)
            # Others do more in its place, so it may show later.
            again = failure(fewer, found.seed, LONGER * found.step)
            if again is not None:
                rehearsal, found = fewer, again
    return _first(rehearsal, found)


def _first(rehearsal: Rehearsal, found: RehearsalError) -> RehearsalError:
    """Return what is found after the fewest decisions."""
    good, bad = 0, found.step + 1
    found = failure(rehearsal, found.seed, bad) or found
    while bad - good > 1:
        middle = (good + bad) // 2
        again = failure(rehearsal, found.seed, middle)
        if again is None:
            good = middle
        else:
            bad, found = middle, again
    return found


def failure(rehearsal: Rehearsal, seed: int, steps: int) -> RehearsalError | None:
    """Return what a rehearsal finds, or None."""
    try:
        rehearsal.run(seed, steps)
    except RehearsalError as error:
        return error
    return None
