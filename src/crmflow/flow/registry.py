"""What one engine runs: its tenant's machines with settings, judges and codec."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from crmflow.codec import Codec
from crmflow.core.compiled import Compiled
from crmflow.core.errors import UnknownEventError, UnknownMachineError
from crmflow.core.judging import BoundJudge
from crmflow.core.ref import EntityRef


@attrs.frozen
class Registry:
    """
    All that the pure phases need besides a snapshot and an event.

    Attributes:
        tenant: Whose entities.
        machines: Machines that are switched on, by name.
        judges: Judges bound per (machine, event); pairs without any are left out.
        codec: Encodes and decodes for these machines.
    """

    tenant: str
    machines: Mapping[str, Compiled]
    judges: Mapping[tuple[str, str], tuple[BoundJudge, ...]]
    codec: Codec

    def machine(self, name: str) -> Compiled:
        """
        Return a machine.

        Raises:
            UnknownMachineError: It is not switched on.
        """
        found = self.machines.get(name)
        if found is None:
            raise UnknownMachineError(name, tuple(self.machines))
        return found

    def checked(self, machine: str, event: str) -> Compiled:
        """
        Return a machine that declares the event.

        Raises:
            UnknownMachineError: It is not switched on.
            UnknownEventError: It declares no such event.
        """
        compiled = self.machine(machine)
        if event not in compiled.events:
            raise UnknownEventError(machine, event, tuple(compiled.events))
        return compiled

    def ref(self, machine: str, id: str) -> EntityRef:  # noqa: A002 - the field's word
        """Return the ref of an entity of this tenant."""
        return EntityRef(self.tenant, machine, id)
