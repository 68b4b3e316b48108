"""The directory as it is on one day, for checks that ask it much and journal nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import attrs

from crmflow.core.people import Person
from crmflow.directory import Directory

__all__ = ["Present"]


@attrs.frozen
class Present:
    """
    The directory at one instant, whose lists of holders and members are asked for once.

    Attributes:
        directory: Where people are looked up.
        at: Aware UTC instant.
    """

    directory: Directory
    at: datetime
    _lists: dict[tuple[str, str], Sequence[str]] = attrs.field(factory=dict, init=False, eq=False)

    def person(self, id: str) -> Person | None:  # noqa: A002 - the field's word
        """Return who this is, or None."""
        return self.directory.person(id, self.at)

    def holders(self, role: str) -> Sequence[str]:
        """Return the ids of all who have the role, sorted."""
        return self._list("role", role, self.directory.holders)

    def members(self, department: str) -> Sequence[str]:
        """Return the ids of all who belong to the department, sorted."""
        return self._list("department", department, self.directory.members)

    def looked_up(self, name: str) -> object:
        """Return nothing: no store is there to be looked into."""
        return None

    def _list(
        self, what: str, name: str, ask: Callable[[str, datetime], Sequence[str]]
    ) -> Sequence[str]:
        if (what, name) not in self._lists:
            self._lists[what, name] = ask(name, self.at)
        return self._lists[what, name]
