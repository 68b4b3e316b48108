"""Laws of finding: an index tells what looking at every entity would tell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from crmflow import Engine
from crmflow.core.entity import Snapshot
from crmflow.core.ref import EntityRef
from tests.engine.machines import AT, HOUR
from tests.engine.visits import HOST, plan, visits

OWNERS = ("ann", "bob")
TIERS = ("plain", "gold")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(("plan", "order", "hand_over", "wait", "resume", "make", "change", "eat")),
        st.integers(0, 3),
        st.sampled_from(OWNERS),
        st.sampled_from(TIERS),
    ),
    max_size=24,
)


def live(engine: Engine, steps: list[tuple[str, int, str, str]]) -> None:
    """Let things happen; what is refused is none of this law's business."""
    for event, number, owner, tier in steps:
        engine.clock.advance(HOUR / 2)  # type: ignore[attr-defined]
        if event == "plan":
            if ("visit", f"V-{number}") not in seen(engine):
                plan(engine, f"V-{number}", owner)
            continue
        machine = "meal" if event in {"change", "eat"} else "visit"
        refs = list(engine.find(machine))
        if refs:
            said = {"hand_over": {"owner": owner}, "change": {"tier": tier}}.get(event)
            engine.fire(refs[number % len(refs)].ref, event, said, actor=HOST)
    engine.run_due()


def seen(engine: Engine) -> set[tuple[str, str]]:
    """Return machine and id of all there is."""
    return {(row.ref.machine, row.ref.id) for row in engine.find()}


def snapshots(engine: Engine) -> Iterator[Snapshot[Any]]:
    """Iterate over everything, in order."""
    return (engine.get(row.ref) for row in engine.find())


def owner_of(one: Snapshot[Any]) -> str:
    """Return who looks after an entity."""
    return str(one.facts.owner if one.ref.machine == "visit" else one.facts.manager)


def tiers_of(one: Snapshot[Any]) -> set[object]:
    """Return the tiers of an entity, or those it was told of."""
    if one.ref.machine == "meal":
        return {one.facts.tier}
    return {link.facts.get("tier") for link in one.links}


def promised(one: Snapshot[Any]) -> list[tuple[object, EntityRef]]:
    """Return what is promised of an entity."""
    state = one.policy("sla")
    runs = [] if state is None or one.ref.machine == "meal" else state.runs
    return [(run.due_at, one.ref) for run in runs if run.open and run.due_at is not None]


@settings(max_examples=25)
@given(STEPS, st.integers(1, 3))
def test_an_index_tells_what_looking_at_all_would(
    steps: list[tuple[str, int, str, str]], limit: int
) -> None:
    """By owner, tier, state and link, and what is promised, whatever happened."""
    with visits() as engine:
        live(engine, steps)
        every = list(snapshots(engine))
        for owner in OWNERS:
            found = [row.ref for row in engine.find(owner=owner)]
            assert found == [one.ref for one in every if owner_of(one) == owner]
        for tier in TIERS:
            for state in ("planned", "made"):
                rows = engine.find_page("visit", state=state, tier=tier, limit=99).rows
                both = [one.ref for one in every if tier in tiers_of(one) and one.state == state]
                assert [row.ref for row in rows] == both
        for meal in [one.ref for one in every if one.ref.machine == "meal"]:
            found = [row.ref for row in engine.find(link=meal)]
            assert found == [one.ref for one in every if meal in {to.ref for to in one.links}]
        page = engine.deadlines(limit=limit)
        listed = list(page.rows)
        while page.after is not None:
            page = engine.deadlines(limit=limit, after=page.after)
            listed += page.rows
        told = sorted(due for one in every for due in promised(one))
        assert [(one.due_at, one.ref) for one in listed] == told
        due = engine.find_due(AT + 99 * HOUR, limit=99).rows
        waiting = [one for one in every if one.timers or any(task.due_at for task in one.tasks)]
        assert sorted(one.row.ref for one in due) == [one.ref for one in waiting]
