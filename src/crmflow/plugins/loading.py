"""Loading plugins: from entry points, by module name, from a file, or given as objects."""

from __future__ import annotations

import functools
import hashlib
import importlib
import importlib.metadata
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import module_from_spec
from pathlib import Path
from types import ModuleType

import pluggy

from crmflow import hookspecs
from crmflow.core.errors import PluginDefinitionError, did_you_mean
from crmflow.plugins.answers import HOOKS
from crmflow.policies import POLICIES

GROUP = "crmflow"
"""Entry-point group of installed plugins."""

MARK = f"{GROUP}_impl"
"""What `hookimpl` leaves on a function."""

OWN: Mapping[str, str] = {**POLICIES, "delivery": "crmflow.delivery"}
"""crmflow's own plugins by name: its policies, and what takes messages to the outside."""

_ORDERING = ("hookwrapper", "wrapper", "tryfirst", "trylast")


class Plugins(pluggy.PluginManager):
    """
    The plugins of one engine or command.

    Attributes:
        versions: Version of each plugin, by the plugin's name.
        shared: Whether engines share it: nothing is added to it or taken out then.
    """

    def __init__(self) -> None:
        super().__init__(GROUP)
        self.add_hookspecs(hookspecs)
        self.versions: dict[str, str] = {}
        self.shared = False

    def register(self, plugin: object, name: str | None = None) -> str | None:
        """
        Take a plugin in, as pluggy does.

        Raises:
            PluginDefinitionError: Engines share what there is.
        """
        self._changes(plugin, name)
        return super().register(plugin, name)

    def unregister(self, plugin: object | None = None, name: str | None = None) -> object | None:
        """
        Take a plugin out, as pluggy does.

        Raises:
            PluginDefinitionError: Engines share what there is.
        """
        self._changes(plugin, name)
        return super().unregister(plugin, name)

    def _changes(self, plugin: object, name: str | None) -> None:
        if self.shared:
            fault = (
                "engines that are given no plugins share theirs as they are: give them to `Engine`"
            )
            raise PluginDefinitionError(str(name or plugin), (fault,))

    def parse_hookimpl_opts(self, plugin: object, name: str) -> pluggy.HookimplOpts | None:
        """Return how a plugin's attribute was marked; what a module has unmarked is no hook."""
        # Most of what stands in a module are its imports: pluggy inspects each at length.
        if isinstance(plugin, ModuleType) and not hasattr(getattr(plugin, name), MARK):
            return None
        return super().parse_hookimpl_opts(plugin, name)

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


def _from_file(path: Path) -> ModuleType:
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
    return module_of(text), Path(text).stem if text.endswith(".py") else text


def module_of(name: str) -> ModuleType:
    """
    Return a module, by its name or the path of its `.py` file.

    Raises:
        PluginDefinitionError: It cannot be imported, or there is no such file.
    """
    if name.endswith(".py") and not Path(name).is_file():
        raise PluginDefinitionError(name, ("there is no such file",))
    try:
        return _from_file(Path(name)) if name.endswith(".py") else importlib.import_module(name)
    except Exception as error:
        reason = f"importing it raised {type(error).__name__}: {error}"
        raise PluginDefinitionError(name, (reason,)) from error


def load_plugins(
    given: Iterable[object] = (), *, installed: bool = True, own: bool = True
) -> Plugins:
    """
    Return all plugins, crmflow's own among them; where none are given, the same to all who ask.

    Args:
        given: Plugin objects, module names, or paths of Python files (ending in `.py`).
        installed: Whether plugins of installed packages (entry points) are taken too.
        own: Whether crmflow's own are.

    Raises:
        PluginDefinitionError: A plugin cannot be imported, answers no hook or an unknown
            one, has the name of another, or wants to be asked in an order.
        TypeError: *given* is one text.
    """
    if isinstance(given, str):
        message = f"a list of plugins is needed, not the text {given!r}: write [{given!r}]"
        raise TypeError(message)
    points = tuple(_entry_points()) if installed else ()
    brought = [_named(plugin) for plugin in given]
    if not brought:
        return _unasked(points, own)
    plugins = _there(points, own)
    for plugin, name in brought:
        plugins.add(plugin, name)
    return plugins


def _there(points: Iterable[importlib.metadata.EntryPoint], own: bool) -> Plugins:
    """Return the plugins that are there without being given."""
    plugins = Plugins()
    for name, module in OWN.items() if own else ():
        plugins.add(importlib.import_module(module), name, _own_version())
    for point in points:
        plugins.add(_loaded(point), point.name, point.dist.version if point.dist else None)
    return plugins


@functools.lru_cache(maxsize=4)
def _unasked(points: tuple[importlib.metadata.EntryPoint, ...], own: bool) -> Plugins:
    """Return the same plugins to all who give none; nobody adds to them."""
    plugins = _there(points, own)
    plugins.shared = True
    return plugins


@functools.cache
def _own_version() -> str:
    """Return crmflow's version, which its own plugins have."""
    return importlib.metadata.version("crmflow")


def _entry_points() -> Iterable[importlib.metadata.EntryPoint]:
    """Return the entry points of installed packages, read again where one was (un)installed."""
    places = (Path(place) for place in sys.path)
    return _installed(tuple((str(place), _changed(place)) for place in places))


def _changed(place: Path) -> int:
    """Return when something was put into a place or taken out; nothing where it is none."""
    try:
        return place.stat().st_mtime_ns
    except OSError:
        return 0


@functools.lru_cache(maxsize=1)
def _installed(
    _places: tuple[tuple[str, int], ...],
) -> tuple[importlib.metadata.EntryPoint, ...]:
    found = importlib.metadata.entry_points(group=GROUP)
    return tuple(sorted(found, key=lambda point: point.name))


def _loaded(point: importlib.metadata.EntryPoint) -> object:
    try:
        return point.load()
    except Exception as error:
        reason = f"loading {point.value} raised {type(error).__name__}: {error}"
        raise PluginDefinitionError(point.name, (reason,)) from error
