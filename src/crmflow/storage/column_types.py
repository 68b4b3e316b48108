"""
Column types of every database, used by the declared tables and by the migrations.

Everywhere texts are compared and ordered by code point, exactly: with the collation "C" on
PostgreSQL, as bytes on MySQL, whose collations ignore spaces at the end or differ by release.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, LargeBinary, String, Text
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeEngine

from crmflow.storage.limits import LIMITS

_MYSQL = ("mysql", "mariadb")
_LIMITLESS = frozenset({"detail"})


def text(name: str, *, nullable: bool = False) -> Column[str]:
    """Return a column of texts; its name says how long they may be."""
    return Column(name, _text(name), nullable=nullable)


def number(name: str) -> Column[int]:
    """Return a column of 64 bits: versions, instants in microseconds."""
    return Column(name, BigInteger, nullable=False)


def data(name: str) -> Column[bytes]:
    """Return a column of bytes without a limit."""
    kind = LargeBinary().with_variant(mysql.LONGBLOB(), *_MYSQL)
    return Column(name, kind, nullable=False)


def _text(name: str) -> TypeEngine[str]:
    exact = String().with_variant(Text(collation="C"), "postgresql")
    if name in _LIMITLESS:
        return exact.with_variant(mysql.LONGTEXT(charset="utf8mb4"), *_MYSQL)
    return exact.with_variant(mysql.VARBINARY(LIMITS[name]), *_MYSQL)
