"""What is bought: products and lines as an event brings them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from crmflow.core.goods import Goods, Line, picked

PIPES, VALVES = Line("pipe", 3), Line("valve", 2)


def _brought(goods: Goods) -> Any:  # noqa: ANN401 - an attempt, of which only the form is asked
    return SimpleNamespace(form=goods)


@pytest.mark.parametrize(
    ("goods", "lines", "products"),
    [
        (Goods(products=("pump", "pump")), (Line("pump"),), ("pump",)),
        (Goods(lines=(VALVES, PIPES, VALVES)), (VALVES, PIPES, VALVES), ("valve", "pipe")),
        (Goods(products=("pump", "pipe"), lines=(PIPES,)), (PIPES, Line("pump")), ("pipe", "pump")),
    ],
)
def test_what_is_brought_is_known_as_lines_and_as_products(
    goods: Goods, lines: tuple[Line, ...], products: tuple[str, ...]
) -> None:
    """One each of a bare product, and each product once (CON-005)."""
    assert picked(_brought(goods)) == {"lines": lines, "products": products}


def test_who_brings_nothing_changes_nothing() -> None:
    """What was known before stays."""
    assert picked(_brought(Goods())) == {}
