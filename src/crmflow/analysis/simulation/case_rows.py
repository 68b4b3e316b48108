"""Rows of a scenario about cases: how they come in, and what is done with them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated

import attrs

from crmflow.analysis.simulation.law_rows import Kind, LawRow, Positive
from crmflow.core.form import Check, Names, Some, Text


def _is_part(value: object) -> bool:
    return isinstance(value, float) and 0 <= value <= 1


def _are_weights(value: object) -> bool:
    found = list(value.values()) if isinstance(value, Mapping) else value
    return isinstance(found, list | tuple) and min(found, default=-1) >= 0 < max(found, default=0)


Part = Annotated[float, Check("part", _is_part, "a number from 0 to 1")]
Weights = Annotated[
    Mapping[str, float], Check("weights", _are_weights, "weights from 0, one of them greater")
]
Rates = Annotated[
    tuple[float, ...], Check("weights", _are_weights, "weights from 0, one of them greater")
]


@attrs.frozen(kw_only=True)
class Mix:
    """
    One kind of case.

    Attributes:
        weight: How often.
        payload: What the form is given; texts may have places (`{n}`, `{at + 2h}`).
        draws: Field -> value -> weight: drawn for each case.
        history: Name of the history a case is sampled from.
        fields: Facts of that case that the form is given.
    """

    weight: Positive = 1.0
    payload: Mapping[str, object] = attrs.field(factory=dict)
    draws: Mapping[str, Weights] = attrs.field(factory=dict)
    history: Text | None = None
    fields: tuple[Text, ...] = ()


def _is_week(value: object) -> bool:
    return isinstance(value, tuple) and len(value) in {0, 168} and _are_weights(value or [1.0])


Week = Annotated[tuple[float, ...], Check("week", _is_week, "168 weights, Monday 00:00 first")]


YEAR = timedelta(days=365)
"""What growth is counted by."""

_MOST = 1_000_000
"""Cases a week; more would come at one instant, and no run would come to its end."""


def _is_rate(value: object) -> bool:
    return isinstance(value, float) and 0 < value <= _MOST


PerWeek = Annotated[float, Check("number", _is_rate, "a number above 0, up to 1,000,000")]


@attrs.frozen(kw_only=True)
class Arrivals:
    """
    How cases of a machine come in: a Poisson process whose rate changes with the hour.

    Attributes:
        name: Cases are called after it: `complaints-000001`.
        machine: Whose creating event.
        by: Id of who brings them, with `roles`.
        per_week: Cases of an ordinary week; left out, as many as the history has.
        hours: 24 weights of the hours of a day.
        weekdays: 7 weights, Monday first.
        week: 168 weights in place of both.
        history: Name of the history that the week is taken from.
        during: Name of the calendar outside whose hours nothing comes in.
        growth: By which part there are more after a year (0.1 is a tenth).
        season: Month (`01` to `12`) -> factor.
        limit: How many at most.
        customers: How many customers there are; `{customer}` is one of them by chance.
        mix: Kinds of cases.
    """

    name: Text
    machine: Text
    by: Text = "customer"
    roles: tuple[Text, ...] = ()
    per_week: PerWeek | None = None
    hours: Rates = (1.0,) * 24
    weekdays: Rates = (1.0,) * 7
    week: Week = ()
    history: Text | None = None
    during: Text | None = None
    growth: float = 0.0
    season: Mapping[str, Positive] = attrs.field(factory=dict)
    limit: Some | None = None
    customers: Some = 1
    mix: tuple[Mix, ...] = (Mix(),)

    def __attrs_post_init__(self) -> None:
        if self.per_week is None and self.history is None:
            raise ValueError("`per_week`, or a `history` to count in")
        if not self.mix:
            raise ValueError("one kind of case at least in `mix`, or none named")
        if (len(self.hours), len(self.weekdays)) != (24, 7):
            raise ValueError("24 `hours` and 7 `weekdays`")
        if self.growth <= -1 or not self.season.keys() <= _MONTHS:
            raise ValueError("`growth` above -1, and months from '01' to '12'")

    def grows(self, span: timedelta) -> float:
        """Return how many times as many come in, at most, as in an ordinary week: 1 or more."""
        powers = max(0.0, span / YEAR * math.log1p(self.growth))
        season = math.log(max([1.0, *self.season.values()]))
        # No float holds what is greater, and nobody simulates it.
        return math.exp(min(powers + season, 700.0))


_MONTHS = {f"{month:02}" for month in range(1, 13)}


@attrs.frozen(kw_only=True)
class Doing:
    """
    What somebody does while an entity is in some states.

    It begins when the entity comes into one of them from another state, and is given up when the
    entity leaves them; when the entity comes back it begins anew.

    Attributes:
        name: Unique.
        machine, states: Whose, and while it is in which.
        event: What is fired in the end.
        match: Facts it must have; texts, numbers or truth.
        choice: Of the doings that begin together under one such name, one is drawn by `weight`.
        weight: How often it is drawn; of a law that is fitted the history says it.
        chance: Part of the entities with which it is done at all.
        after: How long it takes until it can be done: waiting for an answer, thinking.
        calendar: Name of the calendar on whose hours `after` counts; left out, by the clock.
        role, skill: Who of the staff does it; without a role nobody of the staff has to.
        takes: How long that keeps them, in their own hours.
        by, roles: Where no role is named: who fires it.
        to: State that the event leads to, where a law is fitted to a history.
        until: Name of another doing of the machine, with a role; once one of the staff has begun
            that, this one is given up unless it is begun too: the patience of those who wait.
        again: How long until it is tried again where it was refused; left out, never.
        payload, draws: What the form is given, as in a `Mix`.
    """

    name: Text
    machine: Text
    states: Names
    event: Text
    match: Mapping[str, object] = attrs.field(factory=dict)
    choice: Text | None = None
    weight: Positive | None = None
    chance: Part = 1.0
    after: LawRow | None = None
    calendar: Text | None = None
    role: Text | None = None
    skill: Text | None = None
    takes: LawRow | None = None
    by: Text = "customer"
    roles: tuple[Text, ...] = ()
    to: Text | None = None
    until: Text | None = None
    again: LawRow | None = None
    payload: Mapping[str, object] = attrs.field(factory=dict)
    draws: Mapping[str, Weights] = attrs.field(factory=dict)

    def __attrs_post_init__(self) -> None:
        if (self.role is None) != (self.takes is None):
            raise ValueError("a `role` and what it `takes`, or neither")
        fits = any(one and one.law is Kind.FIT for one in (self.after, self.takes))
        if fits != (self.to is not None):
            raise ValueError("`to` with a law that is fitted, and with no other")
