"""What a ledger tells those who reserve: granted, denied and why, or that it is due."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from crmflow.core.entity import Snapshot
from crmflow.core.form import Text
from crmflow.core.message import MessageKind
from crmflow.core.money import Money
from crmflow.core.policy import Evolve, Evolved, FirstShape, Line, Occurrence, Outgoing
from crmflow.policies.budgets.ledger import due
from crmflow.policies.budgets.ledger_facts import LedgerFacts, Reserve, available, grant

BUDGET = "$budget"
"""Reserved event by which a ledger answers whoever reserved."""


@attrs.frozen
class Answered:
    """
    The answer of a ledger.

    Attributes:
        request: The request it answers.
        granted: What was set aside, which may be nothing; None where it is denied or over.
        reason: Code of why not: `budget_exceeded`, `budget_currency` or `budget_expired`.
        available: What there was when it answered.
    """

    request: Text
    granted: Money | None = None
    reason: Text | None = None
    available: Money | None = None


@attrs.frozen
class Nothing:
    """What the answering policy remembers: nothing, the ledger's facts say it all."""


def _answered(_state: object, seen: Occurrence) -> Evolved:
    form: Reserve = seen.event.form
    granted, free = grant(seen.before.facts, form), available(seen.before.facts, form)
    reason = None
    if granted is None:
        same = free.currency == form.amount.currency
        reason = "budget_exceeded" if same else "budget_currency"
    answer = Answered(form.request, granted, reason, free)
    return Evolved(None, messages=(_to(form.machine, form.id, answer),))


def _reminded(_state: object, seen: Occurrence) -> Evolved:
    facts: LedgerFacts = seen.before.facts
    return Evolved(
        None,
        messages=tuple(
            _to(one.machine, one.id, Answered(one.request, reason="budget_expired"))
            for one in due(facts, seen.event.at)
        ),
    )


def _to(machine: str, id: str, answer: Answered) -> Outgoing:  # noqa: A002 - the field's word
    payload = attrs.asdict(answer, recurse=False, filter=lambda _field, value: value is not None)
    return Outgoing(machine, BUDGET, payload, id, MessageKind.FIRE)


_RUNS: Mapping[str, Evolve] = {"reserve": _answered, "expire": _reminded}


@attrs.frozen
class Answering(FirstShape):
    """The policy that answers for ledgers."""

    name: str = "ledgers"
    state: type = Nothing
    reserved: Mapping[str, type | None] = attrs.field(factory=dict)

    def evolve_for(self, event: str) -> Evolve | None:
        """Return what answers a request, or reminds of what is due."""
        return _RUNS.get(event)

    def explain(self, state: object, snapshot: Snapshot[Any]) -> Iterable[Line]:
        """Yield what a ledger has, and what is set aside for whom."""
        facts: LedgerFacts = snapshot.facts
        yield Line(
            "ledger_available",
            {"available": facts.available, "limit": facts.limit, "spent": facts.spent},
        )
        for one in facts.reserved:
            yield Line("ledger_reserved", {"amount": one.amount, "by": f"{one.machine} {one.id}"})
