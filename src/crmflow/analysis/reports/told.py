"""What a report comes to: rows of a table, what people read in them, and what is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

import attrs

_WIDE = Context(prec=100)


@attrs.frozen
class Told:
    """
    A report that was made.

    Attributes:
        columns: Names of the columns, in order.
        rows: Values by column: text, whole numbers, decimals as text, true or false, None.
        along: The column that names the places of the picture.
        drawn: The columns of numbers that are drawn.
        apart: The column by which lines are told apart, or None.
        panel: The column by which charts are told apart, as their units differ, or None.
        headings: What people read in place of the name of a column that is a fact.
        labels: What they read in place of a code, by column; a code without any stays.
    """

    columns: tuple[str, ...]
    rows: tuple[Mapping[str, object], ...]
    along: str
    drawn: tuple[str, ...]
    apart: str | None = None
    panel: str | None = None
    headings: Mapping[str, str] = attrs.field(factory=dict)
    labels: Mapping[str, Mapping[str, str]] = attrs.field(factory=dict)

    def label(self, column: str, value: object) -> str:
        """Return what people read in place of a value of a column; empty for None."""
        code = "" if value is None else str(value)
        return self.labels.get(column, {}).get(code, code)

    def labelled(self) -> tuple[Mapping[str, object], ...]:
        """Return the rows as people read them: labels in place of codes."""
        return tuple(
            {
                name: self.label(name, value) if name in self.labels else value
                for name, value in row.items()
            }
            for row in self.rows
        )


def joined(parts: Iterable[str]) -> str:
    """Return the name of a group of several parts; an empty part is a dash."""
    return " / ".join(part or "-" for part in parts)


def with_groups(
    rows: Iterable[Mapping[str, object]], by: Sequence[str], labels: Mapping[str, Mapping[str, str]]
) -> Mapping[str, Mapping[str, str]]:
    """
    Return the labels of columns with those of the groups that they make.

    Args:
        rows: Rows with the columns, and with `group`, their values joined.
        by: The columns.
        labels: Labels of their values, by column.
    """
    groups = {
        str(row["group"]): joined(labels[name].get(str(row[name]), str(row[name])) for name in by)
        for row in rows
    }
    return {**labels, "group": groups}


def rounded(value: Fraction | None, digits: int = 2) -> str | None:
    """Return an exact number as text with so many digits after the point; None stays None."""
    if value is None:
        return None
    exact = _WIDE.divide(Decimal(value.numerator), Decimal(value.denominator))
    return f"{exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN, _WIDE):f}"
