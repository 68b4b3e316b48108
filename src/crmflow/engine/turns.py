"""
How far a day's round through all entities has come, noted in the store.

Whoever runs what is due has a turn of one page, a process that ends at once like one that goes on,
and each goes on where the last one ended. Two that have the same turn do the same twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import attrs

from crmflow.storage.port import PAGE, Store
from crmflow.storage.query import Find
from crmflow.storage.rows import EntityRow

NOTE = "$pruned "
"""What a note of a round begins with, among the policies that are enrolled."""

_DONE = "done"
_UPON = "upon "
"""Before the id of the last entity that had its turn."""


@attrs.frozen
class Turns:
    """
    The rounds of one tenant.

    Attributes:
        store: Where they are noted.
        tenant: Whose.
    """

    store: Store
    tenant: str

    def next(self, machines: Iterable[str], day: date) -> Find | None:
        """Return the query for the next page of entities, None once all had their turn."""
        for machine in machines:
            notes = self._notes(machine)
            today = [note.removeprefix(_of(day)) for note in notes if note.startswith(_of(day))]
            if _DONE in today:
                continue
            last = max((note.removeprefix(_UPON) for note in today), default=None)
            after = None if last is None else (machine, last)
            return Find(self.tenant, machine, after=after, limit=PAGE)
        return None

    def had(self, place: Find, rows: Sequence[EntityRow], day: date) -> None:
        """Note that a page had its turn."""
        machine, old = str(place.machine), self._notes(str(place.machine))
        note = _of(day) + (_DONE if len(rows) < place.limit else f"{_UPON}{rows[-1].ref.id}")
        self.store.enroll(self.tenant, [(machine, note)])
        for one in old:
            if one != note:
                self.store.dismiss(self.tenant, machine, one)

    def _notes(self, machine: str) -> list[str]:
        enrolled = self.store.enrolled(self.tenant)
        return [name for of, name in enrolled if of == machine and name.startswith(NOTE)]


def _of(day: date) -> str:
    return f"{NOTE}{day.isoformat()} "
