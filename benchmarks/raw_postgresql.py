"""
The limit of a durable step on PostgreSQL: the same rows by psycopg alone.

One step reads an entity's row, then in one transaction moves it on by
compare-and-set and appends its journal row: one statement for each row, as a careful
caller writes it. `piped` sends the same statements in one round trip, which is as
much as the protocol gives. The tables are copies of those that crmflow made.
"""

from collections.abc import Iterator
from itertools import cycle, islice
from typing import Any, TypeAlias

import psycopg

from benchmarks.raw_sqlite import BATCH, Loaded, Ref, Values
from crmflow.storage.postgresql_server import PostgresqlServer, parameters

Connection: TypeAlias = psycopg.Connection[tuple[Any, ...]]

LOAD = (
    "SELECT version, state, at, snapshot, head FROM crmflow_entity"
    " WHERE tenant = %s AND machine = %s AND id = %s"
)
LOAD_MANY = (
    "SELECT version, state, at, snapshot, head FROM crmflow_entity"
    " JOIN unnest(%s::text[], %s::text[], %s::text[]) AS wanted (tenant, machine, id)"
    " USING (tenant, machine, id) ORDER BY id"
)
MOVE = (
    "UPDATE crmflow_entity SET version = %s, state = %s, at = %s, snapshot = %s, head = %s"
    " WHERE tenant = %s AND machine = %s AND id = %s AND version = %s"
)
APPEND = (
    "INSERT INTO crmflow_journal (tenant, machine, id, version, at, recorded_at, entry,"
    " event, key, body, hash) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
)
ENTITIES = "SELECT tenant, machine, id FROM crmflow_entity ORDER BY tenant, machine, id"
BODY = "SELECT event, body FROM crmflow_journal ORDER BY version DESC LIMIT 1"


def connected(url: str) -> Connection:
    """
    Return a connection as crmflow has them: in autocommit, and led by indexes.

    Args:
        url: As for `open_store`, with a schema.
    """
    return psycopg.connect(**parameters(PostgresqlServer(url).url), autocommit=True)


class RawPostgresql:
    """
    Steps over a copied store.

    Args:
        url: URL of a store of its own, whose entities each went one step at least.
        states: States that an entity goes through, in turns.
    """

    def __init__(self, url: str, *, states: tuple[str, ...]) -> None:
        self._connection = connected(url)
        execute = self._connection.execute
        self._refs: Iterator[Ref] = cycle(execute(ENTITIES).fetchall())
        found = execute(BODY).fetchone()
        assert found is not None, "no entity went a step"
        self._event, self._body = found
        self._states = states

    def step(self) -> None:
        """Move one entity on in a transaction of its own."""
        execute = self._connection.execute
        ref, row = self._loaded()
        moved, appended = self._moved(ref, row)
        execute("BEGIN")
        if execute(MOVE, moved).rowcount != 1:
            raise RuntimeError(f"{ref} was moved by somebody else")
        execute(APPEND, appended)
        execute("COMMIT")

    def piped(self) -> None:
        """Move one entity on, its statements sent together."""
        execute = self._connection.execute
        ref, row = self._loaded()
        moved, appended = self._moved(ref, row)
        with self._connection.pipeline():
            execute("BEGIN")
            done = execute(MOVE, moved)
            execute(APPEND, appended)
            execute("COMMIT")
        if done.rowcount != 1:
            raise RuntimeError(f"{ref} was moved by somebody else")

    def batch(self) -> None:
        """Read a hundred entities in one statement and move them on in one transaction."""
        refs = sorted(islice(self._refs, BATCH))
        found = self._connection.execute(LOAD_MANY, list(map(list, zip(*refs, strict=True))))
        steps = [self._moved(ref, row) for ref, row in zip(refs, found.fetchall(), strict=True)]
        with self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.executemany(MOVE, [moved for moved, _ in steps])
            if cursor.rowcount != len(steps):
                raise RuntimeError("an entity was moved by somebody else")
            cursor.executemany(APPEND, [appended for _, appended in steps])

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _loaded(self) -> tuple[Ref, Loaded]:
        ref = next(self._refs)
        row = self._connection.execute(LOAD, ref).fetchone()
        assert row is not None, f"{ref} is gone"
        version, state, at, snapshot, head = row
        return ref, (version, state, at, snapshot, head)

    def _moved(self, ref: Ref, row: Loaded) -> tuple[Values, Values]:
        """Return the parameters of the two statements that move an entity on."""
        version, _, at, snapshot, head = row
        new, at = version + 1, at + 1
        state = self._states[new % len(self._states)]
        return (
            (new, state, at, snapshot, head, *ref, version),
            (*ref, new, at, at, "decision", self._event, None, self._body, head),
        )
