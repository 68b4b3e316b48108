"""From one version of a machine's definition to the next."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import attrs

Facts = Mapping[str, object]
Names = Mapping[str, str | None]


class Former(dict[str, object]):
    """
    Facts of another version of a machine's definition, by name, as they are stored.

    Plain values: instants are microseconds since 1970-01-01 UTC, days ISO text, decimals and
    money text. What equalled its default is not in a stored snapshot, so read a fact with
    `get` and the default it had.
    """

    __slots__ = ()


def _as_they_are(facts: Facts) -> Facts:
    return facts


@attrs.frozen
class Migration:
    """
    One step from a version of a definition to the next; names it does not mention stay.

    Args:
        facts: Pure function of the facts, plain as they are stored (see `Former`), that gives
            them as the next version has them.
        states: Former name of a state -> the name it has, or the state that takes its place.
        events: Former name of an event that timers wait to fire -> its name; None ends them.
        timers: Former name of a timer -> its name; None ends it.
        tasks: Former name of an open task -> its name; None closes it.
    """

    facts: Callable[[Facts], Facts] = _as_they_are
    states: Mapping[str, str] = attrs.field(factory=dict, kw_only=True)
    events: Names = attrs.field(factory=dict, kw_only=True)
    timers: Names = attrs.field(factory=dict, kw_only=True)
    tasks: Names = attrs.field(factory=dict, kw_only=True)


Migrations = Mapping[int, Migration]
"""By the version that each leads away from."""


def read_migrations(given: Mapping[int, Migration | Callable[[Facts], Facts]]) -> Migrations:
    """Return migrations; a function alone stands for one that changes nothing but facts."""
    return {
        number: one if isinstance(one, Migration) else Migration(one)
        for number, one in given.items()
    }


def renamed(name: str, steps: Iterable[Mapping[str, str | None]]) -> str | None:
    """Return what a name has become after some steps, or None where one of them ends it."""
    now: str | None = name
    for step in steps:
        if now is not None:
            now = step.get(now, now)
    return now
