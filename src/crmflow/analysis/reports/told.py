"""What a report comes to: rows of a table, and which columns are drawn against which."""

from __future__ import annotations

from collections.abc import Mapping
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
    """

    columns: tuple[str, ...]
    rows: tuple[Mapping[str, object], ...]
    along: str
    drawn: tuple[str, ...]
    apart: str | None = None


def rounded(value: Fraction | None, digits: int = 2) -> str | None:
    """Return an exact number as text with so many digits after the point; None stays None."""
    if value is None:
        return None
    exact = _WIDE.divide(Decimal(value.numerator), Decimal(value.denominator))
    return f"{exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN, _WIDE):f}"
