"""Marks in place of journal records that were pruned."""

from __future__ import annotations

import sqlalchemy as sa

from crmflow.storage.column_types import data, number, text
from crmflow.storage.migrations.steps import create_table

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Create the table."""
    names = ("tenant", "machine", "id")
    create_table(
        "crmflow_pruned",
        *map(text, names),
        number("version"),
        number("at"),
        data("hash"),
        data("snapshot"),
        data("signature"),
        sa.PrimaryKeyConstraint(*names),
    )
