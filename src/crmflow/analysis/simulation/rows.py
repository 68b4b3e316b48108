"""The rows of a scenario, as its TOML file has them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated

import attrs

from crmflow.analysis.simulation.case_rows import Arrivals, Doing, Part
from crmflow.analysis.simulation.law_rows import LawRow
from crmflow.core.form import Check, Count, Names, Some, Text
from crmflow.core.money import Money


def _is_yuan(value: object) -> bool:
    return isinstance(value, Money) and value.currency == "CNY"


Yuan = Annotated[Money, Check("currency", _is_yuan, "an amount such as '90 CNY'")]


_LAST = date(9000, 1, 1)
"""Timers that a case sets on the last day need room before the calendar ends."""

_MOST_GROWN = 1000
"""More of growth and season would come at one instant, as more in an ordinary week would."""


class Discipline(StrEnum):
    """Who is served next: who came first, what is due first, or whom the order puts first."""

    FIFO = "fifo"
    DEADLINE = "deadline"
    PRIORITY = "priority"


@attrs.frozen(kw_only=True)
class Queueing:
    """
    The order in which work that waits is taken.

    Attributes:
        discipline: By what.
        by: Of `priority`: the fact it goes by.
        order: Of `priority`: values of that fact, the first in front; others come last.
    """

    discipline: Discipline = Discipline.FIFO
    by: Text | None = None
    order: tuple[Text, ...] = ()

    def __attrs_post_init__(self) -> None:
        if (self.discipline is Discipline.PRIORITY) != bool(self.by and self.order):
            raise ValueError("`by` and `order` with discipline 'priority', and with no other")


@attrs.frozen(kw_only=True)
class Away:
    """Days on which somebody is not there, both included."""

    from_on: date
    until_on: date
    stand_in: Text | None = None

    def __attrs_post_init__(self) -> None:
        if self.until_on < self.from_on:
            raise ValueError("a last day that is not before the first")


@attrs.frozen(kw_only=True)
class Staff:
    """
    People who work.

    Attributes:
        name: Id; of several `name-1`, `name-2`.
        count: How many there are of them.
        roles, skills, departments, superior: As the directory has them.
        calendar: Name of the calendar of their shifts; left out, day and night.
        away: When they are not there.
        per_hour: What an hour of their shifts costs.
    """

    name: Text
    count: Some = 1
    roles: Names
    skills: tuple[Text, ...] = ()
    departments: tuple[Text, ...] = ()
    superior: Text | None = None
    calendar: Text | None = None
    away: tuple[Away, ...] = ()
    per_hour: Yuan | None = None


@attrs.frozen(kw_only=True)
class Voting:
    """
    How approvers answer.

    Attributes:
        name: Unique.
        machine: Whose requests; left out, all.
        request: The held event or the approval state; left out, all.
        approve: Part of the requests that is approved; others are refused.
        takes: How long it keeps the approver.
        payload: In an approval state, what the form of its row needs.
    """

    name: Text
    machine: Text | None = None
    request: Text | None = None
    approve: Part = 1.0
    takes: LawRow
    payload: Mapping[str, object] | None = None


@attrs.frozen(kw_only=True)
class Cost:
    """
    What a missed deadline costs.

    Attributes:
        name: Unique.
        deadline: Its name in the table.
        tier: Of this tier only; left out, of every tier without a row of its own.
        missed: For each.
        per_hour: For each hour of overrun.
    """

    name: Text
    deadline: Text
    tier: Text | None = None
    missed: Yuan | None = None
    per_hour: Yuan | None = None


@attrs.frozen(kw_only=True)
class HistoryRow:
    """
    What was: a log, or a store, which is only read.

    Attributes:
        name: Unique.
        machine: Whose lives.
        log, mapping: Files of the log and of what its columns mean.
        store: URL of a store in place of both.
        opened: Fact with the instant a case was opened; left out, that of its first row.
        from_on, until_on: Days (UTC) in which a case must have begun, both included.
        calendar: Name of the calendar on whose hours lengths are counted; left out, by the clock.
    """

    name: Text
    machine: Text
    log: Text | None = None
    mapping: Text | None = None
    store: Text | None = None
    opened: Text | None = None
    from_on: date | None = None
    until_on: date | None = None
    calendar: Text | None = None

    def __attrs_post_init__(self) -> None:
        given = (self.log is not None, self.mapping is not None, self.store is not None)
        if given not in {(True, True, False), (False, False, True)}:
            raise ValueError("a `log` with its `mapping`, or a `store`")


@attrs.frozen(kw_only=True)
class ScenarioRows:
    """
    A scenario file.

    Attributes:
        title: What it is about.
        seed: Names the numbers of chance.
        starts_on, days: Which days of the company's zone are simulated.
        warm_up_days: How many of them pass before anything is counted.
        machines, profile, plugins, config: As an `Engine` takes them; paths are beside the file.
        queue: The order in which work is taken.
        arrivals, doings, staff, voting, costs, histories: The rows.
    """

    title: str = ""
    seed: int = 1
    starts_on: date
    days: Some
    warm_up_days: Count = 0
    machines: Names
    profile: tuple[Text, ...] = ()
    plugins: tuple[Text, ...] = ()
    config: Text | None = None
    queue: Queueing = Queueing()
    arrivals: tuple[Arrivals, ...] = ()
    doings: tuple[Doing, ...] = ()
    staff: tuple[Staff, ...] = ()
    voting: tuple[Voting, ...] = ()
    costs: tuple[Cost, ...] = ()
    histories: tuple[HistoryRow, ...] = ()

    def __attrs_post_init__(self) -> None:
        if self.warm_up_days >= self.days:
            raise ValueError(f"`warm_up_days` below the {self.days} days that are simulated")
        if (_LAST - self.starts_on).days < self.days:
            raise ValueError(f"`starts_on` and `days` with an end by {_LAST}")
        span = timedelta(days=self.days)
        wild = [one.name for one in self.arrivals if one.grows(span) > _MOST_GROWN]
        if wild:
            raise ValueError(
                f"`growth` and `season` that bring at most {_MOST_GROWN} times an ordinary week, "
                f"unlike {', '.join(wild)}"
            )
