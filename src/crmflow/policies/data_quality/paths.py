"""Paths: which values of an entity a row is about, as `contacts[].mobile`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args, get_origin

import attrs

from crmflow.core.errors import did_you_mean
from crmflow.core.kinds import kinds_of
from crmflow.core.machine import Machine
from crmflow.core.proposal import Proposal
from crmflow.core.reading import FieldError

FORM = "form."
"""What a path begins with that leads into what the event brings; others lead into facts."""

_PART = re.compile(r"(\w+)(\[\])?")


@attrs.frozen
class Located:
    """A value, None where there is none, and where it stands, as `$.contacts[1].mobile`."""

    path: str
    value: object


@attrs.frozen
class Path:
    """
    Where a value stands.

    Attributes:
        text: As a row has it.
        parts: Name of each field on the way, and whether every item of it is meant.
        in_form: Whether it leads into the form.
    """

    text: str
    parts: tuple[tuple[str, bool], ...]
    in_form: bool

    @property
    def first(self) -> str:
        """Name of the fact, or of the form's field, that it begins with."""
        return self.parts[0][0]

    def values(self, seen: Proposal) -> Iterator[Located]:
        """Yield the values, of facts as they would be after the event."""
        if self.in_form:
            yield from self.of(seen.event.form)
        elif self.first in seen.changes:
            yield from _walked({self.first: seen.changes[self.first]}, self.parts, "$")
        else:
            yield from self.of(seen.before.facts)

    def of(self, root: object) -> Iterator[Located]:
        """Yield the values within facts, a form, or None, which has none."""
        yield from _walked(root, self.parts, "$")


def path_of(text: str) -> Path:
    """
    Return a path.

    Raises:
        FieldError: It is not written as one.
    """
    in_form = text.startswith(FORM)
    matches = [_PART.fullmatch(part) for part in text.removeprefix(FORM).split(".")]
    parts = tuple((match[1], bool(match[2])) for match in matches if match is not None)
    if len(parts) < len(matches):
        raise FieldError("path", "names parted by dots, such as 'contacts[].mobile'")
    return Path(text, parts, in_form)


def fitting(text: str, machine: Machine, form: type | None, *, whole: bool) -> Path:
    """
    Return a path that leads to a field there is.

    Args:
        text: As a row has it.
        machine: Its machine.
        form: Form class of the event, or None.
        whole: Whether it may lead to a list itself, not only to the items of one.

    Raises:
        FieldError: It leads nowhere; the error names what there is.
    """
    path = path_of(text)
    found: object = form if path.in_form else machine.facts
    for place, (name, each) in enumerate(path.parts):
        known = kinds_of(found) if isinstance(found, type) and attrs.has(found) else None
        if known is None:
            if found is object or get_origin(found) is Mapping:
                return path
            raise FieldError("unknown", f"nothing below: {name!r} is no field of it")
        if name not in known:
            raise FieldError("unknown", did_you_mean(name, known))
        found = known[name][0] if len(known[name]) == 1 else object
        is_list, last = get_origin(found) is tuple, place + 1 == len(path.parts)
        if is_list is not each and not (is_list and last and whole):
            right = f"{name!r}: it is no list" if each else f"'{name}[]', for it is a list"
            raise FieldError("path", right)
        found = get_args(found)[0] if each else found
    return path


def is_filled(value: object) -> bool:
    """Say whether anything is said: no blank text, no empty list, not nothing."""
    if isinstance(value, str):
        return bool(value.strip())
    return value is not None and value not in ((), {}, frozenset())


def _walked(root: object, parts: tuple[tuple[str, bool], ...], where: str) -> Iterator[Located]:
    if not parts:
        yield Located(where, root)
        return
    (name, each), rest = parts[0], parts[1:]
    value = root.get(name) if isinstance(root, Mapping) else getattr(root, name, None)
    here = f"{where}.{name}"
    if not each:
        yield from _walked(value, rest, here)
        return
    items: Sequence[Any] = value if isinstance(value, tuple | list) else ()
    if not items:
        yield from _walked(None, rest, f"{here}[]")
    for number, item in enumerate(items):
        yield from _walked(item, rest, f"{here}[{number}]")
