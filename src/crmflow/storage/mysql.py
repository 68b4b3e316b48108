"""
The store on a MySQL or MariaDB server, for any number of processes on any number of hosts.

A step is three round trips: one SELECT, one packet of statements that write, and the COMMIT.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from crmflow.core.ref import EntityRef
from crmflow.storage import sql_rows as rows
from crmflow.storage.chains import Checked
from crmflow.storage.commit import Commit
from crmflow.storage.database import Transaction
from crmflow.storage.mysql_connecting import read_url
from crmflow.storage.mysql_dump import MysqlDumps
from crmflow.storage.mysql_pairs import first_of_pairs
from crmflow.storage.mysql_server import MysqlServer
from crmflow.storage.mysql_transaction import MysqlTransaction
from crmflow.storage.rows import EntityRow, MessageRow
from crmflow.storage.server_backup import copy, verify
from crmflow.storage.sql_store import SqlStore


class MysqlStore(SqlStore):
    """
    The store port over one database of a server.

    Args:
        url: `mysql://user:password@host:port/database`; see `open_store`.

    Raises:
        ConfigurationError: The URL cannot be read.
        StoreFileError: The database cannot be used.
        SchemaOutOfDateError: Its schema is of another release.
        UnavailableError: The server does not answer.
    """

    def __init__(self, url: str) -> None:
        self._server = MysqlServer(url)
        try:
            self._server.make_ready()
            super().__init__(self._server)
        except BaseException:
            self._server.close()
            raise

    def copy(self, path: str) -> None:
        """Dump all there is to a new file with the server's program, while the store is used."""
        copy(MysqlDumps(self._server.url), path)

    def verify(self, path: str, *, on: str | None = None) -> Checked:
        """Check a dump in a scratch database, beside the store's or where a URL says."""
        return verify(MysqlDumps(self._server.url if on is None else read_url(on)), path)

    def load(self, refs: Sequence[EntityRef]) -> Sequence[EntityRow | None]:
        """Return the present row of each entity, None where there is none."""
        if len(refs) <= 1:
            return super().load(refs)
        places = [(ref.tenant, ref.machine, ref.id) for ref in refs]
        found = self._server.each(self._sql.load, places)
        return [
            EntityRow(ref, *row[0]) if row else None for ref, row in zip(refs, found, strict=True)
        ]

    def _first(self, work: Transaction, read: list[MessageRow]) -> list[MessageRow]:
        """Return those that are the first of their pair."""
        return first_of_pairs(cast("MysqlTransaction", work), read)

    def _write_all(self, batch: Sequence[Commit]) -> None:
        """Write a batch with few round trips, or raise `Clash` or `Busy`."""
        with self._server.writing() as work:
            for wave in rows.waves(batch):
                work.run(self._steps(wave))
