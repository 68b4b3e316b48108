"""The first tables: entities, journal, keys, timers, tasks, claims, outbox, checkpoints."""

from __future__ import annotations

import sqlalchemy as sa

from crmflow.storage.column_types import data, number, text
from crmflow.storage.migrations.steps import create_index, create_table

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables and their indexes."""
    _entities()
    _journal()
    _timers()
    _tasks()
    _claims()
    _messages()


def _text(*names: str) -> list[sa.Column[str]]:
    return [text(name) for name in names]


def _number(*names: str) -> list[sa.Column[int]]:
    return [number(name) for name in names]


def _bytes(*names: str) -> list[sa.Column[bytes]]:
    return [data(name) for name in names]


def _own() -> list[sa.Column[str]]:
    return _text("tenant", "machine", "id")


def _key(*names: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint("tenant", *names)


def _entities() -> None:
    create_table(
        "crmflow_entity",
        *_own(),
        *_number("version"),
        *_text("state"),
        *_number("at"),
        *_bytes("snapshot", "head"),
        _key("machine", "id"),
    )
    create_index("crmflow_entity_state", "crmflow_entity", ["tenant", "state", "machine", "id"])
    create_table(
        "crmflow_checkpoint",
        *_own(),
        *_number("at", "version"),
        *_bytes("snapshot"),
        _key("machine", "id", "at", "version"),
    )


def _journal() -> None:
    create_table(
        "crmflow_journal",
        *_own(),
        *_number("version", "at", "recorded_at"),
        *_text("entry", "event"),
        text("key", nullable=True),
        *_bytes("body", "hash"),
        _key("machine", "id", "version"),
    )
    create_table(
        "crmflow_key",
        *_text("tenant", "machine", "scope", "key", "id"),
        *_number("version"),
        _key("machine", "scope", "key"),
        sqlite_with_rowid=False,
    )


def _timers() -> None:
    create_table(
        "crmflow_timer",
        *_own(),
        *_text("name"),
        *_number("due_at", "generation"),
        _key("machine", "id", "name"),
        sqlite_with_rowid=False,
    )
    due = ["tenant", "due_at", "machine", "id", "name"]
    create_index("crmflow_timer_due", "crmflow_timer", due)


def _tasks() -> None:
    create_table(
        "crmflow_task",
        *_own(),
        *_text("name", "task_id", "role"),
        *_number("opened_at", "due_at"),
        _key("machine", "id", "name"),
        sqlite_with_rowid=False,
    )
    due = ["due_at", "machine", "id", "name"]
    create_index("crmflow_task_due", "crmflow_task", ["tenant", *due])
    create_index("crmflow_task_role", "crmflow_task", ["tenant", "role", *due])


def _claims() -> None:
    create_table(
        "crmflow_claim",
        *_text("tenant", "scope", "value", "machine", "id"),
        _key("scope", "value"),
        sqlite_with_rowid=False,
    )


def _messages() -> None:
    key = ["machine", "id", "version", "ordinal"]
    create_table(
        "crmflow_message",
        *_own(),
        *_number("version"),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        *_text("target_tenant", "target_machine", "target_id"),
        *_bytes("body"),
        *_text("status", "detail"),
        _key(*key),
    )
    create_index("crmflow_message_status", "crmflow_message", ["tenant", "status", *key])
