"""The scene: what is known of entities while they live, and where chance, time and staff are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime

import attrs

from crmflow.analysis.simulation.agenda import Agenda
from crmflow.analysis.simulation.company import Company
from crmflow.analysis.simulation.desk import Desk
from crmflow.analysis.simulation.payloads import Case
from crmflow.analysis.simulation.streams import Stream, Streams
from crmflow.analysis.simulation.tally import Tally
from crmflow.core.ref import EntityRef


@attrs.define
class Scene:
    """
    What all that happens has in common.

    Attributes:
        company: Whose engine is asked.
        agenda: What is to happen.
        desk: Who works on what.
        tally: What is counted.
        streams: Where chance comes from.
        notice: Looks at what was committed, and lets begin what it begins.
        states: Where each entity is.
    """

    company: Company
    agenda: Agenda
    desk: Desk
    tally: Tally
    streams: Streams
    notice: Callable[[], None]
    states: dict[EntityRef, str] = attrs.field(init=False, factory=dict)
    _names: dict[EntityRef, str] = attrs.field(init=False, factory=dict)
    _cases: dict[str, tuple[int, int]] = attrs.field(init=False, factory=dict)
    _times: Counter[tuple[EntityRef, str]] = attrs.field(init=False, factory=Counter)
    _children: Counter[tuple[EntityRef, str]] = attrs.field(init=False, factory=Counter)

    @property
    def now(self) -> datetime:
        """Aware UTC instant."""
        return self.company.clock.now()

    def name(self, ref: EntityRef) -> str:
        """Return what an entity's chance is named by."""
        return self._names.get(ref, ref.id)

    def brought(self, ref: EntityRef, number: int, customers: int) -> Case:
        """Return a case that comes in now: its number, and how many customers there are."""
        self._cases[ref.id] = (number, customers)
        return self.case(ref)

    def caused(self, source: EntityRef, target: EntityRef) -> None:
        """Name what an entity causes after it: its own id says more than policies may change."""
        if target not in self._names and target not in self.states:
            self._children[source, target.machine] += 1
            count = self._children[source, target.machine]
            self._names[target] = f"{self.name(source)}/{target.machine} {count}"

    def times(self, ref: EntityRef, what: str) -> str:
        """Return what something is named by that may happen to an entity again and again."""
        self._times[ref, what] += 1
        return f"{what} {self._times[ref, what]}"

    def stream(self, ref: EntityRef, *purpose: str) -> Stream:
        """Return the chance of a purpose of an entity."""
        return self.streams.of(self.name(ref), *purpose)

    def case(self, ref: EntityRef) -> Case:
        """Return the case that an entity is, or was caused by."""
        name = self.name(ref)
        number, customers = self._cases.get(name.partition("/")[0], (0, 1))
        return Case(name, ref.id, number, customers, self.now, self.streams)
