"""Approvals as they are lived: ways round them, own requests, holds that nobody decides."""

from __future__ import annotations

from collections.abc import Iterator

from crmflow.analysis.exploring.explored import Seen
from crmflow.analysis.exploring.graph import Edge, Situation
from crmflow.analysis.fault import Fault, FaultKind
from crmflow.core.actor import SYSTEM
from crmflow.core.decision import Decision

__all__ = ["self_approvals", "unapproved", "undecidable_holds"]


def unapproved(seen: Seen) -> Iterator[Fault]:
    """
    Yield the ways round an approval.

    Where an event is held on its way into a state, no other event that a person fires leads from
    the same situation into that state without an approval.
    """
    told = set[tuple[str, str]]()
    for situation in seen.graph.born():
        held = _held_targets(seen, situation)
        for edge in situation.leaves if held else ():
            to = seen.graph.situations[edge.target].snapshot.state
            event = edge.happening.event
            if to in held and event != held[to] and _is_free(edge) and (to, event) not in told:
                told.add((to, event))
                chain = seen.policy_row(held[to])
                yield seen.shown(FaultKind.UNAPPROVED, situation, edge, place=to, chain=chain)


def _held_targets(seen: Seen, situation: Situation) -> dict[str, str]:
    """Return the states that held events would lead to from a situation, with the event."""
    found: dict[str, str] = {}
    for edge in situation.leaves:
        if any(one.held for one in edge.decisions):
            event = edge.happening.event
            rows = seen.compiled.candidates(situation.snapshot.state, event)
            found |= {one.to: event for one in rows if one.to is not None}
    found.pop(situation.snapshot.state, None)
    return found


def _is_free(edge: Edge) -> bool:
    """Say whether a person brought it about, and nobody was asked."""
    asked = any(one.held or one.event.raised_by for one in edge.decisions)
    return bool(edge.happening.event) and edge.happening.actor is not SYSTEM and not asked


def self_approvals(seen: Seen) -> Iterator[Fault]:
    """Yield who has a say in an own request."""
    told = set[str]()
    for edge in seen.graph.edges():
        for one in edge.decisions:
            asker = _own_approver(one)
            if asker and one.event.name not in told:
                told.add(one.event.name)
                source = seen.graph.situations[edge.source]
                yield seen.shown(
                    FaultKind.SELF_APPROVAL,
                    source,
                    edge,
                    place=one.event.name,
                    person=asker,
                )


def _own_approver(decision: Decision) -> str | None:
    """Return who asked for an event and approved it too, or None."""
    cause, actor = decision.event.cause, decision.event.actor
    approved = () if cause is None else cause.approved_by
    return actor.id if actor.id in approved else None


def undecidable_holds(seen: Seen) -> Iterator[Fault]:
    """Yield the events that are held and can then be neither approved nor refused."""
    events = {hold.event for one in seen.graph.born() for hold in one.snapshot.holds}
    for event in sorted(events):
        decided = {edge.source for edge in seen.graph.edges() if _decides(seen, edge, event)}
        able = seen.graph.leading_to(decided)
        stuck = [
            (hold.policy, one)
            for one in seen.graph.born()
            for hold in one.snapshot.holds
            if hold.event == event and one.number not in able
        ]
        if stuck:
            (policy, first), also = stuck[0], (one for _, one in stuck)
            kind = FaultKind.UNDECIDABLE_HOLD
            yield seen.shown(kind, first, also=also, place=event, why=policy)


def _decides(seen: Seen, edge: Edge, event: str) -> bool:
    """Say whether a held event is decided: by a vote, a message or a timer, not by leaving it."""
    before, after = (seen.graph.situations[n].snapshot for n in (edge.source, edge.target))
    was = event in {hold.event for hold in before.holds}
    by_itself = edge.waits or edge.happening.event.startswith("$")
    by_itself = by_itself or edge.happening.actor is SYSTEM
    return was and by_itself and event not in {hold.event for hold in after.holds}
