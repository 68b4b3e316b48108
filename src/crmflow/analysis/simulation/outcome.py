"""What came of a run: its tables, and the figures by which runs are compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from math import ceil

import attrs

from crmflow.analysis.reports.told import Told

Figure = tuple[str, str]
"""What is measured (`waiting`), and of what (`customer_service`)."""


@attrs.frozen(kw_only=True)
class Simulated:
    """
    What came of a run.

    Attributes:
        scenario: Name of the scenario.
        seed: What the numbers of chance are named by.
        starts_at: Aware UTC instant from which is counted: the warm-up is over.
        ends_at: Aware UTC instant until which.
        asked: How many events people asked for, those of the warm-up included.
        tables: Tables by name, each of which can be drawn: `load`, `waiting`, `queues`,
            `deadlines`, `throughput`, `durations`, `states`, `refusals`, `approvals`, `fits`.
        figures: What runs are compared by: numbers in minutes, hours, per cent or yuan.
        hours: By machine, how many hours each entity took to its end.
    """

    scenario: str
    seed: int
    starts_at: datetime
    ends_at: datetime
    asked: int
    tables: Mapping[str, Told]
    figures: Mapping[Figure, float]
    hours: Mapping[str, Sequence[float]]

    def document(self) -> Mapping[str, object]:
        """Return it as JSON shows it."""
        return {
            "scenario": self.scenario,
            "seed": self.seed,
            "from": self.starts_at.isoformat(),
            "until": self.ends_at.isoformat(),
            "asked": self.asked,
            **{name: list(told.rows) for name, told in self.tables.items()},
            "figures": figure_rows(self.figures),
        }


def figure_rows(figures: Mapping[Figure, float]) -> Sequence[Mapping[str, object]]:
    """Return figures as rows."""
    return [
        {"figure": name, "of": of, "value": shown(value)} for (name, of), value in figures.items()
    ]


def shown(value: float | None) -> str | None:
    """Return a number as text with two digits after the point; None stays None."""
    return None if value is None else f"{value:.2f}"


def nth(ordered: Sequence[float], part: Fraction) -> float:
    """
    Return the least of some numbers that such a part of them does not exceed.

    Args:
        ordered: One at least, the least first.
        part: Above 0, up to 1; exact, for a float of nine tenths is more than that.
    """
    return ordered[ceil(part * len(ordered)) - 1]
