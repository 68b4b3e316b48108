"""Rows in use, blanks in place, and every fault with its file and place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, timedelta
from zoneinfo import ZoneInfo

import pytest

from crmflow.core.errors import ConfigurationError
from crmflow.core.form import Fault
from crmflow.core.machine import Blank
from crmflow.core.tables import Table, Tables
from crmflow.profiles.entry import Entry
from crmflow.profiles.layer import Layer
from crmflow.profiles.loading import Scope, load
from tests.profiles.kinds import BOX, CALENDARS, LIMITS, Limit, limit, loaded, machine, own, shipped

ROLE = {"blank": "box.role"}


def use_of(name: str, *entries: Entry) -> str:
    """Return the use of the row of that name."""
    return next(str(one.use) for one in entries if one.draft.name == name)


def test_rows_in_use_are_read_into_their_class() -> None:
    """With version and origin filled in, in the order in which they were written."""
    found = loaded(shipped({"limits": [limit(role="clerk"), limit("b", rules=["BOX-001"])]}))
    assert found.faults == ()
    first, second = found.tables.of("limits", Limit)
    assert first == Limit(
        name="answer",
        machine="box",
        target=timedelta(days=2),
        role="clerk",
        version="2026.1",
        origin="base/limits.toml",
    )
    assert second.rules == ("BOX-001",)


def test_rows_of_machines_that_are_off_are_not_in_use() -> None:
    """Nor are rows that are switched off; their columns are checked all the same."""
    rows = [limit("away", machine="bag", rloe="x"), limit("off", enabled=False, target="soon")]
    found = loaded(shipped({"limits": rows}))
    assert found.tables.of("limits", Limit) == ()
    assert use_of("away", *found.entries) == "machine"
    assert use_of("off", *found.entries) == "off"
    assert [fault.partition(" (")[0] for fault in found.faults] == [
        "base/limits.toml: $.limits[0].rloe",
        "base/limits.toml: $.limits[1].target",
    ]


def test_an_engine_passes_over_shipped_rows_that_are_not_in_use() -> None:
    """Not over a company's, nor over those it changes; the same rows are in use."""
    wrong = [limit("away", machine="bag", rloe="x"), limit("off", enabled=False, target="soon")]
    base = shipped({"limits": [limit(), *wrong]})
    change = own({"limits": [{"name": "off", "role": "x"}, limit("ours", machine="bag", a=1)]})
    quick, whole = loaded(base, change, thorough=False), loaded(base, change)
    assert [fault.partition(" (")[0] for fault in quick.faults] == [
        "base/limits.toml: $.limits[2].target",
        "own.toml: $.limits[1].a",
    ]
    assert quick.faults == whole.faults[1:]
    assert quick.tables == whole.tables
    assert [one.use for one in quick.entries] == [one.use for one in whole.entries]


def test_a_company_switches_a_shipped_row_off() -> None:
    """By name."""
    own_row = own({"limits": [{"name": "answer", "enabled": False}]})
    found = loaded(shipped({"limits": [limit()]}), own_row)
    assert (found.faults, found.tables.of("limits", Limit)) == ((), ())


def test_blanks_are_replaced_before_the_row_is_read() -> None:
    """At any depth, lists in the whole."""
    rows = [limit(role=ROLE, parts=[{"role": ROLE, "within": {"blank": "box.limits.part"}}])]
    given = {"settings": {"box": {"role": "clerk", "limits": {"part": "3h"}}}}
    found = loaded(shipped({"limits": rows}), own(given))
    assert found.faults == ()
    (row,) = found.tables.of("limits", Limit)
    assert (row.role, row.parts[0].role, row.parts[0].within) == (
        "clerk",
        "clerk",
        timedelta(hours=3),
    )
    assert found.tables.settings == {"box.limits": {"part": "3h"}, "box.role": "clerk"}
    assert [need.key for need in found.needs] == ["box.limits.part", "box.role"]


def test_a_missing_blank_of_a_row_in_use_is_told_by_name() -> None:
    """Once, with all that need it; rows that are not in use need nothing."""
    rows = [limit(role=ROLE), limit("b", role=ROLE), limit("c", machine="bag", role=ROLE)]
    (fault,) = loaded(shipped({"limits": rows})).faults
    assert fault.startswith("box.role: missing, expected a role (What box.role is. BOX-001;")
    assert fault.endswith("needed by limits 'answer', limits 'b')")


def test_machines_and_rows_share_their_blanks() -> None:
    """One value serves both, each as it reads it."""
    blank = Blank("box.limit", "duration", "How long.", "BOX-003")
    rows = shipped({"limits": [limit(target={"blank": "box.limit"})]})
    found = loaded(rows, own({"settings": {"box.limit": "36h"}}), machines=[machine("box", blank)])
    assert found.tables.settings == {"box.limit": timedelta(hours=36)}
    assert found.tables.of("limits", Limit)[0].target == timedelta(hours=36)
    assert found.needs[0].needed_by == ("machine 'box'", "limits 'answer'")


def test_a_value_that_does_not_fit_a_row_is_told_where_the_value_stands() -> None:
    """The row only names it."""
    rows = [
        limit(
            target={"blank": "box.opens"}, parts=[{"role": "x", "within": {"blank": "box.words"}}]
        )
    ]
    given = {"settings": {"box": {"opens": "soon", "words": {"odd": [1]}}}}
    found = loaded(shipped({"limits": rows}), own(given))
    assert [fault.partition(", expected")[0] for fault in found.faults] == [
        "own.toml: $.settings.box.words.odd (limits 'answer', parts[0].within): type",
        "own.toml: $.settings.box.opens (limits 'answer', target): type",
    ]


def test_a_name_that_no_blank_has_is_a_fault_of_the_row() -> None:
    """With the nearest."""
    (fault,) = loaded(shipped({"limits": [limit(role={"blank": "box.rloe"})]})).faults
    assert fault == (
        "base/limits.toml: $.limits[0].role (answer): unknown. "
        "'box.rloe' is no blank. Did you mean 'box.role'?"
    )


def calendar(**columns: object) -> dict[str, object]:
    """Return a calendar, about no machine, with a blank."""
    return {"name": "shop", "opens": {"blank": "box.opens"}, **columns}


def test_a_row_about_no_machine_waits_for_its_blanks() -> None:
    """Nobody needs it, so nothing is asked for."""
    found = loaded(shipped({"limits": [limit()], "calendars": [calendar()]}))
    assert found.faults == ()
    assert use_of("shop", *found.entries) == "blank"
    assert found.needs == ()


@pytest.mark.parametrize(
    ("row", "own_rows"),
    [
        (limit(calendar="shop"), {}),
        (limit(parts=[{"role": "x"}], calendar="shop"), {}),
        (limit(role=ROLE, calendar="shop"), {"settings": {"box.role": ""}}),
        (limit(), {"calendars": [{"name": "shop", "rules": ["BOX-002"]}]}),
        (limit(), {"settings": {"box.role": "clerk"}}),
    ],
)
def test_a_row_that_is_named_or_begun_is_in_use(
    row: dict[str, object], own_rows: dict[str, object]
) -> None:
    """Named by a row in use, readable or not; overlaid by the company; or half filled in."""
    base = shipped({"limits": [row], "calendars": [calendar(holidays=ROLE)]})
    found = loaded(base, own(own_rows))
    assert use_of("shop", *found.entries) == "used"
    assert any(fault.startswith("box.opens: missing") for fault in found.faults)


def test_a_row_that_waits_wakes_what_it_names() -> None:
    """In turn, until nothing more is named."""
    rows = {"limits": [limit(calendar="shop")], "calendars": [calendar(), calendar(name="other")]}
    found = loaded(shipped(rows))
    assert use_of("shop", *found.entries) == "used"
    assert use_of("other", *found.entries) == "blank"


def test_unknown_tables_and_machines_of_a_company_are_told_with_the_nearest() -> None:
    """A shipped table waits for its mechanism, a shipped row for its machine."""
    base = shipped({"limtis": [limit()], "limits": [limit(machine="crate")]})
    document = {"limtis": [limit()], "limits": [limit("b", machine="crat")]}
    found = loaded(base, own({"limit": [limit()], **document}), own({"zzz": [limit()]}, "plugin"))
    assert list(found.faults) == [
        "own.toml: $.limit[0]: unknown table 'limit'. Did you mean 'limits'?",
        "own.toml: $.zzz[0]: unknown table 'zzz'. Known: 'blanks', 'calendars', 'limits'.",
        "own.toml: $.limits[0].machine (b): unknown. Did you mean 'crate'?",
    ]


def test_every_fault_of_every_file_at_once() -> None:
    """Missing, unknown, of a wrong type, nested; each with file, place and name."""
    rows = [
        {"name": "a", "machine": "box"},
        limit("b", traget="1d", parts=[{"within": "1d"}, {"role": "x", "within": "soon"}]),
        {"machine": "box", "target": "1d"},
        limit("d", version="9", rules="X-1"),
    ]
    found = loaded(shipped({"limits": rows}), own({"settings": 3}))
    assert [fault.partition(", expected")[0] for fault in found.faults] == [
        "own.toml: $.settings: type",
        "base/limits.toml: $.limits[0].target (a): missing",
        "base/limits.toml: $.limits[1].parts[0].role (b): missing",
        "base/limits.toml: $.limits[1].parts[1].within (b): type",
        "base/limits.toml: $.limits[1].traget (b): unknown. Did you mean 'target'?",
        "base/limits.toml: $.limits[2].name: missing",
        "base/limits.toml: $.limits[3].rules (d): type",
        "base/limits.toml: $.limits[3].version (d): given",
    ]


def test_what_the_checks_of_tables_find_is_told_where_it_was_written() -> None:
    """Behind overlays and rows that are not in use."""
    rows = [limit("away", machine="bag"), limit(), limit("b", calendar="none")]
    own_row = own({"limits": [{"name": "answer", "target": "200d"}]})
    found = loaded(shipped({"limits": rows}), own_row)
    assert list(found.faults) == [
        "own.toml: $.limits[0].target (answer): long, expected 100 days at most",
        "base/limits.toml: $.limits[2].calendar (b): unknown. no calendar 'none'.",
    ]


def test_a_row_that_names_a_faulty_row_has_no_fault_of_its_own() -> None:
    """That one's fault is told, once; what is named by nobody is unknown still."""
    office = own({"calendars": [{"name": "office", "oepns": "x"}]})
    rows = [limit(), limit("b", calendar="office"), limit("c", calendar="offce")]
    found = loaded(shipped({"limits": rows}), office)
    assert [fault.partition(". ")[0] for fault in found.faults] == [
        "own.toml: $.calendars[0].oepns (office): unknown",
        "base/limits.toml: $.limits[2].calendar (c): unknown",
    ]


def test_a_check_may_speak_of_the_table_as_a_whole() -> None:
    """Then the table is named."""
    odd = (Fault("$", "gap", "no gap"), Fault("$.limits[9].x", "odd", "a row"))
    table = Table("limits", Limit, lambda _rows, _tables, _machines: odd)
    found = load(Layer(), (table,), Scope({"box": BOX}))
    assert list(found.faults) == [
        "limits: $: gap, expected no gap",
        "limits: $.limits[9].x: odd, expected a row",
    ]


def test_what_is_absent_is_told_once_every_row_is_read() -> None:
    """It may stand in a row that waits for a blank: the blank is what is missing then."""

    def check(rows: Sequence[Limit], *_: object) -> Iterator[Fault]:
        if not any(row.role == "clerk" for row in rows):
            yield Fault("$.limits[0].role", "absent", "the clerk in one row")

    table = Table("limits", Limit, check)

    def faults(**settings: str) -> tuple[str, ...]:
        rows = [limit(role="head"), limit("b", role=ROLE)]
        layer = shipped({"limits": rows}).over(own({"settings": {"box": settings}}))
        return load(layer, (table, CALENDARS), Scope({"box": BOX})).faults

    assert faults(role="clerk") == ()
    assert faults(role="boss") == (
        "base/limits.toml: $.limits[0].role (answer): absent, expected the clerk in one row",
    )
    assert [fault.partition(" ")[0] for fault in faults()] == ["box.role:"]


def test_days_are_told_by_the_companys_zone() -> None:
    """Rows with effective dates need it."""
    rows = shipped({"limits": [limit(until_on=date(2026, 12, 31))]})
    found = loaded(rows, own({"settings": {"company.zone": "Asia/Shanghai"}}))
    assert (found.faults, found.tables.zone) == ((), ZoneInfo("Asia/Shanghai"))
    (fault,) = loaded(rows).faults
    assert fault.startswith("company.zone: missing")
    assert fault.endswith("needed by limits 'answer')")
    assert loaded(shipped({"limits": [limit()]})).tables.zone is UTC


def test_rows_of_one_name_follow_each_other() -> None:
    """The company says what changes, and on which day."""
    base = shipped({"limits": [limit(role="clerk")], "settings": {"company.zone": "UTC"}})
    change = own({"limits": [{"name": "answer", "from_on": date(2027, 1, 1), "target": "1d"}]})
    found = loaded(base, change)
    assert found.faults == ()
    before, after = found.tables.of("limits", Limit)
    assert [row.in_force(date(2026, 12, 31)) for row in (before, after)] == [True, False]
    assert [row.in_force(date(2027, 1, 1)) for row in (before, after)] == [False, True]
    assert (after.role, after.target) == ("clerk", timedelta(days=1))
    assert after.origin == "base/limits.toml + own.toml"


def test_calendars_are_made_of_the_rows_in_use() -> None:
    """Before the checks, which see them."""

    def made(tables: Tables) -> Mapping[str, object]:
        return {row.name: object() for row in tables.rows["calendars"]}

    found = loaded(shipped({"limits": [limit()]}), calendars=made)
    assert list(found.tables.calendars) == ["office"]


def test_calendars_that_cannot_be_made_are_faults_like_others() -> None:
    """Beside those of the rows."""

    def broken(_tables: Tables) -> Mapping[str, object]:
        raise ConfigurationError("calendars", ("office: never open",))

    found = loaded(shipped({"limits": [limit(target="soon")]}), calendars=broken)
    assert [fault.partition(",")[0] for fault in found.faults] == [
        "base/limits.toml: $.limits[0].target (answer): type",
        "office: never open",
    ]


def test_a_row_says_what_it_is() -> None:
    """By table and name, as others name it."""
    found = loaded(shipped({"limits": [limit()]}))
    (entry,) = [one for one in found.entries if one.table is LIMITS]
    assert (str(entry), entry.machine) == ("limits 'answer'", "box")
