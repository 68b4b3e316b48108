"""Time limits of steps: remind, escalate, transfer, refuse or pass, as the table says."""

from datetime import timedelta

import pytest

from crmflow.core.people import Person
from tests.policies.approvals.desk import NOW, Desk, chain, staff, step


def asked(*people: str, **columns: object) -> Desk:
    """Return a desk with an order whose step has a limit of two hours."""
    given = {"limit": "2h", **columns}
    desk = Desk.of(chain(steps=[step("first", *people, **given)]))
    desk.fire("order", "ann", supplier="acme")
    return desk


def test_limit_is_the_tasks_due_instant_and_a_timer() -> None:
    """Both end with the step."""
    desk = asked("bob")
    (timer,) = desk.snapshot.timers
    assert (timer.name, timer.event) == ("approvals:order", "$approvals")
    assert timer.due_at == desk.snapshot.tasks[0].due_at == NOW + timedelta(hours=2)
    desk.fire("$approve", "bob")
    assert desk.snapshot.timers == ()


def test_limit_counts_on_its_calendar() -> None:
    """A limit in working days takes the calendar the row names."""
    desk = asked("bob", limit="2wd", calendar="office")
    assert desk.snapshot.tasks[0].due_at == NOW + timedelta(days=2)


def test_late_approver_is_reminded_again_and_again() -> None:
    """The limit runs once more; the reason is journaled each time."""
    desk = asked("bob")
    desk.elapse(hours=5)
    verdicts = [one for record in desk.records for one in record.verdicts]
    told = [one.values for one in verdicts if one.reason == "reminded_of_limit"]
    assert told == [{"request": "order", "step": "first"}] * 2
    assert desk.state.open[0].reminded_at == NOW + timedelta(hours=4)
    assert desk.snapshot.timers[0].due_at == NOW + timedelta(hours=6)


def test_late_step_may_refuse_or_pass_as_stated() -> None:
    """The mechanism decides by itself only where the table says so, and says it."""
    desk = asked("bob", on_time_out="refuse")
    desk.elapse(hours=2)
    assert (desk.ended, desk.snapshot.holds) == ("approval_timed_out", ())
    desk = asked("bob", "cleo", mode="all", on_time_out="pass")
    desk.fire("$approve", "bob")
    desk.elapse(hours=2)
    assert (desk.snapshot.state, desk.ended) == ("ordered", "approved")
    assert "passed_by_limit" in desk.reasons
    assert desk.state.ended[0].approved_by == ("bob",)


def test_late_vote_escalates_to_the_superior() -> None:
    """Level by level; where nobody is above it says so and reminds."""
    desk = asked("dan", on_time_out="escalate")
    desk.elapse(hours=2)
    assert desk.waits_for == {"approve:order:cleo": "cleo"}
    desk.elapse(hours=2)
    assert desk.waits_for == {"approve:order:cleo": "cleo"}
    assert "nobody_to_take_over" in desk.reasons
    assert desk.denied("$approve", "dan") == "not_approver"
    desk.fire("$approve", "cleo")
    assert desk.snapshot.state == "ordered"


def test_only_those_who_are_late_are_replaced() -> None:
    """Votes that were cast stay; those named take over, each a place of their own."""
    named = [{"person": "guy"}, {"person": "ann"}, {"person": "fay"}]
    desk = asked("bob", "dan", "eve", mode="all", on_time_out="transfer", to=named)
    desk.fire("$approve", "bob")
    desk.elapse(hours=2)
    assert set(desk.waits_for.values()) == {"guy", "fay"}
    assert desk.reasons.count("transferred_by_limit") == 2
    desk.elapse(hours=2)
    assert set(desk.waits_for.values()) == {"guy", "fay"}


def test_nobody_takes_the_same_place_twice() -> None:
    """Who was late in it before does not get it back."""
    named = [{"person": "guy"}, {"person": "bob"}, {"person": "fay"}]
    desk = asked("bob", on_time_out="transfer", to=named)
    for waits_for in ("guy", "fay", "fay"):
        desk.elapse(hours=2)
        assert list(desk.waits_for.values()) == [waits_for]
    assert "nobody_to_take_over" in desk.reasons


def test_escalation_never_reaches_the_requester() -> None:
    """The superior who asks is passed over for the one above."""
    people = [*staff(), Person("ida", (), (), "bob")]
    desk = Desk.of(
        chain(steps=[step("one", "ida", limit="2h", on_time_out="escalate")]), people=people
    )
    desk.fire("order", "bob", supplier="acme")
    desk.elapse(hours=2)
    assert desk.waits_for == {"approve:order:cleo": "cleo"}


def test_escalation_may_reach_the_requester_where_it_is_stated() -> None:
    """Who may approve their own request may take over too."""
    late = step("one", "ann", limit="2h", on_time_out="escalate", own_request="allow")
    desk = Desk.of(chain(steps=[late]))
    desk.fire("order", "bob", supplier="acme")
    desk.elapse(hours=2)
    assert desk.waits_for == {"approve:order:bob": "bob"}


def test_limit_of_a_step_that_left_the_table() -> None:
    """It does not run again, and the journal says why."""
    desk = asked("bob")
    desk.registry = Desk.of(chain(steps=[step("other", "bob")])).registry
    desk.elapse(hours=2)
    assert (desk.reasons[-1], desk.snapshot.timers) == ("chain_changed", ())
    desk = asked("bob")
    desk.registry = Desk.of(chain(roles="none"), chain(state="reviewing", name="x")).registry
    desk.elapse(hours=2)
    assert desk.reasons[-1] == "chain_changed"


@pytest.mark.parametrize("how", ["limit", "vote", "other event"])
def test_request_ends_where_the_last_chain_of_its_event_left_the_table(how: str) -> None:
    """Whatever comes next ends it with its hold and its tasks, and the journal says why."""
    desk = asked("bob")
    desk.registry = Desk.of(chain(state="reviewing", name="x")).registry
    if how == "limit":
        desk.elapse(hours=2)
    elif how == "vote":
        desk.fire("$approve", "bob")
    else:
        desk.fire("change", "ann", remark="urgent")
    assert (desk.ended, desk.reasons[-1]) == ("chain_gone", "chain_gone")
    snapshot = desk.snapshot
    assert (snapshot.state, snapshot.holds, snapshot.tasks, snapshot.timers) == (
        "draft",
        (),
        (),
        (),
    )


def test_approval_state_whose_last_chain_left_the_table_is_left_by_its_rows() -> None:
    """Its request is ended; the row of the vote goes on as where there never was a chain."""
    desk = Desk.of(chain(state="reviewing", steps=[step("one", "bob")]))
    desk.fire("submit", "ann")
    desk.registry = Desk.of(chain(roles="none", name="x")).registry
    desk.fire("agree", "dan")
    assert (desk.ended, desk.snapshot.state) == ("chain_gone", "agreed")


def test_approval_state_has_limits_too() -> None:
    """When it passes without a vote, the row is taken by the system."""
    steps = [step("first", "bob", limit="2h", on_time_out="pass")]
    desk = Desk.of(chain(state="reviewing", steps=steps))
    desk.fire("submit", "ann")
    desk.elapse(hours=2)
    assert desk.snapshot.state == "agreed"
    assert desk.records[-1].event.actor.id == "system"


@pytest.mark.parametrize("returned", [True, False])
def test_timer_without_a_step_changes_nothing(*, returned: bool) -> None:
    """While the requester has it, no limit runs; people cannot fire the timers' event."""
    desk = asked("bob")
    assert desk.denied("$approvals", "root") == "for_timers_only"
    if returned:
        desk.fire("$return", "bob", reason="?")
        assert desk.snapshot.timers == ()
    else:
        desk.fire("$withdraw", "ann")
    desk.elapse(hours=9)
    assert "reminded_of_limit" not in desk.reasons
