"""The directory as it was asked: what journals keep of its answers comes before today's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import cast

import attrs

from crmflow.core.form import structure
from crmflow.core.journal import JournalRecord
from crmflow.core.people import Person
from crmflow.directory import Directory

__all__ = ["Remembered"]

Asked = tuple[str, datetime]
"""A question, and the aware UTC instant at which it was asked."""


@attrs.define
class Remembered:
    """
    A directory for one entity.

    Attributes:
        beside: Is asked what the journal does not tell, or None.
        answers: What the journal tells.
        unanswered: What nobody answers: whose answer cannot be known.
    """

    beside: Directory | None
    answers: Mapping[Asked, object]
    unanswered: set[Asked] = attrs.field(factory=set)

    @classmethod
    def of(cls, records: Iterable[JournalRecord], beside: Directory | None) -> Remembered:
        """Return the directory as the records read it."""
        read = ((one.event.at, one.reads or {}) for one in records)
        return cls(
            beside,
            {(question, at): found for at, reads in read for question, found in reads.items()},
        )

    def person(self, id: str, at: datetime) -> Person | None:  # noqa: A002 - the field's word
        """Return who this was at that instant, or None."""
        asked = (f"person {id}", at)
        if asked not in self.answers:
            beside = self._elsewhere(asked)
            return None if beside is None else beside.person(id, at)
        known, _ = structure(Person, cast("Mapping[str, object]", self.answers[asked] or {}))
        return cast("Person | None", known)

    def holders(self, role: str, at: datetime) -> Sequence[str]:
        """Return the ids of all who had the role at that instant, sorted."""
        asked = (f"holders {role}", at)
        if asked in self.answers:
            return cast("Sequence[str]", self.answers[asked] or ())
        beside = self._elsewhere(asked)
        return () if beside is None else beside.holders(role, at)

    def members(self, department: str, at: datetime) -> Sequence[str]:
        """Return the ids of all who belonged to the department at that instant, sorted."""
        asked = (f"members {department}", at)
        if asked in self.answers:
            return cast("Sequence[str]", self.answers[asked] or ())
        beside = self._elsewhere(asked)
        return () if beside is None else beside.members(department, at)

    def _elsewhere(self, asked: Asked) -> Directory | None:
        """Return who is asked in place of the journal; note where there is nobody."""
        if self.beside is None:
            self.unanswered.add(asked)
        return self.beside
