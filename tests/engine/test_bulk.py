"""One event on many: told beforehand, each decided for itself, nothing twice after a crash."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crmflow.clock import ManualClock
from crmflow.core.decision import Decision
from crmflow.core.errors import (
    EntityExistsError,
    NotSearchableError,
    UnavailableError,
    UnknownEventError,
    UnknownMachineError,
)
from crmflow.core.ref import EntityRef
from crmflow.directory import ListedDirectory
from crmflow.engine.bulk import BATCH, Bulk, Unmoved
from crmflow.engine.driving import drive
from crmflow.engine.engine import Engine
from crmflow.flow.foreseeing import foresee
from crmflow.flow.request import Request
from crmflow.storage.commit import Commit, Outcome
from crmflow.storage.memory import MemoryStore
from tests.engine.machines import ADMIN, CALL, SALES, engine
from tests.engine.parcels import CLERK, FIRST, post
from tests.policies.approvals.desk import NOW, staff
from tests.policies.approvals.test_engine import Purchases

NAMES = itertools.count()


def calls_of(count: int, store: MemoryStore | None = None) -> Engine:
    """Return an engine with so many ringing calls."""
    calls = engine(store or MemoryStore(), CALL)
    for number in range(count):
        calls.create("call", {"number": "1"}, actor=SALES, id=f"c-{number:03}").require()
    return calls


def ref(number: int) -> EntityRef:
    """Return the call of a number."""
    return EntityRef("main", "call", f"c-{number:03}")


def test_all_of_a_filter_are_fired_on_in_batches() -> None:
    """Progress is told after each; what was fired on leaves the filter and is met once."""
    calls, seen = calls_of(250), list[int]()
    done = calls.bulk("call", "answer", actor=SALES, state="ringing", key="k", progress=seen.append)
    assert done == Bulk("k", accepted=250)
    assert (done.seen, seen) == (250, [BATCH, BATCH, 50])
    assert calls.bulk("call", "answer", actor=SALES, state="ringing").seen == 0


def test_a_dry_run_tells_what_would_happen_and_stores_nothing() -> None:
    """As the run then does, refusals with their reasons."""
    calls = calls_of(3)
    calls.fire(ref(1), "answer", actor=SALES).require()
    calls.pause(ref(2), "why", actor=ADMIN).require()
    told = calls.bulk("call", "answer", actor=SALES, key="k", dry_run=True)
    assert [len(list(calls.journal(ref(n)))) for n in range(3)] == [1, 2, 2]
    assert told == Bulk(
        "k",
        accepted=1,
        unmoved=(
            Unmoved(ref(1), ("no_row",), refused=True),
            Unmoved(ref(2), ("paused entity: why, admin-1",), refused=True),
        ),
    )
    assert calls.bulk("call", "answer", actor=SALES, key="k") == told


def test_the_same_key_repeats_nothing() -> None:
    """In a dry run too; another payload under it is an error of each."""
    parcels = post("memory:", FIRST)
    for name in "abc":
        parcels.create("parcel", {"sender": "S"}, actor=CLERK, id=name).require()
    first = parcels.bulk("parcel", "weigh", {"grams": 5}, actor=CLERK, ids=["a", "b"], key="k")
    assert (first.accepted, first.repeated) == (2, 0)
    told = parcels.bulk("parcel", "weigh", {"grams": 5}, actor=CLERK, key="k", dry_run=True)
    again = parcels.bulk("parcel", "weigh", {"grams": 5}, actor=CLERK, key="k")
    assert (again.accepted, again.repeated) == (told.accepted, told.repeated) == (1, 2)
    other = parcels.bulk("parcel", "weigh", {"grams": 6}, actor=CLERK, key="k")
    assert [(one.entity.id, one.refused) for one in other.unmoved] == [
        ("a", False), ("b", False), ("c", False),
    ]  # fmt: skip
    assert "was used for another request" in other.unmoved[0].reasons[0]


def test_a_key_of_its_own_is_drawn_and_told() -> None:
    """Two firings without a name are two."""
    calls = calls_of(1)
    first, second = (calls.bulk("call", "answer", actor=SALES) for _ in range(2))
    assert (first.accepted, second.accepted) == (1, 0)
    assert first.key != second.key


def test_entities_are_named_by_ids_or_by_a_filter() -> None:
    """An id nobody has is told; both at once is a mistake."""
    calls = calls_of(2)
    done = calls.bulk("call", "answer", actor=SALES, ids=["c-000", "nobody", "c-000"])
    (missed,) = done.unmoved
    assert (done.accepted, missed.entity.id, missed.refused) == (1, "nobody", False)
    with pytest.raises(ValueError, match="by their ids or by a filter"):
        calls.bulk("call", "answer", actor=SALES, ids=["c-000"], state="ringing")
    with pytest.raises(UnknownEventError):
        calls.bulk("call", "reply", actor=SALES)
    with pytest.raises(UnknownMachineError):
        calls.bulk("cell", "answer", actor=SALES)
    with pytest.raises(NotSearchableError):
        calls.bulk("call", "answer", actor=SALES, where={"number": "1"})


def test_values_that_are_searched_select() -> None:
    """As with `find`."""
    parcels = post("memory:", FIRST)
    for name, sender in (("a", "Mill"), ("b", "Bakery"), ("c", "mill")):
        parcels.create("parcel", {"sender": sender}, actor=CLERK, id=name).require()
    done = parcels.bulk("parcel", "send", actor=CLERK, where={"sender": "MILL"})
    assert done.accepted == 2
    assert [row.ref.id for row in parcels.find("parcel", state="on_way")] == ["a", "c"]


class Failing(MemoryStore):
    """A store whose connection breaks at a chosen commit, after it or before."""

    breaks: int = -1
    after: bool = False

    def commit(self, batch: Sequence[Commit]) -> Sequence[Outcome]:
        """Commit, unless it is the one at which the connection breaks."""
        self.breaks -= 1
        if self.breaks == 0 and self.after:
            super().commit(batch)
        if self.breaks == 0:
            raise UnavailableError("memory:", "the connection broke")
        return super().commit(batch)


@settings(max_examples=5)
@given(st.integers(1, 3), st.booleans(), st.integers(1, 2 * BATCH))
@example(2, True, BATCH + 1)
def test_after_a_crash_the_same_call_repeats_nothing(at: int, after: bool, count: int) -> None:
    """Each entity has the event once in its journal, whatever the store had kept."""
    store = Failing()
    parcels = post(store, FIRST)
    rows = [(f"p-{number:03}", {"sender": "S"}) for number in range(count)]
    for name, form in rows:
        parcels.create("parcel", form, actor=CLERK, id=name).require()
    store.breaks, store.after = at, after
    with contextlib.suppress(UnavailableError):
        parcels.bulk("parcel", "weigh", {"grams": 5}, actor=CLERK, key="k")
    store.breaks = -1
    again = parcels.bulk("parcel", "weigh", {"grams": 5}, actor=CLERK, key="k")
    assert (again.accepted + again.repeated, again.unmoved) == (count, ())
    events = [[one.event.name for one in parcels.journal(("parcel", name))] for name, _ in rows]
    assert events == [["book", "weigh"]] * count


@given(st.lists(st.sampled_from(["answer", "hold", "end", "pause"]), max_size=6))
def test_a_dry_run_foretells_the_run(events: Sequence[str]) -> None:
    """Whatever state each is in."""
    calls = shared()
    names = [f"x-{next(NAMES)}" for _ in range(max(1, len(events)))]
    for place, name in enumerate(names):
        calls.create("call", {"number": "1"}, actor=SALES, id=name).require()
        for event in events[:place]:
            if event == "pause":
                calls.pause(("call", name), "why", actor=ADMIN)
            else:
                calls.fire(("call", name), event, actor=SALES)
    key = f"k-{names[0]}"
    told = calls.bulk("call", "hold", actor=SALES, ids=names, key=key, dry_run=True)
    assert calls.bulk("call", "hold", actor=SALES, ids=names, key=key) == told


_CALLS: list[Engine] = []


def shared() -> Engine:
    """Return one engine for all examples."""
    if not _CALLS:
        _CALLS.append(engine("memory:", CALL))
    return _CALLS[0]


def test_a_creation_is_foretold_too() -> None:
    """Whether its key was used before or it has none."""
    calls = calls_of(0)
    made = calls.create("call", {"number": "1"}, actor=SALES, id="c", key="k").require()
    form, at = {"number": "1"}, calls.clock.now()
    asked = [
        Request(EntityRef("main", "call", id_), "dial", form, SALES, at, True, key)
        for id_, key in (("c", None), ("d", None), ("e", "k"))
    ]
    taken, new, again = drive(foresee(calls._flow, asked))
    assert isinstance(taken, EntityExistsError)
    assert isinstance(new, Decision)
    assert isinstance(again, Decision)
    assert (new.accepted, again.repeated) == (True, True)
    assert [row.ref for row in calls.find("call")] == [made.entity]


def test_a_held_event_is_counted_as_held() -> None:
    """It waits for its approval, as if fired alone."""
    purchases = Engine(
        MemoryStore(),
        machines=["purchase"],
        plugins=[Purchases()],
        directory=ListedDirectory(staff()),
        clock=ManualClock(NOW),
        profile="demo",
    )
    purchases.create("purchase", {}, actor="ann", id="P-1").require()
    form = {"supplier": "acme"}
    told = purchases.bulk("purchase", "order", form, actor="ann", key="k", dry_run=True)
    done = purchases.bulk("purchase", "order", form, actor="ann", key="k")
    assert (told.held, done.held, done.accepted) == (1, 1, 0)
    assert purchases.bulk("purchase", "order", form, actor="ann", key="k").repeated == 1
