"""Which policies may have state of which machine's entities, and whole policy sets."""

from __future__ import annotations

import sqlalchemy as sa

from crmflow.storage.column_types import data, text
from crmflow.storage.migrations.steps import create_table

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the tables."""
    names = ("tenant", "machine", "name")
    create_table(
        "crmflow_policy",
        *map(text, names),
        sa.PrimaryKeyConstraint(*names),
        sqlite_with_rowid=False,
    )
    create_table(
        "crmflow_policy_set",
        text("tenant"),
        text("digest"),
        data("body"),
        sa.PrimaryKeyConstraint("tenant", "digest"),
    )
