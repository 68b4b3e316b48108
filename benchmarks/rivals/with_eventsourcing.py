"""The ticket as an aggregate of eventsourcing, rebuilt of a snapshot and the events since."""

from typing import ClassVar
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from benchmarks.rivals.place import TICKETS, Place, turns
from benchmarks.ticket import CYCLE, FACTS, ROWS, Ticket


class TicketAggregate(Aggregate):
    """A ticket."""

    @event("Received")
    def __init__(self, problem: str) -> None:
        self.facts = Ticket(problem)
        self.state = "received"

    def fire(self, name: str) -> None:
        """Go where an event leads to."""
        for source, one, target, guard in ROWS:
            if (source, one) == (self.state, name) and guard(self):
                self.moved(target)
                return
        raise ValueError(f"{self.state} knows no {name}")

    @event("Moved")
    def moved(self, state: str) -> None:
        """Be in another state."""
        self.state = state


class Tickets(Application[UUID]):
    """Tickets, with a snapshot after as many events as crmflow writes a checkpoint."""

    snapshotting_intervals: ClassVar = {TicketAggregate: 64}


class Aggregates:
    """
    An application of tickets.

    Args:
        place: Where it keeps its tables.
    """

    def __init__(self, place: Place) -> None:
        self._app = Tickets(_environment(place))
        self._ids = []
        for _ in range(TICKETS):
            made = TicketAggregate(FACTS.problem)
            self._app.save(made)
            self._ids.append(str(made.id))
        self._turns = turns(self._ids)

    def lap(self) -> str:
        """Load, fire and save, for each event."""
        of = UUID(next(self._turns))
        state = ""
        for name in CYCLE:
            ticket: TicketAggregate = self._app.repository.get(of)
            ticket.fire(name)
            self._app.save(ticket)
            state = ticket.state
        return state

    def close(self) -> None:
        """Close the application."""
        self._app.close()


def _environment(place: Place) -> dict[str, str]:
    if place.url is None:
        path = str(place.file("eventsourcing"))
        return {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": path}
    login = place.login()
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": login["NAME"],
        "POSTGRES_USER": login["USER"],
        "POSTGRES_PASSWORD": login["PASSWORD"] or "none",
        "POSTGRES_HOST": login["HOST"],
        "POSTGRES_PORT": login["PORT"],
    }
