"""What happens once, when an engine starts: plugins, settings, machines, judges, store."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from crmflow.clock import Clock, SystemClock
from crmflow.codec import Codec
from crmflow.config import Config, digest, settings_for
from crmflow.core.compiled import Interpreter, compile_machine
from crmflow.core.machine import Machine
from crmflow.core.tables import Tables
from crmflow.directory import Directory
from crmflow.engine.attaching import enroll
from crmflow.engine.driving import at_once
from crmflow.flow.deliver import Outbox
from crmflow.flow.registry import Registry
from crmflow.flow.run import Flow
from crmflow.plugins.binding import bind
from crmflow.plugins.bringing import find_machines, plugin_handlers, plugin_machines
from crmflow.plugins.loading import Plugins, load_plugins
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
    directory: Directory | None,
    clock: Clock | None,
    interpreter: Interpreter,
    retiring: Iterable[str],
) -> Started:
    """
    Return the parts of an engine; see `Engine` for the arguments.

    Raises:
        DefinitionError: A machine, plugin or setting is wrong or missing.
        PolicyMissingError: A policy that is not there has open timers or holds.
        StoreError: The store cannot be opened.
    """
    found = load_plugins(plugins)
    registry = registry_for(
        found,
        machines,
        tenant=tenant,
        profile=profile,
        config=config,
        directory=directory,
        interpreter=interpreter,
    )
    opened = open_store(store) if isinstance(store, str) else store
    ticking = clock or SystemClock()
    flow = Flow(registry, opened, at_once, ticking)
    enroll(registry, opened, frozenset(retiring))
    return Started(found, registry, opened, ticking, flow, Outbox(flow))


def registry_for(
    manager: Plugins,
    machines: Iterable[str | Machine] | None,
    *,
    tenant: str,
    profile: str | None,
    config: Config,
    interpreter: Interpreter,
    directory: Directory | None = None,
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
        directory: Where policies look people up, or None.

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
    tables = Tables(settings=settings)
    bound = bind(manager, found, tables)
    return Registry(
        tenant,
        compiled,
        bound.judges,
        Codec(found, bound.policies),
        bound.policies,
        bound.evolvers,
        bound.reserved,
        plugin_handlers(manager),
        tables,
        directory,
    )
