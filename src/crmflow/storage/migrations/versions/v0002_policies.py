"""Which policies may have state of which machine's entities, and whole policy sets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the tables."""
    names = ("tenant", "machine", "name")
    op.create_table(
        "crmflow_policy",
        *(sa.Column(name, sa.String(), nullable=False) for name in names),
        sa.PrimaryKeyConstraint(*names),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "crmflow_policy_set",
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "digest"),
    )
