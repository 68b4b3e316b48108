"""How deadlines were kept."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import timedelta, tzinfo
from fractions import Fraction
from typing import cast

from crmflow.analysis.reports.told import Told, rounded
from crmflow.policies.kpi import Report
from crmflow.policies.sla.report import COLUMNS, Column, Entity, compliance

_HOUR = timedelta(hours=1)


def kept(
    report: Report, entities: Iterable[Entity], zone: tzinfo, waits: Collection[str] = ()
) -> Told:
    """
    Return how deadlines were kept, in percent of those that are to be judged.

    Args:
        report: The row; `by` tells lines apart, all columns where it names none.
        entities: Those with deadlines.
        zone: The company's zone, by which months are told.
        waits: Definitions that promise nothing, which are left out.
    """
    by = cast("tuple[Column, ...]", report.by or COLUMNS)
    rows = [
        {
            **{name: getattr(line, name) for name in by},
            "group": " / ".join(getattr(line, name) or "-" for name in by),
            "met": line.met,
            "met_late": line.met_late,
            "breached": line.breached,
            "cancelled": line.cancelled,
            "kept": rounded(None if line.kept is None else line.kept * 100),
            "overrun_hours": rounded(Fraction(line.overrun / _HOUR)),
        }
        for line in compliance(entities, zone, by, waits)
    ]
    columns = (*by, "met", "met_late", "breached", "cancelled", "kept", "overrun_hours")
    return Told(columns, tuple(rows), "group", ("kept",))
