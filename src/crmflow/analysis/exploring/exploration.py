"""Exploring machines and telling what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import attrs

from crmflow.analysis.exploring import ends, holding, refusing, timing
from crmflow.analysis.exploring.bounds import Bounds
from crmflow.analysis.exploring.explored import Seen
from crmflow.analysis.exploring.explorer import Explorer, Samples
from crmflow.analysis.exploring.property import Property
from crmflow.analysis.exploring.shortening import Sight
from crmflow.analysis.exploring.staffing import registry_of, staffed
from crmflow.analysis.fault import Fault, FaultKind
from crmflow.analysis.happening import Story
from crmflow.config import Config, Profiles
from crmflow.core.errors import ConfigurationError
from crmflow.core.machine import Machine
from crmflow.directory import Directory
from crmflow.flow.registry import Registry

__all__ = ["CHECKS", "Explored", "explore", "explore_machine"]

CHECKS: Sequence[Callable[[Seen], Iterator[Fault]]] = (
    refusing.failures,
    ends.dead_ends,
    ends.traps,
    ends.final_left,
    ends.idle_waits,
    holding.unapproved,
    holding.self_approvals,
    holding.undecidable_holds,
    timing.timer_loops,
    timing.endless_deadlines,
    refusing.contradictions,
    refusing.dead_events,
    refusing.unreachable_states,
)
"""Every check of what was seen, in the order in which its faults are told."""


def _nothing(_count: int) -> None:
    """Take no notice of progress."""


@attrs.frozen
class Explored:
    """
    What exploring one machine has come to.

    Attributes:
        machine: Its name.
        situations: How many different situations were found.
        happenings: How many things happen in them.
        states: Names of the states that were reached, sorted.
        faults: What is wrong.
        bounds: How far was explored.
        limits: How often each bound was hit, by its name. Where it is empty all was explored;
            else what was not found may still be there, and nothing is said of what never is.
    """

    machine: str
    situations: int
    happenings: int
    states: tuple[str, ...]
    faults: tuple[Fault, ...]
    bounds: Bounds
    limits: Mapping[str, int]


def explore_machine(
    registry: Registry,
    name: str,
    *,
    bounds: Bounds | None = None,
    properties: Iterable[Property] = (),
    samples: Samples | None = None,
    advance: Callable[[int], None] = _nothing,
) -> Explored:
    """
    Explore one machine together with all that judges it.

    Args:
        registry: What runs it, as an engine has it.
        name: Name of the machine.
        bounds: How far; the default ones where it is left out.
        properties: What must hold besides.
        samples: By event what its payloads have in place of what is made up.
        advance: Told how many more situations were looked at.

    Raises:
        UnknownMachineError: It is not switched on.
        ConfigurationError: A property names a state the machine has not, or fails; samples are
            of no event, or fit no form.
    """
    within, stated = bounds or Bounds(), tuple(properties)
    _known_states(registry.machine(name).machine, stated)
    seen = Explorer(staffed(registry), name, within, samples or {}).run(advance)
    faults = [fault for check in CHECKS for fault in check(seen)]
    faults += [fault for one in stated for fault in _broken(seen, one)]
    return Explored(
        name,
        len(seen.graph.situations) - 1,
        sum(1 for _ in seen.graph.edges()),
        tuple(sorted({one.snapshot.state for one in seen.graph.born()})),
        tuple(faults),
        within,
        dict(seen.limits),
    )


def _known_states(machine: Machine, stated: Iterable[Property]) -> None:
    faults = tuple(fault for one in stated for fault in one.unknown(machine))
    if faults:
        raise ConfigurationError(f"the properties of {machine.name!r}", faults)


def _broken(seen: Seen, stated: Property) -> Iterator[Fault]:
    try:
        story = _story(seen, stated)
    except Exception as raised:  # whatever the claim of a company may raise
        told = f"property {stated.name!r} fails: {type(raised).__name__}: {raised}"
        source = f"the properties of {seen.graph.machine!r}"
        raise ConfigurationError(source, (told,)) from raised
    if story is not None:
        kind = FaultKind.BROKEN_PROPERTY
        fault = seen.fault(kind, stated.name, stated.rules, why=stated.why)
        yield attrs.evolve(fault, story=story)


def _story(seen: Seen, stated: Property) -> Story | None:
    """Return a story that breaks a property, or None."""
    ways = list(stated.breach(seen.graph))
    goals = frozenset(way[-1].target for way in ways)
    told = (seen.story(Sight(way, goals, avoided=stated.avoided)) for way in ways)
    return next(filter(None, told), None)


def explore(
    machine: str | Machine,
    *,
    machines: Iterable[str | Machine] = (),
    plugins: Iterable[object] = (),
    profile: Profiles = None,
    config: Config = None,
    directory: Directory | None = None,
    bounds: Bounds | None = None,
    properties: Iterable[Property] = (),
    samples: Samples | None = None,
) -> Explored:
    """
    Explore a machine without an engine or a store: for a test suite.

    Args:
        machine: The machine, or its name.
        machines: Others that are switched on; they tell what comes by message.
        plugins: Plugins, as for an `Engine`.
        profile: Shipped profiles over the default one, or None.
        config: The company's own rows and settings, which win.
        directory: People; without any, three have every role.
        bounds: How far; the default ones where it is left out.
        properties: What must hold besides.
        samples: By event what its payloads have in place of what is made up.

    Raises:
        DefinitionError: A machine, plugin or setting is wrong or missing.
        UnknownMachineError: No such machine.
    """
    registry = registry_of(
        (machine, *machines), plugins=plugins, profile=profile, config=config, directory=directory
    )
    name = machine if isinstance(machine, str) else machine.name
    return explore_machine(registry, name, bounds=bounds, properties=properties, samples=samples)
