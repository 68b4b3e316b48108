"""
The tables of every SQL store, declared once with SQLAlchemy Core.

Every key and index leads with the tenant. The first migration creates the same
tables; a test compares the two.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, PrimaryKeyConstraint, Table

from crmflow.storage.column_types import data as _bytes
from crmflow.storage.column_types import number as _number
from crmflow.storage.column_types import text as _text

NEVER = 2**63 - 1
"""Instead of no deadline, so that tasks without one sort behind the others."""

EVER = -(2**63)
"""Where a page by instants starts that goes on from none."""

METADATA = MetaData()


def _from_nought(name: str, kind: type[BigInteger | Integer] = BigInteger) -> Column[int]:
    return Column(name, kind, nullable=False, server_default="0")


def _owned() -> tuple[Column[str], Column[str], Column[str]]:
    return _text("tenant"), _text("machine"), _text("id")


def _key(*names: str) -> PrimaryKeyConstraint:
    return PrimaryKeyConstraint("tenant", *names)


# Measured: narrow rows gain from being stored in their key, rows with wide blobs lose.
ENTITY = Table(
    "crmflow_entity",
    METADATA,
    *_owned(),
    _number("version"),
    _text("state"),
    _number("at"),
    _bytes("snapshot"),
    _bytes("head"),
    _key("machine", "id"),
    Index("crmflow_entity_state", "tenant", "state", "machine", "id"),
)
JOURNAL = Table(
    "crmflow_journal",
    METADATA,
    *_owned(),
    _number("version"),
    _number("at"),
    _number("recorded_at"),
    _text("entry"),
    _text("event"),
    _text("key", nullable=True),
    _bytes("body"),
    _bytes("hash"),
    _key("machine", "id", "version"),
)
KEY = Table(
    "crmflow_key",
    METADATA,
    _text("tenant"),
    _text("machine"),
    _text("scope"),
    _text("key"),
    _text("id"),
    _number("version"),
    _key("machine", "scope", "key"),
    sqlite_with_rowid=False,
)
TIMER = Table(
    "crmflow_timer",
    METADATA,
    *_owned(),
    _text("name"),
    _number("due_at"),
    _number("generation"),
    _from_nought("leased_until"),
    _key("machine", "id", "name"),
    Index("crmflow_timer_due", "tenant", "due_at", "machine", "id", "name"),
    sqlite_with_rowid=False,
)
TASK = Table(
    "crmflow_task",
    METADATA,
    *_owned(),
    _text("name"),
    _text("task_id"),
    _text("role"),
    _number("opened_at"),
    _number("due_at"),
    _key("machine", "id", "name"),
    Index("crmflow_task_due", "tenant", "due_at", "machine", "id", "name"),
    Index("crmflow_task_role", "tenant", "role", "due_at", "machine", "id", "name"),
    sqlite_with_rowid=False,
)
CLAIM = Table(
    "crmflow_claim",
    METADATA,
    _text("tenant"),
    _text("scope"),
    _text("value"),
    _text("machine"),
    _text("id"),
    _key("scope", "value"),
    sqlite_with_rowid=False,
)
# Which values entities are found by.
TERM = Table(
    "crmflow_term",
    METADATA,
    _text("tenant"),
    _text("machine"),
    _text("field"),
    _text("term"),
    _text("id"),
    _key("machine", "field", "term", "id"),
    sqlite_with_rowid=False,
)
# The key of each entity's encrypted values, wrapped; empty where it is destroyed.
SECRET = Table(
    "crmflow_secret",
    METADATA,
    *_owned(),
    _bytes("secret"),
    _key("machine", "id"),
    sqlite_with_rowid=False,
)
_MESSAGE_KEY = ("machine", "id", "version", "ordinal")
MESSAGE = Table(
    "crmflow_message",
    METADATA,
    *_owned(),
    _number("version"),
    Column("ordinal", Integer, nullable=False),
    _text("target_tenant"),
    _text("target_machine"),
    _text("target_id"),
    _bytes("body"),
    _from_nought("at"),
    _from_nought("sent_at"),
    _text("status"),
    _text("detail"),
    _from_nought("attempts", Integer),
    _from_nought("not_before"),
    _key(*_MESSAGE_KEY),
    Index("crmflow_message_status", "tenant", "status", *_MESSAGE_KEY),
    # By who has waited longest.
    Index("crmflow_message_sent", "tenant", "status", "sent_at", *_MESSAGE_KEY),
)
CHECKPOINT = Table(
    "crmflow_checkpoint",
    METADATA,
    *_owned(),
    _number("at"),
    _number("version"),
    _bytes("snapshot"),
    _key("machine", "id", "at", "version"),
)
# What stands in place of pruned records: the last one's hash, and the entity after it.
PRUNED = Table(
    "crmflow_pruned",
    METADATA,
    *_owned(),
    _number("version"),
    _number("at"),
    _bytes("hash"),
    _bytes("snapshot"),
    _bytes("signature"),
    _key("machine", "id"),
)
# Which policies may have state of which machine's entities.
POLICY = Table(
    "crmflow_policy",
    METADATA,
    _text("tenant"),
    _text("machine"),
    _text("name"),
    _key("machine", "name"),
    sqlite_with_rowid=False,
)
# What a policy digest in a record stands for, each kept once.
POLICY_SET = Table(
    "crmflow_policy_set",
    METADATA,
    _text("tenant"),
    _text("digest"),
    _bytes("body"),
    _key("digest"),
)
