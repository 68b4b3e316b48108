"""
The ticket as a workflow of DBOS.

A lap is a workflow and each event a step in it: its most favourable shape, since
nothing is loaded and only what a step returns is written.
"""

from itertools import count

from dbos import DBOS, DBOSConfig

from benchmarks.rivals.place import Place
from benchmarks.ticket import CYCLE, FACTS, ROWS, Ticket


class Asked:
    """What the guards are asked about."""

    facts: Ticket = FACTS


@DBOS.step()
def move(state: str, event: str) -> str:
    """Return the state that an event leads to."""
    known = Asked()
    for source, name, target, guard in ROWS:
        if (source, name) == (state, event) and guard(known):
            return target
    raise ValueError(f"{state} knows no {event}")


@DBOS.workflow()
def lap_of(_ticket: str) -> str:
    """Go a lap."""
    state = "received"
    for event in CYCLE:
        state = move(state, event)
    return state


class Workflows:
    """
    DBOS, of which there is one in a process.

    Args:
        place: Where it keeps its tables.
    """

    def __init__(self, place: Place) -> None:
        config: DBOSConfig = {
            "name": "ticket",
            "system_database_url": place.sqlalchemy("dbos"),
            "log_level": "ERROR",
        }
        DBOS(config=config)
        DBOS.launch()
        self._numbers = count()

    def lap(self) -> str:
        """Run a workflow to its end."""
        return lap_of(f"T-{next(self._numbers)}")

    def close(self) -> None:
        """End it."""
        DBOS.destroy()
