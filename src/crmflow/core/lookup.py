"""
Lookups: what is looked up in the store before an event is judged.

A judge is pure: it reads nothing. What it has to know of other entities is looked up by the
flow before the event is proposed, and kept in the record like the directory's answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from crmflow.core.entity import Snapshot
from crmflow.core.proposal import Proposal


class Lookup(Protocol):
    """A question about entities like the one at hand; pure, asked by the flow."""

    @property
    def name(self) -> str:
        """Its name, by which a judge asks for the answer: `proposal.people.looked_up(name)`."""
        ...

    @property
    def most(self) -> int:
        """How many entities are loaded at most, those that share most in front."""
        ...

    def wanted(self, proposal: Proposal) -> Mapping[str, object] | None:
        """Return values by searchable fact, by which others are found; None to ask nothing."""
        ...

    def answer(self, proposal: Proposal, found: Sequence[Snapshot[Any]]) -> object:
        """
        Return the answer as a plain value; the journal keeps it.

        Args:
            proposal: What the row would do.
            found: Other entities of the machine that are like it.
        """
        ...
