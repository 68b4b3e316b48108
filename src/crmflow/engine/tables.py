"""The rule data of an engine: shipped profiles, plugins' rows and the company's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from crmflow.calendars import CALENDARS, calendars_of
from crmflow.config import Config, Profiles, examine, required
from crmflow.core.machine import Machine
from crmflow.core.tables import Tables
from crmflow.plugins.bringing import plugin_machines, plugin_rows, plugin_tables
from crmflow.plugins.loading import Plugins
from crmflow.profiles.files import layer_of
from crmflow.profiles.layer import Layer
from crmflow.profiles.loading import Loaded


def examined(
    manager: Plugins,
    machines: Iterable[Machine],
    profile: Profiles = None,
    config: Config = None,
) -> Loaded:
    """
    Return all rule data as it was found, in use or not, with every fault.

    Args:
        manager: The plugins, the shipped mechanisms among them.
        machines: The machines that are switched on.
        profile: Shipped profiles over the default one.
        config: The company's own, which wins.

    Raises:
        ConfigurationError: There is no such profile, or the file cannot be read.
        PluginDefinitionError: A plugin brings something else than tables or rows.
    """
    return examine(
        (CALENDARS, *plugin_tables(manager).values()),
        machines,
        profile,
        config,
        others=plugin_machines(manager).values(),
        brought=_brought(manager),
        calendars=calendars_of,
    )


def tables_for(
    manager: Plugins,
    machines: Iterable[Machine],
    profile: Profiles = None,
    config: Config = None,
) -> Tables:
    """
    Return the rows in use, checked, with settings, zone and calendars; see `examined`.

    Raises:
        ConfigurationError: Names every fault of every file, each with its place.
    """
    return required(examined(manager, machines, profile, config), profile, config)


def _brought(manager: Plugins) -> Iterator[Layer]:
    for plugin, tables in plugin_rows(manager):
        rows = {name: list(found) for name, found in tables.items()}
        version = manager.versions.get(plugin, "")
        yield layer_of({f"plugin {plugin}": rows}, version, "plugin")
