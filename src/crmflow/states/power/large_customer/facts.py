"""What is known of a large customer's supply."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

import attrs

from crmflow.core.form import Text
from crmflow.states.power.notices import NoticeWay
from crmflow.states.power.readings import Agreed, Load, Reading


class RecordState(StrEnum):
    """Where a record is."""

    SERVED = "served"
    ENDED = "ended"


class Influence(StrEnum):
    """What use depends on (PWR-022)."""

    MARKET = "market"
    POLICY = "policy"
    SEASON = "season"
    WEATHER = "weather"
    HOLIDAYS = "holidays"


class Service(StrEnum):
    """Services that the company offers unasked (PWR-018, PWR-044)."""

    VISIT = "visit"
    PHONE_REVISIT = "phone_revisit"
    BUSINESS_ON_SITE = "business_on_site"
    DISPUTE_ON_SITE = "dispute_on_site"
    POLICY_EXPLAINED = "policy_explained"
    NEEDS_PASSED_ON = "needs_passed_on"


class Said(StrEnum):
    """What was said at a meeting (PWR-037)."""

    OPINION = "opinion"
    SUGGESTION = "suggestion"
    COMPLAINT = "complaint"


class Second(StrEnum):
    """A second supply: 双电源, 自备电源 (PWR-045)."""

    DUAL = "dual"
    OWN = "own"


@attrs.frozen
class Supply:
    """
    The service record 大客户服务记录 (PWR-040).

    Attributes:
        production: Traits of the production.
        equipment: How the equipment runs.
        repairs: What was repaired.
        site_survey: The survey of the site.
        construction_plan: The plan of construction.
        metering: Method of metering.
    """

    production: Text
    equipment: Text
    repairs: Text
    site_survey: Text
    construction_plan: Text
    metering: Text


@attrs.frozen
class Forecast:
    """
    The forecast of a month's highest load (PWR-023).

    Attributes:
        month: First day of the month.
        kw: What is expected: the mean of the three.
        trend_kw: By the trend of the months before.
        scada_kw: By the dispatch's SCADA data.
        grid_kw: By the grid's forecast.
    """

    month: date
    kw: Decimal
    trend_kw: Decimal
    scada_kw: Decimal
    grid_kw: Decimal


@attrs.frozen
class Influenced:
    """What use depended on, and how."""

    by: Influence
    effect: Text


@attrs.frozen
class Analysis:
    """
    The analysis of use (PWR-022).

    Attributes:
        by_period: Load by period.
        by_voltage_level: Load by voltage level.
        supply_quality: Quality of the supply.
        influences: What use depended on.
        odd: What is odd in it: an alert of abnormal use is raised.
    """

    by_period: Text
    by_voltage_level: Text
    supply_quality: Text
    influences: tuple[Influenced, ...] = ()
    odd: Text | None = None


@attrs.frozen
class Heard:
    """What was said at a meeting."""

    kind: Said
    content: Text


@attrs.frozen
class LargeCustomerFacts:
    """
    What is known of a large customer's supply.

    Attributes:
        customer: Id of the customer record.
        manager: Who serves this customer, one to one (PWR-003).
        terminal: Number of the terminal that is read (PWR-015).
        supply: The service record.
        agreed: Bounds of the voltage, and the highest load.
        ways: By which ways notices are sent (PWR-041).
        read_on: The last day with readings.
        curve: The load curve of that day; the journal has those of all days (PWR-020).
        month: What the readings of its month come to.
        power_factor: That of the month, in percent.
        peaks: Highest load of each month before, the oldest first.
        forecast: The last forecast.
        forecast_accuracy: How near the last one came that was over, in percent.
        analysis, analysed_at: The last analysis of use.
        usage_plan: The plan of use on file (PWR-024).
        repair_plan: The repair plan 抢修处理预案 on file (PWR-034).
        hazards: What was found dangerous and is not removed yet (PWR-032).
        guided_at: Aware UTC instant of the last guidance.
        services, served_at: Number of services unasked, and the instant of the last one.
        met_on, opinions: The last meeting, and what was heard there.
        seconds: Supplies that were completed (PWR-045).
        reason: Why the record has ended.
    """

    customer: str
    manager: str
    terminal: str
    supply: Supply
    agreed: Agreed
    ways: tuple[NoticeWay, ...] = ()
    read_on: date | None = None
    curve: tuple[Reading, ...] = ()
    month: Load | None = None
    power_factor: Decimal | None = None
    peaks: tuple[Decimal, ...] = ()
    forecast: Forecast | None = None
    forecast_accuracy: Decimal | None = None
    analysis: Analysis | None = None
    analysed_at: datetime | None = None
    usage_plan: str | None = None
    repair_plan: str | None = None
    hazards: tuple[str, ...] = ()
    guided_at: datetime | None = None
    services: int = 0
    served_at: datetime | None = None
    met_on: date | None = None
    opinions: tuple[Heard, ...] = ()
    seconds: tuple[Second, ...] = ()
    reason: str | None = None
