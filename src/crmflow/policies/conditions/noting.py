"""The policy that notes in the journal which conditions were overridden, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from crmflow.core.entity import Snapshot
from crmflow.core.journal import Entry
from crmflow.core.machine import Machine
from crmflow.core.policy import Evolve, Evolved, FirstShape, Line, Occurrence
from crmflow.core.tables import Tables
from crmflow.policies.conditions.judging import POLICY, bound_of, failing_of


@attrs.frozen
class Nothing:
    """What it remembers of an entity: the journal has it all."""


@attrs.frozen
class Noting(FirstShape):
    """
    Notes overrides of one machine's conditions.

    Attributes:
        machine: The machine.
        tables: All rows in use.
        name: Its name.
        state: Class of its state.
        reserved: Its reserved events: none.
    """

    machine: Machine
    tables: Tables
    name: str = attrs.field(default=POLICY, init=False)
    state: type = attrs.field(default=Nothing, init=False)
    reserved: Mapping[str, type | None] = attrs.field(factory=dict, init=False)

    def evolve_for(self, event: str) -> Evolve | None:
        """Return what notes an override, None where nothing of an event can be overridden."""
        known = event in self.machine.events
        soft = [
            one
            for one in (bound_of(self.machine, event, self.tables) if known else ())
            if one.row.soft is not None
        ]
        if not soft:
            return None

        def evolve(state: object, seen: Occurrence) -> Evolved | None:
            if seen.entry is not Entry.DECISION:  # one that is held is asked again
                return None
            found = tuple(one.verdict(seen) for one in failing_of(soft, seen, self.tables))
            return Evolved(None, verdicts=found) if found else None

        return evolve

    def explain(self, state: Nothing, snapshot: Snapshot[Any]) -> Iterable[Line]:
        """Yield nothing: it remembers nothing."""
        return ()
