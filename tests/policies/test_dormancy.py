"""Dormancy: what is done about clients of whom nothing was heard for long."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from crmflow.core.actor import SYSTEM
from crmflow.core.policy import Line
from crmflow.engine.values import Adopting
from crmflow.policies import cadences
from crmflow.policies.cadences import ContactLimit, Dormancy
from tests.policies.clients import ALICE, Company, local, row, with_holidays
from tests.policies.test_cadences import ROOT

CHECK = {
    "name": "check",
    "since": ["last_purchase_at"],
    "months": [6],
    "task": "check_call",
    "role": "salesperson",
}
ASLEEP = {
    "name": "asleep",
    "since": ["last_purchase_at", "last_contact_at"],
    "months": [12],
    "strictly": True,
    "contact": False,
    "task": "confirm_dormancy",
    "role": "business_supervisor",
}


def company(*rows: Dormancy, limits: Sequence[ContactLimit] = ()) -> Company:
    """Return a company with rows of dormancy."""
    return Company(cadences, {"dormancy": rows, "contact_limits": limits})


def test_a_check_call_half_a_year_after_the_last_purchase() -> None:
    """Six months without a purchase open a call for the named person (LIF-010)."""
    at = company(row(Dormancy, assignee="owner", **CHECK))
    client = at.client(owner="alice")
    at.fire(client, "buy").require()
    at.until(local("2026-09-03 10:00"))
    assert at.opened(client) == [("check_call:check", local("2026-09-02 09:00"))]
    assert at.get(client).tasks[0].assignee == "alice"


def test_a_client_of_whom_nothing_is_known_counts_from_its_beginning() -> None:
    """No purchase yet is not a purchase infinitely long ago."""
    at = company(row(Dormancy, **CHECK))
    client = at.client()
    at.until(local("2026-08-31 10:00"))
    assert at.opened(client) == []
    at.until(local("2026-09-02 10:00"))
    assert len(at.opened(client)) == 1


def test_a_purchase_cancels_the_call_and_begins_anew() -> None:
    """A purchase closes what the silence has opened; the next six months begin with it."""
    at = company(row(Dormancy, **CHECK))
    client = at.client()
    at.until(local("2026-09-03 10:00"))
    at.fire(client, "buy").require()
    assert at.get(client).tasks == ()
    at.until(local("2027-03-04 10:00"))
    assert [opened for _, opened in at.opened(client)] == [
        local("2026-09-02 09:00"),
        local("2027-03-03 09:00"),
    ]


def test_what_says_nothing_of_a_purchase_does_not_cancel() -> None:
    """A contact is no purchase: the call for want of one stays."""
    at = company(row(Dormancy, **CHECK))
    client = at.client()
    at.until(local("2026-09-03 10:00"))
    at.fire(client, "call").require()
    assert list(at.tasks(client)) == ["check_call:check"]


def test_dormant_takes_more_than_a_year() -> None:
    """Strictly more than one year: the day itself is not enough (LIF-004)."""
    at = company(row(Dormancy, **ASLEEP))
    client = at.client()
    at.until(local("2027-03-02 23:00"))
    assert at.opened(client) == []
    at.until(local("2027-03-03 10:00"))
    assert at.opened(client) == [("confirm_dormancy:asleep", local("2027-03-03 09:00"))]


def test_each_client_is_counted_once() -> None:
    """The longer silence closes what the shorter one has opened, and never the other way."""
    at = company(row(Dormancy, **ASLEEP), row(Dormancy, **{**CHECK, "months": [6, 13]}))
    client = at.client()
    at.until(local("2027-03-05 10:00"))
    assert list(at.tasks(client)) == ["check_call:check", "confirm_dormancy:asleep"]
    ordered = company(row(Dormancy, **ASLEEP), row(Dormancy, **CHECK))
    client = ordered.client()
    ordered.until(local("2027-03-05 10:00"))
    assert list(ordered.tasks(client)) == ["confirm_dormancy:asleep"]


def test_several_periods_call_again() -> None:
    """A company may call after six months and again after twelve (AMB-48)."""
    at = company(row(Dormancy, **{**CHECK, "months": [12, 6]}))
    client = at.client()
    at.until(local("2028-01-01 10:00"))
    opened = [opened.date() for _, opened in at.opened(client)]
    assert opened == [date(2026, 9, 2), date(2027, 3, 2)]


def test_silence_is_counted_in_days_as_well() -> None:
    """Days in place of months: of several each, and the longer silence counts in the end."""
    by_days = {**CHECK, "months": [], "days": [100, 90]}
    at = company(
        row(Dormancy, **by_days),
        row(Dormancy, **{**ASLEEP, "months": [], "days": [120]}),
    )
    client = at.client()
    at.fire(client, "buy").require()
    at.until(local("2026-06-29 23:00"))
    # The 90th day is a Sunday.
    assert [opened for _, opened in at.opened(client)] == [
        local("2026-06-01 09:00"),
        local("2026-06-10 09:00"),
    ]
    at.until(local("2026-06-30 23:00"))
    assert list(at.tasks(client)) == ["check_call:check"]
    at.until(local("2026-07-01 10:00"))
    assert list(at.tasks(client)) == ["confirm_dormancy:asleep"]


def test_a_client_adopted_after_long_silence_is_called_once() -> None:
    """All periods that have passed already make one call, in working hours."""
    at = company(row(Dormancy, **{**CHECK, "months": [6, 12]}))
    facts = {"last_purchase_at": "2024-01-01T09:00:00+08:00"}
    at.until(local("2026-03-08 23:00"))
    adopted = Adopting(("client", "C-1"), "active", facts, reason="from the old system")
    at.engine.adopt(adopted, actor=ROOT).require()
    at.until(local("2026-12-31 10:00"))
    assert at.opened(adopted.entity) == [("check_call:check", local("2026-03-09 09:00"))]


def test_a_purchase_told_of_later_counts_from_its_day() -> None:
    """The latest fact counts: an older purchase does not shorten what a contact has begun."""
    at = company(row(Dormancy, **{**ASLEEP, "strictly": False}))
    client = at.client()
    at.until(local("2026-06-01 10:00"))
    at.fire(client, "call").require()
    at.fire(client, "learn", last_purchase_at="2026-04-01T09:00:00+08:00").require()
    (silence,) = at.get(client).policy("cadences").silences
    assert silence.since == date(2026, 6, 1)


def test_a_threshold_warns_at_once_and_again_after_it_was_left() -> None:
    """A row without months acts as soon as its expression holds (LIF-013, LIF-017)."""
    warn = {"name": "warn", "since": ["last_purchase_at"], "when": "satisfaction < 60"}
    at = company(row(Dormancy, task="churn_warning", role="salesperson", **warn))
    client = at.client(satisfaction=80)
    at.until(local("2026-03-07 22:00"))
    at.fire(client, "learn", satisfaction=40).require()
    at.until(local("2026-03-20 10:00"))
    assert at.opened(client) == [("churn_warning:warn", local("2026-03-09 09:00"))]
    at.fire(client, "learn", satisfaction=90).require()
    assert at.get(client).tasks == ()
    at.fire(client, "learn", satisfaction=30).require()
    at.until(local("2026-03-20 11:00"))
    assert list(at.tasks(client)) == ["churn_warning:warn"]


def test_a_call_waits_for_room_between_contacts() -> None:
    """The contact limit holds for check calls too; the call moves and is not lost."""
    limit = row(ContactLimit, name="weekly", contacts=1, days=7, counts=["call"])
    at = company(row(Dormancy, **CHECK), limits=[limit])
    client = at.client()
    at.until(local("2026-09-01 10:00"))
    at.fire(client, "call").require()
    at.until(local("2026-09-30 10:00"))
    assert at.opened(client) == [("check_call:check", local("2026-09-08 09:00"))]


def test_a_call_that_was_made_is_closed() -> None:
    """Who made the call closes the task with its result."""
    at = company(row(Dormancy, rules=["TIE-011"], version="3", **CHECK))
    client = at.client()
    assert at.denied(client, "$done_care", care="check", result="x") == {"no_care_open"}
    at.until(local("2026-09-03 10:00"))
    (policy,) = at.engine.registry.policies["client"]
    snapshot = at.get(client)
    values = {"care": "check", "since": date(2026, 3, 2), "reached": 1}
    assert list(policy.explain(snapshot.policy("cadences"), snapshot)) == [
        Line("silence_open", values, ("TIE-011",), "check 3")
    ]
    at.fire(client, "$done_care", ALICE, care="check", result="will buy").require()
    snapshot = at.get(client)
    assert snapshot.tasks == ()
    assert [line.code for line in policy.explain(snapshot.policy("cadences"), snapshot)] == [
        "silence_runs"
    ]


def test_a_row_whose_days_are_over_opens_nothing() -> None:
    """A row that is no longer in force, and one that is gone, end with their timer."""
    at = company(row(Dormancy, until_on="2026-06-30", **CHECK))
    client = at.client()
    at.until(local("2026-09-30 10:00"))
    assert (at.opened(client), at.get(client).policy("cadences").silences) == ([], ())
    other = company(row(Dormancy, **CHECK))
    client = other.client()
    other.changed({"dormancy": [row(Dormancy, **ASLEEP)]})
    (policy,) = other.engine.registry.policies["client"]
    snapshot = other.get(client)
    assert list(policy.explain(snapshot.policy("cadences"), snapshot)) == []
    other.until(local("2026-09-30 10:00"))
    assert (other.opened(client), other.get(client).policy("cadences").silences) == ([], ())


def test_a_day_off_told_later_moves_the_call() -> None:
    """A silence that ends on a day off told of later is acted on the next working day."""
    at = company(row(Dormancy, **CHECK))
    client = at.client()
    at.calendar = with_holidays(date(2026, 9, 2))
    at.changed(at.rows)
    at.until(local("2026-09-30 10:00"))
    assert at.opened(client) == [("check_call:check", local("2026-09-03 09:00"))]
    assert at.fire(client, "$done_care", SYSTEM, care="check", result="done").accepted
