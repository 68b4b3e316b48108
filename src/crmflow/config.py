"""Configuration: profiles and a company's own values for the blanks that machines leave."""

from __future__ import annotations

import hashlib
import importlib.resources
import json
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

from crmflow.core.errors import ConfigurationError, did_you_mean
from crmflow.core.form import FieldError, span
from crmflow.core.machine import Blank, Machine
from crmflow.core.plain import plain

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
            settings: Mapping[str, object] = tomllib.load(file).get("settings", {})
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(str(config), (str(error),)) from error
    return settings


def settings_for(
    machines: Iterable[Machine], profile: str | None = None, config: Config = None
) -> Mapping[str, object]:
    """
    Return the value of every blank that the machines leave.

    Args:
        machines: The machines that are switched on.
        profile: Name of a shipped profile, or None.
        config: The company's own values, which win; a TOML file has them under `[settings]`.

    Raises:
        ConfigurationError: Names every blank that is missing and every value that does not fit.
    """
    found = flattened(_profile(profile)) if profile else {}
    found |= flattened(_given(config))
    blanks = {blank.key: blank for machine in machines for blank in machine.blanks}
    settings, faults = {}, []
    for key, blank in sorted(blanks.items()):
        try:
            settings[key] = _value(blank, found.get(key))
        except FieldError as error:
            rules = ", ".join(blank.rules)
            faults.append(
                f"{key}: {error.code}, expected {error.expected} ({blank.meaning} {rules})"
            )
    if faults:
        raise ConfigurationError(str(profile or "settings"), tuple(faults))
    return settings


def _value(blank: Blank, value: object) -> object:
    if value is None:
        raise FieldError("missing", f"a {blank.kind}")
    if blank.kind == "duration":
        return span(value)
    if not isinstance(value, str) or not value.strip():
        raise FieldError("blank", "text")
    return value


def digest(settings: Mapping[str, object], plugins: Iterable[str]) -> str:
    """Return what tells two policy sets apart: settings and plugins, as 16 hexadecimal digits."""
    body = json.dumps([plain(settings), sorted(plugins)], sort_keys=True)
    return hashlib.sha256(body.encode()).hexdigest()[:16]
