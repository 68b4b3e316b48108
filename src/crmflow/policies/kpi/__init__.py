"""
Indicators: what is measured, exactly, against which target.

Rows of the table `kpis` name a statistic over samples, a target with its direction and
how it rises; nothing here keeps state or judges: a report tallies samples of snapshots
and journals, in any parts and order. Rows of the table `reports` say what is told
together. Rules: ANA-002 to ANA-009, ANA-014, DLV-002,
DLV-003, QMC-027, KAM-037, TRN-012, PWR-029, PWR-030, PWR-046 to PWR-056.
"""

from __future__ import annotations

from collections.abc import Sequence

from crmflow.core.tables import Table
from crmflow.hookspecs import hookimpl
from crmflow.policies.kpi.checking import check_kpis
from crmflow.policies.kpi.outcome import (
    Outcome,
    change,
    meets,
    merged,
    outcomes,
    per_group,
    tallies,
    target,
)
from crmflow.policies.kpi.period import Period
from crmflow.policies.kpi.reports import REPORTS, Drawn, Report, Telling
from crmflow.policies.kpi.rows import Direction, Kpi, Scope, Sources, Span, Statistic
from crmflow.policies.kpi.sources import Measured, Stay, measured, stays
from crmflow.policies.kpi.tally import Sample, Tally, figure, tally

__all__ = [
    "KPIS",
    "REPORTS",
    "Direction",
    "Drawn",
    "Kpi",
    "Measured",
    "Outcome",
    "Period",
    "Report",
    "Sample",
    "Scope",
    "Sources",
    "Span",
    "Statistic",
    "Stay",
    "Tally",
    "Telling",
    "change",
    "figure",
    "measured",
    "meets",
    "merged",
    "outcomes",
    "per_group",
    "stays",
    "tables",
    "tallies",
    "tally",
    "target",
]

KPIS = Table("kpis", Kpi, check_kpis)
"""The table of indicators."""


@hookimpl
def tables() -> Sequence[Table]:
    """Return the kinds of tables it reads."""
    return (KPIS, REPORTS)
