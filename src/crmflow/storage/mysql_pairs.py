"""
Which messages are the first of their pair, as of when they are locked.

A locking read sees what is committed while it goes on; what it looks up beside does not. So of a
pair that came meanwhile it may give the second message too, or it alone, where another worker has
the first. What is looked up afterwards sees all that came before a message that is locked.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from sqlalchemy import and_, bindparam, or_

from crmflow.storage import sql_rows as rows
from crmflow.storage.mysql_transaction import MysqlTransaction
from crmflow.storage.rows import MessageRow
from crmflow.storage.sql_parts import columns, compiled, limited, matching
from crmflow.storage.tables import MESSAGE

_TARGET = ("target_tenant", "target_machine", "target_id")


def first_of_pairs(work: MysqlTransaction, read: Sequence[MessageRow]) -> list[MessageRow]:
    """
    Return those messages before which none of their pair is left.

    Args:
        work: The transaction that has locked them.
        read: The messages.
    """
    if not read:
        return []
    values = []
    for one in read:
        tenant, machine, id_, *place = rows.message_key(one)
        target = one.target
        pair = (tenant, machine, id_, target.tenant, target.machine, target.id)
        values.append((*pair, *place, 1))
    found = work.each(_earlier(), values)
    return [one for one, earlier in zip(read, found, strict=True) if not earlier]


@cache
def _earlier() -> str:
    """Return the statement that looks for a message of the same pair before another one."""
    version = bindparam("version", type_=MESSAGE.c.version.type)
    # Ranges of the key, which a comparison of pairs would not be.
    before = or_(
        MESSAGE.c.version < version,
        and_(MESSAGE.c.version == version, MESSAGE.c.ordinal < bindparam("ordinal")),
    )
    pair = matching(MESSAGE, "tenant", "machine", "id", *_TARGET)
    return compiled("mysql", limited(columns(MESSAGE, "ordinal").where(*pair, before)))
