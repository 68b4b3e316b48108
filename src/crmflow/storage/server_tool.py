"""A server's own program, run so that nothing secret is told and its faults are."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from tempfile import TemporaryFile
from typing import IO

from crmflow.core.errors import BackupError
from crmflow.storage.chains import SHOWN


def program(file: str, names: Sequence[str], folder: str | None, package: str) -> str:
    """
    Return the path of a program.

    Args:
        file: What errors call the backup.
        names: Its names, the best one first.
        folder: Where it is, or None where the system knows it by name.
        package: What is to be installed where it is missing.

    Raises:
        BackupError: It is not there.
    """
    for name in names:
        found = shutil.which(name, path=folder)
        if found is not None:
            return found
    place = "" if folder is None else f" in {folder}"
    reason = (
        f"there is no {' or '.join(names)}{place}: install {package}, or name the folder of the "
        "server's programs in the store's URL (?tools=<folder>)"
    )
    raise BackupError(file, reason)


@contextmanager
def output(
    file: str, words: Sequence[str], environ: Mapping[str, str] | None = None
) -> Iterator[IO[bytes]]:
    """
    Run a program and give what it writes; all of it is to be read.

    It ends with this process, since nobody reads any more what it writes.

    Args:
        file: What errors call the backup.
        words: Its path and arguments, which anybody on the machine can see.
        environ: Variables besides this process's own.

    Raises:
        BackupError: It fails; says why in its own words.
    """
    own = {**os.environ, **(environ or {})}
    with (
        TemporaryFile() as told,
        Popen(words, stdin=DEVNULL, stdout=PIPE, stderr=told, env=own) as process,  # noqa: S603 - no shell
    ):
        try:
            yield process.stdout  # type: ignore[misc]  # a pipe was asked for
        except BaseException:
            process.kill()
            raise
        if process.wait():
            told.seek(0)
            raise BackupError(file, _failed(words[0], process.returncode, told.read()))


def _failed(path: str, code: int, told: bytes) -> str:
    lines = [line.strip() for line in told.decode(errors="replace").splitlines()]
    why = "; ".join([line for line in lines if line][-SHOWN:]).rstrip(".")
    return f"{Path(path).name} failed with {code}: {why or 'it does not say why'}"
