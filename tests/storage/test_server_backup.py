"""Backups of stores on servers: dumped by their own programs, proved by being restored."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import attrs
import pytest

from crmflow.core.errors import (
    BackupError,
    ConfigurationError,
    UnavailableError,
)
from crmflow.storage.backup import back_up, back_up_unchecked
from crmflow.storage.chains import Checked
from crmflow.storage.dump import Dump
from crmflow.storage.migrations import HEAD
from crmflow.storage.opening import _dumps, current, open_store, restore
from crmflow.storage.server_backup import Dumps, verify
from tests.storage.backups import Made, changed, content, scratches, tools_of, with_source
from tests.storage.servers import empty_database, with_options
from tests.storage.test_backup import REFS


@pytest.fixture(scope="module")
def again(made: Made) -> Iterator[Made]:
    """Give a store that was made of the backup; who changes it mends it."""
    with empty_database(made.kind) as url:
        found = restore(url, str(made.file))
        with closing(open_store(url)) as store:
            yield attrs.evolve(made, url=url, store=store, found=found)


def test_a_backup_is_restored_as_it_was(made: Made, again: Made) -> None:
    """Every row of every table, whatever is in it, for its owner alone to read (STO-001)."""
    assert made.found == Checked(str(made.file), HEAD, 5, 13)
    assert made.file.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in made.file.parent.iterdir()] == [made.file.name]
    assert again.found == Checked(_dumps(made.kind, again.url).name, HEAD, 5, 13)
    assert content(again.url) == content(made.url)
    assert again.store.load(REFS) == made.store.load(REFS)
    assert scratches(made) == scratches(again) == []


def test_nothing_is_overwritten(made: Made, again: Made) -> None:
    """A backup never, and a store on a server neither, whoever forces it."""
    with pytest.raises(BackupError, match="it is there already"):
        back_up(made.store, made.file)
    with pytest.raises(BackupError, match="there is a store already"):
        restore(again.url, str(made.file))
    with pytest.raises(BackupError, match="leave --force out"):
        restore(again.url, str(made.file), force=True)
    with pytest.raises(BackupError, match="there is no such file"):
        restore(again.url, str(made.file.with_name("nothing.db")))


MOVE = "UPDATE crmflow_journal SET version"


def test_a_broken_store_gives_no_backup_and_a_broken_backup_no_store(
    again: Made, tmp_path: Path
) -> None:
    """What was changed behind the engine's back is found before anything has a name."""
    file = tmp_path / "backup.db"
    fault = r"it was changed: the journal of deal 交易 \(other\)"
    with (
        changed(
            again,
            f"{MOVE} = 9 WHERE tenant = 'other' AND id = '交易' AND version = 2",
            f"{MOVE} = 2 WHERE tenant = 'other' AND id = '交易' AND version = 9",
        ),
        empty_database(again.kind) as url,
    ):
        with pytest.raises(BackupError, match=fault):
            back_up(again.store, file)
        assert list(tmp_path.iterdir()) == []
        back_up_unchecked(again.store, file)
        with pytest.raises(BackupError, match=fault):
            restore(url, str(file))
        assert current(url) is None
    assert scratches(again) == []


WRONG = [
    (
        "ALTER TABLE crmflow_entity RENAME COLUMN head TO heads",
        "ALTER TABLE crmflow_entity RENAME COLUMN heads TO head",
        "it is no whole store: .*head",
    ),
    (
        "ALTER TABLE crmflow_journal RENAME TO crmflow_gone",
        "ALTER TABLE crmflow_gone RENAME TO crmflow_journal",
        "it is no dump of a store: it has no crmflow_journal",
    ),
]


@pytest.mark.parametrize(("change", "back", "fault"), WRONG)
def test_what_is_no_store_is_found(
    again: Made, tmp_path: Path, change: str, back: str, fault: str
) -> None:
    """Without a table or a column that a store has."""
    file = tmp_path / "backup.db"
    with changed(again, change, back):
        again.store.copy(str(file))
    with pytest.raises(BackupError, match=fault):
        again.store.verify(str(file))
    assert scratches(again) == []


class Forgetful:
    """A program that says more than it restores."""

    def __init__(self, dumps: Dumps) -> None:
        self._dumps = dumps

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the other one has
        return getattr(self._dumps, name)

    def read(self, path: str) -> Dump:
        """Return what a dump says, and one row more of each table."""
        said = self._dumps.read(path)
        return attrs.evolve(said, rows={name: rows + 1 for name, rows in said.rows.items()})


def test_what_is_restored_by_half_is_found(made: Made) -> None:
    """The rows of every table are counted, whatever the program said."""
    with pytest.raises(BackupError, match=r"crmflow_entity has 5 rows, and the dump says 6"):
        verify(Forgetful(_dumps(made.kind, made.url)), str(made.file))


def test_a_copy_is_checked_alone(made: Made, tmp_path: Path) -> None:
    """Who comes second is told so, and makes no second scratch database; nothing is left."""
    file, dumps = tmp_path / "backup.db", _dumps(made.kind, made.url)
    with (
        dumps.scratch(str(made.file), dumps.read(str(made.file))),
        pytest.raises(BackupError, match="another backup is being checked beside"),
    ):
        back_up(made.store, file)
    assert list(tmp_path.iterdir()) == []


def test_a_role_that_may_make_no_database(made: Made, role: str, tmp_path: Path) -> None:
    """Is told which right is missing, may name who has it, and may leave the check out."""
    missing = {"postgresql": "grant CREATEDB", "mysql": r"grant all on `crmflow\\_check\\_%`\.\*"}
    file = tmp_path / "backup.db"
    with closing(open_store(role)) as store:
        with pytest.raises(BackupError, match=f"{missing[made.kind]}, .*--check-on.*--no-check"):
            back_up(store, file)
        assert list(tmp_path.iterdir()) == []
        assert back_up(store, file, on=made.url) == attrs.evolve(made.found, file=str(file))
        back_up_unchecked(store, tmp_path / "unchecked.db")
        with pytest.raises(ConfigurationError, match="it names no server of this kind"):
            back_up(store, tmp_path / "other.db", on="oracle://127.0.0.1/crm")


@pytest.mark.slow
def test_a_backup_is_checked_elsewhere_before_it_is_restored(made: Made) -> None:
    """With the rights of another role, which need not reach where it is restored."""
    with empty_database(made.kind) as url, empty_database(made.kind) as other:
        assert restore(url, str(made.file), on=other).records == 13
        assert content(url) == content(made.url)


DIES = """
import os, sys
from crmflow.storage import opening, server_backup
def die(*args): os._exit(9)
setattr(server_backup, sys.argv[1], die) if sys.argv[1] == "_whole" else None
dumps = opening._dumps(sys.argv[2].partition(":")[0], sys.argv[2])
if sys.argv[1] == "load":
    load = type(dumps).load
    type(dumps).load = lambda *args: die(load(*args))
server_backup.restore(dumps, sys.argv[3], checked=sys.argv[1] == "_whole")
"""


@pytest.mark.parametrize("when", ["_whole", "load"])
@pytest.mark.slow
def test_a_restore_that_was_killed_is_begun_again(made: Made, when: str) -> None:
    """While it checks nothing is there yet; once all is restored, all of it is."""
    with empty_database(made.kind) as url:
        words = [sys.executable, "-c", DIES, when, url, str(made.file)]
        assert subprocess.run(words, check=False, env=with_source()).returncode == 9
        if current(url) is None:
            assert scratches(attrs.evolve(made, url=url)) != []
            restore(url, str(made.file))
        assert content(url) == content(made.url)
        assert scratches(attrs.evolve(made, url=url)) == []


def test_a_server_that_is_away_is_told(made: Made, tmp_path: Path) -> None:
    """As what may be tried again; a folder that cannot be written is not."""
    away = f"{made.kind}://127.0.0.1:1/crm?timeout=1"
    if tools_of(made):
        away = with_options(away, tools=str(tools_of(made)))
    with pytest.raises(UnavailableError):
        restore(away, str(made.file), checked=False)
    with pytest.raises(UnavailableError):
        made.store.verify(str(made.file), on=away)
    with pytest.raises(BackupError, match="it cannot be written"):
        back_up(made.store, tmp_path / "nowhere" / "backup.db")
    with pytest.raises(BackupError, match="it cannot be written"):
        made.store.copy(str(made.file))
