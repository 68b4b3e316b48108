"""`crmflow task`, `timer`, `deadline` and `outbox`: what waits, and running it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from crmflow.cli.timer import span
from tests.cli.conftest import read

if TYPE_CHECKING:
    from tests.cli.conftest import Crm


def test_tasks_have_labels_and_deadlines(desk: Crm) -> None:
    """Of one role, or of all, those due first in front."""
    desk.complaint()
    rows = read(desk.ok("task", "list", "-o", "json"))
    assert [(row["task"], row["id"]) for row in rows] == [("respond", "C-1"), ("record", "C-1")]
    assert rows[0]["due_at"] == "2020-03-02T01:30:00+00:00"
    assert rows[1]["due_at"] is None
    assert read(desk.ok("task", "list", "--role", "salesperson", "-o", "json")) == []
    assert "登记投诉" in desk.ok("--lang", "zh", "task", "list", "--role", "customer_service")


def test_cut_lists_say_so(desk: Crm) -> None:
    """On stderr, in the chosen language."""
    desk.complaint()
    result = desk("task", "list", "--limit", "1", "-o", "jsonl")
    assert len(result.stdout.splitlines()) == 1
    assert "There may be more: --after " in result.stderr
    assert "只显示前 1 条" in desk("--lang", "zh", "timer", "list", "--limit", "1").stderr
    assert desk("task", "list", "--limit", "0").exit_code == 2


def test_deadlines_say_by_how_much_they_are_missed(desk: Crm) -> None:
    """Only those, where asked for; what lies ahead is not overdue."""
    desk.complaint()
    desk.ok(
        *("entity", "create", "complaint", "--id", "C-2", "--actor", "alice"),
        *("--set", "customer=C-1", "--set", "channel=phone", "--at", "2999-01-01T00:00:00Z"),
    )
    rows = read(desk.ok("deadline", "list", "-o", "json"))
    assert [(row["id"], row["overdue"]) for row in rows] == [("C-1", True), ("C-2", False)]
    assert rows[0]["state"] == "received"
    assert rows[0]["overdue_by"].endswith(rows[0]["overdue_by"][-6:])
    assert rows[1]["overdue_by"] is None
    missed = read(desk.ok("deadline", "list", "--overdue", "-o", "json"))
    assert [row["id"] for row in missed] == ["C-1"]
    assert read(desk.ok("timer", "list", "-o", "json"))[0]["timer"] == (
        "sla:complaint_first_response:due"
    )
    assert "首次响应" in desk.ok("--lang", "zh", "deadline", "list")


def test_missed_deadlines_stay_listed_when_their_timers_fired(desk: Crm) -> None:
    """Until they are met; with how they stand, page by page."""
    desk.complaint()
    desk.complaint("C-2")
    desk("timer", "run")
    page = desk("deadline", "list", "--overdue", "--limit", "1", "-o", "json")
    cursor = page.stderr.split("--after ")[1].strip()
    rest = desk.ok("deadline", "list", "--overdue", "--after", cursor, "-o", "json")
    rows = [*read(page.stdout), *read(rest)]
    first = "complaint_first_response"
    missed = [(row["id"], row["status"]) for row in rows if row["deadline"] == first]
    assert missed == [("C-1", "breached"), ("C-2", "breached")]
    assert desk("deadline", "list", "--machine", "complain").exit_code == 5


def test_tasks_are_asked_for_in_somebodys_name(desk: Crm) -> None:
    """Their own and those of their roles; pages go on by their cursor."""
    desk.complaint()
    mine = ("task", "list", "--mine", "alice", "--role", "customer_service")
    page = desk(*mine, "--limit", "1", "-o", "json")
    assert [row["task"] for row in read(page.stdout)] == ["respond"]
    cursor = page.stderr.split("--after ")[1].strip()
    rest = read(desk.ok(*mine, "--after", cursor, "-o", "json"))
    assert [row["task"] for row in rest] == ["record"]
    assert read(desk.ok("task", "list", "--mine", "alice", "-o", "json")) == []
    assert desk("task", "list", "--by-tier", "--mine", "alice").exit_code == 2
    first = desk("task", "list", "--by-tier", "--limit", "1", "-o", "json")
    assert [row["task"] for row in read(first.stdout)] == ["respond"]
    assert "Only the first 1 are shown" in first.stderr


def test_spans_are_days_hours_and_minutes() -> None:
    """Seconds are left out."""
    assert span(timedelta(days=2, hours=3, minutes=4, seconds=59)) == "2d 03:04"
    assert span(timedelta()) == "0d 00:00"


def test_timers_are_fired_when_due(desk: Crm) -> None:
    """By an instant, or now; each once."""
    desk.complaint()
    early = read(desk.ok("timer", "run", "--until", "2020-03-02T09:10:00+08:00", "-o", "json"))
    assert early["fired"] == []
    ran = read(desk.ok("timer", "run", "-o", "json"))
    assert [(one["event"], one["fired"]) for one in ran["fired"]] == [("miss_response", ["$sla"])]
    assert set(ran) == {"fired", "applied", "parked", "waiting", "backups", "pruned", "errors"}
    assert read(desk.ok("timer", "run", "-o", "json"))["fired"] == []


def test_run_is_told_to_people(desk: Crm) -> None:
    """What fired, then how many of everything."""
    desk.complaint()
    shown = desk.ok("--lang", "zh", "timer", "run")
    assert "已触发" in shown
    assert "miss_response" in shown
    assert "已触发\n" not in desk.ok("--lang", "zh", "timer", "run").splitlines()[0]


@pytest.fixture
def ping(desk: Crm) -> Crm:
    """Return the command line with one entity of the sample plugin."""
    assert desk.sample("entity", "create", "ping", "--id", "P-1", "--actor", "bob").exit_code == 0
    return desk


def fire(desk: Crm, event: str) -> None:
    """Fire an event of the sample plugin."""
    assert desk.sample("entity", "fire", "ping", "P-1", event, "--actor", "bob").exit_code == 0


def test_messages_wait_for_their_machine(ping: Crm) -> None:
    """And are listed with what they ask."""
    fire(ping, "wait")
    (row,) = read(ping.sample("outbox", "status", "-o", "json").stdout)
    assert (row["source"], row["event"], row["status"]) == ("ping P-1", "take", "waiting")
    assert (row["kind"], row["version"], row["ordinal"]) == ("create", 2, 0)
    assert read(ping.sample("outbox", "status", "--status", "parked", "-o", "json").stdout) == []
    assert "waiting" in ping.sample("outbox", "status").stdout
    assert read(ping.sample("timer", "run", "-o", "json").stdout)["waiting"] == 1


def test_messages_are_listed_page_by_page(ping: Crm) -> None:
    """In the outbox's order; what is cut says how to go on."""
    for _ in range(2):
        fire(ping, "wait")
    page = ping.sample("outbox", "status", "--limit", "1", "-o", "json")
    cursor = page.stderr.split("--after ")[1].strip()
    rest = ping.sample("outbox", "status", "--after", cursor, "-o", "json")
    rows = [*read(page.stdout), *read(rest.stdout)]
    assert [row["id"] for row in rows] == ["ping/P-1/2/0", "ping/P-1/3/0"]
    assert all(row["sent_at"].endswith("+00:00") for row in rows)
    assert ping.sample("outbox", "status", "--after", "x").exit_code == 2


def test_refused_messages_are_parked_and_can_be_retried(ping: Crm) -> None:
    """With the reason; the retry finds the same."""
    fire(ping, "miss")
    (row,) = read(ping.sample("outbox", "status", "--status", "parked", "-o", "json").stdout)
    assert "there is no ping nobody" in row["detail"]
    result = ping.sample("outbox", "retry", "-o", "json")
    assert result.exit_code == 0
    (parked,) = read(result.stdout)["parked"]
    assert (parked["source"], parked["target"]) == ("ping P-1", "ping nobody")


def test_failures_exit_with_1(ping: Crm) -> None:
    """Each a sentence on stderr; what they are about is tried again."""
    fire(ping, "fail")
    result = ping.sample("timer", "run", "-o", "json")
    assert result.exit_code == 1
    assert read(result.stdout)["errors"][0]["type"] == "GuardFailedError"
    assert "raised" in result.stderr
