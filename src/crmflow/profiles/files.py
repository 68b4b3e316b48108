"""Reading layers: shipped profiles, which are folders, and documents of a company's own."""

from __future__ import annotations

import functools
import hashlib
import importlib.resources
import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping

import attrs

from crmflow.core.errors import ConfigurationError, did_you_mean
from crmflow.core.form import Text, structure
from crmflow.profiles.layer import Draft, Given, Giver, Key, Layer, Source

BASE = "default"
"""The profile that every other overlays."""

SETTINGS = "settings"
HEAD = "profile.toml"

Document = Mapping[str, object]
"""A parsed file: `[settings]`, and a list of rows per table."""


@attrs.frozen
class Profile:
    """
    The head of a shipped profile.

    Attributes:
        version: Year and number, which each of its rows bears.
        title_en: What it is, in English.
        title_zh: What it is, in Chinese.
        extends: Profiles that it overlays, beside the base.
    """

    version: Text
    title_en: Text
    title_zh: Text
    extends: tuple[Text, ...] = ()


def profiles() -> list[str]:
    """Return the names of the shipped profiles."""
    folder = importlib.resources.files("crmflow.profiles")
    return sorted(one.name for one in folder.iterdir() if (one / HEAD).is_file())


@functools.cache
def profile(name: str) -> Profile:
    """
    Return the head of a shipped profile, read once in a process.

    Raises:
        ConfigurationError: There is none of that name, or its head is wrong.
    """
    if name not in profiles():
        fault = f"unknown profile {name!r}. {did_you_mean(name, profiles())}"
        raise ConfigurationError("profile", (fault,))
    head = importlib.resources.files("crmflow.profiles").joinpath(name, HEAD)
    found, faults = structure(Profile, tomllib.loads(head.read_text("utf-8")).get("profile", {}))
    if not isinstance(found, Profile):
        raise ConfigurationError(f"{name}/{HEAD}", tuple(map(str, faults)))
    return found


def chosen_profiles(names: str | Iterable[str] | None) -> tuple[str, ...]:
    """
    Return the profiles to lay over each other, the base first, each once.

    Args:
        names: One name, several parted by commas, a list of names, or None.

    Raises:
        ConfigurationError: There is none of that name.
    """
    asked = ",".join((names,) if isinstance(names, str) else names or ()).split(",")
    found: dict[str, None] = {}
    for name in (BASE, *(one.strip() for one in asked if one.strip())):
        _gather(name, found, ())
    return tuple(found)


def _gather(name: str, found: dict[str, None], above: tuple[str, ...]) -> None:
    if name in above:
        circle = " -> ".join((*above, name))
        raise ConfigurationError("profile", (f"profiles extend each other: {circle}",))
    for under in profile(name).extends:
        _gather(under, found, (*above, name))
    found.setdefault(name)


@functools.cache
def profile_layer(name: str) -> Layer:
    """Return a shipped profile as a layer, read once in a process."""
    folder = importlib.resources.files("crmflow.profiles") / name
    files = [one for one in folder.iterdir() if one.name.endswith(".toml") and one.name != HEAD]
    documents = {f"{name}/{one.name}": tomllib.loads(one.read_text("utf-8")) for one in files}
    return layer_of(documents, profile(name).version, "profile")


def layer_of(
    documents: Mapping[str, Document], version: str = "", giver: Giver = "company"
) -> Layer:
    """
    Return documents as one layer; their order does not matter.

    Args:
        documents: Parsed files by name. What is neither `[settings]` nor a table is left to
            others: the command line's own keys stand in the same file.
        version: Version of the profile or plugin; each row of a company bears its own.
        giver: Who wrote them.
    """
    tables: dict[str, dict[Key, Draft]] = {}
    settings: dict[str, Given] = {}
    faults: list[str] = []
    for file, document in sorted(documents.items()):
        source = Source(file, "$", version, giver)
        written = document if giver == "profile" else _as_toml(document)
        for table, value in written.items():
            if table == SETTINGS:
                faults += _settle(settings, value, source)
            else:
                faults += _place(tables, table, value, source)
    return Layer(tables, settings, tuple(faults))


def _as_toml(document: Document) -> Document:
    """Return what a program gave as TOML would: tables are dicts, lists are lists."""
    return {str(name): _part(one) for name, one in document.items()}


def _part(value: object) -> object:
    if isinstance(value, Mapping):
        return _as_toml(value)
    return [_part(one) for one in value] if isinstance(value, list | tuple) else value


def _settle(settings: dict[str, Given], value: object, source: Source) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield f"{source.at('.settings')}: type, expected a table: write [settings] on its own line"
        return
    for key, one in flattened(value).items():
        given = Given(one, attrs.evolve(source, path=f"$.settings.{key}"))
        if key in settings:
            yield f"{given.source.at()}: doubled, it stands at {settings[key].source.at()} too"
        settings.setdefault(key, given)


def _place(
    tables: dict[str, dict[Key, Draft]], table: str, value: object, source: Source
) -> Iterator[str]:
    where = f"{source.at()}.{table}"
    if isinstance(value, Mapping):
        yield f"{where}: type, expected rows: write [[{table}]], or [settings.{table}] for settings"
    if not isinstance(value, list) or not any(isinstance(one, Mapping) for one in value):
        return
    for index, row in enumerate(value):
        if not isinstance(row, Mapping):
            yield f"{where}[{index}]: type, expected a row: write [[{table}]]"
            continue
        here = attrs.evolve(source, path=f"$.{table}[{index}]")
        if source.giver == "company":
            here = attrs.evolve(here, version=f"own-{_digest(row)}")
        draft = Draft({str(name): Given(one, here) for name, one in row.items()}, (here,))
        rows, key = tables.setdefault(table, {}), (draft.name, str(row.get("from_on", "")))
        if key in rows:
            other = rows[key].sources[0].at()
            yield f"{here.at('.name')} ({key[0]}): doubled, another of this name and day is {other}"
        rows.setdefault(key, draft)


def _digest(row: Mapping[str, object]) -> str:
    body = json.dumps(row, sort_keys=True, default=str)
    return hashlib.sha256(body.encode()).hexdigest()[:8]


def flattened(tables: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    """Return nested tables as dotted keys."""
    flat: dict[str, object] = {}
    for key, value in tables.items():
        if isinstance(value, Mapping):
            flat |= flattened(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat
