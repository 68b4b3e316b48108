"""
The store in one SQLite file: the embedded default, safe for threads and processes.

An ordinary step is one SELECT, then BEGIN IMMEDIATE, UPDATE, INSERT, COMMIT.
"""

from __future__ import annotations

from pathlib import Path

from crmflow.core.errors import BackupError
from crmflow.storage.chains import Checked
from crmflow.storage.sql_store import SqlStore
from crmflow.storage.sqlite_backup import verify
from crmflow.storage.sqlite_file import MEMORY, SqliteFile, SqliteOptions


class SqliteStore(SqlStore):
    """
    The store port over one file, or over memory.

    Args:
        path: Path of the file, made where there is none; `:memory:` for none at all.
        options: How the file is used.

    Raises:
        StoreFileError: The file is none of ours, damaged, read-only, a folder or nowhere.
        SchemaOutOfDateError: Its schema is of another release.
        UnavailableError: Another process holds it.
    """

    def __init__(self, path: str = MEMORY, options: SqliteOptions | None = None) -> None:
        self._file = SqliteFile(path, options or SqliteOptions())
        try:
            self._file.make_ready()
            super().__init__(self._file)
        except BaseException:
            self._file.close()
            raise

    def copy(self, path: str) -> None:
        """Write all there is to a new file, while the store is used."""
        self._file.copy(path)

    def verify(self, path: str, *, on: str | None = None) -> Checked:
        """Check that a copy is whole."""
        if on is not None:
            raise BackupError(path, "a file is checked by itself: leave out where (--check-on)")
        return verify(Path(path))
