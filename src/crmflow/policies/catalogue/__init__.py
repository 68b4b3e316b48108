"""
Catalogue: product lines with their products, from which what is bought is picked.

Rows of one table. Every event whose form names products is judged: a product that is not
in the catalogue is refused, and one that is not sold, urgent or returned so (CON-004,
CON-005, CON-006, DLV-006, RET-006). A company without rows names products as it likes.
"""

from __future__ import annotations

from collections.abc import Sequence

from crmflow.core.judging import Judge
from crmflow.core.machine import Machine
from crmflow.core.tables import Table, Tables
from crmflow.hookspecs import hookimpl
from crmflow.policies.catalogue.checking import check
from crmflow.policies.catalogue.judging import judge_of
from crmflow.policies.catalogue.naming import Named, named_in
from crmflow.policies.catalogue.rows import ProductRow, lines_of

__all__ = ["Named", "ProductRow", "judge_for", "lines_of", "named_in", "tables"]


@hookimpl
def tables() -> Sequence[Table]:
    """Return the table."""
    return (Table("products", ProductRow, check),)


@hookimpl
def judge_for(machine: Machine, event: str, tables: Tables) -> Judge | None:
    """Return what judges an event that names products, None where there is no catalogue."""
    rows = tuple(row for row in tables.of("products", ProductRow) if row.enabled)
    return judge_of(machine, event, rows, tables)
