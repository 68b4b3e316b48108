"""Facts to plain values and back; those of another definition as far as they are today's."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

import attrs

from crmflow.codec.sealing import GONE, Seal
from crmflow.codec.shapes import converter, shape_of, storable
from crmflow.core.erasure import ERASED
from crmflow.core.kinds import alternatives, defaults_of, hints_of
from crmflow.core.machine import Machine
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
        version: Of the definition.
        kinds: Kind of each field, by name.
        defaults: What is left out in plain values, by name.
    """

    cls: type
    version: int
    kinds: Mapping[str, Any]
    defaults: Mapping[str, object]

    @classmethod
    def of(cls, machine: Machine) -> Today:
        """
        Return the facts of a machine.

        Raises:
            MachineDefinitionError: A field is of a type that cannot be stored.
        """
        facts = storable(machine.name, machine.facts)
        hints = hints_of(facts)
        told = [one.name for one in attrs.fields(facts) if one.init]
        kinds = {name: hints.get(name, object) for name in told}
        return cls(facts, machine.version, kinds, defaults_of(facts))

    def dump(self, known: object, seal: Seal | None) -> object:
        """Return facts as plain values, what equals its default left out."""
        if seal is None:
            return shape_of(self.cls).dump(known)
        facts = {name: getattr(known, name) for name in self.kinds}
        plain = self.defaults
        told = {name: v for name, v in facts.items() if name not in plain or v != plain[name]}
        return changes(told, seal)

    def load(self, stored: Mapping[str, Any], definition: int) -> object:
        """
        Return stored facts; those of another definition as they are.

        What was erased stands as such, whatever its field may hold.
        """
        if definition != self.version:
            return Former(stored)
        if not any(value is ERASED for value in stored.values()):
            return shape_of(self.cls).load(stored, self.cls)
        return self.cls(**self._named(stored))

    def changed(self, stored: Mapping[str, Any], definition: int) -> Mapping[str, object]:
        """Return facts that a record changed; those of another definition as they are."""
        return Former(stored) if definition != self.version else self._named(stored)

    def _named(self, stored: Mapping[str, Any]) -> dict[str, object]:
        kinds = self.kinds
        return {name: fact_of(v, kinds[name]) for name, v in stored.items() if name in kinds}

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
                faults.append(f"fact {field.name!r} is no {_told(self.kinds[field.name])}")
            elif field.name not in former and field.default is attrs.NOTHING:
                faults.append(f"fact {field.name!r} is missing")
        if faults:
            return None, tuple(faults)
        try:
            return self.cls(**read), ()
        except UNREADABLE as error:  # a claim of the class itself
            return None, (f"{self.cls.__name__} refuses these facts ({type(error).__name__})",)


def changes(facts: Mapping[str, object], seal: Seal | None) -> object:
    """Return some facts by name as plain values; what was erased is none of its field's kind."""
    dump = converter().unstructure
    if seal is None:
        return {name: dump(value) for name, value in facts.items()}
    known = {name: dump(value) for name, value in facts.items() if value is not ERASED}
    return {**seal.tree(known), **{name: {GONE: name} for name in facts if name not in known}}


def _told(annotation: object) -> str:
    """Return what a field's annotation lets it be, in words."""
    return " or ".join(getattr(kind, "__name__", str(kind)) for kind in alternatives(annotation))
