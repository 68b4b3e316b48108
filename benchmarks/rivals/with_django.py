"""The ticket as a model of Django with django-fsm-2, and a row for each step beside it."""

import django
from django.conf import settings
from django.db import connections

from benchmarks.rivals.place import TICKETS, Place, turns
from benchmarks.ticket import CYCLE, FACTS


class Models:
    """
    Tickets of Django's ORM.

    Args:
        place: Where its tables are.
    """

    def __init__(self, place: Place) -> None:
        self._alias = place.kind.lower()
        if not settings.configured:
            settings.configure(DATABASES={"default": _sqlite(":memory:")}, USE_TZ=True)
            django.setup()
        named = {**connections.settings["default"], **_database(place)}
        connections.settings[self._alias] = named
        from benchmarks.rivals import django_models

        self._models = django_models
        with connections[self._alias].schema_editor() as editor:
            editor.create_model(django_models.TicketRow)
            editor.create_model(django_models.StepRow)
        tickets = django_models.TicketRow.objects.using(self._alias)
        made = [tickets.create(problem=FACTS.problem).pk for _ in range(TICKETS)]
        self._turns = turns(list(map(str, made)))

    def lap(self) -> str:
        """Load, fire, save and note the step in one transaction, for each event."""
        of = int(next(self._turns))
        state = ""
        for event in CYCLE:
            state = self._models.step(self._alias, of, event)
        return state

    def close(self) -> None:
        """Close its connection."""
        connections[self._alias].close()


def _sqlite(path: str) -> dict[str, object]:
    # In WAL mode, as all others are.
    start = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL"
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "OPTIONS": {"init_command": start, "transaction_mode": "IMMEDIATE"},
    }


def _database(place: Place) -> dict[str, object]:
    if place.url is None:
        return _sqlite(str(place.file("django")))
    return {"ENGINE": "django.db.backends.postgresql", "OPTIONS": {}, **place.login()}
