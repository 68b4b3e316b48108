"""
Re-deciding: the recorded inputs and verdicts through the machine that is loaded now.

Nothing is stored. Where the answer differs from the record, the machine's rows or
functions have changed since, or a function of it is not pure.
"""

from __future__ import annotations

from typing import Any

import attrs

from crmflow.core.decision import Decision
from crmflow.core.entity import Snapshot
from crmflow.core.evolving import evolve
from crmflow.core.journal import Entry, JournalRecord
from crmflow.core.refusal import Because, Refusal
from crmflow.directory import Consulted
from crmflow.flow.registry import Registry
from crmflow.flow.steps import refused, settle

COMPARED = ("version", "entry", "before", "to", "facts", "effects", "messages", "row", "verdicts")
"""Parts of a record that must come out the same; its basis may be another."""

REFUSALS = (Entry.TIMER_REFUSED, Entry.RAISE_REFUSED)
"""Records of events that were refused, and whose end is journaled."""


@attrs.frozen
class Redecided:
    """
    One record decided again.

    Attributes:
        record: What was decided then.
        decision: What would be decided now.
        differs: Names of the record's parts that would be different.
    """

    record: JournalRecord
    decision: Decision
    differs: tuple[str, ...]


def redecide(registry: Registry, before: Snapshot[Any], record: JournalRecord) -> Redecided:
    """
    Decide a record again.

    Args:
        registry: Machines and codec.
        before: The entity before the record.
        record: Its inputs, verdicts and what it read are taken; no judge and no directory
            is asked, and what stateful policies add is worked out anew.

    Raises:
        GuardFailedError: A function of the machine raises now.
    """
    compiled, event = registry.machine(record.ref.machine), record.event
    people = Consulted(None, event.at, dict(record.reads or {}))
    if record.entry is Entry.RAISE_REFUSED and event.form is None and _formed(registry, record):
        # A policy raised it without what its form needs.
        faulty = Refusal(Because.FORM, before.state, verdicts=record.verdicts)
        decision = Decision(event, before, refusal=faulty)
    else:
        decision, _ = settle(registry, compiled, before, event, people, record.verdicts)
    if decision.refusal is not None and record.entry in REFUSALS:
        decision = refused(compiled, decision, decision.refusal)
        evolvers = registry.evolvers.get((record.ref.machine, event.name), ())
        decision, _ = evolve(compiled, evolvers, before, decision, None, people)
    again = decision.record
    differs = ("refused",) if again is None else _differences(record, again)
    return Redecided(record, decision, differs)


def _formed(registry: Registry, record: JournalRecord) -> bool:
    return registry.form(record.ref.machine, record.event.name) is not None


def _differences(then: JournalRecord, now: JournalRecord) -> tuple[str, ...]:
    return tuple(name for name in COMPARED if getattr(then, name) != getattr(now, name))
