"""The shipped rows at work: leads, deals, complaints, and customer files of every class."""

from __future__ import annotations

import attrs
import pytest

from crmflow.core.actor import Actor
from crmflow.core.entity import Snapshot
from crmflow.core.machine import Kind, Machine, Row, State
from crmflow.core.ref import UNBORN, EntityRef
from crmflow.core.tables import Tables
from crmflow.core.updates import copied
from crmflow.engine.starting import examined
from crmflow.plugins.loading import load_plugins
from crmflow.policies.access import ACCESS_LOG, Access, Reading
from crmflow.policies.access.policy import AccessPolicy
from crmflow.policies.access.rules import Rules
from crmflow.states import load
from tests.policies.files import AT


@attrs.frozen
class Customer:
    """What a customer file has at least."""

    name: str | None = None
    owner: str | None = None
    file_class: str | None = None
    phone: str | None = None


CUSTOMER = Machine(
    "customer",
    Customer,
    zh="客户档案",
    en="customer file",
    states=(State("active", "有效", "active", Kind.INITIAL), State("archived", "归档", "archived")),
    rows=(
        Row(UNBORN, "collect", "active", form=Customer, sets=copied("name", "owner")),
        Row("active", "archive", "archived"),
    ),
)
MACHINES = {
    **{name: load(name) for name in ("lead", "deal", "complaint")},
    "customer": CUSTOMER,
    "access_log": ACCESS_LOG,
}


def shipped(profile: str | None = "demo") -> Tables:
    """Return the shipped rows in use."""
    return examined(load_plugins(), MACHINES, profile).tables


def read(machine: str, actor: Actor, state: str = "active", **facts: object) -> Reading:
    """Read an entity under the shipped rows, the blanks filled by examples."""
    found = MACHINES[machine]
    ref = EntityRef("main", machine, "X-1")
    known = found.facts(**facts)
    return Access.of(shipped(), found).read(Snapshot(ref, state, 1, AT, AT, known), actor, AT)


def actor(role: str, name: str = "ann") -> Actor:
    """Return somebody with a role."""
    return Actor(name, {role})


@pytest.mark.parametrize("machine", ["lead", "deal", "customer"])
def test_a_representative_sees_all_of_the_own_customers(machine: str) -> None:
    """A sales representative sees all of what they own, and nothing of others' (ACC-006)."""
    facts = {"name": "Bell", "source": "other"} if machine == "lead" else {}
    own = read(machine, actor("salesperson"), owner="ann", **facts)
    assert own.withheld == ()
    assert not read(machine, actor("salesperson"), owner="bob", **facts).allowed


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
    seen = read("customer", actor("customer_service"), name="Bell", file_class="B", phone="1380")
    assert dict(seen.facts) == {"name": "Bell", "file_class": "B"}


def test_other_departments_ask_and_sensitive_facts_have_their_approver() -> None:
    """Customer service approves other departments' requests, a configured role sensitive ones."""
    rules = Rules.of(shipped(), CUSTOMER)
    assert AccessPolicy(rules).reserved
    approvers = {one.row.name: one.row.approvers for one in rules.askings}
    assert approvers == {
        "customer_other_departments": ("service_manager", "customer_service"),
        "customer_sensitive": ("service_manager",),  # EXAMPLE of the demo profile
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
    without = {name: one for name, one in MACHINES.items() if name != "customer"}
    assert not [f for f in examined(load_plugins(), without, None).faults if "access." in f]
