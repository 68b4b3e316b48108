"""What plugins bring: machines, rows of others' machines, tables, handlers, texts."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import attrs
import pluggy

from crmflow.core.errors import (
    MachineDefinitionError,
    PluginDefinitionError,
    UnknownMachineError,
)
from crmflow.core.machine import Machine
from crmflow.core.message import Handler
from crmflow.core.tables import Table, TableRow, Tables
from crmflow.plugins.answers import Answers
from crmflow.plugins.loading import Plugins
from crmflow.states import MACHINES, load
from crmflow.texts import Texts

T = TypeVar("T")


def plugin_machines(manager: pluggy.PluginManager) -> Mapping[str, Machine]:
    """
    Return the machines that plugins bring, by name.

    Raises:
        PluginDefinitionError: A plugin brings no machine where it says so, or one whose
            name another plugin or crmflow has; names every fault of the plugin.
    """
    owners = dict.fromkeys(MACHINES, "crmflow")
    return _gathered(manager, "machines", Machine, lambda machine: machine.name, owners)


def plugin_tables(manager: pluggy.PluginManager) -> Mapping[str, Table]:
    """
    Return the kinds of tables that plugins read, by name.

    Raises:
        PluginDefinitionError: A plugin brings no table where it says so, or one whose name
            another has; names every fault of the plugin.
    """
    return _gathered(manager, "tables", Table, lambda table: table.name, {})


def _gathered(
    manager: pluggy.PluginManager,
    hook: str,
    kind: type[T],
    name_of: Callable[[T], str],
    owners: dict[str, str],
) -> dict[str, T]:
    """Return what plugins bring by its name, each name once."""
    found: dict[str, T] = {}
    what = kind.__name__.lower()
    for plugin, brought in Answers(manager).ask(hook):
        faults = []
        for one in brought:
            if not isinstance(one, kind):
                faults.append(f"hook {hook!r} gave {one!r}, which is no {kind.__name__}")
            elif (name := name_of(one)) in owners:
                owner = owners[name]
                faults.append(f"{what} {name!r} exists already, brought by {owner!r}")
            else:
                owners[name] = plugin
                found[name] = one
        if faults:
            raise PluginDefinitionError(plugin, tuple(faults))
    return found


def plugin_rows(manager: pluggy.PluginManager) -> Sequence[tuple[str, Mapping[str, Any]]]:
    """Return the rows of tables that plugins bring, each plugin's with its name."""
    return Answers(manager).ask("table_rows")


def plugin_handlers(
    manager: pluggy.PluginManager, tables: Tables
) -> Mapping[str, tuple[str, Handler]]:
    """
    Return delivery handlers by the name that messages are addressed to, with their plugins.

    Args:
        manager: The plugins.
        tables: Rows and settings in use, of which a handler may take its own.

    Raises:
        PluginDefinitionError: Two plugins bring a handler of one name, or it is no function.
    """
    found: dict[str, tuple[str, Handler]] = {}
    for plugin, handlers in Answers(manager).ask("handlers", {"tables": tables}):
        faults = []
        for name, handler in handlers.items():
            if not callable(handler):
                faults.append(f"handler {name!r} is no function but {handler!r}")
            elif name in found or name in MACHINES:
                owner = found[name][0] if name in found else "crmflow, as a machine"
                faults.append(f"{name!r} exists already, brought by {owner!r}")
            else:
                found[name] = (plugin, handler)
        if faults:
            raise PluginDefinitionError(plugin, tuple(faults))
    return found


def plugin_commands(manager: pluggy.PluginManager, taken: Iterable[str]) -> Mapping[str, object]:
    """
    Return the commands that plugins bring for the command line, by name.

    Args:
        manager: The plugins.
        taken: Names of crmflow's own commands.

    Raises:
        PluginDefinitionError: A command has no name, or one that is taken.
    """
    owners = dict.fromkeys(taken, "crmflow")
    return _gathered(manager, "commands", object, lambda one: str(getattr(one, "name", "")), owners)


def find_machines(
    names: Iterable[str | Machine] | None, manager: pluggy.PluginManager
) -> Mapping[str, Machine]:
    """
    Return the machines of these names, shipped or brought by plugins, as plugins extend them.

    Args:
        names: Names, or machines themselves; None for all there are.
        manager: The plugins.

    Raises:
        UnknownMachineError: No such machine; names those there are.
        MachineDefinitionError: Two of them have one name.
        TypeError: *names* is one text.
    """
    if isinstance(names, str):
        message = f"a list of machines is needed, not the text {names!r}: write [{names!r}]"
        raise TypeError(message)
    brought = plugin_machines(manager)
    found: dict[str, Machine] = {}
    everything = [*MACHINES, *(name for name, one in brought.items() if not one.serves)]
    for name in everything if names is None else names:
        machine = name if isinstance(name, Machine) else _machine(name, brought)
        if found.setdefault(machine.name, machine) is not machine:
            fault = "another machine of this name is switched on: name only one of them"
            raise MachineDefinitionError(machine.name, (fault,))
    return {name: extended(machine, manager) for name, machine in found.items()}


def serving(manager: pluggy.PluginManager, tables: Tables) -> Mapping[str, Machine]:
    """Return the machines that the policies of the rows in use write to."""
    return {
        name: extended(machine, manager)
        for name, machine in plugin_machines(manager).items()
        if any(tables.rows.get(table) for table in machine.serves)
    }


def _machine(name: str, brought: Mapping[str, Machine]) -> Machine:
    if name in brought:
        return brought[name]
    if name in MACHINES:
        return load(name)
    raise UnknownMachineError(name, (*MACHINES, *brought))


def extended(machine: Machine, manager: pluggy.PluginManager) -> Machine:
    """
    Return a machine with the states and rows that plugins add, in the order of their names.

    Its version names the extensions by a digest, so that journals tell the two apart.
    """
    added = Answers(manager).ask("rows_for", {"machine": machine})
    if not added:
        return machine
    text = repr([(plugin, *map(repr, (one.states, one.rows))) for plugin, one in added])
    return attrs.evolve(
        machine,
        states=(*machine.states, *(state for _, one in added for state in one.states)),
        rows=(*machine.rows, *(row for _, one in added for row in one.rows)),
        extension=hashlib.sha256(text.encode()).hexdigest()[:12],
    )


def texts_of(plugins: Plugins, lang: str, tables: Tables | None = None) -> Texts:
    """
    Return the texts of a language, those of plugins and of rows in use included.

    Args:
        plugins: The plugins.
        lang: `en` or `zh`.
        tables: The rows in use, or None where none are at hand.

    Raises:
        ValueError: crmflow has no such language.
    """
    texts = Texts(lang)
    asked = Answers(plugins).ask("texts", {"lang": texts.lang})
    brought = [table for _, table in asked]
    if tables is not None:
        kinds = plugin_tables(plugins).values()
        told = (kind.texts(tables.of(kind.name, TableRow), texts.lang) for kind in kinds)
        brought += [table for table in told if table]
    return texts.with_tables(brought)
