"""The machine `revisit`, catalogue 3.6: calls and visits."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crmflow.core.actor import SYSTEM, Actor
from tests.states.case import DAY, TICK, Case, Payload, declared, legal, pairs, walk_of

MATERIAL = {
    "basics": "buyer, 40", "service_records": "two repairs", "consumption_traits": "each spring",
    "cooperation_summary": "ten years", "next_steps": "a new line",
}  # fmt: skip
PAYLOADS: dict[str, Payload] = {
    "list": {"kind": "on_site", "purpose": "yearly talk", "customer": "C-1"},
    "list:call": {"kind": "phone", "purpose": "needs", "customer": "C-1"},
    "list:back": {
        "kind": "phone", "purpose": "call_back", "customer": "C-1", "origin": "complaint X-1",
        "due_at": "2026-03-04T09:00:00Z",
    },
    "list:face": {"kind": "face_to_face", "purpose": "pumps", "customer": "C-1"},
    "plan": {"planned_at": "2026-03-09T09:00:00Z", "particulars": "talk to the buyer"},
    "appoint": {
        "meet_at": "2026-03-10T09:00:00Z", "place": "their works", "agreed_with": "buyer",
        "fits_customer": True,
    },
    "prepare_call": {"cooperation_experience": "good", "changed_needs": "bigger pumps"},
    "prepare_visit": MATERIAL,
    "prepare_visit:taken": {**MATERIAL, "company_material": ["sample", "drawings"]},
    "reschedule": {"reason": "buyer is ill"},
    "start": {"place": "their works"},
    "start:call": {},
    "record": {"result": "they want a line", "needs": "a line", "opinions": "fast service"},
    "record:call": {"result": "all is well", "person": "buyer", "details": "prices"},
    "record:back": {
        "result": "content", "person": "buyer", "details": "the swap", "satisfied": True,
    },
    "return_material": {"returned": ["sample", "drawings"]},
    "return_material:kept": {"exception": True, "reason": "the customer tests it"},
    "report": {"course": "as planned", "result": "a new deal", "evaluation": "very good"},
    "review": {"guidance": "follow up in May"},
    "review_call": {"guidance": "send prices"},
    "file": {"summary": "wants a line", "answer": "an offer comes in May"},
    "cancel": {"reason": "moved away"},
}  # fmt: skip
TABLE = (
    "list: - -> listed",
    "plan: listed -> planned",
    "appoint: planned -> appointed",
    "prepare_call: planned -> prepared",
    "prepare_visit: appointed -> prepared",
    "reschedule: appointed, prepared, in_progress -> planned",
    "start: prepared -> in_progress",
    "record: in_progress -> recorded",
    "thank: recorded, reported, reviewed -> =",
    "return_material: recorded, reported -> =",
    "report: recorded -> reported",
    "review: reported -> reviewed",
    "review_call: recorded -> reviewed",
    "file: reviewed -> filed",
    "cancel: listed, planned, appointed, prepared -> cancelled",
)
ADDED = ("remind: listed, planned, appointed, prepared -> =",)
APPOINTED = ("list", "plan", "appoint")
STARTED = (*APPOINTED, "prepare_visit", "start")
CALLED = ("list:call", "plan", "prepare_call", "start:call")
TAKEN = (*APPOINTED, "prepare_visit:taken", "start", "record")
PATHS: dict[str, tuple[str, ...]] = {
    "-": (),
    "listed": ("list",),
    "planned": ("list", "plan"),
    "appointed": APPOINTED,
    "prepared": (*APPOINTED, "prepare_visit"),
    "in_progress": STARTED,
    "recorded": (*STARTED, "record"),
    "reported": (*STARTED, "record", "report"),
    "reviewed": (*STARTED, "record", "report", "review"),
}
# Another way to the state, where the row is for calls or for material.
OTHER = {
    "planned prepare_call": CALLED[:2],
    "recorded review_call": (*CALLED, "record:call"),
    "recorded return_material": TAKEN,
    "reported return_material": (*TAKEN, "report"),
    "reviewed file": (*PATHS["reviewed"], "thank"),
}


def revisit(*steps: str) -> Case:
    """Return a revisit that has taken these steps."""
    return Case("revisit", PAYLOADS).go(*steps)


def test_the_table_is_the_catalogue() -> None:
    """The rows are those of the catalogue, and one for the reminder."""
    assert declared("revisit") == pairs(TABLE + ADDED)


@pytest.mark.parametrize(("source", "event", "to"), legal(PATHS, TABLE + ADDED))
def test_a_row_is_legal(source: str, event: str, to: str) -> None:
    """Every row leads where the catalogue says."""
    case = revisit(*OTHER.get(f"{source} {event}", PATHS[source]), event)
    assert case.state == (source if to == "=" else to)
    case.hold_invariants()


@pytest.mark.parametrize(
    ("steps", "event", "changes", "why"),
    [
        ((), "list", {"kind": "fax"}, "$.kind"),
        ((), "list", {"purpose": " "}, "$.purpose"),
        ((), "list", {"basis": "regular"}, "no_basis"),
        ((), "list", {"basis": "key_project"}, "no_basis"),
        ((), "list:face", {"basis": "strategic_customer"}, "no_basis"),
        ((), "list:face", {"basis": "special_product"}, "no_basis"),
        ((), "list:call", {"basis": "key_project", "project": "line 2"}, "no_basis"),
        (("list",), "plan", {"particulars": None}, "$.particulars"),
        (("list", "plan"), "appoint", {"fits_customer": False}, "does_not_fit"),
        (("list", "plan"), "appoint", {"place": None}, "$.place"),
        (CALLED[:2], "appoint", {}, "not_a_visit"),
        (("list", "plan"), "prepare_call", {}, "not_a_call"),
        (CALLED[:2], "prepare_call", {"changed_needs": None}, "$.changed_needs"),
        (APPOINTED, "prepare_visit", {"next_steps": None}, "material_incomplete"),
        (APPOINTED, "prepare_visit", {"cooperation_summary": None}, "material_incomplete"),
        (APPOINTED, "prepare_visit", {"basics": None}, "$.basics"),
        (APPOINTED, "reschedule", {"reason": None}, "$.reason"),
        (PATHS["prepared"], "start", {"place": "a cafe"}, "not_as_agreed"),
        (PATHS["prepared"], "start", {"happened_at": "2026-03-02T10:00:00Z"}, "in_future"),
        (STARTED, "record", {"needs": None}, "record_incomplete not_a_call"),
        (STARTED, "record", {"opinions": None}, "record_incomplete not_a_call"),
        (CALLED, "record:call", {"person": None}, "record_incomplete"),
        (CALLED, "record:call", {"details": None}, "record_incomplete"),
        ((*CALLED, "record:call"), "thank", {}, "not_on_site"),
        ((*PATHS["recorded"], "thank"), "thank", {}, "already_thanked"),
        (PATHS["recorded"], "return_material", {}, "nothing_to_return"),
        (TAKEN, "return_material", {"returned": ["sample"]}, "not_returned"),
        (TAKEN, "return_material:kept", {"reason": None}, "not_returned"),
        ((*CALLED, "record:call"), "report", {}, "not_a_visit"),
        (PATHS["recorded"], "report", {"evaluation": None}, "$.evaluation"),
        ((*TAKEN, "report"), "review", {}, "material_open"),
        (PATHS["recorded"], "review_call", {}, "not_a_call"),
        (
            STARTED,
            "record",
            {"happened_at": "2026-03-01T09:00:00Z"},
            "ended_before_start not_a_call",
        ),
        (PATHS["reviewed"], "file", {}, "not_thanked"),
        (PATHS["reviewed"], "file", {"summary": None}, "$.summary"),
        ((*PATHS["reviewed"], "thank"), "file", {"answer": None}, "not_answered"),
        (("list",), "cancel", {"reason": None}, "$.reason"),
        (("list", "cancel"), "plan", {}, "final"),
    ],
)
def test_a_guard_refuses(
    steps: tuple[str, ...], event: str, changes: dict[str, object], why: str
) -> None:
    """Each guard of the catalogue refuses with its reason."""
    case = revisit(*steps)
    assert case.why_not(event, payload=case.but(event, **changes)) == set(why.split())


@pytest.mark.parametrize(
    ("step", "changes", "basis"),
    [
        ("list", {}, "strategic_customer"),
        ("list", {"basis": "key_project", "project": "line 2"}, "key_project"),
        ("list:call", {}, "regular"),
        ("list:face", {}, "regular"),
        ("list:face", {"basis": "special_product", "product": "pumps"}, "special_product"),
    ],
)
def test_each_kind_has_its_basis(step: str, changes: dict[str, object], basis: str) -> None:
    """Calls and regular visits, on site and special ones alone where due (REV-001, REV-009)."""
    case = revisit()
    case.fire(step, payload=case.but(step, **changes)).require()
    assert case.facts.basis == basis


@pytest.mark.parametrize(("tier", "accepted"), [("strategic", True), ("core", False), (None, True)])
def test_only_strategic_customers_are_visited_on_site(tier: str | None, accepted: bool) -> None:
    """As the customer record has told; a key project is another basis (REV-005)."""
    case = revisit("list").mirror("customer", "active", tier=tier)
    assert case.fire("plan").accepted is accepted
    other = revisit()
    project = other.but("list", basis="key_project", project="line 2")
    other.fire("list", payload=project).require()
    assert other.mirror("customer", "active", tier=tier).fire("plan").accepted


def test_people_and_rules_put_customers_on_the_list() -> None:
    """Each line has customer and purpose, and who listed it (REV-010, REV-011, REV-012)."""
    asked, told = revisit("list"), revisit()
    told.fire("list", SYSTEM).require()
    assert (asked.facts.listed_by, told.facts.listed_by) == ("person-1", None)
    assert (told.facts.customer, told.facts.purpose) == ("C-1", "yearly talk")


def test_key_accounts_are_revisited_when_due_and_between() -> None:
    """With a day and without one; what they need and say is answered (REV-030)."""
    regular, between = revisit(), revisit("list")
    regular.fire("list", payload=regular.but("list", due_at="2026-04-01T09:00:00Z")).require()
    assert (regular.facts.due_at is None, between.facts.due_at) == (False, None)
    between.go(*PATHS["reviewed"][1:], "thank", "file")
    assert (between.facts.opinions, between.facts.answer) == (
        "fast service", "an offer comes in May",
    )  # fmt: skip
    call = revisit(*CALLED, "record:call", "review_call")
    assert call.fire("file", payload=call.but("file", answer=None)).accepted


def test_people_are_reminded_of_due_revisits() -> None:
    """As due, as planned, then as appointed; a new appointment reminds anew (REV-029)."""
    case = revisit("list:back")
    assert case.task("revisit").due_at == case.facts.due_at
    assert case.wait(3 * DAY) == ["remind"]
    assert case.tasks["overdue_revisit"] == "customer_service"
    visit = revisit(*APPOINTED)
    assert visit.task("revisit").due_at == visit.facts.meet_at
    visit.go("reschedule")
    assert visit.task("revisit").due_at == visit.facts.planned_at
    assert "reminder" not in {timer.name for timer in revisit("list").snapshot.timers}


def test_a_call_back_listed_late_reminds_at_once() -> None:
    """What was due already is no earlier than now (REV-029)."""
    case = revisit()
    case.at += 10 * DAY
    case.fire("list:back").require()
    assert case.task("revisit").due_at == case.at


def test_a_call_follows_an_outline_and_its_length_is_kept() -> None:
    """
    Recorded with who, what and result; 10 to 15 minutes are usual, not enforced
    (REV-002, REV-003, REV-004).
    """
    case = revisit(*CALLED)
    assert case.facts.outline == "good\nbigger pumps"
    case.wait(timedelta(minutes=22))
    case.go("record:call")
    assert case.facts.call_length == timedelta(minutes=22)
    assert (case.facts.person, case.facts.details) == ("buyer", "prices")
    assert revisit(*PATHS["recorded"]).facts.call_length is None


def test_a_call_back_tells_whether_the_customer_is_satisfied() -> None:
    """What asked for it hears the result (CMP-034)."""
    case = revisit("list:back", *CALLED[1:])
    assert case.why_not("record:call") == {"satisfaction_not_asked"}
    case.go("record:back")
    shared = {name: getattr(case.facts, name) for name in case.machines[0].machine.shares}
    assert shared == {
        "kind": "phone", "purpose": "call_back", "result": "content", "satisfied": True,
    }  # fmt: skip


def test_a_visit_starts_as_agreed() -> None:
    """
    At the place and in time; late needs a reason, a new time a new appointment
    (REV-014, REV-015, REV-017).
    """
    case = revisit(*PATHS["prepared"])
    case.wait(9 * DAY)
    assert case.why_not("start") == {"not_as_agreed"}
    early = case.but("start", happened_at="2026-03-10T08:55:00Z")
    late = case.but("start", reason="traffic")
    assert case.fire("start", payload=late).accepted
    other = revisit(*PATHS["prepared"])
    other.wait(9 * DAY)
    other.fire("start", payload=early).require()
    assert other.facts.started_at.hour == 8
    assert other.go("reschedule").facts.place is None


def test_a_visit_is_prepared_recorded_and_reported() -> None:
    """
    Material on the customer and for the customer, then record and report
    (REV-007, REV-013, REV-016, REV-018, REV-021).
    """
    case = revisit(*PATHS["reported"])
    facts = case.facts
    assert (facts.basics, facts.service_records, facts.consumption_traits) == (
        "buyer, 40", "two repairs", "each spring",
    )  # fmt: skip
    assert (facts.cooperation_summary, facts.next_steps) == ("ten years", "a new line")
    assert (facts.needs, facts.opinions) == ("a line", "fast service")
    assert (facts.course, facts.result, facts.evaluation) == (
        "as planned", "a new deal", "very good",
    )  # fmt: skip
    face = revisit("list:face", "plan", "appoint")
    plain = face.but("prepare_visit", cooperation_summary=None, next_steps=None)
    assert face.fire("prepare_visit", payload=plain).accepted


def test_thanks_are_due_within_24_hours_of_a_visit_on_site() -> None:
    """The supervisor is asked where the mail is missing; it cannot be filed (REV-008, AMB-34)."""
    case = revisit(*PATHS["recorded"])
    assert case.due["revisit_thanks"] == case.at + DAY
    case.wait(DAY + TICK)
    assert case.tasks["overdue_thanks"] == "service_supervisor"
    case.go("report", "review", "thank", "file")
    assert (case.state, case.facts.thanked_at) == ("filed", case.at)
    face = revisit("list:face", *STARTED[1:], "record", "report", "review")
    assert "revisit_thanks" not in face.due
    assert face.go("file").state == "filed"


def test_a_visit_recorded_late_leaves_less_time() -> None:
    """Thanks and report count from its end, not from the record (REV-008, REV-021)."""
    case = revisit(*STARTED)
    ended_at = case.at
    case.wait(DAY - TICK)
    late = case.but("record", happened_at=ended_at.isoformat())
    case.fire("record", payload=late).require()
    assert case.due["revisit_thanks"] == ended_at + DAY
    due_at = case.due["revisit_report"]
    assert due_at is not None
    assert due_at <= ended_at + 2 * DAY


def test_the_report_is_due_by_the_end_of_the_next_day() -> None:
    """Of visits alone (REV-021, AMB-33)."""
    case = revisit(*PATHS["recorded"])
    due_at = case.due["revisit_report"]
    assert due_at is not None
    assert case.at + DAY < due_at <= case.at + 2 * DAY
    assert "revisit_report" not in revisit(*CALLED, "record:call").due
    case.wait(2 * DAY)
    assert case.tasks["overdue_report"] == "service_supervisor"


def test_company_material_comes_back_before_the_review() -> None:
    """All of it, or with an exception that somebody approves (REV-019, REV-020)."""
    case = revisit(*TAKEN, "return_material", "report", "review")
    assert set(case.facts.returned) == {"sample", "drawings"}
    kept = revisit(*TAKEN, "return_material:kept", "report", "review")
    assert kept.facts.kept_because == "the customer tests it"


def test_the_supervisor_reviews_and_guides() -> None:
    """Calls without a report too (REV-022)."""
    guest = Actor("guest-1", {"customer_service"})
    assert revisit(*PATHS["reported"]).why_not("review", guest) == {"role"}
    assert revisit(*CALLED, "record:call").why_not("review_call", guest) == {"role"}
    assert revisit(*PATHS["reviewed"]).facts.guidance == "follow up in May"


def test_what_is_filed_is_sorted_and_summarised() -> None:
    """It ends there, for market development and for expenses (REV-023, REV-024, REV-025)."""
    case = revisit(*CALLED, "record:call", "review_call", "file")
    assert (case.state, case.facts.summary) == ("filed", "wants a line")
    case.hold_invariants()


def test_a_visit_that_was_adopted_without_a_date_needs_a_reason() -> None:
    """Nothing was agreed: it begins by way of exception, and no guard fails."""
    found = revisit(*PATHS["prepared"]).know(meet_at=None)
    assert found.why_not("start") == {"not_as_agreed"}
    found.fire("start", payload=found.but("start", reason="as it came")).require()


TestRevisitWalk = walk_of("revisit", PAYLOADS)
