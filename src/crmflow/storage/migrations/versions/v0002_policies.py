"""Which policies may have state of which machine's entities."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the table."""
    names = ("tenant", "machine", "name")
    op.create_table(
        "crmflow_policy",
        *(sa.Column(name, sa.String(), nullable=False) for name in names),
        sa.PrimaryKeyConstraint(*names),
        sqlite_with_rowid=False,
    )
