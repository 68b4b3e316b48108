"""
Durable steps of other libraries with the stores they bring, beside crmflow's.

All go the same laps on the same disk and server, each step loaded, decided and
committed by itself, as durable as SQLite (synchronous FULL) and PostgreSQL are; only
xstate-statemachine sets NORMAL, and is compared with crmflow so set. Before anything is
measured every ticket goes a lap, so that files have the size they keep.
What each writes differs: DBOS loads nothing and keeps what steps return, eventsourcing
appends events, Django updates a row and adds another, harel keeps a trace of the last
steps, xstate-statemachine has no history at all. crmflow writes its entity and a
journal record with inputs, effects and the hash chain.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from importlib import import_module
from itertools import cycle
from pathlib import Path

import attrs

from benchmarks.crmflow_machine import ACTOR, TICKET
from benchmarks.databases import database, store
from benchmarks.durable import file_url
from benchmarks.harness import Contender, Plan, Row, measure
from benchmarks.report import Bar, Section
from benchmarks.rivals.place import TICKETS, Place, Rival
from benchmarks.ticket import CYCLE
from crmflow.engine.engine import Engine

OURS, OURS_NORMAL = "crmflow", "crmflow, NORMAL"
XSTATE = "xstate-statemachine"
RIVALS = {
    "DBOS": ("with_dbos", "Workflows"),
    "eventsourcing": ("with_eventsourcing", "Aggregates"),
    "django-fsm-2 with its ORM": ("with_django", "Models"),
    XSTATE: ("with_xstate", "Interpreters"),
    "harel": ("with_harel", "Executions"),
}
"""Modules of `benchmarks.rivals`, and what they call themselves."""


class Ours:
    """
    Tickets of an engine.

    Args:
        place: Where its tables are.
        synchronous: ``FULL`` or ``NORMAL``, for a file.
    """

    def __init__(self, place: Place, synchronous: str = "FULL") -> None:
        url = file_url(place.file(f"crmflow-{synchronous}"), synchronous)
        self._engine = Engine(
            url if place.url is None else store(place.url, "ours"), machines=[TICKET]
        )
        made = [
            self._engine.create("ticket", {"problem": "no start"}, actor=ACTOR).require().entity
            for _ in range(TICKETS)
        ]
        self._turns = cycle(made)

    def lap(self) -> str:
        """Fire each event."""
        of = next(self._turns)
        state = ""
        for event in CYCLE:
            state = self._engine.fire(of, event, actor=ACTOR).require().snapshot.state
        return state

    def close(self) -> None:
        """Close the engine."""
        self._engine.close()


@contextmanager
def made(name: str, place: Place) -> Iterator[Rival]:
    """
    Give a rival of that name.

    Raises:
        ImportError: It is not installed.
    """
    if name in {OURS, OURS_NORMAL}:
        rival: Rival = Ours(place, "FULL" if name == OURS else "NORMAL")
    else:
        module, called = RIVALS[name]
        make: Callable[[Place], Rival] = getattr(
            import_module(f"benchmarks.rivals.{module}"), called
        )
        rival = make(place)
    with closing(rival):
        yield rival


def among(place: Place, plan: Plan) -> tuple[tuple[Row, ...], list[str]]:
    """Return what was measured of those that are installed, and who is not."""
    found, missing = [], []
    normal = () if place.url else (OURS_NORMAL,)
    with ExitStack() as until:
        for name in (OURS, *normal, *RIVALS):
            own = place
            if place.url is not None:
                own = attrs.evolve(place, url=until.enter_context(database()))
            try:
                rival = until.enter_context(made(name, own))
            except ImportError as error:
                missing.append(f"{name} ({error})")
                continue
            for _ in range(TICKETS):
                rival.lap()
            found.append(Contender(f"{name} on {place.kind}", rival.lap, steps=len(CYCLE)))
        return measure(found, plan, _pairs([one.name for one in found])), missing


def _pairs(names: list[str]) -> dict[str, str]:
    """Return with whom each rival is compared."""
    ours = {name for name in names if name.startswith(OURS)}
    full = names[0]
    normal = next((name for name in ours if name.startswith(OURS_NORMAL)), full)
    return {name: normal if name.startswith(XSTATE) else full for name in names if name not in ours}


def section(plan: Plan, folder: Path) -> Section:
    """Return the durable steps of all and by how much crmflow is ahead."""
    with database() as url:
        places = (Place("SQLite", folder), Place("PostgreSQL", folder, url))
        measured = [among(place, plan) for place in places]
    rows = tuple(row for rows, _ in measured for row in rows)
    missing = sorted({name for _, names in measured for name in names})
    return Section(
        name="rivals",
        title="One durable step, ratio of time to crmflow's on the same database",
        rows=rows,
        sizes={f"not installed: {name}": 0.0 for name in missing},
        bars=tuple(
            Bar(
                name=f"{row.name}, time of a step of crmflow's",
                value=row.ratio,
                limit=1,
                at_most=False,
            )
            for row in rows
            if row.ratio is not None
        ),
    )
