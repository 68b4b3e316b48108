"""Laws of decisions: folding gives the snapshot, judges have no order, refusals change nothing."""

from __future__ import annotations

import itertools
import random
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from crmflow.core.actor import SYSTEM
from crmflow.core.consequences import ENDING
from crmflow.core.decision import Decision
from crmflow.core.entity import Snapshot
from crmflow.core.event import Cause, Event
from crmflow.core.journal import fold, unborn
from crmflow.core.judging import BoundJudge
from crmflow.core.verdict import Answer, Verdict
from tests.core.samples import (
    AT,
    CLERK,
    DEAL,
    GUEST,
    REF,
    Note,
    Opening,
    Solution,
    Ticket,
    asked,
    fire,
    received,
)

FORMS: dict[str, st.SearchStrategy[object]] = {
    "open": st.builds(Opening, st.sampled_from(["C-1", "C-2"]), st.booleans()),
    "note": st.builds(Note, st.none() | st.just("noise")),
    "solve": st.builds(Solution, st.booleans()),
}
NAMES = ("open", "note", "ask", "answer", "solve", "close", "remind", "withdraw")
CAUSES = (
    None,
    Cause(timer="answer_due"),
    Cause(source=DEAL, version=3, ordinal=1),
    Cause(source=DEAL, version=4, ordinal=0, link="ticket"),
)

verdicts = st.builds(
    Verdict,
    st.sampled_from(["approvals", "tiers", "sla"]),
    st.sampled_from(Answer),
    st.sampled_from(["a", "b"]),
    st.sampled_from(["", "row 1"]),
)


@st.composite
def events(draw: st.DrawFn) -> tuple[Event[object], int]:
    """Draw an event with its form and the hours that pass before it."""
    name = draw(st.sampled_from(NAMES))
    form = draw(FORMS.get(name, st.none()))
    actor = draw(st.sampled_from((CLERK, GUEST, SYSTEM)))
    return asked(name, form, actor, cause=draw(st.sampled_from(CAUSES))), draw(st.integers(-1, 9))


def bound(answers: list[Verdict]) -> list[BoundJudge]:
    """Return a judge for each answer."""
    return [_judge(answer) for answer in answers]


def _judge(answer: Verdict) -> BoundJudge:
    return BoundJudge(answer.policy, lambda _before, _proposal: answer)


def hours_later(snapshot: Snapshot[Ticket], event: Event[object], hours: int) -> Event[object]:
    """Return the event some hours after the snapshot's last decision."""
    at = snapshot.at + timedelta(hours=hours)
    return Event(event.name, event.actor, at, event.form, cause=event.cause)


lives = st.lists(st.tuples(events(), st.lists(verdicts, max_size=2)), max_size=25)


def lived(life: list[tuple[tuple[Event[object], int], list[Verdict]]]) -> list[Decision]:
    """Return the decisions of a whole life, opened first."""
    decisions = [fire(unborn(REF, AT), asked("open", Opening("C-1")))]
    for (event, hours), answers in life:
        before = decisions[-1].snapshot
        decisions.append(fire(before, hours_later(before, event, hours), *bound(answers)))
    return decisions


@given(lives)
def test_folding_the_journal_gives_the_snapshot(
    life: list[tuple[tuple[Event[object], int], list[Verdict]]],
) -> None:
    """Stored equals replayed: the records alone lead to the last snapshot."""
    decisions = lived(life)
    journal = [decision.record for decision in decisions if decision.record is not None]
    assert fold(journal, Ticket, unborn(REF, AT)) == decisions[-1].snapshot


@given(lives)
def test_a_decision_commits_once_or_changes_nothing(
    life: list[tuple[tuple[Event[object], int], list[Verdict]]],
) -> None:
    """A refusal leaves the snapshot as it is; else the version grows by one and time not back."""
    decisions = lived(life)
    for before, after in itertools.pairwise(decisions):
        if after.accepted:
            assert after.snapshot.version == before.snapshot.version + 1
            assert after.snapshot.at >= before.snapshot.at
        else:
            assert after.snapshot is before.snapshot
            assert after.record is None


@given(lives)
def test_final_states_keep_nothing_that_waits(
    life: list[tuple[tuple[Event[object], int], list[Verdict]]],
) -> None:
    """No timer, task, claim or hold outlives the entity, and nothing happens afterwards."""
    last = lived(life)[-1].snapshot
    if last.state == "closed":
        assert not any(getattr(last.attached, shelf) for shelf in ENDING)
        assert not fire(last, asked("note", Note(), at=last.at)).accepted


@given(st.lists(verdicts, max_size=5), st.randoms(use_true_random=False))
def test_the_order_of_judges_does_not_show(answers: list[Verdict], chance: random.Random) -> None:
    """Any refusal refuses, else any hold holds, else it is allowed: in every order."""
    ticket = received()
    shuffled = list(answers)
    chance.shuffle(shuffled)
    one = fire(ticket, asked("ask"), *bound(answers))
    assert one == fire(ticket, asked("ask"), *bound(shuffled))
    said = {verdict.answer for verdict in answers}
    assert one.accepted == (Answer.REFUSE not in said)
    assert one.held == (Answer.HOLD in said and one.accepted)
