"""Keys of encrypted values, one per entity, wrapped."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the table."""
    names = ("tenant", "machine", "id")
    op.create_table(
        "crmflow_secret",
        *(sa.Column(name, sa.String(), nullable=False) for name in names),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint(*names),
        sqlite_with_rowid=False,
    )
