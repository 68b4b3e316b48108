"""
Checks of tables, calendars and the directory together with the machines.

The loader tells what is wrong with a row; these checks tell what is wrong between rows, and
between rows, machines and people. Each is a pure function of a `Subject`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

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
from crmflow.analysis.checking.subject import Subject
from crmflow.analysis.fault import Fault

__all__ = ["CHECKS", "Check", "Subject", "check_together"]

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
