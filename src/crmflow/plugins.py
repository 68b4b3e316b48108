"""Loading plugins: from entry points, by module name, from a file, or given as objects."""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import module_from_spec
from pathlib import Path
from typing import Any

import attrs
import pluggy

from crmflow import hookspecs
from crmflow.core.errors import (
    MachineDefinitionError,
    PluginDefinitionError,
    PolicyFailedError,
    UnknownMachineError,
    did_you_mean,
)
from crmflow.core.judging import BoundJudge
from crmflow.core.machine import Machine
from crmflow.states import MACHINES, load
from crmflow.texts import Texts

GROUP = "crmflow"
"""Entry-point group of installed plugins."""

HOOKS = ("judge_for", "machines", "texts")
"""The questions of `crmflow.hookspecs`."""

_KINDS: Mapping[str, tuple[Any, str]] = {
    "judge_for": (Callable, "a function (before, proposal) -> Verdict or None"),
    "machines": (Sequence, "a list of machines"),
    "texts": (Mapping, "tables of texts"),
}

_ORDERING = ("hookwrapper", "wrapper", "tryfirst", "trylast")


class Plugins(pluggy.PluginManager):
    """
    The plugins of one engine or command.

    Attributes:
        versions: Version of each plugin, by the plugin's name.
    """

    def __init__(self) -> None:
        super().__init__("crmflow")
        self.add_hookspecs(hookspecs)
        self.versions: dict[str, str] = {}

    @property
    def identities(self) -> tuple[str, ...]:
        """Name and version of each plugin, sorted: what a policy digest is made of."""
        return tuple(sorted(f"{name} {version}" for name, version in self.versions.items()))

    def add(self, plugin: object, name: str, version: str | None = None) -> None:
        """
        Take a plugin in; nothing where it is in already.

        Args:
            plugin: A module, class or object.
            name: What it is called in errors.
            version: Version of its package; left out, its `__version__`, else a digest
                of the file of a module, else none.

        Raises:
            PluginDefinitionError: Names every fault found.
        """
        if self.is_registered(plugin):
            return
        if self.has_plugin(name):
            fault = "another plugin has this name: give one of them a `__name__` of its own"
            raise PluginDefinitionError(name, (fault,))
        try:
            self.register(plugin, name)
        except pluggy.PluginValidationError as error:
            raise PluginDefinitionError(name, (" ".join(str(error).split()),)) from error
        faults = tuple(self._faults(plugin))
        if faults:
            raise PluginDefinitionError(name, faults)
        self.versions[name] = _version(plugin) if version is None else version

    def _faults(self, plugin: object) -> Iterator[str]:
        callers = self.get_hookcallers(plugin) or ()
        if not callers:
            yield f"it answers no hook: mark functions with `hookimpl`; {did_you_mean('', HOOKS)}"
        for caller in callers:
            for own in caller.get_hookimpls():
                if own.plugin is plugin and caller.spec is None and not own.optionalhook:
                    yield f"unknown hook {caller.name!r}. {did_you_mean(caller.name, HOOKS)}"
                flags = [flag for flag in _ORDERING if own.plugin is plugin and getattr(own, flag)]
                for flag in flags:
                    yield (
                        f"hook {caller.name!r} is marked {flag}: every plugin is asked by itself "
                        "and the order does not matter, so leave it out"
                    )


def _version(plugin: object) -> str:
    told = getattr(plugin, "__version__", None)
    if isinstance(told, str):
        return told
    path = Path(getattr(plugin, "__file__", None) or "")
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12] if path.is_file() else ""


def _from_file(path: Path) -> object:
    """Return the module of a file, loaded once in a process like any other."""
    where = str(path.resolve())
    name = f"{path.stem}_{hashlib.sha256(where.encode()).hexdigest()[:8]}"
    if name in sys.modules:
        return sys.modules[name]
    loader = SourceFileLoader(name, where)
    spec = ModuleSpec(name, loader, origin=where)
    spec.has_location = True
    module = module_from_spec(spec)
    # Types of a module's classes are looked up there.
    sys.modules[name] = module
    try:
        loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _named(plugin: object) -> tuple[object, str]:
    """Return a given plugin and its name: of a file that without folder and ending."""
    if not isinstance(plugin, str | Path):
        name = getattr(plugin, "__name__", None)
        kind = type(plugin)
        return plugin, name if isinstance(name, str) else f"{kind.__module__}.{kind.__qualname__}"
    text = str(plugin)
    try:
        if text.endswith(".py"):
            return _from_file(Path(plugin)), Path(plugin).stem
        return importlib.import_module(text), text
    except Exception as error:
        reason = f"importing it raised {type(error).__name__}: {error}"
        raise PluginDefinitionError(text, (reason,)) from error


def load_plugins(given: Iterable[object] = (), *, installed: bool = True) -> Plugins:
    """
    Return all plugins.

    Args:
        given: Plugin objects, module names, or paths of Python files (ending in `.py`).
        installed: Whether plugins of installed packages (entry points) are taken too.

    Raises:
        PluginDefinitionError: A plugin cannot be imported, answers no hook or an unknown
            one, has the name of another, or wants to be asked in an order.
        TypeError: *given* is one text.
    """
    if isinstance(given, str):
        message = f"a list of plugins is needed, not the text {given!r}: write [{given!r}]"
        raise TypeError(message)
    plugins = Plugins()
    for point in _entry_points() if installed else ():
        plugins.add(_loaded(point), point.name, point.dist.version if point.dist else None)
    for plugin in given:
        plugins.add(*_named(plugin))
    return plugins


def _entry_points() -> Iterable[importlib.metadata.EntryPoint]:
    return sorted(importlib.metadata.entry_points(group=GROUP), key=lambda point: point.name)


def _loaded(point: importlib.metadata.EntryPoint) -> object:
    try:
        return point.load()
    except Exception as error:
        reason = f"loading {point.value} raised {type(error).__name__}: {error}"
        raise PluginDefinitionError(point.name, (reason,)) from error


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
            PluginDefinitionError: A plugin answered with something else than the hook asks for.
        """
        kind, expected = _KINDS[hook]
        answers = []
        implementations = getattr(self.manager.hook, hook).get_hookimpls()
        for implementation in sorted(implementations, key=lambda found: found.plugin_name):
            taken = {name: (question or {})[name] for name in implementation.argnames}
            try:
                answer = implementation.function(**taken)
            except Exception as error:
                raise PolicyFailedError(implementation.plugin_name, hook, event) from error
            if answer is None:
                continue
            if not isinstance(answer, kind):
                fault = f"hook {hook!r} gave {answer!r}, expected {expected}"
                raise PluginDefinitionError(implementation.plugin_name, (fault,))
            answers.append((implementation.plugin_name, answer))
        return answers


def plugin_machines(manager: pluggy.PluginManager) -> Mapping[str, Machine]:
    """
    Return the machines that plugins bring, by name.

    Raises:
        PluginDefinitionError: A plugin brings no machine where it says so, or one whose
            name another plugin or crmflow has; names every fault of the plugin.
    """
    found: dict[str, Machine] = {}
    owners = dict.fromkeys(MACHINES, "crmflow")
    for plugin, machines in Answers(manager).ask("machines"):
        faults = []
        for machine in machines:
            if not isinstance(machine, Machine):
                faults.append(f"hook 'machines' gave {machine!r}, which is no Machine")
            elif machine.name in owners:
                owner = owners[machine.name]
                faults.append(f"machine {machine.name!r} exists already, brought by {owner!r}")
            else:
                owners[machine.name] = plugin
                found[machine.name] = machine
        if faults:
            raise PluginDefinitionError(plugin, tuple(faults))
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
        MachineDefinitionError: Two of them have one name.
        TypeError: *names* is one text.
    """
    if isinstance(names, str):
        message = f"a list of machines is needed, not the text {names!r}: write [{names!r}]"
        raise TypeError(message)
    brought = plugin_machines(manager)
    found: dict[str, Machine] = {}
    for name in [*MACHINES, *brought] if names is None else names:
        machine = name if isinstance(name, Machine) else _machine(name, brought)
        if found.setdefault(machine.name, machine) is not machine:
            fault = "another machine of this name is switched on: name only one of them"
            raise MachineDefinitionError(machine.name, (fault,))
    return found


def _machine(name: str, brought: Mapping[str, Machine]) -> Machine:
    if name in brought:
        return brought[name]
    if name in MACHINES:
        return load(name)
    raise UnknownMachineError(name, (*MACHINES, *brought))


def judges_of(
    manager: pluggy.PluginManager, machine: Machine, event: str
) -> tuple[BoundJudge, ...]:
    """Return the judges bound for one machine and event."""
    answers = Answers(manager).ask("judge_for", {"machine": machine, "event": event}, event)
    return tuple(BoundJudge(plugin, judge) for plugin, judge in answers)


def texts_of(plugins: Plugins, lang: str) -> Texts:
    """
    Return the texts of a language (`en`, `zh`), those of plugins included.

    Raises:
        ValueError: crmflow has no such language.
    """
    texts = Texts(lang)
    asked = Answers(plugins).ask("texts", {"lang": texts.lang})
    return texts.with_tables(table for _, table in asked)
