"""
What the one SQL implementation asks of a database: transactions on the driver's own connection.

Statements are strings of `sql`, values come in the order that these take them. An adapter gives
driver errors as `StoreError` or, where a row is in the way, as `Clash`.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol

from crmflow.core.errors import UnavailableError, UnstorableError
from crmflow.storage.sql_rows import Values


class Clash(Exception):  # noqa: N818 - it never leaves a store
    """A row is there that may not be, or is not there that must be; all was rolled back."""


TAKEN = "an entity has another version, or a claim another holder"
"""What a clash tells of a step that did not touch all it must."""


class Busy(UnavailableError):  # noqa: N818 - as above
    """The database let another transaction go first; all was rolled back and may be tried again."""


UNSAYABLE = (OverflowError, UnicodeEncodeError)
"""What drivers raise of a value that no statement can have; it is no fault of the database."""


def unsayable(fault: Exception) -> UnstorableError:
    """Return what is told of a value that no statement can have."""
    if isinstance(fault, OverflowError):
        return UnstorableError(("a whole number of more than 64 bits",))
    return UnstorableError(("a text that is no Unicode text: it holds half of a character",))


class Step(NamedTuple):
    """
    A statement to run for each of some values.

    Attributes:
        statement: One of `sql`.
        values: What it takes, each time.
        whole: Whether each time a row must be touched.
    """

    statement: str
    values: Sequence[Values]
    whole: bool = False


class Transaction(Protocol):
    """An open transaction."""

    def execute(self, statement: str, values: Values) -> list[Any]:
        """Run a statement and return its rows, none where it returns none."""
        ...

    def executemany(self, statement: str, values: Sequence[Values]) -> int:
        """Run a statement for each of some values and return how many rows it touched in all."""
        ...


class Database(Protocol):
    """
    Where the tables are; safe to use from several threads.

    Attributes:
        name: What errors call it; without a password.
        dialect: A name of `sql_parts.DIALECTS`.
    """

    name: str
    dialect: str

    def reading(self) -> AbstractContextManager[Transaction]:
        """Return a transaction that only reads."""
        ...

    def writing(self) -> AbstractContextManager[Transaction]:
        """
        Return a transaction that is durable when it is left, and rolled back by an exception.

        Raises:
            Clash: A row was in the way.
            Busy: Another transaction was.
        """
        ...

    def run(self, statement: str, values: Values) -> list[Any]:
        """Run one statement as a transaction of its own and return its rows."""
        ...

    def close(self) -> None:
        """Give back what is held; closing twice is no error."""
        ...


class Migrated(Protocol):
    """
    A database whose schema can be looked at and brought up to date.

    Attributes:
        name: What errors call it; without a password.
    """

    name: str

    def schema(self) -> str | None:
        """Return the schema's revision, None where there are no tables of ours."""
        ...

    def upgrade(self) -> None:
        """
        Bring the schema to this release's.

        Raises:
            SchemaOutOfDateError: The schema is none that this release knows.
        """
        ...

    def close(self) -> None:
        """Give back what is held."""
        ...
