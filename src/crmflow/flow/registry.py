"""What one engine runs: its tenant's machines with settings, judges, policies and codec."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from crmflow.codec import Codec
from crmflow.core.compiled import Compiled
from crmflow.core.errors import UnknownEventError, UnknownMachineError
from crmflow.core.evolving import BoundEvolve
from crmflow.core.judging import BoundJudge
from crmflow.core.lookup import Lookup
from crmflow.core.message import Handler, RemoteHandler
from crmflow.core.policy import Policy
from crmflow.core.ref import EntityRef, Pair
from crmflow.core.searching import Searching
from crmflow.core.tables import Tables
from crmflow.directory import Directory


@attrs.frozen
class Registry:
    """
    All that the pure phases need besides a snapshot and an event.

    Attributes:
        tenant: Whose entities.
        machines: Machines that are switched on, by name.
        judges: Judges bound per (machine, event); pairs without any are left out.
        codec: Encodes and decodes for these machines and policies.
        policies: Stateful policies of each machine, in order of their names.
        evolvers: What they run after each (machine, event); pairs without any are left out.
        reserved: Owner of each reserved event of a policy, by (machine, event).
        handlers: Delivery handlers with their plugins, by the name messages are addressed to.
        tables: The rows, calendars and settings that policies are bound to.
        directory: Where people are looked up, or None.
        policy_set: What the policy digest of its records stands for.
        lookups: What is looked up before an event is decided, by (machine, event); pairs
            without any are left out.
        searching: By what entities are searched, by machine; those searched by nothing
            are left out.
    """

    tenant: str
    machines: Mapping[str, Compiled]
    judges: Mapping[Pair, tuple[BoundJudge, ...]]
    codec: Codec
    policies: Mapping[str, tuple[Policy, ...]] = attrs.field(factory=dict)
    evolvers: Mapping[Pair, tuple[BoundEvolve, ...]] = attrs.field(factory=dict)
    reserved: Mapping[Pair, BoundEvolve] = attrs.field(factory=dict)
    handlers: Mapping[str, tuple[str, Handler]] = attrs.field(factory=dict)
    tables: Tables = attrs.field(factory=Tables)
    directory: Directory | None = None
    policy_set: bytes = attrs.field(default=b"", repr=False)
    searching: Mapping[str, Searching] = attrs.field(factory=dict)
    lookups: Mapping[Pair, tuple[Lookup, ...]] = attrs.field(factory=dict)

    def is_remote(self, handler: str) -> bool:
        """Say whether a name is that of a handler which waits for another system."""
        _, found = self.handlers.get(handler, ("", None))
        return isinstance(found, RemoteHandler)

    def close(self) -> None:
        """Close the handlers that have connections of their own."""
        for _, handler in self.handlers.values():
            if isinstance(handler, RemoteHandler):
                handler.close()

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

    def form(self, machine: str, event: str) -> type | None:
        """
        Return the form of an event, be it of the machine or a policy's reserved one, or None.

        Raises:
            UnknownMachineError: The machine is not switched on.
            UnknownEventError: Neither it nor a policy of it has such an event.
        """
        compiled = self.machine(machine)
        if event in compiled.events:
            return compiled.events[event]
        owner = self.reserved.get((machine, event))
        if owner is None:
            own = tuple(name for of, name in self.reserved if of == machine)
            raise UnknownEventError(machine, event, (*compiled.events, *own))
        return owner.policy.reserved[event]

    def ref(self, machine: str, id: str) -> EntityRef:  # noqa: A002 - the field's word
        """Return the ref of an entity of this tenant."""
        return EntityRef(self.tenant, machine, id)
