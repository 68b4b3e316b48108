"""Engines for many short lives: what they run is read and bound once, not for each of them."""

from __future__ import annotations

import copy
from collections.abc import Iterable

import attrs

from crmflow.clock import Clock
from crmflow.config import Config, Profiles
from crmflow.core.compiled import Interpreter
from crmflow.core.machine import Machine
from crmflow.directory import Directory
from crmflow.engine.engine import Engine
from crmflow.engine.starting import over
from crmflow.states import SETS
from crmflow.storage.port import Store

INTERPRETERS: tuple[Interpreter, Interpreter] = ("table", "stock")
"""What runs a machine: the table, and the executor of `transitions`."""


@attrs.frozen
class Bench:
    """
    What engines are made with, as `Engine` takes it.

    Attributes:
        machines: Machines to switch on.
        profile: Shipped profiles over the default one.
        config: The company's own rows and settings.
        plugins: Plugins beside the installed ones.
        directory: Where people are looked up, or None.
    """

    machines: tuple[str | Machine, ...] = attrs.field(converter=tuple[str | Machine, ...])
    profile: Profiles = None
    config: Config = None
    plugins: Iterable[object] = attrs.field(default=(), converter=tuple[object, ...])
    directory: Directory | None = None
    _made: dict[Interpreter, Engine] = attrs.field(factory=dict, init=False, eq=False, repr=False)

    def engine(self, store: Store, clock: Clock, interpreter: Interpreter = "table") -> Engine:
        """
        Return an engine over a store.

        Those of one bench share what they run: one store at a time, for what is encrypted.

        Raises:
            DefinitionError: A machine, plugin or setting is wrong or missing.
        """
        if interpreter not in self._made:
            self._made[interpreter] = Engine(
                store,
                machines=self.machines,
                profile=self.profile,
                config=self.config,
                plugins=self.plugins,
                directory=self.directory,
                clock=clock,
                interpreter=interpreter,
            )
        return rehoused(self._made[interpreter], store, clock)


def shipped(name: str, directory: Directory | None = None) -> Bench:
    """Return what runs a shipped machine, with the demo's settings and the set it belongs to."""
    power = name in SETS
    plugins = ["crmflow.states.power"] if power else []
    return Bench(
        [name], ("demo", "power") if power else "demo", plugins=plugins, directory=directory
    )


def rehoused(engine: Engine, store: Store, clock: Clock, retiring: Iterable[str] = ()) -> Engine:
    """Return an engine that runs what another one runs, over another store; see `Engine`."""
    started = over(engine.plugins, engine.registry, store, clock, retiring)
    other = copy.copy(engine)
    vars(other).update(
        store=store,
        clock=clock,
        _flow=started.flow,
        _outbox=started.outbox,
        _group=started.group,
        _access={},
    )
    return other
