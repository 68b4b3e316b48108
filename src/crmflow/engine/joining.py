"""
What an engine is made of in a host's transaction, which is committed or rolled back by the host.

It asks by itself, for such a transaction is shared with no other caller, and hands over nothing:
what its decisions tell others is handed over by the engine itself, once the transaction has ended.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TypedDict

import attrs

from crmflow.config import digest
from crmflow.core.errors import ConfigurationError
from crmflow.core.ref import EntityRef
from crmflow.engine.driving import drive
from crmflow.engine.grouping import Answers, Group
from crmflow.flow.deliver import Outbox
from crmflow.flow.handing import Delivered
from crmflow.flow.registry import Registry
from crmflow.flow.request import Request
from crmflow.flow.run import Flow
from crmflow.storage.host_driver import join
from crmflow.storage.hosts import HOST, Host
from crmflow.storage.port import Store

Told = Callable[[Iterable[EntityRef] | None], object]
"""Hands over messages of these entities, or of all."""

_ELSEWHERE = (
    "its database is not the engine's store, or its transaction began before the engine did"
)


class Alone(Group):
    """In place of those who ask together: nobody else is in the host's transaction."""

    def ask(self, requests: Sequence[Request]) -> Answers:
        """Return what requests come to."""
        return tuple(drive(self._flow.ask(requests)))


@attrs.frozen
class Later(Outbox):
    """
    The messages of a transaction that has not ended: they are handed over when it has.

    Attributes:
        host: Whose transaction.
        told: Hands them over.
    """

    host: Host
    told: Told

    async def hand_over(
        self, now: datetime, sources: Iterable[EntityRef] | None = None
    ) -> Delivered:
        """Have messages handed over later; none is by now."""
        tellers = None if sources is None else tuple(sources)
        self.host.after(lambda: self.told(tellers))
        return Delivered()


class Parts(TypedDict):
    """The parts of an engine that are others in a host's transaction."""

    store: Store
    registry: Registry
    _flow: Flow
    _outbox: Outbox
    _group: Group


def parts(flow: Flow, host: Host, told: Told, *, known: bool) -> Parts:
    """
    Return what takes the place of an engine's parts in a host's transaction.

    Args:
        flow: The engine's own steps.
        host: Whose transaction.
        told: How the engine itself hands over messages.
        known: Whether the host's database was joined before.

    Raises:
        ConfigurationError: It cannot be joined.
        SchemaOutOfDateError: The host's database has no tables of this release.
    """
    store = join(host)
    if not known:
        store.make_ready()
        _check(flow.registry, store)
    registry = _reading(flow.registry, store)
    joined = Flow(registry, store, flow.run, flow.clock)
    return {
        "store": store,
        "registry": registry,
        "_flow": joined,
        "_outbox": Later(joined, host, told),
        "_group": Alone(joined),
    }


def _check(registry: Registry, store: Store) -> None:
    """
    See that records written here can be read: what their policy digest stands for is here.

    Raises:
        ConfigurationError: It is another database than the engine's.
    """
    if store.policy_set(registry.tenant, digest(registry.policy_set)) is None:
        raise ConfigurationError(HOST, (_ELSEWHERE,))


def _reading(registry: Registry, store: Store) -> Registry:
    """
    Return a registry whose codec opens what is sealed by the keys that this store has.

    Its handlers stay with the engine itself, which closes them.
    """
    codec = copy.copy(registry.codec)
    codec.vault = attrs.evolve(codec.vault, secret_of=store.secret)
    return attrs.evolve(registry, codec=codec, handlers={})
