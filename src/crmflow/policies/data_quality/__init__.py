"""
Data quality: what must be filled in, how it is written, from which lists it comes.

Everything of an event that is missing or wrong is told at once, with its path. Which fields
are needed may depend on the business type, as a company fixes it before anything is
collected; lists are open, a company adds to them by rows. Who may be there already is
looked up before it is entered, and told.

Rules: REC-002 REC-004 REC-022 REC-023 REC-024
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from crmflow.core.judging import Judge
from crmflow.core.lookup import Lookup
from crmflow.core.machine import Machine
from crmflow.core.policy import Policy
from crmflow.core.tables import Table, Tables
from crmflow.hookspecs import hookimpl
from crmflow.policies.data_quality import checking
from crmflow.policies.data_quality.asking import judge_of
from crmflow.policies.data_quality.doubles import Candidate, Doubles, Remembering, doubles_of
from crmflow.policies.data_quality.rows import Choice, Duplicate, FieldSet, Format, Requirement

__all__ = [
    "Candidate",
    "Doubles",
    "doubles_of",
    "judge_for",
    "lookups_for",
    "policies_for",
    "tables",
]


@hookimpl
def tables() -> Sequence[Table]:
    """Return the tables."""
    return (
        Table("requirements", Requirement, checking.check_requirements),
        Table("field_sets", FieldSet, checking.check_sets),
        Table("formats", Format, checking.check_formats),
        Table("choices", Choice, checking.check_choices, choice_texts),
        Table("duplicates", Duplicate, checking.check_duplicates),
    )


@hookimpl
def judge_for(machine: Machine, event: str, tables: Tables) -> Judge | None:
    """Return what judges an event, None where no row is about it."""
    return judge_of(machine, event, tables)


@hookimpl
def lookups_for(machine: Machine, event: str, tables: Tables) -> Sequence[Lookup]:
    """Return what looks up who may be the same; nothing where no row is about the event."""
    return doubles_of(machine, event, tables)


@hookimpl
def policies_for(machine: Machine, tables: Tables) -> Sequence[Policy]:
    """Return what remembers who was looked at, none where no row is about the machine."""
    doubles = doubles_of(machine, None, tables)
    return (Remembering(doubles),) if doubles else ()


def choice_texts(rows: Sequence[Choice], lang: str) -> Mapping[str, object]:
    """Return the labels that rows bring with their values, as a locale table."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    for row in rows:
        for value in row.values:
            label = value.zh if lang == "zh" else value.en
            if label is not None:
                choices = found.setdefault(row.machine, {"choices": {}})["choices"]
                choices[value.name] = label
    return {"machine": found} if found else {}
