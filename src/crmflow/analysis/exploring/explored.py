"""What exploring has seen of one machine, and how a fault is made of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs

from crmflow.analysis.exploring.graph import Edge, Graph, Situation
from crmflow.analysis.exploring.shortening import Sight, story_of
from crmflow.analysis.exploring.walking import Walker
from crmflow.analysis.fault import Fault, FaultKind
from crmflow.analysis.happening import Happening, Story
from crmflow.core.compiled import Compiled
from crmflow.core.errors import CrmflowError
from crmflow.core.machine import Machine
from crmflow.core.refusal import Refusal
from crmflow.core.tables import MachineRow, Tables

__all__ = ["Failure", "Refused", "Seen"]


@attrs.frozen
class Failure:
    """Something that raised instead of being decided."""

    situation: Situation
    happening: Happening
    error: CrmflowError


@attrs.frozen
class Refused:
    """A refusal, the reasons it gave, and the situation it was given in."""

    situation: Situation
    happening: Happening
    refusal: Refusal
    reasons: str


@attrs.frozen
class Seen:
    """
    What exploring one machine has seen.

    Attributes:
        compiled: The machine as it ran.
        tables: The rows it was judged by.
        graph: All situations.
        failures: What raised.
        refusals: The first refusal of each event for each set of reasons.
        limits: How often each bound was hit, by its name.
        walker: Walks what was found again.
    """

    compiled: Compiled
    tables: Tables
    graph: Graph
    failures: tuple[Failure, ...]
    refusals: tuple[Refused, ...]
    limits: Mapping[str, int]
    walker: Walker

    @property
    def machine(self) -> Machine:
        """The machine's table."""
        return self.compiled.machine

    @property
    def whole(self) -> bool:
        """Whether no bound was hit, so that what was not seen is not there."""
        return not self.limits

    def is_final(self, situation: Situation) -> bool:
        """Say whether an entity's life is over in a situation."""
        return situation.snapshot.state in self.compiled.final

    def distance(self, situation: Situation) -> int:
        """Return how many happenings lead into a situation, at least."""
        return len(self.graph.nearest(situation))

    def reasons(self, situation: Situation) -> str:
        """Return why what was tried in a situation was refused."""
        found = [one.reasons for one in self.refusals if one.situation is situation]
        return "; ".join(dict.fromkeys(found)) or "-"

    def policy_row(self, key: str) -> str:
        """Return the name of the table row about an event or state, or the key itself."""
        rows = (row for row in self.tables.rows.get("chains", ()) if isinstance(row, MachineRow))
        about = (row for row in rows if row.machine == self.machine.name)
        named = (row.name for row in about if key in {_read(row, "event"), _read(row, "state")})
        return next(named, key)

    def fault(
        self, kind: FaultKind, where: str, rules: tuple[str, ...] = (), /, **values: object
    ) -> Fault:
        """Return a fault of the machine."""
        return Fault(kind, where, machine=self.machine.name, rules=rules, values=values)

    def shown(
        self,
        kind: FaultKind,
        situation: Situation,
        *more: Edge | Happening,
        also: Iterable[Situation] = (),
        place: str | None = None,
        **values: object,
    ) -> Fault:
        """
        Return a fault of the machine with the story that shows it.

        Args:
            kind: What kind it is.
            situation: Where the story ends, but for *more*; the nearest.
            more: What happens there besides.
            also: Other situations that show it as well.
            place: What it is about; left out, the state of the situation.
            values: What fills the placeholders of its text.
        """
        where = situation.snapshot.state if place is None else place
        fault = self.fault(kind, where, **values)
        goals = frozenset(one.number for one in (situation, *also))
        sight = Sight(self.graph.nearest(situation), goals, more, kind is FaultKind.FAILING)
        return attrs.evolve(fault, story=self.story(sight))

    def story(self, sight: Sight) -> Story | None:
        """Return the story that shows something; None where no engine goes that way."""
        return story_of(self.walker, self.graph, sight)


def _read(row: MachineRow, column: str) -> object:
    return getattr(row, column, None)
