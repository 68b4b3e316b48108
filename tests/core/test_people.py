"""People: who stands above whom."""

from __future__ import annotations

from itertools import islice
from types import SimpleNamespace
from typing import cast

import pytest

from crmflow.core.people import People, Person, superiors


@pytest.mark.parametrize(
    ("above", "found"),
    [
        ({"a": "b", "b": "c", "c": None}, ["b", "c"]),
        ({"a": None}, []),
        ({}, []),
        ({"a": "b"}, ["b"]),
        ({"a": "a"}, []),
        ({"a": "b", "b": "a"}, ["b"]),
        ({"a": "b", "b": "c", "c": "b"}, ["b", "c"]),
    ],
)
def test_superiors_are_found_until_there_is_none(
    above: dict[str, str | None], found: list[str]
) -> None:
    """Nearest first; who is unknown ends it, and so does a circle, wherever it closes."""
    known = {name: Person(name, superior=one) for name, one in above.items()}
    people = cast("People", SimpleNamespace(person=known.get))
    assert list(islice(superiors(people, "a"), 9)) == found
