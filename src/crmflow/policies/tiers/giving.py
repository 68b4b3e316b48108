"""Giving: an event whose form must bring what the tier of its entity is entitled to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from crmflow.core.checking import known
from crmflow.core.entity import Snapshot
from crmflow.core.form import Fault
from crmflow.core.judging import Judge
from crmflow.core.kinds import kinds_of
from crmflow.core.machine import Machine
from crmflow.core.proposal import Proposal
from crmflow.core.tables import Tables
from crmflow.core.verdict import Answer, Verdict
from crmflow.policies.tiers.explaining import labelled
from crmflow.policies.tiers.scheme import Kind, Scheme
from crmflow.policies.tiers.standing import TierState
from crmflow.policies.tiers.step import NAME


def judge_of(machine: Machine, event: str, tables: Tables) -> Judge | None:
    """
    Return what holds an event against the entitlements of a tier, None where no scheme does.

    Rules: RCP-008 RCP-011 TIE-037
    """
    rows = [row for row in tables.about(machine, "schemes", Scheme) if event in row.gives]
    if not rows:
        return None

    def judge(before: Snapshot[Any], proposal: Proposal) -> Verdict | None:
        day = tables.day(proposal.event.at)
        for row in rows:
            tier = _tier(row, before)
            if tier in row.names and row.in_force(day):
                missing = list(_missing(row, tier, proposal.event))
                if missing:
                    told = {**labelled(row, "tier", tier), "missing": ", ".join(missing)}
                    return row.verdict(NAME, Answer.REFUSE, "tier_not_given", values=told)
        return None

    return judge


def _tier(scheme: Scheme, before: Snapshot[Any]) -> str:
    """Return the tier of an entity: what a fact states, else where it stands; empty for none."""
    if scheme.kind is Kind.STATED:
        metric = scheme.metrics[0]
        return str(getattr(before.facts, metric.fact or metric.name, None) or "")
    state: TierState = before.policy(NAME) or TierState()
    standing = state.standing(scheme.name)
    return "" if standing is None else standing.held or ""


def _missing(scheme: Scheme, tier: str, event: Any) -> Iterator[str]:  # noqa: ANN401 - any form
    """Yield what the tier gets and the form does not bring."""
    gets = scheme.tier(tier).gets
    for field in scheme.gives[event.name]:
        brought = _words(getattr(event.form, field, None))
        yield from (word for word in _words(gets.get(field)) if word not in brought)


def _words(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(map(str, value)) if isinstance(value, list | tuple) else (str(value),)


def giving_faults(scheme: Scheme, machine: Machine, path: str) -> Iterator[Fault]:
    """Yield the events and fields a scheme names that its machine does not have."""
    for event, fields in scheme.gives.items():
        here = f"{path}.gives.{event}"
        yield from known(here, event, machine.events)
        if event in machine.events:
            for number, field in enumerate(fields):
                yield from known(f"{here}[{number}]", field, kinds_of(machine.form(event)))
