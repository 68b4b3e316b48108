"""Deadlines on a desk of cases: started, paused, met, missed, escalated, extended, changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import cast

import attrs
import pytest
from msgspec.structs import replace

from crmflow.core.actor import SYSTEM, Actor
from crmflow.core.decision import Decision
from crmflow.core.entity import Attached, Snapshot
from crmflow.core.event import Cause, Event
from crmflow.core.journal import Entry
from crmflow.core.link import Link
from crmflow.core.message import MessageKind
from crmflow.core.plain import plain
from crmflow.core.policy import Denied, Evolved, Occurrence
from crmflow.core.ref import EntityRef
from crmflow.core.reserved import Adoption, Attachment
from crmflow.expressions import Expression
from crmflow.flow.answer import answer
from crmflow.flow.request import Request
from crmflow.policies.sla.binding import Fit
from crmflow.policies.sla.definition import Definition
from crmflow.policies.sla.evolving import SlaPolicy
from crmflow.policies.sla.run import Lapse, Share, Status
from crmflow.policies.sla.stopwatch import TICK
from tests.policies.sla_desk import (
    CLERK,
    DAY,
    HOUR,
    OFFICE,
    REF,
    TABLES,
    Case,
    Desk,
    Severity,
    definition,
    desk,
    on,
    resolving,
)

NOTHING = timedelta(0)
MONDAY, AN_HOUR_LATER = on(2, 10), on(2, 11)


def asked(*rows: Definition, at: datetime = MONDAY, **facts: object) -> Desk:
    """Return a desk with a case that was asked on Monday at ten."""
    taken = desk(*(rows or (resolving(),)))
    taken.do("ask", at, facts).require()
    return taken


def test_a_start_gives_a_due_instant_in_working_time() -> None:
    """Eight working hours from Monday ten are over on Tuesday at ten, over lunch and night."""
    taken = asked()
    run = taken.run()
    assert (run.status, run.due_at, run.total) == (Status.RUNNING, on(3, 10), 8 * HOUR)
    assert (run.calendar, run.calendar_version) == ("office", "1")
    assert taken.timers == {"resolve:due": on(3, 10) + TICK}


def test_a_start_outside_hours_counts_from_the_opening() -> None:
    """What is asked on a Saturday runs from Monday's opening."""
    assert asked(at=on(7, 11)).run().due_at == on(9, 18)


@pytest.mark.parametrize(
    ("asked_at", "due_at"),
    [
        (on(2, 16), on(3, 0)),
        (on(2, 16) + TICK, on(4, 0)),
        (on(2, 23), on(4, 0)),
        (on(6, 17), on(8, 0)),
    ],
)
def test_after_the_cutoff_it_counts_for_the_next_day(asked_at: datetime, due_at: datetime) -> None:
    """Until four today counts for today; a later start from the next day's beginning (DLV-001)."""
    row = resolving(cutoff="16:00", calendar=None, target="through 0d", warnings=[], ladder=[])
    run = asked(row, at=asked_at).run()
    assert (run.due_at, run.started_at) == (due_at, max(asked_at, due_at - DAY))


def test_a_stop_in_time_is_met() -> None:
    """Solved the evening before, the deadline is met and leaves no timer."""
    taken = asked()
    taken.do("solve", on(2, 17))
    run = taken.run()
    assert (run.status, run.ended_at, run.overrun) == (Status.MET, on(2, 17), NOTHING)
    assert taken.timers == {}
    assert [(one.status, one.count) for one in taken.state.tallies] == [(Status.MET, 1)]


def test_a_stop_at_the_very_instant_is_met() -> None:
    """The due instant itself is still in time."""
    taken = asked()
    taken.do("solve", on(3, 10))
    assert taken.run().status is Status.MET
    assert taken.facts.missed == 0


def test_a_stop_one_instant_later_is_late() -> None:
    """A microsecond after the due instant the breach came first."""
    taken = asked()
    taken.do("solve", on(3, 10) + TICK)
    run = taken.run()
    assert (run.status, run.breached_at, run.overrun) == (Status.MET_LATE, on(3, 10), TICK)


def test_a_breach_fires_the_machines_event() -> None:
    """The definition names what the machine does when it is missed."""
    taken = asked()
    taken.wait(on(5))
    assert taken.run().status is Status.BREACHED
    assert taken.run().breached_at == on(3, 10)
    assert taken.facts.missed == 1
    assert taken.events == ["ask", "$sla", "miss"]


def test_met_late_tells_the_overrun_in_working_time() -> None:
    """From Tuesday ten to Wednesday ten are eight working hours, not a day."""
    taken = asked()
    taken.do("solve", on(4, 10))
    assert taken.run().status is Status.MET_LATE
    assert taken.run().overrun == 8 * HOUR


def test_a_breach_off_hours_costs_no_working_time() -> None:
    """Solved in the night after a due instant at closing time: late, and no time over it."""
    taken = asked(at=on(2, 9))
    assert taken.run().due_at == on(2, 18)
    taken.do("solve", on(2, 23))
    assert (taken.run().status, taken.run().overrun) == (Status.MET_LATE, NOTHING)


def test_while_paused_nothing_is_due() -> None:
    """A pause takes the due instant, the timers and the task's promise away."""
    taken = asked()
    assert taken.task("handle").due_at == on(3, 10)
    taken.do("wait", on(2, 11))
    assert (taken.run().status, taken.run().due_at) == (Status.PAUSED, None)
    assert taken.timers == {}
    assert taken.task("handle").due_at is None


def test_resuming_leaves_the_remaining_working_time() -> None:
    """Of eight hours one is used; the other seven run from the resumption."""
    taken = asked()
    taken.do("wait", on(2, 11))
    taken.do("work", on(4, 16))
    run = taken.run()
    assert (run.status, run.due_at) == (Status.RUNNING, on(5, 15))
    assert run.paused == Lapse(2 * DAY + 5 * HOUR, 20 * HOUR)
    assert taken.task("handle").due_at == on(5, 15)
    assert taken.timers == {"resolve:due": on(5, 15) + TICK}


def test_pauses_add_up() -> None:
    """Of eight hours one is used before each of two pauses; six remain after them."""
    taken = asked()
    for day, hour in ((2, 11), (3, 10)):
        taken.do("wait", on(day, hour))
        taken.do("work", on(day + 1, 9))
    assert taken.run().paused.working == 13 * HOUR
    assert taken.run().due_at == on(4, 16)


def test_a_day_that_starts_off_hours_ends_at_an_opening() -> None:
    """A working day from Saturday on is over when Tuesday opens, and so is all of it."""
    taken = asked(resolving(target="1wd", warnings=["100%"]), at=on(7, 11))
    assert taken.run().due_at == on(10, 9)
    assert set(taken.timers.values()) == {on(10, 9) + TICK}
    taken.do("note", on(7, 12))
    assert taken.run().due_at == on(10, 9)


def test_a_pause_by_an_event_ends_with_its_resume() -> None:
    """Where a resume is named, nothing else ends the pause."""
    row = resolving(pause=[{"events": ["note"]}], resume=[{"events": ["write"]}])
    taken = asked(row)
    taken.do("note", on(2, 11))
    taken.do("answer", on(2, 12))
    assert taken.run().status is Status.PAUSED
    taken.do("write", on(2, 14))
    assert (taken.run().status, taken.run().due_at) == (Status.RUNNING, on(3, 12))


def test_a_deadline_may_start_paused() -> None:
    """Where pause holds with the start, it attaches and waits."""
    row = resolving(start=[{"events": ["wait"]}])
    taken = asked(row)
    taken.do("wait", on(2, 11))
    assert (taken.run().status, taken.run().due_at) == (Status.PAUSED, None)
    taken.do("work", on(2, 14))
    assert taken.run().due_at == on(3, 14)


def test_stopped_while_paused_is_met() -> None:
    """What used no more than its time is met, however long it stood still."""
    row = resolving(stop=[{"events": ["answer"]}])
    taken = asked(row)
    taken.do("wait", on(2, 11))
    taken.do("answer", on(20))
    assert (taken.run().status, taken.run().paused_at) == (Status.MET, None)


def test_cancelled_is_neither_met_nor_missed() -> None:
    """A dropped case ends the deadline."""
    taken = asked()
    taken.do("drop", on(2, 11))
    assert taken.run().status is Status.CANCELLED


def test_a_final_state_cancels_what_was_not_met() -> None:
    """Nothing is awaited of an entity that has ended."""
    taken = asked()
    taken.do("close", on(2, 11))
    assert taken.run().status is Status.CANCELLED
    assert taken.snapshot.timers == ()


def test_a_breach_stays_one_when_it_is_cancelled() -> None:
    """A case dropped after the breach was missed all the same."""
    taken = asked()
    taken.do("drop", on(5))
    assert (taken.run().status, taken.run().overrun) == (Status.BREACHED, 15 * HOUR)


def test_it_does_not_attach_where_stop_holds() -> None:
    """Start and stop at once start nothing."""
    row = resolving(start=[{"events": ["solve", "ask"]}], stop=[{"events": ["solve"]}])
    taken = asked(resolving(start=[{"events": ["solve"]}], stop=[{"states": ["solved"]}]))
    taken.do("solve", on(2, 11))
    assert taken.state.run("resolve") is None
    again = asked(row)
    again.do("solve", on(2, 11))
    assert again.run().status is Status.MET


def test_it_starts_again_where_start_holds_anew() -> None:
    """A reopened case has its time again; events in the same state start nothing."""
    row = resolving(start=[{"states": ["open", "working"]}])
    taken = asked(row)
    taken.do("solve", on(2, 11))
    taken.do("note", on(2, 12))
    assert taken.run().status is Status.MET
    taken.do("reopen", on(2, 13))
    assert (taken.run().status, taken.run().due_at) == (Status.RUNNING, on(3, 12))
    taken.do("note", on(2, 14))
    assert taken.run().started_at == on(2, 13)


def test_an_event_in_between_does_not_start_a_running_one_again() -> None:
    """A second question while the first waits does not push the promise away."""
    row = definition(
        name="next", kind="next_response", start=[{"events": ["write"]}],
        stop=[{"events": ["answer"]}], target="2h",
    )  # fmt: skip
    taken = asked(row)
    taken.do("write", on(2, 11))
    taken.do("write", on(2, 12))
    assert taken.run("next").due_at == on(2, 13)
    taken.do("answer", on(2, 12, 30))
    taken.do("write", on(2, 15))
    assert taken.run("next").due_at == on(2, 17)


def test_a_reset_counts_anew() -> None:
    """What is reset has its whole time again, from there."""
    row = resolving(reset=[{"events": ["write"]}])
    taken = asked(row, asked_at=on(2, 9))
    taken.do("write", on(2, 17))
    assert (taken.run().started_at, taken.run().due_at) == (on(2, 17), on(3, 17))


def test_a_reset_in_a_pause_starts_paused() -> None:
    """The time begins anew, and it stands still as long as pause holds."""
    row = resolving(reset=[{"events": ["write"]}])
    taken = asked(row)
    taken.do("wait", on(2, 11))
    taken.do("write", on(2, 14))
    assert taken.run().status is Status.PAUSED
    taken.do("work", on(2, 15))
    assert (taken.run().started_at, taken.run().due_at) == (on(2, 14), on(3, 15))


def test_a_reset_after_a_breach_keeps_the_breach_in_the_count() -> None:
    """What was missed stays missed."""
    row = resolving(reset=[{"events": ["write"]}])
    taken = asked(row)
    taken.do("write", on(4, 10))
    assert taken.run().status is Status.RUNNING
    assert [(one.status, one.count) for one in taken.state.tallies] == [(Status.BREACHED, 1)]


def test_a_periodic_update_is_promised_again() -> None:
    """Each report starts the next period, counted from the report."""
    row = definition(
        name="progress", kind="periodic_update", repeat=True, target="24h",
        start=[{"states": ["open", "working"]}], stop=[{"events": ["answer"]}],
    )  # fmt: skip
    taken = asked(row)
    taken.do("answer", on(2, 20))
    assert taken.run("progress").due_at == on(3, 20)
    taken.do("answer", on(4, 8))
    run = taken.run("progress")
    assert (run.status, run.due_at) == (Status.RUNNING, on(5, 8))
    counts = {one.status: one.count for one in taken.state.tallies}
    assert counts == {Status.MET: 1, Status.MET_LATE: 1}


def test_a_period_ends_with_what_it_is_for() -> None:
    """Where start no longer holds, a stop is the last one."""
    row = definition(
        name="progress", kind="periodic_update", repeat=True, target="24h",
        start=[{"states": ["open"]}], stop=[{"events": ["work", "close"]}],
    )  # fmt: skip
    taken = asked(row)
    taken.do("work", on(2, 20))
    assert taken.run("progress").status is Status.MET


def test_time_in_a_state_ends_with_the_state() -> None:
    """Leaving the state meets it; coming back is a new one."""
    row = definition(name="idle", kind="time_in_state", start=[{"states": ["open"]}], target="2h")
    taken = asked(row)
    taken.do("note", on(2, 11))
    assert taken.run("idle").status is Status.RUNNING
    taken.do("work", on(2, 11, 30))
    assert taken.run("idle").status is Status.MET


def test_every_holder_has_the_whole_time() -> None:
    """A hand-over ends one holder's time and begins the next one's."""
    row = definition(
        name="ola", kind="hand_over", holder="holder", target="4h",
        start=[{"states": ["open", "working"]}], stop=[{"states": ["solved"]}],
    )  # fmt: skip
    taken = asked(row, holder="ann")
    taken.do("hand", on(2, 13), {"holder": "bob"})
    assert taken.run("ola").due_at == on(2, 17)
    taken.do("solve", on(2, 20))
    ended = [(one.holder, one.status) for one in taken.state.tallies]
    assert ended == [("ann", Status.MET), ("bob", Status.MET_LATE)]


def test_time_is_told_to_holders_and_states() -> None:
    """Shares add up to the time consumed; pauses belong to nobody."""
    taken = asked(resolving(holder="holder"), holder="ann")
    taken.do("hand", on(2, 11), {"holder": "bob"})
    taken.do("wait", on(2, 14))
    taken.do("work", on(2, 16))
    taken.do("solve", on(2, 17))
    shares = {(one.by, one.name): one.spent.working for one in taken.run().shares}
    assert shares == {
        ("holder", "ann"): HOUR,
        ("holder", "bob"): 3 * HOUR,
        ("state", "open"): 3 * HOUR,
        ("state", "working"): HOUR,
    }
    assert taken.run().shares[0] == Share("holder", "ann", Lapse(HOUR, HOUR))


def test_a_state_is_told_when_the_next_one_is_left() -> None:
    """A move changes nothing of the deadline yet: the entity knows since when it is there."""
    taken = asked(resolving(pause=[]))
    kept = taken.state
    taken.do("work", on(2, 11))
    assert taken.state is kept
    taken.do("wait", on(2, 12))
    shares = {one.name: one.spent.working for one in taken.run().shares}
    assert shares == {"open": HOUR, "working": HOUR}


def test_a_move_at_the_instant_of_the_start_is_told_at_once() -> None:
    """No time has passed in the first state, so it has no share."""
    taken = asked()
    taken.do("work", MONDAY)
    assert (taken.run().state, taken.run().shares) == ("working", ())


def test_the_tier_is_the_one_at_the_end() -> None:
    """A case that became grave on the way is counted among the grave ones."""
    taken = asked(resolving(tier="severity"))
    taken.do("grade", on(2, 11), {"severity": "high"})
    taken.do("solve", on(2, 12))
    assert [(one.tier, one.count) for one in taken.state.tallies] == [("high", 1)]
    assert [one.spent.working for one in taken.run().shares] == [2 * HOUR]


def test_it_may_count_from_a_fact() -> None:
    """A deadline may be older than the event that starts it; without the fact it is not."""
    row = resolving(since="asked_at")
    assert asked(row, asked_at=on(2, 9)).run().due_at == on(2, 18)
    assert asked(row).run().due_at == on(3, 10)


def test_it_may_begin_later_than_the_event() -> None:
    """Before the instant it counts from no time is used."""
    taken = asked(resolving(since="asked_at"), asked_at=on(3, 9))
    assert taken.run().due_at == on(3, 18)
    taken.do("wait", on(2, 12))
    taken.do("work", on(2, 15))
    assert taken.run().due_at == on(3, 18)
    taken.do("solve", on(2, 16))
    assert (taken.run().status, taken.run().shares) == (Status.MET, ())


def test_starting_in_the_past_breaches_once_and_warns_of_nothing() -> None:
    """A deadline that is over when it starts is missed at its instant; nothing else is sent."""
    row = resolving(since="asked_at", warnings=["50%", "80%"], notify="customer_service")
    taken = asked(row, at=on(5), asked_at=on(2, 10))
    assert (taken.run().breached_at, taken.facts.missed) == (on(3, 10), 1)
    assert taken.decisions[0].messages == ()
    taken.wait(on(9))
    assert taken.facts.missed == 1


def test_targets_are_looked_up_by_attributes() -> None:
    """The first row that fits gives the target; the definition's own is the default."""
    row = resolving(
        targets=[
            {"match": {"severity": "high", "tier": ["gold", "silver"]}, "target": "2wh"},
            {"when": "severity == 'high'", "target": "4wh"},
        ]
    )
    assert asked(row).run().target == "8wh"
    assert asked(row, severity="high").run().row == 1
    assert asked(row, severity="high", tier="gold").run().due_at == on(2, 12)


def test_the_calendar_may_come_from_the_entity() -> None:
    """A fact names the calendar; where it names none, the definition's own counts."""
    row = resolving(calendar_from="office")
    assert asked(row, office="shifts").run().due_at == on(2, 18)
    assert asked(row, office="nowhere").run().due_at == on(3, 10)
    assert asked(row).run().calendar == "office"


def test_a_range_warns_at_its_lower_end() -> None:
    """Of 24 to 48 hours the first is a warning, the second the breach (AMB-20)."""
    row = definition(
        name="quote", kind="resolution", start=[{"events": ["ask"]}], stop=[{"events": ["answer"]}],
        target="24h", limit="48h", notify="salesperson",
    )  # fmt: skip
    taken = asked(row)
    assert taken.timers == {
        "quote:warning:24h": on(3, 10) + TICK,
        "quote:due": on(4, 10) + TICK,
    }
    (warned,) = taken.wait(on(3, 11))
    (message,) = warned.messages
    assert (message.machine, message.event) == ("notice", "deadline_near")
    assert message.payload["role"] == "salesperson"
    assert message.kind is MessageKind.FIRE


def test_warnings_come_at_exact_parts_each_once() -> None:
    """Half of eight working hours from ten is at three; two thirds are exact."""
    row = resolving(warnings=["50%", "2/3", "6wh"], notify="customer_service")
    taken = asked(row)
    assert taken.timers["resolve:warning:50%"] == on(2, 15) + TICK
    assert taken.timers["resolve:warning:2/3"] == on(2, 16, 20) + TICK
    assert taken.timers["resolve:warning:6wh"] == on(2, 17) + TICK
    taken.wait(on(2, 18))
    assert taken.run().given == ("50%", "2/3", "6wh")
    assert sum(len(one.messages) for one in taken.decisions) == 3


def test_a_warning_without_a_role_is_only_noted() -> None:
    """Where nobody is named nobody is told."""
    taken = asked(resolving(warnings=["50%"]))
    taken.wait(on(2, 18))
    assert taken.run().given == ("50%",)
    assert all(not one.messages for one in taken.decisions)


def test_warnings_move_with_pauses() -> None:
    """A pause of three working hours moves every warning, each in its own measure."""
    taken = asked(resolving(warnings=["100%", "6wh", "30h"]))
    taken.do("wait", on(2, 11))
    taken.do("work", on(2, 15))
    assert taken.timers == {
        "resolve:warning:100%": on(3, 14) + TICK,
        "resolve:warning:6wh": on(3, 11) + TICK,
        "resolve:warning:30h": on(3, 20) + TICK,
        "resolve:due": on(3, 14) + TICK,
    }


def test_a_warning_at_the_end_is_the_breach() -> None:
    """At a hundred percent it is too late to warn: the breach says it."""
    taken = asked(resolving(warnings=["100%"], notify="customer_service"))
    taken.wait(on(4))
    assert (taken.facts.missed, taken.run().given) == (1, ())


LADDER = [
    {"name": "near", "at": "80%", "action": "fire", "event": "remind"},
    {"name": "lead", "at": "2wh", "action": "task", "task": "look_after", "role": "service_head"},
    {"name": "move", "at": "4wh", "action": "reassign", "role": "department_head",
     "cancelled_by": ["hand"]},
    {"name": "grave", "at": "2/1", "action": "raise_severity", "event": "grade",
     "payload": {"severity": "high"}},
    {"name": "boss", "at": "3/1", "action": "notify", "role": "general_manager"},
]  # fmt: skip


def test_every_rung_is_climbed_once_at_its_instant() -> None:
    """Before the breach, after it and in parts of the target: five rungs, five effects."""
    taken = asked(resolving(ladder=LADDER))
    taken.wait(on(3, 9))
    assert taken.facts.reminded == 1
    taken.wait(on(3, 12))
    assert taken.task("look_after") is None
    assert taken.timers["resolve:rung:lead"] == on(3, 12) + TICK
    taken.wait(on(3, 14))
    assert taken.task("look_after").role == "service_head"
    assert taken.task("handle").role == "customer_service"
    taken.wait(on(20))
    assert taken.task("handle").role == "department_head"
    assert taken.facts.severity == "high"
    assert taken.facts.reminded == 1
    sent = [one.event for decision in taken.decisions for one in decision.messages]
    assert sent == ["deadline_escalated"]
    assert taken.run().given == ("near", "lead", "move", "grave", "boss")


def test_a_rung_at_the_whole_target_comes_with_the_breach() -> None:
    """The breach and its rung are one instant, and a stop at the due instant has neither."""
    rung = {"name": "now", "at": "100%", "action": "fire", "event": "remind"}
    taken = asked(resolving(ladder=[rung]))
    taken.wait(on(3, 10) + TICK)
    assert (taken.facts.missed, taken.facts.reminded) == (1, 1)
    met = asked(resolving(ladder=[rung]))
    met.do("solve", on(3, 10))
    assert (met.facts.missed, met.facts.reminded) == (0, 0)


def test_acting_cancels_only_what_the_rung_names() -> None:
    """A hand-over makes the reassignment pointless, and nothing else."""
    taken = asked(resolving(ladder=LADDER))
    taken.do("hand", on(2, 11), {"holder": "bob"})
    taken.do("hand", on(2, 12), {"holder": "cem"})
    taken.wait(on(20))
    assert taken.task("handle").role == "customer_service"
    assert taken.facts.severity == "high"
    assert taken.run().given.count("move") == 1


def test_a_task_that_is_done_is_not_reassigned() -> None:
    """A rung moves only the tasks that are still open."""
    taken = asked(resolving(ladder=LADDER, tasks=["handle", "check"]))
    taken.do("tick", on(2, 11))
    taken.wait(on(20))
    assert taken.task("handle") is None
    assert taken.task("check").role == "department_head"


def test_what_an_escalation_opened_is_closed_with_the_answer() -> None:
    """Nobody is left with a task about a deadline that has ended."""
    taken = asked(resolving(ladder=LADDER))
    taken.wait(on(3, 14))
    taken.do("solve", on(3, 15))
    assert taken.task("look_after") is None
    assert taken.timers == {}


def test_rungs_stand_still_in_a_pause_after_the_breach() -> None:
    """An hour of pause moves the rungs by an hour; the breach stays where it was."""
    taken = asked(resolving(ladder=LADDER))
    taken.wait(on(3, 11))
    taken.do("wait", on(3, 11))
    assert (taken.run().status, taken.run().due_at) == (Status.PAUSED, on(3, 10))
    assert taken.timers == {}
    taken.do("work", on(3, 12))
    assert taken.run().status is Status.BREACHED
    assert taken.timers["resolve:rung:lead"] == on(3, 14) + TICK
    taken.do("solve", on(3, 14))
    assert taken.run().overrun == 2 * HOUR


def test_a_pause_of_no_working_time_moves_no_rung() -> None:
    """A pause over night changes nothing."""
    taken = asked(resolving(ladder=LADDER))
    taken.wait(on(3, 11))
    before = taken.timers
    taken.do("wait", on(3, 20))
    taken.do("work", on(4, 7))
    assert taken.timers == {k: v for k, v in before.items() if v > on(4, 7)}


def test_a_pause_of_no_working_time_moves_no_rung_by_the_clock() -> None:
    """Missed at closing time, a rung three hours later stays in the evening."""
    rung = {"name": "late", "at": "3h", "action": "fire", "event": "remind"}
    taken = asked(resolving(ladder=[rung]), at=on(2, 9))
    taken.wait(on(2, 19))
    taken.do("wait", on(2, 19))
    taken.do("work", on(2, 20))
    assert taken.timers == {"resolve:rung:late": on(2, 21) + TICK}


def test_a_timer_that_fired_is_dropped_once() -> None:
    """The record of a warning says of its timer that it is gone, and no more."""
    taken = asked(resolving(warnings=["50%"]))
    (warned,) = taken.wait(on(2, 16))
    assert warned.record is not None
    timers = [effect for effect in warned.record.effects if effect.shelf == "timers"]
    assert [effect.of for effect in timers] == ["sla:resolve:warning:50%"]


BY_SEVERITY = {
    "targets": [{"match": {"severity": "high"}, "target": "4wh"}],
    "warnings": ["50%", "80%", "90%"],
    "notify": "customer_service",
}


def test_recompute_counts_from_the_origin_with_the_pauses() -> None:
    """Half the time from the same start, the pause carried over."""
    taken = asked(resolving(**BY_SEVERITY, on_change="recompute"))
    taken.do("wait", on(2, 11))
    taken.do("work", on(2, 14))
    taken.do("grade", on(2, 14), {"severity": "high"})
    run = taken.run()
    assert (run.target, run.due_at, run.started_at) == ("4wh", on(2, 17), on(2, 10))


def test_recompute_into_the_past_breaches_once_without_warnings() -> None:
    """What is over under the new target is missed at once, at the instant it was due."""
    taken = asked(resolving(**BY_SEVERITY, ladder=LADDER))
    sent = len([m for one in taken.decisions for m in one.messages])
    taken.do("grade", on(2, 17), {"severity": "high"})
    run = taken.run()
    assert (run.status, run.breached_at, taken.facts.missed) == (Status.BREACHED, on(2, 15), 1)
    messages = [m for one in taken.decisions for m in one.messages]
    assert len(messages) - sent == 1  # the one warning that was due before the change
    assert taken.timers["resolve:rung:lead"] == on(3, 10) + TICK
    taken.do("grade", on(3, 9), {"severity": "low"})
    taken.do("grade", on(3, 9), {"severity": "high"})
    assert taken.facts.missed == 2


def test_recompute_gives_at_most_one_warning() -> None:
    """Of three warnings that are past under the new target only the last is given."""
    taken = asked(resolving(**{**BY_SEVERITY, "warnings": ["60%", "70%", "75%"]}))
    taken.do("grade", on(2, 14, 30), {"severity": "high"})
    assert taken.run().due_at == on(2, 15)
    assert taken.run().given == ("60%", "70%", "75%")
    assert len([m for one in taken.decisions for m in one.messages]) == 1


def test_recompute_while_paused() -> None:
    """Nothing is due in the pause; the new time is what remains after it."""
    taken = asked(resolving(**BY_SEVERITY))
    taken.do("wait", on(2, 11))
    taken.do("grade", on(2, 12), {"severity": "high"})
    assert (taken.run().status, taken.run().due_at) == (Status.PAUSED, None)
    taken.do("work", on(2, 14))
    assert taken.run().due_at == on(2, 17)


def test_recompute_while_paused_may_breach() -> None:
    """Time that was used before the pause may be more than the new target has."""
    taken = asked(resolving(**BY_SEVERITY))
    taken.do("wait", on(2, 17))
    taken.do("grade", on(3, 12), {"severity": "high"})
    run = taken.run()
    assert (run.status, run.breached_at, taken.facts.missed) == (Status.PAUSED, on(2, 15), 1)
    taken.do("work", on(3, 14))
    assert taken.run().status is Status.BREACHED


def test_recompute_to_this_very_instant_is_in_time() -> None:
    """What is due just now is not missed yet; a stop at the same instant meets it."""
    taken = asked(resolving(**BY_SEVERITY))
    taken.do("grade", on(2, 15), {"severity": "high"})
    assert (taken.run().status, taken.run().due_at) == (Status.RUNNING, on(2, 15))
    taken.do("solve", on(2, 15))
    assert (taken.run().status, taken.facts.missed) == (Status.MET, 0)


def test_no_time_more_after_a_breach_is_still_the_breach() -> None:
    """A target that ends just now leaves nothing to run on with."""
    taken = asked(resolving(**BY_SEVERITY), severity="high")
    taken.do("grade", on(3, 10), {"severity": "low"})
    assert (taken.run().status, taken.run().breached_at) == (Status.BREACHED, on(2, 15))
    assert taken.state.tallies == ()


def test_more_time_after_a_breach_counts_the_breach_and_runs_on() -> None:
    """A longer target does not undo what was missed."""
    taken = asked(resolving(**BY_SEVERITY, ladder=LADDER), severity="high")
    taken.wait(on(2, 18))
    assert taken.facts.missed == 1
    taken.do("grade", on(2, 18), {"severity": "low"})
    run = taken.run()
    assert (run.status, run.due_at, run.breached_at) == (Status.RUNNING, on(3, 10), None)
    assert [(one.status, one.count) for one in taken.state.tallies] == [(Status.BREACHED, 1)]
    taken.do("solve", on(3, 9))
    assert taken.run().status is Status.MET


def test_what_was_done_before_a_breach_is_not_done_again() -> None:
    """With more time only what follows a breach may come once more."""
    rung = {"name": "early", "at": "50%", "action": "fire", "event": "remind"}
    taken = asked(resolving(**BY_SEVERITY, ladder=[rung]), severity="high")
    taken.wait(on(2, 16))
    assert taken.snapshot.facts.reminded == 1
    taken.do("grade", on(2, 17), {"severity": "low"})
    taken.wait(on(2, 18))
    assert (taken.run().status, taken.snapshot.facts.reminded) == (Status.RUNNING, 1)


def test_more_time_in_a_pause_after_a_breach() -> None:
    """It stays paused, and runs on with the new time afterwards."""
    taken = asked(resolving(**BY_SEVERITY), severity="high")
    taken.wait(on(2, 16))
    taken.do("wait", on(2, 16))
    taken.do("grade", on(2, 17), {"severity": "low"})
    assert (taken.run().status, taken.run().due_at) == (Status.PAUSED, None)
    taken.do("work", on(3, 9))
    assert taken.run().due_at == on(3, 12)


def test_a_new_target_is_counted_on_the_calendar_of_the_office() -> None:
    """As the old one was."""
    taken = asked(resolving(**BY_SEVERITY, calendar_from="office"), office="shifts")
    taken.do("grade", on(2, 11), {"severity": "high"})
    run = taken.run()
    assert (run.calendar, run.calendar_version, run.due_at) == ("shifts", "7", on(2, 14))


def test_keep_does_not_move() -> None:
    """A started deadline keeps what it started with."""
    taken = asked(resolving(**BY_SEVERITY, on_change="keep"))
    taken.do("grade", on(2, 11), {"severity": "high"})
    assert (taken.run().target, taken.run().due_at) == ("8wh", on(3, 10))


def test_restart_begins_anew() -> None:
    """The new target counts from the change; a pause goes on."""
    taken = asked(resolving(**BY_SEVERITY, on_change="restart"))
    taken.do("grade", on(2, 14), {"severity": "high"})
    assert (taken.run().started_at, taken.run().due_at) == (on(2, 14), on(2, 18))
    taken.do("wait", on(2, 15))
    taken.do("grade", on(2, 16), {"severity": "low"})
    assert taken.run().status is Status.PAUSED
    taken.do("work", on(2, 17))
    assert taken.run().due_at == on(3, 17)


def test_restart_counts_from_the_change_whatever_it_began_with() -> None:
    """What was asked earlier has had its time."""
    row = resolving(**BY_SEVERITY, on_change="restart", since="asked_at")
    taken = asked(row, asked_at=on(2, 9))
    assert taken.run().started_at == on(2, 9)
    taken.do("grade", on(2, 14), {"severity": "high"})
    assert (taken.run().started_at, taken.run().due_at) == (on(2, 14), on(2, 18))


def test_prorate_keeps_the_remaining_part() -> None:
    """A quarter of eight hours is used; three quarters of four remain."""
    taken = asked(resolving(**BY_SEVERITY, on_change="prorate"))
    taken.do("grade", on(2, 12), {"severity": "high"})
    run = taken.run()
    assert (run.due_at, run.measure, run.total) == (on(2, 16), "", 5 * HOUR)
    taken.do("wait", on(2, 14))
    taken.do("work", on(2, 15))
    assert taken.run().due_at == on(2, 17)


def test_prorate_from_the_calendar_to_the_clock() -> None:
    """Half of the working time is used; half of the clock time remains."""
    row = resolving(targets=[{"match": {"severity": "high"}, "target": "4h"}], on_change="prorate")
    taken = asked(row)
    taken.do("grade", on(2, 15), {"severity": "high"})
    assert taken.run().due_at == on(2, 17)


def test_prorate_leaves_nothing_of_what_is_used_up() -> None:
    """A missed deadline stays missed under any target."""
    taken = asked(resolving(**BY_SEVERITY, on_change="prorate"))
    taken.do("grade", on(4), {"severity": "high"})
    run = taken.run()
    assert (run.status, run.breached_at, taken.facts.missed) == (Status.BREACHED, on(3, 10), 1)


def test_prorate_of_no_time_leaves_none() -> None:
    """Where the old target was no working time at all, nothing remains of the new one."""
    row = resolving(
        targets=[{"match": {"severity": "high"}, "target": "4wh"}],
        target="by 09:00 in 1wd", on_change="prorate",
    )  # fmt: skip
    taken = asked(row, at=on(2, 20))
    assert (taken.run().total, taken.run().due_at) == (NOTHING, on(3, 9))
    taken.do("grade", on(2, 21), {"severity": "high"})
    assert taken.run().due_at == on(3, 9)


def test_an_edited_table_applies_as_the_definition_says() -> None:
    """Another target in the table moves what runs at the next event, or never."""
    old, new = resolving(version="1"), resolving(version="2", target="4wh")
    taken = asked(old).under(new)
    taken.do("note", on(2, 11))
    assert (taken.run().version, taken.run().due_at) == ("2", on(2, 15))
    kept = asked(old).under(resolving(version="2", target="4wh", on_change="keep"))
    kept.do("note", on(2, 11))
    assert (kept.run().version, kept.run().due_at) == ("1", on(3, 10))


def test_another_version_of_the_calendar_counts_as_a_change() -> None:
    """A holiday that became known moves what is due."""
    taken = asked()
    longer = attrs.evolve(
        OFFICE, version="2", week=(OFFICE.week[0], OFFICE.week[6], *OFFICE.week[2:])
    )
    tables = attrs.evolve(TABLES, calendars={"office": longer})
    moved = taken.under(resolving(), tables=tables)
    moved.do("note", on(2, 11))
    assert (moved.run().calendar_version, moved.run().due_at) == ("2", on(4, 10))


def test_rows_of_other_days_are_chosen_by_the_start_or_by_today() -> None:
    """A deadline that keeps goes by the row of its first day, others by today's."""

    def rows(mode: str) -> tuple[Definition, Definition]:
        return (
            resolving(until_on="2026-03-02", on_change=mode),
            resolving(from_on="2026-03-03", target="16wh", on_change=mode),
        )

    kept = asked(*rows("keep"))
    kept.do("note", on(3, 9))
    assert kept.run().due_at == on(3, 10)
    moved = asked(*rows("recompute"))
    moved.do("note", on(3, 9))
    assert moved.run().due_at == on(4, 10)


def test_what_keeps_its_row_ends_by_it() -> None:
    """From the third on another event meets it; what started on the second is met as it was."""
    rows = (
        resolving(until_on="2026-03-02", on_change="keep", stop=[{"events": ["answer"]}]),
        resolving(from_on="2026-03-03", on_change="keep", stop=[{"events": ["write"]}]),
    )
    kept = asked(*rows)
    kept.do("write", on(3, 9))
    assert kept.run().status is Status.RUNNING
    kept.do("answer", on(3, 9))
    assert kept.run().status is Status.MET


def test_a_row_that_is_out_of_force_still_leads_its_runs() -> None:
    """What started while it was in force ends by its rules; nothing new starts."""
    taken = asked(resolving(until_on="2026-03-02"))
    taken.do("solve", on(3, 9))
    assert taken.run().status is Status.MET
    taken.do("reopen", on(3, 9))
    assert taken.run().status is Status.MET


def test_a_definition_that_is_gone_leaves_its_run_alone() -> None:
    """Its timers pass without an effect, and the explanation says so."""
    other = definition(name="other", kind="follow_up", start=[{"events": ["reopen"]}], target="1d")
    taken = asked().under(other)
    taken.wait(on(5))
    taken.do("note", on(5))
    assert (taken.run().status, taken.facts.missed, taken.timers) == (Status.RUNNING, 0, {})
    assert ("deadline_undefined", {"deadline": "resolve"}) in taken.explained()


def test_a_definition_that_begins_later_leaves_an_older_run_alone() -> None:
    """Of a name that had another row once, the one of today says nothing of what it began."""
    taken = asked().under(resolving(from_on="2026-03-20"))
    before = taken.run()
    taken.do("solve", on(3))
    assert taken.run() == before


EXTENDED = {
    "extension": [
        {"to": "16wh", "role": "service_head"},
        {"to": "24wh", "role": "general_manager", "match": {"severity": "high"}},
        {"to": "32wh", "event": "allow_longer"},
    ]
}
HEAD = Actor("head-1", {"service_head"})
CHIEF = Actor("chief-1", {"general_manager"})


def _extend(taken: Desk, to: str, actor: Actor, at: datetime = AN_HOUR_LATER) -> Decision:
    payload = {"deadline": "resolve", "to": to, "reason": "parts are missing"}
    return taken.do("$extend", at, payload, actor)


def _why(decision: Decision) -> list[str]:
    return [verdict.reason for verdict in decision.verdicts]


def test_an_extension_needs_the_role_it_names() -> None:
    """Granted by the right role it moves the limit, tells the customer and is remembered."""
    taken = asked(resolving(**EXTENDED))
    assert _why(_extend(taken, "16wh", CLERK)) == ["sla_not_granted"]
    decision = _extend(taken, "16wh", HEAD)
    run = taken.run()
    assert (run.due_at, run.measure, run.target) == (on(4, 10), "16wh", "8wh")
    assert [(one.to, one.by, one.reason) for one in run.extensions] == [
        ("16wh", ("head-1",), "parts are missing")
    ]
    (message,) = decision.messages
    assert (message.payload["role"], message.event) == ("customer", "deadline_extended")
    assert taken.task("handle").due_at == on(4, 10)


def test_a_refused_extension_says_what_would_be_right() -> None:
    """By its row: what there is, who may, and by when it is due as it stands."""
    taken = asked(resolving(rules=["CMP-007"], version="3", **EXTENDED))
    row, due_at = ("resolve", "3", ("CMP-007",)), on(4, 10).isoformat()
    told = [
        ("17wh", HEAD, "sla_no_extension", (), {"to": "17wh", "known": "16wh, 24wh, 32wh"}),
        ("16wh", CLERK, "sla_not_granted", ("service_head",), {"to": "16wh"}),
        ("24wh", CHIEF, "sla_extension_unfit", (), {"to": "24wh"}),
    ]
    for to, actor, reason, roles, values in told:
        (verdict,) = _extend(taken, to, actor).verdicts
        assert (verdict.row, verdict.version, verdict.rules) == row
        assert (verdict.reason, verdict.roles, verdict.values) == (reason, roles, values)
    assert _extend(taken, "16wh", HEAD).accepted
    (verdict,) = _extend(taken, "16wh", HEAD).verdicts
    assert (verdict.reason, (verdict.row, verdict.version, verdict.rules)) == (
        "sla_not_longer",
        row,
    )
    assert verdict.values == {"to": "16wh", "due_at": due_at}


def test_what_must_hold_may_be_of_facts_and_of_links() -> None:
    """An expression sees what an entity is linked to; a value is compared as tables have it."""
    link = Link("customer", EntityRef("acme", "customer", "C-1"), 1, "active", {"tier": "core"})
    facts = Case(asked_at=on(2, 9), severity=Severity.HIGH)
    case = Snapshot(REF, "open", 1, on(2, 9), on(2, 9), facts, Attached(links=(link,)))

    def held(_facts: object, *, state: str, at: datetime, links: tuple[Link, ...]) -> bool:
        return (state, at, links) == ("open", on(2, 9), (link,))

    linked = Fit((), cast("Expression[bool]", held))
    assert linked.of(case)
    assert not linked.of(replace(case, attached=Attached()))
    at = plain(on(2, 9))
    assert Fit((("asked_at", (at,)), ("severity", ("high",)), ("holder", (None,))), None).of(case)
    assert not Fit((("asked_at", (None,)),), None).of(case)


def test_an_extension_is_bounded_and_never_shorter() -> None:
    """Only the steps of the table are had, those whose condition holds, and longer ones."""
    taken = asked(resolving(**EXTENDED))
    assert _why(_extend(taken, "17wh", HEAD)) == ["sla_no_extension"]
    assert _why(_extend(taken, "24wh", CHIEF)) == ["sla_extension_unfit"]
    taken.do("grade", on(2, 11), {"severity": "high"})
    assert _extend(taken, "24wh", CHIEF).accepted
    assert _why(_extend(taken, "16wh", HEAD)) == ["sla_not_longer"]


def test_an_extension_of_a_paused_deadline() -> None:
    """It is longer than what was; the pause goes on."""
    taken = asked(resolving(**EXTENDED))
    taken.do("wait", on(2, 11))
    _extend(taken, "16wh", HEAD)
    assert taken.run().status is Status.PAUSED
    taken.do("work", on(2, 14))
    assert taken.run().due_at == on(4, 12)


def test_only_what_runs_is_extended() -> None:
    """Neither an unknown deadline nor one that has ended."""
    taken = asked(resolving(**EXTENDED))
    payload = {"deadline": "other", "to": "16wh", "reason": "why not"}
    (verdict,) = taken.do("$extend", on(2, 11), payload, HEAD).verdicts
    assert (verdict.reason, verdict.values["known"]) == ("sla_no_deadline", "resolve")
    taken.do("solve", on(2, 12))
    assert _why(_extend(taken, "16wh", HEAD, on(2, 13))) == ["sla_no_deadline"]


def test_a_breached_deadline_may_be_extended() -> None:
    """The breach is counted; the new limit is watched again."""
    taken = asked(resolving(**EXTENDED))
    taken.wait(on(3, 12))
    _extend(taken, "16wh", HEAD, on(3, 12))
    assert (taken.run().status, taken.run().due_at) == (Status.RUNNING, on(4, 10))
    assert [one.status for one in taken.state.tallies] == [Status.BREACHED]


def test_an_event_of_the_machine_may_grant_an_extension() -> None:
    """The machine's own row, with its guards and approvals, moves the limit once."""
    taken = asked(resolving(**EXTENDED))
    taken.do("allow_longer", on(2, 11), {"reason": "a new part"})
    assert taken.run().extensions[0].reason == "a new part"
    assert taken.run().due_at == on(6, 10)
    taken.do("allow_longer", on(2, 12), {"reason": "again"})
    assert len(taken.run().extensions) == 1


def test_an_event_grants_no_extension_that_does_not_fit() -> None:
    """The step's own condition holds for the machine's event as for anybody."""
    step = {"to": "32wh", "event": "allow_longer", "match": {"severity": "high"}}
    taken = asked(resolving(extension=[step]))
    taken.do("allow_longer", on(2, 11), {"reason": "a new part"}).require()
    assert (taken.run().extensions, taken.run().due_at) == ((), on(3, 10))


def test_an_approval_grants_an_extension() -> None:
    """An extension that comes out of an approval needs no role, and names the approvers."""
    taken = asked(resolving(**EXTENDED))
    payload = {"deadline": "resolve", "to": "16wh", "reason": "approved"}
    cause = Cause(policy="approvals", approved_by=("ann", "bob"))
    request = Request(REF, "$extend", payload, SYSTEM, on(2, 11), cause=cause)
    taken.snapshot = answer(taken.registry, taken.snapshot, request).snapshot
    assert taken.run().extensions[0].by == ("ann", "bob")
    request = Request(REF, "allow_longer", {"reason": "a new part"}, SYSTEM, on(2, 11), cause=cause)
    taken.snapshot = answer(taken.registry, taken.snapshot, request).snapshot
    assert [(one.to, one.by) for one in taken.run().extensions] == [
        ("16wh", ("ann", "bob")),
        ("32wh", ("ann", "bob")),
    ]


def test_an_extension_outlives_a_change_of_the_target() -> None:
    """What was granted stays granted where it is longer than the new target."""
    taken = asked(resolving(**EXTENDED, **BY_SEVERITY))
    _extend(taken, "16wh", HEAD)
    taken.do("grade", on(2, 14), {"severity": "high"})
    assert (taken.run().target, taken.run().due_at) == ("4wh", on(4, 10))


def test_people_do_not_fire_timers() -> None:
    """The event of the timers is refused to everybody, also where nothing runs yet."""
    taken = asked()
    assert _why(taken.do("$sla", on(2, 11))) == ["sla_timer_only"]
    other = asked(resolving(start=[{"events": ["reopen"]}]))
    assert _why(other.do("$sla", on(2, 11))) == ["sla_timer_only"]
    assert _why(_extend(other, "16wh", HEAD)) == ["sla_no_deadline"]


def test_what_is_held_or_voted_has_not_happened() -> None:
    """An event that waits for an approval neither starts nor stops anything."""
    taken = asked()
    (policy,) = taken.registry.policies["case"]
    run = policy.evolve_for("solve")
    assert run is not None
    event = Event("solve", CLERK, on(2, 11), None)
    seen = Occurrence(taken.snapshot, taken.snapshot, event, Entry.HELD)
    assert run(taken.state, seen) is None


def test_foreign_logs_and_mirrors_start_nothing() -> None:
    """Observations and mirrored facts are none of a deadline's business."""
    (policy,) = desk(resolving()).registry.policies["case"]
    assert policy.evolve_for("$observe") is None
    assert policy.evolve_for("$mirror") is None
    assert policy.evolve_for("$adopt") is not None
    assert policy.upgraded(1, {"runs": []}) == {"runs": []}
    assert isinstance(policy, SlaPolicy)
    reading = attrs.evolve(policy, definitions=attrs.evolve(policy.definitions, reads_links=True))
    assert reading.evolve_for("$observe") is None
    assert reading.evolve_for("$mirror") is not None


def test_an_adoption_starts_what_its_state_starts() -> None:
    """A case that is placed in a state by hand has that state's deadlines, timers included."""
    row = resolving(start=[{"states": ["working"]}])
    taken = desk(row)
    form = Adoption("working", {}, "from the old system")
    chief = Actor("root", {"administrator"})
    request = Request(REF, "$adopt", form, chief, on(2, 10), None)
    taken.snapshot = answer(taken.registry, taken.snapshot, request).snapshot
    assert taken.timers == {"resolve:due": on(3, 10) + TICK}
    again = Request(REF, "$adopt", form, chief, on(2, 11), None)
    taken.snapshot = answer(taken.registry, taken.snapshot, again).snapshot
    assert taken.timers == {"resolve:due": on(3, 10) + TICK}


def test_a_policy_that_comes_later_attaches() -> None:
    """A case that was there before its deadline has it from the attaching on."""
    row = resolving(start=[{"states": ["open"]}], since="asked_at")
    taken = asked(definition(name="other", kind="follow_up", start=[{"events": ["reopen"]}],
                             target="1d"), asked_at=on(2, 9)).under(row)  # fmt: skip
    chief = Actor("root", {"administrator"})
    request = Request(REF, "$attach", Attachment("sla"), chief, on(2, 11), None)
    taken.snapshot = answer(taken.registry, taken.snapshot, request).snapshot
    assert taken.run().due_at == on(2, 18)


def test_an_event_that_changes_nothing_adds_nothing() -> None:
    """A note on a running case leaves policy, timers and tasks alone."""
    taken = asked()
    decision = taken.do("note", on(2, 11))
    assert decision.record is not None
    assert decision.record.effects == ()


def test_a_condition_reads_form_and_actor() -> None:
    """A guard expression of one event may ask who did it, what it brought, and where it led."""
    when = "form.severity == 'low' and actor.id == 'clerk-1' and state == 'open'"
    row = resolving(stop=[{"events": ["grade"], "when": when}])
    taken = asked(row)
    taken.do("grade", on(2, 11), {"severity": "high"})
    assert taken.run().open
    taken.do("grade", on(2, 11), {"severity": "low"}, HEAD)
    assert taken.run().open
    taken.do("grade", on(2, 11), {"severity": "low"})
    assert taken.run().status is Status.MET


def test_a_start_by_an_expression_is_an_edge() -> None:
    """It starts when the expression becomes true, not at every event while it is."""
    row = resolving(start=[{"when": "severity == 'high'"}], stop=[{"events": ["answer"]}])
    taken = asked(row)
    assert taken.state.run("resolve") is None
    taken.do("grade", on(2, 11), {"severity": "high"})
    assert taken.run().started_at == on(2, 11)
    taken.do("answer", on(2, 12))
    taken.do("note", on(2, 13))
    assert taken.run().status is Status.MET


@pytest.mark.parametrize(
    ("target", "due_at", "resumed"),
    [
        ("30min", on(2, 10, 30), on(2, 10, 40)),
        ("2wd", on(4, 10), on(4, 10, 10)),
        ("10d", on(12, 10), on(12, 10, 10)),
        ("1mo", datetime(2026, 4, 2, 2, tzinfo=UTC), datetime(2026, 4, 2, 2, 10, tzinfo=UTC)),
        ("through 7d", on(10, 0), on(10, 0, 10)),
        ("by 18:00 in 1wd", on(3, 18), on(4, 9, 10)),
    ],
)
def test_every_measure_serves(target: str, due_at: datetime, resumed: datetime) -> None:
    """Each kind of measure gives a due instant, and a pause of ten minutes moves it by ten."""
    taken = asked(resolving(target=target))
    assert taken.run().due_at == due_at
    taken.do("wait", on(2, 10, 10))
    taken.do("work", on(2, 10, 20))
    assert taken.run().due_at == resumed


def test_clock_time_needs_no_calendar() -> None:
    """Hours are clock hours, day and night (AMB-19)."""
    row = resolving(target="48h", calendar=None)
    taken = asked(row, at=on(6, 17))
    assert (taken.run().due_at, taken.run().calendar) == (on(8, 17), "")


def test_it_finds_a_breach_that_no_timer_told() -> None:
    """Asked without the flow, late, it comes to the same breach at the same instant."""
    taken, other = asked(), asked()
    (policy,) = taken.registry.policies["case"]
    stop = policy.evolve_for("solve")
    assert stop is not None
    other.do("solve", on(4, 10))
    event = Event("solve", CLERK, on(4, 10), None)
    evolved = stop(taken.state, Occurrence(taken.snapshot, other.snapshot, event, Entry.DECISION))
    assert isinstance(evolved, Evolved)
    assert evolved.state == other.state
    assert [one.event for one in evolved.raises] == ["miss"]


def test_the_policy_answers_in_plain_values() -> None:
    """What it gives is what the flow asks for: added effects, or a denial."""
    taken = asked()
    (policy,) = taken.registry.policies["case"]
    extend = policy.evolve_for("$extend")
    assert extend is not None
    form = policy.reserved["$extend"]
    assert form is not None
    event = Event("$extend", HEAD, on(2, 11), form("resolve", "16wh", "why"))
    seen = Occurrence(taken.snapshot, taken.snapshot, event, Entry.POLICY)
    assert isinstance(extend(taken.state, seen), Denied)
    start = policy.evolve_for("ask")
    assert start is not None
    event = Event("ask", CLERK, on(2, 10), None)
    born = Occurrence(desk().snapshot, taken.snapshot, event, Entry.DECISION)
    assert isinstance(start(None, born), Evolved)
