"""The life of a customer record among its neighbours, under the shipped rows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest

from crmflow.clock import ManualClock
from crmflow.config import Overlay
from crmflow.core.actor import Actor
from crmflow.core.decision import Decision
from crmflow.core.entity import Snapshot
from crmflow.core.people import Person
from crmflow.core.ref import EntityRef
from crmflow.directory import ListedDirectory
from crmflow.engine.engine import Engine
from crmflow.policies.access import Reading
from crmflow.policies.retention import Fate, Retention, find
from crmflow.states.customer import CUSTOMER
from crmflow.storage.rows import MessageStatus
from tests.states.customers import BUYER, PAYLOADS

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)
SALES, KEEPER = Actor("sales-1", {"salesperson"}), Actor("keeper-1", {"file_keeper"})
SERVICE = Actor("service-1", {"service_manager"})
CHIEF = Actor("chief-1", {"marketing_manager"})
BUYING = Actor("buyer-1", {"purchasing"}, departments={"purchasing"})
ADMIN = Actor("admin-1", {"administrator"})
PEOPLE = tuple(Person(one.id, tuple(one.roles)) for one in (SALES, KEEPER, SERVICE, CHIEF, BUYING))
MACHINES = ("customer", "record_update", "file_document", "lifecycle", "access_request")
Entity = tuple[str, str]
Ref = Entity | EntityRef


@attrs.define
class Company:
    """An engine with a clock, and short ways to say what happens to a customer."""

    engine: Engine
    clock: ManualClock
    collected: int = 0

    def fire(
        self,
        ref: Ref,
        event: str,
        actor: Actor,
        payload: Mapping[str, object] | None = None,
    ) -> Decision:
        """Fire an event."""
        return self.engine.fire(ref, event, payload or {}, actor=actor)

    def begun(self, **changes: object) -> Entity:
        """Collect and confirm a customer who is like no other."""
        self.collected += 1
        code = hashlib.sha256(str(self.collected).encode()).hexdigest()
        own = {**BUYER, "mobile": f"138{self.collected:08}", "email": f"{code[:9]}@example.com"}
        told = {"name": code[:12], "tax_id": code[12:30], "contacts": [own], **changes}
        payload = {**PAYLOADS["collect"], **told}
        ref = ("customer", f"C-{self.collected}")
        self.engine.create("customer", payload, actor=SALES, id=ref[1]).require()
        self.fire(ref, "confirm", SALES, PAYLOADS["confirm"]).require()
        return ref

    def collect(self, **changes: object) -> Entity:
        """Bring a customer as far as entered."""
        ref = self.begun(**changes)
        self.fire(ref, "enter", SALES, PAYLOADS["enter"]).require()
        return ref

    def activate(self, **changes: object) -> Entity:
        """Bring a customer as far as active."""
        ref = self.collect(**changes)
        self.fire(ref, "check_logic", KEEPER, PAYLOADS["check_logic"]).require()
        return ref

    def archive(self, ref: Ref) -> None:
        """Let more than a year pass and archive a customer."""
        self.wait(400 * DAY)
        self.fire(ref, "mark_dormant", SALES, PAYLOADS["mark_dormant"]).require()
        self.fire(ref, "archive", KEEPER).require()

    def get(self, ref: Ref) -> Snapshot[Any]:
        """Return an entity."""
        return self.engine.get(ref)

    def facts(self, ref: Ref) -> Any:  # noqa: ANN401 - each machine has facts of its own
        """Return what is known of an entity."""
        return self.engine.get(ref).facts

    def wait(self, span: timedelta) -> None:
        """Let time pass."""
        self.clock.advance(span)
        due = self.engine.run_due()
        assert due.errors == ()

    def updates(self, customer: str) -> list[EntityRef]:
        """Return the updates of a customer's record."""
        found = [row.ref for row in self.engine.find(machine="record_update")]
        return [ref for ref in found if self.facts(ref).customer == customer]

    def tasks(self, ref: Ref) -> dict[str, str | None]:
        """Return whom each open task is for."""
        return {task.name: task.assignee for task in self.engine.get(ref).tasks}

    def read(self, ref: Ref, actor: Actor) -> Reading:
        """Read an entity."""
        return self.engine.read(ref, actor=actor, purpose="a test")


def started(config: Overlay | None = None) -> Company:
    """Return a company that keeps customer records."""
    clock = ManualClock(AT)
    engine = Engine(
        "memory:", machines=MACHINES, profile="demo", config=config,
        directory=ListedDirectory(PEOPLE), clock=clock,
    )  # fmt: skip
    return Company(engine, clock)


@pytest.fixture(scope="module")
def company() -> Iterator[Company]:
    """Return a company under the shipped rows, for what takes some days at most."""
    found = started()
    yield found
    assert not found.engine.outbox(status=MessageStatus.PARKED)
    found.engine.close()


@pytest.fixture
def years() -> Iterator[Company]:
    """Return a company of its own, for what takes years."""
    found = started()
    yield found
    assert not found.engine.outbox(status=MessageStatus.PARKED)
    found.engine.close()


def test_from_collection_to_an_active_record(company: Company) -> None:
    """
    Number, tier and stage come by themselves once the logic was checked.

    REC-001, REG-002, REG-003, REG-005, LIF-001.
    """
    ref = company.activate(annual_turnover="2000000 CNY", profit_margin="20", potential="8")
    facts = company.facts(ref)
    assert (company.get(ref).state, facts.tier, facts.lifecycle_stage) == (
        "active", "strategic", "potential",
    )  # fmt: skip
    assert facts.number.startswith("C-")
    life = company.get(("lifecycle", ref[1]))
    assert (life.state, life.facts.customer) == ("potential", ref[1])


def test_one_customer_has_one_record(company: Company) -> None:
    """A second one is seen, refused, and gives what it knows to the first (REC-002)."""
    first = company.activate(tax_id="91350100M000100Y43")
    second = company.begun(tax_id="91350100m 000100y43", address="2 Quay Road")
    seen = company.fire(second, "enter", SALES, PAYLOADS["enter"]).refusal
    assert seen is not None
    assert [one.reason for one in seen.verdicts] == ["duplicate_likely"]
    looked = {**PAYLOADS["enter"], "not_duplicates": [first[1]]}
    company.fire(second, "enter", SALES, looked).require()
    refusal = company.fire(second, "check_logic", KEEPER, PAYLOADS["check_logic"]).refusal
    assert refusal is not None
    assert refusal.detail.startswith("customer_tax_id")
    assert refusal.detail.endswith(f"is held by customer {first[1]}")
    double = {"discarded": "duplicate", "duplicate_of": first[1], "reason": "the same mill"}
    company.fire(second, "discard", SALES, double).require()
    [update] = company.updates(first[1])
    assert company.facts(update).values.address == "2 Quay Road"
    company.fire(update, "apply", KEEPER).require()
    assert company.facts(first).address == "2 Quay Road"
    assert company.get(update).state == "logged"


def test_name_and_mobile_number_are_one_customer_too(company: Company) -> None:
    """Whatever the width and case; another number is another customer (REC-002)."""
    person = {**BUYER, "mobile": "13700137000"}
    first = company.activate(name="Bell Ltd", contacts=[person])
    looked = {**PAYLOADS["enter"], "not_duplicates": [first[1]]}
    second = company.begun(name="ＢＥＬＬ ltd", contacts=[person])
    company.fire(second, "enter", SALES, looked).require()
    refusal = company.fire(second, "check_logic", KEEPER, PAYLOADS["check_logic"]).refusal
    assert refusal is not None
    assert first[1] in refusal.detail
    third = company.begun(name="Bell Ltd")
    others = {**looked, "not_duplicates": [first[1], second[1]]}
    company.fire(third, "enter", SALES, others).require()
    company.fire(third, "check_logic", KEEPER, PAYLOADS["check_logic"]).require()


def test_a_number_is_never_given_again(company: Company) -> None:
    """Not the company's own numbers either, and not after a purge (REG-002)."""
    first, second = company.activate(), company.collect()
    number = company.facts(first).number
    taken = {**PAYLOADS["check_logic"], "number": number}
    refusal = company.fire(second, "check_logic", KEEPER, taken).refusal
    assert refusal is not None
    assert number in refusal.detail


def test_a_change_is_entered_within_a_day(company: Company) -> None:
    """
    Reported by the customer, overdue, entered by the record keeper, logged.

    REC-026, REC-027, REC-030, REC-033, REC-036, REC-037, STO-006.
    """
    ref = company.activate()
    new = {"name": "new buyer", "position": "buyer", "mobile": "13900139000"}
    report = {**PAYLOADS["report_change"], "values": {"contacts": [new]}}
    company.fire(ref, "report_change", Actor("customer-1", {"customer"}), report).require()
    [update] = company.updates(ref[1])
    assert company.facts(update).owner == "keeper-1"
    company.wait(DAY + timedelta(minutes=1))
    assert company.get(update).state == "overdue"
    assert "overdue_update" in company.tasks(update)
    company.fire(update, "apply", KEEPER).require()
    facts, entry = company.facts(ref), company.facts(update)
    assert (facts.mobile, facts.contacts[0].name, facts.changes) == ("13900139000", "new buyer", 1)
    assert (company.get(update).state, entry.operator) == ("logged", "keeper-1")
    assert entry.applied_at == company.clock.now()
    [kept] = [r for r in company.engine.journal(ref) if r.event.name == "apply_update"]
    assert (kept.event.form.update, kept.event.form.operator) == (update.id, "keeper-1")


def test_a_terminated_cooperation_is_entered(company: Company) -> None:
    """Within 24 hours, as any change of the cooperation status (REC-029)."""
    ref = company.activate()
    company.fire(ref, "terminate", SALES, PAYLOADS["terminate"]).require()
    [update] = company.updates(ref[1])
    company.fire(update, "apply", KEEPER).require()
    assert company.facts(ref).cooperation_status == "terminated"
    company.fire(ref, "archive", KEEPER).require()
    assert company.get(ref).state == "archived"


def test_an_import_creates_and_completes_records(company: Company) -> None:
    """From the order system: nobody collected it, somebody gets it (REC-017, REC-052, INT-003)."""
    engine = company.engine
    payload = {**PAYLOADS["collect"], "source": "transactions", "transactions": "12 orders"}
    ref = engine.create("customer", payload, actor=Actor("import")).require().entity
    assert (company.facts(ref).transactions, company.facts(ref).owner) == ("12 orders", "sales-1")
    told = {
        "customer": ref.id, "kind": "other", "change": "service log", "reported_by": "system",
        "values": {"communications": "9 calls"},
    }  # fmt: skip
    update = engine.create("record_update", told, actor=Actor("import")).require().entity
    engine.fire(update, "apply", {"operator": "import"}, actor=Actor("import")).require()
    assert company.facts(ref).communications == "9 calls"


def test_data_are_reviewed_by_the_named_keeper(years: Company) -> None:
    """As often as the company says (REC-035, REC-033)."""
    ref = years.activate()
    years.wait(380 * DAY)
    assert "review" in years.tasks(ref)
    refused = years.fire(ref, "review", SALES, PAYLOADS["review"])
    assert not refused.accepted
    years.fire(ref, "review", KEEPER, PAYLOADS["review"]).require()
    assert "review" not in years.tasks(ref)


def test_what_was_not_heard_of_for_a_year_is_archived_and_comes_back(years: Company) -> None:
    """
    Everyday access to it is restricted meanwhile.

    LIF-004, LIF-006, LIF-007, LIF-008, LIF-009, STO-004.
    """
    ref = years.activate()
    years.wait(380 * DAY)
    assert "confirm_dormancy:dormant" in years.tasks(ref)
    years.fire(ref, "mark_dormant", SALES, PAYLOADS["mark_dormant"]).require()
    assert "confirm_dormancy:dormant" not in years.tasks(ref)
    assert years.read(ref, SALES).allowed
    years.fire(ref, "archive", KEEPER).require()
    for actor, allowed in ((SALES, False), (KEEPER, True), (CHIEF, True)):
        assert years.read(ref, actor).allowed is allowed
    years.fire(ref, "reactivate", SALES, PAYLOADS["reactivate"]).require()
    assert years.read(ref, SALES).facts["address"] == "1 Quay Road"
    assert "confirm_dormancy:dormant" not in years.tasks(ref)
    years.wait(300 * DAY)
    assert "confirm_dormancy:dormant" not in years.tasks(ref)


def test_nothing_is_purged_unless_the_company_says_so(years: Company) -> None:
    """However long it lies in the archive (STO-003, AMB-13)."""
    ref = years.activate()
    years.archive(ref)
    years.wait(4000 * DAY)
    refusal = years.fire(ref, "purge", ADMIN, PAYLOADS["purge"]).refusal
    assert refusal is not None
    assert [one.reason for one in refusal.verdicts] == ["purging_not_configured"]


def test_purging_waits_for_the_configured_days() -> None:
    """And never for less than one year since the last change or dealing (STO-003)."""
    switched_on = {"retention": [{"name": "customer_purge", "enabled": True}]}
    company = started(Overlay({}, switched_on))
    ref = company.activate()
    company.archive(ref)
    number = company.facts(ref).number
    company.wait(1000 * DAY)
    assert not company.fire(ref, "purge", ADMIN, PAYLOADS["purge"]).accepted
    company.wait(95 * DAY)
    company.fire(ref, "purge", ADMIN, PAYLOADS["purge"]).require()
    facts = company.facts(ref)
    assert (company.get(ref).state, facts.number, facts.name) == ("purged", number, None)
    again = company.activate()
    assert company.facts(again).number != number


def test_dealings_keep_a_record_longer(years: Company) -> None:
    """A year counts from the last dealing, and history stays with the customer (STO-005)."""
    ref = years.activate()
    rows = years.engine.registry.tables.about(CUSTOMER, "retention", Retention)
    years.archive(ref)
    found = find(rows, years.get(ref), years.clock.now())
    assert (found.fate, found.until) == (Fate.KEEP, AT.replace(year=2028, month=4, day=6))
    years.fire(ref, "reactivate", SALES, PAYLOADS["reactivate"]).require()
    years.fire(ref, "terminate", SALES, PAYLOADS["terminate"]).require()
    assert find(rows, years.get(ref), years.clock.now()).fate is Fate.ARCHIVE


def test_an_erasure_is_asked_for_with_its_reason(company: Company) -> None:
    """By who may; what is kept is who asked and why (STO-003, ACC-012)."""
    ref = company.activate()
    asked = {"reason": "the person asks for it"}
    assert not company.fire(ref, "$ask_erasure", SALES, asked).accepted
    company.fire(ref, "$ask_erasure", ADMIN, asked).require()
    state = company.get(ref).policy("retention")
    assert [(one.by, one.reason) for one in state.asked] == [("admin-1", "the person asks for it")]


# ---- Finding -----------------------------------------------------------------------------------


def found(company: Company, machine: str = "customer", **where: object) -> list[str]:
    """Return the ids of entities with these values."""
    return [row.ref.id for row in company.engine.find(machine, where=where)]


def test_what_was_entered_is_found(company: Company) -> None:
    """By name, number, mobile number, tax id, industry and region (REC-049, STO-007)."""
    ref = company.activate(industry="smelting", region=None)
    facts = company.facts(ref)
    for name in ("name", "mobile", "email", "tax_id", "number"):
        assert found(company, **{name: getattr(facts, name)}) == [ref[1]]
    assert found(company, industry="SMELTING", region=" East ") == [ref[1]]
    company.fire(ref, "report_change", SALES, {
        **PAYLOADS["report_change"], "values": {"contacts": [{**BUYER, "mobile": "13600136000"}]},
    }).require()  # fmt: skip
    [update] = found(company, "record_update", customer=ref[1])
    company.fire(("record_update", update), "apply", KEEPER).require()
    assert found(company, mobile=facts.mobile) == []
    assert found(company, mobile="13600136000") == [ref[1]]


def test_salespeople_sort_and_count_what_they_collected(company: Company) -> None:
    """From customer visits and market research, each their own (REC-053)."""
    visits = [company.begun(source="sales_visit")[1] for _ in range(2)]
    research = company.begun(source="market_research")[1]
    mine = {"collected_by": "sales-1"}
    assert set(visits) <= set(found(company, source="sales_visit", **mine))
    assert found(company, source="market_research", **mine) == [research]
    assert found(company, source="market_research", collected_by="sales-2") == []


def test_a_filed_document_is_searchable(company: Company) -> None:
    """By its title and its customer (REC-049)."""
    payload = {
        "customer": "C-77", "title": "Supply contract 2026",
        "pieces": [{"matter": "contract", "part": "main_text"}],
    }  # fmt: skip
    made = company.engine.create("file_document", payload, actor=KEEPER).require()
    where = {"title": "supply contract 2026", "customer": "C-77"}
    assert found(company, "file_document", **where) == [made.entity.id]


# ---- Access ------------------------------------------------------------------------------------


def asked(company: Company, ref: Ref, actor: Actor, **changes: object) -> EntityRef:
    """Return a request of somebody to see a customer's record for ten days."""
    until = company.clock.now() + 10 * DAY
    payload = {
        "customer": company.engine.ref(ref).id,
        "use": "borrow",
        "purpose": "offer 17",
        "until_at": until,
    }
    created = company.engine.create("access_request", {**payload, **changes}, actor=actor)
    return created.require().entity


def approve(company: Company, request: EntityRef, actor: Actor) -> bool:
    """Say whether somebody's approval was taken."""
    return company.fire(request, "approve", actor).accepted


def test_another_department_reads_with_an_approval(company: Company) -> None:
    """Customer service approves, every read is logged, and it ends (ACC-004, ACC-010, ACC-001)."""
    ref = company.activate()
    assert not company.read(ref, BUYING).allowed
    request = asked(company, ref, BUYING)
    for actor in (BUYING, SALES):
        assert not approve(company, request, actor)
    assert approve(company, request, SERVICE)
    assert not company.read(ref, BUYING).allowed
    refused = company.fire(request, "use", BUYING, {"internal": False})
    assert not refused.accepted
    company.fire(request, "use", BUYING, {"internal": True}).require()
    seen = company.read(ref, BUYING)
    assert (seen.facts["address"], str(seen.facts["mobile"])[:3]) == ("1 Quay Road", "***")
    assert seen.grant == str(request)
    notes = [record.event.form for record in company.engine.journal(("access_log", seen.log))]
    assert [(note.reader, note.granted, note.grant) for note in notes] == [
        ("buyer-1", False, None), ("buyer-1", False, None), ("buyer-1", True, str(request)),
    ]  # fmt: skip
    company.fire(request, "return", BUYING).require()
    assert not company.read(ref, BUYING).allowed


def test_a_loan_ends_at_its_instant(company: Company) -> None:
    """Without anybody's doing (ACC-010)."""
    ref = company.activate()
    request = asked(company, ref, BUYING)
    assert approve(company, request, SERVICE)
    company.fire(request, "use", BUYING, {"internal": True}).require()
    company.wait(10 * DAY - timedelta(minutes=1))
    assert company.read(ref, BUYING).allowed
    company.wait(timedelta(minutes=2))
    assert company.get(request).state == "expired"
    assert not company.read(ref, BUYING).allowed
    assert company.get(ref).policy("access").requests == ()


def test_sensitive_facts_have_an_approver_of_their_own() -> None:
    """Another department needs both approvals to see them unmasked (ACC-008, ACC-004, AMB-24)."""
    company = started(Overlay({"access.sensitive_approver": "marketing_manager"}))
    ref = company.activate()
    request = asked(company, ref, BUYING, sensitive=True)
    assert not approve(company, request, CHIEF)
    assert approve(company, request, SERVICE)
    assert company.get(request).state == "requested"
    assert approve(company, request, CHIEF)
    company.fire(request, "use", BUYING, {"internal": True}).require()
    assert company.read(ref, BUYING).facts["mobile"] == company.facts(ref).mobile
    own = asked(company, ref, KEEPER, sensitive=True)
    assert approve(company, own, CHIEF)
    assert company.get(own).state == "approved"


def test_a_request_is_denied_with_a_reason(company: Company) -> None:
    """By who would approve it (ACC-004)."""
    ref = company.activate()
    request = asked(company, ref, BUYING)
    company.fire(request, "deny", SERVICE, {"reason": "no business reason"}).require()
    assert company.get(request).state == "denied"


def test_no_approval_opens_class_a(company: Company) -> None:
    """Rank comes first; who has it and who owns the customer may (ACC-003, AMB-28, AMB-53)."""
    ref = company.activate()
    change = {**PAYLOADS["report_change"], "kind": "category", "values": {"file_class": "A"}}
    company.fire(ref, "report_change", SALES, change).require()
    [update] = company.updates(ref[1])
    company.fire(update, "apply", KEEPER).require()
    request = asked(company, ref, BUYING)
    refusal = company.fire(request, "approve", SERVICE).refusal
    assert refusal is not None
    assert [(one.reason, one.row) for one in refusal.verdicts] == [("condition", "access_class_a")]
    ranked = asked(company, ref, CHIEF)
    assert approve(company, ranked, SERVICE)
    assert company.read(ref, SALES).allowed
    assert not company.read(ref, BUYING).allowed


def test_a_loan_is_not_for_ever(company: Company) -> None:
    """It is refused where it would last longer than is allowed (ACC-010)."""
    ref = company.activate()
    until = company.clock.now() + 31 * DAY
    payload = {"customer": ref[1], "use": "use", "purpose": "offer", "until_at": until}
    refused = company.engine.create("access_request", payload, actor=BUYING)
    assert not refused.accepted


def test_the_record_alone_can_open_itself(company: Company) -> None:
    """Nobody opens a file by hand, and the file is not asked (ACC-002, ACC-011)."""
    ref = company.activate()
    opening = {"reader": "buyer-1", "purpose": "offer", "until_at": company.clock.now() + DAY}
    for event, payload in (("$open_access", opening), ("$close_access", {})):
        assert not company.fire(ref, event, CHIEF, payload).accepted
    asking = {"row": "customer_query", "purpose": "offer", "until_at": opening["until_at"]}
    assert not company.fire(ref, "$request_access", BUYING, asking).accepted


def test_a_document_is_filed_by_its_keeper(company: Company) -> None:
    """Others neither file nor read it (ACC-001, ACC-009)."""
    payload = {"customer": "C-1", "title": "contract", "pieces": [{"matter": "a", "part": "reply"}]}
    engine = company.engine
    assert not engine.create("file_document", payload, actor=SALES).accepted
    document = engine.create("file_document", payload, actor=KEEPER).require().entity
    assert engine.read(document, actor=KEEPER).allowed
    assert not engine.read(document, actor=SALES).allowed
