"""Figures of a worker: what it has done, and how much is left; one list for all who show them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import attrs

from crmflow.codec import moment
from crmflow.core.errors import StoreError
from crmflow.engine.working.duty import Duty
from crmflow.engine.working.tally import Tally
from crmflow.storage.query import Backlog


@attrs.frozen
class Seen:
    """
    One tenant, as figures see it.

    Attributes:
        tenant: Whose.
        tally: What was done.
        backlog: How much is left.
        stuck: Threads that handlers have not given back in time.
        now: Aware instant of it.
    """

    tenant: str
    tally: Tally
    backlog: Backlog
    stuck: int
    now: datetime

    def since(self, instant: int | None) -> float:
        """Return the seconds since an instant (microseconds UTC); none where there is none."""
        return 0.0 if instant is None else max((self.now - moment(instant)).total_seconds(), 0.0)


@attrs.frozen
class Figure:
    """
    A figure.

    Attributes:
        name: Its name, parts set apart by dots.
        text: What it tells.
        read: Reads it.
        unit: Its unit, or empty for a count.
        grows: Whether it only grows, as long as the worker lives.
    """

    name: str
    text: str
    read: Callable[[Seen], float]
    unit: str = ""
    grows: bool = False


FIGURES = (
    Figure("rounds", "Rounds.", lambda seen: seen.tally.rounds, grows=True),
    Figure("timers.fired", "Timers that fired.", lambda seen: seen.tally.fired, grows=True),
    Figure(
        "commits.forestalled",
        "Commits that somebody else forestalled.",
        lambda seen: seen.tally.forestalled,
        grows=True,
    ),
    Figure(
        "messages.delivered",
        "Messages that were taken.",
        lambda seen: seen.tally.delivered,
        grows=True,
    ),
    Figure(
        "messages.refused",
        "Messages that were parked.",
        lambda seen: seen.tally.parked,
        grows=True,
    ),
    Figure("failures", "Failures.", lambda seen: seen.tally.failed, grows=True),
    Figure("timers.pending", "Timers that are set.", lambda seen: seen.backlog.pending),
    Figure("timers.due", "Timers that are due.", lambda seen: seen.backlog.due),
    Figure(
        "timers.lag",
        "How long the first timer has been due.",
        lambda seen: seen.since(seen.backlog.due_since),
        "seconds",
    ),
    Figure("messages.waiting", "Messages that wait.", lambda seen: seen.backlog.waiting),
    Figure("messages.parked", "Messages that are parked.", lambda seen: seen.backlog.parked),
    Figure(
        "messages.age",
        "How long the oldest message has waited.",
        lambda seen: seen.since(seen.backlog.waiting_since),
        "seconds",
    ),
    Figure(
        "handlers.stuck",
        "Threads that handlers have not given back in time.",
        lambda seen: seen.stuck,
    ),
)
"""All figures of a worker, per tenant."""


def seen_of(duty: Duty) -> Seen:
    """
    Look at what was done and is left, of a tenant.

    Raises:
        StoreError: The store does not answer.
    """
    return _seen(duty, duty.engine.backlog())


def _seen(duty: Duty, backlog: Backlog) -> Seen:
    engine, stuck = duty.engine, sum(duty.hands.stuck().values())
    return Seen(engine.registry.tenant, duty.tally, backlog, stuck, engine.clock.now())


def exposition(duties: Sequence[Duty]) -> str:
    """Return the figures as Prometheus reads them; without the store those of the worker alone."""
    try:
        seen = [seen_of(duty) for duty in duties]
    except StoreError:
        seen = [_seen(duty, Backlog()) for duty in duties]
        return "".join(_lines(one, seen) for one in FIGURES if one.grows)
    return "".join(_lines(one, seen) for one in FIGURES)


def _lines(figure: Figure, seen: Iterable[Seen]) -> str:
    name = "_".join(("crmflow", *figure.name.split("."), *filter(None, [figure.unit])))
    name += "_total" if figure.grows else ""
    kind = "counter" if figure.grows else "gauge"
    values = "".join(
        f'{name}{{tenant="{_quoted(one.tenant)}"}} {figure.read(one)}\n' for one in seen
    )
    return f"# HELP {name} {figure.text}\n# TYPE {name} {kind}\n{values}"


def _quoted(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
