"""What Alembic runs: the caller's connection, its transaction and our version table."""

from alembic import context

from crmflow.storage.migrations import VERSION_TABLE
from crmflow.storage.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=VERSION_TABLE,
)
context.run_migrations()
