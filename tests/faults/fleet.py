"""
Workers and callers as processes over one store, and what is done to them.

Run as a program of its own, because it forks: it imports everything once, and each child
opens the store for itself. Callers begin jobs and poke them, each call with a key, and note
down each that was acknowledged; who is killed is followed by another that goes on from there.
Prints what was done and what was lost, doubled or stuck, as JSON.

    python -m tests.faults.fleet kills|restarts URL FOLDER LIVES TIMES SEED

`kills` kills a child that many times, and begins as many lives as come about meanwhile but at
least LIVES; `restarts` kills and starts a PostgreSQL server of its own, whose URL is not asked
for, TIMES a minute until so many lives have been begun.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import attrs

from crmflow.core.errors import UnavailableError
from crmflow.engine.engine import Engine
from crmflow.engine.values import Firing
from crmflow.engine.working.worker import Worker
from tests.faults.audit import FAULTS, audited
from tests.faults.jobs import ACTOR, BRISK, noting, opened

WORKERS, CALLERS = 3, 2
CALLS = 3
"""Calls of a life: begin it, poke it, poke the last few in a batch."""

BATCH = 4
PATIENCE = 60.0
"""Seconds in which some of what is left must be done; else it is stuck."""


def job_of(caller: int, life: int) -> str:
    """Return the id of a job."""
    return f"J-{caller}-{life}"


def poked_by(caller: int, call: int) -> list[str]:
    """Return the jobs that a call pokes."""
    life, step = divmod(call, CALLS)
    if step == 1:
        return [job_of(caller, life)]
    return [job_of(caller, one) for one in range(max(life - BATCH + 1, 0), life + 1)]


def make(engine: Engine, caller: int, call: int) -> None:
    """Make a call."""
    life, step = divmod(call, CALLS)
    if not step:
        name = job_of(caller, life)
        engine.create("job", actor=ACTOR, id=name, key=name).require()
        return
    firings = [
        Firing(("job", name), "poke", actor=ACTOR, key=f"{caller}-{call}")
        for name in poked_by(caller, call)
    ]
    for answer in engine.fire_many(firings):
        if isinstance(answer, Exception):
            raise answer
        answer.require()


def insist(call: Callable[[], object]) -> None:
    """Make a call until the store answers."""
    while True:
        try:
            call()
        except UnavailableError:
            time.sleep(0.02)
        else:
            return


@attrs.frozen
class Ground:
    """
    Where a fleet is at work.

    Attributes:
        url: URL of the store.
        folder: Where its members note down what they did.
        lives: How many lives each caller begins at least.
    """

    url: str
    folder: Path
    lives: int

    @property
    def notes(self) -> Path:
        """What the outside was given."""
        return self.folder / "outside"

    @property
    def over(self) -> Path:
        """There once callers may end."""
        return self.folder / "over"

    def progress(self, caller: int) -> Path:
        """Return where a caller adds a byte for each call that was acknowledged."""
        return self.folder / f"caller-{caller}"

    def calls(self, caller: int) -> int:
        """Return how many calls of a caller were acknowledged."""
        path = self.progress(caller)
        return path.stat().st_size if path.exists() else 0

    def open(self) -> Engine:
        """Return an engine, as soon as the store answers."""
        found: list[Engine] = []
        insist(lambda: found.append(opened(self.url, noting(str(self.notes)))))
        return found[0]

    def pokes(self) -> dict[str, int]:
        """Return the jobs that were begun, and how many pokes of each were acknowledged."""
        pokes: Counter[str] = Counter()
        for caller in range(CALLERS):
            for call in range(self.calls(caller)):
                life, step = divmod(call, CALLS)
                pokes.update(poked_by(caller, call) if step else {job_of(caller, life): 0})
        return dict(pokes)


def work(ground: Ground) -> None:
    """Work until told to stop."""
    with ground.open() as engine:
        worker = Worker(engine, BRISK)
        signal.signal(signal.SIGTERM, lambda *_: worker.stop())
        worker.run()


def call_on(ground: Ground, caller: int) -> None:
    """Make call after call, from where another one was killed, until it is over."""
    progress = os.open(ground.progress(caller), os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    with ground.open() as engine:
        call = ground.calls(caller)
        # At least the call that whoever was killed may have made and not noted down.
        while True:
            insist(partial(make, engine, caller, call))
            os.write(progress, b".")
            call += 1
            if call >= ground.lives * CALLS and ground.over.exists():
                return


class Fleet:
    """
    The processes, each a fork.

    Args:
        ground: Where they are at work.
    """

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.members: dict[int, Callable[[], None]] = {}
        self.counts: Counter[str] = Counter()
        for _ in range(WORKERS):
            self.begin(partial(work, ground))
        for caller in range(CALLERS):
            self.begin(partial(call_on, ground, caller))

    def begin(self, life: Callable[[], None]) -> None:
        """Fork somebody who does that and ends."""
        child = os.fork()
        if child:
            self.members[child] = life
            return
        code = 1
        try:
            life()
            code = 0
        except BaseException:  # noqa: BLE001 - told before it ends, whatever it is
            traceback.print_exc()
        finally:
            os._exit(code)

    def reap(self) -> None:
        """
        Forget who has ended by itself.

        Raises:
            RuntimeError: Somebody failed.
        """
        while True:
            child, status = os.waitpid(-1, os.WNOHANG) if self.members else (0, 0)
            if not child:
                return
            self._ended(child, status)

    def kill(self, draw: random.Random) -> None:
        """Kill a member and let another one follow."""
        self.reap()
        child = draw.choice(sorted(self.members))
        life = self.members.pop(child)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        who = "callers killed" if life.func is call_on else "workers killed"  # type: ignore[attr-defined]
        self.counts[who] += 1
        self.begin(life)

    def are_calling(self) -> bool:
        """Say whether callers are still at it."""
        self.reap()
        return len(self.members) > WORKERS

    def end(self) -> None:
        """Let workers do what is left, and end when asked to."""
        with self.ground.open() as engine:
            least, since = _left(engine), time.monotonic()
            while least and time.monotonic() < since + PATIENCE:
                time.sleep(0.5)  # what is left is counted, which costs a server something
                left = _left(engine)
                if left < least:
                    least, since = left, time.monotonic()
        for child in self.members:
            os.kill(child, signal.SIGTERM)
        while self.members:
            self._ended(*os.wait())
        self.counts["workers ended when asked"] = WORKERS

    def _ended(self, child: int, status: int) -> None:
        self.members.pop(child, None)
        if status:
            for other in self.members:
                os.kill(other, signal.SIGKILL)
            raise RuntimeError(f"a member of the fleet failed: {status}")


def _left(engine: Engine) -> int:
    left = engine.backlog()
    return left.pending + left.waiting


def kills(fleet: Fleet, times: int, draw: random.Random) -> None:
    """Kill members."""
    for _ in range(times):
        time.sleep(draw.uniform(0.005, 0.12))
        fleet.kill(draw)
    fleet.ground.over.touch()
    while fleet.are_calling():
        time.sleep(0.05)


def restarts(fleet: Fleet, restart: Callable[[signal.Signals], None], pause: float) -> None:
    """Kill the server and start it again, in every way, until all lives are begun."""
    fleet.ground.over.touch()
    ways = (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL)
    while fleet.are_calling():
        time.sleep(pause)
        restart(ways[fleet.counts["restarts"] % len(ways)])
        fleet.counts["restarts"] += 1


def drilled(ground: Ground, drill: Callable[[Fleet], None]) -> dict[str, int]:
    """Let a fleet work while a drill goes on, and return what came of it."""
    ground.open().close()
    fleet = Fleet(ground)
    drill(fleet)
    fleet.end()
    with ground.open() as engine:
        found = audited(engine, ground.pokes(), ground.notes)
    calls = sum(map(ground.calls, range(CALLERS)))
    return {**fleet.counts, "calls acknowledged": calls, **found}


def main(what: str, url: str, folder: str, lives: str, times: str, seed: str) -> None:
    """Drill, and print the counts."""
    from tests.faults.server import OwnServer

    each = -(-int(lives) // CALLERS)
    if what == "kills":
        ground = Ground(url, Path(folder), each)
        counts = drilled(ground, lambda fleet: kills(fleet, int(times), random.Random(seed)))
    else:
        with OwnServer() as server, contextlib.ExitStack():

            def restart(how: signal.Signals) -> None:
                server.stop(how)
                server.start()

            ground = Ground(f"{server.url}?pool=4&timeout=5", Path(folder), each)
            counts = drilled(ground, lambda fleet: restarts(fleet, restart, 60 / int(times)))
    print(json.dumps({"seed": seed, **counts}))  # noqa: T201 - a program's answer
    sys.exit(any(counts[name] for name in FAULTS))


if __name__ == "__main__":
    main(*sys.argv[1:])
