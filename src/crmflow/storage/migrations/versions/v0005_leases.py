"""Leases: who fires a timer or delivers a message has it for a while, and may fail at it."""

from __future__ import annotations

import sqlalchemy as sa

from crmflow.storage.migrations.steps import add_column

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the columns; nothing is leased."""
    add_column("crmflow_timer", _from_nought("leased_until", sa.BigInteger()))
    add_column("crmflow_message", _from_nought("attempts", sa.Integer()))
    add_column("crmflow_message", _from_nought("not_before", sa.BigInteger()))


def _from_nought(name: str, kind: sa.BigInteger | sa.Integer) -> sa.Column[int]:
    return sa.Column(name, kind, nullable=False, server_default="0")
