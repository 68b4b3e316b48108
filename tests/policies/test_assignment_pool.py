"""The public pool: what goes there and when, and who may take it from there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

import attrs
import pytest

from crmflow.core.actor import SYSTEM, Actor
from crmflow.core.event import Cause, Event
from crmflow.core.journal import Entry, fold, unborn
from crmflow.core.people import Person
from crmflow.core.policy import Occurrence
from crmflow.core.ref import EntityRef
from crmflow.core.tables import TableRow, Tables
from crmflow.engine.values import Adopting
from crmflow.policies import assignment
from crmflow.policies.assignment import Assignment, Pool, tables, tries
from tests.policies import clients
from tests.policies.clients import (
    CLIENT,
    FOLLOW_UP,
    OFFICE,
    ZONE,
    Company,
    codes,
    faults_of,
    local,
    row,
    with_holidays,
)

Rows = Mapping[str, Sequence[TableRow]]
BOB = Actor("bob", {"salesperson"})
BOSS = Actor("boss", {"business_supervisor"})
ROOT = Actor("root", {"administrator"})
POOL = {**clients.POOL, "cooling": "7d"}


def company(**columns: object) -> Company:
    """Return a company with one pool."""
    return Company(assignment, {"pools": [row(Pool, **{**POOL, **columns})]})


def owner(at: Company, client: EntityRef) -> str | None:
    """Return who owns a client."""
    found: str | None = at.get(client).facts.owner
    return found


def timers(at: Company, client: EntityRef) -> dict[str, datetime]:
    """Return the local instants of the policy's timers."""
    return {timer.name: timer.due_at.astimezone(ZONE) for timer in at.get(client).timers}


def names(at: Company, client: EntityRef) -> list[str]:
    """Return the names of the open tasks."""
    return [task.name for task in at.get(client).tasks]


def told(at: Company, client: EntityRef) -> list[str]:
    """Return the codes of what is explained."""
    (policy,) = at.engine.registry.policies["client"]
    snapshot = at.get(client)
    return [line.code for line in policy.explain(snapshot.policy("assignment"), snapshot)]


# Going to the pool.


def test_a_client_without_a_follow_up_goes_to_the_pool() -> None:
    """After thirty days without a contact the owner loses it, warned three days before."""
    at = company()
    client = at.client(owner="alice")
    assert timers(at, client) == {
        "assignment:due": local("2026-04-01 10:00"),
        # Three days before is a Sunday.
        "assignment:warn": local("2026-03-30 09:00"),
    }
    at.until(local("2026-03-30 09:00"))
    (task,) = at.get(client).tasks
    assert (task.name, task.role, task.assignee) == ("pool_warning", "business_supervisor", "alice")
    assert task.due_at == local("2026-04-01 10:00")
    at.until(local("2026-04-01 10:00"))
    assert (owner(at, client), names(at, client)) == ("public_pool", [])
    assert at.get(client).facts.note is None
    assert at.get(client).timers == ()


def test_a_warning_is_never_left_for_the_weekend_of_the_end() -> None:
    """Where no working hour is left after the day of the warning, it comes before it."""
    rows = {"pools": [row(Pool, **{**POOL, "warn_days": 1})]}
    at = Company(assignment, rows, start_at=local("2026-02-06 10:00"))
    client = at.client(owner="alice")
    # Due on Sunday, 8 March: Saturday is closed, so Friday.
    assert timers(at, client)["assignment:warn"] == local("2026-03-06 10:00")
    quiet = company(warn_days=0)
    assert list(timers(quiet, quiet.client(owner="alice"))) == ["assignment:due"]


def test_a_follow_up_starts_the_time_anew_and_closes_the_warning() -> None:
    """A contact counts from its own instant; what is only learnt does not."""
    at = company()
    client = at.client(owner="alice")
    at.until(local("2026-03-31 10:00"))
    at.fire(client, "learn", note="an edit").require()
    assert timers(at, client) == {"assignment:due": local("2026-04-01 10:00")}
    assert names(at, client) == ["pool_warning"]
    at.fire(client, "call").require()
    assert timers(at, client)["assignment:due"] == local("2026-04-30 10:00")
    assert names(at, client) == []


def test_a_limit_may_wait_for_events_and_days() -> None:
    """Where no fact tells of it, events count; a day counts from its beginning."""
    deal = {"name": "no_deal", "by": ["win", "buy"], "since": ["birthday"], "within": "10d"}
    at = company(limits=[deal], exempt_states=[])
    client = at.client(owner="alice")
    at.until(local("2026-03-05 10:00"))
    at.fire(client, "buy").require()
    assert timers(at, client)["assignment:due"] == local("2026-03-15 10:00")
    at.fire(client, "learn", birthday="2026-03-20").require()
    assert timers(at, client)["assignment:due"] == local("2026-03-30 00:00")
    at.until(local("2026-03-06 10:00"))
    at.fire(client, "buy").require()
    assert len(at.get(client).policy("assignment").heard) == 1


def test_the_first_of_several_limits_counts() -> None:
    """Follow-up, opportunity and deal each have their time; a limit may not count at all."""
    limits = [
        FOLLOW_UP,
        {"name": "no_opportunity", "within": "20d", "unless": 'tier == "core"'},
        {"name": "no_deal", "within": "90d", "unless": "last_purchase_at != null"},
    ]
    at = company(limits=limits)
    client = at.client(owner="alice")
    state = at.get(client).policy("assignment")
    assert (state.limit, state.due_at) == ("no_opportunity", local("2026-03-22 10:00"))
    at.fire(client, "learn", tier="core").require()
    assert at.get(client).policy("assignment").limit == "no_follow_up"
    at.until(local("2026-04-02 10:00"))
    handed = [one for one in at.engine.journal(client) if one.event.name == "hand_over"]
    assert handed[0].event.form.reason == "no_follow_up"


def test_a_won_client_stays_whatever_time_passes() -> None:
    """Closed deals are exempt: no timer runs and nothing is closed by time."""
    at = company()
    client = at.client(owner="alice")
    at.fire(client, "win").require()
    assert told(at, client) == ["owner_exempt"]
    at.until(local("2027-12-31 10:00"))
    assert (at.get(client).state, owner(at, client)) == ("won", "alice")


def test_an_expression_exempts_and_its_end_is_warned_of() -> None:
    """Who was exempt until now is warned before the entity goes, however long it was."""
    at = company(exempt='tier == "strategic"')
    client = at.client(owner="alice", tier="strategic")
    at.until(local("2026-08-04 10:00"))
    at.fire(client, "learn", tier="ordinary").require()
    assert timers(at, client) == {
        "assignment:due": local("2026-08-07 10:00"),
        "assignment:warn": local("2026-08-04 10:00"),
    }
    at.until(local("2026-08-07 10:00"))
    assert [name for name, _ in at.opened(client)] == ["pool_warning"]
    assert owner(at, client) == "public_pool"


def test_an_unowned_client_is_in_no_hurry() -> None:
    """What nobody owns goes nowhere by time."""
    at = company()
    assert at.get(at.client()).timers == ()


def test_a_hand_over_gives_the_new_owner_all_the_time() -> None:
    """The new owner's time begins with the hand-over."""
    at = company()
    client = at.client(owner="alice")
    at.until(local("2026-03-31 10:00"))
    at.fire(client, "hand_over", owner="bob", reason="alice left").require()
    assert timers(at, client)["assignment:due"] == local("2026-04-30 10:00")


def test_a_hand_over_to_the_same_owner_gains_no_time() -> None:
    """The owner's time does not begin anew with an event that changes no owner."""
    at = company()
    client = at.client(owner="alice")
    before = timers(at, client)["assignment:due"]
    at.until(local("2026-03-31 10:00"))
    at.fire(client, "hand_over", owner="alice", reason="still mine").require()
    assert timers(at, client) == {"assignment:due": before}
    assert names(at, client) == ["pool_warning"]


def test_an_ended_client_leaves_the_pool_alone() -> None:
    """In a final state nothing is remembered."""
    at = company()
    client = at.client(owner="alice")
    at.fire(client, "leave").require()
    assert (at.get(client).policy("assignment"), at.get(client).timers) == (None, ())
    gone = Adopting(("client", "C-9"), "gone", {"owner": "alice"}, reason="from the old system")
    at.engine.adopt(gone, actor=ROOT).require()
    assert at.get(gone.entity).policy("assignment") is None


def test_a_client_that_may_not_be_handed_over_is_told_of() -> None:
    """Where the machine refuses, the owner keeps it and a person is told."""
    at = company(exempt_states=[])
    client = at.client(owner="alice")
    at.fire(client, "win").require()
    at.until(local("2026-04-02 10:00"))
    assert owner(at, client) == "alice"
    assert names(at, client) == ["pool_warning", "owner_unchanged"]


def test_days_told_later_are_looked_at_again() -> None:
    """A limit in working days moves with a holiday that was not known when it began."""
    at = company(limits=[{"name": "no_follow_up", "within": "3wd"}], warn_days=0)
    client = at.client(owner="alice")
    assert timers(at, client)["assignment:due"] == local("2026-03-05 10:00")
    at.calendar = with_holidays(date(2026, 3, 4))
    at.changed(at.rows)
    at.until(local("2026-03-05 10:00"))
    assert timers(at, client)["assignment:due"] == local("2026-03-06 10:00")
    assert owner(at, client) == "alice"


# Picking up.


def pooled(at: Company, client: str = "C-1") -> EntityRef:
    """Return a client that is in the pool from its beginning."""
    return at.client(client, owner="public_pool")


def test_a_salesperson_picks_up_and_has_all_the_time() -> None:
    """What is in the pool passes to who picks it up."""
    at = company()
    client = pooled(at)
    assert told(at, client) == ["pool_holds"]
    at.fire(client, "$pick_up", BOB).require()
    assert owner(at, client) == "bob"
    assert told(at, client) == ["owner_until"]
    assert timers(at, client)["assignment:due"] == local("2026-04-01 10:00")
    assert at.denied(client, "$pick_up", BOB) == {"not_in_pool"}


def test_the_last_owner_waits() -> None:
    """Who had it may not take it back for seven days; another may at once."""
    at = company()
    client = at.client(owner="alice")
    at.fire(client, "$put_back", reason="no interest").require()
    assert told(at, client) == ["pool_holds", "pool_cools"]
    assert at.denied(client, "$pick_up") == {"cooling_off"}
    at.until(local("2026-03-09 10:00"))
    at.fire(client, "$pick_up").require()
    assert owner(at, client) == "alice"
    at.fire(client, "$put_back", reason="no interest").require()
    at.fire(client, "$pick_up", BOB).require()
    assert at.get(client).policy("assignment").last_owner is None


def test_without_a_cooling_off_the_last_owner_may_at_once() -> None:
    """A pool without a cooling-off keeps nobody away."""
    rows = {"pools": [row(Pool, **{k: v for k, v in POOL.items() if k != "cooling"})]}
    at = Company(assignment, rows)
    client = at.client(owner="alice")
    at.fire(client, "$put_back", reason="x").require()
    at.fire(client, "$pick_up").require()
    assert owner(at, client) == "alice"


def test_only_pickers_pick_up() -> None:
    """Another role is told which one could."""
    at = company()
    refusal = at.fire(pooled(at), "$pick_up", BOSS).refusal
    assert refusal is not None
    assert [(v.reason, v.roles) for v in refusal.verdicts] == [("role", ("salesperson",))]


def take(at: Company, client: EntityRef, limit: int, field: str) -> bool:
    """Try all places in turn; say whether one was free."""
    for number in tries(limit, client, "bob"):
        if at.fire(client, "$pick_up", BOB, **{field: number}).accepted:
            return True
    return False


def test_a_person_holds_so_many_and_no_more() -> None:
    """Places are limited; giving one back makes it free for another client."""
    at = company(holdings=2)
    clients = [pooled(at, f"C-{n}") for n in range(4)]
    assert [take(at, client, 2, "holding") for client in clients] == [True, True, False, False]
    at.fire(clients[0], "$put_back", BOB, reason="no interest").require()
    assert take(at, clients[2], 2, "holding")
    assert not take(at, clients[3], 2, "holding")
    at.fire(clients[1], "leave").require()
    assert take(at, clients[3], 2, "holding")


def test_a_refused_place_is_named() -> None:
    """A clash tells which place is taken and changes nothing."""
    at = company(holdings=1)
    first, second = pooled(at), pooled(at, "C-2")
    at.fire(first, "$pick_up", BOB).require()
    refusal = at.fire(second, "$pick_up", BOB).refusal
    assert refusal is not None
    assert refusal.detail == "pool.holdings 'pool:1:bob' is held by client C-1"
    assert owner(at, second) == "public_pool"


def test_a_person_picks_up_so_many_a_day() -> None:
    """Picks are counted by the local day, also of what was given back the same day."""
    at = company(per_day=1)
    first, second = pooled(at), pooled(at, "C-2")
    at.fire(first, "$pick_up", BOB).require()
    at.fire(first, "$put_back", BOB, reason="no interest").require()
    assert at.denied(second, "$pick_up", BOB) == {"claim"}
    at.until(local("2026-03-03 00:30"))
    at.fire(second, "$pick_up", BOB).require()
    # What a day's pick had claimed is dropped with the next one of another day.
    at.fire(second, "$put_back", BOB, reason="no interest").require()
    at.until(local("2026-03-20 10:00"))
    at.fire(second, "$pick_up", BOB).require()
    values = [claim.value for claim in at.get(second).attached.claims]
    assert values == ["pool:2026-03-20:1:bob"]


def test_a_pick_counts_on_after_another_person_picks_up_the_same() -> None:
    """What was given back and taken by somebody else counts for both on their day."""
    at = company(per_day=1)
    first, second = pooled(at), pooled(at, "C-2")
    at.fire(first, "$pick_up", BOB).require()
    at.fire(first, "$put_back", BOB, reason="no interest").require()
    at.fire(first, "$pick_up", Actor("cat", {"salesperson"})).require()
    assert len(at.get(first).attached.claims) == 2
    assert at.denied(second, "$pick_up", BOB) == {"claim"}


@pytest.mark.parametrize(
    ("form", "limits"),
    [
        ({"holding": 3}, {"holdings": 2}),
        ({"pick": 2}, {"per_day": 1}),
        ({"holding": 1}, {}),
    ],
)
def test_there_is_no_other_place(form: Mapping[str, object], limits: Mapping[str, object]) -> None:
    """A place beyond the limit, or where none is limited, does not exist."""
    at = company(**limits)
    assert at.denied(pooled(at), "$pick_up", BOB, **form) == {"no_such_place"}


def test_a_pick_that_the_machine_refuses_takes_no_place() -> None:
    """Where the owner cannot be changed, the claims are free again and a person is told."""
    at = company(holdings=1, per_day=1)
    client = pooled(at)
    at.fire(client, "win").require()
    at.fire(client, "$pick_up", BOB).require()
    assert (owner(at, client), at.get(client).attached.claims) == ("public_pool", ())
    assert names(at, client) == ["owner_unchanged"]
    remembered = at.get(client).policy("assignment")
    assert (remembered.picking, remembered.picks, remembered.holding) == (False, (), None)
    assert remembered.asked
    other = pooled(at, "C-2")
    at.fire(other, "$pick_up", BOB).require()
    assert owner(at, other) == "bob"


def test_nobody_goes_past_the_pool() -> None:
    """The machine's own event does not take from the pool, but for who may assign."""
    at = company()
    client = pooled(at)
    assert at.denied(client, "hand_over", BOB, owner="bob", reason="mine") == {"in_pool"}
    at.fire(client, "hand_over", BOSS, owner="bob", reason="for him").require()
    assert owner(at, client) == "bob"
    at.fire(client, "hand_over", BOB, owner="alice", reason="holiday").require()
    assert owner(at, client) == "alice"


def test_an_assignment_leaves_what_is_in_the_pool() -> None:
    """The keeper is not an owner who has left; who may assign may also take it from there."""
    rule = {"through": "hand_over", "role": "salesperson", "fallback": "business_supervisor"}
    rows: Rows = {"pools": [row(Pool, **POOL)], "assignments": [row(Assignment, **rule)]}
    at = Company(assignment, rows, people=(Person("ann", ("salesperson",)),))
    client = pooled(at)
    assert owner(at, client) == "public_pool"
    at.fire(client, "$assign", BOSS, reason="new district").require()
    assert owner(at, client) == "ann"
    pool_only = company()
    client = pooled(pool_only)
    pool_only.fire(client, "$assign", BOSS, owner="bob", reason="x").require()
    assert owner(pool_only, client) == "bob"


def test_an_owner_unchanged_is_told_to_who_looks_after_the_pool() -> None:
    """With both kinds of rows the pool's role gets the task."""
    rule = {"through": "hand_over", "role": "salesperson", "fallback": "department_head"}
    rows: Rows = {
        "pools": [row(Pool, **{**POOL, "exempt_states": []})],
        "assignments": [row(Assignment, **rule)],
    }
    at = Company(assignment, rows)
    client = at.client(owner="alice")
    at.fire(client, "win").require()
    at.fire(client, "$put_back", reason="x").require()
    assert {task.role for task in at.get(client).tasks} == {"business_supervisor"}


# Putting back and locking.


def test_only_the_owner_or_the_supervisor_puts_back() -> None:
    """Somebody else's client stays; what is in the pool is there already."""
    at = company()
    client = at.client(owner="alice")
    assert at.denied(client, "$put_back", BOB, reason="x") == {"not_owner"}
    at.fire(client, "$put_back", BOSS, reason="idle").require()
    assert owner(at, client) == "public_pool"
    assert at.denied(client, "$put_back", BOSS, reason="idle") == {"in_pool_already"}


def test_a_lock_keeps_a_client_and_its_end_is_warned_of() -> None:
    """While locked nothing runs; unlocked, the owner has the days of the warning."""
    at = company()
    client = at.client(owner="alice")
    assert at.denied(client, "$lock", reason="big order") == {"role"}
    refusal = at.fire(client, "$lock", reason="big order").refusal
    assert refusal is not None
    assert [one.roles for one in refusal.verdicts] == [(POOL["role"],)]
    at.fire(client, "$lock", BOSS, reason="big order").require()
    assert at.get(client).timers == ()
    assert told(at, client) == ["owner_locked"]
    assert at.denied(client, "$lock", BOSS, reason="again") == {"entity_locked"}
    assert at.denied(client, "$put_back", reason="x") == {"entity_locked"}
    at.until(local("2026-06-01 10:00"))
    assert at.denied(client, "$unlock", reason="done") == {"role"}
    at.fire(client, "$unlock", BOSS, reason="done").require()
    assert timers(at, client)["assignment:due"] == local("2026-06-04 10:00")
    assert at.denied(client, "$unlock", BOSS, reason="done") == {"not_locked"}


def test_what_holds_a_client_is_explained() -> None:
    """Whose it is since when, what it waits for, who locked it and why."""
    at = company()
    client = at.client(owner="alice")
    (policy,) = at.engine.registry.policies["client"]

    def lines() -> list[Mapping[str, object]]:
        snapshot = at.get(client)
        found = list(policy.explain(snapshot.policy("assignment"), snapshot))
        assert {one.row.partition(" ")[0] for one in found} == {"pool"}
        return [one.values for one in found]

    held = {
        "owner": "alice", "since_at": at.clock.now(), "due_at": local("2026-04-01 10:00"),
        "limit": "no_follow_up", "last_owner": None, "cooling_until_at": None,
    }  # fmt: skip
    assert lines() == [held]
    at.fire(client, "$lock", BOSS, reason="big order").require()
    locked = {**held, "due_at": None, "limit": "", "by": "boss", "reason": "big order"}
    assert lines() == [locked]


def test_nobody_can_be_chosen_where_no_row_has_candidates() -> None:
    """A pool alone knows who looks after it, and not to whom its entities should go."""
    at = company()
    client = at.client(owner="alice")
    assert at.denied(client, "$assign", BOSS, reason="x") == {"no_candidate"}


def test_the_first_place_that_is_tried_depends_on_who_picks_up() -> None:
    """Where a caller names no place, it is the first in the order of the entity and the person."""
    at = company(holdings=50, per_day=None)
    for number in range(3):
        client = pooled(at, f"C-{number}")
        at.fire(client, "$pick_up", BOB).require()
        place = tries(50, client, "bob")[0]
        assert [one.value for one in at.get(client).attached.claims] == [f"pool:{place}:bob"]


def test_a_lock_ends_at_its_instant() -> None:
    """A lock with an end goes by itself."""
    at = company()
    client = at.client(owner="alice")
    past = "2026-03-01T10:00:00+08:00"
    assert at.denied(client, "$lock", BOSS, reason="x", until_at=past) == {"lock_in_past"}
    until_at = "2026-06-01T10:00:00+08:00"
    at.fire(client, "$lock", BOSS, reason="big order", until_at=until_at).require()
    at.until(local("2026-06-01 10:00"))
    assert told(at, client) == ["owner_until"]


def test_a_locked_client_in_the_pool_is_not_picked_up() -> None:
    """A lock keeps it where it is, in the pool too."""
    at = company()
    client = pooled(at)
    at.fire(client, "$lock", BOSS, reason="lawsuit").require()
    assert at.denied(client, "$pick_up", BOB) == {"entity_locked"}


def test_what_is_held_changes_nothing() -> None:
    """Only what has happened to a client is followed."""
    at = company()
    snapshot = at.get(at.client(owner="alice"))
    (policy,) = at.engine.registry.policies["client"]
    follow = policy.evolve_for("hand_over")
    assert follow is not None
    for entry, cause in ((Entry.HELD, None), (Entry.RAISE_REFUSED, Cause(policy="assignment"))):
        event: Event[None] = Event("hand_over", SYSTEM, at.clock.now(), None, cause=cause)
        assert follow(None, Occurrence(snapshot, snapshot, event, entry)) is None


def test_the_clock_alone_fires_its_timers() -> None:
    """Nobody sends a client to the pool by firing the policy's own event."""
    at = company()
    assert at.denied(at.client(owner="alice"), "$assignment", SYSTEM) == {"owner_timer_only"}


# Rows that change, and their faults.


def test_a_pool_ends_with_its_last_day() -> None:
    """A pool whose days are over takes nothing more, by its timer or at the next event."""
    at = company(until_on="2026-03-20")
    first, second = at.client(owner="alice"), at.client("C-2", owner="alice")
    at.until(local("2026-03-25 10:00"))
    at.fire(second, "look").require()
    assert at.get(second).timers == ()
    at.until(local("2026-04-30 10:00"))
    assert (owner(at, first), at.get(first).policy("assignment").due_at) == ("alice", None)
    assert told(at, first) == []
    assert at.denied(first, "$assign", SYSTEM, owner="bob", reason="x") == {"no_assignment"}


def test_a_client_attached_late_has_all_the_time() -> None:
    """A policy that comes later counts from when it came, not from nothing."""
    at = Company(assignment, {})
    client = at.client(owner="alice")
    at.until(local("2026-06-01 10:00"))
    at.changed({"pools": [row(Pool, **POOL)]})
    at.engine.attach("assignment", actor=ROOT)
    assert timers(at, client)["assignment:due"] == local("2026-07-01 10:00")


def test_the_journal_leads_to_the_same_state() -> None:
    """Stored equals folded, and is decided the same again."""
    at = company(holdings=3, per_day=2)
    client = at.client(owner="alice")
    at.until(local("2026-04-10 10:00"))
    at.fire(client, "$pick_up", BOB).require()
    records = list(at.engine.journal(client))
    start = unborn(client, records[0].event.at)
    assert fold(records, CLIENT.facts, start) == at.get(client)
    assert [one.differs for one in at.engine.redecide(client) if one.differs] == []


def test_only_machines_with_rows_have_the_policy() -> None:
    """No row about a machine, no policy and no judge."""
    at = company(enabled=False)
    assert assignment.policies_for(CLIENT, at.tables()) == ()
    assert assignment.judge_for(CLIENT, "hand_over", at.tables()) is None
    assert assignment.judge_for(CLIENT, "learn", company().tables()) is None
    judge = assignment.judge_for(CLIENT, "hand_over", company(until_on="2026-01-01").tables())
    assert judge is not None


@pytest.mark.parametrize(
    ("columns", "path", "code"),
    [
        ({"through": "leave"}, "through", "ends"),
        ({"exempt": "teir == 1"}, "exempt", "unknown"),
        ({"calendar": "shop"}, "calendar", "unknown"),
        ({"exempt_states": ["won", "wn"]}, "exempt_states[1]", "unknown"),
        ({"name": "a:b"}, "name", "type"),
        ({"limits": []}, "limits", "empty"),
        ({"limits": [FOLLOW_UP, FOLLOW_UP]}, "limits[1].name", "doubled"),
        ({"limits": [{**FOLLOW_UP, "since": ["last_call"]}]}, "limits[0].since[0]", "unknown"),
        ({"limits": [{**FOLLOW_UP, "since": ["note"]}]}, "limits[0].since[0]", "type"),
        ({"limits": [{**FOLLOW_UP, "by": ["cal"]}]}, "limits[0].by[0]", "unknown"),
        ({"limits": [{**FOLLOW_UP, "unless": "tier"}]}, "limits[0].unless", "type"),
    ],
)
def test_a_fault_of_a_pool_is_found(columns: Mapping[str, object], path: str, code: str) -> None:
    """Every fault has its place."""
    checks = {table.name: table.check for table in tables()}
    used = Tables({}, {"office": OFFICE})
    rows = [row(Pool, **{**POOL, **columns})]
    found = codes(checks["pools"](rows, used, {"client": CLIENT}))
    assert (f"$.pools[0].{path}", code) in found


def test_an_entity_has_one_pool_at_a_time() -> None:
    """Pools of one machine have days apart; each machine has its own."""
    checks = {table.name: table.check for table in tables()}
    used = Tables({}, {"office": OFFICE})
    first = row(Pool, **{**POOL, "until_on": "2026-03-31"})
    then = row(Pool, **{**POOL, "from_on": "2026-03-31", "name": "then"})
    later = attrs.evolve(then, from_on=then.from_on + timedelta(days=1) if then.from_on else None)
    other = attrs.evolve(then, machine="lead")
    machines = {"client": CLIENT}
    assert codes(checks["pools"]([first, then], used, machines)) == {
        ("$.pools[1].from_on", "doubled")
    }
    for rows in ([first, later], [later, first], [first, other]):
        assert codes(checks["pools"](rows, used, machines)) == set()


def test_faults_of_columns_are_found() -> None:
    """Measures, numbers and roles are read with their places."""
    wrong = {**POOL, "limits": [{**FOLLOW_UP, "within": "soon"}], "holdings": 0, "warn_days": -1}
    assert faults_of(Pool, **{**wrong, "pickers": []}) == {
        ("$.limits[0].within", "type"),
        ("$.holdings", "number"),
        ("$.warn_days", "number"),
        ("$.pickers", "empty"),
    }


def test_after_a_pause_the_owner_is_warned_before_a_client_goes() -> None:
    """Whatever time has passed, nobody could do anything meanwhile."""
    at = company()
    client = at.client(owner="alice")
    at.engine.pause(client, "strike", actor=ROOT, at=local("2026-03-20 10:00")).require()
    at.engine.pause_machine("client", "move", actor=ROOT).decision.require()
    assert timers(at, client) == {}
    at.engine.unpause(client, "over", actor=ROOT, at=local("2026-06-01 10:00")).require()
    assert timers(at, client) == {}
    at.engine.unpause_machine("client", "moved", actor=ROOT).decision.require()
    assert timers(at, client) == {
        "assignment:due": local("2026-06-04 10:00"),
        "assignment:warn": local("2026-06-01 10:00"),
    }
