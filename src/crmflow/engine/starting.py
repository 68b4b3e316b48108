"""What happens once, when an engine starts: plugins, settings, machines, judges, store."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping

import attrs

from crmflow.calendars import CALENDARS, calendars_of
from crmflow.clock import Clock, SystemClock
from crmflow.codec import Codec
from crmflow.config import Config, Profiles, digest, examine, policy_set, required
from crmflow.core.compiled import Compiled, Interpreter, compile_machine
from crmflow.core.held import Held
from crmflow.core.machine import Machine
from crmflow.core.machine_pause import MACHINE_PAUSE
from crmflow.core.ref import EntityRef
from crmflow.core.tables import Tables
from crmflow.directory import Directory
from crmflow.engine.attaching import enroll
from crmflow.engine.driving import at_once
from crmflow.engine.grouping import Group
from crmflow.engine.sealing import searching_in_use, vault_of
from crmflow.engine.searching import tend
from crmflow.flow.deliver import Outbox
from crmflow.flow.registry import Registry
from crmflow.flow.run import Flow
from crmflow.plugins.binding import Bound, bind
from crmflow.plugins.bringing import (
    find_machines,
    plugin_handlers,
    plugin_machines,
    plugin_rows,
    plugin_tables,
    serving,
)
from crmflow.plugins.loading import Plugins, load_plugins
from crmflow.profiles.files import layer_of
from crmflow.profiles.layer import Layer
from crmflow.profiles.loading import Loaded
from crmflow.storage.limits import check_ref
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
    group: Group
    outbox: Outbox


def start(
    store: str | Store,
    machines: Iterable[str | Machine] | None,
    *,
    tenant: str,
    profile: Profiles,
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
        UnstorableError: No store keeps such a tenant.
    """
    check_ref(EntityRef(tenant, "", ""))
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
    try:
        return over(found, registry, opened, clock or SystemClock(), retiring)
    except BaseException:
        if opened is not store:
            opened.close()
        raise


def over(
    plugins: Plugins,
    registry: Registry,
    store: Store,
    clock: Clock,
    retiring: Iterable[str] = (),
) -> Started:
    """
    Return the parts of an engine over a store, of what was read and bound before.

    Args:
        plugins: The plugins.
        registry: What the engine runs; one store at a time opens what is sealed.
        store: The store.
        clock: Where 'now' comes from.
        retiring: Policies that may be missing, because they are about to be retired.

    Raises:
        PolicyMissingError: A policy that is not there has open timers or holds.
        StoreError: The store cannot be used.
    """
    registry.codec.vault.secret_of = store.secret
    _note(registry, store, frozenset(retiring))
    flow = Flow(registry, store, at_once, clock)
    return Started(plugins, registry, store, clock, flow, Group(flow), Outbox(flow))


# Engines over the same registry are made again and again, by tests and by hosts.
_digest = functools.lru_cache(maxsize=8)(digest)


def _note(registry: Registry, store: Store, retiring: frozenset[str]) -> None:
    """Note what runs over a store: policies, terms, and what the digest of records stands for."""
    enroll(registry, store, retiring)
    tend(registry, store)
    name = _digest(registry.policy_set)
    if store.policy_set(registry.tenant, name) is None:
        store.keep_set(registry.tenant, name, registry.policy_set)


def registry_for(
    manager: Plugins,
    machines: Iterable[str | Machine] | None,
    *,
    tenant: str,
    profile: Profiles,
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
        profile: Shipped profiles over the default one, or None.
        config: The company's own rows and settings, which win.
        interpreter: `table`, or `stock` for the real transitions executor.
        directory: Where policies look people up, or None.

    Raises:
        DefinitionError: A machine, plugin or setting is wrong or missing.
        UnknownMachineError: No such machine.
    """
    asked = find_machines(machines, manager)
    tables = tables_for(manager, asked, profile, config)
    rules = _rules(
        Held.of(manager), tuple(map(Held.of, asked.values())), Held.of(tables), interpreter
    )
    found, bound, vault = rules.machines, rules.bound, vault_of(tables, rules.machines)
    return Registry(
        tenant,
        rules.compiled,
        bound.judges,
        Codec(found, bound.policies, vault),
        bound.policies,
        bound.evolvers,
        bound.reserved,
        plugin_handlers(manager, tables),
        tables,
        directory,
        rules.policies,
        searching_in_use(vault, found, bound.policies, tenant),
        lookups=bound.lookups,
    )


@attrs.frozen
class _Rules:
    """
    What engines by the same rules share.

    Attributes:
        machines: All that is switched on, by name.
        policies: What decisions are judged by, as JSON.
        compiled: The machines ready to run.
        bound: What plugins say of them.
    """

    machines: Mapping[str, Machine]
    policies: bytes
    compiled: Mapping[str, Compiled]
    bound: Bound


@functools.lru_cache(maxsize=16)
def _rules(
    plugins: Held[Plugins],
    asked: tuple[Held[Machine], ...],
    held: Held[Tables],
    interpreter: Interpreter,
) -> _Rules:
    manager, tables = plugins.thing, held.thing
    machines = {one.thing.name: one.thing for one in asked}
    # Whatever is switched on can be paused.
    machines = {MACHINE_PAUSE.name: MACHINE_PAUSE, **serving(manager, tables), **machines}
    policies = policy_set(tables, manager.identities)
    named = digest(policies)
    compiled = {
        name: compile_machine(machine.beside(machines), tables.settings, named, interpreter)
        for name, machine in machines.items()
    }
    return _Rules(machines, policies, compiled, bind(manager, machines, tables))


def tables_for(
    manager: Plugins,
    machines: Mapping[str, Machine],
    profile: Profiles = None,
    config: Config = None,
) -> Tables:
    """
    Return the rows, calendars and settings in use.

    Args:
        manager: The plugins.
        machines: The machines that are switched on, by name.
        profile: Shipped profiles over the default one.
        config: The company's own, which wins.

    Raises:
        ConfigurationError: Names every fault of every file, each with its place.
    """
    found = examined(manager, machines, profile, config, thorough=False)
    return required(found, profile, config)


def examined(
    manager: Plugins,
    machines: Mapping[str, Machine],
    profile: Profiles = None,
    config: Config = None,
    *,
    thorough: bool = True,
) -> Loaded:
    """Return what is found in profiles and the company's own; see `crmflow.config.examine`."""
    return examine(
        (CALENDARS, *plugin_tables(manager).values()),
        machines.values(),
        profile,
        config,
        others=plugin_machines(manager).values(),
        brought=brought(manager),
        calendars=calendars_of,
        thorough=thorough,
    )


def brought(manager: Plugins) -> list[Layer]:
    """Return the rows that plugins bring, each plugin's as a layer."""
    return [
        layer_of({f"plugin {plugin}": rows}, manager.versions.get(plugin, ""), "plugin")
        for plugin, rows in plugin_rows(manager)
    ]
