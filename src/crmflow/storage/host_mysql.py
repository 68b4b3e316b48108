"""A host's transaction on a MySQL or MariaDB server, by PyMySQL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pymysql import MySQLError
from pymysql.constants import CLIENT, FIELD_TYPE
from pymysql.cursors import Cursor

from crmflow.storage.joined import Driver, JoinedStore
from crmflow.storage.mysql_connecting import Connection, explained, too_old
from crmflow.storage.mysql_transaction import Answer, MysqlTransaction

_SMALL = 1 << 18
"""Characters that every server takes at once: a mebibyte at most."""


class OnMysql(MysqlTransaction):
    """
    An open transaction; see `database`.

    Of what our own connections have set, a host's may have nothing: it sends one statement at a
    time, and gives short bytes as bytes, which are texts here (see `column_types`).
    """

    def send(self, texts: Iterable[str]) -> list[Answer]:
        """Send whole statements one by one and return their answers."""
        return [answer for text in texts for answer in self._answers(text)]

    def _answers(self, text: str) -> Iterator[Answer]:
        self._check(text)
        cursor = self.connection.cursor(Cursor)
        cursor.execute(text)
        kinds: list[Any] = [column[1] for column in cursor.description or ()]
        yield [_read(row, kinds) for row in cursor.fetchall()], cursor.rowcount

    def _check(self, text: str) -> None:
        if len(text) > _SMALL and not self.most:
            (((self.most,),), _), *_ = self._answers("SELECT @@max_allowed_packet")
        if self.most:
            super()._check(text)


def _read(row: Sequence[Any], kinds: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(
        value.decode() if kind == FIELD_TYPE.VAR_STRING and isinstance(value, bytes) else value
        for value, kind in zip(row, kinds, strict=True)
    )


def _unfit(connection: Any) -> Sequence[str]:  # noqa: ANN401 - its types lack a part
    faults = []
    if connection.get_autocommit():
        faults.append("its connection is in autocommit: there is no transaction to join")
    if not connection.client_flag & CLIENT.FOUND_ROWS:
        faults.append("its connection must count the rows it finds (client_flag=CLIENT.FOUND_ROWS)")
    if not connection.charset.startswith("utf8"):
        faults.append(f"its character set is {connection.charset}; utf8mb4 is needed")
    old = too_old(connection.server_version)
    return [*faults, old] if old else faults


def _transaction(connection: Connection) -> OnMysql:
    return OnMysql(connection, 0)


MYSQL = Driver(
    "mysql",
    JoinedStore,
    (MySQLError, OSError),
    explained,
    _unfit,
    _transaction,
    "SELECT 1 FROM information_schema.tables "
    "WHERE table_schema = DATABASE() AND table_name = %(name)s",
)
"""How a MySQL or MariaDB server is joined."""
