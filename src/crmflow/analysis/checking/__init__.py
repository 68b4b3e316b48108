"""
Checks of tables, calendars and the directory together with the machines.

The loader tells what is wrong with a row; these checks tell what is wrong between rows, and
between rows, machines and people. Each is a pure function of a `Subject`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

import attrs

from crmflow.analysis.checking import (
    care,
    circles,
    conditions,
    days,
    deadlines,
    holders,
    keeping,
    limits,
    messages,
    ordered,
    quorum,
    rights,
    votes,
    waiting,
)
from crmflow.analysis.checking.subject import Subject, subject_of
from crmflow.analysis.fault import Fault
from crmflow.config import Config, Profiles, required
from crmflow.core.machine import Machine
from crmflow.directory import Directory
from crmflow.engine.starting import examined
from crmflow.plugins.bringing import find_machines
from crmflow.plugins.loading import load_plugins

__all__ = ["CHECKS", "Check", "Subject", "check_policies", "check_together", "subject_of"]

Check = Callable[[Subject], Iterator[Fault]]
"""Yields every fault of one idea."""

CHECKS: Sequence[Check] = (
    conditions.truths,
    conditions.contradictions,
    ordered.chains,
    ordered.steps,
    ordered.targets,
    ordered.tiers,
    ordered.assignments,
    days.gaps,
    limits.budgets,
    limits.windows,
    quorum.quorums,
    holders.held,
    circles.superiors,
    circles.stand_ins,
    circles.unknown,
    deadlines.calendars,
    deadlines.warnings,
    deadlines.pools,
    deadlines.overtaken,
    deadlines.pauses,
    messages.sent,
    messages.opened,
    rights.events,
    rights.masks,
    keeping.short,
    care.crowded,
    care.idle,
    care.unneeded,
    votes.uncounted,
    waiting.misfits,
)
"""Every check, in the order in which its faults are told."""


def check_together(subject: Subject) -> tuple[Fault, ...]:
    """
    Return every fault between rows, machines and people, each once.

    Args:
        subject: Rows whose own faults are mended, the machines that are on, the people.

    Raises:
        ImportError: The extra `rules` or `calendar` is not installed and a row needs it.
    """
    found: list[Fault] = []
    for check in CHECKS:
        found += (fault for fault in check(subject) if fault not in found)
    return tuple(found)


def check_policies(
    machines: Iterable[str | Machine] | None = None,
    *,
    at: datetime,
    profile: Profiles = None,
    config: Config = None,
    plugins: Iterable[object] = (),
    directory: Directory | None = None,
) -> tuple[Fault, ...]:
    """
    Return every fault between rows, machines and people of what an engine would be given.

    Args:
        machines: Names of the machines to switch on, or machines; None for all.
        at: Aware instant from which on things must be right; what is over is not looked at.
        profile: Shipped profiles over the default one.
        config: The company's own rows and settings.
        plugins: Plugin objects, module names, or paths of Python files.
        directory: People, or None.

    Raises:
        DefinitionError: A machine or plugin is wrong, or a row by itself.
        UnknownMachineError: No such machine.
    """
    manager = load_plugins(plugins)
    found = find_machines(machines, manager)
    loaded = examined(manager, found, profile, config)
    required(attrs.evolve(loaded, missing=()), profile, config)
    return check_together(subject_of(manager, found, loaded, directory, at))
