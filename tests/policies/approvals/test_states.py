"""Approval states: the named events are the votes, their outcome takes the row."""

from decimal import Decimal

import attrs

from crmflow.core.actor import Actor
from crmflow.core.journal import Entry
from crmflow.core.machine import Kind, Row, State
from crmflow.core.reserved import Adoption, Attachment
from crmflow.flow.answer import answer
from crmflow.flow.request import Request
from tests.policies.approvals.desk import PURCHASE, Desk, Why, chain, registry_of, step


def review(*people: str, **columns: object) -> Desk:
    """Return a desk with a purchase under review by these people."""
    desk = Desk.of(chain(state="reviewing", steps=[step("first", *people, **columns)]))
    desk.fire("submit", "ann")
    return desk


def test_votes_are_counted_until_they_decide() -> None:
    """The first vote is journaled and moves nothing; the last one takes its row."""
    desk = review("bob", "cleo", mode="all")
    vote = desk.fire("agree", "bob")
    assert vote.record is not None
    assert vote.record.entry is Entry.VOTE
    assert (vote.verdicts[0].values["yes"], vote.verdicts[0].people) == (1, ("cleo",))
    assert desk.snapshot.state == "reviewing"
    desk.fire("agree", "cleo")
    assert (desk.snapshot.state, desk.ended) == ("agreed", "approved")
    assert desk.state.ended[0].approved_by == ("bob", "cleo")
    assert desk.waits_for == {}


def test_only_approvers_vote() -> None:
    """Others are refused and told who could; the requester least of all."""
    desk = review("bob")
    refused = desk.ask("agree", "dan")
    assert refused.refusal is not None
    (verdict,) = refused.refusal.verdicts
    assert (verdict.reason, verdict.people) == ("not_approver", ("bob",))
    assert desk.denied("agree", "ann") == "own_request"
    assert desk.denied("agree", "system") == "not_approver"
    assert desk.denied("send_back", "dan", reason="no") == "not_approver"


def test_refusal_and_return_take_their_rows() -> None:
    """A refusal that decides and any return take the row at once."""
    desk = review("bob", "cleo", mode="all")
    desk.fire("reject", "cleo", reason="no")
    assert (desk.snapshot.state, desk.ended) == ("draft", "approval_refused")
    assert desk.state.ended[0].comment == "no"
    desk.fire("submit", "ann")
    desk.fire("send_back", "bob", reason="more")
    assert (desk.snapshot.state, desk.ended) == ("draft", "approval_returned")


def test_return_is_no_vote_that_is_counted() -> None:
    """One who may vote returns it, however many others would have to refuse."""
    desk = review("bob", "cleo", "dan", mode="vote", count=2)
    desk.fire("send_back", "bob", reason="more")
    assert (desk.snapshot.state, desk.ended) == ("draft", "approval_returned")


def test_a_request_goes_by_the_version_it_was_asked_under() -> None:
    """The row that was in force on the day, not the first of its name."""
    old, new = "2026-03-01", "2026-03-02"
    desk = Desk.of(
        chain(state="reviewing", version="1", until_on=old, steps=[step("only", "bob")]),
        chain(
            state="reviewing", version="2", from_on=new,
            steps=[step("first", "bob"), step("second", "cleo")],
        ),
    )  # fmt: skip
    desk.fire("submit", "ann")
    desk.fire("agree", "bob")
    assert (desk.snapshot.state, list(desk.waits_for.values())) == ("reviewing", ["cleo"])


def test_refusal_that_does_not_decide_counts() -> None:
    """In a vote a refusal is counted like any other; the last approval decides."""
    desk = review("bob", "cleo", "dan", mode="vote", count=2)
    desk.fire("reject", "bob", reason="no")
    assert desk.snapshot.state == "reviewing"
    desk.fire("agree", "cleo")
    desk.fire("agree", "dan")
    assert desk.snapshot.state == "agreed"


def test_rows_without_vote_do_not_vote() -> None:
    """Other events of the state are free, and leaving it ends the request."""
    desk = review("bob")
    desk.fire("note", "guy")
    assert desk.state.open
    desk.fire("review_again", "guy")
    (request,) = desk.state.open
    assert (request.requester.id, desk.ended) == ("guy", "hold_voided")
    desk.fire("drop", "guy")
    assert (desk.state.open, desk.ended) == ((), "hold_voided")


def test_stand_in_without_the_rows_role_votes_by_the_reserved_event() -> None:
    """`$approve` counts too; the row is then taken on behalf of whose vote it is."""
    desk = review("bob")
    decided = desk.fire("$approve", "bob", comment="yes")
    (caused,) = decided.caused
    assert (caused.event.name, caused.event.actor.id) == ("agree", "bob")
    assert (desk.snapshot.state, desk.ended) == ("agreed", "approved")


def test_reserved_refusal_brings_the_rows_form() -> None:
    """The row's form is what was given, else the reason of the mechanism."""
    desk = review("bob")
    refused = desk.fire("$refuse", "bob", reason="no", payload={"reason": "too dear"})
    assert refused.caused[0].event.form.reason == "too dear"
    desk.fire("submit", "ann")
    refused = desk.fire("$refuse", "bob", reason="no")
    assert refused.caused[0].event.form.reason == "approval_refused"
    assert desk.snapshot.state == "draft"


def test_row_is_taken_as_the_last_such_vote_meant_it() -> None:
    """A refusal's form is no approval's; of two ways to approve the one voted for is taken."""
    rows = (*PURCHASE.rows, Row("reviewing", "agree_later", "ordered", form=Why, vote="approve"))
    people = ("bob", "cleo", "dan", "eve")
    late = step("first", *people, mode="vote", count=3, limit="2h", on_time_out="pass")
    machine = attrs.evolve(PURCHASE, rows=rows)
    registry = registry_of(chain(state="reviewing", steps=[late]), machine=machine)
    for more, event, who in (((), "agree_later", "bob"), (("dan",), "agree", "dan")):
        desk = Desk(registry)
        desk.fire("open", "ann")
        desk.fire("submit", "ann")
        desk.fire("agree_later", "bob", reason="in March")
        for person in more:
            desk.fire("$approve", person)
        desk.fire("reject", "cleo", reason="no")
        desk.elapse(hours=2)
        taken = desk.records[-1].event
        assert (taken.name, taken.actor.id) == (event, who)
        assert taken.form == (Why("in March") if event == "agree_later" else None)


def test_row_refused_by_its_guards_leaves_a_task_for_the_administrator() -> None:
    """What was approved and cannot happen is not lost: votes may be cast again."""
    desk = review("bob")
    desk.fire("$refuse", "bob", reason="no", payload={"reason": " "})
    assert (desk.snapshot.state, desk.ended) == ("reviewing", "approved_event_refused")
    assert list(desk.waits_for) == ["approval_stuck:reviewing"]
    desk.fire("agree", "bob")
    assert desk.snapshot.state == "agreed"


def test_withdrawn_state_waits_for_its_requester() -> None:
    """The entity stays; nobody is asked until the requester hands it in again."""
    desk = review("bob")
    assert desk.denied("$withdraw", "guy") == "not_requester"
    desk.fire("$withdraw", "ann")
    assert desk.waits_for == {"resubmit:reviewing:ann": "ann"}
    assert desk.denied("agree", "bob") == "waits_for_resubmission"
    assert desk.denied("$resubmit", "ann", payload={"x": 1}) == "payload_faults"
    desk.fire("$resubmit", "ann")
    desk.fire("agree", "bob")
    assert desk.snapshot.state == "agreed"


def test_stopped_state_is_opened_anew_by_a_vote() -> None:
    """An administrator stops the request, and it stays who had asked."""
    desk = review("bob", "cleo", mode="all")
    desk.fire("$stop", "root", reason="wrong")
    assert (desk.state.open, desk.ended, desk.waits_for) == ((), "approval_stopped", {})
    assert desk.denied("agree", "ann") == "own_request"
    assert desk.denied("$approve", "bob") == "no_request"
    desk.fire("agree", "bob")
    assert desk.waits_for == {"approve:reviewing:cleo": "cleo"}
    assert desk.state.open[0].requester.id == "ann"


def test_changed_facts_restart_an_approval_state() -> None:
    """There is no hold to void: the votes are cast again."""
    desk = Desk.of(
        chain(
            state="reviewing", steps=[step("first", "bob", "cleo", mode="all")], covers=["amount"]
        )
    )
    desk.fire("submit", "ann")
    desk.fire("agree", "bob")
    desk.fire("change", "ann", amount=Decimal(7))
    assert set(desk.waits_for.values()) == {"bob", "cleo"}
    assert "restarted" in desk.reasons


def test_missing_approver_takes_the_row_of_refusal() -> None:
    """A state that nobody can leave by approval is left with the reason."""
    steps = [{"name": "first", "approvers": [{"role": "nobody_has"}]}]
    desk = Desk.of(chain(state="reviewing", steps=steps))
    desk.fire("submit", "ann")
    assert (desk.snapshot.state, desk.ended) == ("draft", "approval_refused")
    assert "approver_missing" in desk.reasons


def test_vote_that_opens_an_impossible_step_ends_in_refusal() -> None:
    """An approval after which nobody is found is kept as a vote; the refusal follows."""
    steps = [step("first", "bob"), {"name": "second", "approvers": [{"role": "nobody_has"}]}]
    desk = Desk.of(chain(state="reviewing", steps=steps))
    desk.fire("submit", "ann")
    voted = desk.fire("agree", "bob")
    assert voted.record is not None
    assert voted.record.entry is Entry.VOTE
    assert [one.event.name for one in voted.caused] == ["reject"]
    assert desk.snapshot.state == "draft"


TWICE = attrs.evolve(
    PURCHASE,
    states=(*PURCHASE.states, State("second", "复审", "second review", Kind.WAITING)),
    rows=(
        *(row for row in PURCHASE.rows if row.event != "agree"),
        Row("reviewing", "agree", "second", vote="approve"),
        Row("second", "confirm", "agreed", vote="approve"),
        Row("second", "deny", "draft", form=Why, vote="refuse"),
    ),
)
"""Purchases that are reviewed in two states, one after the other."""


def test_states_after_each_other_keep_their_requester() -> None:
    """Who asked in the first state is the requester of those its approval leads to."""
    above = {"name": "above", "approvers": [{"superior": 2}]}
    chains = [
        chain(name="one", state="reviewing", steps=[step("one", "bob")]),
        chain(name="two", state="second", steps=[above]),
    ]
    desk = Desk(registry_of(*chains, machine=TWICE))
    for event, who in (("open", "ann"), ("submit", "ann"), ("agree", "bob")):
        desk.fire(event, who)
    assert desk.state.open[0].requester.id == "ann"
    assert desk.waits_for == {"approve:second:cleo": "cleo"}
    assert desk.denied("confirm", "ann") == "own_request"


def test_votes_of_a_state_without_a_chain_are_ordinary_rows() -> None:
    """One event may be a vote in one state and none in another."""
    rows = (*TWICE.rows, Row("second", "agree", "agreed", vote="approve"))
    desk = Desk(
        registry_of(
            chain(state="reviewing", steps=[step("one", "bob")]),
            machine=attrs.evolve(TWICE, rows=rows),
        )
    )
    for event, who in (("open", "ann"), ("submit", "ann"), ("agree", "bob"), ("agree", "guy")):
        desk.fire(event, who)
    assert desk.snapshot.state == "agreed"


def test_entity_met_in_its_state_gets_a_request() -> None:
    """A chain newer than the entity begins at the next event; who asked is not known."""
    desk = Desk.of(chain())
    desk.fire("submit", "ann")
    desk.registry = review("bob").registry
    desk.fire("note", "guy")
    assert desk.waits_for == {"approve:reviewing:bob": "bob"}
    assert "requester_unknown" in desk.reasons


def test_vote_may_be_what_opens_the_request() -> None:
    """A vote on an entity met in its state is counted like any other."""
    desk = Desk.of(chain())
    desk.fire("submit", "ann")
    desk.registry = review("bob", "cleo", mode="all").registry
    desk.fire("agree", "bob")
    assert desk.waits_for == {"approve:reviewing:cleo": "cleo"}


def test_adopted_entity_gets_a_request() -> None:
    """An entity placed in an approval state waits for its approvers."""
    desk = Desk.of(chain(state="reviewing"))
    form = Adoption("reviewing", {}, "taken over from paper")
    root = Actor("root", {"administrator"})
    request = Request(desk.snapshot.ref, "$adopt", form, root, desk.now)
    adopted = answer(desk.registry, desk.snapshot, request).require()
    assert [task.assignee for task in adopted.snapshot.tasks] == ["bob"]


def test_attached_policy_asks_without_another_event() -> None:
    """In bulk, entities that nobody touches get their requests too."""
    desk = Desk.of(chain())
    desk.fire("submit", "ann")
    desk.registry = review("bob").registry
    root = Actor("root", {"administrator"})
    request = Request(desk.snapshot.ref, "$attach", Attachment("approvals"), root, desk.now)
    attached = answer(desk.registry, desk.snapshot, request).require()
    assert [task.assignee for task in attached.snapshot.tasks] == ["bob"]


def test_adoption_ends_what_was_asked() -> None:
    """Who is placed in another state by way of exception waits for nobody of the old one."""
    desk = Desk.of(chain())
    desk.fire("order", "ann", supplier="acme")
    form = Adoption("agreed", {}, "was agreed on paper")
    root = Actor("root", {"administrator"})
    request = Request(desk.snapshot.ref, "$adopt", form, root, desk.now)
    adopted = answer(desk.registry, desk.snapshot, request).require().snapshot
    assert (adopted.holds, adopted.tasks) == ((), ())
    assert adopted.policy("approvals").ended[0].reason == "hold_voided"


def test_stated_none_lets_any_vote_decide() -> None:
    """A state whose chain is `none` is an ordinary one."""
    desk = Desk.of(chain(state="reviewing", roles="none"))
    desk.fire("submit", "ann")
    desk.fire("agree", "guy")
    assert (desk.snapshot.state, desk.state.ended) == ("agreed", ())
