"""Links: what an entity knows of others, mirrored by message."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from crmflow.core.ref import EntityRef


@attrs.frozen
class Link:
    """
    A linked entity as last heard of; older source versions are ignored.

    Attributes:
        name: What it is to this entity (`contract`).
        ref: The linked entity.
        version: Its version when it told.
        state: Its state then.
        facts: The facts its machine shares, by field name.
    """

    name: str
    ref: EntityRef
    version: int
    state: str
    facts: Mapping[str, object]


@attrs.frozen
class Watcher:
    """An entity that mirrors this one under a name, told after every change."""

    ref: EntityRef
    name: str
