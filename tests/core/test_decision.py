"""Decisions: everything to commit, or every reason why not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from crmflow.core.claim import Claim
from crmflow.core.compiled import compile_machine
from crmflow.core.consequences import derived_id
from crmflow.core.decision import Decision, summary
from crmflow.core.entity import NOTHING, Attached, Received, Snapshot
from crmflow.core.errors import GuardFailedError, PolicyFailedError, RefusedError
from crmflow.core.event import Cause
from crmflow.core.form import Fault
from crmflow.core.hold import Hold
from crmflow.core.journal import Drop, Entry, Put, unborn
from crmflow.core.judging import BoundJudge, Judge
from crmflow.core.link import Watcher
from crmflow.core.machine import KEEP, Row, Send
from crmflow.core.message import Message, MessageKind
from crmflow.core.proposal import Proposal
from crmflow.core.ref import UNBORN, EntityRef
from crmflow.core.refusal import Because, Refusal
from crmflow.core.task import Task
from crmflow.core.timer import Timer
from crmflow.core.verdict import Answer, Verdict
from tests.core.samples import (
    AT,
    CLERK,
    DEAL,
    GUEST,
    HOUR,
    REF,
    TICKET,
    Note,
    Opening,
    Solution,
    Ticket,
    asked,
    fire,
    opened,
    received,
    says,
)

DUE = AT + 48 * HOUR


def known(*, urgent: bool = False) -> Decision:
    """Return the decision after which a ticket can be solved."""
    return fire(received(urgent=urgent), asked("note", Note("noise")))


def test_creation_attaches_timer_task_and_claim() -> None:
    """The creating row starts, opens and claims; its task is due with its timer."""
    decision = opened()
    ticket = decision.snapshot
    assert (ticket.state, ticket.version, ticket.facts) == ("received", 1, Ticket("C-1"))
    assert ticket.attached == Attached(
        timers=(Timer("answer_due", "remind", DUE, 1),),
        tasks=(Task("answer.1", "answer", "customer_service", AT, DUE),),
        claims=(Claim("ticket_customer", "C-1"),),
    )
    assert decision.record is not None
    assert (decision.record.before, decision.record.row) == ("-", "- --open-> received")
    assert decision.record.basis.policies == "p1"


def test_a_decision_has_no_truth_value() -> None:
    """Nobody mistakes a refusal for a yes."""
    with pytest.raises(TypeError, match=r"ask \.accepted or call \.require\(\)"):
        bool(opened())


def test_require_returns_what_is_accepted() -> None:
    """An accepted decision is returned; it tells its entity and messages."""
    decision = opened()
    assert decision.require() is decision
    assert (decision.entity, decision.accepted, decision.held) == (REF, True, False)
    assert (decision.messages, decision.verdicts, decision.sends) == ((), (), False)
    assert replace(decision, fired=(decision,)).sends is False


def test_what_is_refused_sends_nothing() -> None:
    """Timers that were due before it are not committed, nor is what they would have told."""
    sent = opened()
    assert sent.record is not None
    told = replace(sent.record, messages=(Message(0, MessageKind.TELL, "ticket", "T-2", "ask"),))
    fired = (replace(sent, record=told),)
    assert replace(sent, fired=fired).sends is True
    assert replace(fire(received(), asked("ask", actor=GUEST)), fired=fired).sends is False


def test_require_raises_what_is_refused() -> None:
    """The error names the entity, the event, each reason once and what is possible."""
    decision = fire(received(), asked("ask", actor=GUEST))
    assert not decision.accepted
    assert (decision.messages, decision.verdicts, decision.held) == ((), (), False)
    with pytest.raises(RefusedError) as caught:
        decision.require()
    assert str(caught.value) == (
        "ticket T-1 cannot 'ask' from 'received': role needs one of customer_service (TCK-003); "
        "not_urgent needs one of supervisor. "
        "Possible: 'note', 'ask', 'solve', 'withdraw'."
    )


def test_a_summary_tells_faults_and_policies() -> None:
    """Faults of the form and refusing policies are told; allowing ones are not."""
    refusal = Refusal(
        Because.POLICY,
        "received",
        faults=(Fault("$.sure", "missing", "a value"),),
        verdicts=(
            Verdict("tiers", Answer.REFUSE, "too_low", rules=("R-1",), roles=("boss",)),
            Verdict("sla", Answer.ALLOW, "fine"),
        ),
    )
    assert summary(refusal) == [
        "$.sure: missing, expected a value",
        "policy tiers: too_low (R-1)",
    ]
    assert refusal.roles == ("boss",)
    assert summary(Refusal(Because.CLAIM, "-", detail="held by lead L-2")) == [
        "claim held by lead L-2"
    ]
    assert summary(Refusal(Because.FINAL, "closed")) == ["final"]


def test_a_plain_row_changes_the_state_alone() -> None:
    """A row without parts keeps what is attached, as it is."""
    before = received()
    after = fire(before, asked("ask", at=AT + HOUR)).snapshot
    assert (after.state, after.version, after.at) == ("waiting", 2, AT + HOUR)
    assert after.entered_at == AT + HOUR
    assert after.attached is before.attached
    assert after.facts is before.facts


def test_a_kept_state_is_not_entered_again() -> None:
    """An event that keeps the state changes facts, not the instant of entry."""
    after = fire(received(), asked("note", Note("noise"), at=AT + HOUR)).snapshot
    assert after.facts == Ticket("C-1", problem="noise", notes=1)
    assert (after.entered_at, after.at) == (AT, AT + HOUR)


def test_a_row_stops_timers_closes_tasks_and_sends() -> None:
    """Messages are numbered by their place in the row; one to nobody or not due is left out."""
    decision = fire(known().snapshot, asked("solve", Solution(sure=True)))
    told = {"customer": "C-1"}
    assert decision.snapshot.timers == ()
    assert decision.snapshot.tasks == ()
    assert decision.messages == (
        Message(0, MessageKind.CREATE, "survey", derived_id(REF, 3, 0), "open", told, "survey"),
        Message(3, MessageKind.FIRE, "deal", "C-1", "advance", told),
    )
    hurried = fire(known(urgent=True).snapshot, asked("solve", Solution(sure=True)))
    assert [message.ordinal for message in hurried.messages] == [0, 2, 3]


def test_a_fired_timer_is_gone() -> None:
    """A timer fires once; its row may start another of the same name, or none."""
    cause = Cause(timer="answer_due")
    quiet = fire(received(), asked("remind", actor=CLERK, cause=cause))
    assert not quiet.accepted
    system = attrs.evolve(CLERK, roles={"system"})
    calm = fire(received(), asked("remind", actor=system, at=DUE, cause=cause)).snapshot
    assert calm.timers == ()
    assert calm.tasks[-1] == Task("call.2", "call", "clerk", DUE)
    urgent = fire(received(urgent=True), asked("remind", actor=system, at=DUE, cause=cause))
    assert urgent.snapshot.timers == (Timer("answer_due", "remind", AT + HOUR, 2),)
    assert urgent.snapshot.tasks[-1].role == "supervisor"


def test_a_final_state_ends_all() -> None:
    """Timers, tasks, claims and holds end with the life; watchers are told a last time."""
    held = fire(opened(Cause(source=DEAL, version=4, ordinal=1, link="ticket")).snapshot,
                asked("ask"), says(Answer.HOLD)).snapshot  # fmt: skip
    assert all(getattr(held.attached, shelf) for shelf in ("timers", "tasks", "claims", "holds"))
    decision = fire(held, asked("withdraw"))
    assert decision.snapshot.attached == Attached(
        watchers=(Watcher(DEAL, "ticket"),), received=(Received(DEAL, 4, 1),)
    )
    assert [message.state for message in decision.messages] == ["closed"]


def test_nothing_attached_is_shared() -> None:
    """What has nothing left shares the one empty value."""
    assert fire(received(), asked("withdraw")).snapshot.attached is NOTHING


def test_a_final_row_still_sends() -> None:
    """Messages of the row that ends a life are sent."""
    solved = fire(known().snapshot, asked("solve", Solution(sure=True))).snapshot
    assert [m.event for m in fire(solved, asked("close")).messages] == ["end"]


def test_creation_by_message_is_watched() -> None:
    """Who opened an entity under a link is told of it at once and after every change."""
    decision = opened(Cause(source=DEAL, version=4, ordinal=1, link="ticket"))
    assert decision.snapshot.attached.watchers == (Watcher(DEAL, "ticket"),)
    assert decision.snapshot.attached.received == (Received(DEAL, 4, 1),)
    mirrored = Message(
        0, MessageKind.MIRROR, "deal", "D-1", "ticket",
        {"customer": "C-1", "notes": 0}, state="received",
    )  # fmt: skip
    assert decision.messages == (mirrored,)
    later = fire(decision.snapshot, asked("note", Note())).messages
    assert later == (attrs.evolve(mirrored, payload={"customer": "C-1", "notes": 1}),)


def test_a_message_without_a_link_is_noted_alone() -> None:
    """The last message of each source is known, so it is applied once."""
    cause = Cause(source=DEAL, version=7, ordinal=2)
    decision = fire(received(), asked("ask", cause=cause))
    assert decision.snapshot.attached.received == (Received(DEAL, 7, 2),)
    assert decision.snapshot.attached.watchers == ()
    assert decision.messages == ()


def test_mirrors_follow_the_rows_own_messages() -> None:
    """Ordinals of mirrored facts come after all places of the row."""
    ticket = opened(Cause(source=DEAL, version=1, link="ticket")).snapshot
    ticket = fire(ticket, asked("note", Note("noise"))).snapshot
    solved = fire(ticket, asked("solve", Solution(sure=True)))
    assert [message.ordinal for message in solved.messages] == [0, 3, 4]


@pytest.mark.parametrize("rings", [0, 1, 3])
@pytest.mark.parametrize("doors", [0, 1, 2])
def test_one_send_may_be_many_messages(rings: int, doors: int) -> None:
    """One for each payload and each target; every ordinal is used once, and every id is new."""
    told = [{"ring": ring} for ring in range(rings)]
    ids = [f"D-{door}" for door in range(doors)]
    sends = (
        Send("survey", "open", lambda _attempt: told, link="survey"),
        Send("deal", "note", lambda _attempt: {}, to=lambda _attempt: ids),
        Send("deal", "end", lambda _attempt: {}, to=lambda _attempt: "D-9"),
    )
    rows = (Row(UNBORN, "open", "received", form=Opening, sets=TICKET.rows[0].sets),
            Row("received", "ring", "closed", send=sends))  # fmt: skip
    states = tuple(state for state in TICKET.states if state.name in {"received", "closed"})
    compiled = compile_machine(attrs.evolve(TICKET, states=states, rows=rows))
    decision = fire(opened().snapshot, asked("ring"), compiled=compiled)
    ordinals = [message.ordinal for message in decision.messages]
    assert ordinals == sorted(set(ordinals))
    opened_ids = [m.id for m in decision.messages if m.kind is MessageKind.CREATE]
    assert len(set(opened_ids)) == rings
    assert [m.payload for m in decision.messages][:rings] == told
    assert [m.id for m in decision.messages][rings:] == [*ids, "D-9"]


refs = st.builds(EntityRef, st.text(), st.text(), st.text())
keys = st.tuples(refs, st.integers(0, 10**6), st.integers(0, 99))


def test_a_derived_id_never_changes() -> None:
    """The id of what a message creates is the same in every release."""
    assert derived_id(REF, 3, 0) == "ac5bd4b814468855"


@given(keys, keys)
def test_derived_ids_differ_with_their_key(one: tuple[EntityRef, int, int],
                                           two: tuple[EntityRef, int, int]) -> None:  # fmt: skip
    """Redelivery finds the same id, another message another one."""
    assert (derived_id(*one) == derived_id(*two)) == (one == two)


def test_a_hold_is_committed() -> None:
    """A held event changes neither state nor facts; who asked, and when, is kept."""
    before = received()
    decision = fire(before, asked("note", Note("x"), at=AT + HOUR), says(Answer.HOLD))
    assert decision.held
    assert decision.accepted
    after = decision.snapshot
    assert (after.state, after.version, after.facts) == ("received", 2, before.facts)
    hold = Hold("note", "approvals", "too_much", "clerk-1", AT + HOUR)
    assert after.holds == (hold,)
    assert decision.record is not None
    assert (decision.record.entry, decision.record.to) == (Entry.HELD, None)
    assert [verdict.policy for verdict in decision.verdicts] == ["approvals"]


def test_a_second_hold_is_refused() -> None:
    """One event waits once; another event may wait beside it."""
    held = fire(received(), asked("note", Note()), says(Answer.HOLD)).snapshot
    again = fire(held, asked("note", Note()), says(Answer.HOLD))
    assert again.refusal is not None
    assert again.refusal.because is Because.HELD
    assert again.snapshot is held
    both = fire(held, asked("ask"), says(Answer.HOLD)).snapshot
    assert [hold.event for hold in both.holds] == ["note", "ask"]


def test_a_hold_is_released_when_its_event_applies() -> None:
    """The event that was held ends its own hold and no other."""
    held = fire(received(), asked("note", Note()), says(Answer.HOLD)).snapshot
    held = fire(held, asked("ask"), says(Answer.HOLD)).snapshot
    applied = fire(held, asked("note", Note("x"))).snapshot
    assert [hold.event for hold in applied.holds] == ["ask"]


def test_holds_are_released_when_the_state_is_left() -> None:
    """What was asked for in one state is not waiting in the next."""
    held = fire(received(), asked("note", Note()), says(Answer.HOLD)).snapshot
    assert fire(held, asked("ask")).snapshot.holds == ()


def test_a_held_timer_does_not_fire_again() -> None:
    """A timer whose event is held is used up, as one whose event applies."""
    system = attrs.evolve(CLERK, roles={"system"})
    event = asked("remind", actor=system, at=DUE, cause=Cause(timer="answer_due"))
    held = fire(received(), event, says(Answer.HOLD))
    assert held.held
    assert held.snapshot.timers == ()


def test_a_held_message_is_taken() -> None:
    """A message whose event is held is applied once."""
    cause = Cause(source=DEAL, version=7, ordinal=2)
    held = fire(received(), asked("ask", cause=cause), says(Answer.HOLD)).snapshot
    assert held.attached.received == (Received(DEAL, 7, 2),)


def test_a_held_creation_leaves_the_entity_unborn() -> None:
    """What waits to be created has no facts yet; it is created when the event applies."""
    event = asked("open", Opening("C-1"))
    held = fire(unborn(REF, AT), event, says(Answer.HOLD))
    assert (held.snapshot.state, held.snapshot.version, held.snapshot.facts) == ("-", 1, None)
    born = fire(held.snapshot, event)
    assert (born.snapshot.version, born.snapshot.facts) == (2, Ticket("C-1"))
    assert born.snapshot.holds == ()


def test_a_policy_refuses() -> None:
    """A refusing verdict refuses; the others that did more than allow are told too."""
    decision = fire(
        received(), asked("ask"),
        says(Answer.HOLD), says(Answer.REFUSE, "tiers", "too_low"), says(Answer.ALLOW, "sla"),
    )  # fmt: skip
    assert decision.refusal is not None
    assert decision.refusal.because is Because.POLICY
    assert decision.refusal.state == "received"
    assert [verdict.policy for verdict in decision.verdicts] == ["approvals", "tiers"]
    assert decision.record is None


def test_a_vote_is_recorded_and_changes_nothing() -> None:
    """It counts for what the policy remembers; the row is not taken."""
    before = received()
    decision = fire(before, asked("ask"), says(Answer.VOTE), says(Answer.ALLOW, "sla"))
    assert decision.record is not None
    assert (decision.record.entry, decision.record.to) == (Entry.VOTE, None)
    assert decision.snapshot.state == before.state
    assert [verdict.answer for verdict in decision.verdicts] == [Answer.VOTE]


def test_allowing_leaves_no_trace() -> None:
    """Verdicts that only allow are not recorded."""
    silent = BoundJudge("quiet", lambda _before, _proposal: None)
    decision = fire(received(), asked("ask"), says(Answer.ALLOW), silent)
    assert decision.verdicts == ()
    assert decision.snapshot.state == "waiting"


def test_a_judge_that_raises_is_named() -> None:
    """The plugin and its hook are told, and the cause is kept."""

    def breaks(_before: object, _proposal: object) -> Verdict | None:
        message = "broken"
        raise RuntimeError(message)

    with pytest.raises(PolicyFailedError, match="plugin 'odd' raised in hook 'judge_for'") as found:
        fire(received(), asked("ask"), says(Answer.ALLOW), BoundJudge("odd", breaks))
    assert isinstance(found.value.__cause__, RuntimeError)


def test_a_judge_sees_the_entity_and_what_would_be_done() -> None:
    """As they are before anything has changed."""
    seen: list[tuple[object, object, object]] = []

    def looks(before: Snapshot[Any], proposal: Proposal) -> None:
        seen.append((before, proposal.before, proposal.event.name))

    before = received()
    fire(before, asked("ask"), BoundJudge("quiet", looks))
    assert seen == [(before, before, "ask")]


def test_a_claim_that_is_given_up_is_dropped() -> None:
    """The new one is taken with the same decision; what is claimed still stays."""
    row = Row(
        "received", "rename", KEEP, form=Note,
        sets=lambda attempt: {"customer": attempt.form.problem},
        claims=lambda attempt: (Claim("ticket_customer", attempt.facts.customer),),
    )  # fmt: skip
    compiled = compile_machine(attrs.evolve(TICKET, rows=(*TICKET.rows, row)))
    decision = fire(received(), asked("rename", Note("C-2")), compiled=compiled)
    assert decision.snapshot.attached.claims == (Claim("ticket_customer", "C-2"),)
    assert decision.record is not None
    assert [one for one in decision.record.effects if one.shelf == "claims"] == [
        Drop("claims", "ticket_customer C-1"), Put("claims", Claim("ticket_customer", "C-2")),
    ]  # fmt: skip
    same = fire(received(), asked("rename", Note("C-1")), compiled=compiled)
    assert same.record is not None
    assert [one for one in same.record.effects if one.shelf == "claims"] == []


def test_a_judge_that_gives_no_verdict_is_named() -> None:
    """An answer of another kind is a fault of the plugin, not an opinion."""
    odd = BoundJudge("odd", cast("Judge", lambda _before, _proposal: True))
    with pytest.raises(PolicyFailedError, match="plugin 'odd'") as found:
        fire(received(), asked("ask"), odd)
    assert str(found.value.__cause__) == "a judge gives a Verdict, several or None, not True"


BROKEN = (
    Row("received", "test", KEEP, sets=lambda _attempt: {"unheard_of": 1}),
    Row("received", "test", KEEP, claims=lambda attempt: attempt.facts.nothing),
)


@pytest.mark.parametrize("row", BROKEN)
def test_an_effect_that_raises_is_named(row: Row) -> None:
    """An effect that raises is told with its event; nothing was changed."""
    compiled = compile_machine(attrs.evolve(TICKET, rows=(*TICKET.rows, row)))
    with pytest.raises(GuardFailedError, match="an effect of event 'test' raised on ticket T-1"):
        fire(received(), asked("test"), compiled=compiled)


@pytest.mark.parametrize("urgent", [False, True])
def test_a_task_is_due_with_a_timer_that_runs(urgent: bool) -> None:
    """A task of a timer that is not there has no due instant."""
    row = Row("received", "test", KEEP, stop="answer_due", done="answer")
    later = Row("received", "again", KEEP, tasks=TICKET.rows[0].tasks)
    compiled = compile_machine(attrs.evolve(TICKET, rows=(*TICKET.rows, row, later)))
    ticket = received(urgent=urgent)
    kept = fire(ticket, asked("again", at=AT + timedelta(1)), compiled=compiled).snapshot
    assert kept.tasks == (Task("answer.2", "answer", "customer_service", AT + timedelta(1), DUE),)
    stopped = fire(ticket, asked("test"), compiled=compiled).snapshot
    assert (stopped.timers, stopped.tasks) == ((), ())
    opened_late = fire(stopped, asked("again"), compiled=compiled).snapshot
    assert opened_late.tasks[0].due_at is None
