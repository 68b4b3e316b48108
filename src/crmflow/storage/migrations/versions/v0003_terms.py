"""Terms that entities are found by."""

from __future__ import annotations

import sqlalchemy as sa

from crmflow.storage.column_types import text
from crmflow.storage.migrations.steps import create_table

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the table; what is there already is found once it is indexed."""
    names = ("tenant", "machine", "field", "term", "id")
    create_table(
        "crmflow_term",
        *map(text, names),
        sa.PrimaryKeyConstraint(*names),
        sqlite_with_rowid=False,
    )
