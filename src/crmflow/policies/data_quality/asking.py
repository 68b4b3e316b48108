"""All rows of one machine and event, asked at once."""

from __future__ import annotations

from typing import Any

from crmflow.core.entity import Snapshot
from crmflow.core.judging import Judge
from crmflow.core.machine import Machine
from crmflow.core.proposal import Proposal
from crmflow.core.tables import Tables
from crmflow.core.verdict import Verdict
from crmflow.policies.data_quality.doubles import doubles_of
from crmflow.policies.data_quality.judging import Question, chosen, questions_of, rows_at
from crmflow.policies.data_quality.rows import Choice


def judge_of(machine: Machine, event: str, tables: Tables) -> Judge | None:
    """Return what judges an event of a machine, None where no row is about it."""
    lists = rows_at(tables.about(machine, "choices", Choice), event)
    questions = [*questions_of(machine, event, tables), *doubles_of(machine, event, tables)]
    if not questions and not lists:
        return None

    def judge(before: Snapshot[Any], proposal: Proposal) -> tuple[Verdict, ...]:
        day = tables.day(proposal.event.at)
        asked: list[Question] = [one for one in questions if one.row.in_force(day)]
        asked += chosen(lists, proposal, tables)
        found = (one.verdict(proposal) for one in asked)
        return tuple(verdict for verdict in found if verdict is not None)

    return judge
