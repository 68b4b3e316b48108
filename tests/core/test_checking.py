"""The checks that tables share."""

from __future__ import annotations

from datetime import UTC, date, datetime

import attrs
import pytest

from crmflow.core.checking import all_known, dated, known, placed, readable
from crmflow.core.form import Fault
from crmflow.core.measure import Measure
from crmflow.core.tables import MachineRow, Tables
from crmflow.core.verdict import Answer, Verdict
from crmflow.core.working_time import WorkingCalendar
from tests.core.samples import TICKET

OFFICE = WorkingCalendar.always(UTC)


@attrs.frozen
class Facts:
    """Facts with and without a day."""

    name: str
    born_on: date | None = None
    seen_at: datetime | None = None


def row(machine: str, name: str = "a", version: str = "1") -> MachineRow:
    """Return a row about a machine."""
    return MachineRow(name=name, machine=machine, version=version, rules=("TIE-010",))


def test_rows_of_machines_that_are_off_are_left_alone() -> None:
    """A row keeps its number in the table, whatever stands before it."""
    rows = (row("off"), row(TICKET.name))
    found = list(placed("notes", rows, {TICKET.name: TICKET}))
    assert found == [("$.notes[1]", rows[1], TICKET)]


def test_an_unknown_name_is_a_fault_with_a_hint() -> None:
    """No name is no fault."""
    hint = "Did you mean 'owner'?"
    assert list(known("$.by", "onwer", ["owner"])) == [Fault("$.by", "unknown", hint)]
    assert list(known("$.by", "owner", ["owner"])) == []
    assert list(known("$.by", None, ["owner"])) == []


def test_each_name_of_a_list_has_its_place() -> None:
    """Known names stand between the faults; the names may come from an iterator."""
    faults = list(all_known("$.on", ("aa", "b", "c"), iter(("b", "d"))))
    assert [fault.path for fault in faults] == ["$.on[0]", "$.on[2]"]


def test_what_cannot_be_read_says_what_would_be_right() -> None:
    """The fault is that of the reader, at the path of the text."""
    (fault,) = readable("$.within", lambda: Measure.parse("soon"))
    assert (fault.path, fault.code) == ("$.within", "type")
    assert list(readable("$.within", lambda: Measure.parse("2wd"))) == []


@pytest.mark.parametrize(
    ("fact", "codes"),
    [
        ("born_on", []),
        ("seen_at", []),
        (None, []),
        ("name", ["type"]),
        ("born_in", ["unknown"]),
    ],
)
def test_a_dated_fact_holds_a_day_or_an_instant(fact: str | None, codes: list[str]) -> None:
    """What nobody knows is told once, not as being of the wrong kind too."""
    assert [fault.code for fault in dated("$.since", fact, Facts)] == codes


def test_tables_tell_rows_and_calendars_by_name() -> None:
    """Other machines' rows and those switched off are left out; no name is no calendar's."""
    off = attrs.evolve(row(TICKET.name, "c"), enabled=False)
    rows = (row("other"), row(TICKET.name), row(TICKET.name, "b"), off)
    tables = Tables({"notes": rows}, {"office": OFFICE})
    assert tables.about(TICKET, "notes", MachineRow) == rows[1:3]
    assert tables.about(TICKET, "none", MachineRow) == ()
    assert tables.calendar("office") is OFFICE
    assert tables.calendar(None).name == "always"


def test_a_row_says_what_a_verdict_comes_from() -> None:
    """Name, version and rules of the row are in it, and what else is given."""
    bare = row("other").verdict("care", Answer.REFUSE, "too_late")
    assert bare == Verdict("care", Answer.REFUSE, "too_late", "a", "1", "TIE-010")
    whole = row("other").verdict(
        "care", Answer.HOLD, "asked", roles=("boss",), people=("bob",), values={"n": 1}
    )
    assert (whole.roles, whole.people, whole.values) == (("boss",), ("bob",), {"n": 1})


def test_the_edition_of_a_row_without_a_version_is_its_name() -> None:
    """No space is left where the version would stand."""
    assert row("other").edition == "a 1"
    assert row("other", version="").edition == "a"


def test_rows_overlap_where_a_day_is_in_both() -> None:
    """The last day counts; a row without days is always in force."""
    march = attrs.evolve(row("x"), from_on=date(2026, 3, 1), until_on=date(2026, 3, 31))
    last = attrs.evolve(row("x"), from_on=date(2026, 3, 31))
    april = attrs.evolve(row("x"), from_on=date(2026, 4, 1))
    always = row("x")
    pairs = [(march, last), (march, april), (march, always), (april, last), (always, always)]
    assert [one.overlaps(other) for one, other in pairs] == [True, False, True, True, True]
    assert [other.overlaps(one) for one, other in pairs] == [True, False, True, True, True]
