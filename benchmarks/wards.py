"""
Entities that each wait for one timer: a machine, and a store filled with as many as asked.

Only a few are created by an engine; the others are copies of their rows, so that a
million need no million decisions. An engine finds no difference: what the rows hold
does not tell whose they are.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import attrs

from crmflow.clock import ManualClock
from crmflow.core.actor import Actor
from crmflow.core.machine import Kind, Machine, Row, Start, State
from crmflow.core.ref import UNBORN
from crmflow.core.timer import Elapsed
from crmflow.engine.engine import Engine

AT = datetime.fromisoformat("2026-01-05T09:00:00+00:00")
DUE = timedelta(hours=1)
LATE = AT + timedelta(days=30)
"""By then every timer is due."""
ACTOR = Actor("sales-1", {"customer_service"})
MODELS = 1000
"""How many entities are created, each due at an instant of its own."""

Execute = Callable[[str], object]


@attrs.frozen
class Watched:
    """What is known of a case."""

    note: str = "calls back when the part is there"


WARD = Machine(
    "ward",
    facts=Watched,
    states=(
        State("waiting", "等待", "Waiting", Kind.INITIAL),
        State("lapsed", "过期", "Lapsed", Kind.FINAL),
    ),
    rows=(
        Row(UNBORN, "open", "waiting", start=(Start("lapse", "lapse", Elapsed(DUE)),)),
        Row("waiting", "lapse", "lapsed", who="system"),
    ),
    zh="病房",
    en="ward",
)


def ward_engine(url: str) -> Engine:
    """Return an engine for whom all timers of a store are due."""
    return Engine(url, machines=[WARD], clock=ManualClock(LATE))


def create_models(engine: Engine) -> None:
    """Create the entities that the others are copies of."""
    for n in range(MODELS):
        at = AT + timedelta(minutes=n)
        engine.create("ward", actor=ACTOR, id=f"M-{n:04}", at=at).require()


KEEP = (
    "CREATE TABLE model_entity AS SELECT * FROM crmflow_entity",
    "CREATE TABLE model_timer AS SELECT * FROM crmflow_timer",
)
CLEAR = (
    "DELETE FROM crmflow_entity",
    "DELETE FROM crmflow_timer",
    "DELETE FROM crmflow_journal",
)


def filling(copies: int) -> tuple[str, ...]:
    """
    Return the statements that put copies of the kept models into empty tables.

    Args:
        copies: How many of each model.
    """
    numbers = (
        "WITH RECURSIVE copy (n) AS"  # noqa: S608 - a number
        f" (SELECT 1 UNION ALL SELECT n + 1 FROM copy WHERE n < {copies})"
    )
    own = "model.id || '-' || copy.n"
    entities = (
        "INSERT INTO crmflow_entity (tenant, machine, id, version, state, at, snapshot, head)"  # noqa: S608 - our own texts
        f" {numbers} SELECT tenant, machine, {own}, version, state, at, snapshot, head"
        " FROM model_entity AS model, copy"
    )
    timers = (
        "INSERT INTO crmflow_timer (tenant, machine, id, name, due_at, generation)"  # noqa: S608 - as above
        f" {numbers} SELECT tenant, machine, {own}, name, due_at, generation"
        " FROM model_timer AS model, copy"
    )
    return entities, timers


def fill(execute: Execute, copies: int) -> None:
    """
    Fill a store whose models are kept anew.

    Args:
        execute: Runs a statement on it.
        copies: How many of each model.
    """
    for statement in (*CLEAR, *filling(copies)):
        execute(statement)
