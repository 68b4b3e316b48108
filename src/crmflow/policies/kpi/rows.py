"""The table of indicators: what is measured, against which target, how often."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

import attrs

from crmflow.core.form import Text
from crmflow.core.tables import TableRow


class Statistic(StrEnum):
    """
    What is made of the samples of a period.

    The last three compare with an earlier period: growth of the sum over the same period
    of the year before; of the groups (customers) seen in the period before, the share
    that was seen again, or was not.
    """

    RATIO = "ratio"
    AVERAGE = "average"
    LOWEST = "lowest"
    HIGHEST = "highest"
    SUM = "sum"
    COUNT = "count"
    GROWTH = "growth"
    RETENTION = "retention"
    CHURN = "churn"


SHARES = frozenset({Statistic.RATIO, Statistic.GROWTH, Statistic.RETENTION, Statistic.CHURN})
"""Statistics that are told in percent."""


HOURS = "hours"
"""The unit of times."""


class Direction(StrEnum):
    """On which side of its target an indicator shall be; `at_` includes the target itself."""

    AT_LEAST = "at_least"
    ABOVE = "above"
    AT_MOST = "at_most"
    BELOW = "below"


class Span(StrEnum):
    """How long a period is."""

    MONTH = "month"
    QUARTER = "quarter"
    HALF_YEAR = "half_year"
    YEAR = "year"


class Sources(StrEnum):
    """
    Where samples come from.

    `entities`: each entity is one sample. `stays`: each completed stay in the row's state,
    in hours. `reached`: each entity that reached the row's state, and whether it went on
    to reach another one. `spans`: each entity that did, and after how many hours (ANA-006).
    """

    ENTITIES = "entities"
    STAYS = "stays"
    REACHED = "reached"
    SPANS = "spans"


class Scope(StrEnum):
    """
    What a target is about: the company, each account, or a rate (AMB-21).

    Of a rate the entities counted are the part; what they are a part of (orders, accounts)
    is brought as samples of value 0.
    """

    COMPANY = "company"
    ACCOUNT = "account"
    RATE = "rate"


@attrs.frozen
class Kpi(TableRow):
    """
    An indicator.

    Attributes:
        title_en: What it is called, in English; left out, its name.
        title_zh: The same in Chinese.
        statistic: What is made of the samples.
        direction: On which side of the target it shall be; left out where there is none.
        target: The target of the base year, in the unit; left out where it is only measured.
        unit: `percent`, `points`, `count`, `hours` or a currency's code.
        period: How often it is told.
        step: What the target rises by with each full year after the base year (ANA-004).
        base_year: First year of the target, for a step.
        cap: What the target rises to at most.
        scope: Whether the target is about all, about each group, or about a rate of them.
        entities: Machine whose entities are measured; left out where samples are brought.
        source: What of them is a sample.
        on: Fact that says on which day an entity counts; left out, when it entered its state.
        counts: Expression over the facts: which entities count; left out, all.
        meets: Expression over the facts: which of them meet what a ratio is of.
        value: Expression over the facts that gives the number measured.
        out_of: Expression over the facts that says of how much, of a ratio of two numbers.
        by: Fact by which samples are told apart: the account, the item.
        state: State whose stays are measured, or that is reached first.
        reaches: State that is reached then.
        advice_en: What to think of where the target is missed, in English (ANA-013).
        advice_zh: The same in Chinese.
    """

    statistic: Statistic = attrs.field(kw_only=True)
    title_en: Text | None = None
    title_zh: Text | None = None
    direction: Direction | None = None
    target: Decimal | None = None
    unit: Text = "percent"
    period: Span = Span.YEAR
    step: Decimal = Decimal(0)
    base_year: int | None = None
    cap: Decimal | None = None
    scope: Scope = Scope.COMPANY
    entities: Text | None = None
    source: Sources = Sources.ENTITIES
    on: Text | None = None
    counts: Text | None = None
    meets: Text | None = None
    value: Text | None = None
    out_of: Text | None = None
    by: Text | None = None
    state: Text | None = None
    reaches: Text | None = None
    advice_en: Text | None = None
    advice_zh: Text | None = None

    def title(self, lang: str) -> str:
        """Return what it is called in a language, `en` or `zh`."""
        found = self.title_zh if lang == "zh" else self.title_en
        return found or self.name.replace("_", " ")

    def advice(self, lang: str) -> str | None:
        """Return what to think of where the target is missed, in a language, or None."""
        return self.advice_zh if lang == "zh" else self.advice_en
