"""What happens once, when an engine starts: plugins, settings, machines, judges, store."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from crmflow.clock import Clock, SystemClock
from crmflow.codec import Codec
from crmflow.config import Config, digest, settings_for
from crmflow.core.compiled import Interpreter, compile_machine
from crmflow.core.machine import Machine
from crmflow.engine.driving import at_once
from crmflow.flow.deliver import Outbox
from crmflow.flow.registry import Registry
from crmflow.flow.run import Flow
from crmflow.plugins import Plugins, find_machines, judges_of, load_plugins, plugin_machines
from crmflow.storage.opening import open_store
from crmflow.storage.port import Store


@attrs.frozen
class Started:
    """The parts of an engine."""

    plugins: Plugins
    registry: Registry
    store: Store
    clock: Clock
    flow: Flow
    outbox: Outbox


def start(
    store: str | Store,
    machines: Iterable[str | Machine] | None,
    *,
    tenant: str,
    profile: str | None,
    config: Config,
    plugins: Iterable[object],
    clock: Clock | None,
    interpreter: Interpreter,
) -> Started:
    """
    Return the parts of an engine; see `Engine` for the arguments.

    Raises:
        DefinitionError: A machine, plugin or setting is wrong or missing.
        StoreError: The store cannot be opened.
    """
    found = load_plugins(plugins)
    registry = registry_for(
        found, machines, tenant=tenant, profile=profile, config=config, interpreter=interpreter
    )
    opened = open_store(store) if isinstance(store, str) else store
    ticking = clock or SystemClock()
    flow = Flow(registry, opened, at_once, ticking)
    return Started(found, registry, opened, ticking, flow, Outbox(flow))


def registry_for(
    manager: Plugins,
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
    others = plugin_machines(manager).values()
    settings = settings_for(found.values(), profile, config, others=others)
    policies = digest(settings, manager.identities)
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
