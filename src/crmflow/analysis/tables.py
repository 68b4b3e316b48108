"""
A table of a TOML file, read key by key while its faults are gathered, so that
an author sees everything that is wrong at once, each with the path of its key.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import attrs

from crmflow.core.errors import did_you_mean


@attrs.frozen
class Table:
    """
    One table of a parsed TOML file.

    Args:
        entries: The table's keys and values.
        path: Where the table stands, beginning with `$`.
        faults: The list every fault of the file is added to.
    """

    entries: Mapping[str, object]
    path: str
    faults: list[str]

    def at(self, key: str) -> str:
        """Return the path of *key*, quoted where it is no bare TOML key."""
        bare = key.isascii() and key.replace("_", "").replace("-", "").isalnum()
        return f"{self.path}.{key}" if bare else f'{self.path}."{key}"'

    def fault(self, key: str, message: str) -> None:
        """Note that *key* is wrong; *message* says why and what would be right."""
        self.faults.append(f"{self.at(key)}: {message}")

    def only(self, known: Collection[str]) -> None:
        """Note every key that is none of *known*."""
        for key in self.entries:
            if key not in known:
                self.fault(key, f"unknown key. {did_you_mean(key, known)}")

    def text(self, key: str) -> str | None:
        """Return the text at *key*; None when it is absent or at fault."""
        value = self.entries.get(key)
        if value is None:
            return None
        if isinstance(value, str) and value:
            return value
        self.fault(key, f"expected a text that is not empty, got {value!r}")
        return None

    def needed(self, key: str, example: str) -> str:
        """Return the text at *key*; its absence is a fault that shows *example*."""
        if key not in self.entries:
            self.fault(key, f"missing; expected a text such as {example!r}")
        return self.text(key) or ""

    def choice(self, key: str, options: Collection[str], default: str | None) -> str | None:
        """Return the text at *key*, which must be one of *options*."""
        value = self.entries.get(key)
        if value is None:
            return default
        if isinstance(value, str) and value in options:
            return value
        expected = ", ".join(map(repr, options))
        hint = f". {did_you_mean(value, options)}" if isinstance(value, str) else ""
        self.fault(key, f"{value!r} is unknown; expected one of {expected}{hint}")
        return default

    def flag(self, key: str, *, default: bool) -> bool:
        """Return the true or false at *key*."""
        value = self.entries.get(key, default)
        if isinstance(value, bool):
            return value
        self.fault(key, f"expected true or false, got {value!r}")
        return default

    def texts(self, key: str) -> tuple[str, ...] | None:
        """Return the text or the list of texts at *key*; None when absent or at fault."""
        value = self.entries.get(key)
        if value is None:
            return None
        if isinstance(value, str):
            return (value,)
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        self.fault(key, f"expected a text or a list of texts, got {value!r}")
        return None

    def table(self, key: str) -> Table | None:
        """Return the table at *key*; None when it is absent or at fault."""
        value = self.entries.get(key)
        if value is None:
            return None
        if isinstance(value, dict):
            return Table(value, self.at(key), self.faults)
        self.fault(key, f"expected a table, got {value!r}")
        return None

    def tables(self, key: str) -> Iterable[tuple[str, Table]]:
        """Yield the name and the table of everything in the table at *key*."""
        outer = self.table(key)
        if outer is None:
            return
        for name in outer.entries:
            inner = outer.table(name)
            if inner is not None:
                yield name, inner

    def renames(self, key: str) -> dict[str, str] | None:
        """Return the table at *key* as text to text; None when it is absent."""
        inner = self.table(key)
        if inner is None:
            return None
        return {name: inner.needed(name, "a name") for name in inner.entries}
