"""How deadlines were kept."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import timedelta, tzinfo
from fractions import Fraction
from typing import cast

from crmflow.analysis.reports.told import Told, joined, rounded, with_groups
from crmflow.core.tables import Tables
from crmflow.policies.kpi import Report
from crmflow.policies.sla import Definition
from crmflow.policies.sla.report import COLUMNS, Column, Entity, compliance
from crmflow.texts import Texts

_HOUR = timedelta(hours=1)


def kept(
    report: Report,
    entities: Iterable[Entity],
    zone: tzinfo,
    label: Callable[[Column, str], str],
    waits: Collection[str] = (),
) -> Told:
    """
    Return how deadlines were kept, in percent of those that are to be judged.

    Args:
        report: The row; `by` tells lines apart, all columns where it names none.
        entities: Those with deadlines.
        zone: The company's zone, by which months are told.
        label: Returns what people read in place of a column's value.
        waits: Definitions that promise nothing, which are left out.
    """
    by = cast("tuple[Column, ...]", report.by or COLUMNS)
    lines = list(compliance(entities, zone, by, waits))
    rows = [
        {
            **{name: getattr(line, name) for name in by},
            "group": joined(getattr(line, name) for name in by),
            "met": line.met,
            "met_late": line.met_late,
            "breached": line.breached,
            "cancelled": line.cancelled,
            "kept": rounded(None if line.kept is None else line.kept * 100),
            "overrun_hours": rounded(Fraction(line.overrun / _HOUR)),
        }
        for line in lines
    ]
    found: dict[str, dict[str, str]] = {
        name: {one: label(name, one) for line in lines if (one := getattr(line, name))}
        for name in by
    }
    columns = (*by, "met", "met_late", "breached", "cancelled", "kept", "overrun_hours")
    return Told(columns, tuple(rows), "group", ("kept",), labels=with_groups(rows, by, found))


def deadline_label(tables: Tables, texts: Texts) -> Callable[[Column, str], str]:
    """Return what tells what people read in place of a column's value: machines and deadlines."""
    about = {row.name: row.machine for row in tables.of("deadlines", Definition)}

    def label(column: Column, value: str) -> str:
        # What is in no table any more keeps its name.
        if column == "machine" and value in tables.machines:
            return texts.machine(tables.machines[value])
        if column == "definition":
            return texts.find("timers", f"sla:{value}:due", about.get(value)) or value
        return value

    return label
