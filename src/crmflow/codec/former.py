"""Facts of another version of a machine's definition, read as far as they are today's."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

import attrs

from crmflow.codec.shapes import converter
from crmflow.core.erasure import ERASED
from crmflow.core.kinds import alternatives
from crmflow.core.migration import Former

UNREADABLE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What reading a value raises that is none of its kind."""


def fact_of(value: Any, kind: Any) -> object:  # noqa: ANN401 - any JSON, any annotation
    """Return a stored value as its field's kind; what was erased stands as such."""
    return value if value is ERASED else converter().structure(value, kind)


@attrs.frozen
class Today:
    """
    The facts that a machine's entities have by today's definition.

    Attributes:
        cls: Their class.
        kinds: Kind of each field, by name.
    """

    cls: type
    kinds: Mapping[str, Any]

    def read(self, former: Former) -> dict[str, Any]:
        """Return by name what is of the name and kind of a field."""
        found = {}
        for name, kind in self.kinds.items():
            if name in former:
                with contextlib.suppress(*UNREADABLE):
                    found[name] = fact_of(former[name], kind)
        return found

    def facts(self, former: Former) -> tuple[object, tuple[str, ...]]:
        """
        Return facts that migrations have made today's, or every reason why they are none.

        No reason says what a fact holds, which may tell of a person: errors are logged and shown.

        Returns:
            The facts and no faults, or None and the faults.
        """
        read, faults = self.read(former), []
        for field in attrs.fields(self.cls):
            if field.name in former and field.name not in read:
                faults.append(f"fact {field.name!r} is no {_named(self.kinds[field.name])}")
            elif field.name not in former and field.default is attrs.NOTHING:
                faults.append(f"fact {field.name!r} is missing")
        if faults:
            return None, tuple(faults)
        try:
            return self.cls(**read), ()
        except UNREADABLE as error:  # a claim of the class itself
            return None, (f"{self.cls.__name__} refuses these facts ({type(error).__name__})",)


def _named(annotation: object) -> str:
    """Return what a field's annotation lets it be, in words."""
    return " or ".join(getattr(kind, "__name__", str(kind)) for kind in alternatives(annotation))
