"""Binding, once when an engine starts: what plugins answer of each machine and event."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import attrs
import pluggy

from crmflow.core.errors import PluginDefinitionError, PolicyFailedError
from crmflow.core.evolving import BoundEvolve
from crmflow.core.judging import BoundJudge
from crmflow.core.lookup import Lookup
from crmflow.core.machine import Machine
from crmflow.core.policy import Policy
from crmflow.core.ref import Pair
from crmflow.core.reserved import FORMS
from crmflow.core.tables import Tables
from crmflow.plugins.answers import Answers


@attrs.frozen
class Bound:
    """
    All that plugins say of an engine's machines.

    Attributes:
        judges: Judges per (machine, event); pairs without any are left out.
        policies: Stateful policies of each machine, in order of their names.
        evolvers: What they run after each (machine, event), likewise.
        reserved: Owner of each reserved event, by (machine, event).
        lookups: What is looked up first per (machine, event); pairs without any are left out.
    """

    judges: Mapping[Pair, tuple[BoundJudge, ...]]
    policies: Mapping[str, tuple[Policy, ...]]
    evolvers: Mapping[Pair, tuple[BoundEvolve, ...]]
    reserved: Mapping[Pair, BoundEvolve]
    lookups: Mapping[Pair, tuple[Lookup, ...]]


def bind(manager: pluggy.PluginManager, machines: Mapping[str, Machine], tables: Tables) -> Bound:
    """
    Ask the plugins about every machine and event.

    Args:
        manager: The plugins.
        machines: The machines that are switched on, by name.
        tables: Rows, calendars and settings in force.

    Raises:
        PolicyFailedError: A plugin raised; names it and the hook.
        PluginDefinitionError: A plugin gave what the hook does not ask for, or two policies
            of a machine have one name or own one reserved event.
    """
    judges: dict[Pair, tuple[BoundJudge, ...]] = {}
    policies: dict[str, tuple[Policy, ...]] = {}
    evolvers: dict[Pair, tuple[BoundEvolve, ...]] = {}
    reserved: dict[Pair, BoundEvolve] = {}
    lookups: dict[Pair, tuple[Lookup, ...]] = {}
    for name, machine in machines.items():
        for event in machine.events:
            found = judges_of(manager, machine, event, tables)
            if found:
                judges[name, event] = found
            looking = _lookups_of(manager, machine, event, tables)
            if looking:
                lookups[name, event] = looking
        owned = _policies_of(manager, machine, tables)
        policies[name] = tuple(policy for _, policy in owned)
        for event in (*machine.events, *FORMS):
            running = tuple(_evolvers(owned, event))
            if running:
                evolvers[name, event] = running
        reserved |= {(name, one): bound for one, bound in _reserved(machine, owned)}
    return Bound(judges, policies, evolvers, reserved, lookups)


def judges_of(
    manager: pluggy.PluginManager, machine: Machine, event: str, tables: Tables
) -> tuple[BoundJudge, ...]:
    """Return the judges bound for one machine and event."""
    question = {"machine": machine, "event": event, "tables": tables}
    answers = Answers(manager).ask("judge_for", question, event)
    return tuple(BoundJudge(plugin, judge) for plugin, judge in answers)


def _lookups_of(
    manager: pluggy.PluginManager, machine: Machine, event: str, tables: Tables
) -> tuple[Lookup, ...]:
    """Return what is looked up before one machine's event."""
    question = {"machine": machine, "event": event, "tables": tables}
    found: dict[str, tuple[str, Lookup]] = {}
    for plugin, lookups in Answers(manager).ask("lookups_for", question, event):
        for lookup in lookups:
            if lookup.name in found:
                owner, _ = found[lookup.name]
                fault = f"lookup {lookup.name!r} of {machine.name!r} is {owner!r}'s already"
                raise PluginDefinitionError(plugin, (fault,))
            found[lookup.name] = (plugin, lookup)
    return tuple(lookup for _, lookup in found.values())


def _policies_of(
    manager: pluggy.PluginManager, machine: Machine, tables: Tables
) -> list[tuple[str, Policy]]:
    """Return (plugin, policy) of each stateful policy of a machine, in order of their names."""
    asked = Answers(manager).ask("policies_for", {"machine": machine, "tables": tables})
    found: dict[str, tuple[str, Policy]] = {}
    for plugin, policies in asked:
        for policy in policies:
            if policy.name in found:
                owner, _ = found[policy.name]
                fault = f"policy {policy.name!r} of {machine.name!r} is {owner!r}'s already"
                raise PluginDefinitionError(plugin, (fault,))
            found[policy.name] = (plugin, policy)
    return [found[name] for name in sorted(found)]


def _evolvers(owned: list[tuple[str, Policy]], event: str) -> Iterator[BoundEvolve]:
    for plugin, policy in owned:
        try:
            run = policy.evolve_for(event)
        except Exception as error:
            raise PolicyFailedError(plugin, "policies_for", event) from error
        if run is not None:
            yield BoundEvolve(plugin, policy, run)


def _reserved(
    machine: Machine, owned: list[tuple[str, Policy]]
) -> Iterator[tuple[str, BoundEvolve]]:
    owners: dict[str, str] = dict.fromkeys(FORMS, "crmflow")
    for plugin, policy in owned:
        faults = [
            f"reserved event {event!r} of {machine.name!r} is {owners[event]!r}'s already"
            for event in policy.reserved
            if event in owners
        ]
        faults += [
            f"reserved event {event!r} of {machine.name!r} does not begin with '$'"
            for event in policy.reserved
            if not event.startswith("$")
        ]
        owners |= dict.fromkeys(policy.reserved, policy.name)
        for event in policy.reserved:
            running = tuple(_evolvers([(plugin, policy)], event))
            if running:
                yield event, running[0]
            else:
                faults.append(f"reserved event {event!r} of {machine.name!r} is never answered")
        if faults:
            raise PluginDefinitionError(plugin, tuple(faults))
