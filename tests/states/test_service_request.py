"""The machine `service_request`, catalogue 3.15."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crmflow.core.actor import Actor
from tests.states.case import DAY, TICK, Case, Payload, declared, legal, pairs, walk_of

HOUR = timedelta(hours=1)
UNRESOLVED = {
    "unresolved": "not_reached", "reply": "writing", "result": "told by letter", "reason": "away",
}  # fmt: skip
PAYLOADS: dict[str, Payload] = {
    "raise": {"kind": "question", "channel": "phone", "customer": "C-1", "request": "how to clean"},
    "raise:complex": {
        "kind": "question", "channel": "self_service", "customer": "C-1", "request": "noise",
        "is_complex": True,
    },
    "respond": {"solution": "with water", "promised_at": "2026-03-05T09:00:00Z"},
    "respond:complex": {"handling": "a team looks", "promised_at": "2026-03-05T09:00:00Z"},
    "form_team": {"team": ["tech-1", "tech-2"], "is_complex": True},
    "form_team:unflagged": {"team": ["tech-1"]},
    "report_progress": {"progress": "measured"},
    "work": {"owner": "service-1"},
    "work:nobody": {},
    "solve": {"solution": "cleaned", "reply": "phone", "result": "it is clean"},
    "close": {"satisfied": True},
    "reopen": {"reason": "noise again"},
    "close_unresolved": UNRESOLVED,
    "close_unresolved:unhappy": {**UNRESOLVED, "unresolved": "not_satisfied"},
    "withdraw": {"withdrawal": "by_customer", "reason": "found it"},
    "withdraw:double": {"withdrawal": "duplicate", "reason": "twice", "duplicate_of": "X-2"},
}  # fmt: skip
TABLE = (
    "raise: - -> raised",
    "respond: raised -> responded",
    "form_team: responded, in_progress -> team_formed",
    "report_progress: responded, team_formed, in_progress -> =",
    "work: responded, team_formed -> in_progress",
    "solve: in_progress -> solved",
    "call_back: solved -> revisit_due",
    "close: revisit_due -> closed",
    "reopen: revisit_due -> in_progress",
    "close_unresolved: revisit_due -> closed",
    "withdraw: * -> withdrawn",
)
ADDED = ("miss_limit: * -> =",)
WORKED = ("raise", "respond", "work")
DUE = (*WORKED, "solve", "call_back")
PATHS: dict[str, tuple[str, ...]] = {
    "-": (),
    "raised": ("raise",),
    "responded": ("raise", "respond"),
    "team_formed": ("raise", "respond", "form_team"),
    "in_progress": WORKED,
    "solved": (*WORKED, "solve"),
    "revisit_due": DUE,
}
HEAD = Actor("head-1", {"department_head"})


def request(*steps: str) -> Case:
    """Return a request that has taken these steps."""
    return Case("service_request", PAYLOADS).go(*steps)


def test_the_table_is_the_catalogue() -> None:
    """The rows are those of the catalogue, and one for missed deadlines."""
    assert declared("service_request") == pairs(TABLE + ADDED)


@pytest.mark.parametrize(("source", "event", "to"), legal(PATHS, TABLE + ADDED))
def test_a_row_is_legal(source: str, event: str, to: str) -> None:
    """Every row leads where the catalogue says."""
    case = request(*PATHS[source], event)
    assert case.state == (source if to == "=" else to)
    case.hold_invariants()


@pytest.mark.parametrize(
    ("steps", "event", "changes", "why"),
    [
        ((), "raise", {"channel": "pigeon"}, "$.channel"),
        ((), "raise", {"request": " "}, "$.request"),
        (("raise",), "respond", {"solution": None}, "response_incomplete"),
        (("raise",), "respond", {"is_complex": True}, "response_incomplete"),
        (("raise:complex",), "respond", {}, "response_incomplete"),
        (("raise",), "respond", {"promised_at": None}, "$.promised_at"),
        (("raise",), "respond", {"promised_at": "2026-03-02T09:00:00Z"}, "promise_in_past"),
        (("raise", "respond"), "form_team:unflagged", {}, "not_complex"),
        (("raise", "respond"), "form_team", {"team": []}, "$.team"),
        (("raise", "respond"), "work:nobody", {}, "no_owner"),
        (("raise:complex", "respond:complex", "work"), "solve", {}, "no_team"),
        (WORKED, "solve", {"result": None}, "$.result"),
        (DUE, "close", {"satisfied": False}, "not_satisfied"),
        (DUE, "reopen", {"reason": None}, "$.reason"),
        (DUE, "close_unresolved:unhappy", {}, "not_reopened"),
        (DUE, "close_unresolved", {"reply": "phone"}, "not_in_writing"),
        (DUE, "close_unresolved", {"reason": None}, "$.reason"),
        (("raise",), "withdraw", {"withdrawal": "duplicate"}, "no_duplicate_named"),
        (("raise", "withdraw"), "respond", {}, "final"),
    ],
)
def test_a_guard_refuses(
    steps: tuple[str, ...], event: str, changes: dict[str, object], why: str
) -> None:
    """Each guard of the catalogue refuses with its reason."""
    case = request(*steps)
    assert case.why_not(event, payload=case.but(event, **changes)) == {why}


@pytest.mark.parametrize(
    "channel", ["wechat", "online_platform", "website", "self_service", "community"]
)
def test_requests_come_in_around_the_clock(channel: str) -> None:
    """Channels of contact, and those that need nobody (DEV-015, INT-004)."""
    case = request()
    assert case.fire("raise", payload=case.but("raise", channel=channel)).accepted


def test_the_first_response_has_half_an_hour() -> None:
    """It states solution and time limit; missing, the supervisor is asked (CMP-030, CMP-031)."""
    case = request("raise")
    assert case.task("respond").due_at == case.at + HOUR / 2
    assert case.wait(HOUR) == ["miss_limit"]
    assert case.tasks["overdue_response"] == "service_supervisor"
    case.go("respond")
    assert "overdue_response" not in case.tasks
    assert (case.facts.response, case.facts.breaches) == ("with water", 1)


def test_a_complex_question_has_a_team_and_a_report() -> None:
    """The report is due 24 hours after the question, once (CMP-032, CMP-033, AMB-17, AMB-55)."""
    case = request("raise:complex")
    raised_at = case.at
    case.wait(HOUR / 4)
    case.go("respond:complex", "form_team:unflagged")
    assert case.due["request_progress"] == raised_at + DAY
    assert case.tasks["work"] == "special_team"
    case.wait(DAY)
    assert case.tasks["overdue_progress"] == "service_supervisor"
    [message] = case.fire("report_progress").require().messages
    assert message.payload["result"] == "measured"
    assert "request_progress" not in case.due
    assert "overdue_progress" not in case.tasks


def test_a_question_found_complex_later_is_reported_too() -> None:
    """Flagged by a person, whoever forms the team (CMP-032, CMP-033)."""
    case = request(*WORKED)
    assert "request_progress" not in case.due
    case.go("form_team")
    assert case.facts.is_complex
    assert case.due["request_progress"] == case.at + DAY
    assert case.go("work").state == "in_progress"


def test_the_customer_is_called_back_within_48_hours() -> None:
    """From the solution to the call's result; it opens a revisit (CMP-034, CMP-036, CMP-025)."""
    case = request(*WORKED)
    [told] = case.fire("solve").require().messages
    assert told.payload == {"result": "it is clean", "origin": "service_request X-1"}
    due_at = case.at + 48 * HOUR
    [message] = case.fire("call_back").require().messages
    assert (message.machine, message.event, message.link) == ("revisit", "list", "revisit")
    assert message.payload["due_at"] == due_at.isoformat()
    assert case.wait(48 * HOUR) == []
    assert case.wait(TICK) == ["miss_limit"]
    assert case.tasks["overdue_call_back"] == "service_supervisor"


def test_an_unsatisfied_customer_reopens_it() -> None:
    """Counted; what was solved is solved anew, and no old report is owed (CMP-035)."""
    case = request("raise:complex", "respond:complex", "form_team", "work", "solve", "call_back")
    case.mirror("revisit", "recorded", satisfied=False)
    assert case.why_not("close") == {"not_satisfied"}
    case.wait(3 * DAY)
    case.go("reopen")
    assert (case.facts.reopened, case.facts.solved_at) == (1, None)
    assert case.due == {}
    case.go("solve", "call_back")
    assert case.fire("close_unresolved:unhappy", HEAD).accepted
    assert (case.state, case.facts.unresolved) == ("closed", "not_satisfied")


def test_a_satisfied_customer_reopens_nothing() -> None:
    """The call-back has told (CMP-035)."""
    case = request(*DUE).mirror("revisit", "recorded", satisfied=True)
    assert case.why_not("reopen") == {"is_satisfied"}
    payload = case.but("close", satisfied=None)
    assert case.fire("close", payload=payload).accepted


def test_unresolved_is_for_the_department_head() -> None:
    """Others may not give up (AMB-42)."""
    assert request(*DUE).why_not("close_unresolved", Actor("guest-1")) == {"role"}


def test_the_customer_record_hears_of_it() -> None:
    """It is asked who the customer is, and told of the dealing (DEA-012)."""
    messages = request().fire("raise").require().messages
    assert [(m.machine, m.event) for m in messages] == [
        ("customer", "$ask"),
        ("customer", "note_dealing"),
    ]
    assert messages[1].payload["kind"] == "service"


def test_a_second_missed_deadline_is_looked_into() -> None:
    """First response and report of one question were late: an improvement cycle is opened."""
    case = request("raise:complex")
    assert case.wait(2 * DAY) == ["miss_limit", "miss_limit"]
    opened = [m for r in case.journal for m in r.messages if m.machine == "improvement_cycle"]
    assert [m.payload["origin"] for m in opened] == ["service_request X-1"]


TestServiceRequestWalk = walk_of("service_request", PAYLOADS)
