"""Forms that nobody has read before: how each kind of field is read is made when it is met."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import attrs

from crmflow.core.form import Check, Fault, structure

Small = Annotated[int, Check("size", lambda number: number < 10, "less than ten"), "a note"]


def test_every_fault_of_every_kind_is_told() -> None:
    """Of checked values, lists, mappings and values within values, all at once."""

    @attrs.frozen
    class Part:
        number: Small
        other: Small = 1

    @attrs.frozen
    class Form:
        small: Small
        numbers: tuple[int, ...]
        parts: tuple[Part, ...] = ()
        by_name: Mapping[str, Small] = attrs.field(factory=dict)

    def annotated(cls: type) -> type:
        attrs.resolve_types(cls, globals(), {"Part": Part})
        return cls

    form = annotated(Form)
    annotated(Part)
    good = {"small": 9, "numbers": [1, 2], "parts": [{"number": 3}], "by_name": {"a": 4}}
    assert structure(form, good) == (Form(9, (1, 2), (Part(3),), {"a": 4}), ())
    bad = {
        "small": 10,
        "numbers": "12",
        "parts": [{"number": 3}, {"number": 10, "other": 11}, 5],
        "by_name": {"a": 10},
    }
    size = "less than ten"
    assert structure(form, bad) == (
        None,
        (
            Fault("$.by_name[a]", "size", size),
            Fault("$.numbers", "type", "a list"),
            Fault("$.parts[1].number", "size", size),
            Fault("$.parts[1].other", "size", size),
            Fault("$.parts[2]", "type", "a mapping of Part's fields"),
            Fault("$.small", "size", size),
        ),
    )
    (fault,) = structure(form, {**good, "by_name": [1]})[1]
    assert fault == Fault("$.by_name", "type", "a mapping")
