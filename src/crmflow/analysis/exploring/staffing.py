"""What explores and what replays run on: a registry without an engine, and people for it."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from crmflow.analysis.exploring.people import Everybody
from crmflow.config import Config, Profiles
from crmflow.core.machine import Machine
from crmflow.directory import Directory
from crmflow.engine.starting import registry_for
from crmflow.flow.registry import Registry
from crmflow.plugins.loading import load_plugins

__all__ = ["registry_of", "staffed"]


def registry_of(
    machines: Iterable[str | Machine],
    *,
    plugins: Iterable[object] = (),
    profile: Profiles = None,
    config: Config = None,
    directory: Directory | None = None,
) -> Registry:
    """
    Return what an engine of these machines would run; the arguments are an engine's.

    Raises:
        DefinitionError: A machine, plugin or setting is wrong or missing.
        UnknownMachineError: No such machine.
    """
    return registry_for(
        load_plugins(plugins),
        machines,
        tenant="explored",
        profile=profile,
        config=config,
        interpreter="table",
        directory=directory,
    )


def staffed(registry: Registry) -> Registry:
    """Return a registry with a directory: where it has none, of people who have every role."""
    if registry.directory is not None:
        return registry
    known = (str(one.name) for one in registry.tables.rows.get("roles", ()))
    return attrs.evolve(registry, directory=Everybody(tuple(sorted(known))))
