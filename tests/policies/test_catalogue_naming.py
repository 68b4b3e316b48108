"""Where forms and facts name products: by the mark of a field, at any depth but not without end."""

from __future__ import annotations

from typing import Annotated, Any

import attrs

from crmflow.core.form import Check
from crmflow.core.goods import NamesProduct, Product
from crmflow.policies.catalogue.naming import Named, finder_of, named_in

Marked = Annotated[str, NamesProduct()]
Bounded = Annotated[tuple[Product, ...], Check("empty", bool, "at least one")]


def field(kind: Any) -> Any:  # noqa: ANN401 - any annotation
    """Return a field of a kind."""
    return attrs.field(type=kind)


def test_products_are_found_in_every_kind_of_field() -> None:
    """Alone, where it may be left out, in lists, and in what stands in lists, with its holders."""
    part = attrs.make_class("Part", {"product": field(Product), "class_": field(object)})
    form = attrs.make_class(
        "Form",
        {
            "note": field(str),
            "main": field(Marked | None),
            "others": field(Bounded),
            "parts": field(tuple[part, ...]),  # type: ignore[valid-type]
            "names": field(tuple[str, ...]),
            "spare": field(Marked | None),
        },
    )
    first, second = part("valve", "x"), part("seal", None)
    given = form("pump", "pump", ("pipe", "hose"), (first, second), ("pump",), None)
    assert named_in(given) == (
        Named("pump", "$.main", (given,)),
        Named("pipe", "$.others[0]", (given,)),
        Named("hose", "$.others[1]", (given,)),
        Named("valve", "$.parts[0].product", (first, given)),
        Named("seal", "$.parts[1].product", (second, given)),
    )


def test_what_names_no_product_has_nothing_to_find() -> None:
    """Neither texts, nor lists of them, nor classes of such; nor what is not there."""
    bare = attrs.make_class("Bare", {"note": field(str)})
    around = attrs.make_class(
        "Around",
        {
            "bare": field(bare),
            "notes": field(tuple[str, ...]),
            "maybe": field(str | None),
        },
    )
    assert finder_of(bare) is finder_of(around) is None
    assert named_in(around(bare("x"), ("x",), None)) == named_in(None) == ()


def test_four_values_within_values_are_looked_into() -> None:
    """Forms that hold themselves would have no end."""
    kind: Any = attrs.make_class("Deepest", {"product": field(Marked)})
    value, found = kind("pump"), list[int]()
    for depth in range(1, 7):
        kind = attrs.make_class(f"Around{depth}", {"inner": field(kind)})
        value = kind(value)
        found.append(len(named_in(value)))
    assert found == [1, 1, 1, 1, 0, 0]
