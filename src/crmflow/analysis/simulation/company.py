"""The simulated company: its engine over a watched store, its clock and its staff."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta

import attrs

from crmflow.analysis.simulation.scenario import Scenario
from crmflow.analysis.simulation.staff import Member, directory_of, members_of
from crmflow.analysis.simulation.watch import WatchedStore
from crmflow.clock import ManualClock
from crmflow.core.errors import ConfigurationError, did_you_mean
from crmflow.core.local_time import instant_of
from crmflow.core.tables import Tables
from crmflow.engine.engine import Engine
from crmflow.engine.starting import tables_for
from crmflow.plugins.bringing import find_machines
from crmflow.plugins.loading import load_plugins
from crmflow.storage.opening import current, open_store

TENANT = "main"


@attrs.frozen
class Company:
    """
    What is simulated.

    Attributes:
        scenario: What it is like.
        engine: Where people ask for events.
        clock: Its clock.
        store: What it is watched by.
        members: Its staff.
    """

    scenario: Scenario
    engine: Engine
    clock: ManualClock
    store: WatchedStore
    members: tuple[Member, ...]

    @property
    def tables(self) -> Tables:
        """The rows it runs with."""
        return self.engine.registry.tables

    def midnight(self, day: int) -> datetime:
        """Return the aware UTC instant at which a day begins, the first being 0."""
        on = self.scenario.rows.starts_on + timedelta(days=day)
        return instant_of(self.tables.zone, on, timedelta())


@contextmanager
def opened(scenario: Scenario, url: str = "memory:") -> Iterator[Company]:
    """
    Open the company of a scenario, for a `with`.

    Args:
        scenario: What it is like.
        url: URL of a new store.

    Raises:
        ConfigurationError: Its store is there already; or its rows are wrong.
        DefinitionError: A machine or plugin is wrong or missing.
        StoreError: The store cannot be opened.
    """
    rows = scenario.rows
    manager = load_plugins(scenario.plugins)
    machines = find_machines(rows.machines, manager)
    tables = tables_for(manager, machines, rows.profile, scenario.config)
    members = _members(scenario, tables)
    clock = ManualClock(instant_of(tables.zone, rows.starts_on, timedelta()))
    if current(url) is not None:
        # No store tells of which tenants it has entities, and a URL may hold a password.
        fault = "is there already; expected a new one, which a simulation may write to"
        raise ConfigurationError("the simulation's store", (fault,))
    with closing(open_store(url)) as inner:
        store = WatchedStore(inner)
        engine = Engine(
            store.port(),
            machines=rows.machines,
            profile=rows.profile,
            config=scenario.config,
            plugins=scenario.plugins,
            directory=directory_of(members),
            clock=clock,
        )
        store.targets = engine.registry.machines.keys()
        with closing(engine.registry):
            yield Company(scenario, engine, clock, store, members)


def _members(scenario: Scenario, tables: Tables) -> tuple[Member, ...]:
    """Return the staff; before there are any, their calendars must be known."""
    faults = tuple(
        f"$.staff[{place}].calendar: unknown {row.calendar!r}. "
        f"{did_you_mean(row.calendar, tables.calendars)}"
        for place, row in enumerate(scenario.rows.staff)
        if row.calendar is not None and row.calendar not in tables.calendars
    )
    if faults:
        raise ConfigurationError(f"scenario {scenario.name!r}", faults)
    return members_of(scenario.rows, tables)
