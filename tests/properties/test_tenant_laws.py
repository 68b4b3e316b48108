"""Laws of tenants: no question to an engine or a store tells anything of another tenant."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmflow.clock import ManualClock
from crmflow.config import Overlay
from crmflow.core.errors import CrmflowError
from crmflow.engine.engine import Engine
from crmflow.engine.values import Firing
from crmflow.storage.memory import MemoryStore
from crmflow.storage.port import Store
from crmflow.testing.store_tenants import CHANGES, OF_ALL, QUERIES
from tests.engine.machines import ADMIN, AT, CALL, SALES
from tests.engine.test_sealing import CHIEF, MILL

IDS = ("1", "2")
MILLS = [("mill", id_) for id_ in IDS]
HOUR = timedelta(hours=1)


def test_every_method_of_the_port_is_under_the_law() -> None:
    """Whoever adds one says how it is asked (`crmflow.testing.store_tenants`)."""
    methods = {name for name in vars(Store) if not name.startswith("_")}
    assert methods <= {*QUERIES, *CHANGES, *OF_ALL}
    assert {*QUERIES, *CHANGES} <= methods


def mills(store: Store, clock: ManualClock, tenant: str = "main") -> Engine:
    """Return an engine of mills and calls for a tenant."""
    keeping = {"name": "mills", "machine": "mill", "erasers": ["archivist"], "journal": "12mo"}
    own = Overlay({"company.zone": "UTC"}, {"retention": [keeping]})
    return Engine(store, machines=[MILL, CALL], config=own, tenant=tenant, clock=clock)


def _all(ask: Callable[[Engine, tuple[str, str]], object]) -> Callable[[Engine], object]:
    def asked(engine: Engine) -> Iterator[object]:
        for one in MILLS:
            try:
                yield ask(engine, one)
            except CrmflowError as error:
                yield error

    return lambda engine: list(asked(engine))


ENGINE: Mapping[str, Callable[[Engine], object]] = {
    "get": _all(lambda engine, one: engine.get(one)),
    "journal": _all(lambda engine, one: list(engine.journal(one))),
    "redecide": _all(lambda engine, one: list(engine.redecide(one))),
    "options": _all(lambda engine, one: engine.options(one, actor=SALES)),
    "explain": _all(lambda engine, one: str(engine.explain(one, "end", actor=SALES))),
    "read": _all(lambda engine, one: engine.read(one, actor=SALES)),
    "find": lambda engine: [list(engine.find()), list(engine.find("mill", where={"mobile": "1"}))],
    "alike": lambda engine: engine.alike("mill", {"name": "Mill"}),
    "audit": lambda engine: list(engine.audit()),
    "backlog": lambda engine: engine.backlog(),
    "inbox": lambda engine: (engine.inbox(), engine.inbox_page(limit=1)),
    "master_keys": lambda engine: engine.master_keys(),
    "outbox": lambda engine: engine.outbox(),
    "queue": lambda engine: engine.queue(),
    "tasks": lambda engine: engine.tasks(),
}
"""Questions that any engine answers."""

EVENTS: Mapping[str, Callable[[Engine, str, int], object]] = {
    "add": lambda engine, id_, n: engine.create(
        "mill", {"name": f"Mill {n}", "mobile": str(n)}, actor=SALES, id=id_, key=f"add {id_}"
    ),
    "change": lambda engine, id_, n: engine.fire(
        ("mill", id_), "change", {"mobile": str(n)}, actor=SALES
    ),
    "dial": lambda engine, id_, n: engine.create("call", {"number": str(n)}, actor=SALES, id=id_),
    "answer": lambda engine, id_, _: engine.fire(("call", id_), "answer", actor=SALES),
    "many": lambda engine, id_, n: engine.fire_many(
        [Firing(("mill", id_), "change", {"name": f"Mill {n}"}, actor=SALES)]
    ),
    "ask": lambda engine, id_, _: engine.fire(
        ("mill", id_), "$ask_erasure", {"reason": "why"}, actor=CHIEF
    ),
    "end": lambda engine, id_, _: engine.fire(("mill", id_), "end", actor=SALES),
    "pause": lambda engine, id_, _: engine.pause(("mill", id_), "why", actor=ADMIN),
    "pause_machine": lambda engine, _, __: engine.pause_machine("call", "why", actor=ADMIN),
    "run_due": lambda engine, _, __: engine.run_due(),
    "reindex": lambda engine, _, __: engine.reindex(),
    "prune": lambda engine, _, __: engine.prune(),
    "retry_outbox": lambda engine, _, __: engine.retry_outbox(),
}
"""What callers do; what they are answered is a question too."""

calls = st.tuples(
    st.sampled_from([*EVENTS, *["add", "change", "dial"] * 3]),
    st.sampled_from(IDS),
    st.integers(0, 3),
    st.sampled_from([0, 1, 20, 24 * 400]),
)


def answer(engine: Engine, name: str, id_: str, number: int) -> str:
    """Do something, and return what was answered or raised."""
    try:
        return repr(EVENTS[name](engine, id_, number))
    except CrmflowError as error:
        return repr(error)


@given(lived=st.lists(st.tuples(st.booleans(), calls), max_size=20))
@settings(max_examples=30)
def test_an_engine_among_others_answers_as_if_it_were_alone(
    lived: Sequence[tuple[bool, tuple[str, str, int, int]]],
) -> None:
    """Over one store, with the same machines and ids, whatever the others do."""
    clock = ManualClock(AT)
    shared = MemoryStore()
    among, alone = mills(shared, clock), mills(MemoryStore(), clock)
    other = mills(shared, clock, "other")
    for mine, (name, id_, number, hours) in lived:
        clock.advance(hours * HOUR)
        if mine:
            assert answer(among, name, id_, number) == answer(alone, name, id_, number)
        else:
            answer(other, name, id_, number)
    for name, ask in ENGINE.items():
        assert repr(ask(among)) == repr(ask(alone)), name


def test_an_anchor_is_of_one_tenant(tmp_path: Path) -> None:
    """It has no other tenant's heads, and is not taken for one of another's."""
    clock, store = ManualClock(AT), MemoryStore()
    main, other = mills(store, clock), mills(store, clock, "other")
    EVENTS["add"](main, "1", 1)
    assert other.anchor(tmp_path / "a").entities == 0
    with pytest.raises(CrmflowError, match="of tenant 'other', not of 'main'"):
        main.anchored(tmp_path / "a")
