"""Parts of an expression with their kinds, and which kinds go together."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from crmflow.core.errors import did_you_mean
from crmflow.expressions.kinds import Base, Env, Kind, Read
from crmflow.expressions.words import wrong

_COMPARED = frozenset(Base) - {Base.LIST, Base.OTHER, Base.NOTHING}


@attrs.frozen
class Term:
    """
    A part of an expression.

    Attributes:
        kind: Kind of its value.
        read: What computes it.
        place: Its first character.
        written: What it says where it is a written value, else nothing.
    """

    kind: Kind
    read: Read
    place: int
    written: tuple[object, ...] = ()


def same(left: Term, right: Term) -> None:
    """
    Check that two parts may be compared with, or stand for, each other.

    Raises:
        FieldError: Their kinds differ, or a written text is none the other can be.
    """
    one, two = left.kind.base, right.kind.base
    if one is two and one in _COMPARED:
        choose(left, right)
        choose(right, left)
    elif Base.NOTHING not in {one, two}:
        # Where a part goes with null alone, that is what would be right.
        expected = left.kind if one in _COMPARED else Base.NOTHING
        raise wrong("type", f"{expected}, not {right.kind}", right.place)


def choose(term: Term, written: Term) -> None:
    """Check that what is written is something the other part can be; FieldError if not."""
    for value in written.written:
        if term.kind.choices and value is not None and value not in term.kind.choices:
            raise wrong("unknown", did_you_mean(str(value), term.kind.choices), written.place)


def either(left: Term, right: Term) -> Kind:
    """Return the kind of a value that is one part's or the other's."""
    if Base.NOTHING in {left.kind.base, right.kind.base}:
        return right.kind if left.kind.base is Base.NOTHING else left.kind
    return left.kind if left.kind == right.kind else Kind(left.kind.base)


def present(compute: Callable[..., object], *reads: Read) -> Read:
    """Return what computes of values, and is missing where one is or where it has no answer."""

    def read(env: Env) -> object:
        values = [one(env) for one in reads]
        if any(value is None for value in values):
            return None
        try:
            return compute(*values)
        except ArithmeticError:  # divided by nothing, or longer than any number here
            return None

    return read
