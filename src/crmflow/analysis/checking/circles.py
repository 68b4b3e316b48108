"""Circles in the directory: of superiors, of stand-ins who are away; people nobody knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from crmflow.analysis.checking.subject import Subject
from crmflow.analysis.fault import Fault, FaultKind
from crmflow.core.people import Person
from crmflow.directory import Consulted

__all__ = ["stand_ins", "superiors", "unknown"]

_Next = Callable[[Person], str | None]


def superiors(subject: Subject) -> Iterator[Fault]:
    """Yield circles of people who stand above each other."""
    return _circles(subject, FaultKind.SUPERIOR_CIRCLE, lambda _at: lambda one: one.superior)


def stand_ins(subject: Subject) -> Iterator[Fault]:
    """Yield circles of people who are away and stand in for each other."""

    def at(people: Consulted) -> _Next:
        def stand_in(person: Person) -> str | None:
            absence = person.absence(people.at)
            return None if absence is None else absence.stand_in

        return stand_in

    return _circles(subject, FaultKind.STAND_IN_CIRCLE, at)


def _circles(
    subject: Subject, kind: FaultKind, next_at: Callable[[Consulted], _Next]
) -> Iterator[Fault]:
    told: set[frozenset[str]] = set()
    for people in subject.people():
        for circle in circles(_followers(subject, people, next_at(people))):
            if frozenset(circle) not in told:
                told.add(frozenset(circle))
                values = {"people": ", ".join(circle), "day": people.at.date()}
                yield Fault(kind, f"directory: {circle[0]}", values=values)


def _followers(subject: Subject, people: Consulted, follow: _Next) -> Mapping[str, str]:
    found = ((name, people.person(name)) for name in subject.names(people, ()))
    told = ((name, follow(person)) for name, person in found if person is not None)
    return {name: after for name, after in told if after is not None}


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
    """Yield superiors and stand-ins whom the directory does not know on that day."""
    told: set[tuple[str, str]] = set()
    for people in subject.people():
        for name in subject.names(people, ()):
            for other in _named(people, name):
                if people.person(other) is None and (name, other) not in told:
                    told.add((name, other))
                    values = {"person": other, "day": people.at.date()}
                    yield Fault(FaultKind.UNKNOWN_PERSON, f"directory: {name}", values=values)


def _named(people: Consulted, name: str) -> Iterator[str]:
    person = people.person(name)
    absence = None if person is None else person.absence(people.at)
    if person is not None and person.superior is not None:
        yield person.superior
    if absence is not None and absence.stand_in is not None:
        yield absence.stand_in
