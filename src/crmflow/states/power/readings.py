"""
Readings of a customer's supply: curves, what they come to, and what is wrong in them.

All of it is pure and exact; shares are cut off after two decimals, never rounded up, so that
none looks better than it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Context, Decimal, Inexact
from enum import StrEnum
from fractions import Fraction
from math import isqrt
from typing import Annotated

import attrs

from crmflow.core.form import Check, Count, Some

_DIGITS, _DECIMALS = 12, 6
_EXACT = Context(prec=60, traps=[Inexact])


def _is_number(value: object) -> bool:
    return (
        isinstance(value, Decimal)
        and value.is_finite()
        and abs(value) < 10**_DIGITS
        and int(value.as_tuple().exponent) >= -_DECIMALS
    )


def _is_quantity(value: object) -> bool:
    return _is_number(value) and isinstance(value, Decimal) and value >= 0


Number = Annotated[Decimal, Check("number", _is_number, "a number with at most 6 decimals")]
Quantity = Annotated[
    Decimal, Check("number", _is_quantity, "a number from 0 with at most 6 decimals")
]


class AlertKind(StrEnum):
    """What an alert is about (catalogue 3.27)."""

    SUPPLY_FAULT = "supply_fault"
    METER_FAULT = "meter_fault"
    ABNORMAL_USE = "abnormal_use"
    OVER_LIMIT = "over_limit"


class Finding(StrEnum):
    """What was seen (PWR-021, PWR-023, PWR-026)."""

    NO_VOLTAGE = "no_voltage"
    VOLTAGE_OUT_OF_BOUNDS = "voltage_out_of_bounds"
    PHASE_MISSING = "phase_missing"
    LOAD_OVER_LIMIT = "load_over_limit"
    FORECAST_OVER_LIMIT = "forecast_over_limit"
    ODD_PATTERN = "odd_pattern"
    OTHER = "other_finding"


KINDS = {
    Finding.NO_VOLTAGE: AlertKind.SUPPLY_FAULT,
    Finding.VOLTAGE_OUT_OF_BOUNDS: AlertKind.SUPPLY_FAULT,
    Finding.PHASE_MISSING: AlertKind.METER_FAULT,
    Finding.LOAD_OVER_LIMIT: AlertKind.OVER_LIMIT,
    Finding.FORECAST_OVER_LIMIT: AlertKind.OVER_LIMIT,
    Finding.ODD_PATTERN: AlertKind.ABNORMAL_USE,
}
"""What kind of alert a finding is; the other finding may be of any."""


@attrs.frozen
class Reading:
    """
    What the terminal read at one instant (PWR-019).

    Attributes:
        at: Aware UTC instant.
        voltages: Volts of each phase.
        currents: Amperes of each phase.
        kw: Active power.
        kvar: Reactive power; below zero where it is over-compensated.
    """

    at: datetime
    voltages: Annotated[tuple[Quantity, ...], Check("empty", bool, "at least one entry")]
    currents: Annotated[tuple[Quantity, ...], Check("empty", bool, "at least one entry")]
    kw: Quantity
    kvar: Number = Decimal(0)


Curve = Annotated[tuple[Reading, ...], Check("empty", bool, "at least one entry")]
"""Readings in the order of time, one at least."""


@attrs.frozen
class Energy:
    """Time-of-use energy in kWh: peak, flat and valley hours (PWR-020)."""

    peak: Quantity
    flat: Quantity
    valley: Quantity

    def plus(self, other: Energy) -> Energy:
        """Return the exact sum."""
        pairs = zip(attrs.astuple(self), attrs.astuple(other), strict=True)
        return Energy(*(_EXACT.add(one, more) for one, more in pairs))


@attrs.frozen
class Agreed:
    """What was agreed of a supply: bounds of the voltage, and the highest load or None."""

    voltage_low: Quantity
    voltage_high: Quantity
    limit_kw: Quantity | None = None

    def conforms(self, reading: Reading) -> bool:
        """Say whether every phase is within the bounds (PWR-030, PWR-050)."""
        return all(self.voltage_low <= one <= self.voltage_high for one in reading.voltages)


@attrs.frozen
class Load:
    """
    What the readings of a day, or of several, come to (PWR-020).

    Attributes:
        since: The first day.
        days: How many days have readings.
        expected, received, accurate: Readings due, readings that came, and those verified.
        conforming: Readings with every phase within the agreed voltage.
        highest_kw, lowest_kw: The highest and the lowest load.
        energy: Time-of-use energy.
        kw, kvar: Active and reactive power of all readings, added up.
    """

    since: date
    days: Some
    expected: Some
    received: Count
    accurate: Count
    conforming: Count
    highest_kw: Quantity
    lowest_kw: Quantity
    energy: Energy
    kw: Decimal
    kvar: Decimal

    def plus(self, later: Load) -> Load:
        """Return both as one; of three, in whatever grouping."""
        return Load(
            self.since,
            self.days + later.days,
            self.expected + later.expected,
            self.received + later.received,
            self.accurate + later.accurate,
            self.conforming + later.conforming,
            max(self.highest_kw, later.highest_kw),
            min(self.lowest_kw, later.lowest_kw),
            self.energy.plus(later.energy),
            _EXACT.add(self.kw, later.kw),
            _EXACT.add(self.kvar, later.kvar),
        )

    @property
    def power_factor(self) -> Decimal | None:
        """Active power in percent of apparent power; None where there was no load (PWR-050)."""
        active, reactive = Fraction(self.kw), Fraction(self.kvar)
        apparent = active**2 + reactive**2
        if not apparent:
            return None
        square = active**2 / apparent * 10**8
        return Decimal(isqrt(square.numerator // square.denominator)).scaleb(-2)


def load_of(
    on: date, curve: Sequence[Reading], energy: Energy, agreed: Agreed, counted: tuple[int, int]
) -> Load:
    """
    Return what the curve of a day comes to.

    Args:
        on: The day.
        curve: Its readings, one at least.
        energy: Its energy by time of use.
        agreed: Bounds of the voltage.
        counted: How many readings were expected, and how many were verified.
    """
    powers, (expected, accurate) = [one.kw for one in curve], counted
    return Load(
        on,
        1,
        expected,
        len(curve),
        accurate,
        sum(map(agreed.conforms, curve)),
        max(powers),
        min(powers),
        energy,
        _sum(powers),
        _sum(one.kvar for one in curve),
    )


def _sum(values: Iterable[Decimal]) -> Decimal:
    total = Decimal(0)
    for value in values:
        total = _EXACT.add(total, value)
    return total


def findings(curve: Iterable[Reading], agreed: Agreed) -> tuple[Finding, ...]:
    """
    Return what is wrong with a supply, each finding once (PWR-016, PWR-021, PWR-026).

    One phase without voltage beside others that have some is the meter's fault, all of them
    without is the supply's.
    """
    return tuple(dict.fromkeys(found for one in curve for found in _found(one, agreed)))


def _found(reading: Reading, agreed: Agreed) -> Iterator[Finding]:
    if not any(reading.voltages):
        yield Finding.NO_VOLTAGE
    elif not all(reading.voltages):
        yield Finding.PHASE_MISSING
    elif not agreed.conforms(reading):
        yield Finding.VOLTAGE_OUT_OF_BOUNDS
    if agreed.limit_kw is not None and reading.kw > agreed.limit_kw:
        yield Finding.LOAD_OVER_LIMIT


def cut(value: Fraction) -> Decimal:
    """Return a number from 0 with two decimals, the rest cut off."""
    hundredths = value * 100
    return Decimal(hundredths.numerator // hundredths.denominator).scaleb(-2)


def accuracy(forecast: Decimal, actual: Decimal) -> Decimal:
    """Return in percent how near a forecast came, 0 where it missed by all (PWR-053)."""
    if not actual:
        return Decimal(0 if forecast else 100)
    missed = abs(Fraction(forecast) - Fraction(actual)) / Fraction(actual)
    return cut(max(Fraction(0), 1 - missed) * 100)
