"""A server's own program: missing, failing, killed, and telling no secret."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import attrs
import pytest

from crmflow.core.errors import (
    BackupError,
)
from crmflow.storage.backup import back_up, back_up_unchecked
from crmflow.storage.opening import open_store
from tests.storage.backups import PASSWORD, Made, re_tooled, with_source, without_tools, wrapped


def test_a_missing_program_is_named(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what is to be installed, or where it may be said to be."""
    names = {"postgresql": "pg_dump", "mysql": "mariadb-dump or mysqldump"}
    with closing(open_store(re_tooled(made, tmp_path))) as store:
        fault = f"there is no {names[made.kind]} in {tmp_path}: install .*tools=<folder>"
        with pytest.raises(BackupError, match=fault):
            back_up(store, tmp_path / "backup.db")
    monkeypatch.setenv("PATH", str(tmp_path))
    with (
        closing(open_store(without_tools(made.url))) as store,
        pytest.raises(BackupError, match=f"there is no {names[made.kind]}: install"),
    ):
        back_up(store, tmp_path / "backup.db")
    assert list(tmp_path.iterdir()) == []


SAID = [
    (
        'echo "error: server version mismatch" >&2; echo "it is 99, this is 15." >&2; exit 1',
        "failed with 1: error: server version mismatch; it is 99, this is 15$",
    ),
    ("exit 3", "failed with 3: it does not say why"),
]


@pytest.mark.parametrize(("script", "told"), SAID)
def test_what_a_program_says_is_told(made: Made, tmp_path: Path, script: str, told: str) -> None:
    """One older than its server says so in its own words; nothing is left of the backup."""
    tools = tmp_path / "tools"
    tools.mkdir()
    wrapped(made, tools, script)
    with closing(open_store(re_tooled(made, tools))) as store:
        with pytest.raises(BackupError) as caught:
            back_up(store, tmp_path / "backup.db")
        assert caught.value.file == str(tmp_path / "backup.db")
        assert re.search(told, caught.value.reason)
    assert list(tmp_path.iterdir()) == [tools]


SPY = """
{ tr '\\0' ' ' < /proc/$$/cmdline; echo; } >> $0.seen
case "$1" in --defaults-file=*) stat -c %a "${1#*=}" >> $0.mode ;; esac
test -e $0.fails && set -- "$@" --no-such-option
"$REAL" "$@"
"""


def test_a_password_is_seen_by_nobody(
    made: Made, role: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Not in the list of processes, in files that others read, in logs or in errors."""
    wrapped(made, tmp_path, SPY)
    file = tmp_path / "backup.db"
    with closing(open_store(re_tooled(made, tmp_path, role))) as store:
        back_up_unchecked(store, file)
        for name in ("pg_dump", "mariadb-dump", "mysqldump"):
            (tmp_path / f"{name}.fails").touch()
        with pytest.raises(BackupError, match="no-such-option") as caught:
            back_up(store, tmp_path / "other.db")
    seen = "".join(one.read_text() for one in tmp_path.glob("*.seen"))
    assert seen.count("dump") >= 2
    for told in (seen, str(caught.value), repr(caught.value), caplog.text):
        assert not [one for one in (PASSWORD, quote(PASSWORD, safe="")) if one in told]
    modes = {line for one in tmp_path.glob("*.mode") for line in one.read_text().split()}
    assert modes <= {"600"}


BACKS_UP = """
import sys
from pathlib import Path
from crmflow.storage.backup import back_up
from crmflow.storage.opening import open_store
back_up(open_store(sys.argv[1]), Path(sys.argv[2]))
"""


@pytest.mark.slow
def test_a_backup_that_was_killed_is_none(made: Made, tmp_path: Path) -> None:
    """A part is left that no reader takes for one, and the next one begins anew."""
    file, tools = tmp_path / "backup.db", tmp_path / "tools"
    tools.mkdir()
    wrapped(made, tools, '"$REAL" "$@"; touch $0.done; sleep 30')
    words = [sys.executable, "-c", BACKS_UP, re_tooled(made, tools), str(file)]
    with subprocess.Popen(words, env=with_source()) as process:
        while not list(tools.glob("*.done")):
            assert process.poll() is None
            time.sleep(0.05)
        process.kill()
    assert [one.name for one in tmp_path.glob("backup*")] == ["backup.db.part"]
    assert back_up(made.store, file) == attrs.evolve(made.found, file=str(file))
    assert [one.name for one in tmp_path.glob("backup*")] == ["backup.db"]
