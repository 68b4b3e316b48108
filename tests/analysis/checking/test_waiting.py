"""Rows that wait for machines that are off."""

from __future__ import annotations

from crmflow.analysis.checking import waiting
from tests.analysis.checking.desk import faults, subject
from tests.analysis.checking.test_deadlines import deadline

RING = deadline("ring", machine="lead", start=[{"events": ["ring"]}], stop=[{"events": ["drop"]}])


def test_a_row_is_held_against_the_machine_it_waits_for() -> None:
    """With the place, and what would be right."""
    right = {**RING, "name": "find", "start": [{"events": ["find"]}]}
    (fault,) = faults(waiting.misfits, subject({"deadlines": [right, RING]}))
    assert (fault.kind, fault.machine) == ("misfit", "lead")
    assert fault.where == "own.toml: $.deadlines[1].start[0].events (ring)"
    assert str(fault.values["why"]).startswith("unknown, Known: ")


def test_what_is_wrong_with_a_whole_table_is_not_told_of_a_row() -> None:
    """Only what has a place in one that waits."""
    rows = {"notes": [{"name": "one", "machine": "lead", "when": "wrong"}]}
    (fault,) = faults(waiting.misfits, subject(rows))
    assert fault.where == "own.toml: $.notes[0].when (one)"


def test_a_row_that_fits_or_has_no_machine_here_waits_in_peace() -> None:
    """Or whose machine is on: then it was told already."""
    fits = {**RING, "start": [{"events": ["find"]}]}
    assert faults(waiting.misfits, subject({"deadlines": [fits, deadline()]})) == []
    assert faults(waiting.misfits, subject({})) == []
