"""What is known of an alert, and what its events must bring."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

import attrs

from crmflow.core.form import Check, Names, Text
from crmflow.states.power.notices import NoticeWay
from crmflow.states.power.readings import AlertKind, Energy, Finding, Quantity, Reading


class AlertState(StrEnum):
    """Where an alert is."""

    DETECTED = "detected"
    NOTIFIED = "notified"
    DISPATCHED = "dispatched"
    HANDLED = "handled"
    FED_BACK = "fed_back"
    CLOSED = "closed"
    FALSE_ALARM = "false_alarm"


class Source(StrEnum):
    """What detects (PWR-016); what customers report is a request, named to be refused."""

    SCADA = "scada"
    REMOTE_READING = "remote_reading"
    LOAD_MANAGEMENT = "load_management"
    SUPPLY_QUALITY = "supply_quality"
    CUSTOMER_REPORT = "customer_report"


class Advice(StrEnum):
    """What a customer is advised on (PWR-042)."""

    OVER_COMPENSATED = "over_compensated"
    UNDER_COMPENSATED = "under_compensated"
    TRANSFORMER_TOO_LARGE = "transformer_too_large"
    TRANSFORMER_TOO_SMALL = "transformer_too_small"
    OTHER = "other_advice"


@attrs.frozen
class Given:
    """A piece of advice (PWR-028)."""

    about: Advice
    text: Text


@attrs.frozen
class AlertFacts:
    """
    What is known of an alert.

    Attributes:
        kind, finding, source: What it is, what was seen, and by what.
        customer: Id of the customer record; that of the large customer's record too.
        detail: What was seen, in words.
        detected_at: Aware UTC instant.
        curve, energy: The readings it rests on (PWR-019, PWR-020).
        highest_kw, lowest_kw: The highest and the lowest load of these.
        forecast_kw: The load that is forecast (PWR-023).
        ways: By which ways the customer subscribed to notices (PWR-041).
        origin: What raised it.
        notified_at: Aware UTC instant at which customer and staff were told.
        repair_plan: The repair plan that was looked up (PWR-034).
        crew: Who was sent.
        dispatched_at: Aware UTC instant.
        measure: What was done.
        metering_report: Number of the report to the metering department (PWR-026).
        cleared_with: Who of the customer's it was cleared with.
        analysis: What it says of the use (PWR-022).
        handled_at: Aware UTC instant.
        advice: Advice to the customer.
        fed_back_at: Aware UTC instant at which the customer was told.
        satisfied: Whether the customer is satisfied with the advice (PWR-055).
        pursued: How breach or theft is pursued (PWR-013).
        checked_by: How it was found not to be real.
        reason: Why it was dismissed.
    """

    kind: AlertKind
    finding: Finding
    source: Source
    customer: str
    detected_at: datetime
    detail: str | None = None
    curve: tuple[Reading, ...] = ()
    energy: Energy | None = None
    highest_kw: Decimal | None = None
    lowest_kw: Decimal | None = None
    forecast_kw: Decimal | None = None
    ways: tuple[NoticeWay, ...] = ()
    origin: str | None = None
    notified_at: datetime | None = None
    repair_plan: str | None = None
    crew: tuple[str, ...] = ()
    dispatched_at: datetime | None = None
    measure: str | None = None
    metering_report: str | None = None
    cleared_with: str | None = None
    analysis: str | None = None
    handled_at: datetime | None = None
    advice: tuple[Given, ...] = ()
    fed_back_at: datetime | None = None
    satisfied: bool | None = None
    pursued: str | None = None
    checked_by: str | None = None
    reason: str | None = None


@attrs.frozen
class Detection:
    """What was seen of whose supply, by what, with the readings it rests on."""

    kind: AlertKind
    customer: Text
    source: Source
    finding: Finding
    detail: Text | None = None
    curve: tuple[Reading, ...] = ()
    energy: Energy | None = None
    forecast_kw: Quantity | None = None
    ways: tuple[NoticeWay, ...] = (NoticeWay.SMS,)
    origin: Text | None = None


@attrs.frozen
class Dispatch:
    """Who is sent, and the repair plan; left out, the one on the customer's record."""

    crew: Names
    repair_plan: Text | None = None


@attrs.frozen
class Handling:
    """
    What was done.

    Attributes:
        measure: What was done.
        repaired: Whether the supply is repaired.
        metering_report: Number of the report to the metering department.
        cleared_with: Who of the customer's it was cleared with.
        analysis: What it says of the use.
    """

    measure: Text
    repaired: bool = False
    metering_report: Text | None = None
    cleared_with: Text | None = None
    analysis: Text | None = None


@attrs.frozen
class Feedback:
    """What the customer is advised, one piece of advice at least (PWR-028)."""

    advice: Annotated[tuple[Given, ...], Check("empty", bool, "at least one entry")]


@attrs.frozen
class Closing:
    """Whether the customer is satisfied with the advice, and how breach or theft is pursued."""

    satisfied: bool | None = None
    pursued: Text | None = None


@attrs.frozen
class Dismissal:
    """How it was checked that it is not real, and why."""

    checked_by: Text
    reason: Text
