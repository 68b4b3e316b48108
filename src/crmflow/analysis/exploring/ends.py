"""Ends that are none: dead ends, traps, waits for nobody; and ends that are left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from crmflow.analysis.exploring.explored import Seen
from crmflow.analysis.exploring.graph import Edge, Situation
from crmflow.analysis.fault import Fault, FaultKind
from crmflow.core.actor import SYSTEM
from crmflow.core.machine import Kind

__all__ = ["dead_ends", "final_left", "idle_waits", "traps"]


def by_state(situations: Iterable[Situation]) -> Iterable[list[Situation]]:
    """Return the situations of each state together, in the order given."""
    found: dict[str, list[Situation]] = {}
    for situation in situations:
        found.setdefault(situation.snapshot.state, []).append(situation)
    return found.values()


def dead_ends(seen: Seen) -> Iterator[Fault]:
    """Yield the states in which nothing can happen for anyone, though they are not final."""
    stuck = (one for one in seen.graph.born() if is_stuck(seen, one))
    for first, *also in by_state(stuck):
        yield seen.shown(FaultKind.DEAD_END, first, also=also, why=seen.reasons(first))


def is_stuck(seen: Seen, situation: Situation) -> bool:
    """Say whether nothing can happen in a situation that is no end; a hold is told as one."""
    if not situation.looked or situation.leaves or situation.snapshot.holds:
        return False
    failed = any(one.situation is situation for one in seen.failures)
    return not failed and not seen.is_final(situation)


def traps(seen: Seen) -> Iterator[Fault]:
    """Yield the states from which neither a final one nor a dead end is reached."""
    if not seen.machine.final:
        return
    # What no situation follows is an end, or told as something else.
    ends = (one for one in seen.graph.born() if seen.is_final(one) or not one.leaves)
    open_ = seen.graph.leading_to(one.number for one in ends)
    caught = (one for one in seen.graph.born() if one.number not in open_)
    for first, *also in by_state(caught):
        events = {edge.happening.event for edge in first.leaves} - {""}
        yield seen.shown(FaultKind.TRAP, first, also=also, why=", ".join(sorted(events)) or "-")


def idle_waits(seen: Seen) -> Iterator[Fault]:
    """Yield waiting states in which nobody is told and nothing comes from outside."""
    waiting = {state.name for state in seen.machine.states if state.kind is Kind.WAITING}
    idle = (one for one in seen.graph.born() if one.snapshot.state in waiting and _idles(seen, one))
    for first, *also in by_state(idle):
        yield seen.shown(FaultKind.IDLE_WAIT, first, also=also)


def _idles(seen: Seen, situation: Situation) -> bool:
    snapshot = situation.snapshot
    if snapshot.timers or snapshot.tasks or snapshot.holds or not situation.looked:
        return False
    owner = getattr(snapshot.facts, "owner", None)
    return not owner and not any(_is_from_outside(seen, edge) for edge in situation.leaves)


def _is_from_outside(seen: Seen, edge: Edge) -> bool:
    """Say whether what happens comes by message, or anybody may bring it, with no role at all."""
    state = seen.graph.situations[edge.source].snapshot.state
    rows = (one.row for one in seen.compiled.candidates(state, edge.happening.event))
    return edge.happening.actor is SYSTEM or any(not row.who for row in rows)


def final_left(seen: Seen) -> Iterator[Fault]:
    """Yield the final states that something leads out of."""
    for edge in seen.graph.edges():
        source = seen.graph.situations[edge.source]
        target = seen.graph.situations[edge.target]
        if seen.is_final(source) and target.snapshot.state != source.snapshot.state:
            event = edge.happening.event or "a timer"
            yield seen.shown(FaultKind.FINAL_LEFT, source, edge, event=event)
            return
