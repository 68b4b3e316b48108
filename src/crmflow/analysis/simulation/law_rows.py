"""Laws of chance as a scenario file has them; lengths of time are measures (`20min`)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

import attrs

from crmflow.analysis.simulation.fitting import Family
from crmflow.core.form import Check, Text
from crmflow.core.measure import Measure, Unit

_ELAPSED = frozenset({Unit.SECONDS, Unit.MINUTES, Unit.HOURS, Unit.DAYS})


def is_length(value: object) -> bool:
    """Say whether something is a measure of the clock's time, as lengths are."""
    return isinstance(value, Measure) and value.unit in _ELAPSED and not value.through


def _is_positive(value: object) -> bool:
    return isinstance(value, float) and value > 0


_LEAST_SHAPE, _GREATEST_SHAPE = 0.05, 30.0
"""Beyond these a law gives lengths that no float can hold."""


def _is_shape(value: object) -> bool:
    return isinstance(value, float) and _LEAST_SHAPE <= value <= _GREATEST_SHAPE


Length = Annotated[Measure, Check("length", is_length, "a length such as '90s', '20min' or '2h'")]
Positive = Annotated[float, Check("number", _is_positive, "a number greater than 0")]
Shape = Annotated[float, Check("number", _is_shape, "a number from 0.05 to 30")]


class Kind(StrEnum):
    """Kinds of laws; `fit` is fitted to a history."""

    CONSTANT = "constant"
    EXPONENTIAL = "exponential"
    LOGNORMAL = "lognormal"
    GAMMA = "gamma"
    WEIBULL = "weibull"
    EMPIRICAL = "empirical"
    MIXTURE = "mixture"
    FIT = "fit"


_NEEDS: Mapping[Kind, frozenset[str]] = {
    Kind.CONSTANT: frozenset({"value"}),
    Kind.EXPONENTIAL: frozenset({"mean"}),
    Kind.LOGNORMAL: frozenset({"median", "sigma"}),
    Kind.GAMMA: frozenset({"mean", "shape"}),
    Kind.WEIBULL: frozenset({"scale", "shape"}),
    Kind.EMPIRICAL: frozenset({"quantiles"}),
    Kind.MIXTURE: frozenset({"parts"}),
    Kind.FIT: frozenset({"history"}),
}
_MAY: Mapping[Kind, frozenset[str]] = {Kind.FIT: frozenset({"family"})}
_ALWAYS = frozenset({"law", "weight"})


def _fits_kind(row: SimpleLaw) -> None:
    """Raise ValueError where a law lacks what it needs, or has what it does not know."""
    given = {field.name for field in attrs.fields(type(row)) if getattr(row, field.name)} - _ALWAYS
    needs = _NEEDS[row.law]
    if needs <= given <= needs | _MAY.get(row.law, frozenset()):
        return
    message = f"{row.law} with {', '.join(sorted(needs))}, not with {', '.join(sorted(given))}"
    raise ValueError(message)


@attrs.frozen(kw_only=True)
class SimpleLaw:
    """
    A law of lengths of time.

    Attributes:
        law: Its kind; each needs some of the others.
        value: Of `constant`.
        mean: Of `exponential` and `gamma`.
        median, sigma: Of `lognormal`.
        scale: Of `weibull`.
        shape: Of `gamma` and `weibull`.
        quantiles: Of `empirical`: in order, at equal distances of chance, two at least.
        history: Of `fit`: name of the history it is fitted to.
        family: Of `fit`: which laws come into question; left out, the best of all with a formula.

    Raises:
        ValueError: It lacks what its kind needs, has what it does not know, or quantiles are few
            or out of order.
    """

    law: Kind
    value: Length | None = None
    mean: Length | None = None
    median: Length | None = None
    sigma: Shape | None = None
    scale: Length | None = None
    shape: Shape | None = None
    quantiles: tuple[Length, ...] = ()
    history: Text | None = None
    family: Family | None = None

    def __attrs_post_init__(self) -> None:
        _fits_kind(self)
        lengths = list(map(minutes_of, self.quantiles))
        if lengths != sorted(lengths) or len(lengths) == 1:
            raise ValueError("two quantiles at least, the least first")


@attrs.frozen(kw_only=True)
class PartLaw(SimpleLaw):
    """A part of a mixture; `weight` says how often it is drawn."""

    weight: Positive = 1.0


@attrs.frozen(kw_only=True)
class LawRow(SimpleLaw):
    """A law, or a mixture of several."""

    parts: tuple[PartLaw, ...] = ()


_MINUTES: Mapping[Unit, float] = {
    Unit.SECONDS: 1 / 60,
    Unit.MINUTES: 1.0,
    Unit.HOURS: 60.0,
    Unit.DAYS: 1440.0,
}


def minutes_of(length: Measure) -> float:
    """Return a length in minutes; a day has 24 hours."""
    return length.amount * _MINUTES[length.unit]
