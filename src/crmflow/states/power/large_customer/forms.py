"""What the events of a large customer's record must bring."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import attrs

from crmflow.core.form import Check, Count, Names, Some, Text
from crmflow.states.power.large_customer.facts import Heard, Second, Service, Supply
from crmflow.states.power.notices import NoticeWay
from crmflow.states.power.readings import Agreed, Curve, Energy, Quantity


@attrs.frozen
class Opening:
    """
    The service record of a customer whose terminal is installed.

    Attributes:
        customer: Id of the customer record.
        manager: Who serves this customer.
        terminal: Number of the terminal.
        supply: The service record.
        agreed: Bounds of the voltage, and the highest load.
        ways: By which ways notices are sent.
        seconds: Second supplies there are; where there is none, it is to be completed.
    """

    customer: Text
    manager: Text
    terminal: Text
    supply: Supply
    agreed: Agreed
    ways: tuple[NoticeWay, ...] = ()
    seconds: tuple[Second, ...] = ()


@attrs.frozen
class Keeping:
    """What has changed; what is left out stays."""

    manager: Text | None = None
    terminal: Text | None = None
    supply: Supply | None = None
    agreed: Agreed | None = None


@attrs.frozen
class Subscription:
    """By which ways notices are sent from now on; none where they are not wanted (PWR-041)."""

    ways: tuple[NoticeWay, ...]


@attrs.frozen
class Notice:
    """What the customer is told of the supply or its price (PWR-041)."""

    text: Text


@attrs.frozen
class Day:
    """
    The readings of a day (PWR-019, PWR-020).

    Attributes:
        on: The day.
        curve: The readings: voltage, current and power.
        energy: Energy by time of use.
        expected: How many readings were due.
        accurate: How many were verified.
    """

    on: date
    curve: Curve
    energy: Energy
    expected: Some
    accurate: Count


@attrs.frozen
class Forecasting:
    """
    What a forecast is made from, beside the months on record (PWR-023).

    Attributes:
        month: First day of the month it is for.
        scada_kw, grid_kw: What SCADA data and the grid's forecast say of the highest load.
        earlier: Highest loads of months before those on record, the oldest first.
    """

    month: Annotated[
        date, Check("first", lambda value: getattr(value, "day", 0) == 1, "the first of a month")
    ]
    scada_kw: Quantity
    grid_kw: Quantity
    earlier: tuple[Quantity, ...] = ()


@attrs.frozen
class Plan:
    """A plan that is filed."""

    plan: Text


@attrs.frozen
class Guidance:
    """
    Electrical guidance on site (PWR-032).

    Attributes:
        trained: Who of the customer's staff was trained.
        maintenance: What was said on maintenance.
        found: Hazards that were found.
        removed: Hazards that are removed, found now or before.
    """

    trained: Names
    maintenance: Text
    found: tuple[Text, ...] = ()
    removed: tuple[Text, ...] = ()


@attrs.frozen
class Serving:
    """A service unasked, what came of it, and a need to be passed on (PWR-018, PWR-044)."""

    service: Service
    result: Text
    need: Text | None = None


@attrs.frozen
class Meeting:
    """
    The meeting with the customer (PWR-036, PWR-037).

    Attributes:
        held_on: The day.
        attended: Departments that attended.
        opinions: What was heard, one at least.
    """

    held_on: date
    attended: Names
    opinions: Annotated[tuple[Heard, ...], Check("empty", bool, "at least one entry")]


@attrs.frozen
class Completion:
    """A second supply that was completed, and how it was seen to be safe (PWR-045)."""

    second: Second
    checked: Text
