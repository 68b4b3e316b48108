"""A full disk: callers are told, nothing is half written, and all goes on once there is room."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.audit import FAULTS
from tests.faults.filling import REFUSED, lived
from tests.faults.fleet import Ground
from tests.faults.server import OwnServer

ROOT = Path(__file__).parents[2]
SIZE = 160
"""Megabytes of a disk that fills up."""


@pytest.fixture
def disk() -> Iterator[Path]:
    """Return a small disk in memory, whose folders anybody may enter."""
    mount, unmount = shutil.which("mount"), shutil.which("umount")
    folder = tempfile.mkdtemp(prefix="crmflow-disk-")
    options = ["-t", "tmpfs", "-o", f"size={SIZE}m", "crmflow-test", folder]
    if not (mount and unmount) or subprocess.run([mount, *options], check=False).returncode:
        Path(folder).rmdir()
        pytest.skip("only root may mount a small disk")
    yield Path(folder)
    subprocess.run([unmount, "--lazy", folder], check=True)
    Path(folder).rmdir()


def fill(disk: Path) -> None:
    """Leave no room on a disk."""
    with (disk / "ballast").open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))


def free(disk: Path) -> None:
    """Make room again."""
    (disk / "ballast").unlink()


def checked(counts: dict[str, object], kind: str, record: Callable[[str, object], None]) -> None:
    """Assert that all who were refused were told, and that nothing was lost."""
    record(f"full disk, {kind}", counts)
    assert counts["refused"] == REFUSED
    assert isinstance(counts["again"], int)
    assert counts["again"] < REFUSED
    assert [counts[name] for name in FAULTS] == [0, 0, 0]


@pytest.mark.slow
def test_a_file_that_may_not_grow(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """The system refuses to write more to the files of a process."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.filling", f"sqlite:///{tmp_path}/crm.db",
         str(tmp_path), "700000"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}/src"},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    counts = json.loads(done.stdout)
    assert "the disk failed to read or write" in counts["reason"]
    checked(counts, "file may not grow", record_property)


@pytest.mark.slow
def test_a_full_disk_under_a_file(
    disk: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """SQLite has no room for a commit."""
    ground = Ground(f"sqlite:///{disk}/crm.db", tmp_path, 0)
    counts = lived(ground, lambda: fill(disk), lambda: free(disk))
    assert "is full" in str(counts["reason"])
    checked(counts, "sqlite", record_property)


@pytest.mark.slow
def test_a_full_disk_under_a_server(
    disk: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """PostgreSQL has no room for a row, or for its log, which brings it down."""
    with OwnServer(disk) as server:

        def restart() -> None:
            free(disk)
            server.stop(signal.SIGQUIT)
            server.start()

        ground = Ground(f"{server.url}?pool=2&timeout=5", tmp_path, 0)
        counts = lived(ground, lambda: fill(disk), restart)
    checked(counts, "postgresql", record_property)
