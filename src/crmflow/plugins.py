"""Loading plugins: from entry points, by module name, from a file, or given as objects."""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import importlib.util
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import attrs
import pluggy

from crmflow import hookspecs
from crmflow.core.errors import PluginDefinitionError, PolicyFailedError, UnknownMachineError
from crmflow.core.judging import BoundJudge
from crmflow.core.machine import Machine
from crmflow.states import MACHINES, load

GROUP = "crmflow"
"""Entry-point group of installed plugins."""


def _from_file(path: Path) -> object:
    # A name of its own, so that no file takes the place of an installed module.
    name = f"{path.stem}_{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:8]}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise PluginDefinitionError(str(path), ("this is no Python file",))
    module = importlib.util.module_from_spec(spec)
    # Where attrs and cattrs look up what the annotations of its classes name.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _named(name: str) -> object:
    """Return the plugin behind a module name or a path to a Python file."""
    try:
        return _from_file(Path(name)) if name.endswith(".py") else importlib.import_module(name)
    except PluginDefinitionError:
        raise
    except Exception as error:
        reason = f"importing it raised {type(error).__name__}: {error}"
        raise PluginDefinitionError(name, (reason,)) from error


def load_plugins(given: Iterable[object] = (), *, installed: bool = True) -> pluggy.PluginManager:
    """
    Return a manager of all plugins.

    Args:
        given: Plugin objects, module names, or paths of Python files.
        installed: Whether plugins of installed packages (entry points) are taken too.

    Raises:
        PluginDefinitionError: A plugin cannot be imported, or answers an unknown hook.
    """
    manager = pluggy.PluginManager("crmflow")
    manager.add_hookspecs(hookspecs)
    found = {point.name: point for point in _entry_points()} if installed else {}
    for name in sorted(found):
        _register(manager, _loaded(found[name]), name)
    for plugin in given:
        named = _named(plugin) if isinstance(plugin, str) else plugin
        if not manager.is_registered(named):
            _register(manager, named, plugin if isinstance(plugin, str) else None)
    return manager


def _entry_points() -> Iterable[importlib.metadata.EntryPoint]:
    return importlib.metadata.entry_points(group=GROUP)


def _loaded(point: importlib.metadata.EntryPoint) -> object:
    try:
        return point.load()
    except Exception as error:
        reason = f"loading {point.value} raised {type(error).__name__}: {error}"
        raise PluginDefinitionError(point.name, (reason,)) from error


def _register(manager: pluggy.PluginManager, plugin: object, name: str | None) -> None:
    known = manager.register(plugin, name)
    try:
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        raise PluginDefinitionError(str(known), (str(error),)) from error


@attrs.frozen
class Answers:
    """One hook's answers, each with the name of its plugin."""

    manager: pluggy.PluginManager

    def ask(
        self, hook: str, question: Mapping[str, object] | None = None, event: str = ""
    ) -> list[tuple[str, Any]]:
        """
        Return (plugin, answer) for every plugin that answers, in order of plugin names.

        Args:
            hook: Name of the hook.
            question: Its arguments, by name.
            event: Event it is about, for the error.

        Raises:
            PolicyFailedError: A plugin raised; names it and the hook.
        """
        answers = []
        for implementation in getattr(self.manager.hook, hook).get_hookimpls():
            taken = {name: (question or {})[name] for name in implementation.argnames}
            try:
                answer = implementation.function(**taken)
            except Exception as error:
                raise PolicyFailedError(implementation.plugin_name, hook, event) from error
            if answer is not None:
                answers.append((implementation.plugin_name, answer))
        return sorted(answers, key=lambda found: found[0])


def plugin_machines(manager: pluggy.PluginManager) -> Mapping[str, Machine]:
    """
    Return the machines that plugins bring, by name.

    Raises:
        PluginDefinitionError: A name is taken.
    """
    found: dict[str, Machine] = {}
    for plugin, machines in Answers(manager).ask("machines"):
        for machine in machines:
            if machine.name in found or machine.name in MACHINES:
                raise PluginDefinitionError(plugin, (f"machine {machine.name!r} exists already",))
            found[machine.name] = machine
    return found


def find_machines(
    names: Iterable[str | Machine] | None, manager: pluggy.PluginManager
) -> Mapping[str, Machine]:
    """
    Return the machines of these names, shipped or brought by plugins.

    Args:
        names: Names, or machines themselves; None for all there are.
        manager: The plugins.

    Raises:
        UnknownMachineError: No such machine; names those there are.
    """
    brought = plugin_machines(manager)
    wanted = [*MACHINES, *brought] if names is None else list(names)
    found: dict[str, Machine] = {}
    for name in wanted:
        if isinstance(name, Machine):
            found[name.name] = name
        elif name in brought:
            found[name] = brought[name]
        elif name in MACHINES:
            found[name] = load(name)
        else:
            raise UnknownMachineError(name, (*MACHINES, *brought))
    return found


def judges_of(
    manager: pluggy.PluginManager, machine: Machine, event: str
) -> tuple[BoundJudge, ...]:
    """Return the judges bound for one machine and event."""
    answers = Answers(manager).ask("judge_for", {"machine": machine, "event": event}, event)
    return tuple(BoundJudge(plugin, judge) for plugin, judge in answers)
