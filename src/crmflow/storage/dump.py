"""
What a dump says: statements that make our tables and fill them, and nothing else.

A dump is a program that a server runs. What is none of ours is refused before anything is run.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

import attrs

from crmflow.core.errors import BackupError
from crmflow.storage.chains import NEEDED

_BEGINNING = 40
"""Characters of a statement that an error shows: what follows may be somebody's."""


@attrs.frozen
class Dump:
    """
    What a dump says.

    Attributes:
        rows: How many rows it has of each table.
        schema: Name of the schema they are in, None where a server has none.
    """

    rows: Mapping[str, int]
    schema: str | None = None


def statements(lines: Iterator[bytes], comment: re.Pattern[bytes]) -> Iterator[bytes]:
    """
    Yield the statements of a dump; of the lines, others may be read in between.

    Args:
        lines: Its lines; a line that ends in a semicolon ends a statement.
        comment: What a line begins with that says nothing.
    """
    parts: list[bytes] = []
    for line in lines:
        if not parts and (not line.strip() or comment.match(line)):
            continue
        parts.append(line)
        if line.rstrip().endswith(b";"):
            yield b"".join(parts)
            parts.clear()
    if parts:
        yield b"".join(parts)


def strange(file: str, statement: bytes) -> BackupError:
    """Return the fault of a dump that says what no dump of a store says."""
    beginning = statement.decode(errors="replace").partition("\n")[0][:_BEGINNING]
    return BackupError(file, f"it is no dump of a store: it says {beginning!r}")


def see_whole(file: str, tables: Collection[str]) -> None:
    """
    See that nothing is missing without which there is no store.

    Args:
        file: What errors call the dump.
        tables: Names of the tables that it makes.

    Raises:
        BackupError: Tables are missing; names them.
    """
    missing = [name for name in NEEDED if name not in tables]
    if missing:
        raise BackupError(file, f"it is no dump of a store: it has no {', '.join(missing)}")
