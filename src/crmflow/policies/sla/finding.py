"""What entities are found by: the instants by which something is promised of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from crmflow.codec import micros, moment
from crmflow.core.searching import Term
from crmflow.policies.sla.run import Deadlines, Run

FIELD = "$deadline"
"""The field of deadlines that are neither met nor cancelled."""

_DIGITS = 20


def before(at: datetime) -> str:
    """Return the term in front of which all deadlines are due before an instant."""
    return f"{micros(at):0{_DIGITS}d}"


def named(term: str) -> tuple[datetime, str]:
    """Return the due instant and the definition that a term tells."""
    due_at, _, definition = term.partition(" ")
    return moment(int(due_at)), definition


def term_of(run: Run) -> Term | None:
    """Return the term of a deadline; None where it is over, or paused before it was missed."""
    if not run.open or run.due_at is None:
        return None
    return Term(FIELD, f"{before(run.due_at)} {run.definition}")


def terms_of(state: Deadlines, waits: frozenset[str]) -> Iterator[Term]:
    """
    Yield the terms of an entity's deadlines.

    Args:
        state: The policy's state of it.
        waits: Names of the definitions that promise nothing.
    """
    for run in state.runs:
        term = term_of(run)
        if term is not None and run.definition not in waits:
            yield term
