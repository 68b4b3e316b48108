"""Defects of deadlines seen in other systems, which must not happen here."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

from crmflow.policies.sla.definition import Definition
from crmflow.policies.sla.report import Compliance
from crmflow.policies.sla.run import Status
from crmflow.policies.sla.stopwatch import TICK, part_of
from tests.policies.sla_desk import HOUR, SHANGHAI, Desk, definition, desk, on, resolving

CALL = {
    "name": "respond",
    "kind": "first_response",
    "start": [{"events": ["ask"]}],
    "stop": [{"events": ["answer"]}],
    "target": "2wh",
    "calendar": "office",
    "fire": "miss",
}


def asked(*rows: Definition) -> Desk:
    """Return a desk with a case that was asked on Monday at ten."""
    taken = desk(*(rows or (resolving(),)))
    taken.do("ask", on(2, 10)).require()
    return taken


def test_an_edit_during_a_freeze_does_not_extend_it() -> None:
    """Notes and other edits in a pause leave its beginning where it was."""
    quiet, edited = asked(), asked()
    for taken in (quiet, edited):
        taken.do("wait", on(2, 11))
    for hour in range(13, 18):
        edited.do("note", on(2, hour))
        edited.do("hand", on(2, hour), {"holder": "ann"})
    for taken in (quiet, edited):
        taken.do("work", on(3, 9))
    assert edited.run().due_at == quiet.run().due_at == on(3, 17)
    assert edited.run().paused == quiet.run().paused


def test_a_pause_is_not_lost_when_the_definition_changes() -> None:
    """A new version of the row finds the pause that is, and the time paused before."""
    taken = asked(resolving(version="1"))
    taken.do("wait", on(2, 11))
    edited = taken.under(resolving(version="2", rules=["X-1"], warnings=["90%"]))
    edited.do("note", on(2, 14))
    assert (edited.run().status, edited.run().paused_at) == (Status.PAUSED, on(2, 11))
    edited.do("work", on(3, 9))
    again = edited.under(resolving(version="3", target="9wh"))
    again.do("note", on(3, 10))
    assert again.run().paused.working == 6 * HOUR
    assert again.run().due_at == on(3, 18)


def test_a_pause_ends_at_the_next_event_where_the_new_definition_has_none() -> None:
    """The time paused until then still counts as paused."""
    taken = asked().under(resolving(pause=[]))
    taken.do("note", on(2, 11))
    paused = asked()
    paused.do("wait", on(2, 11))
    edited = paused.under(resolving(pause=[]))
    edited.do("note", on(2, 14))
    assert (edited.run().status, edited.run().due_at) == (Status.RUNNING, on(3, 12))


def test_a_hold_by_the_wall_clock_is_not_added_to_a_working_time_deadline() -> None:
    """A weekend's pause is no working time, so it moves nothing."""
    taken = desk(resolving())
    taken.do("ask", on(6, 16)).require()
    assert taken.run().due_at == on(9, 16)
    taken.do("wait", on(6, 18))
    taken.do("work", on(9, 9))
    assert taken.run().paused.elapsed == timedelta(days=2, hours=15)
    assert taken.run().due_at == on(9, 16)


def test_the_deadline_of_an_update_does_not_hide_a_missed_first_response() -> None:
    """Each deadline has a course of its own: an update is no first response."""
    update = definition(
        name="update", kind="periodic_update", repeat=True, target="1wh", calendar="office",
        start=[{"states": ["open", "working"]}], stop=[{"events": ["note"]}],
    )  # fmt: skip
    taken = asked(definition(**CALL), update)
    for minute in range(0, 60, 20):
        taken.do("note", on(2, 10, minute))
        taken.do("note", on(2, 11, minute))
    taken.do("note", on(2, 13))
    assert taken.run("respond").breached_at == on(2, 12)
    assert taken.facts.missed == 1
    assert taken.run("update").status is Status.RUNNING


def test_nobody_is_told_off_once_the_answer_was_given() -> None:
    """An answer before the rung takes the rung away, also where the worker comes late."""
    boss = {"name": "boss", "at": "1wh", "action": "notify", "role": "general_manager"}
    near = {"name": "near", "at": "50%", "action": "fire", "event": "remind"}
    taken = asked(definition(**CALL, ladder=[boss, near], warnings=["90%"], notify="service_head"))
    taken.do("answer", on(2, 10, 59))
    taken.wait(on(20))
    assert taken.facts.reminded == 0
    assert [m for one in taken.decisions for m in one.messages] == []
    late = asked(definition(**CALL, ladder=[boss]))
    late.do("answer", on(2, 13))
    late.wait(on(20))
    assert late.run("respond").status is Status.MET_LATE
    assert [m for one in late.decisions for m in one.messages] == []


def test_99_951_percent_is_not_rounded_to_a_breach() -> None:
    """Parts are compared exactly, in reports and on the way to the due instant."""
    line = Compliance(met=99_951, met_late=49)
    assert line.reaches(Fraction("0.9995"))
    assert not line.reaches(Fraction("0.99952"))
    taken = asked()
    at = on(3, 10) - part_of(8 * HOUR, Fraction(49, 100_000))
    taken.do("solve", at)
    assert taken.run().status is Status.MET


def test_99_99_percent_of_the_time_is_not_all_of_it() -> None:
    """A warning at 99.99 % comes before the breach, and one instant before it is no breach."""
    taken = asked(resolving(warnings=["99.99%"]))
    assert taken.timers["resolve:warning:99.99%"] == on(3, 10) - timedelta(seconds=2.88) + TICK
    taken.do("solve", on(3, 10) - TICK)
    assert (taken.run().status, taken.run().given) == (Status.MET, ("99.99%",))


def test_nothing_of_a_working_time_deadline_happens_at_midnight_or_on_a_weekend() -> None:
    """Warnings, breach and rungs of a case asked on Friday come in office hours alone."""
    rungs = [
        {"name": f"rung-{hours}", "at": f"{hours}wh", "action": "fire", "event": "remind"}
        for hours in range(1, 20)
    ]
    row = resolving(warnings=[f"{part}%" for part in range(5, 100, 5)], ladder=rungs)
    taken = desk(row)
    taken.do("ask", on(6, 17, 30)).require()
    taken.wait(on(30))
    fired = [one.event.at.astimezone(SHANGHAI) for one in taken.decisions[1:]]
    assert len(fired) == 19 + 1 + 1 + 2 * 19
    assert {at.weekday() for at in fired} <= {0, 1, 2, 3, 4}
    assert all(9 <= at.hour < 18 or (at.hour, at.minute) == (18, 0) for at in fired)


def test_a_deadline_that_never_began_is_not_infinitely_late() -> None:
    """Without the instant it counts from, it counts from the event and not from nothing."""
    taken = asked(resolving(since="asked_at"))
    assert taken.run().started_at == on(2, 10)
    assert taken.run().status is Status.RUNNING
