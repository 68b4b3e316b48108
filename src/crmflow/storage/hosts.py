"""
Whose transaction is joined: a Connection or Session of SQLAlchemy, or a connection of Django.

A host owns its transaction. It is asked for the driver's connection each time, because a session
has another one in its next transaction. What is to be done once a transaction has ended is done
whichever way it ended: of what was rolled back, nothing is found then.
"""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from typing import Any, Protocol

import attrs
from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.orm import Session, SessionTransaction, scoped_session

from crmflow.core.errors import ConfigurationError

HOST = "the host's transaction"
"""What errors call what is joined."""

Call = Callable[[], object]

_LATER = "crmflow"
"""Where a host keeps what is to be done when its transaction has ended."""


class Host(Protocol):
    """Who has a transaction."""

    @property
    def place(self) -> object:
        """Return what stays the same over its transactions: where its database is."""
        ...

    def begun(self) -> Any:  # noqa: ANN401 - any driver's
        """Return the driver's connection, in the host's transaction."""
        ...

    def after(self, call: Call) -> None:
        """Have something done once the present transaction has ended."""
        ...

    def give_up(self) -> None:
        """Let the host roll back: part of its transaction is gone."""
        ...


class DjangoConnection(Protocol):
    """What is asked of a connection of Django."""

    in_atomic_block: bool
    ops: Any

    @property
    def connection(self) -> Any:  # noqa: ANN401 - any driver's
        """Return the driver's connection."""
        ...

    def validate_no_broken_transaction(self) -> None:
        """Raise where the transaction can only be rolled back."""
        ...

    def on_commit(self, func: Call, robust: bool = ...) -> None:
        """Have something done once the transaction is committed."""
        ...

    def set_rollback(self, rollback: bool) -> None:
        """Let the innermost `atomic` roll back."""
        ...


Given = Connection | Session | scoped_session[Any] | DjangoConnection
"""What a host gives to be joined."""

Awaiting = AsyncConnection | AsyncSession
"""What a host gives that awaits its database."""


def host_of(given: Given) -> Host:
    """
    Return a host.

    Raises:
        ConfigurationError: It is none that is known.
    """
    found = given() if isinstance(given, scoped_session) else given
    if isinstance(found, Session):
        return SessionHost(found)
    if isinstance(found, Connection):
        return ConnectionHost(found)
    if hasattr(found, "in_atomic_block"):
        return DjangoHost(found)
    more = "; where `await` is needed, join it with an AsyncEngine" if awaits(given) else ""
    raise unknown(given, f"a Connection or Session of SQLAlchemy, or a connection of Django{more}")


def awaits(given: object) -> bool:
    """Say whether a host is one of SQLAlchemy's that await their database."""
    return isinstance(given, AsyncConnection | AsyncSession)


def unknown(given: object, known: str) -> ConfigurationError:
    """Return the error of a host that is none of those known."""
    return ConfigurationError(HOST, (f"a {type(given).__name__} is none of {known}",))


@attrs.frozen
class ConnectionHost:
    """A connection of SQLAlchemy."""

    connection: Connection

    @property
    def place(self) -> object:
        """Return its engine."""
        return self.connection.engine

    def begun(self) -> Any:  # noqa: ANN401 - see `Host`
        """Return the driver's connection; as by any statement, a transaction is begun."""
        if not self.connection.in_transaction():
            self.connection.begin()
        return self.connection.connection.dbapi_connection

    def after(self, call: Call) -> None:
        """Have something done when the connection is given back, or begins anew."""
        # There is no event behind a commit, only one before it. A listener is added once however
        # often it is; asking for it would find that of a pool that is gone and had the same id.
        event.listen(self.connection.engine.pool, "checkin", _given_back)
        event.listen(self.connection, "begin", _begins)
        self.connection.info.setdefault(_LATER, []).append(call)

    def give_up(self) -> None:
        """Drop the driver's connection, so that SQLAlchemy insists on a rollback."""
        self.connection.invalidate()


@attrs.frozen
class SessionHost:
    """A session of SQLAlchemy."""

    session: Session

    @property
    def place(self) -> object:
        """Return the engine of its connection."""
        return self.session.connection().engine

    def begun(self) -> Any:  # noqa: ANN401 - see `Host`
        """Return the driver's connection of the present transaction, begun where there is none."""
        return ConnectionHost(self.session.connection()).begun()

    def after(self, call: Call) -> None:
        """Have something done when the session has ended its transaction, its connection free."""
        event.listen(self.session, "after_transaction_end", _ended)
        self.session.info.setdefault(_LATER, []).append(call)

    def give_up(self) -> None:
        """Drop the driver's connection, so that SQLAlchemy insists on a rollback."""
        self.session.connection().invalidate()


@attrs.frozen
class DjangoHost:
    """A connection of Django, in `transaction.atomic()`."""

    connection: DjangoConnection

    @property
    def place(self) -> object:
        """Return what a connection has for good, also where it is named by a proxy."""
        place: object = self.connection.ops
        return place

    def begun(self) -> Any:  # noqa: ANN401 - see `Host`
        """Return the driver's connection."""
        if not self.connection.in_atomic_block:
            fault = "there is none: join it within `with transaction.atomic():`"
            raise ConfigurationError(HOST, (fault,))
        self.connection.validate_no_broken_transaction()
        return self.connection.connection

    def after(self, call: Call) -> None:
        """Have something done when the outermost `atomic` has committed."""
        self.connection.on_commit(call, robust=True)

    def give_up(self) -> None:
        """Let Django refuse all but a rollback."""
        self.connection.set_rollback(True)


def _do(info: MutableMapping[Any, Any]) -> None:
    for call in info.pop(_LATER, ()):
        call()


def _given_back(_connection: object, record: Any) -> None:  # noqa: ANN401 - of the pool
    _do(record.info)


def _begins(connection: Connection) -> None:
    _do(connection.info)


def _ended(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        _do(session.info)
