"""What an import did: plain values, their JSON-able form, and what they are counted with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from decimal import Context, Decimal

import attrs

from crmflow.analysis.log_row import LogRow
from crmflow.core.money import Money

__all__ = ["Imported", "Tally"]

Sum = Money | Decimal
"""A fact added up: an amount, or a number."""

# A context of its own: sums are exact whatever the host rounds by.
_EXACT = Context(prec=100)


@attrs.frozen(kw_only=True)
class Imported:
    """
    What an import did.

    Args:
        rows: Rows of the log; each is counted once in the five that follow.
        observations: Rows journaled as observations.
        adopted: Rows whose entity was placed by `adopt`.
        unchanged: Rows that an earlier import brought already.
        merged: Rows the mapping leaves out, because their case stays where it is.
        set_aside: Rows that could not be used.
        entities: Cases of the log that are in the store.
        created: Those of them that were not there before.
        states: Cases per state after their last row.
        missing: Per state, the facts it requires and how many of the log's rows lack each.
        sums: Per fact that is added up, its total in each state.
    """

    rows: int
    observations: int
    adopted: int
    unchanged: int
    merged: int
    set_aside: int
    entities: int
    created: int
    states: Mapping[str, int]
    missing: Mapping[str, Mapping[str, int]]
    sums: Mapping[str, Mapping[str, Sum]]

    def to_dict(self) -> dict[str, object]:
        """Return JSON-able values; a sum is decimal text, with its currency if it has one."""
        plain = attrs.asdict(self, recurse=False)
        sums = {
            name: {state: str(total) for state, total in per_state.items()}
            for name, per_state in self.sums.items()
        }
        return plain | {"sums": sums}


class Tally:
    """
    Counts an import's rows.

    Args:
        requires: Per state, the facts that every entity in it has.
        sums: Facts to add up.
        snapshot: Whether rows tell what an entity has now, so that facts are counted.
    """

    def __init__(
        self, requires: Mapping[str, tuple[str, ...]], sums: tuple[str, ...], *, snapshot: bool
    ) -> None:
        self._requires = requires
        self._summed = sums
        self._snapshot = snapshot
        self._last: dict[str, str] = {}
        self._missing: dict[str, Counter[str]] = {}
        self._sums: dict[str, dict[str, Sum]] = {name: {} for name in sums}
        self.rows = self.written = self.unchanged = 0
        self.merged = self.set_aside = self.created = 0

    def last(self, case: str) -> str | None:
        """Return the state a case is in by its rows so far; None before the first."""
        return self._last.get(case)

    def add(self, row: LogRow, *, is_new: bool) -> None:
        """Note that the row was written; *is_new* where it brought its entity."""
        self.written += 1
        self.created += is_new
        self._take(row)

    def keep(self, row: LogRow) -> None:
        """Note that the store had the row already."""
        self.unchanged += 1
        self._take(row)

    def _take(self, row: LogRow) -> None:
        state = self._last[row.case] = row.state or ""
        if self._snapshot:
            for name in self._requires[state]:
                if row.values.get(name) in (None, "", ()):
                    self._missing.setdefault(state, Counter())[name] += 1
            for name in self._summed:
                self._add(name, state, row.values.get(name))

    def _add(self, name: str, state: str, value: object) -> None:
        sums = self._sums[name]
        before = sums.get(state)
        if isinstance(value, Money):
            sums[state] = value + before if isinstance(before, Money) else value
        elif isinstance(value, Decimal | int):
            start = before if isinstance(before, Decimal) else Decimal(0)
            sums[state] = _EXACT.add(start, Decimal(value))

    def report(self) -> Imported:
        """Return what was counted so far."""
        states = Counter(self._last.values())
        return Imported(
            rows=self.rows,
            observations=0 if self._snapshot else self.written,
            adopted=self.written if self._snapshot else 0,
            unchanged=self.unchanged,
            merged=self.merged,
            set_aside=self.set_aside,
            entities=len(self._last),
            created=self.created,
            states={name: states[name] for name in self._requires if states[name]},
            missing={
                state: dict(sorted(self._missing[state].items()))
                for state in self._requires
                if state in self._missing
            },
            sums={
                name: {state: totals[state] for state in self._requires if state in totals}
                for name, totals in self._sums.items()
            },
        )
