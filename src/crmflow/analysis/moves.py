"""
What a machine allows, as plain moves between states: what a log is compared with.

Roles, guards and forms are left out: a log tells where an entity went, not what it
brought. So a move is legal where any row of the table could make it.
"""

from __future__ import annotations

from crmflow.analysis.conformance_report import Moves
from crmflow.core.compiled import compile_machine
from crmflow.core.machine import Machine
from crmflow.core.ref import UNBORN

__all__ = ["moves_of"]


def moves_of(machine: Machine) -> Moves:
    """
    Return the moves of a machine's table.

    Args:
        machine: Shipped, or brought by a plugin.

    Returns:
        Its initial state, every pair of states a row leads through (a row that keeps
        its state gives the state twice), and its final states.

    Raises:
        MachineDefinitionError: The table contradicts itself.
    """
    compiled = compile_machine(machine)
    pairs = [(source, to) for _, source, to, _ in compiled.markup()["moves"]]
    return Moves(
        start_states=frozenset(to for source, to in pairs if source == UNBORN),
        legal_moves=frozenset(pair for pair in pairs if pair[0] != UNBORN),
        final_states=compiled.final,
    )
