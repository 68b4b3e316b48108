"""
From a machine's table to the dispatch table, by way of the transitions library.

Each machine builds one stock `transitions.Machine`, shared by all entities; the
dispatch table is derived from that built machine alone. `crmflow.core.compiled`
is the only module that imports transitions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, cast

import attrs
import transitions

from crmflow.core.actor import SYSTEM
from crmflow.core.definition import check, sources
from crmflow.core.machine import KEEP, Asked, Kind, Machine, Row
from crmflow.core.ref import UNBORN

Interpreter = Literal["table", "stock"]


@attrs.frozen
class Basis:
    """
    What a decision was made with.

    Attributes:
        machine: Edition of the machine (`complaint 1`).
        policies: Policy digest.
        version: Version of the machine's definition, read from its edition.
    """

    machine: str
    policies: str = ""
    version: int = attrs.field(init=False, eq=False, repr=False)

    @version.default
    def _version(self) -> int:
        return int(self.machine.rpartition(" ")[2].partition("+")[0])


@attrs.frozen
class Candidate:
    """
    A row as tried from one state.

    Attributes:
        row: The declared row.
        to: State entered, or None where the state is kept.
        checks: The guards' functions, in order.
        plain: Whether it attaches, drops and sends nothing.
        name: The row's name.
    """

    row: Row
    to: str | None
    checks: tuple[Callable[[Asked], bool], ...]
    plain: bool
    name: str


@attrs.frozen
class Gate:
    """The one condition of a stock transition: the actor's role and the row's guards."""

    row: Row

    def __call__(self, data: transitions.EventData) -> bool:
        """Say whether the row passes, leaving it on the cursor for who asks."""
        cursor = cast("Cursor", data.model)
        if not passes(self.row, cursor.attempt):
            return False
        cursor.row = self.row
        return True


@attrs.define
class Cursor:
    """What stock transitions move in an entity's place, thrown away after the step."""

    state: str
    attempt: Asked
    row: Row | None = None


def passes(row: Row, attempt: Asked) -> bool:
    """Say whether the actor has a role of the row and all guards hold."""
    return allowed(row, attempt) and all(guard.fn(attempt) for guard in row.guards)


def allowed(row: Row, attempt: Asked) -> bool:
    """Say whether the actor has one of the row's roles; SYSTEM needs none."""
    actor = attempt.event.actor
    return not row.who or actor is SYSTEM or not row.who.isdisjoint(actor.roles)


def build(machine: Machine) -> transitions.Machine:
    """Return the stock machine of a table, which `check` has found in order."""
    stock = transitions.Machine(
        model=None,
        states=[
            UNBORN,
            *({"name": state.name, "final": state.kind is Kind.FINAL} for state in machine.states),
        ],
        initial=UNBORN,
        auto_transitions=False,
        send_event=True,
    )
    for row in machine.rows:
        for source in sources(machine, row):
            to = None if row.to == KEEP else row.to
            stock.add_transition(row.event, source, to, conditions=[Gate(row)])
    return stock


Table = Mapping[str, Mapping[str, tuple[Candidate, ...]]]


def derive(stock: transitions.Machine) -> Table:
    """Return the dispatch table (state, event) -> candidates of a built stock machine."""
    table: dict[str, dict[str, tuple[Candidate, ...]]] = {name: {} for name in stock.states}
    final = frozenset(name for name, state in stock.states.items() if state.final)
    for event in stock.events.values():
        for source, moves in event.transitions.items():
            table[source][event.name] = tuple(_candidate(move, final) for move in moves)
    return table


def _candidate(move: transitions.Transition, final: frozenset[str]) -> Candidate:
    row = cast("Gate", move.conditions[0].func).row
    parts = (row.start, row.stop, row.tasks, row.done, row.send, row.claims)
    checks = tuple(guard.fn for guard in row.guards)
    return Candidate(row, move.dest, checks, not any(parts) and move.dest not in final, row.name)


@attrs.frozen
class Compiled:
    """
    A machine ready to run.

    Attributes:
        machine: The declared table.
        stock: The stock machine built from it.
        table: The dispatch table derived from the stock machine.
        events: Form of each event, or None.
        final: Names of the final states.
        basis: What its decisions are recorded with.
        settings: Values of the machine's blanks, by key.
        interpreter: Whether steps go by the table or by the stock machine itself.
    """

    machine: Machine
    stock: transitions.Machine = attrs.field(repr=False)
    table: Table = attrs.field(repr=False)
    events: Mapping[str, type | None]
    final: frozenset[str]
    basis: Basis
    settings: Mapping[str, object] = attrs.field(factory=dict, repr=False)
    interpreter: Interpreter = "table"

    def candidates(self, state: str, event: str) -> tuple[Candidate, ...]:
        """Return the rows to try, in order; none where the state has no such event."""
        return self.table[state].get(event, ())

    def possible(self, state: str) -> tuple[str, ...]:
        """Return the events a state has rows for, those of the system alone left out."""
        moves = self.table[state].items()
        return tuple(
            event
            for event, candidates in moves
            if any(candidate.row.who != SYSTEM.roles for candidate in candidates)
        )

    def step(self, attempt: Asked) -> Candidate | None:
        """Return the first row that passes, or None."""
        if self.interpreter == "stock":
            return self._stock_step(attempt)
        event = attempt.event
        actor = event.actor
        for candidate in self.table[attempt.snapshot.state].get(event.name, ()):
            who = candidate.row.who
            if who and actor is not SYSTEM and who.isdisjoint(actor.roles):
                continue
            for holds in candidate.checks:
                if not holds(attempt):
                    break
            else:
                return candidate
        return None

    def _stock_step(self, attempt: Asked) -> Candidate | None:
        """Run the real transitions executor on a throwaway cursor."""
        state, event = attempt.snapshot.state, attempt.event.name
        found = self.candidates(state, event)
        if not found:
            return None
        cursor = Cursor(state, attempt)
        if not self.stock.events[event].trigger(cursor):
            return None
        return next(candidate for candidate in found if candidate.row is cursor.row)

    def markup(self) -> Mapping[str, Any]:
        """Return states and moves of the stock machine, from which diagrams are drawn."""
        return {
            "states": list(self.stock.states),
            "moves": [
                (event.name, source, source if move.dest is None else move.dest, move.dest is None)
                for event in self.stock.events.values()
                for source, moves in event.transitions.items()
                for move in moves
            ],
        }


def compile_machine(
    machine: Machine,
    settings: Mapping[str, object] | None = None,
    policies: str = "",
    interpreter: Interpreter = "table",
) -> Compiled:
    """
    Return a machine ready to run.

    Args:
        machine: The declared table.
        settings: Values of its blanks, by key.
        policies: Digest of the policy set it is judged by.
        interpreter: `table`, or `stock` for the real transitions executor.

    Raises:
        MachineDefinitionError: The table contradicts itself.
    """
    check(machine)
    stock = build(machine)
    final = frozenset(name for name, state in stock.states.items() if state.final)
    events = {event: machine.form(event) for event in machine.events}
    basis = Basis(machine.edition, policies)
    return Compiled(
        machine, stock, derive(stock), events, final, basis, settings or {}, interpreter
    )
