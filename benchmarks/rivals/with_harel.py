"""The ticket as a statechart of harel, with the trace that it keeps of its last steps."""

from harel import (  # type: ignore[import-untyped]
    DurableRunner,
    Event,
    definition_from_dsl,
)
from harel.engine.store.postgres import PostgresStore  # type: ignore[import-untyped]
from harel.engine.store.sqlite import SqliteStore  # type: ignore[import-untyped]

from benchmarks.rivals.place import TICKETS, Place, turns
from benchmarks.ticket import CYCLE, ROWS, STATES, is_grave


def source() -> str:
    """Return the ticket in harel's words, without guards: the row that is refused is left out."""
    rows = [row for row in ROWS if row[3] is not is_grave]
    events = "\n".join(f"event {name} {{}}" for name in sorted({row[1] for row in rows}))
    states = "\n".join(
        f"final {state} success" if state == "withdrawn" else f"state {state} {{}}"
        for state in STATES
    )
    moves = "\n".join(f"from {a} to {b} on {event}" for a, event, b, _ in rows)
    return f"{events}\nmachine ticket {{\ninitial received\n{states}\n{moves}\n}}"


class Executions:
    """
    Executions of a durable runner.

    Args:
        place: Where it keeps its tables.
    """

    def __init__(self, place: Place) -> None:
        definition = definition_from_dsl(source(), "ticket")
        if place.url is None:
            store = SqliteStore(place.file("harel"))
        else:
            store = PostgresStore.from_dsn(place.url)
        self._runner = DurableRunner(
            store, {definition.id: definition}, trace=True, execution="inline"
        )
        ids = [self._runner.create(definition.id).id for _ in range(TICKETS)]
        self._turns = turns(ids)

    def lap(self) -> str:
        """Process each event."""
        of = next(self._turns)
        state = ""
        for name in CYCLE:
            state = str(self._runner.process(of, Event(kind=name)).active_path)
        return state

    def close(self) -> None:
        """Close nothing: its connection goes with it."""
