"""Approvals beside other policies, which hold, count and let pass by their own lights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from crmflow.core.entity import Snapshot
from crmflow.core.event import Cause
from crmflow.core.journal import Drop
from crmflow.core.judging import Judge
from crmflow.core.machine import Machine
from crmflow.core.policy import Evolve, Evolved, Line, Occurrence, Policy, Raised
from crmflow.core.proposal import Proposal
from crmflow.core.tables import Tables
from crmflow.core.verdict import Answer, Verdict
from crmflow.flow.answer import answer
from crmflow.flow.request import Request
from crmflow.hookspecs import hookimpl
from crmflow.policies import approvals
from crmflow.policies.approvals.rows import Chain
from tests.policies.approvals.desk import PURCHASE, REF, Desk, chain, registry_of, step


@attrs.frozen
class Passed:
    """What a gate remembers."""

    form: Mapping[str, object] = attrs.field(factory=dict)


@attrs.frozen
class Opened:
    """With what a gate lets the event pass."""

    supplier: str = "acme"


@attrs.frozen
class Gate:
    """Another policy: it answers one event in its own way, and lets it pass when told to."""

    name: str
    event: str
    answer: Answer = Answer.HOLD
    schema: int = 1
    state: type = Passed
    reserved: Mapping[str, type | None] = attrs.field(factory=lambda: {"$gate": Opened})

    def evolve_for(self, event: str) -> Evolve | None:
        """Let the event pass."""
        return self._open if event == "$gate" else None

    def _open(self, state: Passed | None, seen: Occurrence) -> Evolved:
        form = {"supplier": seen.event.form.supplier}
        raised = Raised(self.event, seen.event.actor, form if self.event == "order" else None)
        return Evolved(Passed(form), raises=(raised,))

    def upgraded(self, schema: int, value: Mapping[str, object]) -> Mapping[str, object]:
        """Return what it was."""
        return value

    def explain(self, state: Passed, snapshot: Snapshot[Any]) -> Sequence[Line]:
        """Say nothing."""
        return ()

    @hookimpl
    def policies_for(self, machine: Machine, tables: Tables) -> Sequence[Policy]:
        """Bring itself."""
        return (self,)

    @hookimpl
    def judge_for(self, machine: Machine, event: str, tables: Tables) -> Judge | None:
        """Answer its event until it was told to let it pass."""

        def judge(before: Snapshot[Any], proposal: Proposal) -> Verdict | None:
            done = before.policy(self.name) is not None
            return None if done else Verdict(self.name, self.answer, "shut")

        return judge if event == self.event else None


def beside(gate: Gate, *chains: Chain) -> Desk:
    """Return a desk with an opened purchase under chains and another policy."""
    desk = Desk(registry_of(*chains, plugins=[gate]))
    desk.fire("open", "ann")
    return desk


def test_hold_of_another_comes_first() -> None:
    """When it lets the event pass, the chain asks; both must agree."""
    desk = beside(Gate("a_gate", "order"), chain())
    desk.fire("order", "ann", supplier="acme")
    assert (desk.snapshot.holds[0].policy, desk.state.open) == ("a_gate", ())
    desk.fire("$gate", "ann")
    assert desk.snapshot.holds[0].policy == "approvals"
    desk.fire("$approve", "bob")
    assert desk.snapshot.state == "ordered"


def test_hold_of_another_comes_second() -> None:
    """What the chain has passed waits for the other, and is not asked for again."""
    desk = beside(Gate("z_gate", "order"), chain())
    desk.fire("order", "ann", supplier="acme")
    desk.fire("$approve", "bob")
    assert (desk.snapshot.holds[0].policy, desk.waits_for) == ("z_gate", {})
    desk.fire("$gate", "ann")
    assert (desk.snapshot.state, desk.ended) == ("ordered", "approved")


def test_facts_changed_while_another_holds() -> None:
    """The approval was of other facts: when the other lets it pass, the chain asks anew."""
    desk = beside(Gate("z_gate", "order"), chain(covers=["amount"]))
    desk.fire("order", "ann", supplier="acme")
    desk.fire("$approve", "bob")
    desk.fire("change", "ann", amount=900)
    assert (desk.ended, desk.snapshot.holds[0].policy) == ("facts_changed", "z_gate")
    desk.fire("$gate", "ann")
    assert desk.waits_for == {"approve:order:bob": "bob"}


def test_refused_event_of_another_policy() -> None:
    """What another raised and guards refuse is none of the chain's business."""
    desk = beside(Gate("a_gate", "order"), chain(), chain(name="drops", event="drop"))
    desk.fire("drop", "ann")
    desk.fire("order", "ann", supplier="acme")
    desk.fire("$gate", "ann", supplier="nobody")
    assert [hold.event for hold in desk.snapshot.holds] == ["drop"]
    assert [request.key for request in desk.state.open] == ["drop"]


def test_votes_that_another_counts() -> None:
    """A vote taken by another policy alone is no vote of a chain."""
    review = chain(state="reviewing", roles="none")
    desk = beside(Gate("gate", "agree", Answer.VOTE), review)
    desk.fire("submit", "ann")
    desk.fire("agree", "guy")
    assert (desk.snapshot.state, desk.state.open) == ("reviewing", ())
    desk = beside(Gate("gate", "order", Answer.VOTE), chain(event="drop"))
    desk.fire("order", "ann", supplier="acme")
    assert (desk.snapshot.state, desk.state.open) == ("draft", ())


def test_vote_that_decides_while_another_still_counts() -> None:
    """The outcome is raised, and the other policy has the last word."""
    review = chain(state="reviewing", steps=[step("one", "bob")])
    desk = beside(Gate("gate", "agree", Answer.VOTE), review)
    desk.fire("submit", "ann")
    desk.fire("agree", "bob")
    assert desk.snapshot.state == "reviewing"
    desk.fire("$gate", "bob")
    assert desk.snapshot.state == "agreed"


def test_timer_of_a_request_that_is_gone_changes_nothing() -> None:
    """It is consumed, and that is all."""
    desk = Desk.of(chain())
    cause = Cause(timer="approvals:order")
    request = Request(REF, "$approvals", None, desk.actor("system"), desk.now, cause=cause)
    decided = answer(desk.registry, desk.snapshot, request).require()
    assert decided.snapshot.attached == desk.snapshot.attached


def test_machines_without_chains_have_no_policy() -> None:
    """The plugin brings its table all the same."""
    assert approvals.policies_for(PURCHASE, Tables()) == ()
    assert approvals.judge_for(PURCHASE, "order", Tables()) is None
    (table,) = approvals.tables()
    assert (table.name, table.row) == ("chains", Chain)


@attrs.frozen
class Shut(Gate):
    """A gate that ends what it holds."""

    def _open(self, state: Passed | None, seen: Occurrence) -> Evolved:
        return Evolved(None, (Drop("holds", self.event),))


def test_what_another_ended_is_approved_anew() -> None:
    """An approval ends with its request: the next one needs its own."""
    desk = beside(Shut("z_gate", "order"), chain())
    desk.fire("order", "ann", supplier="acme")
    desk.fire("$approve", "bob")
    desk.fire("$gate", "ann")
    assert [hold.policy for hold in desk.snapshot.holds] == []
    desk.fire("order", "ann", supplier="other")
    assert (desk.ended, desk.snapshot.holds[0].policy) == ("hold_voided", "approvals")
    assert desk.waits_for == {"approve:order:bob": "bob"}


def test_an_approval_is_of_one_form_alone() -> None:
    """Another policy that lets the event pass with another form meets the chain again."""
    desk = beside(Gate("z_gate", "order"), chain())
    desk.fire("order", "ann", supplier="acme")
    desk.fire("$approve", "bob")
    desk.fire("$gate", "ann", supplier="other")
    assert desk.snapshot.state != "ordered"
    assert desk.snapshot.holds[0].policy == "approvals"
