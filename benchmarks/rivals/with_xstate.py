"""The ticket of xstate-statemachine, loaded from one of its SQL stores and saved for each event."""

import logging

from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker
from xstate_statemachine.contrib.sqlalchemy import SQLAlchemyStore
from xstate_statemachine.persistence.helpers import load_interpreter, save_interpreter
from xstate_statemachine.persistence.sqlite_store import SQLiteStore

from benchmarks.machines import leaf, xstate_machine
from benchmarks.rivals.place import TICKETS, Place, turns
from benchmarks.ticket import CYCLE


class Interpreters:
    """
    Interpreters over a store: one of SQLite's own, and SQLAlchemy's on a server.

    Args:
        place: Where it keeps its tables.
    """

    def __init__(self, place: Place) -> None:
        logging.getLogger("xstate_statemachine").setLevel(logging.ERROR)
        self._store: SQLiteStore | SQLAlchemyStore
        self._machine = xstate_machine({"facts": None})
        if place.url is None:
            self._store = SQLiteStore(place.file("xstate"))
        else:
            self._store = SQLAlchemyStore(sessionmaker(create_engine(place.sqlalchemy("xstate"))))
        names = [f"T-{n}" for n in range(TICKETS)]
        for name in names:
            made, version = load_interpreter(self._store, name, self._machine)
            save_interpreter(self._store, name, made, expected_version=version)
        self._turns = turns(names)

    def lap(self) -> str:
        """Load, send and save, for each event."""
        of = next(self._turns)
        state = ""
        for event in CYCLE:
            ticket, version = load_interpreter(self._store, of, self._machine)
            ticket.send(event)
            save_interpreter(self._store, of, ticket, expected_version=version)
            state = leaf(ticket.current_state_ids)
        return state

    def close(self) -> None:
        """Close nothing: its connection goes with it."""
