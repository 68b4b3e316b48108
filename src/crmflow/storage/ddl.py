"""The statements that make the tables, for those who keep the rights to do so to themselves."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.schema import CreateIndex, CreateTable

from crmflow.storage.migrations import HEAD, VERSION_TABLE
from crmflow.storage.sql_parts import DIALECTS
from crmflow.storage.tables import METADATA


def ddl(dialect: str) -> Iterator[str]:
    """
    Yield the statements that make this release's tables and note its revision.

    Args:
        dialect: A name of `sql_parts.DIALECTS`.
    """
    target = DIALECTS[dialect]()
    for table in METADATA.sorted_tables:
        yield str(CreateTable(table).compile(dialect=target)).strip()
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            yield str(CreateIndex(index).compile(dialect=target)).strip()
    yield f"CREATE TABLE {VERSION_TABLE} (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"
    yield f"INSERT INTO {VERSION_TABLE} VALUES ('{HEAD}')"  # noqa: S608 - our constants
