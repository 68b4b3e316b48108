"""Configuration: shipped profiles, and a company's own rows and settings over them."""

from __future__ import annotations

import functools
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import attrs

from crmflow.core.document import read_toml
from crmflow.core.errors import ConfigurationError
from crmflow.core.held import Held
from crmflow.core.machine import Machine
from crmflow.core.plain import plain
from crmflow.core.tables import Table, TableRow, Tables
from crmflow.profiles.files import (
    chosen_profiles,
    flattened,
    layer_of,
    profile_layer,
    profiles,
)
from crmflow.profiles.layer import Layer
from crmflow.profiles.loading import Calendars, Loaded, Scope, settings_of
from crmflow.profiles.remembering import remembered
from crmflow.states import SHIPPED

__all__ = [
    "Config",
    "Overlay",
    "Profiles",
    "digest",
    "examine",
    "flattened",
    "is_place",
    "layers",
    "policy_set",
    "profiles",
    "required",
    "secret_at",
    "settings_for",
]


@attrs.frozen
class Overlay:
    """
    What a company says over the shipped profiles, as its own file would.

    Attributes:
        settings: Values of blanks, nested or dotted.
        tables: Rows by table; a row of a shipped name replaces the columns it gives.
        origin: What errors call it.
    """

    settings: Mapping[str, object] = attrs.field(factory=dict)
    tables: Mapping[str, Sequence[Mapping[str, object]]] = attrs.field(factory=dict)
    origin: str = "config"


Config = Mapping[str, object] | Overlay | str | Path | None
"""Settings, nested or dotted; rows beside them; or the path of a TOML file with both."""

Profiles = str | Sequence[str] | None
"""A shipped profile, several of them (a list, or parted by commas), or the default alone."""


def layers(profile: Profiles = None, config: Config = None, brought: Iterable[Layer] = ()) -> Layer:
    """
    Return all rule data as one layer: shipped profiles, plugins' rows, the company's own.

    Args:
        profile: Shipped profiles that overlay the default one, in this order.
        config: The company's own, which win.
        brought: Rows that plugins bring.

    Raises:
        ConfigurationError: There is no such profile, or the file cannot be read.
    """
    return _piled((_shipped(chosen_profiles(profile)), *brought, _own(config)))


@functools.cache
def _shipped(names: tuple[str, ...]) -> Layer:
    return _piled(map(profile_layer, names))


def _piled(layers: Iterable[Layer]) -> Layer:
    return functools.reduce(Layer.over, layers, Layer())


def _own(config: Config) -> Layer:
    if config is None:
        return Layer()
    if isinstance(config, str | Path):
        return layer_of({str(config): read_toml(config)})
    own = config if isinstance(config, Overlay) else Overlay(config)
    return layer_of({own.origin: {**own.tables, "settings": own.settings}})


def settings_for(
    machines: Iterable[Machine],
    profile: Profiles = None,
    config: Config = None,
    *,
    others: Iterable[Machine] = (),
    brought: Iterable[Layer] = (),
) -> Mapping[str, object]:
    """
    Return the value of every blank that the machines leave.

    Args:
        machines: The machines that are switched on.
        profile: Shipped profiles over the default one; they may fill blanks of any machine.
        config: The company's own, which wins.
        others: Machines that are off, beside the shipped ones, whose blanks may be given too.
        brought: Rows that plugins bring; they may describe blanks.

    Raises:
        ConfigurationError: Names every blank that is missing, every value that does not
            fit and every key that is no blank of anything.
    """
    scope = _scope(machines, others)
    layer = layers(profile, config, brought)
    settings, _ = settings_of(layer, scope)
    needs = [settings.need(key, ()) for key in sorted(settings.blanks)]
    faults = (*layer.faults, *settings.faults(needs), *settings.missing(needs))
    if faults:
        raise ConfigurationError(_source(profile, config), faults)
    return {key: settings.value(key) for key in sorted(settings.blanks)}


def examine(
    kinds: Iterable[Table],
    machines: Iterable[Machine],
    profile: Profiles = None,
    config: Config = None,
    *,
    others: Iterable[Machine] = (),
    brought: Iterable[Layer] = (),
    calendars: Calendars | None = None,
    thorough: bool = True,
) -> Loaded:
    """
    Return everything that is found: rows in use or not, settings, blanks, and every fault.

    Args:
        kinds: The kinds of tables that mechanisms declare.
        machines: The machines that are switched on.
        profile: Shipped profiles over the default one.
        config: The company's own, which wins.
        others: Machines that are off, beside the shipped ones.
        brought: Rows that plugins bring.
        calendars: Makes the working calendars of the rows in use.
        thorough: Whether shipped rows that are not in use are read too.

    Raises:
        ConfigurationError: There is no such profile, or the file cannot be read.
    """
    layer = layers(profile, config, brought)
    return remembered(layer, kinds, _scope(machines, others, thorough=thorough), calendars)


def required(found: Loaded, profile: Profiles = None, config: Config = None) -> Tables:
    """
    Return the tables that were found: the rows in use, with settings, zone and calendars.

    Args:
        found: What `examine` gave.
        profile: What it was asked for.
        config: The same.

    Raises:
        ConfigurationError: Names every fault of every file, each with its place.
    """
    if found.faults:
        raise ConfigurationError(_source(profile, config), found.faults)
    return found.tables


def secret_at(place: object) -> str:
    """
    Return a secret, which is never written itself: only where it is.

    Args:
        place: `env:NAME`, a variable of the environment, or `file:PATH`.

    Raises:
        ValueError: It is not there; says what is missing, and nothing of any secret.
    """
    if not is_place(place):
        raise ValueError("it is written where the secret is: 'env:NAME' or 'file:PATH'")
    kind, _, where = str(place).partition(":")
    return _PLACES[kind](where).strip()


def is_place(text: object) -> bool:
    """Say whether a text tells where a secret is: `env:NAME` or `file:PATH`."""
    kind, _, where = str(text).partition(":")
    return kind in _PLACES and bool(where)


def _from_environment(name: str) -> str:
    if name not in os.environ:
        raise ValueError(f"there is no variable {name}")
    return os.environ[name]


def _from_file(path: str) -> str:
    try:
        return Path(path).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"the file {path} cannot be read") from error


_PLACES: Mapping[str, Callable[[str], str]] = {"env": _from_environment, "file": _from_file}


def _scope(
    machines: Iterable[Machine], others: Iterable[Machine], *, thorough: bool = True
) -> Scope:
    on = {machine.name: machine for machine in machines}
    return Scope(on, tuple(others), SHIPPED, thorough)


def _source(profile: Profiles, config: Config) -> str:
    """Return what was read, for an error."""
    own = str(config) if isinstance(config, str | Path) else "config"
    if isinstance(config, Overlay):
        own = config.origin
    if profile is None:
        return own
    names = profile if isinstance(profile, str) else ", ".join(profile)
    return f"profile {names!r} and {own}"


def digest(policies: bytes) -> str:
    """Return what tells two policy sets (`policy_set`) apart, as 16 hexadecimal digits."""
    return hashlib.sha256(policies).hexdigest()[:16]


def policy_set(policies: Tables | Mapping[str, object], plugins: Iterable[str]) -> bytes:
    """
    Return all that decisions are judged by, as JSON: rows, settings, calendars, plugins.

    Where a row was written does not count, what it says does.

    Args:
        policies: The rows in use with their settings, or settings alone.
        plugins: Name and version of each plugin, in any order.
    """
    return json.dumps([_told(policies), sorted(plugins)], sort_keys=True).encode()


_PLAIN = frozenset({str, int, bool, type(None)})


@functools.cache
def _names(kind: type) -> tuple[str, ...] | None:
    """Return the fields of a class that count, or None where it has no fields."""
    if not attrs.has(kind):
        return None
    return tuple(field.name for field in attrs.fields(kind) if field.name != "origin")


def _told(value: object) -> object:
    """Return a value as JSON can say it; what has no form of its own says itself as text."""
    kind: type = type(value)
    if kind in _PLAIN:
        return value
    if isinstance(value, TableRow):
        return _told_of(Held.of(value))
    if isinstance(value, Tables):
        calendars = {name: str(one.version) for name, one in value.calendars.items()}
        return [_told(value.rows), _told(value.settings), str(value.zone), calendars]
    return _parts_told(value)


@functools.lru_cache(maxsize=4096)
def _told_of(row: Held[TableRow]) -> object:
    """Return a row as JSON can say it; shipped rows are those of every engine."""
    return _parts_told(row.thing)


def _parts_told(value: object) -> object:
    kind: type = type(value)
    names = _names(kind)
    if names is not None:
        value = {name: getattr(value, name) for name in names}
    if isinstance(value, Mapping):
        return {str(name): _told(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_told(one) for one in value]
    try:
        return plain(value)
    except TypeError:
        return str(value)
