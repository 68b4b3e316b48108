"""The rows behind the last one seen, in the order of several columns, as each dialect says it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Boolean, ColumnElement, and_, or_, tuple_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.operators import OperatorType


class Beyond(ColumnElement[bool]):
    """
    Whether some columns come behind some values, the first ones first.

    Args:
        columns: The columns, as an index has them.
        last: The value of each in the last row seen.
    """

    inherit_cache = False
    type = Boolean()

    def __init__(
        self, columns: Sequence[ColumnElement[Any]], last: Sequence[ColumnElement[Any]]
    ) -> None:
        self.columns = columns
        self.last = last

    def self_group(self, against: OperatorType | None = None) -> Beyond:
        """Return it as it is: no dialect need compare it with 1."""
        return self


@compiles(Beyond)
def _by_row(beyond: Beyond, compiler: SQLCompiler, **options: object) -> str:
    # Row values are compared, so that an index scrolls on from the last row seen.
    return compiler.process(tuple_(*beyond.columns) > tuple_(*beyond.last), **options)


@compiles(Beyond, "mysql")
def _by_column(beyond: Beyond, compiler: SQLCompiler, **options: object) -> str:
    # Measured: of row values it would read all that lie before; of this it makes ranges.
    pairs = list(zip(beyond.columns, beyond.last, strict=True))
    ranges = (
        and_(
            *(column == value for column, value in pairs[:place]), pairs[place][0] > pairs[place][1]
        )
        for place in range(len(pairs))
    )
    return f"({compiler.process(or_(*ranges), **options)})"
