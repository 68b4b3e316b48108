"""
How well a log fits a machine: every row moves its case, and the report counts
what the machine would not have done. Rows of many cases may stand in any mixture;
of each case only its present state and trail are kept.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

import attrs

from crmflow.analysis.conformance_report import Conformance, Moves, Span, Variant
from crmflow.analysis.eventlog import Aside, LogRow, RowFault, read_log
from crmflow.analysis.mapping import Mapping
from crmflow.analysis.variants import Trail, VariantTree, longest_kept

__all__ = ["Conformance", "Moves", "Replay", "Span", "Variant", "replay_log"]


@attrs.define
class _Case:
    """What is kept of one case: the numbers of its states, never its rows."""

    state: int
    since: datetime | None
    seen: datetime | None
    trail: Trail
    bad_start: bool
    bad_move: bool = False


class Replay:
    """
    A log on its way through a machine.

    Args:
        moves: What the machine allows.
        merge_equal_neighbours: Rows that leave their case where it is are no moves.
        snapshot: Each case has one row, in any of the machine's states; a second
            row is an illegal move.
    """

    def __init__(
        self, moves: Moves, *, merge_equal_neighbours: bool = True, snapshot: bool = False
    ) -> None:
        self._moves = moves
        self._merge = merge_equal_neighbours
        self._snapshot = snapshot
        self._states = moves.states
        self._starts = moves.states if snapshot else moves.start_states
        # A label nobody mapped is another thing than a state of the same name.
        self._numbers: dict[tuple[str, bool], int] = {}
        self._names: list[tuple[str, bool]] = []
        self._cases: dict[str, _Case] = {}
        self._tree = VariantTree()
        self._illegal: Counter[tuple[int, int]] = Counter()
        self._bad_starts: Counter[int] = Counter()
        self._spans: dict[int, array[float]] = {}
        self._rows = self._events = self._backwards = 0

    def add(self, row: LogRow) -> None:
        """Move the row's case; rows of one case come in the order they happened."""
        self._rows += 1
        state = self._number(row)
        case = self._cases.get(row.case)
        if case is None:
            self._begin(row, state)
            return
        if case.seen is not None and row.at is not None and row.at < case.seen:
            self._backwards += 1
        case.seen = row.at
        if case.state != state or not self._merge:
            self._move(case, state, row.at)

    def report(self, *, set_aside: int = 0, top: int = 10) -> Conformance:
        """
        Return what was found so far.

        Args:
            set_aside: Rows of the log that could not be understood.
            top: How many variants to name.
        """
        cases = self._cases.values()
        final = self._moves.final_states
        ends = Counter(self._names[case.state] for case in cases)
        open_ends: Counter[str] = Counter()
        for (name, known), count in ends.items():
            if not (known and name in final):
                open_ends[self._shown(name, known)] += count
        fits = Counter(
            self._names[case.state] for case in cases if not (case.bad_start or case.bad_move)
        )
        trails = Counter(case.trail for case in cases)
        return Conformance(
            cases=len(cases),
            rows=self._rows,
            events=self._events,
            fitting=fits.total(),
            cases_with_illegal_start=sum(case.bad_start for case in cases),
            cases_with_illegal_move=sum(case.bad_move for case in cases),
            illegal_starts=_ranked((self._name(n), k) for n, k in self._bad_starts.items()),
            illegal_moves=_ranked(
                (self._name(before), self._name(after), k)
                for (before, after), k in self._illegal.items()
            ),
            variants=len(trails),
            top_variants=self._top(trails, top),
            ended_final=len(cases) - open_ends.total(),
            fitting_final=sum(k for (name, _), k in fits.items() if name in final),
            open=dict(_ranked(open_ends.items())),
            durations={
                name: Span.of(span)
                for name, span in sorted((self._name(n), span) for n, span in self._spans.items())
            },
            backwards=self._backwards,
            set_aside=set_aside,
        )

    def _number(self, row: LogRow) -> int:
        key = (row.label, False) if row.state is None else (row.state, True)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self._names)
            self._names.append(key)
        return number

    def _name(self, number: int) -> str:
        name, known = self._names[number]
        return self._shown(name, known)

    def _shown(self, name: str, known: bool) -> str:
        clash = not known and (name in self._states or (name, True) in self._numbers)
        return f"{name} (unmapped)" if clash else name

    def _begin(self, row: LogRow, state: int) -> None:
        self._events += 1
        legal = row.state is not None and row.state in self._starts
        if not legal:
            self._bad_starts[state] += 1
        trail = self._tree.step(Trail(), state)
        self._cases[row.case] = _Case(state, row.at, row.at, trail, not legal)

    def _move(self, case: _Case, state: int, at: datetime | None) -> None:
        self._events += 1
        if case.since is not None and at is not None and at >= case.since:
            span = self._spans.setdefault(case.state, array("d"))
            span.append((at - case.since).total_seconds())
        if not self._is_legal(case.state, state):
            self._illegal[case.state, state] += 1
            case.bad_move = True
        case.state = state
        case.since = at
        case.trail = self._tree.step(case.trail, state)

    def _is_legal(self, before: int, after: int) -> bool:
        (left, left_known), (entered, entered_known) = self._names[before], self._names[after]
        both_known = left_known and entered_known and not self._snapshot
        return both_known and (left, entered) in self._moves.legal_moves

    def _top(self, trails: Counter[Trail], top: int) -> tuple[Variant, ...]:
        """Return the most frequent variants, those of equal number by their states."""
        frequent = sorted(trails.values(), reverse=True)[:top]
        least = frequent[-1] if frequent else 0
        variants = [
            Variant(
                count,
                tuple(map(self._name, self._tree.states(trail))),
                max(0, trail.length - longest_kept),
            )
            for trail, count in trails.items()
            if count >= least
        ]
        variants.sort(key=lambda variant: (-variant.cases, variant.states, variant.more))
        return tuple(variants[:top])


_Counted = TypeVar("_Counted", tuple[str, int], tuple[str, str, int])


def _ranked(counted: Iterable[_Counted]) -> tuple[_Counted, ...]:
    """Return the counts, highest first, equal ones by name."""
    return tuple(sorted(counted, key=lambda entry: (-entry[-1], entry[:-1])))


def replay_log(
    path: Path,
    mapping: Mapping,
    moves: Moves,
    *,
    aside: Aside | None = None,
    top: int = 10,
    progress: Callable[[int], None] | None = None,
) -> Conformance:
    """
    Read a log through a machine.

    Args:
        path: The log.
        mapping: What its columns and labels mean.
        moves: What the machine allows.
        aside: As for `read_log`.
        top: How many variants to name.
        progress: Told now and then how many rows were read.

    Raises:
        LogReadError: As `read_log`.
    """
    set_aside = 0

    def keep(fault: RowFault, take: Aside) -> None:
        nonlocal set_aside
        set_aside += 1
        take(fault)

    replay = Replay(
        moves,
        merge_equal_neighbours=mapping.merge_equal_neighbours,
        snapshot=mapping.kind == "snapshot",
    )
    rows = read_log(path, mapping, aside=aside and partial(keep, take=aside))
    for count, row in enumerate(rows, 1):
        replay.add(row)
        if progress is not None and count % 1000 == 0:
            progress(count)
    return replay.report(set_aside=set_aside, top=top)
