"""Faults of the table are found when it is loaded, all at once, each with its path."""

from datetime import date
from typing import Any

import attrs
import pytest

from crmflow.core.form import Fault, structure
from crmflow.core.machine import Kind, Row, State
from crmflow.policies.approvals.checking import check
from crmflow.policies.approvals.rows import Chain
from tests.policies.approvals.desk import PURCHASE, Why, chain, faults_of, step, tables_of

AT = "$.chains[0]"


def told(*chains: Chain) -> list[Fault]:
    """Return the faults of chains, as they are told."""
    return list(check(chains, tables_of(*chains), {PURCHASE.name: PURCHASE}))


@pytest.mark.parametrize(
    ("columns", "path", "code", "expected"),
    [
        ({"event": "ordr"}, ".event", "unknown", "Did you mean 'order'?"),
        (
            {"event": "agree"},
            ".event",
            "vote",
            "an event that is no vote: the chain of its state judges it",
        ),
        ({"event": "order", "state": "reviewing"}, "", "choice", "either an event or a state"),
        ({"event": None}, "", "choice", "either an event or a state"),
        ({"state": "reviewin"}, ".state", "unknown", "Did you mean 'reviewing'?"),
        (
            {"state": "draft"},
            ".state",
            "vote",
            "a state with a row whose `vote` is 'refuse' or 'return'",
        ),
        ({"state": "dropped"}, ".state", "final", "a state that can be left"),
        ({"covers": ["amont"]}, ".covers[0]", "unknown", "Did you mean 'amount'?"),
        (
            {"when": "amont > 5", "otherwise": "none"},
            ".when",
            "unknown",
            "Did you mean 'amount'? (at character 1)",
        ),
        (
            {"when": "form.suplier == 'x'", "otherwise": "none"},
            ".when",
            "unknown",
            "Did you mean 'form.supplier'? (at character 1)",
        ),
        (
            {"when": "amount", "otherwise": "none"},
            ".when",
            "type",
            "an expression that gives true or false, not a number (at character 1)",
        ),
        (
            {"when": "amount > 5"},
            ".when",
            "default",
            "a last chain of 'order' without `when`, or `otherwise = \"none\"`",
        ),
        ({"otherwise": "none"}, ".otherwise", "useless", "a `when` that it follows, or none"),
        (
            {"roles": "none", "steps": [step("a", "bob")]},
            ".roles",
            "doubled",
            "roles or steps; with `none` no steps",
        ),
        (
            {"roles": "head", "steps": [step("a", "bob")]},
            ".roles",
            "doubled",
            "roles or steps; with `none` no steps",
        ),
        ({"roles": "head director head"}, ".roles", "doubled", "each role once, or `none` alone"),
        ({"roles": "head none"}, ".roles", "doubled", "each role once, or `none` alone"),
        (
            {"steps": []},
            ".steps",
            "empty",
            'steps, or `roles = "none"` where nobody approves (CON-011)',
        ),
        (
            {"steps": [step("a")]},
            ".steps[0].approvers",
            "empty",
            "at least one way to find an approver",
        ),
        (
            {"steps": [step("a", "bob", when="amount > 5")]},
            ".steps[0].when",
            "default",
            "a last 'a' without `when`, or `otherwise = \"skip\"`",
        ),
        (
            {"steps": [step("a", "bob"), step("a", "dan")]},
            ".steps[0].when",
            "unreachable",
            "a `when` alone: no 'a' after it can be reached",
        ),
        (
            {"steps": [step("a", "bob"), step("b", "dan"), step("a", "eve")]},
            ".steps[2].name",
            "doubled",
            "a name no other step has; alternatives follow each other",
        ),
        (
            {"steps": [step("requester", "bob")]},
            ".steps[0].name",
            "doubled",
            "a name no other step has; alternatives follow each other",
        ),
        (
            {"steps": [step("a", "bob", when="amont > 5", otherwise="skip")]},
            ".steps[0].when",
            "unknown",
            "Did you mean 'amount'? (at character 1)",
        ),
    ],
)
def test_faults_of_a_chain(columns: dict[str, Any], path: str, code: str, expected: str) -> None:
    """Names, gaps, overlaps and what contradicts itself."""
    row = chain(**columns)
    assert Fault(AT + path, code, expected) in told(row)


@pytest.mark.parametrize(
    ("columns", "path", "code", "expected"),
    [
        (
            {"approvers": [{}]},
            "approvers[0]",
            "choice",
            (
                "one of person, role, department, department_of, superior, superiors_up_to, "
                "chosen, fact, owner"
            ),
        ),
        (
            {"approvers": [{"person": "bob", "role": "head"}]},
            "approvers[0]",
            "choice",
            (
                "one of person, role, department, department_of, superior, superiors_up_to, "
                "chosen, fact, owner"
            ),
        ),
        (
            {"approvers": [{"fact": "ownr"}]},
            "approvers[0].fact",
            "unknown",
            "Did you mean 'owner'?",
        ),
        (
            {"approvers": [{"chosen": "approvr"}]},
            "approvers[0].chosen",
            "unknown",
            "Did you mean 'approver'?",
        ),
        (
            {"approvers": [{"department_of": "x"}]},
            "approvers[0].department_of",
            "unknown",
            "Known: 'amount', 'buyers', 'department', 'owner', 'remark', 'supplier'.",
        ),
        (
            {"approvers": [{"superior": 0}]},
            "approvers[0].superior",
            "size",
            "1 for the superior, 2 for theirs, and so on",
        ),
        (
            {"approvers": [{"role": "none"}, {"person": "bob"}]},
            "approvers[0].role",
            "doubled",
            "no other approvers: nobody approves",
        ),
        ({"mode": "all", "ratio": "1/2"}, "ratio", "useless", "the mode `vote`, or nothing"),
        ({"mode": "vote"}, "ratio", "choice", "either a ratio or a count"),
        (
            {"mode": "vote", "ratio": "1/2", "count": 1},
            "ratio",
            "choice",
            "either a ratio or a count",
        ),
        (
            {"mode": "vote", "ratio": "0"},
            "ratio",
            "size",
            "a share above 0 and up to 1, such as '2/3' or '0.6'",
        ),
        (
            {"mode": "vote", "ratio": "3/2"},
            "ratio",
            "size",
            "a share above 0 and up to 1, such as '2/3' or '0.6'",
        ),
        (
            {"mode": "vote", "ratio": "half"},
            "ratio",
            "size",
            "a share above 0 and up to 1, such as '2/3' or '0.6'",
        ),
        (
            {"mode": "vote", "ratio": "1/0"},
            "ratio",
            "size",
            "a share above 0 and up to 1, such as '2/3' or '0.6'",
        ),
        ({"mode": "vote", "count": 0}, "count", "size", "at least 1"),
        (
            {"mode": "vote", "count": 3},
            "count",
            "unreachable",
            "at most 1: the named approvers have no more votes",
        ),
        (
            {"mode": "vote", "count": 1, "weights": {"bob": 0}},
            "weights.bob",
            "size",
            "at least one vote",
        ),
        ({"empty": "fallback"}, "fallback", "missing", "who approves where nobody is found"),
        ({"fallback": [{"person": "bob"}]}, "fallback", "useless", 'empty = "fallback", or none'),
        ({"on_time_out": "refuse"}, "limit", "missing", "a time limit that can pass"),
        ({"to": [{"person": "guy"}]}, "limit", "missing", "a time limit that can pass"),
        ({"limit": "2wd"}, "calendar", "missing", "Known: 'office'."),
        ({"limit": "2wd", "calendar": "offce"}, "calendar", "unknown", "Did you mean 'office'?"),
        ({"limit": "2h", "on_time_out": "transfer"}, "to", "missing", "who takes over"),
        (
            {"limit": "2h", "to": [{"person": "guy"}]},
            "to",
            "useless",
            "on_time_out `transfer` or `escalate`, or nobody",
        ),
        (
            {"limit": "2h", "on_time_out": "transfer", "to": [{"person": "bob"}]},
            "to",
            "circle",
            "others than the approvers who are late",
        ),
    ],
)
def test_faults_of_a_step(columns: dict[str, Any], path: str, code: str, expected: str) -> None:
    """Approvers, quorum, what happens where nobody is found or somebody is late."""
    given = {"name": "a", "approvers": [{"person": "bob"}], **columns}
    row = chain(steps=[given])
    assert Fault(f"{AT}.steps[0].{path}", code, expected) in told(row)


def test_a_state_is_left_by_votes() -> None:
    """By one that approves, and by one that does not."""
    wanted = ("'approve'", "'refuse' or 'return'")
    assert told(chain(state="draft")) == [
        Fault(f"{AT}.state", "vote", f"a state with a row whose `vote` is {one}") for one in wanted
    ]


def test_a_return_is_enough_not_to_approve() -> None:
    """A state may be left without being refused."""
    rows = tuple(one for one in PURCHASE.rows if one.vote != "refuse")
    assert faults_of(chain(state="reviewing"), machine=attrs.evolve(PURCHASE, rows=rows)) == {}


def test_named_approvers_bring_their_weights() -> None:
    """A count may ask for more votes than there are people."""
    steps = [step("a", "bob", "dan", mode="vote", count=4, weights={"bob": 3, "dan": 1})]
    assert faults_of(chain(steps=steps)) == {}


def test_chain_behind_one_that_takes_all_is_not_reached() -> None:
    """Unless the two are never in force on one day."""
    expected = "one that can be reached: 'orders' before it takes every 'order'"
    assert told(chain(), chain(name="b")) == [Fault("$.chains[1]", "unreachable", expected)]
    apart = chain(until_on=date(2026, 1, 1)), chain(name="b", from_on=date(2026, 1, 2))
    assert faults_of(*apart) == faults_of(*reversed(apart)) == {}
    assert faults_of(chain(), chain(name="b", event="drop")) == {}


def test_state_and_event_of_one_name_are_told_apart() -> None:
    """A request is called by the one or the other, so they cannot be the same."""
    machine = attrs.evolve(
        PURCHASE,
        states=(*PURCHASE.states, State("order", "下单", "order", Kind.WAITING)),
        rows=(
            *PURCHASE.rows,
            Row("order", "agree", "agreed", vote="approve"),
            Row("order", "reject", "draft", form=Why, vote="refuse"),
        ),
    )
    assert faults_of(chain(state="order"), machine=machine) == {"$.chains[0].state": "doubled"}


def test_condition_on_a_creation_reads_its_form() -> None:
    """Before creation there are no facts to judge by."""
    found = faults_of(chain(event="open", when="amount > 5", otherwise="none"))
    assert found == {"$.chains[0].when": "unborn"}
    assert faults_of(chain(event="open", when="form.amount > 5", otherwise="none")) == {}


def test_rows_of_machines_that_are_off_are_not_checked() -> None:
    """They wait in the profile for their machine."""
    assert list(check([chain(event="nothing")], tables_of(), {})) == []


def test_rows_are_read_from_profiles() -> None:
    """A wrong word of a closed list is a fault of its own, with what would be right."""
    given = {"name": "a", "machine": "purchase", "event": "order", "same_person": "twice"}
    row, (fault,) = structure(Chain, given)
    assert (row, fault.path, fault.code) == (None, "$.same_person", "choice")
