"""
What a command runs with: flags, then `CRMFLOW_*` variables, then a file, then defaults.

The file is `crmflow.toml` in the working directory or, where there is none,
`[tool.crmflow]` of `pyproject.toml`. Its table `[settings]` fills blanks, and its lists of
rows (`[[deadlines]]`) overlay the profiles.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import attrs

from crmflow.core.document import read_toml
from crmflow.core.errors import ConfigurationError, did_you_mean

if TYPE_CHECKING:
    from crmflow.config import Overlay

FILE = "crmflow.toml"
PYPROJECT = "pyproject.toml"
LANGUAGES = ("zh", "en")
OUTPUTS = ("table", "json", "jsonl")


@attrs.frozen
class Key:
    """
    One thing that may be set.

    Attributes:
        name: Its name in the file; the variable is `CRMFLOW_` and the name in capitals.
        default: Value where nobody sets it, or None.
        many: Whether it is a list; in the variable its entries are parted by commas.
        joined: Whether it is text that the file may write as a list, joined by commas.
        choices: What may be chosen, or empty for any text.
    """

    name: str
    default: str | None = None
    many: bool = False
    joined: bool = False
    choices: tuple[str, ...] = ()

    @property
    def variable(self) -> str:
        """Name of the environment variable."""
        return f"CRMFLOW_{self.name.upper()}"


KEYS = {
    key.name: key
    for key in (
        Key("store", "sqlite:///crmflow.db"),
        Key("machines", many=True),
        Key("profile", joined=True),
        Key("plugins", many=True),
        Key("directory"),
        Key("tenant", "main"),
        Key("lang", choices=LANGUAGES),
        Key("output", "table", choices=OUTPUTS),
    )
}
"""Everything that may be set, by its name in the file."""

Value = str | tuple[str, ...] | None


@attrs.frozen
class Chosen:
    """A value and who set it: a flag, a variable, a file, or nobody (`default`)."""

    value: Value
    origin: str


@attrs.frozen
class Settings:
    """
    What a command runs with.

    Attributes:
        chosen: Every key of `KEYS` with its value and origin.
        blanks: Values for blanks, from the file.
        tables: Rows over those of the profiles by table, from the file.
        file: Name of the file that was read, or None.
    """

    chosen: Mapping[str, Chosen]
    blanks: Mapping[str, object] = attrs.field(factory=dict)
    tables: Mapping[str, list[Any]] = attrs.field(factory=dict)
    file: str | None = None

    @property
    def own(self) -> Overlay:
        """What the file says over the profiles."""
        from crmflow.config import Overlay

        return Overlay(self.blanks, self.tables, self.file or FILE)

    def text(self, name: str) -> str | None:
        """Return the text of a key, None where it is not set."""
        return cast("str | None", self.chosen[name].value)

    def names(self, name: str) -> tuple[str, ...]:
        """Return the entries of a key that is a list, empty where it is not set."""
        return cast("tuple[str, ...]", self.chosen[name].value or ())


def spoken(environ: Mapping[str, str]) -> Chosen:
    """Return the language that the environment's locale speaks: zh, else en."""
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if environ.get(variable):
            return Chosen("zh" if environ[variable].lower().startswith("zh") else "en", variable)
    return Chosen("en", "default")


def resolve(
    flags: Mapping[str, object],
    environ: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Settings:
    """
    Return what a command runs with.

    Args:
        flags: Values of the flags that were given, by key.
        environ: Environment variables, or None for the process's own.
        folder: Where the file is looked for, or None for the working directory.

    Raises:
        ConfigurationError: The file or a variable is wrong; names every fault.
    """
    environ = os.environ if environ is None else environ
    name, table = _file(folder or Path())
    faults = list(_faults(table))
    if faults:
        raise ConfigurationError(str(name), tuple(faults))
    chosen = {}
    for key in KEYS.values():
        chosen[key.name] = _chosen(key, flags, environ, name, table)
    blanks = cast("Mapping[str, object]", table.get("settings", {}))
    rows = {key: cast("list[Any]", value) for key, value in table.items() if _is_rows(value)}
    return Settings(chosen, blanks, rows, name)


def _chosen(
    key: Key,
    flags: Mapping[str, object],
    environ: Mapping[str, str],
    file: str | None,
    table: Mapping[str, object],
) -> Chosen:
    if key.name in flags:
        return Chosen(cast("Value", flags[key.name]), "flag")
    if environ.get(key.variable):
        return Chosen(_from_variable(key, environ[key.variable]), key.variable)
    if key.name in table:
        found = table[key.name]
        return Chosen(_from_file(key, found), str(file))
    return spoken(environ) if key.name == "lang" else Chosen(key.default, "default")


def _from_file(key: Key, found: object) -> Value:
    if key.many:
        return tuple(cast("list[str]", found))
    return ",".join(cast("list[str]", found)) if isinstance(found, list) else cast("str", found)


def _from_variable(key: Key, text: str) -> Value:
    if key.choices and text not in key.choices:
        fault = f"{text!r} cannot be chosen. {did_you_mean(text, key.choices)}"
        raise ConfigurationError(key.variable, (fault,))
    if not key.many:
        return text
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _file(folder: Path) -> tuple[str | None, Mapping[str, object]]:
    """Return the name and the table of the file that counts; (None, {}) where there is none."""
    own, project = folder / FILE, folder / PYPROJECT
    if own.is_file():
        return FILE, read_toml(own)
    found: object = {}
    if project.is_file():
        tool = read_toml(project).get("tool")
        found = tool.get("crmflow", {}) if isinstance(tool, Mapping) else {}
    if not isinstance(found, Mapping):
        raise ConfigurationError(PYPROJECT, ("tool.crmflow is a table",))
    return (f"{PYPROJECT} [tool.crmflow]", found) if found else (None, {})


def _faults(table: Mapping[str, object]) -> Iterator[str]:
    for name, value in table.items():
        if name == "settings":
            if not isinstance(value, Mapping):
                yield "settings is a table: write [settings] on a line of its own"
        elif name not in KEYS and isinstance(value, Mapping):
            yield f"{name} is no table of settings: write [settings.{name}], or [[{name}]] for rows"
        elif name not in KEYS and not _is_rows(value):
            yield f"unknown key {name!r}. {did_you_mean(name, [*KEYS, 'settings'])}"
        elif name in KEYS:
            yield from _misfit(KEYS[name], value)


def _is_rows(value: object) -> bool:
    """Say whether a value is a list of rows; what is wrong with them shows when they are read."""
    return isinstance(value, list) and any(isinstance(one, Mapping) for one in value)


def _misfit(key: Key, value: object) -> Iterator[str]:
    if key.many or (key.joined and isinstance(value, list)):
        texts = isinstance(value, list) and all(isinstance(one, str) and one for one in value)
        if not (texts and value):
            yield f"{key.name} is a list of names, at least one, such as [{key.name[:-1]!r}]"
    elif not isinstance(value, str) or not value:
        yield f"{key.name} is text, not {value!r}"
    elif key.choices and value not in key.choices:
        yield f"{key.name} cannot be {value!r}. {did_you_mean(value, key.choices)}"
