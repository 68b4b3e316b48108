"""
The shipped machines, one per file, read like the tables of the catalogue's part 3.

Each is loaded when it is first asked for, so that a company pays only for what it uses.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping

from crmflow.core.errors import UnknownMachineError
from crmflow.core.machine import Machine

__all__ = ["MACHINES", "load"]

MACHINES: Mapping[str, str] = {
    "lead": "crmflow.states.lead:LEAD",
    "deal": "crmflow.states.deal:DEAL",
    "complaint": "crmflow.states.complaint:COMPLAINT",
}
"""Name of each shipped machine and where it stands, as `module:ATTRIBUTE`."""


def load(name: str) -> Machine:
    """
    Return a shipped machine.

    Args:
        name: One of `MACHINES`.

    Raises:
        UnknownMachineError: None has that name; the error names those there are.
    """
    if name not in MACHINES:
        raise UnknownMachineError(name, tuple(MACHINES))
    module, _, attribute = MACHINES[name].partition(":")
    machine: Machine = getattr(importlib.import_module(module), attribute)
    return machine
