"""The conformance report: plain values, and their JSON-able form."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

import attrs


@attrs.frozen(kw_only=True)
class Moves:
    """
    What a machine allows, as plain data.

    Args:
        start_states: States a case may begin in.
        legal_moves: Pairs of a state and one that may follow it.
        final_states: States in which a case is done.
    """

    start_states: frozenset[str]
    legal_moves: frozenset[tuple[str, str]]
    final_states: frozenset[str]

    @property
    def states(self) -> frozenset[str]:
        """Every state that is named."""
        moved = frozenset(state for move in self.legal_moves for state in move)
        return self.start_states | moved | self.final_states


@attrs.frozen
class Variant:
    """
    One sequence of states and the cases that went through it.

    Args:
        cases: How many.
        states: The sequence, an unmapped label by its own name.
        more: States that follow and are not kept.
    """

    cases: int
    states: tuple[str, ...]
    more: int = 0

    def to_dict(self) -> dict[str, object]:
        """Return JSON-able values."""
        return {"cases": self.cases, "states": list(self.states), "more": self.more}


@attrs.frozen
class Span:
    """
    How long cases stayed in a state they left.

    Args:
        n: Stays counted; one whose end lies before its beginning is not.
        median: The middle one.
        p90: Nine of ten were at most as long; between two, interpolated.
    """

    n: int
    median: timedelta
    p90: timedelta

    @classmethod
    def of(cls, seconds: Collection[float]) -> Span:
        """Return the span of at least one stay, in seconds."""
        ordered = sorted(seconds)
        return cls(len(ordered), _quantile(ordered, 0.5), _quantile(ordered, 0.9))

    def to_dict(self) -> dict[str, object]:
        """Return JSON-able values, in hours and in seconds."""
        return {
            "n": self.n,
            "median_hours": round(self.median.total_seconds() / 3600, 4),
            "p90_hours": round(self.p90.total_seconds() / 3600, 4),
            "median_seconds": round(self.median.total_seconds(), 3),
            "p90_seconds": round(self.p90.total_seconds(), 3),
        }


def _quantile(ordered: Sequence[float], share: float) -> timedelta:
    place = (len(ordered) - 1) * share
    below, above = ordered[math.floor(place)], ordered[math.ceil(place)]
    return timedelta(seconds=below + (above - below) * (place - math.floor(place)))


@attrs.frozen(kw_only=True)
class Conformance:
    """
    How a log fits a machine.

    Args:
        cases: Cases seen.
        rows: Rows read; those set aside are not among them.
        events: Rows that moved their case, its first row included.
        fitting: Cases with a legal start and only legal moves.
        cases_with_illegal_start: Cases whose first state is no start state.
        cases_with_illegal_move: Cases with an illegal move after their start.
        illegal_starts: First state and cases, most frequent first.
        illegal_moves: From, to and how often, most frequent first.
        variants: Different sequences of states.
        top_variants: The most frequent ones.
        ended_final: Cases whose last state is final.
        fitting_final: Those of them that fit.
        open: Other cases, by last state.
        durations: Stays per state, of states that were left.
        backwards: Rows whose time lies before that of their case's previous row.
        set_aside: Rows that could not be understood.
    """

    cases: int
    rows: int
    events: int
    fitting: int
    cases_with_illegal_start: int
    cases_with_illegal_move: int
    illegal_starts: tuple[tuple[str, int], ...]
    illegal_moves: tuple[tuple[str, str, int], ...]
    variants: int
    top_variants: tuple[Variant, ...]
    ended_final: int
    fitting_final: int
    open: Mapping[str, int]
    durations: Mapping[str, Span]
    backwards: int
    set_aside: int

    @property
    def cases_without_illegal_move(self) -> int:
        """Cases with only legal moves, wherever they started."""
        return self.cases - self.cases_with_illegal_move

    def to_dict(self) -> dict[str, object]:
        """Return JSON-able values."""
        plain: dict[str, object] = {
            name: getattr(self, name)
            for name in (
                *("cases", "rows", "events", "set_aside", "fitting", "fitting_final"),
                *("cases_with_illegal_start", "cases_with_illegal_move"),
                *("cases_without_illegal_move", "variants", "ended_final", "backwards"),
            )
        }
        return plain | {
            "illegal_starts": [list(start) for start in self.illegal_starts],
            "illegal_moves": [list(move) for move in self.illegal_moves],
            "top_variants": [variant.to_dict() for variant in self.top_variants],
            "open": dict(self.open),
            "durations": {state: span.to_dict() for state, span in self.durations.items()},
        }
