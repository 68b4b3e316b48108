import sqlite3
from contextlib import closing
from pathlib import Path

import attrs
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, inspect

from crmflow.storage import migrations
from crmflow.storage.opening import open_store
from crmflow.storage.sql import Statements, orders, statements
from crmflow.storage.tables import METADATA


def test_the_chain_ends_at_the_head() -> None:
    """The revision that a store is recognised by is the chain's last."""
    folder = Path(migrations.__file__).parent
    assert ScriptDirectory(str(folder)).get_heads() == [migrations.HEAD]
    assert Config().get_main_option("script_location") is None


def schema(engine: Engine) -> dict[str, object]:
    """Return what a database tells of our tables: columns, keys and indexes, by name."""
    seen = inspect(engine)
    found: dict[str, object] = {}
    for table in seen.get_table_names():
        columns = {
            one["name"]: (str(one["type"]), one["nullable"], one["default"])
            for one in seen.get_columns(table)
        }
        indexes = {one["name"]: one["column_names"] for one in seen.get_indexes(table)}
        found[table] = (columns, seen.get_pk_constraint(table)["constrained_columns"], indexes)
    return found


def test_migrations_make_the_declared_tables(tmp_path: Path) -> None:
    """The chain leads to what the statements are compiled from."""
    migrated = tmp_path / "migrated.db"
    open_store(f"sqlite:///{migrated}").close()
    declared, made = create_engine("sqlite://"), create_engine(f"sqlite:///{migrated}")
    METADATA.create_all(declared)
    found = schema(made)
    assert found.pop(migrations.VERSION_TABLE)
    assert found == schema(declared)
    with closing(sqlite3.connect(migrated)) as connection:
        narrow = "SELECT count(*) FROM sqlite_master WHERE sql LIKE '%WITHOUT ROWID%'"
        assert connection.execute(narrow).fetchone() == (7,)
    for engine in (declared, made):
        engine.dispose()


@pytest.mark.parametrize(
    ("name", "kind", "kept"),
    [
        ("crmflow_entity", "table", False),
        (migrations.VERSION_TABLE, "table", False),
        ("customer", "table", True),
        ("crmflow_mine", "index", True),
        (None, "schema", True),
    ],
)
def test_a_host_keeps_our_tables(name: str | None, kind: str, *, kept: bool) -> None:
    """A host's autogenerate that uses the filter does not see our tables."""
    assert migrations.include_name(name, kind, {}) is kept


def test_every_table_is_led_by_the_tenant() -> None:
    """Keys and indexes start with the tenant, and names with the prefix."""
    for table in METADATA.sorted_tables:
        assert table.name.startswith("crmflow_")
        assert next(iter(table.primary_key)).name == "tenant"
        for index in table.indexes:
            assert next(iter(index.columns)).name == "tenant"


def test_statements_take_their_parameters_in_order() -> None:
    """Places hold one question mark per parameter, inserts take columns in order."""
    order = orders("sqlite")
    for name, sql in attrs.asdict(statements("sqlite")).items():
        assert sql.count("?") == len(order[name])
    assert set(order) == {one.name for one in attrs.fields(Statements)}
    assert order["move"][-4:] == ("its_tenant", "its_machine", "its_id", "its_version")
    assert order["outbox_both"][:2] == ("its_tenant", "its_status")
    assert order["find_both"] == ("its_tenant", "its_state", "its_machine", "after_id", "limit")
