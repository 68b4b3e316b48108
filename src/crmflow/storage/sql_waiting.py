"""
Which messages wait: the first of each pair, those sent first in front, locked for who leases them.

An index has them in this order, so that a claim reads as many as it takes and passes over.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Exists,
    Select,
    String,
    bindparam,
    exists,
    literal_column,
    tuple_,
)

from crmflow.storage.sql_parts import led, matching, page
from crmflow.storage.sql_rows import MESSAGE_KEY
from crmflow.storage.tables import MESSAGE


def first_waiting() -> Select[Any]:
    """
    Return what reads messages to lease, locked where the database has locks.

    It takes the tenant, the status, the present instant, the targets and how many.
    """
    # By an index that is not its key InnoDB keeps locked, until the claim is over, what it passes
    # over too: who claims at the same time gets that next time.
    oldest = led(page(MESSAGE, "sent_at", *MESSAGE_KEY), "crmflow_message_sent", MESSAGE)
    waiting = oldest.where(
        *matching(MESSAGE, "status"),
        MESSAGE.c.not_before <= bindparam("now"),
        among(MESSAGE.c.target_machine, "targets"),
        ~_earlier(),
    )
    return waiting.with_for_update(skip_locked=True)


def among(column: ColumnElement[str], names: str) -> ColumnElement[bool]:
    """Return whether a column has one of the names of a parameter (see `sql_rows.among`)."""
    # One parameter, so that the statement is the same for any number of names.
    some = literal_column("'% '", String) + column + literal_column("' %'", String)
    return bindparam(names, type_=String).like(some)


def _earlier() -> Exists:
    """Return whether there is an earlier message of the same pair."""
    one = MESSAGE.alias("earlier")
    same = ("tenant", "machine", "id", "target_tenant", "target_machine", "target_id")
    place = tuple_(one.c.version, one.c.ordinal) < tuple_(MESSAGE.c.version, MESSAGE.c.ordinal)
    return exists().where(*(one.c[name] == MESSAGE.c[name] for name in same), place)
