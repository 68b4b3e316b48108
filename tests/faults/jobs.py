"""Jobs that tick by themselves and are poked by callers, ledgers they tell, somebody outside."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from datetime import timedelta

import attrs

from crmflow.clock import Clock, SystemClock
from crmflow.core.actor import Actor
from crmflow.core.form import Text
from crmflow.core.machine import ANY, Asked, Kind, Machine, Row, Send, Start, State
from crmflow.core.message import Handler, Parcel
from crmflow.core.ref import UNBORN
from crmflow.core.timer import Elapsed
from crmflow.engine.engine import Engine
from crmflow.engine.working.pace import Pace
from crmflow.storage.port import Store
from tests.engine.workshop import Outside, Plugin

ACTOR = Actor("sales-1", {"salesperson"})
TICKS = 3
"""How often a job ticks; then its life is over but for pokes."""

LEDGERS = 4
BREATH = timedelta(seconds=0.2)
"""How long a job waits for its next tick."""

BRISK = Pace(
    batch=20,
    lease=timedelta(seconds=1.5),
    timeout=timedelta(seconds=1),
    poll=timedelta(seconds=0.05),
    sweep=timedelta(seconds=0.3),
    threads=1,
)
"""Leases of the dead end soon."""


@attrs.frozen
class Job:
    """What is known of a job."""

    ticks: int = 0
    pokes: int = 0


@attrs.frozen
class Note:
    """What a ledger is told: which tick of which job."""

    of: Text
    number: int


@attrs.frozen
class Ledger:
    """How often it was told something; its journal holds what."""

    notes: int = 0


def _ticked(attempt: Asked) -> Mapping[str, object]:
    return {"ticks": attempt.facts.ticks + 1}


def _poked(attempt: Asked) -> Mapping[str, object]:
    return {"pokes": attempt.facts.pokes + 1}


def _noted(attempt: Asked) -> Mapping[str, object]:
    return {"notes": attempt.facts.notes + 1}


def _told(attempt: Asked) -> Mapping[str, object]:
    return {"of": attempt.snapshot.ref.id, "number": attempt.facts.ticks}


def ledger_of(job: str) -> str:
    """Return the ledger that a job tells."""
    return f"L-{hashlib.sha256(job.encode()).digest()[0] % LEDGERS}"


def job_machine(breath: timedelta = BREATH, handlers: Sequence[str] = ("outside",)) -> Machine:
    """Return the machine of jobs that wait so long for each tick, and tell it to these."""

    def again(attempt: Asked) -> Elapsed | None:
        return Elapsed(breath) if attempt.facts.ticks < TICKS else None

    return Machine(
        "job",
        Job,
        (
            State("open", "开", "Open", Kind.INITIAL),
            State("ended", "结束", "Ended", Kind.FINAL),
        ),
        (
            Row(UNBORN, "begin", "open", start=(Start("tick", "tick", Elapsed(breath)),)),
            Row(
                "open", "tick", who="system", sets=_ticked, start=(Start("tick", "tick", again),),
                send=(
                    Send(
                        "ledger", "note", _told, ensure=True,
                        to=lambda attempt: ledger_of(attempt.snapshot.ref.id),
                    ),
                    *(Send(one, "ticked", _told, to=lambda _: "somebody") for one in handlers),
                ),
            ),
            Row("open", "poke", sets=_poked),
            Row(ANY, "end", "ended"),
        ),
        zh="工作",
        en="job",
    )  # fmt: skip


LEDGER = Machine(
    "ledger",
    Ledger,
    (
        State("open", "打开", "Open", Kind.INITIAL),
        State("closed", "结清", "Closed", Kind.FINAL),
    ),
    (
        Row(UNBORN, "note", "open", form=Note, sets=lambda _: {"notes": 1}),
        Row("open", "note", form=Note, sets=_noted),
        Row(ANY, "close", "closed"),
    ),
    zh="台账",
    en="ledger",
)


def noting(path: str) -> Outside:
    """Return an outside that adds each key it is given to a file, whole even where it is killed."""

    def note(parcel: Parcel) -> None:
        file = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        try:
            os.write(file, f"{parcel.key}\n".encode())
        finally:
            os.close(file)

    return Outside(note)


def opened(
    store: str | Store,
    outside: Handler | None = None,
    *,
    clock: Clock | None = None,
    breath: timedelta = BREATH,
    tenant: str = "main",
    **others: Handler,
) -> Engine:
    """Return an engine of jobs and ledgers; every tick is told to each handler there is."""
    brought = {**({} if outside is None else {"outside": outside}), **others}
    return Engine(
        store,
        machines=(job_machine(breath, tuple(brought) or ("outside",)), LEDGER),
        clock=clock or SystemClock(),
        plugins=[Plugin(brought)],
        tenant=tenant,
    )
