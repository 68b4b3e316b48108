"""When each message was decided and sent, beside it, and the messages in this order."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crmflow.storage.migrations.steps import add_column, create_index

revision = "0007"
down_revision = "0006"

_DECISION = ("tenant", "machine", "id", "version")


def upgrade() -> None:
    """Add the columns, filled from the journal, and the index."""
    for name in ("at", "sent_at"):
        column = sa.Column(name, sa.BigInteger(), nullable=False, server_default="0")
        add_column("crmflow_message", column)
    _fill()
    sent = ["tenant", "status", "sent_at", "machine", "id", "version", "ordinal"]
    create_index("crmflow_message_sent", "crmflow_message", sent)


def _fill() -> None:
    message = sa.table("crmflow_message", *map(sa.column, (*_DECISION, "at", "sent_at")))
    record = sa.table("crmflow_journal", *map(sa.column, (*_DECISION, "at", "recorded_at")))
    sender = [record.c[name] == message.c[name] for name in _DECISION]

    def told(name: str) -> sa.ScalarSelect[int]:
        return sa.select(record.c[name]).where(*sender).scalar_subquery()

    found = {"at": told("at"), "sent_at": told("recorded_at")}
    op.execute(sa.update(message).where(sa.exists().where(*sender)).values(found))
