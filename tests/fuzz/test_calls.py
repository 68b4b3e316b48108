"""Calls of engines: whatever names, instants and numbers they bring, answered or refused."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import attrs
import pytest
from hypothesis import example
from hypothesis import strategies as st

from crmflow.clock import ManualClock
from crmflow.core.actor import Actor
from crmflow.core.decision import Decision
from crmflow.core.errors import CrmflowError
from crmflow.engine.async_engine import AsyncEngine
from crmflow.engine.engine import Engine
from crmflow.engine.paging import Page
from crmflow.engine.values import Adopting, Due
from crmflow.storage.memory import MemoryStore
from crmflow.storage.opening import open_store
from crmflow.storage.port import Store
from crmflow.testing.bench import Bench
from crmflow.testing.fixtures import MONDAY
from tests.fuzz.calling import CALLS, Call, maybe, mostly
from tests.fuzz.hostile import TEXTS
from tests.fuzz.passes import BLAME, bounded, fuzzed, told_clearly

BENCH = Bench(("complaint", "customer"), "demo")
ADMIN = Actor("tester-1", {"administrator", "customer_service"})


@functools.cache
def empty() -> bytes:
    """Return the bytes of a store with tables and nothing in them."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        open_store(f"sqlite:///{folder}/empty.db").close()
        return (Path(folder) / "empty.db").read_bytes()


def opened(store: Store) -> Engine:
    """Return an engine with a complaint and a customer in its store."""
    engine = BENCH.engine(store, ManualClock(MONDAY))
    told = {"customer": "C-1", "channel": "phone"}
    engine.create("complaint", told, actor=ADMIN, id="C-1", key="key-0").require()
    facts = {"name": "One", "source": "internet", "collected_at": MONDAY, "mobile": "13800138000"}
    known = Adopting(("customer", "C-1"), "active", facts, reason="old", incomplete=True)
    engine.adopt(known, actor=ADMIN).require()
    return engine


@attrs.frozen
class Refused:
    """What a call is refused by: the class of the error, and what it says."""

    kind: str
    told: str


def answer(found: object) -> object:
    """Return what can be held against what another engine answers."""
    if isinstance(found, Decision):
        why = None if found.refusal is None else found.refusal.because
        return found.snapshot.state, found.snapshot.version, found.held, found.repeated, why
    if isinstance(found, CrmflowError | TypeError | ValueError):
        return Refused(type(found).__name__, str(found))
    if isinstance(found, Due):
        assert not any(isinstance(one, BLAME) for one in found.errors), found.errors
        return len(found.fired), tuple(map(answer, found.errors))
    if isinstance(found, Page):
        return len(found.rows), found.after
    if isinstance(found, Iterator | Sequence) and not isinstance(found, str):
        return tuple(map(answer, found))
    return type(found).__name__


UNSTORABLE = "UnstorableError"
"""Where a text is none, a database says so, and a store in memory finds nothing."""


def kind_of(found: object) -> str:
    """Return the class of the error a call is refused by, nothing where it is answered."""
    return found.kind if isinstance(found, Refused) else ""


def asked(engine: Engine, call: Call) -> object:
    """Return what a call is answered, or what it is refused by."""
    found: object = None
    with told_clearly(misuse=True) as refused:
        found = answer(call.on(engine))
    return answer(refused[0]) if refused else found


def heads(engine: Engine) -> list[bytes]:
    """Return the last hash of every journal."""
    return [row.head for row in engine.find()]


@fuzzed(short=8, long=200, calls=CALLS)
@example(calls=[Call("find_page", ("complaint",), {"limit": 0})])
@example(calls=[Call("tasks", ("administrator",), {"limit": -1})])
@example(calls=[Call("inbox", (), {"person": "\ud800"})])
@example(calls=[Call("retire", ("sla", "\ud800"), {"actor": ADMIN})])
@example(calls=[Call("run_due", (datetime.max.replace(tzinfo=UTC),), {})])
def test_calls_are_answered_or_refused(calls: list[Call], tmp_path: Path) -> None:
    """By any store alike; what is refused has written nothing."""
    (tmp_path / "crm.db").write_bytes(empty())
    in_memory = opened(MemoryStore())
    with closing(open_store(f"sqlite:///{tmp_path}/crm.db?synchronous=NORMAL")) as store:
        on_disk = opened(store)
        for call in calls:
            before = heads(in_memory)
            found = asked(in_memory, call)
            if isinstance(found, Refused):
                assert heads(in_memory) == before
            kept = asked(on_disk, call)
            assert kept == found or UNSTORABLE in (kind_of(found), kind_of(kept))


async def awaited(engine: AsyncEngine, call: Call) -> object:
    """Return what an asynchronous engine answers."""
    found = call.on(engine)
    if isinstance(found, AsyncIterator):
        return tuple([answer(one) async for one in found])
    return answer(await found)


@fuzzed(short=6, long=80, calls=CALLS)
def test_awaited_calls_are_answered_alike(calls: list[Call]) -> None:
    """An asynchronous engine answers, and refuses, what an engine does."""
    engine = opened(MemoryStore())

    async def run() -> list[object]:
        made = AsyncEngine("memory:")
        made._make = lambda: opened(MemoryStore())
        answers: list[object] = []
        async with made:
            for call in calls:
                found: object = None
                with told_clearly(misuse=True) as refused:
                    found = await awaited(made, call)
                answers.append(answer(refused[0]) if refused else found)
        return answers

    with bounded():
        assert asyncio.run(run()) == [asked(engine, call) for call in calls]


@st.composite
def beginnings(draw: st.DrawFn) -> dict[str, Any]:
    """Draw the arguments of an engine."""
    names = {
        "tenant": mostly("main"),
        "profile": maybe(mostly(("demo", "default,demo"))),
        "machines": st.lists(mostly("lead"), min_size=1, max_size=2),
        "plugins": st.lists(TEXTS, max_size=1),
        "retiring": st.lists(TEXTS, max_size=1),
        "config": maybe(st.one_of(TEXTS, st.dictionaries(TEXTS, TEXTS, max_size=2))),
        "interpreter": st.sampled_from(("table", "stock")),
    }
    return draw(st.fixed_dictionaries({}, optional=cast("Any", names)))


@fuzzed(short=15, long=150, given=beginnings(), url=st.sampled_from(("memory:", "sqlite://")))
def test_engines_start_or_say_why_not(
    given: dict[str, Any], url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever they are made with; what starts can be asked."""
    monkeypatch.chdir(tmp_path)
    with told_clearly(), Engine(url, **{"machines": ["lead"], **given}) as engine:
        assert list(engine.find()) == []
