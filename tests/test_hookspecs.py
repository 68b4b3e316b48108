"""The hooks: each documented, and answered by plain functions."""

from __future__ import annotations

import inspect

import pytest

from crmflow import hookspecs
from crmflow.plugins.answers import HOOKS
from crmflow.plugins.loading import Plugins

SPECS = {
    name: value
    for name, value in vars(hookspecs).items()
    if inspect.isfunction(value) and value.__module__ == hookspecs.__name__
}


def test_hooks_are_those_of_the_plugins() -> None:
    """Every question is asked somewhere, and none else is known."""
    assert tuple(sorted(SPECS)) == HOOKS
    assert sorted(vars(Plugins().hook)) == sorted(HOOKS)


@pytest.mark.parametrize("name", sorted(SPECS))
def test_hook_is_documented(name: str) -> None:
    """A hook says when it is called, what it returns and how answers combine."""
    text = inspect.getdoc(SPECS[name]) or ""
    places = [text.find(f"\n{word}: ") for word in ("Called", "Return", "Combined")]
    assert -1 not in places
    assert places == sorted(places)
    assert SPECS[name].__annotations__["return"]


def test_hookimpl_leaves_a_function_as_it_is() -> None:
    """A marked function can be called and tested like any other."""

    def machines() -> list[object]:
        return []

    assert hookspecs.hookimpl(machines) is machines
