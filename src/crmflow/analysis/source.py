"""Where an analysis reads: a store that is never written, and the policies of today or others."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import Protocol

import attrs

from crmflow.clock import Clock, SystemClock
from crmflow.config import Config, Profiles
from crmflow.core.machine import Machine
from crmflow.directory import Directory
from crmflow.engine.starting import registry_for
from crmflow.flow.registry import Registry
from crmflow.plugins.loading import Plugins, load_plugins
from crmflow.storage.opening import open_to_read
from crmflow.storage.port import Store

__all__ = ["Policies", "ReadOnly", "Source", "read_only"]


class Source(Protocol):
    """Where entities are, and by what they are decided today; an `Engine` is one."""

    @property
    def registry(self) -> Registry:
        """What reads the store, and decides under today's policies."""
        ...

    @property
    def store(self) -> Store:
        """The store; it is only read."""
        ...

    @property
    def clock(self) -> Clock:
        """Tells the present instant."""
        ...


@attrs.frozen(kw_only=True)
class Policies:
    """
    A policy set, before it is bound.

    Attributes:
        machines: Machines to switch on, by name; None for all there are.
        profile: Shipped profiles over the default one.
        config: The company's own rows and settings, as for `Engine`.
        plugins: Plugins, loaded or not.
        directory: Where people are looked up, or None.
        tenant: Whose entities.
    """

    machines: Iterable[str | Machine] | None = None
    profile: Profiles = None
    config: Config = None
    plugins: Plugins | Iterable[object] = ()
    directory: Directory | None = None
    tenant: str = "main"

    def bound(self) -> Registry:
        """
        Return what decides by them.

        Raises:
            DefinitionError: A machine, plugin or row is wrong or missing.
        """
        found = self.plugins
        manager = found if isinstance(found, Plugins) else load_plugins(found)
        return registry_for(
            manager,
            self.machines,
            tenant=self.tenant,
            profile=self.profile,
            config=self.config,
            directory=self.directory,
            interpreter="table",
        )


@attrs.frozen
class ReadOnly:
    """
    A source that was opened for reading.

    Attributes:
        registry: Reads the store, and decides under today's policies.
        store: The store.
        clock: Tells the present instant.
    """

    registry: Registry
    store: Store
    clock: Clock


@contextlib.contextmanager
def read_only(url: str, policies: Policies, *, clock: Clock | None = None) -> Iterator[ReadOnly]:
    """
    Give a store to be read, for a `with`: nothing is written to it, an SQLite file cannot be.

    Args:
        url: URL of the store, which must be there.
        policies: Today's.
        clock: Where 'now' comes from.

    Raises:
        DefinitionError: A machine, plugin or row is wrong or missing.
        StoreError: The store cannot be opened.
    """
    registry = policies.bound()
    with contextlib.closing(open_to_read(url)) as store:
        registry.codec.vault.secret_of = store.secret
        yield ReadOnly(registry, store, clock or SystemClock())
