"""Judging who may fire which event."""

from __future__ import annotations

from typing import Any

from crmflow.core.actor import SYSTEM
from crmflow.core.entity import Snapshot
from crmflow.core.judging import Judge
from crmflow.core.machine import Machine
from crmflow.core.proposal import Proposal
from crmflow.core.tables import Tables
from crmflow.core.verdict import Verdict
from crmflow.policies.access.rows import Posts, Right
from crmflow.policies.access.rules import Bound, Rules, limited, no_right


def is_on(tables: Tables, machine: Machine) -> bool:
    """Say whether access control is on for a machine: at least one row gives a right."""
    if tables.about(machine, "access", Right):
        return True
    return any(row.rights(machine) for row in tables.of("access_posts", Posts))


def judge_of(tables: Tables, machine: Machine, event: str) -> Judge | None:
    """
    Return what judges an event, or None where everybody may always fire it.

    Args:
        tables: All rows in use, checked.
        machine: The machine.
        event: Name of the event.

    Rules: ACC-002 ACC-005 REG-006
    """
    rules = Rules.of(tables, machine, event)
    free = not is_on(tables, machine) or any(_is_everybodys(right) for right in rules.rights)
    if free and not rules.limits:
        return None

    def judge(before: Snapshot[Any], proposal: Proposal) -> Verdict | None:
        asked = proposal.event
        if asked.actor is SYSTEM:  # timers and messages: who caused them was judged
            return None
        question = rules.question(before, asked.actor, asked.at, proposal.people)
        if not (free or any(question.may_use(right) for right in rules.rights)):
            return no_right(rules.rights, question)
        barred = next((one for one in rules.limits if question.is_barred(one)), None)
        return None if barred is None else limited(barred)

    return judge


def _is_everybodys(right: Bound[Right]) -> bool:
    row = right.row
    always = row.from_on is None and row.until_on is None
    return always and not row.names_somebody and right.when is None
