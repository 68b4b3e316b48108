"""The machine `care_task`, catalogue 3.22."""

from datetime import timedelta

import pytest

from crmflow.core.actor import SYSTEM
from crmflow.core.dealing import CareKind
from tests.states.case import DAY, Case, declared, legal, pairs, walk_of

UNTIL = "2026-03-06T18:00:00+08:00"
PAYLOADS: dict[str, dict[str, object]] = {
    "schedule": {
        "customer": "C-1", "kind": "call", "cadence": "core_call", "role": "customer_service",
        "due_on": "2026-03-02", "until_at": UNTIL,
    },
    "schedule:later": {
        "customer": "C-1", "kind": "visit", "reason": "new plant opens",
        "due_at": "2026-03-05T09:00:00+08:00",
    },
    "do": {"result": "satisfied with the pumps", "channel": "phone"},
    "cancel": {"reason": "tier_changed"},
    "become_due": {},
    "miss": {},
}  # fmt: skip
TABLE = (
    "schedule: - -> scheduled",
    "become_due: scheduled -> due",
    "do: due, missed -> done",
    "miss: due -> missed",
    "cancel: scheduled, due, missed -> cancelled",
)
PATHS = {
    "-": (),
    "scheduled": ("schedule",),
    "due": ("schedule", "become_due"),
    "missed": ("schedule", "become_due", "miss"),
}
DUE = PATHS["due"]


def care(*steps: str, **schedule: object) -> Case:
    """Return a care task that has taken these steps, scheduled with some fields changed."""
    case = Case("care_task", PAYLOADS)
    for step in steps:
        if step == "schedule" and schedule:
            case.fire(step, payload=case.but(step, **schedule)).require()
        else:
            case.go(step)
    return case


def test_the_table_is_the_catalogue() -> None:
    """The rows are those of the catalogue, no more and no fewer."""
    assert declared("care_task") == pairs(TABLE)


@pytest.mark.parametrize(("source", "event", "to"), legal(PATHS, TABLE))
def test_a_row_is_legal(source: str, event: str, to: str) -> None:
    """Every row leads where the catalogue says."""
    case = care(*PATHS[source], event)
    assert case.state == to
    case.hold_invariants()


@pytest.mark.parametrize(
    ("steps", "event", "changes", "why"),
    [
        ((), "schedule", {"cadence": None}, "no_care_cause"),
        ((), "schedule", {"kind": "parade"}, "$.kind"),
        ((), "schedule", {"due_at": "2026-03-07T09:00:00+08:00"}, "care_window"),
        ((), "schedule", {"until_at": "2026-03-01T09:00:00+08:00"}, "care_window"),
        (DUE, "do", {"result": None}, "$.result"),
        (DUE, "cancel", {"reason": None}, "$.reason"),
        (("schedule",), "do", {}, "no_row"),
        (("schedule:later", "become_due"), "miss", {}, "no_care_window"),
    ],
)
def test_a_guard_refuses(
    steps: tuple[str, ...], event: str, changes: dict[str, object], why: str
) -> None:
    """Each guard of the catalogue refuses with its reason."""
    case = care(*steps)
    assert case.why_not(event, case.who(event), case.but(event, **changes)) == {why}


def test_all_kinds_of_the_catalogue_are_known() -> None:
    """And those the rows of cadences have besides."""
    kinds = "visit meeting call survey email gift greeting briefing promotion check_call"
    assert set(kinds.split()) <= set(CareKind)


def test_a_task_of_a_cadence_is_due_at_once() -> None:
    """The reminder is a task of the cadence's role, promised by its window's end (REV-029)."""
    case = care("schedule")
    assert case.tasks == {}
    assert case.wait(timedelta(0)) == ["become_due"]
    assert case.tasks == {"do_care": "customer_service"}
    assert case.task("do_care").due_at == case.due["care_window"]


def test_a_task_may_become_due_later() -> None:
    """Who plans ahead is reminded when the day has come; the salesperson where nobody is named."""
    case = care("schedule:later")
    assert case.wait(2 * DAY) == []
    assert case.wait(DAY) == ["become_due"]
    assert case.tasks == {"do_care": "salesperson"}
    assert case.wait(400 * DAY) == []


def test_what_is_not_done_by_the_end_of_its_window_is_missed() -> None:
    """The whole last day counts; a superior's task is opened, and doing it late closes it."""
    case = care(*DUE)
    assert case.wait(4 * DAY) == []
    assert case.wait(DAY) == ["miss"]
    assert case.tasks == {
        "do_care": "customer_service",
        "see_to_missed_care": "business_supervisor",
    }
    case.go("do")
    assert (case.state, case.tasks) == ("done", {})


def test_a_task_that_comes_too_late_is_missed() -> None:
    """A late worker loses no care task: it is due and missed at once, and somebody is told."""
    case = care()
    case.wait(10 * DAY)
    case.fire("schedule", SYSTEM).require()
    assert case.wait(timedelta(minutes=1)) == ["become_due", "miss"]
    assert "see_to_missed_care" in case.tasks


def test_a_greeting_goes_out_by_one_of_its_channels() -> None:
    """TIE-022: text message or whatever else the company has chosen."""
    case = care(*DUE, kind="greeting", channels=["sms", "wechat"])
    assert case.why_not("do") == {"channel_not_planned"}
    assert case.why_not("do", payload=case.but("do", channel=None)) == {"channel_not_planned"}
    case.fire("do", payload=case.but("do", channel="sms")).require()
    assert case.facts.channel == "sms"


@pytest.mark.parametrize("rule", ["TIE-015", "TIE-023", "TIE-033"])
def test_a_gift_is_named(rule: str) -> None:
    """Custom gifts, gifts with greetings and birthday cards say what was given."""
    case = care(*DUE, kind="gift", cadence=rule)
    assert case.why_not("do") == {"no_gift_named"}
    case.fire("do", payload=case.but("do", gift="birthday card")).require()
    assert case.facts.gift == "birthday card"


def sent(case: Case, **result: object) -> dict[str, dict[str, object]]:
    """Return the payload of each message of doing a task, by target and event."""
    messages = case.fire("do", payload=case.but("do", **result)).require().messages
    return {f"{one.machine} {one.event}": dict(one.payload) for one in messages}


@pytest.mark.parametrize(
    ("kind", "tier", "wanted"),
    [
        ("call", "core", "phone"),
        ("check_call", None, "phone"),
        ("visit", "strategic", "on_site"),
        ("visit", "core", "face_to_face"),
        ("visit", None, "face_to_face"),
    ],
)
def test_a_call_or_a_visit_is_a_revisit(kind: str, tier: str | None, wanted: str) -> None:
    """Doing one opens a revisit of its kind: on site for strategic customers (TIE-013)."""
    case = care(*DUE, kind=kind)
    if tier is not None:
        case.mirror("customer", "active", "C-1", tier=tier)
    opened = sent(case)
    assert opened["revisit list"] == {
        "kind": wanted,
        "purpose": "core_call",
        "customer": "C-1",
        "origin": str(case.snapshot.ref),
    }
    assert opened["customer note_contact"]["result"] == "satisfied with the pumps"


def test_a_survey_task_opens_a_survey() -> None:
    """Needs surveys and questionnaires are surveys of one customer (TIE-014, TIE-017)."""
    case = care(*DUE, kind="survey", cadence="ordinary_questionnaire")
    opened = sent(case)
    assert opened["survey plan"]["scope"] == "customer"
    assert opened["survey plan"]["purpose"] == "ordinary_questionnaire"
    assert "revisit list" not in opened


@pytest.mark.parametrize("kind", ["email", "promotion", "briefing", "greeting", "gift"])
def test_what_is_only_sent_is_no_contact(kind: str) -> None:
    """A promotion does not make a sleeping customer one that was dealt with (LIF-004)."""
    assert sent(care(*DUE, kind=kind), gift="card") == {}


def test_needs_and_problems_learnt_are_passed_on() -> None:
    """TIE-036: the record is brought up to date, the problem is solved by somebody."""
    case = care(*DUE, kind="meeting")
    opened = sent(case, needs="quieter pumps", problem="a leaking valve")
    update = opened["record_update raise"]
    assert (update["kind"], update["change"]) == ("need", "quieter pumps")
    assert opened["service_request raise"]["request"] == "a leaking valve"
    assert set(opened) == {"record_update raise", "service_request raise", "customer note_contact"}


def test_the_customer_record_is_asked_who_it_is() -> None:
    """Once, when the task is scheduled: tier and owner are needed later."""
    [message] = care().fire("schedule").require().messages
    assert (message.machine, message.event, message.id) == ("customer", "$ask", "C-1")


TestCareTaskWalk = walk_of("care_task", PAYLOADS)
