"""The machine `customer`, catalogue 3.7."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import attrs
import pytest

from crmflow.core.actor import SYSTEM, Actor
from crmflow.core.claim import Claim
from crmflow.core.customer_file import FIELDS, CustomerType
from crmflow.core.dealing import Source
from crmflow.core.numbers import number_of
from crmflow.states.customer.facts import CustomerFacts
from tests.states.case import AT, DAY, EVERYBODY, TICK, Case, declared, legal, pairs, walk_of
from tests.states.customers import BUYER, COLLECT, LONG, PAYLOADS, WAY, active, customer

TABLE = (
    "collect: - -> collected",
    "confirm: collected -> confirmed",
    "enter: confirmed -> entered",
    "check_logic: entered -> active",
    "reject_logic: entered -> collected",
    "discard: collected, confirmed, entered -> discarded",
    "report_change: active, dormant -> =",
    "review: active -> =",
    "mark_dormant: active -> dormant",
    "archive: dormant, terminated -> archived",
    "reactivate: dormant, archived -> active",
    "terminate: active, dormant -> terminated",
    "purge: archived -> purged",
)
ADDED = (
    "call_for_review: active -> =",
    "hand_over: * -> =",
    "choose_representative: collected, confirmed, entered, active -> =",
    "record_service: active -> =",
    "apply_update: * -> =",
    "note_contact: * -> =",
    "note_purchase: dormant, archived, collected, confirmed, entered, active, terminated -> =",
    "note_dealing: * -> =",
    "note_satisfaction: * -> =",
    "set_tier: * -> =",
    "set_stage: * -> =",
    "set_key_account: * -> =",
)
PATHS = {
    "-": (),
    "collected": WAY[:1],
    "confirmed": WAY[:2],
    "entered": WAY[:3],
    "active": (*WAY, LONG),
    "dormant": (*WAY, LONG, "mark_dormant"),
    "archived": (*WAY, LONG, "mark_dormant", "archive"),
    "terminated": (*WAY, "terminate"),
}
LEGAL = legal(PATHS, (*TABLE, *ADDED))
SALES = Actor("sales-1", {"salesperson"})


def test_the_table_is_the_catalogue() -> None:
    """The rows are those of the catalogue, and what others tell."""
    assert declared("customer") == pairs((*TABLE, *ADDED))


@pytest.mark.parametrize(("source", "event", "to"), LEGAL)
def test_a_row_is_legal(source: str, event: str, to: str) -> None:
    """Every row leads where the catalogue says."""
    case = customer(*PATHS[source], event)
    assert case.state == (source if to == "=" else to)
    case.hold_invariants()


@pytest.mark.parametrize(
    ("steps", "event", "changes", "why"),
    [
        ((), "collect", {"name": None}, "$.name"),
        ((), "collect", {"source": "rumour"}, "$.source"),
        ((), "collect", {"business_type": "fishing"}, "business_type_not_fixed"),
        ((), "collect", {"further": {"hat_size": "9"}}, "not_in_file_schema"),
        (WAY[:1], "confirm", {"contact_details": False}, "key_data_not_confirmed"),
        (WAY[:1], "confirm", {"needs": False}, "key_data_not_confirmed"),
        (WAY[:1], "confirm", {"confirmed_with": None}, "$.confirmed_with"),
        (WAY[:1], "confirm", {"values": {"further": {"hat": "9"}}}, "not_in_file_schema"),
        (WAY[:2], "enter", {"customer_type": "loyal"}, "$.customer_type"),
        (WAY[:3], "check_logic", {"region": None}, "not_classified"),
        (WAY[:3], "check_logic", {"file_class": "Z"}, "no_measures_for_class"),
        (WAY[:3], "reject_logic", {"reason": " "}, "$.reason"),
        (WAY[:1], "discard", {"discarded": "duplicate"}, "no_other_record_named"),
        (WAY[:1], "discard", {"duplicate_of": "C-7"}, "no_other_record_named"),
        (WAY[:1], "discard:double", {"duplicate_of": "X-1"}, "no_other_record_named"),
        (WAY[:1], "discard", {"reason": None}, "$.reason"),
        (WAY, "report_change", {"change": None}, "$.change"),
        (WAY, "report_change", {"kind": "weather"}, "$.kind"),
        (WAY, "report_change", {"reported_by": "system"}, "not_reported_by_people"),
        (WAY, "report_change", {"known_at": "2026-03-02T17:01:00+08:00"}, "in_future"),
        (WAY, "mark_dormant", {}, "heard_within_a_year"),
        ((*WAY, LONG), "mark_dormant", {"no_potential_need": False}, "may_have_a_need"),
        (WAY, "terminate", {"reason": None}, "$.reason"),
        (WAY, "archive", {}, "no_row"),
        ((*WAY, "terminate"), "purge", {}, "no_row"),
        ((*WAY, "terminate"), "reactivate", {}, "no_row"),
        (WAY, "apply_update", {"clears": ["name"]}, "no_such_field"),
        (WAY, "apply_update", {"clears": ["owner"]}, "no_such_field"),
        (WAY, "apply_update", {"values": {"file_class": "Z"}}, "no_measures_for_class"),
        (WAY, "note_satisfaction", {"score": "101"}, "$.score"),
        (WAY, "note_contact", {"origin": None}, "$.origin"),
    ],
)
def test_a_guard_refuses(
    steps: tuple[str, ...], event: str, changes: dict[str, object], why: str
) -> None:
    """Each guard of the catalogue refuses with its reason."""
    case = customer(*steps)
    assert case.why_not(event, case.who(event), case.but(event, **changes)) == {why}


# ---- Collecting and entering -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "fields"),
    [
        ("REC-003", "name contacts transactions communications"),
        ("REC-005", "name industry size"),
        ("REC-006", "contacts"),
        ("REC-007", "purchase_intention product_preference budget_range"),
        ("REC-008", "projects transactions feedback"),
        ("REC-009", "culture development_policy business_scope industry_state main_products"),
        ("REC-009", "development_trend address fax website mailbox contacts leaders"),
        ("REC-010", "hobbies return_experience transactions"),
        ("REC-011", "name transactions communications needs_analysis consumption_habits"),
        ("REC-012", "background needs decision_process"),
        ("REC-013", "service_status needs"),
        ("KAM-045", "service_given"),
    ],
)  # fmt: skip
def test_the_file_has_what_the_catalogue_names(rule: str, fields: str) -> None:
    """What is collected stands in the record as it was said (REC-001, REC-016, REC-018)."""
    names = fields.split()
    assert set(names) <= set(FIELDS), rule
    lists = {"contacts", "leaders", "projects"}
    said = {name: f"{name} told" for name in names if name not in lists}
    people = {name: [BUYER] for name in names if name in {"contacts", "leaders"}}
    works = {name: ["mill 1"] for name in names if name == "projects"}
    case = customer()
    case.fire("collect", payload={**COLLECT, **said, **people, **works}).require()
    assert {name: getattr(case.facts, name) for name in said} == said
    assert all(getattr(case.facts, name)[0].mobile == "13800138000" for name in people)
    assert case.facts.projects == tuple(works.get("projects", ()))


def test_a_contact_has_position_and_all_ways_to_be_reached() -> None:
    """Name, position, mobile, direct phone and e-mail of a person (REC-006, REC-009)."""
    case = customer()
    person = {**BUYER, "phone": "0591-8888"}
    case.fire("collect", payload=case.but("collect", contacts=[person])).require()
    assert attrs.asdict(case.facts.contacts[0]) == person


def test_sources_are_those_of_the_list() -> None:
    """The ways of collecting, and where new customers come from (REC-014, REC-015)."""
    assert set(Source) >= {
        "advert", "authority", "transactions", "sales_visit", "customer_form", "internet",
        "research_agency", "other", "exhibition", "cold_visit", "referral",
    }  # fmt: skip
    for source in Source:
        case = customer()
        case.fire("collect", payload=case.but("collect", source=source.value)).require()
        assert case.facts.source is source


def test_what_must_be_collected_is_fixed_first() -> None:
    """A business type for which the company has fixed nothing is refused (REC-004, REG-001)."""
    case = customer()
    payload = case.but("collect", business_type="fishing")
    assert case.why_not("collect", payload=payload) == {"business_type_not_fixed"}


def test_the_company_adds_fields_of_its_own() -> None:
    """What its schema names is kept, and nothing else (REC-046, REC-048)."""
    case = customer()
    payload = case.but("collect", further={"credit_rating": "AA"})
    case.fire("collect", payload=payload).require()
    assert case.facts.further == {"credit_rating": "AA"}
    late = active()
    told = late.but("apply_update", values={"further": {"hat_size": "9"}})
    assert late.why_not("apply_update", SYSTEM, told) == {"not_in_file_schema"}


@pytest.mark.parametrize(
    ("actor", "collected_by", "owner"),
    [
        (SALES, "sales-1", "sales-1"),
        (Actor("customer-1", {"customer"}), "customer-1", None),
        (SYSTEM, None, None),
    ],
)
def test_who_collects(actor: Actor, collected_by: str | None, owner: str | None) -> None:
    """
    Salespeople collect and own; customers register; data are imported.

    REC-052, REC-053, REG-001, INT-003.
    """
    case = customer()
    case.fire("collect", actor).require()
    assert (case.facts.collected_by, case.facts.owner) == (collected_by, owner)
    named = customer()
    named.fire("collect", actor, named.but("collect", owner="sales-9")).require()
    assert named.facts.owner == "sales-9"


def test_key_data_are_put_right_before_they_are_entered() -> None:
    """What the customer corrects when asked is what is entered (REC-019)."""
    case = customer("collect")
    right = {**BUYER, "mobile": "13900139000", "email": None}
    case.fire("confirm", payload=case.but("confirm", values={"contacts": [right]})).require()
    assert (case.facts.mobile, case.facts.email) == ("13900139000", None)
    assert (case.facts.confirmed_with, case.facts.confirmed_at) == ("buyer", case.at)


def test_a_record_is_sorted_by_type_and_industry() -> None:
    """Nothing is entered without both (REC-020, REC-021)."""
    case = customer("collect:bare", "confirm")
    full = {"values": {"contacts": [BUYER]}}
    assert case.why_not("enter", payload=case.but("enter", **full)) == {"no_industry"}
    case.fire("enter", payload=case.but("enter", industry="milling", **full)).require()
    assert (case.facts.customer_type, case.facts.industry) == ("potential", "milling")


@pytest.mark.parametrize("kind", ["potential", "transacting", "strategic"])
def test_a_customer_is_of_one_of_three_types(kind: str) -> None:
    """What is entered is what those who search find (REC-021)."""
    case = customer(*WAY[:2])
    case.fire("enter", payload=case.but("enter", customer_type=kind)).require()
    assert case.facts.customer_type == kind
    assert [one.value for one in CustomerType] == ["potential", "transacting", "strategic"]


@pytest.mark.parametrize("actor", [SYSTEM, Actor(" ")])
def test_only_who_is_logged_in_enters_and_checks(actor: Actor) -> None:
    """Entry is done by a user logged in; a person checks the logic (REG-006, REC-025)."""
    assert customer(*WAY[:2]).why_not("enter", actor) == {"not_logged_in"}
    assert customer(*WAY[:3]).why_not("check_logic", actor) == {"not_by_a_person"}
    silent = active(LONG)
    assert silent.why_not("mark_dormant", actor) == {"not_by_a_person"}


def test_what_is_not_logical_is_collected_anew() -> None:
    """Until a person has found it in order the record does not count as entered (REC-025)."""
    case = customer(*WAY[:3], "reject_logic")
    assert (case.state, list(case.tasks)) == ("collected", ["confirm"])
    assert case.facts.number is None


def test_a_new_customer_has_a_number_and_a_class() -> None:
    """
    A unique number; classified by industry, region and product need.

    REG-002, REG-003, REG-004.
    """
    case = active()
    assert case.facts.number == number_of(case.snapshot.ref, "C")
    assert (case.facts.industry, case.facts.region, case.facts.needs) == (
        "milling",
        "east",
        "pumps",
    )
    without = customer(*WAY[:3])
    lacking = without.but("check_logic", region=None)
    assert "not_classified" in without.why_not("check_logic", payload=lacking)
    assert case.facts.class_measures == "quarterly review"
    own = customer(*WAY[:3])
    own.fire("check_logic", payload=own.but("check_logic", number="OLD-17")).require()
    assert own.facts.number == "OLD-17"


def test_measures_follow_the_class() -> None:
    """What the company does for customers of a class comes with the class (REC-047, REG-005)."""
    case = active()
    case.fire("apply_update", SYSTEM, case.but("apply_update", values={"file_class": "A"}))
    assert case.facts.class_measures == "monthly review by the sales manager"
    assert customer(*WAY[:3], "check_logic").facts.file_class == "B"
    unclassed = customer(*WAY[:3])
    unclassed.fire("check_logic", payload=unclassed.but("check_logic", file_class=None)).require()
    assert unclassed.facts.class_measures is None


def test_one_customer_has_one_record() -> None:
    """Number, tax id, and name with mobile number are the record's alone (REC-002, REG-002)."""
    assert customer(*WAY[:3]).snapshot.attached.claims == ()
    assert set(active().snapshot.attached.claims) == {
        Claim("customer_number", active().facts.number),
        Claim("customer_tax_id", "91350100m000100y43"),
        Claim("customer_contact", "harbourmill/13800138000"),
    }


def test_claims_follow_what_is_known() -> None:
    """Another mobile number frees the old one; a name without one claims nothing (REC-002)."""
    case = active()
    new = {**BUYER, "mobile": "13900139000"}
    case.fire("apply_update", SYSTEM, case.but("apply_update", values={"contacts": [new]}))
    scopes = {claim.scope: claim.value for claim in case.snapshot.attached.claims}
    assert scopes["customer_contact"] == "harbourmill/13900139000"
    gone = case.but("apply_update", values=None, clears=["contacts", "tax_id"])
    case.fire("apply_update", SYSTEM, gone).require()
    assert {claim.scope for claim in case.snapshot.attached.claims} == {"customer_number"}
    assert (case.facts.mobile, case.facts.contacts) == (None, ())


def test_a_duplicate_gives_what_it_knows_to_the_record_that_stays() -> None:
    """Its data are proposed as a change of the named record (REC-001, REC-002)."""
    case = customer(*WAY[:2])
    [message] = case.fire("discard:double").require().messages
    assert (message.machine, message.event) == ("record_update", "raise")
    told = message.payload
    assert (told["customer"], told["kind"], told["reported_by"]) == ("C-7", "other", "staff")
    assert told["values"]["address"] == "1 Quay Road"  # type: ignore[index]
    assert told["origin"] == "customer X-1"
    assert customer("collect").fire("discard").require().messages == ()


def test_one_customer_stands_for_a_shop() -> None:
    """One representative per shop is in the advisory group (REC-040)."""
    asked = active("choose_representative")
    assert Claim("advisory_group", "shop-3") in asked.snapshot.attached.claims
    began = customer()
    began.fire("collect", payload=began.but("collect", advisory_shop="shop-3")).require()
    assert began.snapshot.attached.claims == (Claim("advisory_group", "shop-3"),)


# ---- Changing and reviewing ----------------------------------------------------------------------


def test_a_reported_change_opens_an_update() -> None:
    """By staff or by the customer, with what is known of it (REC-036)."""
    case = active()
    payload = case.but("report_change", values={"contacts": [BUYER]}, known_at=AT.isoformat())
    [message] = case.fire("report_change", payload=payload).require().messages
    assert (message.machine, message.event) == ("record_update", "raise")
    assert message.payload["customer"] == "X-1"
    assert message.payload["reported_by"] == "customer"
    assert message.payload["known_at"] == AT.isoformat()


def test_the_old_value_stays_in_the_journal_alone() -> None:
    """The outdated value is removed and the new one added (REC-037, REC-030, AMB-10)."""
    case = active("apply_update")
    assert (case.facts.address, case.facts.changes, case.facts.changed_at) == (
        "2 Quay Road", 1, case.at,
    )  # fmt: skip
    assert "1 Quay Road" not in str(case.facts)
    collected, entry = case.journal[0], case.journal[-1]
    assert collected.facts["address"] == "1 Quay Road"
    assert (entry.event.form.operator, entry.event.form.content) == ("clerk-1", "new address")


def test_the_update_is_told_that_its_entry_is_kept() -> None:
    """The change log is kept with the record (STO-006)."""
    case = active()
    [message] = case.fire("apply_update", SYSTEM).require().messages
    assert (message.machine, message.id, message.event) == ("record_update", "U-1", "log")


def test_records_are_completed_from_other_systems() -> None:
    """Order systems and service logs complete a record by updates (REC-017, REC-052)."""
    case = active()
    found = {"transactions": "12 orders in 2025", "communications": "9 calls"}
    case.fire("apply_update", SYSTEM, case.but("apply_update", values=found, operator="import"))
    assert (case.facts.transactions, case.facts.communications) == (
        "12 orders in 2025", "9 calls",
    )  # fmt: skip


def test_a_review_is_done_by_the_record_keeper() -> None:
    """When it is due the named person gets a task, and nobody else closes it (REC-033, REC-035)."""
    case = active("call_for_review")
    assert case.tasks["review"] == "file_keeper"
    assert case.why_not("review", SALES) == {"role"}
    case.go("review")
    assert (case.facts.review, case.facts.reviewed_at, case.tasks) == (
        "all in order", case.at, {},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("event", "known"),
    [
        ("set_tier", {"tier": "core"}),
        ("set_stage", {"lifecycle_stage": "first_purchase"}),
        ("set_key_account", {"key_account_grade": "A", "key_account_manager": "kam-1"}),
    ],
)
def test_categories_change_without_delay(event: str, known: dict[str, object]) -> None:
    """Type, tier, stage, class and grade are facts of their own (REC-034, AMB-11, AMB-38)."""
    before, case = active(), active(event)
    names = ("tier", "lifecycle_stage", "key_account_grade", "customer_type", "file_class")
    for name in (*names, "key_account_manager"):
        assert getattr(case.facts, name) == known.get(name, getattr(before.facts, name))


def test_who_is_no_key_account_any_more_has_no_grade() -> None:
    """Nor a manager."""
    case = active("set_key_account")
    ended = case.but("set_key_account", is_key_account=False)
    case.fire("set_key_account", SYSTEM, ended).require()
    facts = case.facts
    assert (facts.is_key_account, facts.key_account_grade, facts.key_account_manager) == (
        False, None, None,
    )  # fmt: skip


def test_a_card_changed_after_the_collection_is_kept_with_the_record() -> None:
    """Cards are kept centrally: in the one journal of the one record (REC-041)."""
    case = active("apply_update", "apply_update")
    entries = [r.event.form.update for r in case.journal if r.event.name == "apply_update"]
    assert entries == ["U-1", "U-1"]


# ---- Dealings --------------------------------------------------------------------------------


def test_dealings_are_told_and_tracked() -> None:
    """The history of dealings is kept with each customer (STO-005, REC-003)."""
    case = active("note_purchase", "~1", "note_contact", "~1", "note_dealing", "note_satisfaction")
    facts = case.facts
    assert (facts.purchases, facts.last_purchase_at) == (1, case.at - 2 * DAY)
    assert (facts.last_contact, facts.last_contact_at) == ("phone wants prices", case.at - DAY)
    assert (facts.last_dealing, facts.last_dealing_at) == ("complaint: leak", case.at)
    assert facts.satisfaction == Decimal("92.5")


@pytest.mark.parametrize(
    ("event", "gone", "fact", "told"),
    [
        ("note_contact", ("channel", "result"), "last_contact", "lead L-1"),
        ("note_purchase", ("amount",), "last_dealing", "purchase"),
        ("note_dealing", ("detail",), "last_dealing", "complaint"),
        ("record_service", ("occasion",), "last_dealing", "pumps checked on site"),
    ],
)
def test_what_is_not_said_is_not_told(
    event: str, gone: tuple[str, ...], fact: str, told: str
) -> None:
    """A dealing without particulars is still one."""
    case = active()
    case.fire(event, case.who(event), case.but(event, **dict.fromkeys(gone))).require()
    assert getattr(case.facts, fact) == told


def test_a_purchase_in_a_shop_is_known_as_one() -> None:
    """By amount and place the card is asked for (REC-038); the life of the customer hears of it."""
    case = active()
    decision = case.fire("note_purchase", SYSTEM).require()
    assert (decision.event.form.amount.amount, decision.event.form.in_store) == (12000, True)
    [message] = decision.messages
    assert (message.machine, message.id, message.event) == ("lifecycle", "X-1", "note_purchase")


def test_personal_service_is_recorded_with_its_occasion() -> None:
    """What was done for a customer, and why (KAM-045)."""
    case = active("record_service")
    assert (case.facts.services, case.facts.service_given) == (
        1, "pumps checked on site (first season)",
    )  # fmt: skip


def test_each_customer_has_one_named_contact() -> None:
    """The owner changes by a hand-over with a reason (DEV-011, DEV-017)."""
    assert active("hand_over").facts.owner == "sales-2"


# ---- Dormancy, archive, end --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("passed", "allowed"),
    [(timedelta(0), False), (TICK, True)],
)
def test_dormant_is_strictly_more_than_a_year(passed: timedelta, allowed: bool) -> None:
    """A year to the instant is not more than a year (LIF-004, AMB-12)."""
    case = active("note_contact")
    case.wait(datetime(2027, 3, 2, 9, tzinfo=UTC) - AT + passed)
    assert case.fire("mark_dormant").accepted is allowed


@pytest.mark.parametrize("event", ["note_purchase", "note_contact", "note_dealing"])
def test_any_dealing_or_contact_begins_the_year_anew(event: str) -> None:
    """Whichever was last (LIF-004)."""
    case = active("~300", event, "~300")
    assert case.why_not("mark_dormant") == {"heard_within_a_year"}
    case.wait(100 * DAY)
    assert case.fire("mark_dormant").accepted


def test_a_person_says_that_there_is_no_need() -> None:
    """The judgement is recorded as a flag, and the record is dormant (LIF-005, LIF-006)."""
    case = active(LONG, "mark_dormant")
    assert (case.state, case.facts.no_potential_need) == ("dormant", True)
    assert (case.facts.dormant_at, case.tasks) == (case.at, {"archive": "file_keeper"})


def test_basic_information_is_kept_in_the_archive() -> None:
    """Name, contacts and number stay, so that the record can come back (LIF-007, STO-004)."""
    case = active(LONG, "mark_dormant", "archive")
    assert (case.facts.archived_at, case.facts.name) == (case.at, "Harbour Mill")
    assert case.facts.contacts
    bare = active()
    bare.fire("apply_update", SYSTEM, bare.but("apply_update", values=None, clears=["contacts"]))
    bare.go("terminate")
    assert bare.why_not("archive") == {"basics_missing"}


@pytest.mark.parametrize("steps", [("mark_dormant",), ("mark_dormant", "archive")])
def test_archived_customers_come_back(steps: tuple[str, ...]) -> None:
    """The silence counts anew from the reactivation (LIF-009)."""
    case = active(LONG, *steps, "reactivate")
    facts = case.facts
    assert (case.state, case.tasks) == ("active", {})
    assert (facts.no_potential_need, facts.dormant_at, facts.archived_at) == (False, None, None)
    assert case.why_not("mark_dormant") == {"heard_within_a_year"}


def test_a_purchase_of_an_archived_customer_asks_for_reactivation() -> None:
    """Its keeper gets the task, once (LIF-009)."""
    case = active(LONG, "mark_dormant", "archive", "note_purchase", "note_purchase")
    assert (case.state, case.tasks) == ("archived", {"reactivate": "file_keeper"})
    case.go("reactivate")
    assert case.tasks == {}


def test_a_terminated_cooperation_is_entered_within_a_day() -> None:
    """The update of kind cooperation status has 24 hours (REC-029)."""
    case = active()
    [message] = case.fire("terminate").require().messages
    assert (message.machine, message.payload["kind"]) == ("record_update", "cooperation_status")
    assert message.payload["change"] == "closed down"


def test_of_a_purged_record_its_number_is_left() -> None:
    """Nothing else is known any more, and the number is never given again (STO-003, REG-002)."""
    case = active("set_tier", "note_contact", LONG, "mark_dormant", "archive")
    number = case.facts.number
    assert case.why_not("purge", Actor("keeper-1", {"file_keeper"})) == {"role"}
    case.go("purge")
    kept = CustomerFacts(
        source=Source.EXHIBITION, collected_at=AT, number=number, reason="kept long enough"
    )
    assert case.facts == kept
    assert case.snapshot.attached.claims == (Claim("customer_number", number),)


def test_work_waits_for_somebody() -> None:
    """One task at a time says what comes next."""
    case = Case("customer", PAYLOADS)
    then = [case.go(step).tasks for step in WAY]
    assert then == [
        {"confirm": "salesperson"}, {"enter": "salesperson"}, {"check_logic": "file_keeper"}, {},
    ]  # fmt: skip
    assert EVERYBODY.id == case.facts.checked_by


TestCustomerWalk = walk_of("customer", PAYLOADS)
