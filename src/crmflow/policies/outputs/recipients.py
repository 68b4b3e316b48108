"""Recipients: who gets an output, by what the entity knows and what the directory answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from itertools import islice

import attrs

from crmflow.core.errors import did_you_mean
from crmflow.core.form import Fault
from crmflow.core.people import People, superiors
from crmflow.policies.outputs.shapes import Sight, Way, read


class Who(StrEnum):
    """Kinds of recipients, and of what names them."""

    CUSTOMER = "customer"
    PERSON = "person"
    SUPERIOR = "superior"
    DEPARTMENT = "department"
    ROLE = "role"
    ROLE_OF = "role_of"


@attrs.frozen
class Address:
    """
    One entry of a row's `to`.

    Attributes:
        who: What it names.
        way: Where it stands who that is; for ROLE the role itself.
    """

    who: Who
    way: Way

    @classmethod
    def of(cls, text: str, sight: Sight) -> Address:
        """Return an entry; it was checked."""
        kind, _, at = text.partition(":")
        who = Who(kind)
        return cls(who, (at,) if who is Who.ROLE else sight.way(at) or ())


@attrs.frozen
class Recipient:
    """
    Who gets an output.

    Attributes:
        who: Kind: a customer, a person, a department, a role.
        id: Id or name of it.
        people: Ids of the people who are meant, as the directory had them; empty for
            a customer, and where there is no directory.
    """

    who: Who
    id: str
    people: tuple[str, ...] = ()


_FOUND = {Who.SUPERIOR: Who.PERSON, Who.ROLE_OF: Who.ROLE}
"""What those are who are found by others."""


def faults(place: str, entries: Iterable[str], sight: Sight) -> Iterator[Fault]:
    """Yield what is wrong with a row's `to`."""
    for number, text in enumerate(entries):
        here = f"{place}[{number}]"
        who, _, at = text.partition(":")
        if who not in set(Who):
            hint = did_you_mean(who, [one.value for one in Who])
            yield Fault(here, "unknown", f"{who!r}. {hint}")
        elif not at:
            yield Fault(here, "missing", f"whom: {who}:<name>")
        elif who != Who.ROLE:
            yield from sight.faults(here, at)


def recipients(
    entries: Iterable[Address], data: Mapping[str, object], people: People
) -> Iterator[Recipient]:
    """
    Yield who gets an output, each once.

    Args:
        entries: A row's `to`.
        data: What may be told of the entity.
        people: The directory at the event's instant.
    """
    seen: set[tuple[Who, str]] = set()
    for entry in entries:
        for name in _names(entry, data, people):
            who = _FOUND.get(entry.who, entry.who)
            if (who, name) not in seen:
                seen.add((who, name))
                yield Recipient(who, name, _people(who, name, people))


def _names(entry: Address, data: Mapping[str, object], people: People) -> Iterable[str]:
    if entry.who is Who.ROLE:
        return entry.way
    named = texts(read(data, entry.way))
    if entry.who is not Who.SUPERIOR:
        return named
    return [above for name in named for above in islice(superiors(people, name), 1)]


def _people(who: Who, name: str, people: People) -> tuple[str, ...]:
    asked: Mapping[Who, Callable[[str], Iterable[str]]] = {
        Who.ROLE: people.holders,
        Who.DEPARTMENT: people.members,
        Who.PERSON: lambda one: (one,),
    }
    return tuple(asked[who](name)) if who in asked else ()


def texts(value: object) -> tuple[str, ...]:
    """Return the texts that a value names: one, several or none."""
    found = value if isinstance(value, list | tuple | frozenset) else (value,)
    return tuple(str(one) for one in found if one not in (None, ""))
