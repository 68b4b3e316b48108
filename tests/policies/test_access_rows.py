"""The tables of access: their checks, when a judge is bound, and the shipped rows."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from importlib import resources
from typing import Any

import pytest

from crmflow.core.form import Fault
from crmflow.core.machine import Machine
from crmflow.core.tables import Tables
from crmflow.engine.starting import examined
from crmflow.plugins.loading import load_plugins
from crmflow.policies import access
from crmflow.policies.access import ACCESS_LOG
from crmflow.policies.access.rows import PostRight, Posts, Right
from crmflow.states import MACHINES, load
from crmflow.texts import Texts
from tests.policies.files import FILE, ROWS, Rows, tables_of

ALL = {"name": "all", "fields": ["*"]}


def checked(rows: Rows, machines: Mapping[str, Machine] | None = None) -> list[Fault]:
    """Return every fault that the tables' checks find."""
    tables = tables_of(rows)
    on = {"file": FILE} if machines is None else machines
    return [
        fault
        for table in access.tables()
        for fault in table.check(tables.rows.get(table.name, ()), tables, on)
    ]


def test_good_rows_have_no_fault() -> None:
    """Rows that name what is there are taken."""
    posts = {"clerk": {"file": {"fields": ["name"], "events": ["*"]}, "deal": {"fields": ["x"]}}}
    assert checked({**ROWS, "access_posts": [{"name": "posts", "posts": posts}]}) == []


@pytest.mark.parametrize(
    ("table", "row", "path", "told"),
    [
        ("access", {"fields": ["name", "fone"]}, ".fields[1]", "unknown. Did you mean 'phone'?"),
        ("access", {"events": ["edti"]}, ".events[0]", "unknown. Did you mean 'edit'?"),
        ("access", {**ALL, "owners": ["ownr"]}, ".owners[0]", "unknown. Did you mean 'owner'?"),
        (
            "access",
            {**ALL, "owners": ["*"]},
            ".owners[0]",
            (
                "unknown. Known: 'credit', 'file_class', 'last_contact', 'name', "
                "'owner', 'phone', 'score', 'team'."
            ),
        ),
        (
            "access",
            {**ALL, "when": "credit >"},
            ".when",
            ("syntax, expected more: the expression breaks off (at character 9)"),
        ),
        (
            "access",
            {**ALL, "when": "not ('sales' in actor.roles)"},
            ".when",
            ("actor, expected nothing about the actor: use roles, departments or owners"),
        ),
        ("access", {"roles": ["clerk"]}, "", "empty, expected events or fields that it opens"),
        (
            "access_limits",
            {"roles": ["clerk"]},
            "",
            "empty, expected when, linked or qualified: what it is about",
        ),
        (
            "access_limits",
            {"linked": "tier", "values": ["A"]},
            ".linked",
            ("type, expected a link and a fact of what is linked, as 'customer.tier'"),
        ),
        (
            "access_limits",
            {"linked": "a.b.c", "values": ["A"]},
            ".linked",
            ("type, expected a link and a fact of what is linked, as 'customer.tier'"),
        ),
        (
            "access_limits",
            {"linked": "customer.tier"},
            ".values",
            "empty, expected linked and values together",
        ),
        (
            "access_limits",
            {"when": "score > 1", "values": ["A"]},
            ".values",
            "empty, expected linked and values together",
        ),
        (
            "access_masks",
            {"fields": ["fone"], "mask": "full"},
            ".fields[0]",
            "unknown. Did you mean 'phone'?",
        ),
        (
            "access_requests",
            {"fields": ["fone"], "approvers": ["boss"], "longest": "1d"},
            ".fields[0]",
            "unknown. Did you mean 'phone'?",
        ),
        (
            "access_requests",
            {"fields": ["name"], "longest": "1d"},
            ".approvers",
            "empty, expected approvers, or through: a machine of requests",
        ),
        (
            "access_requests",
            {"fields": ["name"], "longest": "1d", "approvers": ["boss"], "through": "paper"},
            ".approvers",
            "empty, expected approvers, or through: a machine of requests",
        ),
        (
            "access_journals",
            {"when": "score"},
            ".when",
            (
                "type, expected an expression that gives true or false, not a number "
                "(at character 1)"
            ),
        ),
    ],
)
def test_faults_are_told_at_their_place(
    table: str, row: Mapping[str, object], path: str, told: str
) -> None:
    """Each fault has the path of the row and column, and a code."""
    good = ROWS[table][0] if table in ROWS else {"name": "all"}
    (fault,) = checked({table: [good, {"name": "faulty", **row}]})
    assert (fault.path, fault.told) == (f"$.{table}[1]{path}", told)


def test_faults_name_what_would_be_right() -> None:
    """A misspelt fact is told the nearest one."""
    (fault,) = checked({"access": [{"name": "all", "fields": ["fone"]}]})
    assert fault.expected == "Did you mean 'phone'?"


def test_rights_of_posts_are_in_force_as_their_row_is() -> None:
    """Each is a row that has the days, rules, version and file of the list it stands in."""
    common: dict[str, Any] = {
        "rules": ("ACC-005",), "from_on": date(2026, 1, 1), "until_on": date(2026, 12, 31),
        "version": "3", "origin": "own.toml",
    }  # fmt: skip
    right = PostRight(events=("edit",), fields=("name",))
    posts = Posts(name="posts", posts={"clerk": {"file": right}, "boss": {}}, **common)
    assert posts.rights(FILE) == (
        Right(
            name="posts clerk", machine="file", roles=("clerk",), events=("edit",),
            fields=("name",), **common,
        ),
    )  # fmt: skip


def test_faults_of_posts_are_told_at_their_place() -> None:
    """A post's faults have the path of post and machine."""
    posts = {"clerk": {"file": {"fields": ["fone"], "events": ["edti"]}}}
    faults = checked({"access_posts": [{"name": "posts", "posts": posts}]})
    place = "$.access_posts[0].posts.clerk.file"
    assert [fault.path for fault in faults] == [f"{place}.fields[0]", f"{place}.events[0]"]


def test_rows_of_machines_that_are_off_are_left_alone() -> None:
    """What a row says of a machine that is not on cannot be checked."""
    assert checked({"access": [{"name": "x", "fields": ["fone"]}]}, {}) == []


@pytest.mark.parametrize(
    ("rows", "bound"),
    [
        ({}, False),
        ({"access": [{"name": "all", "events": ["*"]}]}, False),
        ({"access": [{"name": "all", "fields": ["*"]}]}, True),
        ({"access": [{"name": "all", "events": ["archive"]}]}, True),
        ({"access": [{"name": "all", "events": ["*"], "roles": ["clerk"]}]}, True),
        ({"access": [{"name": "all", "events": ["*"], "when": "score > 1"}]}, True),
        ({"access": [{"name": "all", "events": ["*"], "from_on": "2026-01-01"}]}, True),
        ({"access": [{"name": "all", "events": ["*"], "until_on": "2026-01-01"}]}, True),
        ({"access_limits": ROWS["access_limits"]}, True),
        ({"access_limits": [{**ROWS["access_limits"][0], "events": []}]}, False),
        ({"access_posts": [{"name": "p", "posts": {"clerk": {"file": {}}}}]}, True),
        ({"access_posts": [{"name": "p", "posts": {"clerk": {"deal": {}}}}]}, False),
    ],
)
def test_a_judge_is_bound_only_where_there_is_something_to_judge(rows: Rows, bound: bool) -> None:
    """Where everybody may always fire an event, nothing runs when it is fired."""
    judge = access.judge_for(FILE, "edit", tables_of(rows))
    assert (judge is not None) is bound


def test_shipped_rows_have_no_fault() -> None:
    """The shipped rows of every machine that is there fit it."""
    plugins = load_plugins([access])
    machines = {name: load(name) for name in MACHINES} | {"access_log": ACCESS_LOG}
    found = examined(plugins, machines, "demo")
    assert [fault for fault in found.faults if "access" in fault] == []
    for name in ("lead", "deal", "complaint"):
        assert access.is_on(found.tables, machines[name])


def test_shipped_rows_refuse_no_event() -> None:
    """Who may fire what is said by the shipped machines' rows; access adds nothing to it."""
    tables = _shipped()
    for name in ("lead", "deal", "complaint"):
        machine = load(name)
        assert not [e for e in machine.events if access.judge_for(machine, e, tables)]


@pytest.mark.parametrize(
    "rule",
    [*(f"ACC-{n:03}" for n in range(1, 15)), "REG-006", "REV-010", "REV-016", "LIF-008"],
)
def test_every_rule_is_cited(rule: str) -> None:
    """Each rule of the catalogue's part on access is carried by a shipped row."""
    file = resources.files("crmflow.profiles").joinpath("default", "access.toml")
    rows = [row for table in tomllib.loads(file.read_text("utf-8")).values() for row in table]
    assert [row["name"] for row in rows if rule in row["rules"]]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_code_has_a_text(lang: str) -> None:
    """Reasons, lines, tasks and events of access are told in each language of their own."""
    texts = Texts(lang)
    for reason in (
        "no_right", "limited", "no_such_access_request", "access_ends_before", "access_too_long",
        "access_asked_already", "no_access_request", "no_access_grant", "own_access_request",
        "no_access_approver",
    ):  # fmt: skip
        assert texts.find("reasons", reason)
    assert texts.find("lines", "access_asked")
    assert texts.find("lines", "access_granted")
    assert texts.find("tasks", "approve_access")
    assert texts.find("events", "$request_access")
    assert texts.find("events", "note", "access_log")


def _shipped() -> Tables:
    machines = {name: load(name) for name in MACHINES}
    return examined(load_plugins([access]), machines, "demo").tables
