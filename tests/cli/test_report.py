"""`crmflow report`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Crm, read

SAMPLES = "kpi,on,value,out_of,group\nproduct_conformity,2026-03-01,99,100,\n"


def test_reports_are_listed(crm: Crm) -> None:
    """Those whose machine is on, in the chosen language."""
    rows = read(crm.of("lead").ok("report", "list", "--lang", "zh", "-o", "json"))
    found = {row["report"]: row for row in rows}
    assert found["lead_steps"]["title"] == "线索转化"
    assert "deal_steps" not in found
    assert found["indicators"]["machine"] is None


def test_a_report_is_made_and_drawn(crm: Crm) -> None:
    """Rows as a table or JSON, and a picture beside them (ANA-010)."""
    crm.complaint()
    told = read(crm.ok("report", "show", "complaint_times", "-o", "json"))
    assert told["title"] == "Time of complaints in each state"
    assert told["rows"][0]["open"] == 1
    made = crm("report", "show", "complaint_times", "--lang", "zh", "--picture", "times.svg")
    assert "投诉各阶段用时" in made.stdout
    assert "times.svg" in made.stderr
    assert "投诉各阶段用时" in Path("times.svg").read_text("utf-8")


def test_samples_may_come_from_elsewhere(crm: Crm) -> None:
    """A file of them is measured like entities (ANA-002)."""
    Path("samples.csv").write_text(SAMPLES, "utf-8")
    words = ("report", "show", "indicators", "--samples", "samples.csv", "-o", "json")
    rows = read(crm.of("lead").ok(*words))["rows"]
    [row] = [one for one in rows if one["kpi"] == "product_conformity"]
    assert (row["value"], row["target"], row["met"]) == ("99.00", "100.00", False)


@pytest.mark.parametrize(
    "line",
    ["product_conformity,soon,1,1,", "product_conformity,2026-03-01,many,1,",
     ",2026-03-01,1,1,", "product_conformity,2026-03-01,nan,1,"],
)  # fmt: skip
def test_wrong_samples_are_told_all_at_once(crm: Crm, line: str) -> None:
    """With file and line; nothing is reported then."""
    Path("samples.csv").write_text(f"{SAMPLES}{line}\n{line}\n", "utf-8")
    found = crm.of("lead")("report", "show", "indicators", "--samples", "samples.csv")
    assert found.exit_code == 1
    assert [part in found.stderr for part in ("line 3: ", "line 4: ")] == [True, True]
    assert not found.stdout


def test_an_unknown_report_is_told(crm: Crm) -> None:
    """With what was probably meant."""
    found = crm.of("lead")("report", "show", "lead_step")
    assert found.exit_code == 5
    assert "Did you mean 'lead_steps'?" in found.stderr
