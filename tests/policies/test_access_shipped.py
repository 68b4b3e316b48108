"""The shipped rows at work: leads, deals, complaints, and customer files of every class."""

from __future__ import annotations

import pytest

from crmflow.core.actor import Actor
from crmflow.core.entity import Snapshot
from crmflow.core.ref import EntityRef
from crmflow.core.tables import Tables
from crmflow.engine.starting import examined
from crmflow.plugins.loading import load_plugins
from crmflow.policies.access import ACCESS_LOG, Access, Reading
from crmflow.policies.access.rules import Rules
from crmflow.states import load
from tests.policies.files import AT

ON = (
    "lead", "deal", "contract", "order", "payment", "complaint", "customer", "record_update",
    "file_document", "access_request",
)  # fmt: skip
MACHINES = {**{name: load(name) for name in ON}, "access_log": ACCESS_LOG}
NEEDED: dict[str, dict[str, object]] = {
    "lead": {"name": "Bell", "source": "other"},
    "customer": {"source": "other", "collected_at": AT},
    "file_document": {"customer": "C-1", "title": "contract", "pieces": ()},
    "record_update": {
        "customer": "C-1", "kind": "other", "change": "moved", "reported_by": "staff",
        "known_at": AT, "is_listed": False,
    },
    "access_request": {
        "customer": "C-1", "use": "query", "purpose": "offer", "until_at": AT, "requester": "ann",
    },
}  # fmt: skip
"""Facts that an entity of a machine always has."""


def shipped(profile: str | None = "demo") -> Tables:
    """Return the shipped rows in use."""
    return examined(load_plugins(), MACHINES, profile).tables


def read(machine: str, actor: Actor, state: str = "active", **facts: object) -> Reading:
    """Read an entity under the shipped rows, the blanks filled by examples."""
    found = MACHINES[machine]
    ref = EntityRef("main", machine, "X-1")
    known = found.facts(**{**NEEDED.get(machine, {}), **facts})
    return Access.of(shipped(), found).read(Snapshot(ref, state, 1, AT, AT, known), actor, AT)


def actor(role: str, name: str = "ann") -> Actor:
    """Return somebody with a role."""
    return Actor(name, {role})


@pytest.mark.parametrize("machine", ["lead", "deal", "contract", "order", "payment", "customer"])
def test_a_representative_sees_all_of_the_own_customers(machine: str) -> None:
    """A sales representative sees all of what they own, and nothing of others' (ACC-006)."""
    own = read(machine, actor("salesperson"), owner="ann")
    assert (own.withheld, own.masked) == ((), ())
    assert not read(machine, actor("salesperson"), owner="bob").allowed


def test_customer_service_sees_communication_records_only() -> None:
    """Service staff see what was said with whom, not what a deal is worth (ACC-007)."""
    seen = read("deal", actor("customer_service"), last_feedback="fine", plan="secret")
    assert seen.facts["last_feedback"] == "fine"
    assert "plan" in seen.withheld
    case = read("complaint", actor("customer_service"), customer="C-1", channel="phone",
                received_at=AT)  # fmt: skip
    assert case.withheld == ()


@pytest.mark.parametrize(
    ("role", "file_class", "allowed"),
    [
        ("marketing_manager", "A", True),
        ("general_manager", "A", True),
        ("customer_service", "A", False),
        ("file_keeper", "A", False),
        ("customer_service", "B", True),
        ("file_keeper", "B", True),
        ("finance", "B", False),
    ],
)
def test_class_a_is_for_a_rank(role: str, file_class: str, allowed: bool) -> None:
    """Class A files are for marketing manager rank and above (ACC-003)."""
    assert read("customer", actor(role), owner="bob", file_class=file_class).allowed is allowed


def test_owners_see_their_class_a_customers() -> None:
    """The owner sees the own customer of any class (AMB-53)."""
    assert read("customer", actor("salesperson"), owner="ann", file_class="A").allowed


def test_archived_files_are_restricted() -> None:
    """Everyday access to archived records is restricted (LIF-008)."""
    for role, allowed in [("salesperson", False), ("file_keeper", True)]:
        seen = read("customer", actor(role), "archived", owner="ann", file_class="B")
        assert seen.allowed is allowed


def test_each_read_of_a_customer_file_is_noted() -> None:
    """Customer files are confidential: every read and loan is logged (ACC-001, ACC-010)."""
    for role in ("salesperson", "finance"):
        assert read("customer", actor(role), owner="ann").note is not None
    assert read("deal", actor("salesperson"), owner="ann").note is None


def test_the_system_picks_customers_by_name_and_class() -> None:
    """Service staff are shown name and class of customers that are picked (REV-010, AMB-54)."""
    seen = read("customer", actor("customer_service"), name="Bell", file_class="B", mobile="1380")
    assert seen.facts["name"] == "Bell"
    assert seen.facts["file_class"] == "B"
    assert {"mobile", "contacts", "needs", "annual_turnover"} <= set(seen.withheld)


def test_customer_service_sees_what_was_said_with_a_customer() -> None:
    """Communication records of a file, not what it is worth (ACC-007, AMB-24)."""
    seen = read(
        "customer", actor("customer_service"), last_contact="phone", transactions="9 orders"
    )
    assert seen.facts["last_contact"] == "phone"
    assert "transactions" in seen.withheld


def test_key_accounts_are_held_centrally() -> None:
    """Their department and the named manager see them; of others it sees nothing (ACC-014)."""
    department = actor("key_account_department")
    assert read("customer", department, is_key_account=True).allowed
    assert not read("customer", department).allowed
    team = read("customer", actor("key_account_manager"), "active", key_account_manager="ann",
                file_class="A")  # fmt: skip
    assert (team.allowed, team.withheld, team.masked) == (True, (), ())


SENSITIVE = {
    "mobile": "13800138000", "tax_id": "91350100M000100Y43", "budget_range": "9 million",
    "transactions": "12 orders", "hobbies": "chess",
}  # fmt: skip


def test_sensitive_facts_are_masked_for_who_is_not_entitled() -> None:
    """Whoever is not owner, keeper or of the rank needs an approval (ACC-008, ACC-012, ACC-013)."""
    seen = read("customer", actor("key_account_department"), is_key_account=True, **SENSITIVE)
    assert set(SENSITIVE) <= set(seen.masked)
    assert seen.facts["mobile"] == "***8000"
    assert seen.facts["budget_range"] == "***"
    for role in ("file_keeper", "marketing_manager"):
        assert read("customer", actor(role), **SENSITIVE).masked == ()


def test_a_change_is_as_confidential_as_the_file() -> None:
    """Its keeper reads it, noted; others do not (ACC-001, ACC-009)."""
    seen = read("record_update", actor("file_keeper"), "raised")
    assert seen.allowed
    assert seen.note is not None
    assert not read("record_update", actor("salesperson"), "raised").allowed
    operator = read("record_update", actor("salesperson"), "applied", operator="ann")
    assert operator.allowed


@pytest.mark.parametrize(("role", "allowed"), [("file_keeper", True), ("salesperson", False)])
def test_documents_are_handled_apart_by_a_dedicated_person(role: str, allowed: bool) -> None:
    """Only the keeper reads and files them, and every read is noted (ACC-001, ACC-009)."""
    seen = read("file_document", actor(role), "filed")
    assert (seen.allowed, seen.note is not None) == (allowed, True)


def test_who_asked_sees_the_own_request() -> None:
    """And those who decide and lend (ACC-009, ACC-010)."""
    assert read("access_request", actor("salesperson"), "requested").allowed
    assert read("access_request", actor("file_keeper", "kim"), "requested").allowed
    assert not read("access_request", actor("salesperson", "bob"), "requested").allowed


def test_requests_about_customers_are_entities_of_their_own() -> None:
    """Nobody asks the file itself; other machines are asked directly (ACC-004, ACC-008)."""
    kinds = {
        name: {one.row.name: (one.row.through, one.row.unmasked) for one in found.askings}
        for name in ("customer", "deal")
        for found in [Rules.of(shipped(), MACHINES[name])]
    }
    assert kinds == {
        "customer": {
            "customer_query": ("access_request", False),
            "customer_sensitive": ("access_request", True),
        },
        "deal": {"deal_other_departments": (None, False)},
    }


def test_posts_are_as_the_company_lists_them() -> None:
    """The rights per post come from the blank (ACC-005)."""
    seen = read("lead", actor("sales_assistant"), name="Bell", source="other", need="a press")
    assert dict(seen.facts) == {"name": "Bell", "source": "other", "owner": None}


def test_blanks_of_access_have_no_silent_default() -> None:
    """Where customer files are on, class and approver must be given; posts may be."""
    faults = examined(load_plugins(), MACHINES, None).faults
    missing = sorted(fault.partition(":")[0] for fault in faults if fault.startswith("access."))
    assert missing == ["access.file_class_rule.A", "access.sensitive_approver"]
    without = {name: MACHINES[name] for name in ("lead", "deal", "complaint", "access_log")}
    assert not [f for f in examined(load_plugins(), without, None).faults if "access." in f]
