"""Policies that come and go: noting which may have state, attaching and retiring them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import attrs

from crmflow.core.actor import Actor
from crmflow.core.entity import Snapshot
from crmflow.core.errors import DefinitionError
from crmflow.core.ref import EntityRef
from crmflow.core.reserved import ATTACH, Attachment
from crmflow.flow.answer import answer
from crmflow.flow.commits import snapshot_of
from crmflow.flow.migrating import today
from crmflow.flow.registry import Registry
from crmflow.flow.request import Request
from crmflow.storage.port import PAGE, Store, every
from crmflow.storage.query import Find

SHOWN = 5
"""Entities that an error names."""


@attrs.define
class PolicyMissingError(DefinitionError):
    """A policy that is not there has open timers or holds."""

    policy: str
    entities: tuple[EntityRef, ...]

    def __str__(self) -> str:
        named = ", ".join(map(str, self.entities[:SHOWN]))
        more = len(self.entities) - SHOWN
        others = f" and {more} more" if more > 0 else ""
        return (
            f"policy {self.policy!r} is not there and has open timers or holds of {named}{others}. "
            f"Bring it back (its plugin, its rows), or end it: crmflow plugin retire {self.policy}"
        )


@attrs.frozen
class Attaching:
    """
    What attaching a policy to entities does, or would do.

    Attributes:
        seen: How many entities there are of its machines.
        attached: Those that it begins with, so far as it has no state of them yet.
    """

    seen: int
    attached: tuple[EntityRef, ...]


def enroll(registry: Registry, store: Store, retiring: frozenset[str]) -> None:
    """
    Note the policies of an engine before they have any state, and miss those that are gone.

    Args:
        registry: What the engine runs.
        store: Its store.
        retiring: Policies that may be missing, because they are about to be retired.

    Raises:
        PolicyMissingError: A policy that is not there has open timers or holds.
    """
    here = {(of, policy.name) for of, bound in registry.policies.items() for policy in bound}
    # What begins so is a note of the engine's own, not a policy.
    noted = {pair for pair in store.enrolled(registry.tenant) if not pair[1].startswith("$")}
    for machine, policy in sorted(noted - here):
        if machine in registry.machines and policy not in retiring:
            waiting = tuple(one.ref for one in kept_by(registry, store, machine, policy, open=True))
            if waiting:
                raise PolicyMissingError(policy, waiting)
    if here - noted:
        store.enroll(registry.tenant, sorted(here - noted))


def kept_by(
    registry: Registry,
    store: Store,
    machine: str,
    policy: str,
    *,
    open: bool = False,  # noqa: A002 - what tasks and timers are
) -> Iterator[Snapshot[Any]]:
    """
    Yield the entities a policy has state of, read a page at a time.

    Args:
        registry: What the engine runs.
        store: Its store.
        machine: Whose entities.
        policy: Name of the policy.
        open: Only those of which it has open timers or holds.
    """
    own = f"{policy}:"
    for snapshot in snapshots(registry, store, machine):
        waits = any(hold.policy == policy for hold in snapshot.holds) or any(
            timer.name.startswith(own) for timer in snapshot.timers
        )
        if waits or (not open and snapshot.policy(policy) is not None):
            yield snapshot


def attachable(
    registry: Registry, store: Store, machine: str, policy: str, actor: Actor, now: datetime
) -> Iterator[tuple[EntityRef, bool]]:
    """Yield each entity of a machine, and whether a policy without state of it would begin."""
    for snapshot in snapshots(registry, store, machine):
        if snapshot.policy(policy) is not None:
            yield snapshot.ref, False
            continue
        request = Request(snapshot.ref, ATTACH, Attachment(policy), actor, now)
        tried = answer(registry, snapshot, request)
        # A refusal is told when it is really fired.
        yield snapshot.ref, not tried.accepted or tried.snapshot.policy(policy) is not None


def snapshots(registry: Registry, store: Store, machine: str) -> Iterator[Snapshot[Any]]:
    """Yield all entities of a machine in order of their ids, read a page at a time."""
    for row in every(store, Find(registry.tenant, machine, limit=PAGE)):
        yield today(registry, snapshot_of(registry.codec, row))
