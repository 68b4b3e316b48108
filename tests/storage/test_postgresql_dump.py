"""Dumps of PostgreSQL: from and into one schema, and nothing but what a store is made of."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crmflow.core.errors import BackupError
from crmflow.storage.backup import back_up
from crmflow.storage.dump import Dump
from crmflow.storage.opening import open_store, restore
from crmflow.storage.postgresql_dump import PostgresqlDumps, _environ, _read
from crmflow.storage.postgresql_server import read_url
from tests.storage.backups import run
from tests.storage.servers import empty_database
from tests.storage.test_backup import REFS, step

STRANGE = 'we"ird; *. (密)'
ENTITY = b"CREATE TABLE s.crmflow_entity (\n    id text\n);\n"
TEXTS = st.binary(max_size=9).map(lambda text: text.replace(b"\n", b"").replace(b"\\", b""))


def test_a_store_in_a_schema_goes_into_one_of_its_name(tmp_path: Path) -> None:
    """Whatever the name; what stands in other schemas is none of its business."""
    file = tmp_path / "backup.db"
    with empty_database("postgresql") as url, empty_database("postgresql") as other:
        run(url, "CREATE TABLE crmflow_notes (note text)", "CREATE TABLE hosts (name text)")
        with closing(open_store(in_schema(url, STRANGE))) as store:
            store.commit([step(REFS[0], 1)])
            found = back_up(store, file)
        assert found.records == 1
        with pytest.raises(BackupError, match=r"of the schema 'we\"ird.*, and this is 'public'"):
            restore(other, str(file))
        assert restore(in_schema(other, STRANGE), str(file), checked=False).records == 1
        with closing(open_store(in_schema(other, STRANGE))) as again:
            assert again.load(REFS[:1])[0] is not None
            file.write_bytes(file.read_bytes()[:-2000])
            with pytest.raises(BackupError, match="pg_restore failed with 1"):
                again.verify(str(file))


def in_schema(url: str, schema: str) -> str:
    """Return the URL of a schema."""
    return f"{url}{'&' if '?' in url else '?'}schema={quote(schema)}"


OTHERS = {
    ("--format=custom",): "it says 'CREATE TABLE public.hosts",
    ("--format=custom", "--table=crmflow_*"): "it has no crmflow_alembic_version",
    ("--format=plain",): "pg_restore failed with 1: .*text format",
}


def test_another_dump_is_refused(tmp_path: Path) -> None:
    """Before anything of it is run, whatever program wrote it."""
    file = tmp_path / "other.dump"
    with empty_database("postgresql") as url:
        run(url, "CREATE TABLE hosts (name text)", "CREATE TABLE crmflow_entity (id text)")
        tools = parse_qs(urlsplit(url).query).get("tools", [None])[0]
        for options, fault in OTHERS.items():
            words = [str(shutil.which("pg_dump", path=tools)), *options, f"--file={file}"]
            subprocess.run(words, check=True, env={**os.environ, **_environ(read_url(url))})
            with pytest.raises(BackupError, match=fault):
                PostgresqlDumps(read_url(url)).read(str(file))


@pytest.mark.parametrize(
    "statement",
    [
        b"DROP TABLE s.crmflow_entity;\n",
        b"CREATE TABLE s.crmflow_entity (id text); DROP TABLE s.x;\n",
        b"CREATE TABLE t.crmflow_journal (id text);\n",
        b"COPY s.crmflow_entity (id) FROM PROGRAM 'x';\n",
        b"COPY s.crmflow_entity (id) FROM PROGRAM 'FROM stdin;\n",
        b"SELECT pg_catalog.lo_create('1');\n",
        b"CREATE FUNCTION s.crmflow_f() RETURNS int AS $$\n",
        b"CREATE INDEX evil ON s.crmflow_entity USING btree (id);\n",
    ],
)
def test_what_no_store_says_is_refused(statement: bytes) -> None:
    """A dump is a program: of another one nothing is run."""
    with pytest.raises(BackupError, match="it is no dump of a store: it says"):
        _read("file", io.BytesIO(ENTITY + statement))


def test_what_a_dump_says_besides_is_passed_over() -> None:
    """Settings, indexes and keys say nothing of rows; empty, a dump says nothing."""
    text = (
        b"\\restrict x\n\nSET row_security = off;\n-- Name: x;\n"
        b"SELECT pg_catalog.set_config('search_path', '', false);\n"
        + ENTITY
        + b"ALTER TABLE ONLY s.crmflow_entity\n    ADD CONSTRAINT k PRIMARY KEY (id);\n"
        b"CREATE INDEX crmflow_x ON s.crmflow_entity USING btree (id);\n\\unrestrict x\n"
    )
    assert _read("file", io.BytesIO(text)) == Dump({"crmflow_entity": 0}, "s")
    assert _read("file", io.BytesIO(b"")) == Dump({}, None)


@given(rows=st.lists(TEXTS))
@example(rows=[b"DROP TABLE s.crmflow_entity;", b"--", b"COPY s.crmflow_entity (id) FROM stdin;"])
def test_rows_are_counted_whatever_is_in_them(rows: list[bytes]) -> None:
    """A line is a row, up to the mark that ends them; then statements go on."""
    data = b"".join(row + b"\n" for row in rows)
    copy = b"COPY s.crmflow_entity (id) FROM stdin;\n" + data + b"\\.\n"
    said = _read("file", io.BytesIO(ENTITY + copy + copy + b"SET a = b;\n"))
    assert said == Dump({"crmflow_entity": 2 * len(rows)}, "s")
