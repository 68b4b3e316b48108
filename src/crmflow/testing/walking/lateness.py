"""The law of the late worker: a journal is the same however late one comes."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime

from crmflow.clock import ManualClock
from crmflow.codec import micros, moment
from crmflow.core.compiled import Interpreter
from crmflow.core.journal import JournalRecord
from crmflow.core.ref import EntityRef
from crmflow.testing.walking.life import MANY, Life
from crmflow.testing.walking.steps import Crash, Tell, Wait, Work


def same_however_late(life: Life) -> None:
    """Live a story twice anew, with a worker who is always there and one who never comes."""
    end = life.clock.now()
    eager, lazy = _lived(life, end, "table", eager=True), _lived(life, end, "stock", eager=False)
    told = {one.step.source for one in life.story if isinstance(one.step, Tell)}
    for one, other in zip(eager, lazy, strict=False):
        if any(_from_elsewhere(record, told) for record in (one, other)):
            # What another entity tells comes when that one was worked on.
            return
        assert one == other, f"a late worker writes {other} in place of {one}"
    assert len(eager) == len(lazy), "a late worker writes more, or less"


def _from_elsewhere(record: JournalRecord, told: set[EntityRef]) -> bool:
    cause = record.event.cause
    return cause is not None and cause.source is not None and cause.source not in told


def _lived(
    life: Life, end: datetime, interpreter: Interpreter, *, eager: bool
) -> list[JournalRecord]:
    begin = life.story[0].at if life.story else end
    again = Life(life.bench, life.name, ManualClock(begin), interpreter, stores=life.stores)
    with closing(again.store):
        for told in life.story:
            if eager:
                _work_until(again, told.at)
            again.clock.set(told.at)
            step = told.step.ask if isinstance(told.step, Crash) else told.step
            if not isinstance(step, Wait | Work):
                step.take(again)
        if eager:
            _work_until(again, end)
        again.clock.set(end)
        again.engine.run_due()
        return again.journal()


def _work_until(life: Life, end: datetime) -> None:
    """Let a worker come at each instant at which a timer of anybody is due."""
    while due := life.store.due(life.ref.tenant, micros(end), limit=MANY):
        life.clock.set(max(life.clock.now(), moment(min(row.due_at for row in due))))
        if not life.engine.run_due().fired:
            return
