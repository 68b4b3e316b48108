"""
A life on a disk that fills up, in a process of its own, whose files may not grow for a while.

    python -m tests.faults.filling URL FOLDER LIMIT

Begins and pokes jobs until a file would have more than LIMIT bytes and the store says why it
takes nothing; then the limit is lifted and all goes on. Prints what came of it, as JSON.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from crmflow.core.errors import StoreError
from crmflow.engine.engine import Engine
from crmflow.engine.working.worker import Worker
from tests.faults.audit import audited
from tests.faults.fleet import PATIENCE, Ground, make
from tests.faults.jobs import BRISK, noting, opened

MORE = 60
"""Calls that are made once there is room again."""

REFUSED = 5
"""Calls that are made while there is none."""


def limit(size: int) -> None:
    """Let no file grow beyond so many bytes."""
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, most))


def called(engine: Engine, ground: Ground, calls: int) -> str | None:
    """Make calls and note down each that was acknowledged; return why one was not."""
    with ground.progress(0).open("ab", buffering=0) as progress:
        for _ in range(calls):
            try:
                make(engine, 0, ground.calls(0))
            except StoreError as error:
                return str(error)
            progress.write(b".")
    return None


def finish(worker: Worker, engine: Engine) -> None:
    """Let what is left be done."""
    deadline = time.monotonic() + PATIENCE
    while engine.backlog().pending + engine.backlog().waiting and time.monotonic() < deadline:
        worker.round()
        time.sleep(0.02)


def lived(ground: Ground, fill: Callable[[], None], free: Callable[[], None]) -> dict[str, object]:
    """
    Live until the disk is full, and on once there is room again.

    Args:
        ground: Where.
        fill: Called once life has begun; what is written after it fits for a while at most.
        free: Makes room, and lets the store answer again.

    Returns:
        What came of it, with the first reason that was told.
    """
    with closing(opened(ground.url, noting(str(ground.notes)))) as engine:
        worker = Worker(engine, BRISK)
        called(engine, ground, MORE)
        fill()
        reason = None
        while reason is None:
            reason = called(engine, ground, MORE)
        refused = sum(called(engine, ground, 1) is not None for _ in range(REFUSED))
        before = ground.calls(0)
        free()
        # A server that came down with its disk has broken the connections that were open.
        again = sum(called(engine, ground, MORE) is not None for _ in range(REFUSED))
        finish(worker, engine)
        counts = audited(engine, ground.pokes(), ground.notes)
    told = {"reason": reason, "refused": refused, "calls before": before, "again": again}
    return {**told, **counts}


def main(url: str, folder: str, size: str) -> None:
    """Live, and print the counts."""
    ground = Ground(url, Path(folder), 0)
    # The notes of callers and of the outside are files too, and far smaller.
    done = lived(ground, lambda: limit(int(size)), lambda: limit(resource.RLIM_INFINITY))
    print(json.dumps(done))  # noqa: T201 - a program's answer


if __name__ == "__main__":
    main(*sys.argv[1:])
