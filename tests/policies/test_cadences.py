"""Cadences: care that comes again, on working days and within the contact limit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from types import SimpleNamespace
from typing import cast

import attrs
import pytest
from msgspec.structs import replace

from crmflow.core.actor import SYSTEM, Actor
from crmflow.core.event import Cause, Event
from crmflow.core.journal import Entry, fold, unborn
from crmflow.core.policy import Evolved, Line, Occurrence
from crmflow.core.ref import EntityRef
from crmflow.core.working_index import SpecialDays
from crmflow.core.working_time import WorkingCalendar
from crmflow.engine.values import Adopting
from crmflow.policies import cadences
from crmflow.policies.cadences import Cadence, CareState, ContactLimit, Dormancy
from crmflow.policies.cadences.work import Added, Bound
from tests.policies.clients import (
    ALICE,
    CLIENT,
    MONDAY,
    OFFICE,
    WEEK,
    Company,
    local,
    row,
    with_holidays,
)

MONTHLY = {"every": "1mo", "task": "visit", "role": "senior_management"}
SENIOR = Actor("gao", {"senior_management"})
ROOT = Actor("root", {"administrator"})


def company(
    *rows: Cadence,
    limit: ContactLimit | None = None,
    calendar: WorkingCalendar = OFFICE,
    start_at: datetime = MONDAY,
) -> Company:
    """Return a company with cadences and, where it is given, a contact limit."""
    limits = [] if limit is None else [limit]
    tables = {"cadences": rows, "contact_limits": limits}
    return Company(cadences, tables, calendar, start_at=start_at)


def state(at: Company, client: EntityRef) -> CareState:
    """Return what the policy remembers of a client."""
    found = at.get(client).policy("cadences")
    assert isinstance(found, CareState)
    return found


def openings(at: Company, client: EntityRef) -> list[date]:
    """Return the local days on which tasks were opened."""
    return [opened.date() for _, opened in at.opened(client)]


def test_a_monthly_visit_of_strategic_clients() -> None:
    """A strategic client is visited each month, by the day it became one (TIE-010)."""
    at = company(row(Cadence, tier="strategic", **MONTHLY))
    client = at.client(tier="strategic")
    at.until(local("2026-05-31 23:00"))
    assert at.opened(client) == [
        ("visit:care", local("2026-04-02 09:00")),
        ("visit:care", local("2026-05-04 09:00")),
    ]
    task = at.get(client).tasks[0]
    assert (task.role, task.assignee) == ("senior_management", None)


def test_a_month_that_begins_on_the_31st_skips_no_short_month() -> None:
    """Counted from the 31st, February is due on its last day and March on the 31st again."""
    at = company(row(Cadence, **MONTHLY), start_at=local("2025-12-31 10:00"))
    client = at.client()
    at.until(local("2026-06-05 12:00"))
    # 31 January is a Saturday, 28 February one too, 31 May a Sunday.
    days = ["2026-02-02", "2026-03-02", "2026-03-31", "2026-04-30", "2026-06-01"]
    assert openings(at, client) == list(map(date.fromisoformat, days))


def test_a_late_visit_does_not_move_the_next() -> None:
    """The next task is counted from the last one's due day, not from when it was done."""
    at = company(row(Cadence, **MONTHLY))
    client = at.client()
    at.until(local("2026-04-28 10:00"))
    at.fire(client, "$done_care", SENIOR, care="care", result="went well").require()
    assert at.tasks(client) == {}
    at.until(local("2026-05-04 12:00"))
    assert openings(at, client) == [date(2026, 4, 2), date(2026, 5, 4)]
    assert state(at, client).runs[0].missed == 0


def test_a_missed_visit_does_not_pile_up() -> None:
    """What nobody did makes room for the next and is counted."""
    at = company(row(Cadence, **MONTHLY))
    client = at.client()
    at.until(local("2026-06-30 12:00"))
    assert list(at.tasks(client)) == ["visit:care"]
    run = state(at, client).runs[0]
    assert (run.opened, run.missed) == (3, 2)


def test_a_task_is_promised_some_days_later() -> None:
    """A task is promised by the end of the working day so many days later."""
    at = company(row(Cadence, **MONTHLY, within=3))
    client = at.client()
    at.until(local("2026-04-02 12:00"))
    # Three days later is a Sunday.
    assert at.tasks(client) == {"visit:care": local("2026-04-06 18:00")}


def test_a_change_of_tier_ends_what_was_for_the_old_one() -> None:
    """The task of a tier that is left closes, and the new tier's cadence begins (TIE-036)."""
    call = {"every": "2w", "task": "call", "role": "salesperson"}
    at = company(
        row(Cadence, name="visit", tier="strategic", **MONTHLY),
        row(Cadence, name="call", tier="core", **call),
    )
    client = at.client(tier="strategic")
    at.until(local("2026-04-03 10:00"))
    at.fire(client, "learn", tier="core").require()
    assert at.tasks(client) == {}
    assert [timer.name for timer in at.get(client).timers] == ["cadences:call"]
    at.until(local("2026-04-17 10:00"))
    assert at.opened(client)[1:] == [("call:call", local("2026-04-17 09:00"))]


def test_a_promotion_stays_when_its_cause_has_ended() -> None:
    """A row that says so leaves open what it has opened (AMB-12)."""
    at = company(row(Cadence, tier="dormant", stays=True, **MONTHLY))
    client = at.client(tier="dormant")
    at.until(local("2026-04-03 10:00"))
    at.fire(client, "learn", tier="core").require()
    assert list(at.tasks(client)) == ["visit:care"]
    assert at.get(client).timers == ()


def test_an_expression_and_states_say_for_whom_it_is() -> None:
    """A cadence applies while its expression holds and in its states alone."""
    unhappy = row(Cadence, when="satisfaction < 60", states=["active"], **MONTHLY)
    at = company(unhappy)
    client = at.client(satisfaction=80)
    assert at.get(client).timers == ()
    at.fire(client, "learn", satisfaction=50).require()
    assert len(at.get(client).timers) == 1
    at.fire(client, "fall_asleep").require()
    assert at.get(client).timers == ()


def test_an_edit_does_not_restart_a_cadence() -> None:
    """What is learnt meanwhile leaves the next occurrence where it is."""
    at = company(row(Cadence, tier="ordinary", **MONTHLY))
    client = at.client()
    due = at.get(client).timers[0].due_at
    at.until(local("2026-03-20 10:00"))
    at.fire(client, "learn", note="likes tea").require()
    at.fire(client, "look").require()
    assert at.get(client).timers[0].due_at == due


def test_an_ended_client_is_forgotten() -> None:
    """In a final state neither plans nor tasks nor memory are left."""
    at = company(row(Cadence, **MONTHLY))
    client = at.client()
    at.until(local("2026-04-03 10:00"))
    at.fire(client, "leave").require()
    snapshot = at.get(client)
    assert (snapshot.timers, snapshot.tasks, snapshot.policy("cadences")) == ((), (), None)


def test_a_client_that_is_adopted_late_begins_then() -> None:
    """A client brought in by adoption gets its cadence, and none where it has ended."""
    at = company(row(Cadence, **MONTHLY))
    adopted = Adopting(("client", "C-9"), "active", {}, reason="from the old system")
    at.engine.adopt(adopted, actor=ROOT).require()
    assert [timer.name for timer in at.get(adopted.entity).timers] == ["cadences:care"]
    ended = Adopting(("client", "C-10"), "gone", {}, reason="from the old system")
    at.engine.adopt(ended, actor=ROOT).require()
    assert at.get(ended.entity).policy("cadences") is None


def test_a_policy_that_comes_later_attaches() -> None:
    """A client that was there before the rows gets its cadence when the policy is attached."""
    at = company()
    client = at.client()
    at.changed({"cadences": [row(Cadence, **MONTHLY)]})
    at.engine.attach("cadences", actor=ROOT)
    assert [timer.name for timer in at.get(client).timers] == ["cadences:care"]


# Days of the year.


GREETING = {
    "on": ["fact birthday"],
    "earliest": 2,
    "latest": 1,
    "kind": "greeting",
    "task": "greet",
    "role": "salesperson",
}


@pytest.mark.parametrize(
    ("birthday", "opens", "until"),
    [
        # A Wednesday: two days before is a Monday.
        ("1980-04-15", "2026-04-13 09:00", "2026-04-14 18:00"),
        # A Tuesday: two days before is a Sunday, so the day before.
        ("1980-04-14", "2026-04-13 09:00", "2026-04-13 18:00"),
        # A Monday: the whole window is a weekend, so the Friday before it.
        ("1980-04-13", "2026-04-10 09:00", "2026-04-10 18:00"),
    ],
)
def test_a_birthday_is_greeted_one_or_two_days_before(
    birthday: str, opens: str, until: str
) -> None:
    """A greeting comes within its window, or on the last working day before it (AMB-20)."""
    at = company(row(Cadence, **GREETING))
    client = at.client(birthday=birthday)
    at.until(local("2026-04-30 10:00"))
    assert at.opened(client) == [("greet:care", local(opens))]
    assert at.tasks(client) == {"greet:care": local(until)}


def test_a_birthday_learnt_too_late_waits_for_the_next_year() -> None:
    """Nobody is greeted for a birthday that has passed, and once a year is enough."""
    at = company(row(Cadence, **GREETING))
    client = at.client()
    assert at.get(client).timers == ()
    at.until(local("2026-03-06 19:00"))
    at.fire(client, "learn", birthday="1980-03-07").require()
    assert state(at, client).runs[0].due_on == date(2027, 3, 7)
    at.fire(client, "learn", birthday="1980-03-12").require()
    at.until(local("2026-03-11 10:00"))
    assert openings(at, client) == [date(2026, 3, 10)]
    at.fire(client, "learn", note="was pleased").require()
    assert state(at, client).runs[0].due_on == date(2027, 3, 12)


def test_a_greeting_learnt_of_after_hours_never_comes_after_the_day() -> None:
    """Where no working hour is left before the day, the next year's is planned."""
    at = company(row(Cadence, **{**GREETING, "latest": 0}), start_at=local("2026-03-06 19:00"))
    client = at.client(birthday="1980-03-07")
    assert state(at, client).runs[0].due_on == date(2027, 3, 7)


def test_festivals_by_sun_and_moon() -> None:
    """National Day goes by the sun, Spring Festival by the moon (TIE-021)."""
    at = company(row(Cadence, **{**GREETING, "on": ["10-01", "lunar 1-1"]}))
    client = at.client()
    at.until(local("2027-03-01 10:00"))
    # Spring Festival of 2027 is the 6th of February, a Saturday.
    assert openings(at, client) == [date(2026, 9, 29), date(2027, 2, 4)]


def test_a_fact_that_is_taken_back_ends_its_greeting() -> None:
    """Where the date is known no longer, nothing is planned and what is open closes."""
    at = company(row(Cadence, **GREETING))
    client = at.client(birthday="1980-03-05")
    at.until(local("2026-03-03 10:00"))
    assert list(at.tasks(client)) == ["greet:care"]
    at.engine.adopt(
        Adopting(client, "active", {"birthday": None}, reason="wrong"), actor=ROOT
    ).require()
    assert (at.get(client).timers, at.get(client).tasks) == ((), ())


# Holidays.


def test_a_reminder_falls_on_no_holiday() -> None:
    """A task due on a day off opens on the next working day, in working hours."""
    off = with_holidays(date(2026, 4, 2), date(2026, 4, 3))
    at = company(row(Cadence, **MONTHLY), calendar=off)
    client = at.client()
    at.until(local("2026-04-30 10:00"))
    assert at.opened(client) == [("visit:care", local("2026-04-06 09:00"))]


def test_a_holiday_told_later_is_kept_too() -> None:
    """A plan for days that were not known is looked at again when its instant comes."""

    def special(year: int) -> SpecialDays:
        return SpecialDays(unknown_from=date(year, 1, 1) if year > 2026 else None)

    unknown = attrs.evolve(OFFICE, special=special)
    at = company(row(Cadence, **{**MONTHLY, "every": "1y"}), calendar=unknown)
    client = at.client()
    assert at.get(client).timers[0].due_at == local("2027-03-02 09:00")
    at.calendar = with_holidays(date(2027, 3, 2))
    at.changed(at.rows)
    at.until(local("2027-03-31 10:00"))
    assert at.opened(client) == [("visit:care", local("2027-03-03 09:00"))]


@pytest.mark.parametrize(
    ("off", "opens"),
    [
        (["2026-04-14"], [("greet:care", local("2026-04-15 09:00"))]),
        (["2026-04-14", "2026-04-15"], [("care_crowded:care", local("2026-04-16 09:00"))]),
    ],
)
def test_a_greeting_of_a_day_off_told_too_late_is_not_late(
    off: list[str], opens: list[tuple[str, datetime]]
) -> None:
    """It comes on the day itself; where that is past too, a person decides."""
    at = company(row(Cadence, **GREETING), calendar=with_holidays(date(2026, 4, 13)))
    client = at.client(birthday="1980-04-15")
    at.until(local("2026-04-13 19:00"))
    at.calendar = with_holidays(*map(date.fromisoformat, off))
    at.changed(at.rows)
    at.until(local("2026-04-30 10:00"))
    assert at.opened(client) == opens


def test_a_working_day_told_later_brings_a_greeting_where_it_belongs() -> None:
    """A plan made before the days were known is made anew when its instant comes."""
    at = company(row(Cadence, **GREETING))
    client = at.client(birthday="1980-04-13")
    assert at.get(client).timers[0].due_at == local("2026-04-10 09:00")
    saturday = {date(2026, 4, 11): WEEK[0]}
    at.calendar = attrs.evolve(OFFICE, special=lambda _year: SpecialDays(saturday))
    at.changed(at.rows)
    at.until(local("2026-04-30 10:00"))
    assert at.opened(client) == [("greet:care", local("2026-04-11 09:00"))]


# The contact limit.


WEEKLY = {"every": "1w", "task": "call", "role": "salesperson"}
ONE_A_WEEK = row(ContactLimit, name="weekly", contacts=1, days=7)


def test_a_crowded_task_moves_and_does_not_vanish() -> None:
    """Two cadences on one day: the second moves to the first day with room."""
    at = company(
        row(Cadence, name="a", **MONTHLY), row(Cadence, name="b", **MONTHLY), limit=ONE_A_WEEK
    )
    client = at.client()
    at.until(local("2026-04-30 10:00"))
    assert at.opened(client) == [
        ("visit:a", local("2026-04-02 09:00")),
        ("visit:b", local("2026-04-09 09:00")),
    ]
    # The moved one has not drifted.
    assert [run.due_on for run in state(at, client).runs] == [date(2026, 5, 2)] * 2


def test_what_finds_no_room_before_its_next_turn_is_counted() -> None:
    """A task moved past the next occurrence becomes that one; the lost turn is counted."""
    at = company(row(Cadence, **WEEKLY), limit=row(ContactLimit, name="rare", contacts=1, days=20))
    client = at.client()
    at.until(local("2026-04-14 10:00"))
    assert openings(at, client) == [date(2026, 3, 9), date(2026, 3, 30)]
    run = state(at, client).runs[0]
    # Of the 16th, 23rd and 30th one task is left, and of the next three one to come; the
    # first task was not done.
    assert (run.opened, run.due_on, run.missed) == (2, date(2026, 4, 20), 2 + 2 + 1)
    assert run.moved == "contact_limit"


def test_a_contact_by_an_event_counts_too() -> None:
    """A follow-up by somebody leaves no room for a call the next day."""
    limit = row(ContactLimit, name="weekly", contacts=1, days=7, counts=["call"])
    at = company(row(Cadence, **WEEKLY), limit=limit)
    client = at.client()
    at.until(local("2026-03-06 10:00"))
    at.fire(client, "call").require()
    at.fire(client, "buy").require()
    at.until(local("2026-03-20 10:00"))
    assert openings(at, client) == [date(2026, 3, 13), date(2026, 3, 20)]


def test_an_event_that_care_itself_raises_counts_once() -> None:
    """The contact of a cadence that raises an event is one contact."""
    limit = row(ContactLimit, name="two", contacts=2, days=30, counts=["call"])
    at = company(row(Cadence, **{**WEEKLY, "raises": "call"}), limit=limit)
    client = at.client()
    at.until(local("2026-03-20 10:00"))
    assert openings(at, client) == [date(2026, 3, 9), date(2026, 3, 16)]


def test_reviews_of_ones_own_are_no_contacts() -> None:
    """A row that is no contact neither waits for room nor takes any."""
    review = row(Cadence, name="review", contact=False, **WEEKLY)
    at = company(review, row(Cadence, name="visit", **WEEKLY), limit=ONE_A_WEEK)
    client = at.client()
    at.until(local("2026-03-10 10:00"))
    assert openings(at, client) == [date(2026, 3, 9)] * 2


def test_a_greeting_keeps_its_window_and_others_make_room() -> None:
    """A call moves out of the way of a birthday, before it as well as after it."""
    at = company(
        row(Cadence, name="greeting", **GREETING), row(Cadence, name="call", **WEEKLY),
        limit=ONE_A_WEEK,
    )  # fmt: skip
    client = at.client(birthday="1980-03-12")
    at.until(local("2026-03-20 10:00"))
    assert at.opened(client) == [
        ("greet:greeting", local("2026-03-10 09:00")),
        ("call:call", local("2026-03-17 09:00")),
    ]


def test_a_greeting_moves_within_its_window() -> None:
    """A greeting without room on its first day takes the second."""
    limit = row(ContactLimit, name="daily", contacts=1, days=1, counts=["call"])
    at = company(row(Cadence, **GREETING), limit=limit)
    client = at.client(birthday="1980-03-12")
    at.until(local("2026-03-10 08:00"))
    at.fire(client, "call").require()
    at.until(local("2026-03-20 10:00"))
    assert openings(at, client) == [date(2026, 3, 11)]


def test_a_greeting_without_any_room_is_put_to_a_person() -> None:
    """Two greetings and one contact: the second is decided by a person, not dropped."""
    at = company(
        row(Cadence, name="birthday", **GREETING),
        row(Cadence, name="festival", **{**GREETING, "on": ["3-12"]}),
        limit=ONE_A_WEEK,
    )
    client = at.client(birthday="1980-03-12")
    at.until(local("2026-03-20 10:00"))
    names = [name for name, _ in at.opened(client)]
    assert names == ["greet:birthday", "care_crowded:festival"]
    run = state(at, client).runs[1]
    assert (run.row, run.missed, run.due_on) == ("festival", 1, date(2027, 3, 12))


@pytest.mark.parametrize(
    ("limit", "opened"),
    [(None, ["greet:care"] * 2), (ONE_A_WEEK, ["greet:care", "care_crowded:care"])],
)
def test_two_days_of_a_year_may_be_greeted_on_one(
    limit: ContactLimit | None, opened: list[str]
) -> None:
    """Both windows are a weekend, and the Friday before it is the last day worked."""
    at = company(row(Cadence, **{**GREETING, "on": ["10-04", "10-05"]}), limit=limit)
    client = at.client()
    at.until(local("2026-10-30 10:00"))
    assert [name for name, _ in at.opened(client)] == opened
    assert set(openings(at, client)) == {date(2026, 10, 2)}
    (run,) = state(at, client).runs
    assert (run.due_on, run.missed) == (date(2027, 10, 4), 1)


# Moving, doing, telling.


def test_a_task_is_moved_with_a_reason_and_what_follows_is_not() -> None:
    """A moved visit opens on the day named; the one after it stays where it was."""
    at = company(row(Cadence, role="salesperson", task="visit", every="1mo"))
    client = at.client()
    at.fire(client, "$move_care", cadence="care", to_on="2026-04-12", reason="fair").require()
    # The 12th is a Sunday.
    at.until(local("2026-05-05 10:00"))
    assert openings(at, client) == [date(2026, 4, 13), date(2026, 5, 4)]


@pytest.mark.parametrize(
    ("form", "reasons"),
    [
        ({"cadence": "nothing"}, {"no_such_care"}),
        ({"to_on": "2026-03-01"}, {"care_in_past"}),
        ({"to_on": "2026-05-02"}, {"care_too_late"}),
        ({"cadence": "greeting", "to_on": "2026-04-15"}, {"care_too_late"}),
    ],
)
def test_a_move_out_of_turn_is_denied(form: Mapping[str, object], reasons: set[str]) -> None:
    """A task moves neither into the past nor past its next turn, nor out of its window."""
    at = company(
        row(Cadence, role="salesperson", task="visit", every="1mo"),
        row(Cadence, name="greeting", **GREETING),
    )
    client = at.client(birthday="1980-04-15")
    given = {"cadence": "care", "to_on": "2026-04-10", "reason": "fair", **form}
    assert at.denied(client, "$move_care", ALICE, **given) == reasons


def test_only_who_may_do_a_task_moves_or_closes_it() -> None:
    """Another role is told which one could; the system may always."""
    at = company(row(Cadence, **MONTHLY))
    client = at.client()
    move = {"cadence": "care", "to_on": "2026-04-10", "reason": "fair"}
    assert at.denied(client, "$move_care", ALICE, **move) == {"role"}
    at.until(local("2026-04-02 10:00"))
    refusal = at.fire(client, "$done_care", care="care", result="done").refusal
    assert refusal is not None
    assert refusal.verdicts[0].roles == ("senior_management",)
    at.fire(client, "$done_care", SYSTEM, care="care", result="done").require()
    assert at.denied(client, "$done_care", SENIOR, care="care", result="x") == {"no_care_open"}


def test_a_client_without_care_has_nothing_to_move_or_close() -> None:
    """Where the policy knows nothing of a client, its events are denied."""
    at = company()
    client = at.client()
    at.changed({"cadences": [row(Cadence, **MONTHLY)]})
    move = {"cadence": "care", "to_on": "2026-04-10", "reason": "fair"}
    assert at.denied(client, "$move_care", SENIOR, **move) == {"no_such_care"}
    assert at.denied(client, "$done_care", SENIOR, care="care", result="x") == {"no_care_open"}


def test_the_clock_alone_fires_what_is_planned() -> None:
    """Nobody opens a task before its time by firing the policy's own event."""
    at = company(row(Cadence, **MONTHLY))
    assert at.denied(at.client(), "$cadences") == {"care_timer_only"}


def test_what_is_planned_is_explained() -> None:
    """The lines tell what is due, what is open, what was missed and why one has moved."""
    at = company(row(Cadence, rules=["TIE-010"], version="7", **MONTHLY))
    client = at.client()
    (policy,) = at.engine.registry.policies["client"]

    def told() -> list[str]:
        snapshot = at.get(client)
        return [line.code for line in policy.explain(state(at, client), snapshot)]

    assert told() == ["care_due"]
    at.until(local("2026-05-05 10:00"))
    assert told() == ["care_due", "care_open", "care_missed"]
    move = {"cadence": "care", "to_on": "2026-06-04", "reason": "fair"}
    at.fire(client, "$move_care", SENIOR, **move).require()
    assert told() == ["care_moved", "care_open", "care_missed"]
    values = {
        "care": "care", "due_on": date(2026, 6, 2), "opens_at": local("2026-06-04 09:00"),
        "last_on": date(2026, 5, 2), "missed": 1, "moved": "fair",
    }  # fmt: skip
    assert list(policy.explain(state(at, client), at.get(client))) == [
        Line(code, values, ("TIE-010",), "care 7") for code in told()
    ]


def test_what_was_moved_once_is_not_moved_for_ever() -> None:
    """The next occurrence comes when it would have come."""
    at = company(row(Cadence, **MONTHLY))
    client = at.client()
    move = {"cadence": "care", "to_on": "2026-04-07", "reason": "fair"}
    at.fire(client, "$move_care", SENIOR, **move).require()
    assert state(at, client).runs[0].moved == "fair"
    at.until(local("2026-04-08 10:00"))
    assert state(at, client).runs[0].moved == ""


def test_a_row_opens_nothing_before_its_first_day() -> None:
    """It applies from the first event of that day on."""
    at = company(row(Cadence, from_on="2026-03-10", **MONTHLY))
    client = at.client()
    assert at.get(client).timers == ()
    at.until(local("2026-03-10 10:00"))
    at.fire(client, "look").require()
    assert [timer.name for timer in at.get(client).timers] == ["cadences:care"]


# What is opened.


SCHEDULE = {"machine": "chore", "event": "schedule", "cancel": "cancel"}
OPENS = {"every": "1mo", "opens": {**SCHEDULE, "while_in": ["scheduled"]}, "kind": "visit"}


def care_tasks(at: Company) -> list[tuple[str, str]]:
    """Return cadence and state of every care task."""
    found = [at.engine.get(one.ref) for one in at.engine.find("chore")]
    return sorted((one.facts.cadence, one.state) for one in found)


def test_an_entity_is_opened_and_ends_with_its_cause() -> None:
    """A care task is opened by message and cancelled when the tier is left (catalogue 3.22)."""
    at = company(row(Cadence, tier="strategic", channels=["sms"], **OPENS))
    client = at.client(tier="strategic")
    at.until(local("2026-04-03 10:00"))
    (found,) = at.engine.find("chore")
    facts = at.engine.get(found.ref).facts
    assert (facts.customer, facts.kind, facts.channels) == ("C-1", "visit", ("sms",))
    assert (facts.due_on, facts.until_at) == (date(2026, 4, 2), local("2026-04-02 18:00"))
    at.fire(client, "learn", tier="core").require()
    at.until(local("2026-04-04 10:00"))
    assert care_tasks(at) == [("care", "cancelled")]


@pytest.mark.parametrize(("customer", "whom"), [("C-9", "C-9"), (None, "C-1"), ("", "C-1")])
def test_what_is_opened_is_for_whom_a_fact_names(customer: str | None, whom: str) -> None:
    """Else for the entity itself."""
    bound = Bound(row(Cadence, **OPENS), OFFICE)
    facts = SimpleNamespace(customer=customer)
    after = SimpleNamespace(facts=facts, ref=EntityRef("main", "client", "C-1"), links=())
    added = Added(cast("Occurrence", SimpleNamespace(after=after)))
    added.open(bound, local("2026-04-02 18:00"), {"due_on": date(2026, 4, 2)})
    (message,) = added.messages
    assert message.payload == {
        "customer": whom, "cadence": "care", "kind": "visit", "due_on": date(2026, 4, 2),
    }  # fmt: skip


def test_one_entity_of_a_cadence_is_open_at_a_time() -> None:
    """An open one is cancelled when the next comes; one that was dealt with stays as it is."""
    at = company(row(Cadence, **OPENS))
    at.client()
    at.until(local("2026-04-03 10:00"))
    (first,) = at.engine.find("chore")
    at.engine.fire(first.ref, "do", actor=SENIOR).require()
    at.until(local("2026-06-03 10:00"))
    assert care_tasks(at) == [("care", "cancelled"), ("care", "done"), ("care", "scheduled")]


def test_what_is_opened_for_good_is_left_alone() -> None:
    """Where a row names no event to cancel with, what it has opened stays."""
    opens = {"machine": "chore", "event": "schedule"}
    at = company(row(Cadence, tier="strategic", every="1mo", opens=opens))
    client = at.client(tier="strategic")
    at.until(local("2026-04-03 10:00"))
    at.fire(client, "learn", tier="core").require()
    at.until(local("2026-04-04 10:00"))
    assert care_tasks(at) == [("care", "scheduled")]


def test_an_event_of_the_client_itself_follows() -> None:
    """A cadence may raise an event, and a fact may name who does the task."""
    at = company(row(Cadence, raises="call", assignee="owner", **MONTHLY))
    client = at.client(owner="alice")
    at.until(local("2026-04-03 10:00"))
    assert at.get(client).facts.last_contact_at == local("2026-04-02 09:00")
    assert at.get(client).tasks[0].assignee == "alice"


# Rows that change.


def test_a_row_that_comes_later_applies_from_the_next_event_on() -> None:
    """A client is looked at again with its first event of a day, whatever it changes."""
    at = company(row(Cadence, **MONTHLY))
    client = at.client()
    at.fire(client, "look").require()
    weekly = row(Cadence, name="weekly", from_on="2026-03-10", **WEEKLY)
    at.changed({"cadences": [row(Cadence, **MONTHLY), weekly]})
    at.fire(client, "look").require()
    assert len(at.get(client).timers) == 1
    at.until(local("2026-03-10 10:00"))
    at.fire(client, "look").require()
    assert {timer.name for timer in at.get(client).timers} == {"cadences:care", "cadences:weekly"}


def test_a_row_ends_with_its_last_day() -> None:
    """A row whose days are over opens nothing more, and what it opened closes."""
    at = company(row(Cadence, until_on="2026-04-15", **MONTHLY))
    client = at.client()
    at.until(local("2026-05-30 10:00"))
    assert openings(at, client) == [date(2026, 4, 2)]
    assert (at.get(client).tasks, state(at, client).runs) == ((), ())


def test_a_row_goes_on_in_its_next_version() -> None:
    """A later version of a row takes over the run where it is."""
    at = company(
        row(Cadence, until_on="2026-04-15", **MONTHLY),
        row(Cadence, from_on="2026-04-16", **{**MONTHLY, "every": "2w"}),
    )
    client = at.client()
    at.until(local("2026-05-13 10:00"))
    # From the day the run began, every two weeks: 11 May is the first after 2 May.
    assert openings(at, client) == [date(2026, 4, 2), date(2026, 5, 4), date(2026, 5, 11)]


def test_a_row_that_is_gone_is_forgotten() -> None:
    """The timer of a row that was taken out of the table ends it and opens nothing."""
    at = company(row(Cadence, **MONTHLY))
    client = at.client()
    at.changed({"cadences": [row(Cadence, name="other", tier="core", **MONTHLY)]})
    (policy,) = at.engine.registry.policies["client"]
    assert list(policy.explain(state(at, client), at.get(client))) == []
    at.until(local("2026-04-30 10:00"))
    assert (at.opened(client), state(at, client).runs) == ([], ())


def test_only_machines_with_rows_have_the_policy() -> None:
    """No row about a machine, no policy; a row that is switched off is none."""
    at = company(row(Cadence, enabled=False, **MONTHLY))
    assert cadences.policies_for(CLIENT, at.tables()) == ()
    assert [table.name for table in cadences.tables()] == [
        "cadences", "contact_limits", "dormancy",
    ]  # fmt: skip


def test_the_journal_leads_to_the_same_state() -> None:
    """Stored equals folded and decided again; the policy's state has no older shape."""
    at = company(row(Cadence, **MONTHLY), limit=ONE_A_WEEK)
    client = at.client()
    at.until(local("2026-08-30 10:00"))
    records = list(at.engine.journal(client))
    start = unborn(client, records[0].event.at)
    assert fold(records, CLIENT.facts, start) == at.get(client)
    assert [one.differs for one in at.engine.redecide(client) if one.differs] == []
    (policy,) = at.engine.registry.policies["client"]
    assert policy.upgraded(1, {"began_at": 0}) == {"began_at": 0}


def test_holds_and_votes_plan_nothing() -> None:
    """Only what has changed the entity is looked at; its policy is not asked of other events."""
    at = company(row(Cadence, **MONTHLY))
    (policy,) = at.engine.registry.policies["client"]
    assert policy.evolve_for("$vote") is None
    client = at.client()
    seen = seen_now(at, client, "learn", Entry.HELD)
    follow = policy.evolve_for("learn")
    assert follow is not None
    assert follow(None, seen) is None


@pytest.mark.parametrize("timer", ["cadences:care", "cadences:silence:quiet"])
def test_a_timer_without_its_plan_opens_nothing(timer: str) -> None:
    """Where the policy remembers no plan, its timer is no reason to act."""
    quiet = row(Dormancy, name="quiet", since=["birthday"], months=[6], task="t", role="r")
    at = Company(cadences, {"cadences": [row(Cadence, **MONTHLY)], "dormancy": [quiet]})
    (policy,) = at.engine.registry.policies["client"]
    seen = seen_now(at, at.client(), "$cadences", Entry.POLICY, timer)
    fire = policy.evolve_for("$cadences")
    assert fire is not None
    assert fire(None, seen) is None
    empty = CareState(at.clock.now())
    assert fire(empty, seen) == Evolved(empty)


def test_a_birthday_unknown_when_its_instant_comes_plans_no_other() -> None:
    """A cadence that can come no more ends with the task it has opened."""
    at = company(row(Cadence, **GREETING))
    client = at.client(birthday="1980-03-04")
    (policy,) = at.engine.registry.policies["client"]
    seen = seen_now(at, client, "$cadences", Entry.POLICY, "cadences:care")
    unknown = replace(seen.before, facts=attrs.evolve(seen.before.facts, birthday=None))
    fire = policy.evolve_for("$cadences")
    assert fire is not None
    answer = fire(state(at, client), replace(seen, before=unknown, after=unknown))
    assert isinstance(answer, Evolved)
    assert isinstance(answer.state, CareState)
    assert answer.state.runs == ()
    assert [effect.of for effect in answer.effects] == ["greet:care"]


def seen_now(
    at: Company, client: EntityRef, event: str, entry: Entry, timer: str | None = None
) -> Occurrence:
    """Return an occurrence on a client that changes nothing."""
    snapshot = at.get(client)
    happened: Event[None] = Event(event, SYSTEM, at.clock.now(), None, cause=Cause(timer=timer))
    return Occurrence(snapshot, snapshot, happened, entry)
