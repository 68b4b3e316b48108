"""
Rehearsals: deterministic simulation testing of the whole library, with faults, by one seed.

`SHIPPED` rehearses all shipped machines; a company rehearses its own with a `Rehearsal`.
"""

from crmflow.testing.rehearsal.rehearsal import Rehearsal, RehearsalError, Rehearsed
from crmflow.testing.rehearsal.shortening import shorten

__all__ = ["SHIPPED", "Rehearsal", "RehearsalError", "Rehearsed", "shorten"]

SHIPPED = Rehearsal(profile="demo", outside=("notice",))
"""A company with all shipped machines that are on by default, and the demo's settings."""
