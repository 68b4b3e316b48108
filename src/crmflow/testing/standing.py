"""What an entity in a state is known by: facts that have all that the state requires."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
from hypothesis import strategies as st

from crmflow.core.machine import Machine
from crmflow.core.plain import plain
from crmflow.testing.strategies import Strategies
from crmflow.testing.strategies.kinds import fields_of
from crmflow.testing.strategies.pieces import Claim

Facts = Mapping[str, object]


def facts_in(machine: Machine, state: str, drawn: Strategies) -> st.SearchStrategy[Facts]:
    """
    Return a strategy for facts of an entity in a state, as plain values that adopt it there.

    Args:
        machine: Its machine.
        state: Name of the state; the facts that it requires are always known.
        drawn: Draws each of them.
    """
    wanted = machine.state(state).requires
    required = {
        field.name: drawn.kinds.of(field.kind, (*field.claims, Claim(_is_known)))
        for field in fields_of(machine.facts)
        if field.needed or field.name in wanted
    }
    return st.builds(_with, drawn.facts_for(machine), st.fixed_dictionaries(required))


def _is_known(value: object) -> bool:
    return bool(value.strip()) if isinstance(value, str) else value not in (None, ())


def _with(facts: Any, required: Mapping[str, object]) -> Facts:  # noqa: ANN401 - an attrs class
    """Return what is known; what stands at its default nobody has told."""
    known = attrs.evolve(facts, **required)
    fields = [field for field in attrs.fields(type(facts)) if field.init]
    told = {field.name: getattr(known, field.name) for field in fields}
    defaults = {field.name: field.default for field in fields}
    return {name: plain(one) for name, one in told.items() if one not in (None, defaults[name])}
