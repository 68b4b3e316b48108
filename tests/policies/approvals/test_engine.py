"""Approvals through an engine: timers by themselves, explanations, journals decided again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from crmflow.clock import ManualClock
from crmflow.core.actor import Actor
from crmflow.core.machine import Machine
from crmflow.directory import ListedDirectory
from crmflow.engine.engine import Engine
from crmflow.hookspecs import hookimpl
from crmflow.policies.approvals import waiting
from crmflow.storage.memory import MemoryStore
from tests.policies.approvals.desk import NOW, PURCHASE, staff, step

ENTITY = ("purchase", "P-1")


class Purchases:
    """A plugin with purchases and their chains."""

    @hookimpl
    def machines(self) -> Sequence[Machine]:
        """Bring the machine."""
        return [PURCHASE]

    @hookimpl
    def table_rows(self) -> Mapping[str, Sequence[Mapping[str, object]]]:
        """Bring an order that waits for two steps, and a review by vote."""
        head = {"name": "head", "approvers": [{"superior": 1}], "limit": "2h"}
        money = {"name": "money", "approvers": [{"role": "finance"}], "mode": "vote", "count": 2}
        orders = {
            "name": "orders",
            "machine": "purchase",
            "event": "order",
            "covers": ["amount"],
            "steps": [head, money],
            "rules": ["CON-011"],
        }
        review = {
            "name": "review",
            "machine": "purchase",
            "state": "reviewing",
            "steps": [step("all", "bob", "cleo", mode="all", limit="1h", on_time_out="pass")],
        }
        return {"chains": [orders, review]}


@pytest.fixture
def clock() -> ManualClock:
    """Return a clock that stands still."""
    return ManualClock(NOW)


@pytest.fixture
def engine(clock: ManualClock) -> Iterator[Engine]:
    """Return an engine with one opened purchase."""
    directory = ListedDirectory(staff())
    with Engine(
        MemoryStore(),
        machines=["purchase"],
        plugins=[Purchases()],
        directory=directory,
        clock=clock,
        profile="demo",
    ) as engine:
        engine.create("purchase", {}, actor="ann", id="P-1").require()
        yield engine


def test_order_goes_through_its_chain(engine: Engine, clock: ManualClock) -> None:
    """Asked for, reminded of by its own timer, approved, voted on, applied."""
    engine.fire(ENTITY, "order", {"supplier": "acme"}, actor="ann").require()
    clock.advance(timedelta(hours=2))
    (fired,) = engine.run_due().fired
    assert fired.event.name == "$approvals"
    engine.fire(ENTITY, "$approve", actor="bob").require()
    assert [task.assignee for task in engine.get(ENTITY).tasks] == ["dan", "eve", "fay"]
    engine.fire(ENTITY, "$approve", actor="eve").require()
    done = engine.fire(ENTITY, "$approve", actor="dan").require()
    assert done.snapshot.state == "ordered"
    assert done.caused[0].event.cause is not None
    assert done.caused[0].event.cause.approved_by == ("bob", "eve", "dan")
    told = [verdict.reason for record in engine.journal(ENTITY) for verdict in record.verdicts]
    assert told == ["needs_approval", "reminded_of_limit", "approved"]


def test_concurrent_votes_lose_nothing(engine: Engine) -> None:
    """Votes cast at the same moment are chained by version: each is counted."""
    engine.fire(ENTITY, "submit", actor="ann").require()
    with ThreadPoolExecutor(2) as pool:
        voted = [pool.submit(engine.fire, ENTITY, "agree", actor=who) for who in ("bob", "cleo")]
    assert all(one.result().accepted for one in voted)
    assert engine.get(ENTITY).state == "agreed"
    assert [one.entry for one in engine.journal(ENTITY)][-2:] == ["vote", "decision"]
    assert set(engine.get(ENTITY).policy("approvals").ended[0].approved_by) == {"bob", "cleo"}


def test_tasks_are_found_by_person(engine: Engine) -> None:
    """The store knows whose they are."""
    engine.fire(ENTITY, "order", {"supplier": "acme"}, actor="ann").require()
    assert [row.name for row in engine.tasks("@bob")] == ["approve:order:bob"]
    assert engine.tasks("@dan") == []
    (one,) = waiting(engine.get(ENTITY), NOW + timedelta(hours=3))
    assert (one.assignee, one.overdue) == ("bob", True)


@pytest.mark.parametrize(
    ("lang", "words"),
    [("en", "step 1 of 2, head: waits for bob"), ("zh", "第 1/2 环节 head：自")],
)
def test_explanation_tells_what_is_awaited(engine: Engine, lang: str, words: str) -> None:
    """In both languages, with the row and its rules."""
    engine.fire(ENTITY, "order", {"supplier": "acme"}, actor="ann").require()
    told = str(engine.explain(ENTITY, "change", {}, actor="ann", lang=lang))
    assert words in told
    assert "CON-011" in told


def test_journals_are_decided_again_the_same(engine: Engine, clock: ManualClock) -> None:
    """Holds, votes, actions, timers and what they cause come out as they were recorded."""
    why = {"reason": "because"}
    engine.fire(ENTITY, "order", {"supplier": "acme"}, actor="ann").require()
    engine.fire(ENTITY, "change", {"amount": "7"}, actor="ann").require()
    engine.fire(ENTITY, "order", {"supplier": "acme"}, actor="ann").require()
    engine.fire(ENTITY, "$transfer", why | {"to": "guy"}, actor="bob").require()
    engine.fire(ENTITY, "$return", why, actor="guy").require()
    engine.fire(ENTITY, "$resubmit", actor="ann").require()
    engine.fire(ENTITY, "$refuse", why, actor="bob").require()
    engine.fire(ENTITY, "submit", actor="ann").require()
    engine.fire(ENTITY, "agree", actor="bob").require()
    clock.advance(timedelta(hours=1))
    engine.run_due()
    assert engine.get(ENTITY).state == "agreed"
    again = list(engine.redecide(ENTITY))
    assert [(one.record.event.name, one.differs) for one in again if one.differs] == []
    assert {one.record.entry for one in again} == {"decision", "held", "vote", "policy"}


def test_the_inbox_finds_approvals_behind_other_tasks(engine: Engine, clock: ManualClock) -> None:
    """By person, by role or all; what is overdue comes first, however many tasks are before it."""
    engine.fire(ENTITY, "order", {"supplier": "acme"}, actor="ann").require()
    ((ref, one),) = engine.inbox(person="bob", limit=1)
    assert (ref.id, one.person, one.overdue) == ("P-1", "bob", False)
    assert engine.inbox(person="cleo") == []
    assert engine.inbox(role="finance", limit=1) == []
    clock.advance(timedelta(hours=3))
    assert [late.overdue for _, late in engine.inbox()] == [True]


def test_the_inbox_has_pages(engine: Engine, clock: ManualClock) -> None:
    """Each page goes on where the last one ended, those due first in front, each told once."""
    for number in range(5):
        ref = ("purchase", f"B-{number}")
        engine.create("purchase", {"amount": "100"}, actor="ann", id=ref[1]).require()
        engine.fire(ref, "order", {"supplier": "acme"}, actor="ann").require()
        clock.advance(timedelta(minutes=1))
    told, after = list[str](), None
    while True:
        page = engine.inbox_page(person="bob", limit=2, after=after)
        told += [ref.id for ref, _ in page.rows]
        after = page.after
        if after is None:
            break
    assert told == [f"B-{number}" for number in range(5)]
    assert [ref.id for ref, _ in engine.inbox(limit=3)] == told[:3]
    with Engine(engine.store, machines=["lead"], profile="demo", clock=clock) as other:
        assert other.inbox() == []


def test_a_pause_over_nothing_asked_changes_no_request(engine: Engine) -> None:
    """Before the first request there is no state, and after the last no limit to go on."""
    admin = Actor("root", {"administrator"})

    def paused() -> object:
        engine.pause(ENTITY, "stocktaking", actor=admin).require()
        engine.unpause(ENTITY, "counted", actor=admin).require()
        return engine.get(ENTITY).policy("approvals")

    assert paused() is None
    engine.fire(ENTITY, "order", {"supplier": "acme"}, actor="ann").require()
    engine.fire(ENTITY, "$approve", actor="bob").require()
    for who in ("dan", "eve"):
        engine.fire(ENTITY, "$approve", actor=who).require()
    ended = engine.get(ENTITY).policy("approvals")
    assert ended.open == ()
    assert paused() == ended
