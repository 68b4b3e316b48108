"""Keys of encrypted values, one per entity, wrapped."""

from __future__ import annotations

import sqlalchemy as sa

from crmflow.storage.column_types import data, text
from crmflow.storage.migrations.steps import create_table

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the table."""
    names = ("tenant", "machine", "id")
    create_table(
        "crmflow_secret",
        *map(text, names),
        data("secret"),
        sa.PrimaryKeyConstraint(*names),
        sqlite_with_rowid=False,
    )
