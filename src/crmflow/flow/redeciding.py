"""
Re-deciding: the recorded inputs and verdicts through the machine that is loaded now.

Nothing is stored. Where the answer differs from the record, the machine's rows or
functions have changed since, or a function of it is not pure.
"""

from __future__ import annotations

from typing import Any

import attrs

from crmflow.core.decision import Decision, decide
from crmflow.core.entity import Snapshot
from crmflow.core.journal import Entry, JournalRecord
from crmflow.core.proposal import propose
from crmflow.core.refusal import Refusal
from crmflow.core.reserved import FORMS
from crmflow.flow.answer import consumed
from crmflow.flow.registry import Registry
from crmflow.flow.reserved import answer_reserved

COMPARED = ("version", "entry", "before", "to", "facts", "effects", "messages", "row", "verdicts")
"""Parts of a record that must come out the same; its basis may be another."""


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
        record: Its inputs and verdicts are taken, no policy is asked.

    Raises:
        GuardFailedError: A function of the machine raises now.
    """
    compiled, event = registry.machine(record.ref.machine), record.event
    if event.name in FORMS:
        decision = answer_reserved(compiled, before, event)
    else:
        proposal = propose(compiled, before, event)
        if isinstance(proposal, Refusal):
            decision = Decision(event, before, refusal=proposal)
        else:
            decision = decide(compiled, proposal, record.verdicts)
        if decision.refusal is not None and record.entry is Entry.TIMER_REFUSED:
            decision = consumed(compiled, decision, decision.refusal)
    again = decision.record
    differs = ("refused",) if again is None else _differences(record, again)
    return Redecided(record, decision, differs)


def _differences(then: JournalRecord, now: JournalRecord) -> tuple[str, ...]:
    return tuple(name for name in COMPARED if getattr(then, name) != getattr(now, name))
