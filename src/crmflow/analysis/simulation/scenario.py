"""
A scenario read from a TOML file: every fault of the file is named at once, with its path.

A file may begin with another one (`base`): its own keys win, and of rows with the name of a row
of the other file only the columns it gives, as profiles overlay each other. Paths are beside the
file that names them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

import attrs

from crmflow.analysis.simulation.rows import ScenarioRows
from crmflow.config import Overlay, Profiles
from crmflow.core.document import read_toml
from crmflow.core.errors import ConfigurationError
from crmflow.core.form import structure

__all__ = ["Scenario"]

Document = Mapping[str, Any]

BASE = "base"


@attrs.frozen
class Scenario:
    """
    What is simulated.

    Attributes:
        name: The file's, without its ending.
        folder: Where the file is: paths in it are beside it.
        rows: What it says.
    """

    name: str
    folder: Path
    rows: ScenarioRows

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """
        Read a scenario.

        Args:
            path: A TOML file.

        Raises:
            ConfigurationError: The file cannot be read, is no TOML or has faults; all are named
                at once, each with its path such as `$.doings[2].takes`.
        """
        file = Path(path)
        return cls.of(_overlaid(file, ()), file.stem, file.parent)

    @classmethod
    def of(cls, document: Document, name: str = "scenario", folder: str | Path = ".") -> Self:
        """
        Return the scenario of a document.

        Args:
            document: As a TOML file has it.
            name: What it is called.
            folder: What paths in it are beside.

        Raises:
            ConfigurationError: As for `load`.
        """
        rows, faults = structure(ScenarioRows, document)
        if not isinstance(rows, ScenarioRows):
            raise ConfigurationError(f"scenario {name!r}", tuple(map(str, faults)))
        doubled = tuple(_doubled(rows))
        if doubled:
            raise ConfigurationError(f"scenario {name!r}", doubled)
        return cls(name, Path(folder), rows)

    def under(self, profile: Profiles) -> Self:
        """Return the scenario with other shipped profiles."""
        names = ",".join((profile,) if isinstance(profile, str) else profile or ()).split(",")
        rows = attrs.evolve(self.rows, profile=tuple(name.strip() for name in names if name))
        return attrs.evolve(self, name=",".join(rows.profile), rows=rows)

    @property
    def plugins(self) -> tuple[str, ...]:
        """Its plugins: modules, and the paths of files."""
        return tuple(_plugin(self.folder, one) for one in self.rows.plugins)

    @property
    def config(self) -> Overlay | None:
        """
        The company's own file, or None.

        Its backups are left out: they would be made of what is simulated, and real ones of a
        folder would go for them.
        """
        if self.rows.config is None:
            return None
        path = self.place(self.rows.config)
        document: dict[str, Any] = read_toml(path)
        document.pop("backups", None)
        return Overlay(document.pop("settings", {}), document, str(path))

    def place(self, path: str) -> Path:
        """Return where a path that the file names is."""
        return self.folder / path

    def store(self, url: str) -> str:
        """Return the URL of a store that the file names: an SQLite file is beside it."""
        return _store(self.folder, url)


def _file(folder: Path, path: str) -> str:
    return str(folder / path)


def _plugin(folder: Path, name: str) -> str:
    """Return a plugin, the path of a file as beside a folder."""
    return _file(folder, name) if name.endswith(".py") else name


def _store(folder: Path, url: str) -> str:
    """Return the URL of a store, an SQLite file as beside a folder."""
    scheme, slashes, place = url.partition(":///")
    path, mark, options = place.partition("?")
    if not path or scheme.partition("+")[0] != "sqlite":
        return url
    return f"{scheme}{slashes}{_file(folder, path)}{mark}{options}"


_PLACED: Mapping[str, Callable[[Path, str], str]] = {
    "config": _file,
    "plugins": _plugin,
    "log": _file,
    "mapping": _file,
    "store": _store,
}
"""Keys of a file, and of its histories, that name files."""


def _beside(folder: Path, key: str, value: object) -> object:
    """Return what a key says, with the paths in it as beside a folder."""
    if isinstance(value, list):
        return [_beside(folder, key, one) for one in value]
    if isinstance(value, Mapping) and key == "histories":
        return {name: _beside(folder, name, one) for name, one in value.items()}
    return _PLACED[key](folder, value) if isinstance(value, str) and key in _PLACED else value


def _overlaid(file: Path, above: tuple[Path, ...]) -> Document:
    document = read_toml(file)
    base = document.pop(BASE, None)
    if base is None:
        return document
    if not isinstance(base, str):
        raise ConfigurationError(str(file), (f"$.{BASE}: type, expected the name of a file",))
    under = (file.parent / base).resolve()
    if under in above:
        raise ConfigurationError(str(file), (f"$.{BASE}: circle, expected a file not yet read",))
    below = _overlaid(under, (*above, under))
    placed = {key: _beside(under.parent, key, value) for key, value in below.items()}
    return _over(placed, document)


def _over(base: Document, own: Document) -> Document:
    found = dict(base)
    for key, value in own.items():
        below = found.get(key)
        if isinstance(value, list) and isinstance(below, list):
            found[key] = _rows_over(below, value)
        else:
            found[key] = value
    return found


def _rows_over(below: list[Any], own: list[Any]) -> list[Any]:
    """Return rows with columns of the rows of the same names in place of theirs; no rows: none."""
    if not own or not all(isinstance(row, Mapping) and "name" in row for row in (*below, *own)):
        return own
    found = {row["name"]: row for row in below}
    for row in own:
        found[row["name"]] = {**found.get(row["name"], {}), **row}
    return list(found.values())


def _doubled(rows: ScenarioRows) -> list[str]:
    """Return a fault of each row whose name another of its kind has."""
    faults = []
    for kind in ("arrivals", "doings", "staff", "voting", "costs", "histories"):
        seen = set[str]()
        for place, row in enumerate(getattr(rows, kind)):
            if row.name in seen:
                faults.append(
                    f"$.{kind}[{place}].name: doubled, expected another than {row.name!r}"
                )
            seen.add(row.name)
    return faults
