"""What there is of an entity at an instant, under a policy set that has just been shown it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import attrs

from crmflow.analysis.contrast import Item, Topic
from crmflow.analysis.preview.asked import asked_next, asked_now
from crmflow.analysis.preview.impact import MISSED
from crmflow.core.actor import Actor
from crmflow.core.entity import Snapshot
from crmflow.core.plain import plain
from crmflow.core.reserved import ATTACH, Attachment
from crmflow.flow.answer import answer
from crmflow.flow.registry import Registry
from crmflow.flow.request import Request
from crmflow.policies.approvals import NAME as APPROVALS
from crmflow.policies.approvals.policy import ApprovalsPolicy
from crmflow.policies.approvals.request import Approvals
from crmflow.policies.sla.acting import NAME as SLA
from crmflow.policies.sla.definition import OnChange
from crmflow.policies.sla.evolving import SlaPolicy
from crmflow.policies.sla.run import Deadlines, Run
from crmflow.policies.tiers.standing import TierState
from crmflow.policies.tiers.step import NAME as TIERS

__all__ = ["Present", "shown"]


def shown(registry: Registry, snapshot: Snapshot[Any], at: datetime) -> Snapshot[Any]:
    """
    Return an entity after every policy was shown it, as by `$attach`; nothing is stored.

    That is what the next event does to it by itself, whatever event it is.

    Args:
        registry: The policy set.
        snapshot: The entity, its due timers fired.
        at: Aware UTC instant.
    """
    machine = snapshot.ref.machine
    actor = Actor("preview", registry.machine(machine).machine.adopters)
    for policy in registry.policies.get(machine, ()):
        request = Request(snapshot.ref, ATTACH, Attachment(policy.name), actor, at)
        found = answer(registry, snapshot, request)
        if found.accepted:
            snapshot = found.snapshot
    return snapshot


@attrs.frozen
class Present:
    """
    An entity under a policy set.

    Attributes:
        registry: The policy set.
        snapshot: The entity, shown to its policies.
        at: Aware UTC instant.
    """

    registry: Registry
    snapshot: Snapshot[Any]
    at: datetime

    def items(self) -> Iterator[Item]:
        """Yield what runs, what is awaited and what is to be done."""
        yield from (self._promise(run) for run in self.runs())
        yield from self._approvals()
        for task in self.snapshot.tasks:
            told = {"role": task.role, "assignee": task.assignee, "due_at": plain(task.due_at)}
            yield Item(Topic.TASK, task.name, task.opened_at, told)
        yield from self._tiers()
        for timer in self.snapshot.timers:
            policy, colon, _ = timer.name.partition(":")
            if colon and policy not in {SLA, APPROVALS, TIERS}:
                yield Item(Topic.TIMER, timer.name, self.at, {"due_at": plain(timer.due_at)})

    def runs(self) -> tuple[Run, ...]:
        """Return the deadlines that are neither met nor cancelled."""
        state = self.snapshot.policy(SLA)
        return () if not isinstance(state, Deadlines) else tuple(r for r in state.runs if r.open)

    def policy(self, name: str) -> Any:  # noqa: ANN401 - each policy is of its own class
        """Return a policy of the entity's machine, or None."""
        found = self.registry.policies.get(self.snapshot.ref.machine, ())
        return next((one for one in found if one.name == name), None)

    def _promise(self, run: Run) -> Item:
        told = {
            "target": run.limit or run.target,
            "due_at": plain(run.due_at),
            "status": run.status.value,
            "forecast": self._is_forecast(run),
        }
        return Item(Topic.DEADLINE, run.definition, run.started_at, told)

    def _is_forecast(self, run: Run) -> bool:
        """Say whether a due instant rests on days of a year that nobody knows yet."""
        calendar = self.registry.tables.calendars.get(run.calendar)
        if calendar is None or run.due_at is None:
            return False
        return calendar.unknown_year(run.started_at, run.due_at) is not None

    def _approvals(self) -> Iterator[Item]:
        state, policy = self.snapshot.policy(APPROVALS), self.policy(APPROVALS)
        if not isinstance(state, Approvals) or not isinstance(policy, ApprovalsPolicy):
            return
        for request in state.open:
            told = {
                "chain": request.chain,
                "waits_for": asked_now(self.registry, self.snapshot, request, self.at),
                "then": asked_next(policy.chains, self.registry, self.snapshot, request, self.at),
            }
            yield Item(Topic.APPROVAL, request.key, request.opened_at, told)

    def _tiers(self) -> Iterator[Item]:
        state = self.snapshot.policy(TIERS)
        for one in state.standings if isinstance(state, TierState) else ():
            waits = None if one.pending is None else one.pending.tier
            told = {"tier": one.held, "waits": waits}
            yield Item(Topic.TIER, one.scheme, self.at, told)


def kept(then: Present, now: Present) -> Iterator[tuple[Run, str]]:
    """
    Yield the deadlines that stay as they are although their rows would be others, and why.

    Why is `keep`, the row's mode of change; `gone`, where no row is there any more; `paused`,
    where the entity stands still; or `missed`. One that is counted anew and comes to the same
    instant is none of them.
    """
    ours, theirs = then.policy(SLA), now.policy(SLA)
    if not isinstance(ours, SlaPolicy) or not isinstance(theirs, SlaPolicy):
        return
    before = {run.definition: run for run in then.runs()}
    for run in now.runs():
        wanted = [_wanted(policy, run, one) for policy, one in ((ours, then), (theirs, now))]
        old = before.get(run.definition)
        if old is None or wanted[0] == wanted[1] or old.due_at != run.due_at:
            continue
        why = _why(theirs, run, now)
        if why is not None and (old.target, old.limit) == (run.target, run.limit):
            yield run, why


def _wanted(policy: SlaPolicy, run: Run, present: Present) -> object:
    """Return what a row would promise if a deadline began now."""
    bound = policy.definitions.on(run.definition, present.at)
    if bound is None:
        return None
    facts = present.snapshot.facts
    return bound.bases[bound.target(present.snapshot)], bound.calendar_now(facts)


def _why(policy: SlaPolicy, run: Run, present: Present) -> str | None:
    """Return why a deadline stays, or None where nothing keeps it from following its row."""
    today = policy.definitions.on(run.definition, present.at)
    if today is None:
        return "gone"
    if present.snapshot.attached.pauses:
        return "paused"
    # A row that keeps what was promised is asked on the day of the promise too.
    first = policy.definitions.on(run.definition, run.started_at) or today
    if OnChange.KEEP in (today.row.on_change, first.row.on_change):
        return OnChange.KEEP.value
    return None if run.breached_at is None else MISSED
