"""Events that are always refused, states behind them, and policies that fail or contradict."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from crmflow.analysis.exploring.explored import Refused, Seen
from crmflow.analysis.fault import Fault, FaultKind
from crmflow.core.journal import Entry
from crmflow.core.verdict import Answer

_EFFECTIVE = frozenset({Entry.DECISION, Entry.VOTE})

__all__ = ["contradictions", "dead_events", "failures", "unreachable_states"]


def failures(seen: Seen) -> Iterator[Fault]:
    """Yield the events on which a guard, an effect or a policy raises."""
    told = set[str]()
    for failure in sorted(seen.failures, key=lambda one: seen.distance(one.situation)):
        event = failure.happening.event or "a timer"
        if event not in told:
            told.add(event)
            cause = failure.error.__cause__
            why = f"{failure.error}" + (f" ({cause!r})" if cause is not None else "")
            yield seen.shown(
                FaultKind.FAILING, failure.situation, failure.happening, place=event, why=why
            )


def dead_events(seen: Seen) -> Iterator[Fault]:
    """Yield the events that are refused wherever and by whomever they are asked for."""
    for event, refused in _never_accepted(seen).items():
        if _disagreeing(refused) is None:
            yield _told(seen, FaultKind.DEAD_EVENT, event, refused)


def contradictions(seen: Seen) -> Iterator[Fault]:
    """Yield the events that policies never allow together, though each does by itself."""
    for event, refused in _never_accepted(seen).items():
        two = _disagreeing(refused)
        if two is not None:
            yield _told(seen, FaultKind.CONTRADICTION, event, refused, one=two[0], other=two[1])


def _never_accepted(seen: Seen) -> dict[str, list[Refused]]:
    """Return the refusals of each event that never came about; held ones are told as such."""
    if not seen.whole:
        return {}
    tried = {event for one in _states(seen) for event in seen.compiled.table[one]}
    known = _happened(seen) | {one.happening.event for one in seen.failures}
    known |= {hold.event for one in seen.graph.born() for hold in one.snapshot.holds}
    return {
        event: [one for one in seen.refusals if one.happening.event == event]
        for event in sorted(tried - known)
    }


def _states(seen: Seen) -> set[str]:
    return {one.snapshot.state for one in seen.graph.situations}


def _happened(seen: Seen) -> set[str]:
    """Return the events that took effect somewhere."""
    decisions = (one for edge in seen.graph.edges() for one in edge.decisions)
    return {one.event.name for one in decisions if one.record and one.record.entry in _EFFECTIVE}


def unreachable_states(seen: Seen) -> Iterator[Fault]:
    """
    Yield the states that no entity comes to, though their events happen.

    Where an event that leads to one never happens, that is told, and not what follows from it.
    """
    reached, happened = _states(seen), _happened(seen)
    for state in seen.machine.states if seen.whole else ():
        leading = {
            event
            for source in reached
            for event, rows in seen.compiled.table[source].items()
            if state.name in {row.to for row in rows}
        }
        if state.name not in reached and leading & happened:
            yield seen.fault(FaultKind.UNREACHABLE_STATE, state.name)


def _disagreeing(refused: list[Refused]) -> tuple[str, str] | None:
    """
    Return two rows of policies that refuse an event in turn, or None where no two do.

    Each refuses once where the other does not: what the one needs the other forbids.
    """
    told = [rows for rows in map(_refusing, refused) if rows]
    pairs = itertools.combinations(sorted(frozenset().union(*told)), 2)
    return next((pair for pair in pairs if _take_turns(pair, told)), None)


def _take_turns(pair: tuple[str, str], told: list[frozenset[str]]) -> bool:
    alone = [pair[0] in rows for rows in told if not {*pair} <= rows]
    return True in alone and False in alone


def _refusing(refused: Refused) -> frozenset[str]:
    verdicts = refused.refusal.verdicts
    return frozenset(
        f"{one.policy} {one.row}".rstrip() for one in verdicts if one.answer is Answer.REFUSE
    )


def _told(
    seen: Seen, kind: FaultKind, event: str, refused: list[Refused], **values: object
) -> Fault:
    reasons = "; ".join(dict.fromkeys(one.reasons for one in refused)) or "-"
    if not refused:
        return seen.fault(kind, event, why=reasons, **values)
    first = min(refused, key=lambda one: seen.distance(one.situation))
    also, values["why"] = (one.situation for one in refused), reasons
    return seen.shown(kind, first.situation, first.happening, also=also, place=event, **values)
