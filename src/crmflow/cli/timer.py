"""`crmflow timer`: what is due, and firing it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

from crmflow.cli.answers import decided
from crmflow.cli.covering import covered_message, hidden_of, scrubbed
from crmflow.cli.faults import FINDINGS
from crmflow.cli.output import Record, Sheet
from crmflow.cli.payload import moment_of
from crmflow.cli.session import Session, session
from crmflow.cli.task import LIMIT, warn_of_more
from crmflow.cli.verbs import Noun, flag

if TYPE_CHECKING:
    from crmflow.engine.engine import Engine
    from crmflow.engine.values import Due
    from crmflow.storage.rows import MessageRow, TimerRow
    from crmflow.texts import Texts

timer = Noun("timer", help="Timers: what is due, and firing it.", no_args_is_help=True)

COLUMNS = ("machine", "id", "state", "timer", "label", "due_at", "overdue", "overdue_by")


@timer.command("list", help="List pending timers, those due first in front.")
@LIMIT
def list_timers(limit: int) -> None:
    """List pending timers, those due first in front."""
    from crmflow.codec import micros

    here = session()
    with here.engine() as engine:
        until = micros(datetime.max.replace(tzinfo=UTC))
        found = engine.store.due(engine.registry.tenant, until, limit=limit)
        here.rows(COLUMNS, _rows(engine, found, engine.clock.now(), here.texts(engine.plugins)))
        warn_of_more(here, len(found), limit)


def _rows(
    engine: Engine, found: Sequence[TimerRow], now: datetime, texts: Texts
) -> Iterable[Record]:
    from crmflow.codec import moment

    owners = engine.store.load([one.ref for one in found])
    for one, owner in zip(found, owners, strict=True):
        due_at = moment(one.due_at)
        yield {
            "machine": one.ref.machine,
            "id": one.ref.id,
            "state": None if owner is None else owner.state,
            "timer": one.name,
            "label": texts.text("timers", one.name, one.ref.machine),
            "due_at": due_at.isoformat(),
            "overdue": due_at <= now,
            "overdue_by": span(now - due_at) if due_at <= now else None,
        }


def span(length: timedelta) -> str:
    """Return a length of time as days, hours and minutes."""
    minutes = length // timedelta(minutes=1)
    days, hours = divmod(minutes // 60, 24)
    return f"{days}d {hours:02}:{minutes % 60:02}"


@timer.command(help="Fire every timer that is due, and hand over messages.")
@flag("--until", type=moment_of, metavar="INSTANT", help="Due by then, with its offset; else now.")
def run(until: datetime | None) -> None:
    """Fire every timer that is due, and hand over messages."""
    here = session()
    with here.engine() as engine:
        show_due(here, engine, engine.run_due(until))


def show_due(here: Session, engine: Engine, due: Due) -> None:
    """Print what a run did, and exit with 1 where it had failures."""
    from crmflow.cli.faults import told

    document: Record = {
        "fired": [
            scrubbed(decided(one), hidden_of(engine, one.snapshot, one.event.form))
            for one in due.fired
        ],
        "applied": [str(ref) for ref in due.applied],
        "parked": [_parked(covered_message(engine, one)) for one in due.parked],
        "waiting": due.waiting,
        "backups": list(due.backups),
        "pruned": due.pruned,
        "errors": [{"type": type(one).__name__, "message": str(one)} for one in due.errors],
    }
    counts = {name: len(f) if isinstance(f, list) else f for name, f in document.items()}
    fired = [
        {"machine": one["machine"], "id": one["id"], "event": one["event"], "state": one["state"]}
        for one in map(decided, due.fired)
    ]

    def parts() -> Iterable[Sheet | str]:
        if fired:
            yield Sheet(("machine", "id", "event", "state"), fired, here.say("Fired"))
        yield Sheet(tuple(counts), [counts], here.say("Counts"))

    here.document(document, parts)
    for error in due.errors:
        here.note(told(error, "table", here.say("Error")))
    if due.errors:
        click.get_current_context().exit(FINDINGS)


def _parked(row: MessageRow) -> Record:
    return {"source": str(row.source), "target": str(row.target), "detail": row.detail}
