"""`crmflow entity`: creating, firing, asking."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import read

if TYPE_CHECKING:
    from tests.cli.conftest import Crm

SERVICE = ("--actor", "alice", "--role", "customer_service")
RECORD = ("--set", "problem_type=quality", "--set", "demand=refund", "--set", "mood=angry")


def test_create_answers_with_the_decision(desk: Crm) -> None:
    """In words and in both languages, or as JSON."""
    given = ("--set", "customer=C-1001", "--set", "channel=phone", *SERVICE)
    english = desk("entity", "create", "complaint", "--id", "C-1", *given)
    assert english.exit_code == 0
    assert "✓ accepted → received (received), version 1" in english.stdout
    chinese = desk("--lang", "zh", "entity", "create", "complaint", "--id", "C-2", *given)
    assert "receive (受理) ✓ 已接受 → received (已受理), 版本 1" in chinese.stdout
    drawn = read(desk.ok("entity", "create", "complaint", *given, "-o", "json"))
    assert drawn["accepted"] is True
    assert drawn["refusal"] is None
    assert len(drawn["id"]) == 22
    assert set(drawn) == {
        *("machine", "id", "event", "accepted", "held", "repeated", "state", "version", "at"),
        *("fired", "caused", "messages", "verdicts", "refusal"),
    }


def test_create_takes_key_payload_and_department(desk: Crm) -> None:
    """A repeated key gives the first answer; another payload under it is a conflict."""
    words = ("entity", "create", "complaint", "--key", "k-1", "--department", "service", *SERVICE)
    first = read(
        desk.ok(*words, "--payload", '{"customer": "C-1", "channel": "phone"}', "-o", "json")
    )
    again = desk(*words, "--payload", '{"customer": "C-1", "channel": "phone"}')
    assert f"complaint {first['id']}" in again.stdout
    assert "repeated" in again.stdout
    other = desk(*words, "--payload", '{"customer": "C-2", "channel": "phone"}')
    assert other.exit_code == 6
    assert "k-1" in other.stderr


def test_existing_id_is_a_conflict(desk: Crm) -> None:
    """With exit code 6."""
    desk.complaint()
    given = ("--set", "customer=C-1001", "--set", "channel=phone", *SERVICE)
    assert desk("entity", "create", "complaint", "--id", "C-1", *given).exit_code == 6


def test_refusal_is_printed_in_full(desk: Crm) -> None:
    """Rows, guards, roles and rule ids, in the chosen language, with exit code 4."""
    desk.complaint()
    words = ("entity", "fire", "complaint", "C-1", "record", *RECORD, "--actor", "bob")
    english = desk(*words)
    assert english.exit_code == 4
    assert "another role is needed" in english.stdout
    assert "CMP-003" in english.stdout
    assert "customer_service" in english.stdout
    assert "当前角色无权操作" in desk(*words, "--lang", "zh").stdout
    refusal = read(desk(*words, "-o", "json").stdout)["refusal"]
    assert refusal["because"] == "rows"
    assert refusal["tried"][0]["reasons"][0]["code"] == "role"
    assert "customer_service" in refusal["roles"]
    assert "record" in refusal["possible"]


def test_faults_of_a_form_have_paths(desk: Crm) -> None:
    """All at once."""
    desk.complaint()
    words = ("entity", "fire", "complaint", "C-1", "record", "--set", "mood=mad", *SERVICE)
    result = desk(*words)
    assert result.exit_code == 4
    assert all(f"$.{name}" in result.stdout for name in ("demand", "mood", "problem_type"))
    faults = read(desk(*words, "-o", "json").stdout)["refusal"]["faults"]
    assert [fault["path"] for fault in faults] == ["$.demand", "$.mood", "$.problem_type"]


def test_fire_moves_the_entity(desk: Crm) -> None:
    """Its timers that were due come first, in the same answer."""
    desk.complaint()
    words = ("entity", "fire", "complaint", "C-1", "record", *RECORD, *SERVICE, "-o", "jsonl")
    decision = read(desk.ok(*words))
    assert (decision["state"], decision["version"]) == ("recorded", 4)
    assert decision["fired"] == ["$sla", "miss_response"]


def test_stale_version_is_a_conflict(desk: Crm) -> None:
    """With exit code 6; the version that is there passes."""
    desk.complaint()
    words = ("entity", "fire", "complaint", "C-1", "record", *RECORD, *SERVICE)
    at = ("--at", "2020-03-02T09:01:00+08:00")
    assert desk(*words, *at, "--version", "7").exit_code == 6
    assert desk(*words, *at, "--version", "1").exit_code == 0
    assert desk(*words, *at, "--version", "0").exit_code == 2


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("fire", "complaint", "C-9", "record", *RECORD, *SERVICE), "there is no complaint C-9"),
        (("fire", "complaint", "C-1", "recrod", *SERVICE), "Did you mean 'record'?"),
        (("fire", "complant", "C-1", "record", *SERVICE), "Did you mean 'complaint'?"),
        (("show", "complaint", "C-9"), "there is no complaint C-9"),
        (("journal", "complaint", "C-9"), "there is no complaint C-9"),
        (("explain", "complaint", "C-1", "x", *SERVICE), "has no event 'x'"),
        (("find", "--machine", "complain"), "Did you mean 'complaint'?"),
    ],
)
def test_unknown_names_exit_with_5(desk: Crm, words: tuple[str, ...], hint: str) -> None:
    """With the nearest there is."""
    desk.complaint()
    result = desk("entity", *words)
    assert result.exit_code == 5
    assert hint in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("fire", "complaint", "C-1", "record"),
        ("fire", "complaint", "C-1", "record", *SERVICE, "--at", "2026-03-01"),
        ("fire", "complaint", "C-1", "record", *SERVICE, "--set", "x"),
        ("fire", "complaint", "C-1", "record", *SERVICE, "--payload", "["),
        ("show", "complaint"),
    ],
)
def test_wrong_usage_exits_with_2(desk: Crm, words: tuple[str, ...]) -> None:
    """Before anything is asked of the entity."""
    assert desk("entity", *words).exit_code == 2


def test_entities_are_found_by_what_is_known_of_them(crm: Crm) -> None:
    """By several facts at once, however they are written (REC-049, STO-007)."""
    desk = crm.of("lead", "complaint")
    for number, name in enumerate(("Harbour Mill", "River Works"), 1):
        given = ("--set", f"name={name}", "--set", "source=exhibition", "--set", "owner=sales-1")
        who = ("--actor", "sales-1", "--role", "salesperson")
        desk.ok("entity", "create", "lead", "--id", f"L-{number}", *given, *who)

    def found(*values: str, machine: str = "lead") -> list[str]:
        where = [word for value in values for word in ("--where", value)]
        listed = desk.ok("entity", "find", "--machine", machine, *where, "-o", "json")
        return [one["id"] for one in read(listed)]

    assert found("owner=sales-1") == ["L-1", "L-2"]
    assert found("owner=sales-1", "name=harbour  MILL") == ["L-1"]
    assert found("owner=sales-2") == []
    wrong = ("--where", "stage=x", "--machine", "lead")
    assert desk("entity", "find", *wrong).exit_code == 2
    assert desk("entity", "find", "--where", "owner=x").exit_code == 2
    assert desk("entity", "find", "--where", "owner").exit_code == 2
    assert read(desk.ok("db", "reindex", "-o", "json")) == [{"machine": "lead", "entities": 2}]


def test_missing_settings_exit_with_3(desk: Crm) -> None:
    """By name, all at once; a file fills them, the calendar of working days among them."""
    store = ("--store", f"sqlite:///{desk.store}", "--machine", "complaint")
    result = desk.bare(*store, "entity", "find")
    assert result.exit_code == 3
    assert "complaint.major.limit" in result.stderr
    assert "complaint.major.owner" in result.stderr
    assert "calendar.working_days" in result.stderr
    settings = '[settings.complaint.major]\nowner = "general_manager"\nlimit = "3d"\n'
    settings += 'steps = ["visit"]\n[settings.complaint]\nescalation_criterion = "is_claim"\n'
    settings += "[settings.complaint.grade_criteria]\n"
    settings += "".join(f'{grade} = "is_urgent"\n' for grade in ("general", "serious", "major"))
    settings += '[settings.service]\ncomplex_criterion = "is_complex"\n'
    settings += '[settings.calendar]\nworking_days = "desk"\n'
    settings += '[[calendars]]\nname = "desk"\nzone = "UTC"\nmonday = "09:00-17:00"\n'
    Path("crmflow.toml").write_text(settings, "utf-8")
    assert desk.bare(*store, "entity", "find").exit_code == 0


def test_directory_knows_the_roles(desk: Crm) -> None:
    """Where none are given; somebody it does not know is not found."""
    desk.complaint()
    people = '[[person]]\nid = "service-1"\nroles = ["customer_service"]\n'
    Path("people.toml").write_text(people, "utf-8")
    words = ("--directory", "people.toml", "entity", "fire", "complaint", "C-1", "record", *RECORD)
    unknown = desk(*words, "--actor", "service-2")
    assert unknown.exit_code == 5
    assert "service-2" in unknown.stderr
    assert desk(*words, "--actor", "service-1").exit_code == 0
    assert desk(*words, "--actor", "service-2", "--role", "customer_service").exit_code == 4


def test_show_tells_what_is_known(desk: Crm) -> None:
    """Now and at an instant; for people with labels, as JSON with codes."""
    desk.complaint()
    desk.ok("entity", "fire", "complaint", "C-1", "record", *RECORD, *SERVICE)
    shown = desk.ok("--lang", "zh", "entity", "show", "complaint", "C-1")
    assert shown.startswith("complaint C-1: recorded (已登记)")
    assert all(
        text in shown for text in ("情绪状态", "angry", "任务", "业务主管") if text != "业务主管"
    )
    at = ("--at", "2020-03-02T10:00:00+08:00", "-o", "json")
    then = read(desk.ok("entity", "show", "complaint", "C-1", *at))
    assert (then["state"], then["facts"]["customer"]) == ("received", "C-1001")
    assert then["tasks"][0]["name"] == "respond"
    early = desk("entity", "show", "complaint", "C-1", "--at", "2019-01-01T00:00:00Z")
    assert early.exit_code == 5


def test_options_say_what_and_why_not(desk: Crm) -> None:
    """Fields that may be left out stand in brackets."""
    desk.complaint()
    rows = read(desk.ok("entity", "options", "complaint", "C-1", *SERVICE, "-o", "json"))
    record = next(row for row in rows if row["event"] == "record")
    assert record["answer"] == "needs_form"
    assert record["form"]["mood"] is True
    chase = next(row for row in rows if row["event"] == "chase")
    assert (chase["answer"], chase["reasons"]) == ("refused", ["role"])
    shown = desk.ok("--lang", "zh", "entity", "options", "complaint", "C-1", *SERVICE)
    assert "[happened_at]" in shown
    assert "催办" in shown


def test_explain_shows_rows_and_who_could(desk: Crm) -> None:
    """With a payload the form's guards are asked too."""
    desk.complaint()
    words = ("entity", "explain", "complaint", "C-1", "record", "--actor", "bob")
    told = desk.ok("--lang", "zh", *words)
    assert "CMP-003" in told
    assert "谁可以办理" in told
    document = read(desk.ok(*words, *RECORD, "-o", "json"))
    assert (document["answer"], document["actor"]) == ("refused", "bob")
    assert document["tried"][0]["passed"] == ["in_future"]
    assert document["faults"] == []
    assert read(desk.ok(*words, "--set", "mood=x", "-o", "json"))["faults"][0]["path"] == "$.demand"


def test_journal_has_a_row_per_version(desk: Crm) -> None:
    """As JSON with facts, effects and what it was decided with."""
    desk.complaint()
    desk.ok("entity", "fire", "complaint", "C-1", "record", *RECORD, *SERVICE)
    rows = [
        read(line)
        for line in desk.ok("entity", "journal", "complaint", "C-1", "-o", "jsonl").splitlines()
    ]
    assert [row["event"] for row in rows] == ["receive", "$sla", "miss_response", "record"]
    assert "+timers sla:complaint_first_response:due" in rows[0]["effects"]
    assert "-timers sla:complaint_first_response:due" in rows[1]["effects"]
    assert rows[3]["facts"]["mood"] == "angry"
    assert rows[3]["roles"] == ["customer_service"]
    assert "miss_response" in desk.ok("entity", "journal", "complaint", "C-1")


def test_find_filters_by_machine_and_state(desk: Crm) -> None:
    """In order of machine and id."""
    for id_ in ("C-2", "C-1"):
        desk.complaint(id_)
    desk.ok("entity", "fire", "complaint", "C-2", "record", *RECORD, *SERVICE)
    rows = read(desk.ok("entity", "find", "-o", "json"))
    assert [(row["id"], row["state"]) for row in rows] == [("C-1", "received"), ("C-2", "recorded")]
    found = read(
        desk.ok("entity", "find", "--machine", "complaint", "--state", "recorded", "-o", "json")
    )
    assert [row["id"] for row in found] == ["C-2"]
    assert read(desk.ok("entity", "find", "--state", "closed", "-o", "json")) == []


def test_adopt_places_an_entity(desk: Crm) -> None:
    """With the right, the facts its state requires, or the mark that they are missing."""
    words = ("entity", "adopt", "complaint", "C-7", "--state", "recorded", "--reason", "moved in")
    admin = ("--actor", "root", "--role", "administrator")
    facts = ("--set", "customer=C-1", "--set", "channel=phone")
    at = ("--set", "received_at=2020-03-02T09:00:00+08:00")
    assert desk(*words, *facts, *at, *SERVICE).exit_code == 4
    missing = desk(*words, *facts, *at, *admin)
    assert missing.exit_code == 4
    assert "$.facts.mood" in missing.stdout
    assert "adopt" in desk.ok(*words, *facts, *at, *admin, "--incomplete")
    assert desk(*words, *admin).exit_code == 4
    shown = read(desk.ok("entity", "show", "complaint", "C-7", "-o", "json"))
    assert shown["state"] == "recorded"


def test_policy_refuses_and_holds(desk: Crm) -> None:
    """The verdict is printed with the plugin's own text; a held event is accepted."""
    assert desk.sample("entity", "create", "ping", "--id", "P-1", "--actor", "bob").exit_code == 0
    refused = desk.sample(
        "entity", "fire", "ping", "P-1", "judge", "--actor", "bob", "--lang", "zh"
    )
    assert refused.exit_code == 4
    assert "今天不行" in refused.stdout
    assert "XYZ-001" in refused.stdout
    held = desk.sample("entity", "fire", "ping", "P-1", "hold", "--actor", "bob")
    assert held.exit_code == 0
    assert "✓ held" in held.stdout
    in_json = desk.sample("entity", "show", "ping", "P-1", "-o", "json")
    assert read(in_json.stdout)["holds"][0]["reason"] == "not_today"
    assert "Holds" in desk.sample("entity", "show", "ping", "P-1").stdout


def test_held_creation_has_no_facts_to_show(desk: Crm) -> None:
    """Only its head and what is awaited."""
    held = desk.sample("entity", "create", "guest", "--id", "G-1", "--actor", "bob")
    assert "✓ held → -, version 1" in held.stdout
    shown = desk.sample("entity", "show", "guest", "G-1").stdout
    assert "Facts" not in shown
    assert "Holds" in shown
    assert desk.sample("audit", "verify").exit_code == 0


def test_fault_of_a_machine_exits_with_3(desk: Crm) -> None:
    """Naming the part that raised."""
    result = desk.sample("entity", "create", "pong", "--actor", "bob")
    assert result.exit_code == 3
    assert "raised" in result.stderr


def test_read_shows_what_one_may_see(crm: Crm) -> None:
    """By right, with what is withheld; who has none is refused and told who could."""
    crm = crm.of("lead")
    given = ("--set", "name=Plant 7", "--set", "source=referral")
    crm.ok("entity", "create", "lead", "--id", "L-1", *given, "--actor", "sales-1")
    own = read(crm.ok("entity", "read", "lead", "L-1", "--actor", "sales-1", "-o", "json"))
    assert (own["allowed"], own["facts"]["name"], own["withheld"]) == (True, "Plant 7", [])
    service = ("--actor", "service-1", "--role", "customer_service")
    seen = read(crm.ok("entity", "read", "lead", "L-1", *service, "-o", "json"))
    assert seen["facts"]["name"] == "Plant 7"
    assert "source" in seen["withheld"]
    assert "Plant 7" in crm.ok("entity", "read", "lead", "L-1", *service, "--purpose", "call")
    refused = crm("entity", "read", "lead", "L-1", "--actor", "guest", "--lang", "zh")
    assert refused.exit_code == 4
    assert "拒绝" in refused.stdout
    assert "Plant 7" not in refused.output


def test_find_asks_by_owner_link_and_what_is_due(crm: Crm) -> None:
    """In pages, whose cursor is told on stderr; counts go by machine and state."""
    leads = crm.of("lead")
    who = ("--actor", "sales-1", "--role", "salesperson")
    for number in range(3):
        given = ("--set", f"name=Mill {number}", "--set", "source=exhibition")
        leads.ok("entity", "create", "lead", "--id", f"L-{number}", *given, *who)

    def found(*words: str) -> list[str]:
        return [one["id"] for one in read(leads.ok("entity", "find", *words, "-o", "json"))]

    assert found("--owner", "sales-1") == ["L-0", "L-1", "L-2"]
    assert found("--owner", "sales-1", "--tier", "gold") == []
    assert found("--link", "lead/L-1") == []
    assert found("--due-before", "2020-01-01T00:00:00Z") == []
    page = leads("entity", "find", "--limit", "2", "-o", "json")
    cursor = page.stderr.split("--after ")[1].strip()
    assert [one["id"] for one in read(page.stdout)] == ["L-0", "L-1"]
    assert found("--after", cursor) == ["L-2"]
    assert "--after" in leads("--lang", "zh", "entity", "find", "--limit", "1").stderr
    (counted,) = read(leads.ok("entity", "count", "-o", "json"))
    assert (counted["state"], counted["count"]) == ("identified", 3)


@pytest.mark.parametrize(
    ("words", "code", "hint"),
    [
        (("--state", "identifed"), 5, "Did you mean 'identified'"),
        (("--link", "lead"), 2, "is no MACHINE/ID"),
        (("--link", "leed/L-1"), 5, "Did you mean 'lead'"),
        (("--after", "x"), 2, "is no cursor of this list"),
    ],
)
def test_find_says_what_would_be_right(
    crm: Crm, words: tuple[str, ...], code: int, hint: str
) -> None:
    """Names that nobody has, and words that are none."""
    result = crm.of("lead")("entity", "find", *words)
    assert result.exit_code == code
    assert hint in result.stderr


def test_find_asks_by_what_is_due(desk: Crm) -> None:
    """Those due first in front, with the instant; in pages too."""
    for name in ("C-2", "C-1"):
        desk.complaint(name)
    words = ("entity", "find", "--due-before", "2999-01-01T00:00:00Z", "-o", "json")
    due = read(desk.ok(*words))
    assert [(one["id"], one["due_at"]) for one in due] == [
        ("C-1", "2020-03-02T01:30:00+00:00"),
        ("C-2", "2020-03-02T01:30:00+00:00"),
    ]
    cursor = desk(*words, "--limit", "1").stderr.split("--after ")[1].strip()
    assert [one["id"] for one in read(desk.ok(*words, "--after", cursor))] == ["C-2"]
