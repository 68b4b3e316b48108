"""Reading: rights, limits, masks, grants, what is journaled."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import attrs
import pytest

from crmflow.core.actor import SYSTEM, Actor
from crmflow.core.link import Link
from crmflow.core.ref import EntityRef
from crmflow.policies.access import Access, Note, Reading
from crmflow.policies.access.masks import STARS, masked, strictest
from crmflow.policies.access.rows import MaskKind
from crmflow.policies.access.state import Request
from tests.policies.files import (
    ANNA,
    AT,
    CHIEF,
    DAY,
    FILE,
    GUEST,
    OTHER,
    OWNER,
    REF,
    ROWS,
    SERVICE,
    File,
    Rows,
    snapshot,
    tables_of,
)

GRANT = Request(
    "r2", "other_departments", "gus", "an order", AT + DAY, ("name", "phone"),
    ("service_manager",), unmasked=False, asked_at=AT, granted_by="bea", granted_at=AT,
)  # fmt: skip


def read(
    actor: Actor,
    facts: File = ANNA,
    *requests: Request,
    rows: Rows = ROWS,
    state: str = "open",
    links: tuple[Link, ...] = (),
) -> Reading:
    """Read a file at a fixed instant."""
    found = snapshot(facts, state, requests, links)
    return Access.of(tables_of(rows), FILE).read(found, actor, AT, "a reason")


def test_an_owner_sees_everything() -> None:
    """Who owns a customer sees all of it, masks and classes notwithstanding (ACC-006, AMB-53)."""
    mine = File(name="Anna Bell", phone="13800138000", owner="olga", file_class="A")
    seen = read(OWNER, mine)
    assert seen.facts["phone"] == "13800138000"
    assert seen.facts["file_class"] == "A"
    assert (seen.state, seen.allowed, seen.verdicts, seen.note) == ("open", True, (), None)


def test_a_named_team_sees_it_too() -> None:
    """Facts that name several people name owners; masks that spare the owner bind the team."""
    seen = read(Actor("tom"))
    assert seen.facts["name"] == "Anna Bell"
    assert seen.facts["phone"] == "***8000"


def test_a_role_sees_its_facts_alone() -> None:
    """Customer service sees communication records only (ACC-007)."""
    seen = read(SERVICE)
    assert dict(seen.facts) == {"name": "Anna Bell", "last_contact": "called on Monday"}
    assert seen.withheld == ("phone", "owner", "team", "file_class", "credit", "score")


def test_who_has_no_right_sees_nothing() -> None:
    """A refused read shows no state and no fact, and names roles that could."""
    seen = read(GUEST)
    assert (seen.allowed, seen.state, dict(seen.facts)) == (False, None, {})
    (verdict,) = seen.verdicts
    assert (verdict.reason, verdict.people) == ("no_right", ())
    assert verdict.roles == ("customer_service", "marketing_manager")


@pytest.mark.parametrize("actor", [Actor(""), Actor(" ", {"salesperson"})])
def test_nobody_unknown_reads(actor: Actor) -> None:
    """Who has no id is nobody's owner and has no right that is everybody's (REG-006)."""
    rows: Rows = {"access": [{"name": "all", "fields": ["*"]}, ROWS["access"][1]]}
    assert not read(actor, File(owner=""), rows=rows).allowed
    assert read(GUEST, rows=rows).allowed


def test_a_limit_keeps_out_whom_it_does_not_name() -> None:
    """Class A: only the named rank and the owner, whatever rights others have (ACC-003)."""
    first = File(name="Anna Bell", owner="olga", file_class="A")
    refused = read(SERVICE, first)
    assert (refused.allowed, dict(refused.facts)) == (False, {})
    (verdict,) = refused.verdicts
    assert (verdict.reason, verdict.row, verdict.roles) == (
        "limited",
        "class_a",
        ("marketing_manager",),
    )
    assert read(CHIEF, first).allowed
    assert read(OWNER, first).allowed


def test_who_has_no_right_is_not_told_of_a_limit() -> None:
    """A limit tells of the customer's class, so only who could otherwise read hears of it."""
    (verdict,) = read(GUEST, File(file_class="A")).verdicts
    assert verdict.reason == "no_right"


def test_no_grant_opens_a_limit() -> None:
    """A granted request opens no class A file: rank first, no override (AMB-28)."""
    assert read(GUEST, ANNA, GRANT).allowed
    (verdict,) = read(GUEST, File(file_class="A"), GRANT).verdicts
    assert verdict.reason == "limited"


def test_a_limit_on_a_linked_fact() -> None:
    """A limit may be about what a linked entity last told; an unheard one limits nothing."""
    limit = {
        "name": "vip",
        "linked": "customer.tier",
        "values": ["strategic"],
        "roles": ["marketing_manager"],
    }
    rows: Rows = {**ROWS, "access_limits": [limit]}

    def told(tier: str, name: str = "customer") -> tuple[Link, ...]:
        return (Link(name, EntityRef("main", "customer", "C-1"), 1, "active", {"tier": tier}),)

    assert not read(SERVICE, rows=rows, links=told("strategic")).allowed
    assert read(CHIEF, rows=rows, links=told("strategic")).allowed
    assert read(SERVICE, rows=rows, links=told("ordinary")).allowed
    assert read(SERVICE, rows=rows, links=told("strategic", "payer")).allowed
    assert read(SERVICE, rows=rows).allowed


def test_limits_on_events_alone_do_not_bind_reads() -> None:
    """A limit says whether it is about reading."""
    limit = {**ROWS["access_limits"][0], "reads": False}
    assert read(SERVICE, File(file_class="A"), rows={**ROWS, "access_limits": [limit]}).allowed


def test_archived_files_are_restricted() -> None:
    """A limit may be about the state (LIF-008)."""
    limit = {"name": "archive", "when": "state == 'archived'", "roles": ["marketing_manager"]}
    rows: Rows = {**ROWS, "access_limits": [limit]}
    assert read(SERVICE, rows=rows).allowed
    assert not read(SERVICE, rows=rows, state="archived").allowed
    assert read(CHIEF, rows=rows, state="archived").allowed


def test_a_right_holds_where_its_expression_does() -> None:
    """A right with an expression is had only of the files it is about."""
    rows: Rows = {"access": [{"name": "small", "fields": ["*"], "when": "credit < 6000"}]}
    assert read(GUEST, rows=rows).allowed
    assert not read(GUEST, File(), rows=rows).allowed


def test_rights_have_effective_dates() -> None:
    """A right counts from its first day to its last, of the company's calendar."""
    today = AT.date()
    for from_on, until_on, holds in [
        (today, today, True),
        (today + timedelta(days=1), None, False),
        (None, today - timedelta(days=1), False),
        (date(2020, 1, 1), None, True),
    ]:
        right = {"name": "all", "fields": ["*"], "from_on": from_on, "until_on": until_on}
        given = {name: value for name, value in right.items() if value is not None}
        assert read(GUEST, rows={"access": [given]}).allowed is holds


def test_the_strictest_mask_counts() -> None:
    """Of several masks the strictest is put on; hidden facts are left out."""
    masks = [
        {"name": "tail", "fields": ["phone"], "mask": "last4"},
        {"name": "first", "fields": ["phone"], "mask": "initial"},
        {"name": "away", "fields": ["credit"], "mask": "hidden"},
        {"name": "money", "fields": ["credit"], "mask": "full"},
    ]
    seen = read(CHIEF, rows={**ROWS, "access_masks": masks})
    assert seen.facts["phone"] == "1***"
    assert "credit" not in seen.facts
    assert (seen.masked, seen.withheld) == (("phone",), ("credit",))


@pytest.mark.parametrize(
    ("value", "mask", "left"),
    [
        ("13800138000", MaskKind.LAST4, "***8000"),
        ("12345678", MaskKind.LAST4, STARS),
        ("张三丰", MaskKind.INITIAL, "张***"),
        ("张", MaskKind.INITIAL, STARS),
        ("", MaskKind.INITIAL, STARS),
        ("13800138000", MaskKind.FULL, STARS),
        (12345678901, MaskKind.LAST4, STARS),
        (["a long text"], MaskKind.INITIAL, STARS),
        ({"a": 1}, MaskKind.FULL, STARS),
        (True, MaskKind.FULL, STARS),
        (None, MaskKind.FULL, None),
    ],
)
def test_masks(value: object, mask: MaskKind, left: object) -> None:
    """A mask leaves a first character or a tail of a text, and stars of anything else."""
    assert masked(value, mask) == left


def test_no_masks_have_no_strictest() -> None:
    """Where nothing masks, nothing is the strictest."""
    assert strictest([]) is None


def test_plain_values_are_shown() -> None:
    """Facts are shown as plain values: text, numbers, lists."""
    seen = read(CHIEF, File(score=Decimal("0.10"), team=("tom", "tim")))
    assert seen.facts["score"] == "0.10"
    assert seen.facts["team"] == ["tom", "tim"]


@pytest.mark.parametrize(
    "change",
    [
        {"until_at": AT},  # over at its end
        {"granted_at": None},
        {"granted_at": AT + timedelta(seconds=1)},
        {"reader": "otto"},
    ],
)
def test_a_grant_is_one_persons_until_its_end(change: dict[str, Any]) -> None:
    """A grant that is over, not yet given or somebody else's opens nothing."""
    assert read(GUEST, ANNA, GRANT).allowed
    assert not read(GUEST, ANNA, attrs.evolve(GRANT, **change)).allowed


def test_an_unmasked_grant_shows_its_facts_as_they_are() -> None:
    """A granted request for sensitive facts takes their masks off, and no others' (ACC-008)."""
    plain_grant = attrs.evolve(GRANT, fields=("phone", "credit"), unmasked=True)
    assert dict(read(GUEST, ANNA, plain_grant).facts) == {
        "phone": "13800138000",
        "credit": "5000 CNY",
    }
    both = read(GUEST, ANNA, GRANT, attrs.evolve(plain_grant, name="r3", fields=("credit",)))
    assert both.facts["phone"] == "***8000"
    everything = attrs.evolve(GRANT, fields=("*",), unmasked=True)
    assert read(GUEST, ANNA, everything).withheld == ()


def test_reads_by_a_grant_are_journaled() -> None:
    """What a grant opens is noted with reader, purpose, facts and grant (ACC-010)."""
    assert read(GUEST, ANNA, GRANT).note == Note(
        "file", "F-1", "gus", "a reason", True, ("name", "phone"), "r2", ()
    )
    assert read(GUEST).note is None


def test_reads_of_confidential_files_are_journaled() -> None:
    """Each read of a confidential file is noted, the refused ones with their reasons."""
    rows: Rows = {**ROWS, "access_journals": [{"name": "all", "when": "file_class == 'B'"}]}
    assert read(OWNER, File(owner="olga", file_class="C"), rows=rows).note is None
    noted = read(OWNER, rows=rows).note
    assert noted is not None
    assert noted.granted
    assert "phone" in noted.fields
    assert read(GUEST, rows=rows).note == Note(
        "file", "F-1", "gus", "a reason", False, (), None, ("no_right",)
    )
    assert read(OTHER, rows={**ROWS, "access_journals": [{"name": "all"}]}).note is not None


def test_reads_by_a_journaled_right_are_journaled() -> None:
    """A right may ask that what is read by it is noted (AMB-54)."""
    rights = [{"name": "keeper", "roles": ["file_keeper"], "fields": ["*"], "journaled": True}]
    rows: Rows = {"access": [*ROWS["access"], *rights]}
    assert read(Actor("fay", {"file_keeper"}), rows=rows).note is not None
    assert read(OWNER, rows=rows).note is None


def test_no_id_of_a_log_is_anothers() -> None:
    """The log of an entity is told by its machine and id."""
    assert Reading(REF, allowed=False).log == "file.F-1"


def test_the_system_reads_by_rows_too() -> None:
    """There is no reader above the rows."""
    assert not read(SYSTEM).allowed
    assert not read(Actor("root", {"administrator", "system"})).allowed


def test_posts_have_the_rights_a_company_lists() -> None:
    """Rights per post are read from one map, of this machine alone (ACC-005)."""
    posts = {"clerk": {"file": {"fields": ["name"]}, "deal": {"fields": ["*"]}}, "boss": {}}
    rows: Rows = {"access_posts": [{"name": "posts", "posts": posts}]}
    assert dict(read(Actor("cy", {"clerk"}), rows=rows).facts) == {"name": "Anna Bell"}
    assert not read(Actor("cy", {"boss"}), rows=rows).allowed
