"""`crmflow worker`: what goes on firing timers and handing over messages."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from types import FrameType
from typing import TYPE_CHECKING

import attrs
import click

from crmflow.cli.covering import covered_message
from crmflow.cli.faults import FINDINGS, told
from crmflow.cli.output import Record, Sheet
from crmflow.cli.session import Session, misused, session
from crmflow.cli.verbs import Noun, flag, global_flags

if TYPE_CHECKING:
    from crmflow.engine.engine import Engine
    from crmflow.engine.values import Due
    from crmflow.engine.working.pace import Pace
    from crmflow.engine.working.worker import Worker

COUNTS = ("tenant", "rounds", "fired", "delivered", "parked", "failed", "forestalled")
LEFT = ("tenant", "pending", "due", "lag", "waiting", "parked", "age")
RATES = ("due_rate", "waiting_rate")
SECONDS = click.FloatRange(min=0, max=365 * 24 * 3600, min_open=True)
TENANT = flag("--tenant", "tenants", multiple=True, metavar="NAME", help="Whose; repeat for more.")


@click.group(
    "worker",
    cls=Noun,
    invoke_without_command=True,
    help="Fire timers and hand over messages until told to stop; any number may work.",
)
@TENANT
@flag("--once", is_flag=True, help="End as soon as nothing is due.")
@flag("--poll", type=SECONDS, default=1.0, metavar="SECONDS", help="How often it looks at least.")
@flag(
    "--batch",
    type=click.IntRange(min=1),
    default=100,
    help="Timers, and messages, of one round at most.",
)
@flag(
    "--lease",
    type=SECONDS,
    default=60.0,
    metavar="SECONDS",
    help="How long what it takes is nobody else's.",
)
@flag(
    "--timeout",
    type=SECONDS,
    default=30.0,
    metavar="SECONDS",
    help="How long a delivery handler may take.",
)
@flag("--threads", type=click.IntRange(min=0), default=4, help="Threads of each delivery handler.")
@flag(
    "--health",
    metavar="HOST:PORT",
    help="Answer /live, /ready and /metrics there; a port alone is this machine's.",
)
@click.pass_context
def worker(ctx: click.Context, /, **given: object) -> None:
    """Work until told to stop, where no other verb is named."""
    if ctx.invoked_subcommand is None:
        _run(session(), Given(**given))  # type: ignore[arg-type]


worker.params += [one for one in global_flags(hidden=True) if "--tenant" not in one.opts]


@attrs.frozen
class Given:
    """What the command line says of a worker; times in seconds."""

    tenants: tuple[str, ...]
    once: bool
    poll: float
    batch: int
    lease: float
    timeout: float
    threads: int
    health: str | None


@worker.command(help="Show how much is due and waits; exit with 1 where messages are parked.")
@TENANT
@flag(
    "--over",
    type=SECONDS,
    metavar="SECONDS",
    help="Look twice, so long apart, and show by how much less is left, per second.",
)
def status(tenants: tuple[str, ...], over: float | None) -> None:
    """Show how much is due and waits; exit with 1 where messages are parked."""
    here = session()
    with _engines(here, tenants) as engines:
        rows = [_left(engine, over) for engine in engines]
    here.rows(LEFT if over is None else (*LEFT, *RATES), rows)
    if any(row["parked"] for row in rows):
        click.get_current_context().exit(FINDINGS)


def _left(engine: Engine, over: float | None) -> Record:
    """Return what is left of a tenant; with *over* also by how much less, per second."""
    from crmflow.codec import moment

    before = None
    if over is not None:
        before = engine.backlog()
        time.sleep(over)
    now, left = engine.clock.now(), engine.backlog()

    def since(instant: int | None) -> float | None:
        return None if instant is None else round((now - moment(instant)).total_seconds(), 3)

    row: dict[str, object] = {
        "tenant": engine.registry.tenant,
        "pending": left.pending,
        "due": left.due,
        "lag": since(left.due_since),
        "waiting": left.waiting,
        "parked": left.parked,
        "age": since(left.waiting_since),
    }
    if before is not None and over is not None:
        done = before.due - left.due, before.waiting - left.waiting
        row |= {name: round(count / over, 3) for name, count in zip(RATES, done, strict=True)}
    return row


@contextlib.contextmanager
def _engines(here: Session, tenants: Sequence[str]) -> Iterator[tuple[Engine, ...]]:
    """Return an engine of each tenant over one store; leaving it closes them."""
    from crmflow.storage.opening import open_store

    with contextlib.ExitStack() as opened:
        store = opened.enter_context(contextlib.closing(open_store(here.store)))
        names = tuple(dict.fromkeys(tenants)) or (str(here.settings.text("tenant")),)
        yield tuple(opened.enter_context(here.engine(tenant=name, store=store)) for name in names)


def _run(here: Session, given: Given) -> None:
    from crmflow.engine.working.health import Health, address_of
    from crmflow.engine.working.worker import Worker

    with _engines(here, given.tenants) as engines, contextlib.ExitStack() as running:
        working = Worker(
            engines, _pace(given), told=Telling(here, {one.registry.tenant: one for one in engines})
        )
        if given.health is not None:
            health = running.enter_context(Health(working, address_of(given.health)))
            here.note(here.say("health at port {port}").format(port=health.port))
        with _stopped_by_signals(working):
            working.run(once=given.once)
        rows = [
            {"tenant": duty.engine.registry.tenant, **attrs.asdict(duty.tally)}
            for duty in working.duties
        ]
        here.document({"tenants": rows}, lambda: (Sheet(COUNTS, rows, here.say("Counts")),))
        if given.once and any(duty.tally.failed for duty in working.duties):
            click.get_current_context().exit(FINDINGS)


def _pace(given: Given) -> Pace:
    from crmflow.engine.working.pace import Pace

    try:
        return Pace(
            batch=given.batch,
            lease=timedelta(seconds=given.lease),
            poll=timedelta(seconds=given.poll),
            timeout=timedelta(seconds=given.timeout),
            threads=given.threads,
        )
    except ValueError as fault:
        raise misused("give a --lease that is longer than --timeout") from fault


@attrs.define
class Telling:
    """
    Tells failures on stderr as they come.

    Attributes:
        here: The session.
        engines: By tenant; their masks hold for what is told of messages.
        last: What was told last, which is not told again while nothing else comes.
    """

    here: Session
    engines: Mapping[str, Engine]
    last: str = ""

    def __call__(self, tenant: str, due: Due) -> None:
        """Tell the failures of a round, and what was parked in it."""
        here = self.here
        lines = [told(error, here.output, here.say("Error")) for error in due.errors]
        parked = here.say("message {name} is parked: {why}")
        for one in due.parked:
            why = covered_message(self.engines[tenant], one).detail
            lines.append(parked.format(name=one.name, why=why))
        text = "\n".join(lines)
        if text and text != self.last:
            here.note(text)
        self.last = text or self.last


@contextlib.contextmanager
def _stopped_by_signals(working: Worker) -> Iterator[None]:
    """Let SIGTERM and SIGINT stop a worker after the batch in hand; a second one ends at once."""
    signals = (signal.SIGTERM, signal.SIGINT)

    def stop(_number: int, _frame: FrameType | None) -> None:
        for one in signals:
            signal.signal(one, signal.SIG_DFL)
        working.stop()

    before = {one: signal.signal(one, stop) for one in signals}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
