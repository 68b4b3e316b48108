"""Faults of the table are found when it is loaded, all at once, each with its path."""

from datetime import date
from typing import Any

import attrs
import pytest

from crmflow.core.form import structure
from crmflow.core.machine import Kind, Row, State
from crmflow.policies.approvals.checking import check
from crmflow.policies.approvals.rows import Chain
from tests.policies.approvals.desk import PURCHASE, Why, chain, faults_of, step, tables_of

AT = "$.chains[0]"


@pytest.mark.parametrize(
    ("columns", "path", "code"),
    [
        ({"event": "ordr"}, ".event", "unknown"),
        ({"event": "agree"}, ".event", "vote"),
        ({"event": "order", "state": "reviewing"}, "", "choice"),
        ({"event": None}, "", "choice"),
        ({"state": "reviewin"}, ".state", "unknown"),
        ({"state": "draft"}, ".state", "vote"),
        ({"state": "dropped"}, ".state", "final"),
        ({"covers": ["amont"]}, ".covers[0]", "unknown"),
        ({"when": "amont > 5", "otherwise": "none"}, ".when", "unknown"),
        ({"when": "form.suplier == 'x'", "otherwise": "none"}, ".when", "unknown"),
        ({"when": "amount", "otherwise": "none"}, ".when", "type"),
        ({"when": "amount > 5"}, ".when", "default"),
        ({"otherwise": "none"}, ".otherwise", "useless"),
        ({"roles": "none", "steps": [step("a", "bob")]}, ".roles", "doubled"),
        ({"roles": "head", "steps": [step("a", "bob")]}, ".roles", "doubled"),
        ({"roles": "head director head"}, ".roles", "doubled"),
        ({"roles": "head none"}, ".roles", "doubled"),
        ({"steps": []}, ".steps", "empty"),
        ({"steps": [step("a")]}, ".steps[0].approvers", "empty"),
        ({"steps": [step("a", "bob", when="amount > 5")]}, ".steps[0].when", "default"),
        ({"steps": [step("a", "bob"), step("a", "dan")]}, ".steps[0].when", "unreachable"),
        (
            {"steps": [step("a", "bob"), step("b", "dan"), step("a", "eve")]},
            ".steps[2].name",
            "doubled",
        ),
        ({"steps": [step("requester", "bob")]}, ".steps[0].name", "doubled"),
        (
            {"steps": [step("a", "bob", when="x > 5", otherwise="skip")]},
            ".steps[0].when",
            "unknown",
        ),
    ],
)
def test_faults_of_a_chain(columns: dict[str, Any], path: str, code: str) -> None:
    """Names, gaps, overlaps and what contradicts itself."""
    assert faults_of(chain(**columns)).get(AT + path) == code


@pytest.mark.parametrize(
    ("columns", "path", "code"),
    [
        ({"approvers": [{}]}, "approvers[0]", "choice"),
        ({"approvers": [{"person": "bob", "role": "head"}]}, "approvers[0]", "choice"),
        ({"approvers": [{"fact": "ownr"}]}, "approvers[0].fact", "unknown"),
        ({"approvers": [{"chosen": "approvr"}]}, "approvers[0].chosen", "unknown"),
        ({"approvers": [{"department_of": "x"}]}, "approvers[0].department_of", "unknown"),
        ({"approvers": [{"superior": 0}]}, "approvers[0].superior", "size"),
        ({"approvers": [{"role": "none"}, {"person": "bob"}]}, "approvers[0].role", "doubled"),
        ({"mode": "all", "ratio": "1/2"}, "ratio", "useless"),
        ({"mode": "vote"}, "ratio", "choice"),
        ({"mode": "vote", "ratio": "1/2", "count": 1}, "ratio", "choice"),
        ({"mode": "vote", "ratio": "0"}, "ratio", "size"),
        ({"mode": "vote", "ratio": "3/2"}, "ratio", "size"),
        ({"mode": "vote", "ratio": "half"}, "ratio", "size"),
        ({"mode": "vote", "ratio": "1/0"}, "ratio", "size"),
        ({"mode": "vote", "count": 0}, "count", "size"),
        ({"mode": "vote", "count": 3}, "count", "unreachable"),
        ({"mode": "vote", "count": 1, "weights": {"bob": 0}}, "weights.bob", "size"),
        ({"empty": "fallback"}, "fallback", "missing"),
        ({"fallback": [{"person": "bob"}]}, "fallback", "useless"),
        ({"on_time_out": "refuse"}, "limit", "missing"),
        ({"to": [{"person": "guy"}]}, "limit", "missing"),
        ({"limit": "2wd"}, "calendar", "missing"),
        ({"limit": "2wd", "calendar": "offce"}, "calendar", "unknown"),
        ({"limit": "2h", "on_time_out": "transfer"}, "to", "missing"),
        ({"limit": "2h", "to": [{"person": "guy"}]}, "to", "useless"),
        (
            {"limit": "2h", "on_time_out": "transfer", "to": [{"person": "bob"}]},
            "to",
            "circle",
        ),
    ],
)
def test_faults_of_a_step(columns: dict[str, Any], path: str, code: str) -> None:
    """Approvers, quorum, what happens where nobody is found or somebody is late."""
    given = {"name": "a", "approvers": [{"person": "bob"}], **columns}
    assert faults_of(chain(steps=[given])).get(f"{AT}.steps[0].{path}") == code


def test_named_approvers_bring_their_weights() -> None:
    """A count may ask for more votes than there are people."""
    steps = [step("a", "bob", "dan", mode="vote", count=4, weights={"bob": 3})]
    assert faults_of(chain(steps=steps)) == {}


def test_chain_behind_one_that_takes_all_is_not_reached() -> None:
    """Unless the two are never in force on one day."""
    assert faults_of(chain(), chain(name="b")) == {"$.chains[1]": "unreachable"}
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
