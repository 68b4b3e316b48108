"""Judging: which conditions of an event do not hold, all of them at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs

from crmflow.core.entity import Snapshot
from crmflow.core.judging import Judge
from crmflow.core.machine import Machine
from crmflow.core.policy import Occurrence
from crmflow.core.proposal import Proposal
from crmflow.core.tables import Tables
from crmflow.core.verdict import Answer, Verdict
from crmflow.expressions import Expression, Scope
from crmflow.policies.conditions.rows import Condition

POLICY = "conditions"


@attrs.frozen
class Bound:
    """A condition as one event sees it; an expression is None where the row has none."""

    row: Condition
    when: Expression[bool] | None
    requires: Expression[bool] | None

    def fails(self, seen: Proposal | Occurrence) -> bool:
        """Say whether it binds who asks and does not hold."""
        if not seen.event.actor.roles.isdisjoint(self.row.who):
            return False
        if self.when is not None and not self.when.before(seen):
            return False
        return self.requires is None or not self.requires.before(seen)

    def override(self, seen: Proposal | Occurrence) -> str:
        """Return the reason by which who asks overrides it, empty where nothing does."""
        soft, actor = self.row.soft, seen.event.actor
        if soft is None or (soft.roles and actor.roles.isdisjoint(soft.roles)):
            return ""
        given = getattr(seen.event.form, soft.reason, None)
        return given.strip() if isinstance(given, str) else ""


def bound_of(machine: Machine, event: str, tables: Tables) -> tuple[Bound, ...]:
    """Return the conditions of an event, their expressions compiled."""
    rows = [
        row for row in tables.about(machine, "conditions", Condition) if event in row.about(machine)
    ]
    if not rows:
        return ()
    scope = Scope.about(machine, event, tables)
    return tuple(Bound(row, scope.maybe(row.when), scope.maybe(row.requires)) for row in rows)


def judge_of(machine: Machine, event: str, tables: Tables) -> Judge | None:
    """Return what judges an event of a machine, None where no row is about it."""
    bound = bound_of(machine, event, tables)
    if not bound:
        return None

    def judge(before: Snapshot[Any], proposal: Proposal) -> Verdict | None:
        failing = failing_of(bound, proposal, tables)
        refusing = [one.row for one in failing if not one.override(proposal)]
        if refusing:
            return _refusal(refusing)
        return overridden(failing, proposal) if failing else None

    return judge


def failing_of(
    bound: Iterable[Bound], seen: Proposal | Occurrence, tables: Tables
) -> tuple[Bound, ...]:
    """Return the conditions in force that do not hold."""
    day = tables.day(seen.event.at)
    return tuple(one for one in bound if one.row.in_force(day) and one.fails(seen))


def overridden(failing: Iterable[Bound], seen: Proposal | Occurrence) -> Verdict:
    """Return what is told of conditions that are overridden, with the reasons given."""
    reasons = dict.fromkeys(one.override(seen) for one in failing)
    return _verdict(
        Answer.ALLOW, "condition_overridden", [one.row for one in failing], why="; ".join(reasons)
    )


def _refusal(rows: list[Condition]) -> Verdict:
    fields = {row.soft.reason for row in rows if row.soft is not None}
    if all(row.soft is not None for row in rows):
        return _verdict(Answer.REFUSE, "condition_soft", rows, field=", ".join(sorted(fields)))
    return _verdict(Answer.REFUSE, "condition", rows)


def _verdict(answer: Answer, reason: str, rows: list[Condition], **values: str) -> Verdict:
    """Return one answer that names every row, its text and its rules."""
    told = {
        "text_en": "; ".join(dict.fromkeys(row.text_en for row in rows)),
        "text_zh": "；".join(dict.fromkeys(row.text_zh for row in rows)),
        **values,
    }
    return Verdict(
        POLICY,
        answer,
        reason,
        ", ".join(row.name for row in rows),
        rows[0].version,
        tuple(dict.fromkeys(rule for row in rows for rule in row.rules)),
        tuple(dict.fromkeys(role for row in rows for role in _able(row))),
        values=told,
    )


def _able(row: Condition) -> tuple[str, ...]:
    """Return the roles that could do what a condition refuses."""
    return (*row.who, *(() if row.soft is None else row.soft.roles))
