"""Finding entities by owner, tier, links and what is due; tasks and deadlines, page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import pytest

from crmflow import Actor, Engine
from crmflow.core.errors import IndexOutOfDateError, NotSearchableError, UnknownMachineError
from crmflow.core.ref import EntityRef
from crmflow.core.searching import Term
from crmflow.engine.paging import CursorError, LimitError, Page
from crmflow.engine.wanting import UnknownStateError
from crmflow.testing.store_rows import commit_to
from tests.engine.machines import AT, HOUR
from tests.engine.visits import HOST, plan, visits

Row = TypeVar("Row")


@pytest.fixture(params=["memory:", "sqlite"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Return an engine with visits over each kind of store."""
    url = f"sqlite:///{tmp_path / 'visits.db'}" if request.param == "sqlite" else "memory:"
    with visits(url) as engine:
        yield engine


def ids(engine: Engine, machine: str | None = None, **wanted: str) -> list[str]:
    """Return the ids of what is found."""
    return [row.ref.id for row in engine.find(machine, **wanted)]  # type: ignore[arg-type]


def walked(turn: Callable[[str | None], Page[Row]]) -> list[Row]:
    """Return the rows of all pages, none of them longer than two."""
    page = turn(None)
    rows = list(page.rows)
    while page.after is not None:
        page = turn(page.after)
        assert len(page.rows) <= 2
        rows += page.rows
    return rows


def test_entities_are_found_by_owner(engine: Engine) -> None:
    """By the fact `owner` or `manager`, of one machine or of all, as it changes."""
    plan(engine, "V-1")
    visit = plan(engine, "V-2", "bob", "Suzhou")
    engine.fire(visit, "order", actor=HOST).require()
    (meal,) = engine.find("meal")
    assert ids(engine, "visit", owner="ann") == ["V-1"]
    assert ids(engine, owner="BOB") == [meal.ref.id, "V-2"]
    engine.fire(visit, "hand_over", {"owner": "ann"}, actor=HOST).require()
    assert ids(engine, "visit", owner="ann") == ["V-1", "V-2"]
    assert ids(engine, owner="bob") == [meal.ref.id]
    assert ids(engine, owner="ann", state="made") == []
    found = engine.find("visit", owner="ann", where={"town": "suzhou"})
    assert [row.ref for row in found] == [visit]
    assert ids(engine, owner=" ") == []


def test_entities_are_found_by_tier_and_link(engine: Engine) -> None:
    """By a tier of their own, or what they were told of that of others; by whom they lead to."""
    visit, other = plan(engine, "V-1"), plan(engine, "V-2")
    engine.fire(visit, "order", actor=HOST).require()
    (row,) = engine.find("meal")
    meal = row.ref
    assert ids(engine, tier="plain") == [meal.id, "V-1"]
    engine.fire(meal, "change", {"tier": "Gold"}, actor=HOST).require()
    assert ids(engine, tier="plain") == []
    assert ids(engine, "visit", tier="gold") == ["V-1"]
    assert [one.ref for one in engine.find(link=meal)] == [visit]
    assert [one.ref for one in engine.find("visit", link=("meal", meal.id))] == [visit]
    assert list(engine.find(link=other)) == []
    assert list(engine.find(link=meal, owner="bob")) == []
    assert list(engine.find(link=meal, owner=" ")) == []


def test_pages_of_entities_have_cursors(engine: Engine) -> None:
    """Whatever is asked for, page after page is the whole; what is added behind is told too."""
    refs = [plan(engine, f"V-{number}", "ann") for number in range(5)]
    engine.fire(refs[0], "order", actor=HOST).require()

    def told(**wanted: str) -> bool:
        rows = walked(lambda after: engine.find_page(limit=2, after=after, **wanted))  # type: ignore[arg-type]
        return rows == list(engine.find(**wanted))  # type: ignore[arg-type]

    assert told()
    assert told(owner="ann")
    (first,) = engine.find_page(owner="ann", limit=1).rows
    assert first.ref.machine == "meal"
    assert told(state="planned")
    page = engine.find_page("visit", limit=2)
    plan(engine, "V-0b"), plan(engine, "V-9")
    rest = engine.find_page("visit", limit=99, after=page.after)
    assert rest.after is None
    assert [row.ref.id for row in rest.rows] == ["V-2", "V-3", "V-4", "V-9"]


def test_what_is_due_comes_first(engine: Engine) -> None:
    """By timers and tasks, each entity once, filtered like any other search."""
    first = plan(engine, "V-2", "bob")
    engine.clock.advance(HOUR)  # type: ignore[attr-defined]
    for number in (3, 1):
        plan(engine, f"V-{number}")

    def due(at: datetime, **wanted: str) -> list[str]:
        rows = walked(lambda after: engine.find_due(at, limit=2, after=after, **wanted))  # type: ignore[arg-type]
        assert [one.due_at for one in rows] == sorted(one.due_at for one in rows)
        return [one.row.ref.id for one in rows]

    assert due(AT) == []
    assert due(AT + 4.5 * HOUR) == ["V-2"]
    assert due(AT + 9 * HOUR) == ["V-2", "V-1", "V-3"]
    assert due(AT + 9 * HOUR, owner="ann") == ["V-1", "V-3"]
    engine.fire(first, "make", actor=HOST).require()
    assert due(AT + 9 * HOUR, state="planned") == ["V-1", "V-3"]
    assert due(AT + 9 * HOUR, state="made") == []
    with pytest.raises(ValueError, match="with its offset"):
        engine.find_due(datetime(2026, 3, 2))  # noqa: DTZ001 - naive on purpose


def test_entities_are_counted_by_state(engine: Engine) -> None:
    """In order, of one machine or of all."""
    engine.fire(plan(engine, "V-1"), "order", actor=HOST).require()
    engine.fire(plan(engine, "V-2"), "wait", actor=HOST).require()
    counted = {("visit", "planned"): 1, ("visit", "waiting"): 1}
    assert list(engine.counts("visit").items()) == list(counted.items())
    assert engine.counts() == {("meal", "ordered"): 1, **counted}
    with pytest.raises(UnknownMachineError):
        engine.counts("visits")


def test_tasks_for_somebody_are_their_own_and_their_roles(engine: Engine) -> None:
    """Page by page, those due first in front."""
    for number in range(3):
        plan(engine, f"V-{number}")
    rows = walked(lambda after: engine.tasks_for(HOST, limit=2, after=after))
    assert [(row.name, row.ref.id) for row in rows] == [("prepare", f"V-{n}") for n in range(3)]
    both = Actor("ann", {"host", "guard"})
    rows = walked(lambda after: engine.tasks_for(both, limit=2, after=after))
    assert [row.name for row in rows] == ["prepare"] * 3 + ["greet"] * 3
    assert rows == walked(lambda after: engine.task_page(limit=2, after=after))
    assert engine.tasks_for(Actor("eve", {"cook"})) == Page(())


def test_missed_deadlines_stay_listed(engine: Engine) -> None:
    """Also once their timers fired: until they are met; a wait promises nothing."""
    first, second, third = (plan(engine, f"V-{number}", "bob") for number in (2, 1, 3))
    engine.fire(third, "wait", actor=HOST).require()
    engine.fire(first, "order", actor=HOST).require()

    def listed(*, overdue: bool) -> list[tuple[str, str, str, bool]]:
        rows = walked(lambda after: engine.deadlines(overdue=overdue, limit=2, after=after))
        return [(one.ref.id, one.status, one.holder, one.overdue) for one in rows]

    running = [(name, "running", "bob", False) for name in ("V-1", "V-2")]
    assert listed(overdue=False) == running
    assert listed(overdue=True) == []
    engine.clock.advance(5 * HOUR)  # type: ignore[attr-defined]
    late = [(name, "running", "bob", True) for name in ("V-1", "V-2")]
    assert listed(overdue=True) == late
    engine.run_due()
    missed = [(name, "breached", "bob", True) for name in ("V-1", "V-2")]
    assert listed(overdue=True) == listed(overdue=False) == missed
    engine.fire(second, "make", actor=HOST).require()
    (left,) = engine.deadlines("visit", overdue=True).rows
    assert (left.ref, left.definition, left.state) == (first, "visit_made", "planned")
    assert left.due_at == AT + 4 * HOUR
    engine.fire(first, "wait", actor=HOST).require()
    assert listed(overdue=True) == [("V-2", "paused", "bob", True)]
    assert engine.deadlines("meal").rows == ()


def test_what_nobody_has_is_told(engine: Engine) -> None:
    """Machines, states and fields, with what was meant; nothing is searched then."""
    with pytest.raises(UnknownMachineError, match="Did you mean 'visit'"):
        engine.find("visits", owner="ann")
    with pytest.raises(UnknownMachineError):
        engine.deadlines("visits")
    with pytest.raises(UnknownMachineError, match="Did you mean 'meal'"):
        engine.find(link=("meals", "1"))
    with pytest.raises(UnknownStateError, match=r"machine 'visit' has no state 'plan'.*'planned'"):
        engine.find("visit", state="plan")
    with pytest.raises(UnknownStateError, match="no machine that is on has a state 'eate'"):
        engine.find_page(state="eate")
    with pytest.raises(NotSearchableError, match="meal is not searched by 'town'"):
        engine.find("meal", where={"town": "x"})
    with pytest.raises(NotSearchableError, match="names the machine"):
        engine.find(owner="ann", where={"town": "x"})


def test_a_cursor_is_that_of_its_list(engine: Engine) -> None:
    """Another list's, a broken or an invented one is refused, and says what would be right."""
    for number in range(3):
        plan(engine, f"V-{number}")
    cursor = engine.find_page(limit=1).after
    assert cursor is not None
    with pytest.raises(CursorError):
        engine.deadlines(after=cursor)
    for wrong in (cursor, cursor[:-3], "x", "é", "", "bnVsbA=="):
        with pytest.raises(CursorError, match="is no cursor of this list"):
            engine.task_page(after=wrong)


@pytest.mark.parametrize("limit", [0, -1, 2**31 + 1])
def test_a_page_has_rows(engine: Engine, limit: int) -> None:
    """No page is empty on purpose, and no store counts on and on."""
    plan(engine, "V-1")
    asking: list[Callable[[], object]] = [
        lambda: engine.find_page(limit=limit),
        lambda: engine.find_due(AT, limit=limit),
        lambda: engine.alike("meal", {}, limit=limit),
        lambda: engine.tasks(limit=limit),
        lambda: engine.task_page(limit=limit),
        lambda: engine.deadlines(limit=limit),
        lambda: engine.inbox(limit=limit),
        lambda: engine.outbox_page(limit=limit),
    ]
    for ask in asking:
        with pytest.raises(LimitError, match=f"a limit of {limit} rows is none: give 1 to"):
            ask()
    assert len(engine.find_page(limit=2**31).rows) == 1


def test_states_of_older_definitions_are_still_found(engine: Engine) -> None:
    """What is stored in a state that the machine no longer has is found by its name."""
    old = EntityRef("main", "visit", "V-1")
    engine.store.commit([commit_to(old, state="promised")])
    assert [row.ref for row in engine.find("visit", state="promised")] == [old]
    with pytest.raises(UnknownStateError, match="Did you mean 'promised'"):
        engine.find("visit", state="promise")
    with pytest.raises(UnknownStateError):
        engine.find("meal", state="promised")


def test_what_was_stored_before_is_indexed_first(tmp_path: Path) -> None:
    """An index that was made otherwise finds nothing by halves; made anew, also deadlines."""
    url = f"sqlite:///{tmp_path / 'visits.db'}"
    with visits(url) as engine:
        plan(engine, "V-1")
        engine.store.dismiss("main", "visit", engine.registry.searching["visit"].note)
        engine.store.unindex("main", "visit")
    with visits(url) as engine:
        for asked in (lambda: engine.find(owner="ann"), engine.deadlines):
            with pytest.raises(IndexOutOfDateError, match="crmflow db reindex"):
                asked()
        assert engine.reindex() == {"visit": 1}
        assert ids(engine, owner="ann") == ["V-1"]
        assert [one.ref.id for one in engine.deadlines().rows] == ["V-1"]


def test_what_ended_meanwhile_is_no_deadline(engine: Engine) -> None:
    """Of what the index still has, only what is promised now is told."""
    visit = plan(engine, "V-1")
    ((term, _),) = engine.store.terms("main", "visit", "$deadline", until=":")
    engine.fire(visit, "make", actor=HOST).require()
    (now,) = engine.store.load([visit])
    assert now is not None
    engine.store.index([(now, [Term("$deadline", term)])])
    assert engine.deadlines() == Page(())
