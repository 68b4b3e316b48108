"""
Kill a writing process again and again, and see that nothing acknowledged is lost.

Run as a program of its own, because it forks: the parent prepares everything once,
each child opens the store, fires events with keys and acknowledges every call down a
pipe until it is killed at a drawn moment. Prints what it did as JSON.

    python kill_trials.py URL TRIALS SEED

The URL names a store for every few trials: `{}` in it stands for the store's number.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import attrs

from crmflow.clock import ManualClock
from crmflow.codec import chained
from crmflow.core.actor import Actor
from crmflow.core.form import Text
from crmflow.core.machine import Asked, Kind, Machine, Row, Send, Start, State
from crmflow.core.ref import UNBORN, EntityRef
from crmflow.core.timer import Elapsed
from crmflow.core.updates import copied
from crmflow.engine.engine import Engine
from crmflow.engine.values import Firing
from crmflow.flow.commits import NO_HASH

ACTOR = Actor("sales-1", {"salesperson"})
NAMES = ("A", "B", "C")
TRIALS_PER_STORE = 10


@attrs.frozen
class Meter:
    """What is known of a meter."""

    name: str
    ticks: int = 0


@attrs.frozen
class Ledger:
    """What is known of the ledger."""

    name: str
    notes: int = 0


@attrs.frozen
class New:
    """What starts either."""

    name: Text


def _ticked(attempt: Asked) -> Mapping[str, object]:
    return {"ticks": attempt.facts.ticks + 1}


def _noted(attempt: Asked) -> Mapping[str, object]:
    return {"notes": attempt.facts.notes + 1}


NOTE = Send("ledger", "note", lambda _: {}, to=lambda _: "L")
IDLE = Start("idle", "end", Elapsed(timedelta(hours=1)))
STATES = (
    State("open", "开", "Open", Kind.INITIAL),
    State("ended", "结束", "Ended", Kind.FINAL),
)
METER = Machine(
    "meter",
    Meter,
    STATES,
    (
        Row(UNBORN, "install", "open", form=New, sets=copied("name")),
        Row("open", "tick", "open", sets=_ticked, send=(NOTE,), start=(IDLE,)),
        Row("open", "end", "ended"),
    ),
    zh="表",
    en="meter",
)
LEDGER = Machine(
    "ledger",
    Ledger,
    STATES,
    (
        Row(UNBORN, "begin", "open", form=New, sets=copied("name")),
        Row("open", "note", "open", sets=_noted),
        Row("open", "end", "ended"),
    ),
    zh="账",
    en="ledger",
)


def opened(url: str) -> Engine:
    """Return an engine on a store, with its entities created by key where they are not."""
    engine = Engine(
        url,
        machines=(METER, LEDGER),
        clock=ManualClock(datetime(2026, 3, 2, 9, tzinfo=UTC)),
    )
    engine.create("ledger", {"name": "L"}, id="L", key="L", actor=ACTOR).require()
    for name in NAMES:
        engine.create("meter", {"name": name}, id=name, key=name, actor=ACTOR).require()
    return engine


def names_of(call: int) -> tuple[str, ...]:
    """Return the meters a call ticks: one, or every fourth time a batch."""
    return NAMES * 3 if call % 4 == 3 else NAMES[call % 3 : call % 3 + 1]


def firings(trial: int, call: int) -> list[Firing]:
    """Return what a call of a trial fires."""
    return [
        Firing(("meter", name), "tick", actor=ACTOR, key=f"{trial}-{call}-{number}")
        for number, name in enumerate(names_of(call))
    ]


def made(engine: Engine, trial: int, call: int) -> list[bool]:
    """Make a call, and return of each member whether it was a repeat."""
    repeated = []
    for answer in engine.fire_many(firings(trial, call)):
        if isinstance(answer, Exception):
            raise answer
        repeated.append(answer.require().repeated)
    return repeated


def write_until_killed(url: str, trial: int, pipe: int) -> None:
    """Make calls and acknowledge each, for ever."""
    engine = opened(url)
    call = 0
    while True:
        made(engine, trial, call)
        os.write(pipe, b".")
        call += 1


def killed(url: str, trial: int, draw: random.Random) -> int:
    """Start a child, kill it at a drawn moment, and return how many calls it acknowledged."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            write_until_killed(url, trial, writing)
        finally:
            os._exit(1)
    os.close(writing)
    seen = 0
    if trial % TRIALS_PER_STORE:
        wanted = draw.randrange(12)
        while seen < wanted:
            got = len(os.read(reading, 1))
            if not got:
                raise RuntimeError(f"trial {trial}: the child ended by itself")
            seen += got
        time.sleep(draw.random() * 0.004)
    else:
        # A new store: somewhere while its tables are made or its first entities created.
        time.sleep(draw.random() * 0.12)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while rest := os.read(reading, 4096):
        seen += len(rest)
    os.close(reading)
    return seen


@attrs.define
class Audit:
    """
    What must be true of a store, carried from trial to trial.

    Attributes:
        ticks: How often each meter ticked, by what was acknowledged or repeated.
        places: Last version and hash checked, by entity.
        counts: What the trials met.
    """

    ticks: Counter[str]
    places: dict[EntityRef, tuple[int, bytes]]
    counts: Counter[str]

    def check(self, url: str, trial: int, acknowledged: int) -> None:
        """Repeat the last acknowledged call and the one in doubt; then compare everything."""
        with opened(url) as engine:
            if acknowledged and not all(made(engine, trial, acknowledged - 1)):
                raise AssertionError(f"trial {trial}: an acknowledged call was lost")
            doubtful = made(engine, trial, acknowledged)
            self.counts["in doubt, committed" if any(doubtful) else "in doubt, lost"] += 1
            if len(set(doubtful)) != 1:
                self.counts["batches committed in part"] += 1
            if not all(made(engine, trial, acknowledged)):
                raise AssertionError(f"trial {trial}: a key did not make its call harmless")
            for call in range(acknowledged + 1):
                self.ticks.update(names_of(call))
            engine.run_due()
            self._compare(engine, trial)
        self.counts["calls acknowledged"] += acknowledged

    def _compare(self, engine: Engine, trial: int) -> None:
        for name in NAMES:
            meter = engine.get(("meter", name))
            expected = self.ticks[name]
            if (meter.facts.ticks, meter.version) != (expected, expected + 1):
                raise AssertionError(f"trial {trial}: {name} has {meter}, not {expected} ticks")
            self._chain(engine, engine.ref(("meter", name)), trial)
        notes = engine.get(("ledger", "L")).facts.notes
        if notes != self.ticks.total() or engine.outbox():
            raise AssertionError(f"trial {trial}: {notes} notes of {self.ticks.total()} messages")
        self._chain(engine, engine.ref(("ledger", "L")), trial)

    def _chain(self, engine: Engine, ref: EntityRef, trial: int) -> None:
        version, head = self.places.get(ref, (0, NO_HASH))
        for record in engine.store.journal(ref, after=version, limit=100_000):
            version, head = version + 1, chained(head, record.body)
            if (record.version, record.hash) != (version, head):
                raise AssertionError(f"trial {trial}: {ref} breaks at record {record.version}")
        (row,) = engine.store.load([ref])
        if row is None or (row.version, row.head) != (version, head):
            raise AssertionError(f"trial {trial}: {ref} is not where its journal ends")
        self.places[ref] = (version, head)


def main(url: str, trials: int, seed: int) -> None:
    """Run the trials and print what they met."""
    draw = random.Random(seed)
    # Everything is imported before the first fork, and no handle is carried over it.
    opened(url.format("warm")).close()
    counts: Counter[str] = Counter()
    audit = Audit(Counter(), {}, counts)
    for trial in range(trials):
        number, first = divmod(trial, TRIALS_PER_STORE)
        if not first:
            audit = Audit(Counter(), {}, counts)
        store = url.format(number)
        audit.check(store, trial, killed(store, trial, draw))
        counts["kills"] += 1
    print(json.dumps(dict(sorted(counts.items()))))  # noqa: T201 - a program's answer


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
