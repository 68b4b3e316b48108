"""Pairs of what two lives have: what is the same is left out, nothing is lost or doubled."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from crmflow.analysis.contrast import Item, Pair, Topic, paired
from tests.policies.sla_desk import on

items = st.lists(
    st.builds(
        Item,
        st.sampled_from([Topic.TASK, Topic.EVENT]),
        st.sampled_from("ab"),
        st.integers(0, 3).map(lambda n: on(2) + timedelta(hours=n)),
        st.fixed_dictionaries({"role": st.sampled_from("xy")}),
    ),
    max_size=6,
)


@given(items)
def test_a_life_does_not_differ_from_itself(life: list[Item]) -> None:
    """However its things are ordered."""
    assert paired(life, life) == []
    assert paired(life, sorted(life, key=lambda one: one.at)) == []


@given(items, items)
def test_what_differs_is_there_once(then: list[Item], now: list[Item]) -> None:
    """Both sides are told whole, in order of time, and the other way round they change places."""
    found = paired(then, now)
    assert [pair.at for pair in found] == sorted(pair.at for pair in found)
    assert all(pair.then != pair.now and pair.either in (pair.then, pair.now) for pair in found)
    for side, life in (("then", then), ("now", now)):
        told = [getattr(pair, side) for pair in found if getattr(pair, side) is not None]
        left = [*life]
        for one in told:
            left.remove(one)
    only = sum(pair.then is None for pair in found) - sum(pair.now is None for pair in found)
    assert only == len(now) - len(then)
    assert len(paired(now, then)) == len(found)


def test_things_of_one_name_are_taken_for_each_other() -> None:
    """What comes at another instant is moved, not gone and new."""
    early, late = Item(Topic.TASK, "call", on(2)), Item(Topic.TASK, "call", on(3))
    other = Item(Topic.TASK, "write", on(2))
    assert paired([early, other], [late]) == [Pair(early, late), Pair(other, None)]
