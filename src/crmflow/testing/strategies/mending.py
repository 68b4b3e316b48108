"""
Mending: a row that is drawn column by column is changed until nothing is wrong with it.

What a table asks of its rows is code and cannot be read; but each fault names its place, and
says what would be right. What may be left out there is left out, what is missing is drawn.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, get_args, get_origin

import attrs
from hypothesis import assume
from hypothesis import strategies as st

from crmflow.core.form import Fault
from crmflow.core.kinds import alternatives
from crmflow.testing.strategies.kinds import Field, Kinds, examples_in, fields_of
from crmflow.testing.strategies.paths import GONE, Payload, Step, reached, replaced, steps_of, told
from crmflow.testing.strategies.pieces import Claim, Values

Faults = Callable[[Payload], Iterable[Fault]]
"""Tells what is wrong with a row, paths beginning at the row."""

ROUNDS = 20
"""Faults of a row that are mended at most, before another is drawn."""

_ABSENT = frozenset({"missing", "empty"})
_GIVEN = Claim(lambda value: value not in (None, False, (), {}))


@attrs.frozen
class Spot:
    """
    Where a row is wrong.

    Attributes:
        steps: Steps to the place.
        kind: Annotation of what stands there.
        record: Steps to the innermost record it is in, or is.
        cls: Class of that record.
        column: Field of it that the place is in; None where it is the record as a whole.
    """

    steps: tuple[Step, ...]
    kind: Any
    record: tuple[Step, ...]
    cls: type
    column: Field | None = None

    @property
    def place(self) -> tuple[Step, ...]:
        """Steps to the column; to the record where there is none."""
        return self.record if self.column is None else (*self.record, self.column.name)


def spot_of(cls: type, row: Payload, path: str) -> Spot:
    """Return the place of a path in a row of a class."""
    steps = steps_of(path)
    spot = Spot(steps, cls, (), cls)
    for number, step in enumerate(steps, 1):
        field = _columns(spot.kind).get(str(step))
        kind = _bare(_item(spot.kind) if field is None else field.kind)
        spot = attrs.evolve(spot, kind=kind, column=field or spot.column)
        if _columns(kind) and isinstance(reached(row, steps[:number]), Mapping):
            spot = Spot(steps, kind, steps[:number], kind)
    return spot


def _columns(kind: Any) -> Mapping[str, Field]:  # noqa: ANN401 - any annotation
    return {one.name: one for one in fields_of(kind)} if isinstance(kind, type) else {}


def _bare(kind: object) -> Any:  # noqa: ANN401 - any annotation
    return next(iter(alternatives(kind)))


def _item(kind: object) -> object:
    """Return the kind of what is in a list or mapping."""
    parts = get_args(kind)
    return parts[1 if get_origin(kind) is Mapping else 0] if parts else object


@attrs.frozen
class Mending:
    """
    Rows of one table that nothing is wrong with.

    Attributes:
        kinds: Strategies for the columns, by which rows are drawn and mended.
        cls: Class of the rows.
        faults: What is wrong with a row.
    """

    kinds: Kinds
    cls: type
    faults: Faults

    def rows(self) -> st.SearchStrategy[Payload]:
        """Return a strategy for rows without a fault, as plain values."""
        return st.composite(self._row)()

    def _row(self, draw: st.DrawFn) -> Payload:
        row: Payload = told(draw(self.kinds.record(self.cls)))
        for _ in range(ROUNDS):
            fault = next(iter(self.faults(row)), None)
            if fault is None:
                break
            row = self._mended(draw, row, fault)
        assume(fault is None)
        return row

    def _mended(self, draw: st.DrawFn, row: Payload, fault: Fault) -> Payload:
        """Return a row with one fault less, if all goes well."""
        spot = spot_of(self.cls, row, fault.path)
        if spot.column is None:
            return self._of_record(draw, row, spot, fault)
        if fault.code in _ABSENT or (spot.column.needed and spot.steps == spot.place):
            return self._drawn(draw, row, spot, spot.column, fault)
        there = reached(row, spot.steps) is not GONE
        hints = examples_in(fault.expected) if spot.kind is str else []
        other = draw(st.sampled_from([*hints, GONE]))
        return replaced(row, spot.steps if there else spot.place, other)

    def _of_record(self, draw: st.DrawFn, row: Payload, spot: Spot, fault: Fault) -> Payload:
        """Return a row with a column drawn or left out: one that the fault of its record names."""
        columns = _columns(spot.cls)
        said = [columns[name] for name in re.findall(r"\w+", fault.expected) if name in columns]
        named = said or [*columns.values()]
        given = [one for one in named if reached(row, (*spot.record, one.name)) is not GONE]
        column = draw(st.sampled_from(given or named))
        value = GONE if len(given) > 1 else told(draw(self._given(spot.cls, column)))
        return replaced(row, (*spot.record, column.name), value)

    def _drawn(
        self, draw: st.DrawFn, row: Payload, spot: Spot, column: Field, fault: Fault
    ) -> Payload:
        """Return a row with something at a place of a mapping, or else in its column."""
        if spot.steps != spot.place and isinstance(reached(row, spot.steps[:-1]), Mapping):
            return replaced(row, spot.steps, told(draw(self.kinds.of(spot.kind))))
        values, hints = self._given(spot.cls, column), examples_in(fault.expected)
        if hints and spot.kind is str and spot.steps == spot.place:
            values = st.sampled_from(hints) | values
        return replaced(row, spot.place, told(draw(values)))

    def _given(self, cls: type, column: Field) -> Values:
        """Return a strategy for what a column says where it says something."""
        return self.kinds.field(cls, attrs.evolve(column, claims=(*column.claims, _GIVEN)))
