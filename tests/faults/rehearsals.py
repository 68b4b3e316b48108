"""The companies that are rehearsed: all shipped machines, and jobs that tick and tell."""

from __future__ import annotations

from datetime import timedelta

from crmflow.testing.rehearsal import Rehearsal
from tests.faults.jobs import LEDGER, job_machine

JOBS = Rehearsal(
    (job_machine(timedelta(hours=1)), LEDGER),
    outside=("outside",),
    name="tests.faults.rehearsals:JOBS",
)
"""Without policies, so that the engine itself is asked most."""
