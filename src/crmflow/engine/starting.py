"""What happens once, when an engine starts: plugins, settings, machines, judges."""

from __future__ import annotations

from collections.abc import Iterable

import pluggy

from crmflow.codec import Codec
from crmflow.config import Config, digest, settings_for
from crmflow.core.compiled import Interpreter, compile_machine
from crmflow.core.machine import Machine
from crmflow.flow.registry import Registry
from crmflow.plugins import find_machines, judges_of


def registry_for(
    manager: pluggy.PluginManager,
    machines: Iterable[str | Machine] | None,
    *,
    tenant: str,
    profile: str | None,
    config: Config,
    interpreter: Interpreter,
) -> Registry:
    """
    Return what an engine runs.

    Args:
        manager: The plugins.
        machines: Names of the machines to switch on, or machines; None for all.
        tenant: Whose entities.
        profile: Shipped profile that fills blanks, or None.
        config: The company's own settings, which win.
        interpreter: `table`, or `stock` for the real transitions executor.

    Raises:
        DefinitionError: A machine, plugin or setting is wrong or missing.
        UnknownMachineError: No such machine.
    """
    found = find_machines(machines, manager)
    settings = settings_for(found.values(), profile, config)
    policies = digest(settings, (name for name, _ in manager.list_name_plugin()))
    compiled = {
        name: compile_machine(machine, settings, policies, interpreter)
        for name, machine in found.items()
    }
    bound = {
        (name, event): judges_of(manager, machine, event)
        for name, machine in found.items()
        for event in machine.events
    }
    judges = {pair: judges for pair, judges in bound.items() if judges}
    return Registry(tenant, compiled, judges, Codec(found))
