"""Lives of entities: how long they stay in each state, and how many reach which."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta
from fractions import Fraction

from crmflow.analysis.reports.told import Told, rounded
from crmflow.core.journal import JournalRecord
from crmflow.core.machine import Machine
from crmflow.policies.kpi import stays
from crmflow.texts import Texts

_HOUR = 3_600_000_000
_TENTHS = 10


def times(machine: Machine, lives: Iterable[Iterable[JournalRecord]], texts: Texts) -> Told:
    """
    Return how long entities were in each state, in hours: where a process waits (QMC-021).

    Only stays that have ended are counted; `open` tells how many have not.

    Args:
        machine: Whose states, in their order.
        lives: The journals.
        texts: Names the states.
    """
    spans: dict[str, list[Fraction]] = defaultdict(list)
    still: dict[str, int] = defaultdict(int)
    for records in lives:
        for stay in stays(records):
            if stay.ends_at is None:
                still[stay.state] += 1
            else:
                spans[stay.state].append(_hours(stay.ends_at - stay.begins_at))
    rows = [
        {
            "state": state.name,
            "label": texts.state(state),
            "stays": len(spans[state.name]),
            "open": still[state.name],
            **_summed(sorted(spans[state.name])),
        }
        for state in machine.states
    ]
    columns = ("state", "label", "stays", "open", "median", "mean", "ninth_tenth", "longest")
    return Told(columns, tuple(rows), "label", ("median", "ninth_tenth"))


def _hours(span: timedelta) -> Fraction:
    return Fraction(span // timedelta(microseconds=1), _HOUR)


def _summed(hours: Sequence[Fraction]) -> dict[str, str | None]:
    if not hours:
        return dict.fromkeys(("median", "mean", "ninth_tenth", "longest"))
    count = len(hours)
    middle = (hours[(count - 1) // 2] + hours[count // 2]) / 2
    return {
        "median": rounded(middle),
        "mean": rounded(sum(hours, Fraction(0)) / count),
        # The smallest span within which nine tenths of the stays end.
        "ninth_tenth": rounded(hours[-(-count * 9 // _TENTHS) - 1]),
        "longest": rounded(hours[-1]),
    }


def steps(
    machine: Machine,
    states: Sequence[str],
    lives: Iterable[Iterable[JournalRecord]],
    texts: Texts,
) -> Told:
    """
    Return how many entities reached each of some states, in percent of the first and of the
    step before (ANA-006).

    Who reached a later state counts for those before it too: steps may be left out.

    Args:
        machine: Whose states.
        states: The states one after the other.
        lives: The journals.
        texts: Names the states.
    """
    reached = [0] * len(states)
    for records in lives:
        seen = {stay.state for stay in stays(records)}
        furthest = max((n for n, state in enumerate(states) if state in seen), default=-1)
        for place in range(furthest + 1):
            reached[place] += 1
    rows = []
    for place, name in enumerate(states):
        before = reached[max(place - 1, 0)]
        rows.append(
            {
                "state": name,
                "label": texts.state(machine.state(name)),
                "entities": reached[place],
                "of_first": _percent(reached[place], reached[0]),
                "of_before": _percent(reached[place], before),
            }
        )
    columns = ("state", "label", "entities", "of_first", "of_before")
    return Told(columns, tuple(rows), "label", ("entities",))


def _percent(part: int, whole: int) -> str | None:
    return rounded(Fraction(part * 100, whole)) if whole else None
