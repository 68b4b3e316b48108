"""The declarations of the public log under real approval chains."""

from __future__ import annotations

import json
import re
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from tests.examples.readme import EXAMPLES, script
from tests.examples.test_logs import folder

TRAVEL = EXAMPLES / "travel"


@pytest.fixture(scope="module")
def approve() -> Any:  # noqa: ANN401 - a script
    """Return the script as a module."""
    return script("travel/approve.py")


def log(data_dir: Path) -> Path:
    """Return the log, or skip the test."""
    return folder(data_dir, "travel-declarations-bpi2020") / "domestic_declarations.csv.gz"


def test_first_declarations_go_through_their_chains(approve: Any, data_dir: Path) -> None:  # noqa: ANN401
    """Votes are cast by the roles of the log; what no procedure has is refused."""
    report = approve.run(islice(approve.cases(log(data_dir)), 150))
    assert (report.cases, report.conformant) == (150, 150 - sum(report.refused.values()))
    assert set(report.refused) <= {
        "Declaration SAVED by EMPLOYEE",
        "Declaration REJECTED by EMPLOYEE",
    }
    assert report.rejected_then_paid >= report.rejected_then_paid_by_the_chain > 0
    assert sum(report.votes.values()) == sum(map(len, report.waited.values())) > 150
    assert all(span.total_seconds() >= 0 for spans in report.waited.values() for span in spans)


def test_vote_of_another_role_is_refused(approve: Any) -> None:  # noqa: ANN401
    """The budget owner is not asked before the administration, nor the employee at all."""
    rows = [
        {
            "case_id": "1",
            "activity": f"Declaration {what}",
            "timestamp": f"2018-01-0{day}T09:00:00+01:00",
            "resource": "STAFF MEMBER",
            "role": role,
            "case:Amount": "26.85",
            "case:BudgetNumber": "budget 1",
        }
        for day, (what, role) in enumerate(
            [
                ("SUBMITTED by EMPLOYEE", "EMPLOYEE"),
                ("APPROVED by ADMINISTRATION", "ADMINISTRATION"),
                ("REJECTED by PRE_APPROVER", "PRE_APPROVER"),
            ],
            1,
        )
    ]
    report = approve.run([rows, rows[:2], rows[1:]])
    assert (report.cases, report.conformant) == (3, 1)
    assert report.refused == {
        "Declaration REJECTED by PRE_APPROVER": 1,
        "Declaration APPROVED by ADMINISTRATION": 1,
    }
    assert report.votes == {"Declaration APPROVED by ADMINISTRATION": 2}


@pytest.mark.slow
def test_all_declarations_come_out_as_the_readme_says(
    approve: Any,  # noqa: ANN401
    data_dir: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """As many conform, are paid and were rejected before as were counted by other means."""
    path = log(data_dir)
    approve.main(str(path))
    out = capsys.readouterr().out
    found = json.loads(out)
    facts = json.loads((path.parent / "facts.json").read_text())
    reference, approval = facts["reference_machine"], facts["approval"]
    assert found["conformant"] == reference["cases_without_illegal_move"] == 10_344
    assert found["conformant_and_paid"] == reference["cases_conformant_and_ending_paid"]
    assert found["rejected"] == approval["cases_with_any_rejection"]
    assert found["rejected_then_paid"] == approval["cases_rejected_then_paid"] == 979
    readme = (TRAVEL / "README.md").read_text()
    shown = re.findall(r"^\$ python approve.py .*\n((?:.*\n)*?)```", readme, re.MULTILINE)[0]
    printed = {line.strip().rstrip(",") for line in out.splitlines()}
    assert [line for line in shown.splitlines() if line.strip().rstrip(",") not in printed] == []
    told = re.findall(r'^"([A-Z_ ]+)": (\{.*\})$', readme, re.MULTILINE)
    assert {role: json.loads(times) for role, times in told} == found["waited"]
