"""`crmflow machine`: list, show, diagram, check; no store is opened."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import read

if TYPE_CHECKING:
    from tests.cli.conftest import Crm

PLUGIN = """
from crmflow.core.machine import Kind, Machine, Row, State
from crmflow.core.ref import UNBORN
from crmflow.hookspecs import hookimpl
import attrs

@attrs.frozen
class Facts:
    pass

@hookimpl
def machines():
    return [Machine("odd", Facts, zh="", en="odd",
        states=(State("begun", "开始", "begun", Kind.INITIAL), State("lost", "丢", "lost")),
        rows=(Row(UNBORN, "begin", "begun"),))]
"""


@pytest.fixture
def odd() -> tuple[str, ...]:
    """Return the flags of a machine with faults."""
    Path("odd.py").write_text(PLUGIN, "utf-8")
    return ("--plugin", "odd.py", "--machine", "odd")


def test_list_counts_what_a_machine_has(crm: Crm) -> None:
    """Labels in the chosen language."""
    rows = read(crm.bare("machine", "list", "-o", "json").stdout)
    assert [row["machine"] for row in rows][:3] == ["lead", "deal", "contract"]
    lead = rows[0]
    assert (lead["states"], lead["events"], lead["version"]) == (5, 7, 1)
    assert lead["rules"] > 10
    assert "投诉" in crm.bare("--lang", "zh", "machine", "list").stdout
    assert list(Path().glob("*.db")) == [crm.store.relative_to(Path().absolute())]


def test_show_has_states_rows_and_blanks(crm: Crm) -> None:
    """Rows with their rules; labels in both languages."""
    document = read(crm.bare("machine", "show", "complaint", "-o", "json").stdout)
    assert document["zh"] == "投诉"
    assert document["states"][0] == {
        "state": "received",
        "zh": "已受理",
        "en": "received",
        "kind": "initial",
        "requires": ["customer", "channel", "received_at"],
    }
    assert document["rows"][0]["from"] == ["-"]
    assert document["rows"][0]["form"] == "Receipt"
    assert document["rows"][0]["timers"] == []  # the table of deadlines has them
    assert "CMP-001" in document["rows"][0]["rules"]
    assert document["blanks"][0]["key"].startswith("complaint.major.")
    assert len(crm.bare("machine", "show", "lead", "-o", "jsonl").stdout.splitlines()) == 1


def test_show_is_a_table_for_people(crm: Crm) -> None:
    """In the chosen language; without blanks nothing is said of them."""
    shown = crm.bare("--lang", "zh", "machine", "show", "complaint").stdout
    assert all(
        text in shown for text in ("complaint (投诉) 1", "总经理核阅中", "待填设置", "CMP-034")
    )
    shown = crm.bare("machine", "show", "lead").stdout
    assert "needs analysed" in shown
    assert "Blanks" not in shown


def test_unknown_machine_exits_with_5(crm: Crm) -> None:
    """For every verb that takes a name."""
    for verb in ("show", "diagram", "check"):
        assert crm.bare("machine", verb, "led").exit_code == 5


def test_diagram_is_mermaid_unless_told_otherwise(crm: Crm) -> None:
    """Labels in the chosen language."""
    drawn = crm.bare("machine", "diagram", "lead", "--lang", "zh").stdout
    assert drawn.startswith("stateDiagram-v2\n")
    assert '    state "已识别" as identified\n' in drawn
    assert "digraph" in crm.bare("machine", "diagram", "lead", "--format", "dot").stdout
    assert crm.bare("machine", "diagram", "lead", "--format", "gif").exit_code == 2


def test_diagram_is_written_to_a_new_file(crm: Crm) -> None:
    """One that exists is left alone."""
    assert crm.bare("machine", "diagram", "lead", "--to", "lead.mmd").exit_code == 0
    assert Path("lead.mmd").read_text("utf-8").startswith("stateDiagram-v2")
    again = crm.bare("machine", "diagram", "deal", "--to", "lead.mmd")
    assert again.exit_code == 6
    assert "left alone" in again.stderr
    assert "identified" in Path("lead.mmd").read_text("utf-8")


def test_picture_without_a_renderer_exits_with_3(crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    """Naming what to install."""
    monkeypatch.setenv("PATH", str(Path().absolute()))
    result = crm.bare("machine", "diagram", "lead", "--format", "png")
    assert result.exit_code == 3
    assert "install Graphviz" in result.stderr


def test_check_finds_nothing_in_what_is_shipped(crm: Crm) -> None:
    """With the blanks filled; rows without rules are information."""
    result = crm.bare("--profile", "demo", "machine", "check", "-o", "json")
    assert result.exit_code == 0
    checked = read(result.stdout)
    assert all(one["findings"] == [] for one in checked)
    assert set(checked[0]) == {
        *("machine", "version", "states", "events", "rows", "rules", "findings", "information"),
    }
    assert "CMP-001" in next(one for one in checked if one["machine"] == "complaint")["rules"]


def test_check_exits_with_1_on_findings(crm: Crm, odd: tuple[str, ...]) -> None:
    """The table, missing texts, and blanks, each by name."""
    result = crm.bare(*odd, "machine", "check", "-o", "jsonl")
    assert result.exit_code == 1
    codes = {finding["code"] for finding in read(result.stdout)["findings"]}
    assert codes == {"table", "text"}
    shown = crm.bare(*odd, "machine", "check", "--lang", "zh")
    assert shown.exit_code == 1
    assert all(text in shown.stdout for text in ("问题", "提示", "state 'lost' is never reached"))
    blanks = crm.bare("machine", "check", "complaint")
    assert blanks.exit_code == 1
    assert "complaint.major.owner" in blanks.stdout
    assert "Information" not in blanks.stdout
