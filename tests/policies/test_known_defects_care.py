"""Defects that users of other systems report, and that must not happen here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import pytest

from crmflow.core.actor import Actor
from crmflow.core.ref import EntityRef
from crmflow.core.tables import TableRow, Tables
from crmflow.policies import assignment, cadences
from crmflow.policies.assignment import Pool
from crmflow.policies.cadences import Cadence, Dormancy
from tests.policies.clients import (
    CLIENT,
    OFFICE,
    POOL,
    ZONE,
    Company,
    codes,
    local,
    row,
    with_holidays,
)

BOSS = Actor("boss", {"business_supervisor"})
CHECK = {"since": ["last_purchase_at"], "months": [6], "task": "call", "role": "salesperson"}


def pool(**columns: object) -> Company:
    """Return a company with a public pool."""
    return Company(assignment, {"pools": [row(Pool, **{**POOL, **columns})]})


def due(at: Company, client: EntityRef) -> object:
    """Return the instant at which a client goes to the pool."""
    return at.get(client).policy("assignment").due_at


@pytest.mark.parametrize("event", ["leave", "win"])
def test_a_rule_about_time_alone_cannot_close_anything(event: str) -> None:
    """No row may name an event that ends an entity or moves it: it is refused when loaded."""
    used = Tables({}, {"office": OFFICE})
    machines = {"client": CLIENT}
    (_, pools) = (table.check for table in assignment.tables())
    assert ("$.pools[0].through", "ends") in codes(
        pools([row(Pool, **{**POOL, "through": event})], used, machines)
    )
    checks = {table.name: table.check for table in cadences.tables()}
    leaving = {"raises": "leave"}
    cadence = row(Cadence, every="1y", **leaving)
    dormant = row(Dormancy, since=["last_purchase_at"], months=[12], **leaving)
    assert codes(checks["cadences"]([cadence], used, machines)) == {
        ("$.cadences[0].raises", "ends")
    }
    assert codes(checks["dormancy"]([dormant], used, machines)) == {
        ("$.dormancy[0].raises", "ends")
    }


def test_time_does_not_take_won_deals() -> None:
    """What is won stays won and with its owner, however long nothing is heard."""
    at = pool()
    client = at.client(owner="alice")
    at.until(local("2026-03-31 10:00"))
    at.fire(client, "win").require()
    at.until(local("2030-01-01 10:00"))
    assert (at.get(client).state, at.get(client).facts.owner) == ("won", "alice")


def test_a_new_lead_is_not_recycled_at_once() -> None:
    """'No follow-up yet' is not 'infinitely long ago': it counts from the beginning."""
    at = pool()
    client = at.client(owner="alice")
    assert at.get(client).facts.last_contact_at is None
    at.until(local("2026-04-01 09:59"))
    assert at.get(client).facts.owner == "alice"
    at.until(local("2026-04-01 10:00"))
    assert at.get(client).facts.owner == "public_pool"


def test_a_lead_just_picked_up_is_not_recycled_at_once() -> None:
    """An old contact of the owner before does not count against the new one."""
    at = pool()
    client = at.client(owner="alice")
    at.fire(client, "call").require()
    at.until(local("2026-09-01 10:00"))
    at.fire(client, "$pick_up", Actor("bob", {"salesperson"})).require()
    assert due(at, client) == local("2026-10-01 10:00")


def test_a_new_client_is_not_asleep_at_once() -> None:
    """'No purchase yet' counts from the beginning too."""
    at = Company(cadences, {"dormancy": [row(Dormancy, **CHECK)]})
    client = at.client()
    at.until(local("2026-08-01 10:00"))
    assert at.opened(client) == []


def edit(at: Company, client: EntityRef, event: str) -> None:
    """Do something to a client that is no contact."""
    brings = {"note": "typed meanwhile"} if event == "learn" else None
    at.engine.fire(client, event, brings, actor=BOSS).require()


@pytest.mark.parametrize("event", ["learn", "look", "buy"])
def test_an_edit_extends_neither_a_freeze_nor_a_limit(event: str) -> None:
    """What is typed meanwhile moves neither the end of a lock nor the day of the pool."""
    at = pool()
    client = at.client(owner="alice")
    before = due(at, client)
    at.until(local("2026-03-20 10:00"))
    edit(at, client, event)
    assert due(at, client) == before
    until_at = "2026-04-20T10:00:00+08:00"
    at.fire(client, "$lock", BOSS, reason="lawsuit", until_at=until_at).require()
    (timer,) = at.get(client).timers
    at.until(local("2026-04-19 10:00"))
    edit(at, client, event)
    (kept,) = at.get(client).timers
    assert (kept.name, kept.due_at) == (timer.name, local("2026-04-20 10:00"))


def test_an_edit_does_not_shorten_a_cooling_off_either() -> None:
    """The last owner's wait ends when it was said to."""
    at = pool(cooling="7d")
    client = at.client(owner="alice")
    at.fire(client, "$put_back", reason="x").require()
    until_at = at.get(client).policy("assignment").cooling_until_at
    at.until(local("2026-03-05 10:00"))
    at.fire(client, "learn", note="x").require()
    assert at.get(client).policy("assignment").cooling_until_at == until_at


@pytest.mark.parametrize("start", ["2026-03-06 23:59", "2026-03-07 12:00", "2026-03-09 00:00"])
def test_no_reminder_at_midnight_or_on_a_weekend(start: str) -> None:
    """Care, silence and warnings open in working hours, whenever their cause began."""
    now = {"since": ["birthday"], "when": 'tier == "ordinary"', "task": "t", "role": "r"}
    rows: Mapping[str, Sequence[TableRow]] = {
        "cadences": [
            row(Cadence, name="daily", every="1d", task="call", role="salesperson"),
            row(Cadence, name="yearly", every="1y", task="visit", role="salesperson"),
        ],
        "dormancy": [
            row(Dormancy, name="half", **CHECK),
            row(Dormancy, name="now", **now),
        ],
    }
    care = Company(cadences, rows, start_at=local(start))
    owners = Company(assignment, {"pools": [row(Pool, **POOL)]}, start_at=local(start))
    for at in (care, owners):
        client = at.client(owner="alice")
        at.until(at.clock.now() + timedelta(days=400))
        opened = [instant for _, instant in at.opened(client)]
        assert opened
        for instant in opened:
            assert instant.weekday() < 5
            assert 9 <= instant.astimezone(ZONE).hour < 18


def test_a_reminder_of_a_holiday_week_comes_after_it() -> None:
    """No reminder on the days off of Spring Festival."""
    week = [date(2026, 4, 1) + timedelta(days=n) for n in range(7)]
    rows = {"cadences": [row(Cadence, every="1mo", task="call", role="salesperson")]}
    at = Company(cadences, rows, with_holidays(*week))
    client = at.client()
    at.until(local("2026-04-30 10:00"))
    assert [instant for _, instant in at.opened(client)] == [local("2026-04-08 09:00")]
