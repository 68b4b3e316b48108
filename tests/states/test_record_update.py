"""The machine `record_update`, catalogue 3.8."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from crmflow.core.actor import SYSTEM
from crmflow.core.customer_file import URGENT, CustomerFile, UpdateKind
from crmflow.states.record_update import CustomerCard, UpdateFacts
from tests.states.case import AT, DAY, Case, Payload, declared, legal, pairs, walk_of

HOUR = timedelta(hours=1)
CONTACTS = [{"name": "new buyer", "mobile": "13900139000"}]
PAYLOADS: Mapping[str, Payload] = {
    "raise": {
        "customer": "C-1", "kind": "contact", "change": "the buyer left",
        "reported_by": "customer", "values": {"contacts": CONTACTS},
    },
    "raise:need": {"customer": "C-1", "kind": "need", "change": "a smaller budget"},
    "raise:ended": {"customer": "C-1", "kind": "cooperation_status", "change": "terminated"},
    "raise:class": {
        "customer": "C-1", "kind": "category", "change": "class A", "values": {"file_class": "A"},
    },
    "raise:other": {
        "customer": "C-1", "kind": "other", "change": "moved",
        "values": {"address": "2 Quay Road"},
    },
    "expire": {},
    "apply": {},
    "apply:card": {
        "values": {"address": "3 Quay Road", "fax": "0591-1"}, "clears": ["website"],
        "content": "moved again", "operator": "import",
    },
    "log": {},
    "dismiss": {"reason": "entered already"},
    "hand_over": {"owner": "keeper-2", "reason": "named anew"},
}  # fmt: skip
TABLE = (
    "raise: - -> raised",
    "expire: raised -> overdue",
    "apply: raised, overdue -> applied",
    "log: applied -> logged",
    "dismiss: raised, overdue -> dismissed",
)
ADDED = ("hand_over: * -> =",)
PATHS = {
    "-": (),
    "raised": ("raise",),
    "overdue": ("raise", "expire"),
    "applied": ("raise", "apply"),
}
LEGAL = legal(PATHS, (*TABLE, *ADDED))


def update(*steps: str) -> Case:
    """Return an update that has taken these steps."""
    return Case("record_update", PAYLOADS).go(*steps)


def test_the_table_is_the_catalogue() -> None:
    """The rows are those of the catalogue, and the hand-over to another record keeper."""
    assert declared("record_update") == pairs((*TABLE, *ADDED))


@pytest.mark.parametrize(("source", "event", "to"), LEGAL)
def test_a_row_is_legal(source: str, event: str, to: str) -> None:
    """Every row leads where the catalogue says."""
    case = update(*PATHS[source], event)
    assert case.state == (source if to == "=" else to)
    case.hold_invariants()


@pytest.mark.parametrize(
    ("steps", "event", "changes", "why"),
    [
        ((), "raise", {"kind": "weather"}, "$.kind"),
        ((), "raise", {"change": " "}, "$.change"),
        ((), "raise", {"values": {"hat": "9"}}, "$.values.hat"),
        ((), "raise", {"known_at": "2026-03-02T17:01:00+08:00"}, "in_future"),
        (("raise:need",), "apply", {}, "card_empty"),
        (("raise",), "apply", {"clears": ["contacts"]}, "clears_what_is_new"),
        (("raise",), "apply", {"clears": ["name"]}, "clears_what_is_new"),
        (("raise",), "apply", {"clears": ["hat"]}, "clears_what_is_new"),
        (("raise",), "dismiss", {"reason": None}, "$.reason"),
        (("raise", "apply"), "dismiss", {}, "no_row"),
    ],
)
def test_a_guard_refuses(
    steps: tuple[str, ...], event: str, changes: dict[str, object], why: str
) -> None:
    """Each guard of the catalogue refuses with its reason."""
    case = update(*steps)
    assert case.why_not(event, payload=case.but(event, **changes)) == {why}


def test_kinds_are_those_of_the_catalogue() -> None:
    """
    Contact replaced, need changed, cooperation changed, category, and other.

    REC-027, REC-028, REC-029, REC-034, REC-036.
    """
    assert [kind.value for kind in UpdateKind] == [
        "contact", "need", "cooperation_status", "category", "other",
    ]  # fmt: skip
    assert update("raise").facts.reported_by == "customer"


@pytest.mark.parametrize(
    ("step", "due"),
    [
        ("raise", AT + DAY),  # REC-027
        ("raise:need", AT + DAY),  # REC-028
        ("raise:ended", AT + DAY),  # REC-029
        ("raise:class", AT + 10 * DAY),  # REC-034
        ("raise:other", AT + 10 * DAY),  # REC-032
    ],
)
def test_three_kinds_have_24_hours_and_others_the_companys_days(step: str, due: datetime) -> None:
    """
    The listed triggers are entered within 24 hours, all else by the ceiling.

    REC-026, REC-031, REC-032.
    """
    case = update(step)
    assert case.due == {"record_update": due}
    assert case.task("apply").due_at == due
    case.wait(due - AT)
    assert case.state == "raised"
    assert case.wait(HOUR) == ["expire"]
    assert (case.state, case.tasks["overdue_update"]) == ("overdue", "file_keeper")


def test_new_information_is_worked_in_by_the_first_blank() -> None:
    """Its passing warns the record keeper; the second blank is the breach (REC-031, AMB-20)."""
    case = update("raise:other")
    case.wait(3 * DAY + HOUR)
    warnings = [
        message.payload["deadline"]
        for record in case.journal
        for message in record.messages
        if message.machine == "notice"
    ]
    assert warnings == ["record_update"]
    assert case.state == "raised"


@pytest.mark.parametrize("name", sorted(URGENT))
def test_of_two_limits_the_earlier_one_holds(name: str) -> None:
    """What touches a listed trigger has 24 hours, however it was reported (AMB-09, REC-026)."""
    case = Case("record_update", PAYLOADS)
    value = {"contacts": CONTACTS, "customer_type": "strategic"}.get(name, "new")
    case.fire("raise", payload=case.but("raise:other", values={name: value})).require()
    assert case.due == {"record_update": AT + DAY}


def test_the_clock_starts_when_the_change_is_known() -> None:
    """Not when somebody gets round to raising it (AMB-09, REC-026)."""
    case = Case("record_update", PAYLOADS)
    known = datetime(2026, 3, 1, 12, tzinfo=UTC)
    case.fire("raise", payload=case.but("raise", known_at=known.isoformat())).require()
    assert case.due == {"record_update": known + DAY}


@pytest.mark.parametrize("step", ["apply", "dismiss"])
def test_the_timer_stops(step: str) -> None:
    """With the entry, or where the report was wrong."""
    case = update("raise", step)
    assert (case.due, case.wait(30 * DAY)) == ({}, [])


def test_an_entry_says_time_content_and_operator() -> None:
    """All three, and the card with what is new and what is outdated (REC-030, REC-037)."""
    case = update("raise:other", "apply:card")
    facts = case.facts
    assert (facts.applied_at, facts.change, facts.operator) == (case.at, "moved again", "import")
    assert (facts.values.address, facts.values.fax) == ("3 Quay Road", "0591-1")
    assert facts.clears == ("website",)
    short = update("raise", "apply").facts
    assert (short.change, short.operator) == ("the buyer left", "person-1")


def test_without_an_operator_the_update_is_refused() -> None:
    """A program that enters something names itself (REC-030, REC-052)."""
    case = update("raise")
    assert case.why_not("apply", SYSTEM) == {"no_operator"}
    assert case.fire("apply", SYSTEM, {"operator": "import"}).accepted


def test_the_customer_record_is_changed_by_message() -> None:
    """New values replace the old ones there (REC-037)."""
    [message] = update("raise").fire("apply").require().messages
    assert (message.machine, message.id, message.event) == ("customer", "C-1", "apply_update")
    assert message.payload["update"] == "X-1"
    assert message.payload["operator"] == "person-1"
    assert message.payload["values"] == {"contacts": CONTACTS}


def test_an_entry_is_logged_by_the_record_alone() -> None:
    """Nobody says that an entry is kept but the record that keeps it (REC-030, STO-006)."""
    case = update("raise", "apply")
    assert case.why_not("log") == {"role"}
    case.go("log")
    assert case.state == "logged"


def test_the_named_record_keeper_may_change() -> None:
    """One person of the marketing department keeps the files (REC-033)."""
    assert update("raise", "hand_over").facts.owner == "keeper-2"


def test_a_card_may_be_empty_only_where_the_report_says_enough() -> None:
    """It is about something in any case (REC-037)."""
    assert CustomerCard().values is None
    facts = update("raise", "apply").facts
    assert isinstance(facts, UpdateFacts)
    assert isinstance(facts.values, CustomerFile)


TestRecordUpdateWalk = walk_of("record_update", PAYLOADS)
