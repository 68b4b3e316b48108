"""
The store on a PostgreSQL server, for any number of processes on any number of hosts.

A step is two round trips: one SELECT, and one statement that commits all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from sqlalchemy import Table

from crmflow.core.ref import EntityRef
from crmflow.storage import sql_rows as rows
from crmflow.storage.chains import Checked
from crmflow.storage.commit import Commit
from crmflow.storage.postgresql_commit import one_statement, waves
from crmflow.storage.postgresql_server import PostgresqlServer, read_url
from crmflow.storage.postgresql_waking import waking
from crmflow.storage.rows import EntityRow, MessageRow, MessageStatus, TimerRow
from crmflow.storage.server_backup import copy, verify
from crmflow.storage.sql_store import SqlStore
from crmflow.storage.tables import MESSAGE, TIMER

_LOAD = """
SELECT now.version, now.state, now.at, now.snapshot, now.head
FROM unnest(%b::text[], %b::text[], %b::text[])
    WITH ORDINALITY AS wanted (tenant, machine, id, place)
LEFT JOIN crmflow_entity AS now USING (tenant, machine, id)
ORDER BY wanted.place
"""


class AtOnce(SqlStore):
    """What a store on any connection to PostgreSQL reads and writes in one statement."""

    def load(self, refs: Sequence[EntityRef]) -> Sequence[EntityRow | None]:
        """Return the present row of each entity, None where there is none."""
        if len(refs) == 1:
            return super().load(refs)
        columns = [[getattr(ref, name) for ref in refs] for name in ("tenant", "machine", "id")]
        found = self._run(_LOAD, columns)
        return [
            None if row[0] is None else EntityRow(ref, *row)
            for ref, row in zip(refs, found, strict=True)
        ]

    def _write_all(self, batch: Sequence[Commit]) -> None:
        """Write a batch in one statement, or in one for each wave of it."""
        found = [one_statement(wave) for wave in waves(batch)]
        if len(found) == 1:
            self._run(*found[0])
            return
        with self._database.writing() as work:
            for statement, values in found:
                work.execute(statement, values)


class PostgresqlStore(AtOnce):
    """
    The store port over one database of a server.

    Args:
        url: `postgresql://user:password@host:port/database`; see `open_store`.

    Raises:
        ConfigurationError: The URL cannot be read.
        StoreFileError: The database cannot be used.
        SchemaOutOfDateError: Its schema is of another release.
        UnavailableError: The server does not answer.
    """

    def __init__(self, url: str) -> None:
        self._server = server = PostgresqlServer(url)
        try:
            server.make_ready()
            super().__init__(server)
            self._claim_due = _claiming(
                self._sql.due_unleased, TIMER, "leased_until", ("machine", "id", "name")
            )
            self._claim_messages = _claiming(
                self._sql.first_waiting, MESSAGE, "not_before", rows.MESSAGE_KEY
            )
        except BaseException:
            server.close()
            raise

    def copy(self, path: str) -> None:
        """Dump all there is to a new file with pg_dump, while the store is used."""
        from crmflow.storage.postgresql_dump import PostgresqlDumps

        copy(PostgresqlDumps(self._server.url), path)

    def verify(self, path: str, *, on: str | None = None) -> Checked:
        """Check a dump in a scratch database, beside the store's or where a URL says."""
        from crmflow.storage.postgresql_dump import PostgresqlDumps

        place = self._server.url if on is None else read_url(on)
        return verify(PostgresqlDumps(place), path)

    def waking(self, woken: Callable[[str | None], object]) -> AbstractContextManager[None]:
        """Tell of commits that may make something due, as long as the context lasts."""
        return waking(self._server.url, woken)

    def claim_due(
        self,
        tenant: str,
        until: int,
        *,
        machines: Sequence[str],
        now: int,
        lease: int,
        limit: int,
        after: int = 0,
    ) -> Sequence[TimerRow]:
        """Lease timers to one caller: of two at once, none gets what the other got."""
        place = (tenant, after, until, now, rows.among(machines), limit)
        values = (*place, now + lease, tenant)
        timers = [rows.timer(tenant, row) for row in self._run(self._claim_due, values)]
        return sorted(timers, key=lambda one: (one.due_at, one.ref, one.name))

    def claim_messages(
        self, tenant: str, *, targets: Sequence[str], now: int, lease: int, limit: int
    ) -> Sequence[MessageRow]:
        """Lease the first waiting message of each pair to one caller."""
        end = now + lease
        place = (tenant, MessageStatus.WAITING, now, rows.among(targets), limit)
        found = self._run(self._claim_messages, (*place, end, tenant))
        messages = [rows.leased(tenant, row, end) for row in found]
        return sorted(messages, key=lambda one: (one.sent_at, one.place))


def _claiming(free: str, table: Table, lease: str, key: Sequence[str]) -> str:
    """
    Return the statement that leases what another one reads, and returns it.

    It takes the other's values, the end of the lease and the tenant.
    """
    same = " AND ".join(f'leased."{name}" = free."{name}"' for name in key)
    return (
        # Apart, so that it runs once whatever the plan: it locks what it reads.
        f"WITH free AS MATERIALIZED ({free}) "  # noqa: S608 - our own texts
        f"UPDATE {table.name} AS leased SET {lease} = %s "
        f"FROM free WHERE leased.tenant = %s AND {same} RETURNING free.*"
    )
