"""The shipped rows of data quality, on customer records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import pytest

from crmflow import Actor, Engine, ManualClock, Overlay
from crmflow.core.decision import Decision

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
SALES, KEEPER = Actor("sales-1", {"salesperson"}), Actor("keeper-1", {"file_keeper"})
SETS = ("customer_basics", "contact_person", "customer_needs", "cooperation_history")
BUYER: Mapping[str, object] = {"name": "buyer-1", "position": "buyer", "mobile": "13800138000"}
RETAIL: Mapping[str, object] = {
    "name": "Harbour Mill", "source": "exhibition", "business_type": "retail",
    "industry": "milling", "contacts": [BUYER],
}  # fmt: skip


@pytest.fixture
def office() -> Iterator[Engine]:
    """Return an office that collects everything of industry, and nothing more of retail."""
    settings = {"record.required_fields": {"industry": list(SETS), "retail": ["name"]}}
    with Engine("memory:", machines=["customer"], profile="demo", config=Overlay(settings),
                clock=ManualClock(AT)) as found:  # fmt: skip
        yield found


def entered(
    office: Engine, id_: str, changes: Mapping[str, object] | None = None, **entry: object
) -> Decision:
    """Return the answer to the entry of a customer."""
    payload = {**RETAIL, **(changes or {})}
    ref = office.create("customer", payload, id=id_, actor=SALES).require().entity
    confirmed = {"confirmed_with": "buyer-1", "contact_details": True, "needs": True}
    office.fire(ref, "confirm", confirmed, actor=SALES).require()
    return office.fire(ref, "enter", {"customer_type": "potential", **entry}, actor=SALES)


def test_name_and_mobile_are_the_floor(office: Engine) -> None:
    """REC-022, REC-023: they are needed whatever the business; the rest may stay empty."""
    refused = entered(office, "C-1", {"contacts": [{"name": "buyer-1"}]})
    found = {one.row: one.values["fields"] for one in refused.verdicts}
    assert found == {"customer_floor": "$.contacts[0].mobile"}
    assert entered(office, "C-2", {"name": "Quay Steel"}).accepted


def test_what_must_be_collected_is_fixed_by_business_type(office: Engine) -> None:
    """REC-004, REC-005, REC-006, REC-007, REC-008, REG-001: four shipped sets, all told at once."""
    changes = {"business_type": "industry", "contacts": [{"name": "buyer-1", "mobile": "13800138000"}]}  # fmt: skip  # noqa: E501
    (verdict,) = entered(office, "C-1", changes).verdicts
    assert verdict.row == "customer_must_collect"
    assert verdict.values["fields"] == (
        "$.size, $.contacts[0].position, $.purchase_intention, $.product_preference, "
        "$.budget_range, $.projects, $.transactions, $.feedback"
    )
    values = {
        "size": "200", "contacts": [BUYER], "purchase_intention": "soon",
        "product_preference": "pumps", "budget_range": "1-2 M", "projects": ["P-1"],
        "transactions": "none yet", "feedback": "good",
    }  # fmt: skip
    entry = {"customer_type": "potential", "values": values}
    assert office.fire(("customer", "C-1"), "enter", entry, actor=SALES).accepted


def test_formats_are_checked_on_entry(office: Engine) -> None:
    """REC-024: digits of the mobile, form of the address; each with its path."""
    buyer = {**BUYER, "mobile": "138001380", "email": "buyer@", "phone": "1"}
    refused = entered(office, "C-1", {"contacts": [buyer], "mailbox": "mill"})
    found = {one.row: one.values["fields"] for one in refused.verdicts}
    assert found == {
        "customer_mobile": "$.contacts[0].mobile",
        "customer_email": "$.contacts[0].email, $.mailbox",
        "customer_phone": "$.contacts[0].phone",
    }


def test_a_likely_double_is_looked_at_once(office: Engine) -> None:
    """REC-002: entered only when somebody named it as another one; then it is not asked again."""
    entered(office, "C-1").require()
    buyer = {**BUYER, "mobile": "13900139000"}
    other = {"name": "HARBOUR MILL Co., Ltd.", "contacts": [buyer], "region": "east", "needs": "pumps"}  # fmt: skip  # noqa: E501
    (verdict,) = entered(office, "C-2", other).verdicts
    assert (verdict.row, verdict.values["candidates"]) == ("customer_record", "C-1 (1.0000)")
    entry = {"customer_type": "potential", "not_duplicates": ["C-1"]}
    office.fire(("customer", "C-2"), "enter", entry, actor=SALES).require()
    checked = office.fire(("customer", "C-2"), "check_logic", {"file_class": "B"}, actor=KEEPER)
    assert checked.accepted


def test_the_same_mobile_and_address_are_likely_too(office: Engine) -> None:
    """REC-002: whoever shares them is looked at, whatever the name."""
    buyer = {**BUYER, "email": "buyer@harbour.example"}
    entered(office, "C-1", {"contacts": [buyer]}).require()
    (verdict,) = entered(
        office, "C-2", {"name": "Mill at the harbour", "contacts": [buyer]}
    ).verdicts
    assert verdict.row == "customer_record"


def test_a_discarded_record_is_nobodys_double(office: Engine) -> None:
    """REC-002: its data went to the record that stays."""
    entered(office, "C-1").require()
    gone = {"discarded": "unconfirmed", "reason": "nobody answers"}
    office.fire(("customer", "C-1"), "discard", gone, actor=SALES).require()
    assert entered(office, "C-2").accepted


def test_a_customer_of_class_a_is_filed_so() -> None:
    """TIE-003, ACC-003, AMB-38: the company's rule says who is of class A, people file it."""
    settings = {"access.file_class_rule": {"A": "region == 'east'"}}
    with Engine("memory:", machines=["customer"], profile="demo", config=Overlay(settings),
                clock=ManualClock(AT)) as found:  # fmt: skip
        more = {"region": "east", "needs": "pumps", "address": "1 Quay Road"}
        ref = entered(found, "C-1", more).require().entity
        (verdict,) = found.fire(ref, "check_logic", {"file_class": "B"}, actor=KEEPER).verdicts
        assert (verdict.row, verdict.reason) == ("customer_of_class_a", "condition")
        assert found.fire(ref, "check_logic", {"file_class": "A"}, actor=KEEPER).accepted
