"""Migrations as they are declared: short forms, names over several steps, facts as they are."""

from collections.abc import Mapping

import pytest

from crmflow.core.migration import Former, Migration, read_migrations, renamed


@pytest.mark.parametrize(
    ("steps", "now"),
    [
        ((), "a"),
        (({"a": "b"}, {"b": "c"}), "c"),
        (({"b": "c"},), "a"),
        (({"a": None}, {"a": "b"}), None),
        (({"a": "b"}, {"b": None}), None),
    ],
)
def test_a_name_is_followed_through_all_steps(
    steps: tuple[Mapping[str, str | None], ...], now: str | None
) -> None:
    """What one of them ends, no later one brings back."""
    assert renamed("a", steps) == now


def test_a_function_alone_changes_nothing_but_facts() -> None:
    """And a migration without one leaves them as they are."""
    found = read_migrations({1: lambda facts: {**facts, "b": 2}, 2: Migration()})
    former = Former({"a": 1})
    assert found[2].facts(found[1].facts(former)) == {"a": 1, "b": 2}
    assert (found[1].states, found[1].timers) == ({}, {})
