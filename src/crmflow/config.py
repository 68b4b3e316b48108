"""Configuration: profiles and a company's own values for the blanks that machines leave."""

from __future__ import annotations

import hashlib
import importlib.resources
import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from crmflow.core.errors import ConfigurationError, did_you_mean
from crmflow.core.machine import Blank, Machine
from crmflow.core.plain import plain
from crmflow.core.reading import FieldError, span
from crmflow.states import MACHINES, load

Config = Mapping[str, object] | str | Path | None
"""Nested or dotted settings, or the path of a TOML file with them."""


def flattened(tables: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    """Return nested tables as dotted keys."""
    flat: dict[str, object] = {}
    for key, value in tables.items():
        if isinstance(value, Mapping):
            flat |= flattened(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def profiles() -> list[str]:
    """Return the names of the shipped profiles."""
    folder = importlib.resources.files("crmflow.profiles")
    return sorted(
        p.name.removesuffix(".toml") for p in folder.iterdir() if p.name.endswith(".toml")
    )


def _profile(name: str) -> Mapping[str, object]:
    if name not in profiles():
        fault = f"unknown profile {name!r}. {did_you_mean(name, profiles())}"
        raise ConfigurationError("profile", (fault,))
    text = importlib.resources.files("crmflow.profiles").joinpath(f"{name}.toml").read_text("utf-8")
    return tomllib.loads(text)


def _given(config: Config) -> Mapping[str, object]:
    if config is None or isinstance(config, Mapping):
        return config or {}
    try:
        with Path(config).open("rb") as file:
            settings = tomllib.load(file).get("settings", {})
    except (OSError, ValueError) as error:  # no file, no UTF-8, no TOML
        raise ConfigurationError(str(config), (str(error),)) from error
    if not isinstance(settings, Mapping):
        fault = "settings is a table: write [settings] on a line of its own"
        raise ConfigurationError(str(config), (fault,))
    return settings


def settings_for(
    machines: Iterable[Machine],
    profile: str | None = None,
    config: Config = None,
    *,
    others: Iterable[Machine] = (),
) -> Mapping[str, object]:
    """
    Return the value of every blank that the machines leave.

    Args:
        machines: The machines that are switched on.
        profile: Name of a shipped profile, or None; it may fill blanks of any machine.
        config: The company's own values, which win; a TOML file has them under `[settings]`.
        others: Machines that are off, beside the shipped ones, whose blanks may be given too.

    Raises:
        ConfigurationError: Names every blank that is missing, every value that does not
            fit and every key of the company's own that no machine has.
    """
    found = flattened(_profile(profile)) if profile else {}
    given = flattened(_given(config))
    found |= given
    machines = tuple(machines)
    blanks = {blank.key: blank for machine in machines for blank in machine.blanks}
    settings: dict[str, object] = {}
    faults = list(_unknown(given, (*machines, *others)))
    for key, blank in sorted(blanks.items()):
        try:
            settings[key] = _value(blank, found.get(key))
        except FieldError as error:
            rules = ", ".join(blank.rules)
            faults.append(
                f"{key}: {error.code}, expected {error.expected} ({blank.meaning} {rules})"
            )
    if faults:
        raise ConfigurationError(_source(profile, config), tuple(faults))
    return settings


def _unknown(given: Mapping[str, object], machines: Iterable[Machine]) -> Iterator[str]:
    """Yield the given keys that no machine has, be it on or off."""
    known = {blank.key for machine in machines for blank in machine.blanks}
    if known >= given.keys():
        return
    known |= {blank.key for name in MACHINES for blank in load(name).blanks}
    for key in sorted(given.keys() - known):
        yield f"{key}: unknown. {did_you_mean(key, known)}"


def _source(profile: str | None, config: Config) -> str:
    """Return what was read, for an error."""
    own = "settings" if config is None or isinstance(config, Mapping) else str(config)
    return own if profile is None else f"profile {profile!r} and {own}"


def _value(blank: Blank, value: object) -> object:
    if value is None:
        raise FieldError("missing", f"a {blank.kind}")
    if blank.kind == "duration":
        return span(value)
    if not isinstance(value, str) or not value.strip():
        raise FieldError("blank", "text")
    return value


def digest(settings: Mapping[str, object], plugins: Iterable[str]) -> str:
    """
    Return what tells two policy sets apart, as 16 hexadecimal digits.

    Args:
        settings: Values of the blanks.
        plugins: Name and version of each plugin, in any order.
    """
    body = json.dumps([plain(settings), sorted(plugins)], sort_keys=True)
    return hashlib.sha256(body.encode()).hexdigest()[:16]
