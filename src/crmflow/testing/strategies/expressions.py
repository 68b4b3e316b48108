"""Expressions of tables, drawn from the names that a scope gives: each of a kind, none refused."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import strategies as st

from crmflow.expressions import Scope
from crmflow.expressions.kinds import Base, Kind
from crmflow.testing.strategies.pieces import FIRST, LAST

Texts = st.SearchStrategy[str]

MOST = 4
"""Parts that are joined by `and` and `or` at most."""

_NUMBERS = st.sampled_from(("0", "1", "12.50", "50000"))
_TEXTS = st.sampled_from(("'a'", "'客户'", '"it\'s"'))
_SPANS = st.sampled_from(("30min", "48h", "10d"))
_DAYS = st.dates(FIRST, LAST).map(lambda day: f'd"{day}"')
_LITERALS: Mapping[Base, Texts] = {
    Base.NUMBER: _NUMBERS,
    Base.TEXT: _TEXTS,
    Base.SPAN: _SPANS,
    Base.DAY: _DAYS,
    Base.INSTANT: st.dates(FIRST, LAST).map(lambda day: f'd"{day}T09:00:00+08:00"'),
}
_ORDERS = st.sampled_from(("<", "<=", ">", ">=", "==", "!="))
_SIGNS = st.sampled_from(("+", "-", "*", "/"))


def truths(scope: Scope) -> Texts:
    """Return a strategy for expressions of a scope that are true or false."""
    names = sorted(scope.names)
    one = st.sampled_from(names).flatmap(lambda name: _about(name, scope.names[name].kind))
    joined = st.sampled_from(("and", "or"))
    return st.recursive(
        one,
        lambda part: (
            st.builds("({} {} {})".format, part, joined, part) | st.builds("not ({})".format, part)
        ),
        max_leaves=MOST,
    )


def _about(name: str, kind: Kind) -> Texts:
    """Return a strategy for what may be asked of one name."""
    known = st.sampled_from((f"{name} == null", f"{name} != null"))
    if kind.base is Base.TRUTH:
        return st.just(name) | known
    if kind.base is Base.LIST:
        return st.builds("length({}) {} {}".format, st.just(name), _ORDERS, _NUMBERS) | known
    if kind.base is Base.TEXT:
        values = _choices(kind)
        equal = st.builds("{} {} {}".format, st.just(name), st.sampled_from(("==", "!=")), values)
        some = st.lists(values, min_size=1, max_size=3).map(", ".join)
        return equal | st.builds("{} in [{}]".format, st.just(name), some) | known
    if kind.base in _LITERALS:
        return st.builds("{} {} {}".format, st.just(name), _ORDERS, _LITERALS[kind.base]) | known
    return known


def _choices(kind: Kind) -> Texts:
    """Return a strategy for the texts that a text may be compared with."""
    return st.sampled_from([f"'{one}'" for one in sorted(kind.choices)]) if kind.choices else _TEXTS


def numbers(scope: Scope) -> Texts:
    """Return a strategy for expressions of a scope that are numbers."""
    names = [name for name, named in scope.names.items() if named.kind.base is Base.NUMBER]
    lists = [f"length({name})" for name, one in scope.names.items() if one.kind.base is Base.LIST]
    one = st.sampled_from(sorted((*names, *lists))) | _NUMBERS
    return st.recursive(
        one,
        lambda part: (
            st.builds("({} {} {})".format, part, _SIGNS, part)
            | st.builds("({} ?? {})".format, part, _NUMBERS)
        ),
        max_leaves=MOST,
    )
