"""Circles in the directory: of superiors, of stand-ins who are away; people nobody knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from crmflow.analysis.checking.subject import Subject
from crmflow.analysis.fault import Fault, FaultKind

__all__ = ["stand_ins", "superiors", "unknown"]


def superiors(subject: Subject) -> Iterator[Fault]:
    """Yield circles of people who stand above each other."""
    told: set[frozenset[str]] = set()
    for people in subject.people:
        for circle in circles(_above(subject, people.at)):
            if frozenset(circle) not in told:
                told.add(frozenset(circle))
                yield _circle(FaultKind.SUPERIOR_CIRCLE, circle, people.at)


def _above(subject: Subject, at: datetime) -> Mapping[str, str]:
    """Return each person's superior at an instant; of several entries the first counts."""
    found: dict[str, str | None] = {}
    for person in subject.listed:
        if person.holds(at):
            found.setdefault(person.id, person.superior)
    return {name: above for name, above in found.items() if above is not None}


def stand_ins(subject: Subject) -> Iterator[Fault]:
    """Yield circles of people who are away and stand in for each other."""
    told: set[frozenset[str]] = set()
    # A circle is closed when the last of its absences begins, or is already.
    for person in subject.listed:
        for absence in person.absences:
            at = max(absence.starts_at, subject.at)
            circle = _standing_in(subject, person.id, at) if absence.holds(at) else ()
            if circle and frozenset(circle) not in told:
                told.add(frozenset(circle))
                yield _circle(FaultKind.STAND_IN_CIRCLE, circle, at)


def _circle(kind: FaultKind, circle: Sequence[str], at: datetime) -> Fault:
    start = circle.index(min(circle))
    shown = (*circle[start:], *circle[:start])
    values = {"people": ", ".join(shown), "day": at.astimezone(UTC).date()}
    return Fault(kind, f"directory: {shown[0]}", values=values)


def _standing_in(subject: Subject, name: str, at: datetime) -> Sequence[str]:
    """Return the circle of stand-ins that closes at somebody; nobody where it does not."""
    path: list[str] = []
    here: str | None = name
    while here is not None and here not in path:
        path.append(here)
        person = subject.directory.person(here, at) if subject.directory else None
        absence = None if person is None else person.absence(at)
        here = None if absence is None else absence.stand_in
    return path if here == name else ()


def circles(followers: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    """Yield each circle of a walk in which everybody is followed by one at most."""
    done: set[str] = set()
    for start in sorted(followers):
        path: list[str] = []
        here: str | None = start
        while here is not None and here not in done:
            done.add(here)
            path.append(here)
            here = followers.get(here)
        if here in path:
            yield tuple(path[path.index(here) :])


def unknown(subject: Subject) -> Iterator[Fault]:
    """Yield superiors and stand-ins whom the directory does not know when they are needed."""
    told: set[tuple[str, str]] = set()
    for name, other, at in _counted_on(subject):
        known = subject.directory is None or subject.directory.person(other, at) is not None
        if not known and (name, other) not in told:
            told.add((name, other))
            values = {"person": other, "day": at.astimezone(UTC).date()}
            yield Fault(FaultKind.UNKNOWN_PERSON, f"directory: {name}", values=values)


def _counted_on(subject: Subject) -> Iterator[tuple[str, str, datetime]]:
    """Yield (who, whom they need, when): superiors every day, stand-ins during an absence."""
    for people in subject.people:
        above = _above(subject, people.at).items()
        yield from ((name, superior, people.at) for name, superior in above)
    for person in subject.listed:
        for absence in person.absences:
            at = max(absence.starts_at, subject.at)
            if absence.stand_in is not None and absence.holds(at):
                yield person.id, absence.stand_in, at
