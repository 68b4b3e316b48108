"""
Let every declaration of the log go through the chains of `approval.toml`, in an engine.

    python approve.py $DATA/domestic_declarations.csv.gz

Each step of a declaration is an event that somebody fires at the instant of the log. What
guards or approvals refuse ends the declaration's walk, and is counted.
"""

from __future__ import annotations

import csv
import gzip
import json
import statistics
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path

import attrs

from crmflow import SYSTEM, Decision, Engine, ManualClock, toml_directory

HERE = Path(__file__).parent
EVENTS = {
    "Declaration APPROVED by PRE_APPROVER": "pre_approve",
    "Declaration APPROVED by ADMINISTRATION": "approve_as_administration",
    "Declaration APPROVED by BUDGET OWNER": "approve_as_budget_owner",
    "Declaration FINAL_APPROVED by SUPERVISOR": "approve_finally",
    "Declaration REJECTED by EMPLOYEE": "withdraw",
    "Request Payment": "request_payment",
    "Payment Handled": "pay",
}
"""Event of each activity; submissions and other rejections are told by their words."""

Row = Mapping[str, str]


@attrs.define
class Report:
    """What became of the declarations."""

    cases: int = 0
    conformant: int = 0
    conformant_and_paid: int = 0
    rejected: int = 0
    rejected_then_paid: int = 0
    rejected_then_paid_by_the_chain: int = 0
    votes: Counter[str] = attrs.field(factory=Counter)
    refused: Counter[str] = attrs.field(factory=Counter)
    waited: dict[str, list[timedelta]] = attrs.field(factory=lambda: defaultdict(list))

    def document(self) -> dict[str, object]:
        """Return it as JSON has it; times in hours."""
        found = attrs.asdict(self)
        found["votes"] = dict(sorted(self.votes.items()))
        found["refused"] = dict(self.refused.most_common())
        found["waited"] = {
            role: {
                "votes": len(spans),
                "median_hours": round(statistics.median(map(_hours, spans)), 1),
                "mean_hours": round(_hours(sum(spans, timedelta())) / len(spans), 1),
            }
            for role, spans in sorted(self.waited.items())
        }
        return found


def _hours(span: timedelta) -> float:
    return span / timedelta(hours=1)


def cases(path: Path) -> Iterator[Sequence[Row]]:
    """Yield the rows of each declaration, as the log has them."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        yield from (list(group) for _, group in groupby(rows, key=itemgetter("case_id")))


def event_of(activity: str) -> str | None:
    """Return the event of an activity, or None where the procedure has none."""
    if "REJECTED by" in activity:
        return EVENTS.get(activity, "reject")
    return "submit" if activity.startswith("Declaration SUBMITTED") else EVENTS.get(activity)


def step(engine: Engine, last: Decision | None, row: Row) -> Decision | None:
    """Return the decision on one row of the log, or None where it is no step at all."""
    name, at = event_of(row["activity"]), datetime.fromisoformat(row["timestamp"])
    if name is None or (last is None and name != "submit"):
        return None
    actor = SYSTEM if row["resource"] == "SYSTEM" else engine.actor(row["role"], at)
    if last is None:
        form = {"amount": row["case:Amount"], "budget": row["case:BudgetNumber"]}
        return engine.create("declaration", form, actor=actor, at=at)
    again = "submit_again" if name == "submit" else name
    return engine.fire(last.entity, again, actor=actor, at=at)


def walk(engine: Engine, rows: Sequence[Row], report: Report) -> None:
    """Let one declaration live, and count it."""
    report.cases += 1
    last: Decision | None = None
    for row in rows:
        decision = step(engine, last, row)
        if decision is None or not decision.accepted:
            report.refused[row["activity"]] += 1
            last = None
            break
        _voted(report, row, last)
        last = decision
    _ended(report, rows, last)


def _voted(report: Report, row: Row, before: Decision | None) -> None:
    """Count a vote, and how long its task had waited."""
    for task in () if before is None else before.snapshot.tasks:
        if task.assignee == row["role"]:
            at = datetime.fromisoformat(row["timestamp"])
            report.votes[row["activity"]] += 1
            report.waited[row["role"]].append(at - task.opened_at)


def _ended(report: Report, rows: Sequence[Row], last: Decision | None) -> None:
    labels = [row["activity"] for row in rows]
    paid, rejected = "Payment Handled" in labels, any("REJECTED" in label for label in labels)
    report.rejected += rejected
    report.rejected_then_paid += rejected and paid
    if last is not None:
        report.conformant += 1
        report.conformant_and_paid += last.snapshot.state == "paid"
        report.rejected_then_paid_by_the_chain += rejected and last.snapshot.state == "paid"


def run(found: Iterable[Sequence[Row]]) -> Report:
    """Return what becomes of declarations under the chains."""
    report = Report()
    with Engine(
        "memory:",
        machines=["declaration"],
        plugins=[HERE / "crmflow_travel.py"],
        config=HERE / "approval.toml",
        directory=toml_directory(HERE / "staff.toml"),
        clock=ManualClock(datetime.fromisoformat("2019-12-31T00:00:00+00:00")),
    ) as engine:
        for rows in found:
            walk(engine, rows, report)
    return report


def main(path: str, most: str = "") -> None:
    """Print the report of a log, or of its first cases, as JSON."""
    found = islice(cases(Path(path)), int(most) if most else None)
    print(json.dumps(run(found).document(), indent=2))


if __name__ == "__main__":
    main(*sys.argv[1:])
