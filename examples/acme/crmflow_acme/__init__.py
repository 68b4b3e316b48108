"""
What the company Acme adds to crmflow: the samples it lends to customers, and what its
salespeople may do with leads. Here are the hooks; what they bring is in the modules.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path

from crmflow import Extension, Judge, Machine, Parcel, Policy, Table, Tables, hookimpl
from crmflow_acme.leads import OFFERS, keep_customers
from crmflow_acme.lending import SALES, Lending
from crmflow_acme.limits import LIMITS, judge
from crmflow_acme.sales import sales_in
from crmflow_acme.sample import SAMPLE

__version__ = "0.1.0"

__all__ = [
    "commands",
    "handlers",
    "judge_for",
    "machines",
    "policies_for",
    "rows_for",
    "table_rows",
    "tables",
    "texts",
]


@hookimpl
def machines() -> Sequence[Machine]:
    """Bring the machine of samples."""
    return [SAMPLE]


@hookimpl
def rows_for(machine: Machine) -> Extension | None:
    """Let a salesperson offer a sample to a lead (ACM-005)."""
    return OFFERS if machine.name == "lead" else None


@hookimpl
def tables() -> Sequence[Table]:
    """Bring the table of limits."""
    return [LIMITS]


@hookimpl
def table_rows() -> Mapping[str, Sequence[Mapping[str, object]]]:
    """Bring the limits, the deadline of a sample, and the blank it leaves to the company."""
    return _read("rows.toml")


@hookimpl
def judge_for(machine: Machine, event: str, tables: Tables) -> Judge | None:
    """Say who lends dear samples (ACM-002) and who drops leads of customers (ACM-004)."""
    match machine.name, event:
        case "sample", "lend":
            return judge(tables)
        case "lead", "drop":
            return keep_customers
    return None


@hookimpl
def policies_for(machine: Machine, tables: Tables) -> Sequence[Policy]:
    """Watch over samples that are lent (ACM-006, ACM-007, ACM-008)."""
    return [Lending()] if machine.name == "sample" else []


@hookimpl
def handlers() -> Mapping[str, Callable[[Parcel], object]]:
    """Write sales to the file that `ACME_SALES` names; without it they wait in the outbox."""
    path = os.environ.get("ACME_SALES")
    return {SALES: sales_in(Path(path))} if path else {}


@hookimpl
def commands() -> Sequence[object]:
    """Bring the noun `sample`; click is loaded for the command line alone."""
    from crmflow_acme.listing import sample

    return [sample]


@hookimpl
def texts(lang: str) -> Mapping[str, object]:
    """Bring the texts of all of it."""
    return _read(f"locale/{lang}.toml")


def _read(name: str) -> dict[str, list[Mapping[str, object]]]:
    found: dict[str, list[Mapping[str, object]]]
    found = tomllib.loads(files(__name__).joinpath(name).read_text("utf-8"))
    return found
