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

    def verdict(self, seen: Proposal | Occurrence) -> Verdict:
        """Return what a condition that fails comes to: a refusal, or that it is overridden."""
        row, soft, why = self.row, self.row.soft, self.override(seen)
        told = {"text_en": row.text_en, "text_zh": row.text_zh}
        if why:
            return row.verdict(
                POLICY, Answer.ALLOW, "condition_overridden", values={**told, "why": why}
            )
        if soft is None:
            return row.verdict(POLICY, Answer.REFUSE, "condition", roles=row.who, values=told)
        roles, told = (*row.who, *soft.roles), {**told, "field": soft.reason}
        return row.verdict(POLICY, Answer.REFUSE, "condition_soft", roles=roles, values=told)


def bound_of(machine: Machine, event: str, tables: Tables) -> tuple[Bound, ...]:
    """Return the conditions of an event, their expressions compiled."""
    rows = [
        row for row in tables.about(machine, "conditions", Condition) if event in row.about(machine)
    ]
    if not rows:
        return ()
    scope = Scope.about(machine, machine.form(event), tables)
    return tuple(Bound(row, scope.maybe(row.when), scope.maybe(row.requires)) for row in rows)


def judge_of(machine: Machine, event: str, tables: Tables) -> Judge | None:
    """Return what judges an event of a machine, None where no row is about it."""
    bound = bound_of(machine, event, tables)
    if not bound:
        return None

    def judge(before: Snapshot[Any], proposal: Proposal) -> tuple[Verdict, ...]:
        return tuple(one.verdict(proposal) for one in failing_of(bound, proposal, tables))

    return judge


def failing_of(
    bound: Iterable[Bound], seen: Proposal | Occurrence, tables: Tables
) -> tuple[Bound, ...]:
    """Return the conditions in force that do not hold."""
    day = tables.day(seen.event.at)
    return tuple(one for one in bound if one.row.in_force(day) and one.fails(seen))
