"""Checking: every fault of the table `chains`, with its path, when it is loaded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import attrs

from crmflow.core.checking import known
from crmflow.core.form import Fault
from crmflow.core.machine import Machine
from crmflow.core.tables import Tables
from crmflow.policies.approvals.binding import grouped
from crmflow.policies.approvals.known import Known
from crmflow.policies.approvals.rows import NONE, Chain, StepRow
from crmflow.policies.approvals.step_checking import CheckedStep


def check(
    rows: Sequence[Chain], tables: Tables, machines: Mapping[str, Machine]
) -> Iterator[Fault]:
    """
    Yield every fault of the chains.

    Args:
        rows: The rows in use.
        tables: Calendars and zone.
        machines: The machines that are on.
    """
    for number, row in enumerate(rows):
        machine = machines.get(row.machine)
        if machine is not None:
            yield from _Checked(
                f"$.chains[{number}]", row, Known(machine, row.event, tables)
            ).faults()
    yield from _defaults(rows)


def _defaults(rows: Sequence[Chain]) -> Iterator[Fault]:
    """Yield the gaps and overlaps between chains of one event or state."""
    groups: dict[tuple[str, str], list[tuple[int, Chain]]] = {}
    for number, row in enumerate(rows):
        groups.setdefault((row.machine, row.key), []).append((number, row))
    for (_, key), chains in groups.items():
        closed: list[Chain] = []
        for number, row in chains:
            before = next((other for other in closed if row.overlaps(other)), None)
            if before is not None:
                expected = f"one that can be reached: {before.name!r} before it takes every {key!r}"
                yield Fault(f"$.chains[{number}]", "unreachable", expected)
            if row.when is None or row.otherwise is not None:
                closed.append(row)
        if not closed:
            expected = f'a last chain of {key!r} without `when`, or `otherwise = "none"`'
            yield Fault(f"$.chains[{chains[-1][0]}].when", "default", expected)


@attrs.frozen
class _Checked:
    """One row and what it is held against."""

    path: str
    row: Chain
    known: Known

    def faults(self) -> Iterator[Fault]:
        yield from self._key()
        yield from self._steps()
        yield from self.known.condition(f"{self.path}.when", self.row.when)
        for number, name in enumerate(self.row.covers or ()):
            yield from self.known.fact(f"{self.path}.covers[{number}]", name)
        if self.row.otherwise is not None and self.row.when is None:
            yield Fault(f"{self.path}.otherwise", "useless", "a `when` that it follows, or none")
        for number, step in enumerate(self.row.steps):
            yield from CheckedStep(f"{self.path}.steps[{number}]", step, self.known).faults()
        yield from self._names()

    def _key(self) -> Iterator[Fault]:
        event, state = self.row.event, self.row.state
        if (event is None) == (state is None):
            yield Fault(self.path, "choice", "either an event or a state")
        elif event is not None:
            yield from self._event(event)
        else:
            yield from self._state(self.row.key)

    def _event(self, event: str) -> Iterator[Fault]:
        path, machine = f"{self.path}.event", self.known.machine
        yield from known(path, event, machine.events)
        if any(row.vote for row in machine.rows if row.event == event):
            yield Fault(path, "vote", "an event that is no vote: the chain of its state judges it")

    def _state(self, state: str) -> Iterator[Fault]:
        path, machine = f"{self.path}.state", self.known.machine
        states = [one.name for one in machine.states]
        yield from known(path, state, states)
        if state not in states:
            return
        if state in machine.final:
            yield Fault(path, "final", "a state that can be left")
            return
        votes = {row.vote for row in machine.rows if state in row.source}
        if "approve" not in votes:
            expected = "a state with a row whose `vote` is 'approve'"
            yield Fault(path, "vote", expected)
        if votes.isdisjoint({"refuse", "return"}):
            expected = "a state with a row whose `vote` is 'refuse' or 'return'"
            yield Fault(path, "vote", expected)
        if state in machine.events:
            yield Fault(path, "doubled", "a state that no event has the name of")

    def _steps(self) -> Iterator[Fault]:
        row = self.row
        if row.roles is not None and row.steps:
            yield Fault(f"{self.path}.roles", "doubled", "roles or steps; with `none` no steps")
        roles = (row.roles or "").split()
        if len(set(roles)) < len(roles) or (NONE in roles and not row.is_none):
            yield Fault(f"{self.path}.roles", "doubled", "each role once, or `none` alone")
        if row.roles is None and not row.steps:
            expected = 'steps, or `roles = "none"` where nobody approves (CON-011)'
            yield Fault(f"{self.path}.steps", "empty", expected)

    def _names(self) -> Iterator[Fault]:
        """Yield steps that have another's name, and gaps between alternatives of one name."""
        first, seen = 0, set[str]()
        for steps in grouped(self.row.steps):
            name = steps[0].name
            if name in seen or name == "requester":
                expected = "a name no other step has; alternatives follow each other"
                yield Fault(f"{self.path}.steps[{first}].name", "doubled", expected)
            seen.add(name)
            yield from self._alternatives(first, steps)
            first += len(steps)

    def _alternatives(self, first: int, steps: tuple[StepRow, ...]) -> Iterator[Fault]:
        """Yield gaps and unreachable alternatives of one step."""
        for number, step in enumerate(steps):
            path, last = f"{self.path}.steps[{first + number}]", number == len(steps) - 1
            if last and step.when is not None and step.otherwise is None:
                expected = f'a last {step.name!r} without `when`, or `otherwise = "skip"`'
                yield Fault(f"{path}.when", "default", expected)
            if not last and (step.when is None or step.otherwise is not None):
                expected = f"a `when` alone: no {step.name!r} after it can be reached"
                yield Fault(f"{path}.when", "unreachable", expected)
