"""`crmflow policy` and `crmflow config blanks`: rows in use, blanks, and every fault."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import Result

from tests.cli.conftest import read

if TYPE_CHECKING:
    from tests.cli.conftest import Crm

NOTES = str(Path(__file__).with_name("notes.py"))


def asked(crm: Crm, *words: str) -> Result:
    """Run a verb with the plugin of notes, leads alone switched on."""
    return crm.bare("--plugin", NOTES, "--machine", "lead", *words)


def write(text: str) -> None:
    """Write the company's own file."""
    Path("crmflow.toml").write_text(text, "utf-8")


def test_the_default_profile_has_no_fault(crm: Crm) -> None:
    """With the count of rows of each table and the time it took."""
    result = asked(crm, "policy", "check", "-o", "json")
    assert result.exit_code == 0, result.output
    found = read(result.stdout)
    counts = {one["table"]: one for one in found["tables"]}
    assert counts["notes"] == {"table": "notes", "rows": 3, "used": 1, "waiting": 0}
    assert counts["blanks"]["rows"] == counts["blanks"]["used"]
    assert found["faults"] == []
    assert found["milliseconds"] >= 0
    told = asked(crm, "policy", "check", "--lang", "zh").stdout
    assert "没有问题" in told


def test_every_fault_is_listed_with_exit_code_1(crm: Crm) -> None:
    """File, place, what is wrong and what would be right."""
    write("[settings]\ntea = 1\n[[notes]]\nname = 'first'\ntxet = 'x'\n[[ntoes]]\nname = 'x'\n")
    result = asked(crm, "policy", "check")
    assert result.exit_code == 1
    assert "3 faults" in result.stdout
    for fault in (
        "crmflow.toml: $.ntoes[0]: unknown table 'ntoes'. Did you mean 'notes'?",
        "crmflow.toml: $.notes[0].txet (first): unknown. Did you mean 'text'?",
        "crmflow.toml: $.settings.tea: unknown.",
    ):
        assert f"- {fault}" in result.stdout


def test_faults_between_rows_are_listed_with_exit_code_1(crm: Crm) -> None:
    """Once every row is right by itself; of people too, where a directory is named."""
    row = "machine = 'lead'\nthrough = 'hand_over'\nrole = 'seller'\nfallback = 'head'\n"
    write(f"directory = 'staff.toml'\n[[assignments]]\nname = 'some'\n{row}when = 'state == 1'\n")
    Path("staff.toml").write_text("[[person]]\nid = 'ann'\nroles = ['seller']\n", "utf-8")
    told = asked(crm, "policy", "check").stdout
    assert "- crmflow.toml: $.assignments[0].when (some): type" in told
    assert "Nobody has the role" not in told
    write(f"directory = 'staff.toml'\n[[assignments]]\nname = 'some'\n{row}")
    result = asked(crm, "policy", "check")
    assert result.exit_code == 1
    assert (
        "- crmflow.toml: $.assignments[0].fallback (some): Nobody has the role head"
        in result.stdout
    )
    told = asked(crm, "policy", "check", "--lang", "zh").stdout
    assert "无人担任角色 head" in told


def test_another_file_can_be_checked(crm: Crm) -> None:
    """In place of what the company's own file says."""
    write("[settings]\ntea = 1\n")
    Path("draft.toml").write_text("[[notes]]\nname = 'first'\ntext = 'new'\n", "utf-8")
    assert asked(crm, "policy", "check", "draft.toml").exit_code == 0
    assert asked(crm, "policy", "check").exit_code == 1
    assert asked(crm, "policy", "check", "nowhere.toml").exit_code == 2


def test_blanks_to_fill_in_are_no_faults_of_the_tables(crm: Crm) -> None:
    """They are counted, and told by name with all that need them."""
    words = ("--plugin", NOTES, "--machine", "complaint", "policy", "check")
    result = crm.bare(*words)
    assert result.exit_code == 0
    assert "no fault" in result.stdout
    assert "blanks to fill in" in result.stdout
    found = read(crm.bare(*words, "-o", "json").stdout)
    (owner,) = [one for one in found["missing"] if one.startswith("complaint.major.owner: ")]
    assert "needed by machine 'complaint'" in owner
    assert "notes 'second'" in owner
    assert "blanks" not in crm.bare(*words, "--profile", "demo").stdout.partition("no fault")[2]


def test_rows_in_use_are_listed_with_version_and_origin(crm: Crm) -> None:
    """Of one table or of all; those that are not in use only where asked."""
    write(
        "[settings.company]\nzone = 'UTC'\n"
        "[[notes]]\nname = 'first'\ntext = 'new'\nuntil_on = 2027-01-01\n"
    )
    (row,) = read(asked(crm, "policy", "list", "--table", "notes", "-o", "json").stdout)
    assert row["version"].partition("+")[2].startswith("own-")
    assert row == {
        "table": "notes",
        "name": "first",
        "machine": "lead",
        "version": row["version"],
        "rules": ["DEV-001"],
        "from_on": None,
        "until_on": "2027-01-01",
        "origin": "plugin notes + crmflow.toml",
        "use": "used",
    }
    every = read(asked(crm, "policy", "list", "--all", "-o", "json").stdout)
    uses = {one["name"]: one["use"] for one in every if one["table"] == "notes"}
    assert uses == {"first": "used", "second": "machine", "scope": "machine"}
    assert not any(one["table"] == "blanks" for one in every)
    shown = asked(crm, "policy", "list").stdout
    assert "crmflow.toml" in shown
    assert "second" not in shown
    assert "machine" in asked(crm, "policy", "list", "--all").stdout


def test_a_row_is_shown_column_by_column(crm: Crm) -> None:
    """Each with its place; blanks as they are named."""
    write("[[notes]]\nname = 'first'\ntext = 'new'\n")
    (row,) = read(asked(crm, "policy", "show", "first", "-o", "json").stdout)
    assert {one["column"]: (one["value"], one["origin"]) for one in row["columns"]} == {
        "name": ("first", "crmflow.toml: $.notes[0]"),
        "machine": ("lead", "plugin notes: $.notes[0]"),
        "text": ("new", "crmflow.toml: $.notes[0]"),
        "rules": (["DEV-001"], "plugin notes: $.notes[0]"),
    }
    shown = asked(crm, "policy", "show", "second", "--table", "notes").stdout
    assert "(machine)" in shown
    assert '{"blank": "complaint.major.owner"}' in shown


def test_days_are_shown_as_text(crm: Crm) -> None:
    """JSON has no other."""
    write("[[notes]]\nname = 'third'\nmachine = 'lead'\ntext = 'x'\nfrom_on = 2027-01-01\n")
    (row,) = read(asked(crm, "policy", "show", "third", "-o", "json").stdout)
    assert {"column": "from_on", "value": "2027-01-01", "origin": "crmflow.toml: $.notes[0]"} in (
        row["columns"]
    )


@pytest.mark.parametrize("words", [("frist",), ("first", "--table", "calendars")])
def test_a_name_that_no_row_has_exits_with_5(crm: Crm, words: tuple[str, ...]) -> None:
    """With the nearest."""
    result = asked(crm, "policy", "show", *words)
    assert result.exit_code == 5
    assert "no row has this name." in result.stderr
    assert words != ("frist",) or "Did you mean 'first'?" in result.stderr


def test_blanks_are_listed_with_what_they_mean(crm: Crm) -> None:
    """Given, missing or wrong; with rules and who needs them."""
    write("[settings.complaint.major]\nowner = 'board'\nlimit = 'soon'\n")
    words = ("--plugin", NOTES, "--machine", "complaint", "config", "blanks")
    result = crm.bare(*words, "-o", "json")
    assert result.exit_code == 1
    rows = {one["key"]: one for one in read(result.stdout)}
    assert rows["complaint.major.owner"] == {
        "key": "complaint.major.owner",
        "status": "given",
        "kind": "text",
        "meaning": "Role that owns complaints of grade major.",
        "feature": "complaints",
        "rules": ["CMP-013"],
        "needed_by": ["machine 'complaint'", "notes 'second'"],
        "origin": "crmflow.toml",
    }
    assert rows["complaint.major.limit"]["status"] == "wrong"
    told = crm.bare(*words, "--lang", "zh").stdout
    assert "重大投诉的负责角色" in told
    assert "投诉" in told


def test_all_blanks_of_the_catalogue_can_be_listed(crm: Crm) -> None:
    """Those that nothing in use needs are told as such."""
    rows = read(asked(crm, "config", "blanks", "--all", "-o", "json").stdout)
    found = {one["key"]: one["status"] for one in rows}
    assert found["proposal.reward.grade_a.min"] == "not needed"
    assert len(found) > 60
    given = asked(crm, "config", "blanks", "-o", "json", "--profile", "demo")
    assert given.exit_code == 0
    assert [one["status"] for one in read(given.stdout) if one["status"] != "given"] == []
