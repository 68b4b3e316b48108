"""How people read what would be other: machines, states, deadlines with their names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import attrs

from crmflow.cli.output import Record, cell
from crmflow.cli.session import Session
from crmflow.cli.words.judging import TOLD

if TYPE_CHECKING:
    from crmflow.core.machine import Machine
    from crmflow.flow.registry import Registry
    from crmflow.texts import Section, Texts

SECTIONS: Mapping[str, tuple[Section, str]] = {
    "deadline": ("timers", "sla:{}:due"),
    "breach": ("timers", "sla:{}:due"),
    "task": ("tasks", "{}"),
    "timer": ("timers", "{}"),
    "way": ("events", "{}"),
    "event": ("events", "{}"),
    "hold": ("events", "{}"),
    "refusal": ("events", "{}"),
    "approval": ("events", "{}"),
}
"""Where texts have the name of a thing, by what kind of thing it is, and under which code."""

CODED = frozenset({"answer", "cause", "kind", "status"})
"""What is told by a word of crmflow's own."""


@attrs.frozen
class Names:
    """
    The names of things in the chosen language, each behind the code that commands take.

    Attributes:
        here: Says the language.
        machines: The machines there are, by name.
        texts: Texts of that language.
    """

    here: Session
    machines: Mapping[str, Machine]
    texts: Texts

    @classmethod
    def of(cls, here: Session, registries: Iterable[Registry]) -> Names:
        """Return the names of what is in policy sets; of one machine the first set's win."""
        found: dict[str, Machine] = {}
        for registry in registries:
            for name, compiled in registry.machines.items():
                found.setdefault(name, compiled.machine)
        return cls(here, found, here.texts(here.plugins()))

    def machine(self, name: str) -> str:
        """Return a machine: `complaint (投诉)`."""
        found = self.machines.get(name)
        return name if found is None else _both(name, self.texts.machine(found))

    def state(self, machine: str, name: str) -> str:
        """Return a state of a machine."""
        found = self.machines.get(machine)
        states = () if found is None else found.states
        labels = {one.name: self.texts.state(one) for one in states}
        return _both(name, labels.get(name))

    def labelled(self, kind: str, row: Record) -> Record:
        """
        Return a row as people read it.

        Args:
            kind: Its column that says what is told: `effect`.
            row: Has the columns `machine` and `name` besides.
        """
        what, machine, name = (str(row[column]) for column in (kind, "machine", "name"))
        return {
            **row,
            kind: self.here.say(what.replace("_", " ")),
            "machine": self.machine(machine),
            "name": self.thing(what, machine, name),
        }

    def thing(self, what: str, machine: str, name: str) -> str:
        """
        Return what differs.

        Args:
            what: What is told of it: `other_deadline`, `new_breach`, `stuck`.
            machine: Of which machine.
            name: Its code.
        """
        kind = what.rpartition("_")[2]
        if kind in {"state", "failed"}:
            return self.machine(name)
        if kind == "stuck":
            return self.state(machine, name)
        if kind not in SECTIONS:
            return name
        section, code = SECTIONS[kind]
        label = self.texts.find(section, code.format(name), machine)
        if label is None and kind == "approval":  # of a state that waits, not of an event
            return self.state(machine, name)
        return _both(name, label)

    def told(self, machine: str, told: Mapping[str, object] | None) -> str:
        """Return what is told of one side on a line; a dash where there is nothing."""
        if told is None:
            return "-"
        known = {key: value for key, value in told.items() if value not in (None, [], False)}
        return ", ".join(
            f"{self.word(key)} {self._value(machine, key, value)}" for key, value in known.items()
        )

    def word(self, code: str) -> str:
        """Return a word of crmflow's own."""
        return TOLD.get(code, code) if self.here.lang == "zh" else code.replace("_", " ")

    def _value(self, machine: str, key: str, value: object) -> str:
        if key == "state":
            return self.state(machine, str(value))
        if key == "role":
            return _both(str(value), self.texts.find("roles", str(value), machine))
        if value is True:
            return self.here.say("yes")
        return self.word(str(value)) if key in CODED else cell(value)


def _both(code: str, label: str | None) -> str:
    """Return a code with its name, where that tells more."""
    if label is None or label.casefold() == code.replace("_", " ").casefold():
        return code
    return f"{code} ({label})"
