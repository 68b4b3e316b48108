"""The table `products`: what a company sells, by product lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

import attrs

from crmflow.core.form import Text
from crmflow.core.tables import TableRow


@attrs.frozen(kw_only=True)
class ProductRow(TableRow):
    """
    A product; its name is what forms name it by.

    Attributes:
        line: Product line it belongs to (CON-004).
        zh: Its label in Chinese.
        en: Its label in English.
        allows: Values that a field may have where the product is named, by machine and
            field: which parts can be ordered urgently (DLV-006), how many at once.
        refuses: Events at which it may not be named, as `machine.event`: a special
            provision against returns is `return.approve` (RET-006).
    """

    line: Text
    zh: Text
    en: Text
    allows: Mapping[str, Mapping[str, tuple[Text, ...]]] = attrs.field(factory=dict)
    refuses: tuple[Text, ...] = ()


def lines_of(rows: Iterable[ProductRow], on: date) -> Mapping[str, tuple[ProductRow, ...]]:
    """
    Return the catalogue of a day: its products by their line, in the order of the table.

    Args:
        rows: Rows of the table.
        on: The company's day.

    Rule: CON-004
    """
    found: dict[str, tuple[ProductRow, ...]] = {}
    for row in rows:
        if row.enabled and row.in_force(on):
            found[row.line] = (*found.get(row.line, ()), row)
    return found
