"""What an SQL store does for what it keeps: keys wrapped anew, journals pruned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from crmflow.core.ref import EntityRef
from crmflow.storage.rows import Pruned
from crmflow.storage.sql_reads import SqlReads


class SqlKeeping(SqlReads):
    """The keeping part of `SqlStore`."""

    def secrets(
        self, tenant: str, *, after: tuple[str, str] | None = None, limit: int = 100
    ) -> Sequence[tuple[EntityRef, bytes]]:
        """Return a page of wrapped keys behind (machine, id), in that order."""
        found = self._run(self._sql.secrets, (tenant, *(after or ("", "")), limit))
        return [(EntityRef(tenant, machine, id_), secret) for machine, id_, secret in found]

    def rewrap(self, ref: EntityRef, old: bytes, new: bytes) -> bool:
        """Put a wrapped key in place of the old one; say whether that was still there."""
        with self._database.writing() as work:
            values = (new, ref.tenant, ref.machine, ref.id, old)
            return work.executemany(self._sql.rewrap, [values]) == 1

    def pruned(self, ref: EntityRef) -> Pruned | None:
        """Return what stands in place of an entity's pruned records, None where none are."""
        found = self._run(self._sql.pruned, (ref.tenant, ref.machine, ref.id))
        return Pruned(*found[0]) if found else None

    def prune(self, ref: EntityRef, mark: Pruned, keys: Mapping[str, int]) -> bool:
        """Put a mark in place of records up to its version; False where its record is not there."""
        sql, own = self._sql, (ref.tenant, ref.machine, ref.id)
        with self._database.writing() as work:
            # Its record is taken first: who does not find it came second, whatever the database
            # lets two transactions see.
            if work.executemany(sql.drop_marked, [(*own, mark.version, mark.hash)]) != 1:
                return False
            kept = (mark.version, mark.at, mark.hash, mark.snapshot, mark.signature)
            work.executemany(sql.put_mark, [(*own, *kept)])
            for statement in (sql.drop_records, sql.drop_checkpoints):
                work.executemany(statement, [(*own, mark.version)])
            used = [
                (ref.tenant, ref.machine, scope, key, ref.id, version)
                for key, version in keys.items()
                for scope in (ref.id, "")
            ]
            if used:
                work.executemany(sql.drop_key, used)
        return True
