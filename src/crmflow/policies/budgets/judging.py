"""What budgets, quotas and windows say of a proposal, as one verdict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import attrs

from crmflow.core.entity import Snapshot
from crmflow.core.judging import Judge
from crmflow.core.machine import Machine
from crmflow.core.proposal import Proposal
from crmflow.core.tables import TableRow, Tables
from crmflow.core.verdict import Answer, Verdict
from crmflow.policies.budgets.binding import Bound, View, bind, could_spend
from crmflow.policies.budgets.planning import POLICY, Plan, current, plan
from crmflow.policies.budgets.quotas import bind_quota
from crmflow.policies.budgets.rows import Budget, Quota, Window
from crmflow.policies.budgets.state import EMPTY
from crmflow.policies.budgets.windows import bind_window


@attrs.frozen
class _Question:
    """What a row is asked on the days on which it is in force."""

    row: TableRow
    ask: Callable[[View], Verdict | None]


@attrs.frozen
class _Judging:
    """What judges one event of one machine."""

    bounds: tuple[Bound, ...]
    questions: tuple[_Question, ...]
    tables: Tables

    def judge(self, before: Snapshot[Any], proposal: Proposal) -> Verdict | None:
        """Return a refusal with every reason, else a hold, else None."""
        view, day = View.of(proposal), self.tables.day(proposal.event.at)
        asked = [one.ask(view) for one in self.questions if one.row.in_force(day)]
        refusals = [found for found in asked if found is not None]
        state = before.policy(POLICY) or EMPTY
        found = plan(current(self.bounds, day), view, proposal.to, state, day)
        refusals += found.refusals
        return _refused(refusals) if refusals else _held(found)


def judge_of(machine: Machine, event: str, tables: Tables) -> Judge | None:
    """Return what judges an event of a machine, None where no row is about it."""
    bounds = tuple(
        bind(row, machine, event, tables)
        for row in tables.about(machine, "budgets", Budget)
        if row.event == event or could_spend(row, machine, event)
    )
    questions = (
        *(
            _Question(row, bind_quota(row, machine, tables).verdict)
            for row in tables.about(machine, "quotas", Quota)
            if row.event == event
        ),
        *(
            _Question(row, bind_window(row, machine, tables).verdict)
            for row in tables.about(machine, "windows", Window)
            if row.event == event
        ),
    )
    return _Judging(bounds, questions, tables).judge if bounds or questions else None


def _refused(refusals: Sequence[Verdict]) -> Verdict:
    """Return one refusal that names every row and rule; the first reason has the text."""
    first = refusals[0]
    rows = ", ".join(dict.fromkeys(one.row for one in refusals))
    rules = tuple(dict.fromkeys(rule for one in refusals for rule in one.rules))
    others = ", ".join(one.reason for one in refusals[1:])
    values = {**first.values, **({"others": others} if others else {})}
    return Verdict(POLICY, Answer.REFUSE, first.reason, rows, first.version, rules, values=values)


def _held(found: Plan) -> Verdict | None:
    """Return that the event waits for its money, or is to be reduced; None where it may pass."""
    rows = [need.bound.row for need in found.needs]
    if not rows:
        told = {"amount": ", ".join(map(str, found.cuts.values()))}
        return Verdict(POLICY, Answer.HOLD, "budget_reducing", values=told) if found.cuts else None
    told = {
        "amount": ", ".join(str(need.amount) for need in found.needs),
        "ledger": ", ".join(need.ledger for need in found.needs),
    }
    return Verdict(
        POLICY,
        Answer.HOLD,
        "budget_reserving",
        ", ".join(row.name for row in rows),
        rows[0].version,
        tuple(dict.fromkeys(rule for row in rows for rule in row.rules)),
        values=told,
    )
