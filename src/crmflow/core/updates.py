"""Updates: pure functions that give the facts an event changes, put together from parts."""

from __future__ import annotations

from collections.abc import Callable

from crmflow.core.machine import Asked, Changes


def copied(*names: str) -> Callable[[Asked], Changes]:
    """
    Return an update that copies fields of the form to facts of the same name.

    Args:
        names: Fields to copy; those the form leaves out (None) keep their fact.
    """

    def update(attempt: Asked) -> Changes:
        form = attempt.form
        return {name: found for name in names if (found := getattr(form, name)) is not None}

    return update


def both(*updates: Callable[[Asked], Changes]) -> Callable[[Asked], Changes]:
    """Return an update that makes the changes of all *updates*, the last one winning."""

    def update(attempt: Asked) -> Changes:
        changes: dict[str, object] = {}
        for part in updates:
            changes.update(part(attempt))
        return changes

    return update


def stamped(name: str) -> Callable[[Asked], Changes]:
    """Return an update that sets a fact to the event's instant."""
    return lambda attempt: {name: attempt.at}


def counted(name: str) -> Callable[[Asked], Changes]:
    """Return an update that counts one more in a fact."""
    return lambda attempt: {name: getattr(attempt.facts, name) + 1}
