"""The asynchronous engine: the same calls, awaited; cancelled anywhere, nothing is lost."""

import asyncio
import contextvars
import gc
import inspect
import itertools
import shutil
import threading
import types
from collections.abc import Callable, Coroutine, Generator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pytest

from crmflow.clock import ManualClock
from crmflow.core.decision import Decision
from crmflow.core.errors import (
    ConfigurationError,
    StoreFileError,
    UnavailableError,
    UnknownEntityError,
    UnknownMachineError,
)
from crmflow.core.machine import Machine
from crmflow.core.message import Handler, Parcel
from crmflow.core.ref import EntityRef
from crmflow.core.tables import Tables
from crmflow.directory import ListedDirectory
from crmflow.engine.asking import PAGE
from crmflow.engine.async_engine import THREADS, AsyncEngine
from crmflow.engine.engine import Engine
from crmflow.engine.grouping import MOST
from crmflow.engine.values import Adopting, Firing, Observed
from crmflow.hookspecs import hookimpl
from crmflow.storage.memory import MemoryStore
from crmflow.storage.opening import open_store
from crmflow.storage.port import Store
from tests.engine.callers import PATIENCE, Gate, until
from tests.engine.machines import ADMIN, AT, SALES
from tests.engine.test_grouping import RUNG
from tests.engine.test_races import BADGE

T = TypeVar("T")


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run to the end, with asyncio looking for faults, and leave no thread behind."""
    done = asyncio.run(asyncio.wait_for(main, PATIENCE), debug=True)
    until(lambda: not ours())
    return done


def ours() -> list[str]:
    """Return the names of the threads of asynchronous engines."""
    return [one.name for one in threading.enumerate() if one.name.startswith("crmflow")]


async def turns(count: int = 50) -> None:
    """Let the event loop go round."""
    for _ in range(count):
        await asyncio.sleep(0)


async def eventually(holds: Callable[[], bool]) -> None:
    """Wait until something holds, while the event loop goes on."""
    while not holds():  # noqa: ASYNC110 - what is waited for happens in a thread
        await asyncio.sleep(0.001)


def badges(store: Any = "memory:", **given: Any) -> AsyncEngine:  # noqa: ANN401 - an engine's
    """Return an engine of badges on a clock that stands still."""
    return AsyncEngine(store, machines=[BADGE], clock=ManualClock(AT), **given)


async def issued(engine: AsyncEngine, number: str = "7") -> EntityRef:
    """Return a new badge."""
    return (await engine.create("badge", {"number": number}, actor=SALES)).require().entity


PUBLIC = {name for name in dir(Engine) if not name.startswith("_")} - {"close", "joined"}


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_every_method_of_an_engine_is_awaited(name: str) -> None:
    """Name, arguments and docstring are the engine's."""
    theirs, ours = getattr(Engine, name), getattr(AsyncEngine, name)
    assert inspect.iscoroutinefunction(ours) or inspect.isasyncgenfunction(ours)
    assert inspect.signature(theirs) == inspect.signature(ours)
    assert inspect.getdoc(theirs) == inspect.getdoc(ours)
    lists = inspect.signature(theirs).return_annotation.startswith("Iterator")
    assert inspect.isasyncgenfunction(ours) is lists


def test_it_is_made_as_an_engine_is() -> None:
    """It takes what an engine takes."""
    assert inspect.signature(AsyncEngine) == inspect.signature(Engine)


def test_a_life_is_the_same() -> None:
    """Calls, batches, readings and iterators give what the synchronous engine gives."""

    async def live() -> None:
        async with badges() as engine:
            badge = await issued(engine)
            assert (await engine.fire(badge, "use", actor=SALES)).require().snapshot.version == 2
            firings = [
                Firing(badge, "use", actor=SALES),
                Firing(("badge", "x"), "use", actor=SALES),
            ]
            used, unknown = await engine.fire_many(iter(firings))
            assert isinstance(used, Decision)
            assert isinstance(unknown, UnknownEntityError)
            assert await engine.fire_many([]) == ()
            placed = Adopting(("badge", "b"), "valid", {"number": "8"}, reason="moved")
            assert (await engine.adopt(placed, actor=ADMIN)).require().snapshot.state == "valid"
            (again,) = await engine.adopt_many([placed], actor=SALES)
            assert isinstance(again, Decision)
            assert not again.accepted
            row = Observed(("badge", "c"), "seen", "valid", AT, "porter", {"number": "9"})
            (seen,) = await engine.observe_many([row])
            assert isinstance(seen, Decision)
            assert (await engine.pause(badge, "lost", actor=ADMIN)).accepted
            assert not (await engine.fire(badge, "use", actor=SALES)).accepted
            assert (await engine.unpause(badge, "found", actor=ADMIN)).accepted
            assert (await engine.get(badge)).facts.uses == 2
            assert [one.ref.id async for one in engine.find("badge")][-2:] == ["b", "c"]
            names = [one.event.name async for one in engine.journal(badge)]
            assert names == ["issue", "use", "use", "$pause", "$unpause"]
            assert not any([one.differs async for one in engine.redecide(badge)])
            assert not (await engine.run_due()).errors

    run(live())


def test_a_thousand_calls_share_a_few_transactions() -> None:
    """Awaited at once, they are asked in batches; each has its own decision, in order."""
    store = Gate()

    async def fire() -> None:
        async with badges(store) as engine:
            refs = [await issued(engine, str(number)) for number in range(10)]
            store.batches.clear()
            calls = [engine.fire(refs[n % 10], "use", actor=SALES) for n in range(1000)]
            done = await asyncio.gather(*calls)
            for first in range(10):
                versions = [one.snapshot.version for one in done[first::10]]
                assert versions == list(range(2, 102))
            assert sum(store.batches) == 1000
            assert len(store.batches) == 1000 / MOST
            assert len(ours()) <= THREADS + 1

    run(fire())


def test_an_error_reaches_who_awaits_it() -> None:
    """Others of the batch get their decisions."""

    async def fire() -> None:
        async with badges(directory=ListedDirectory(())) as engine:
            badge = await issued(engine)
            got = await asyncio.gather(
                engine.fire(badge, "use", actor=SALES),
                engine.fire(("badge", "x"), "use", actor=SALES),
                engine.fire(badge, "use", actor="nobody"),
                engine.fire(badge, "use", actor=SALES),
                return_exceptions=True,
            )
            assert [type(one).__name__ for one in got] == [
                "Decision", "UnknownEntityError", "UnknownActorError", "Decision",
            ]  # fmt: skip

    run(fire())


def test_a_lost_connection_reaches_all() -> None:
    """Each is told that it is unknown, by an error of its own; afterwards all goes on."""
    store = Gate()

    async def fire() -> None:
        async with badges(store) as engine:
            badge = await issued(engine)
            store.shut()
            calls = [asyncio.create_task(engine.fire(badge, "use", actor=SALES)) for _ in range(5)]
            await eventually(lambda: store.batches != [])
            store.fault = UnavailableError("test", "cut")
            store.open()
            got = await asyncio.gather(*calls, return_exceptions=True)
            assert {str(one) for one in got} == {str(store.fault)}
            assert len(set(map(id, got))) == 5
            store.fault = None
            assert (await engine.fire(badge, "use", actor=SALES)).accepted

    run(fire())


def test_the_event_loop_goes_on_while_an_engine_starts() -> None:
    """Reading plugins and opening a store keep nobody waiting."""
    free = threading.Event()

    class Late:
        """A plugin that takes its time."""

        @hookimpl
        def machines(self) -> Sequence[Machine]:
            """Bring nothing, late."""
            assert free.wait(PATIENCE)
            return ()

    async def enter() -> None:
        engine = badges(plugins=[Late()])
        entering = asyncio.create_task(engine.get(("badge", "x")))
        await turns(1000)
        assert not entering.done()
        free.set()
        with pytest.raises(UnknownEntityError):
            await entering
        await engine.aclose()

    run(enter())


def test_the_event_loop_goes_on_while_a_store_commits() -> None:
    """Others have their turns."""
    store = Gate()

    async def fire() -> None:
        async with badges(store) as engine:
            badge = await issued(engine)
            store.shut()
            firing = asyncio.create_task(engine.fire(badge, "use", actor=SALES))
            await eventually(lambda: store.batches == [1])
            await turns(1000)
            assert not firing.done()
            store.open()
            assert (await firing).accepted

    run(fire())


def test_what_nobody_took_yet_is_withdrawn() -> None:
    """Cancelled while another batch is committed, it never happens."""
    store = Gate()

    async def fire() -> None:
        async with badges(store) as engine:
            badge = await issued(engine)
            store.shut()
            first = asyncio.create_task(engine.fire(badge, "use", actor=SALES))
            await eventually(lambda: store.batches == [1])
            second = asyncio.create_task(engine.fire(badge, "use", actor=SALES))
            await turns()
            assert not second.done()
            second.cancel()
            with pytest.raises(asyncio.CancelledError):
                await second
            store.open()
            assert (await first).accepted
            assert (await engine.get(badge)).facts.uses == 1

    run(fire())


def test_what_is_taken_runs_to_its_end() -> None:
    """Cancelled in its commit, it is whole, and the same key has the decision."""
    store = Gate()

    async def fire() -> None:
        async with badges(store) as engine:
            badge = await issued(engine)
            store.shut()
            firing = asyncio.create_task(engine.fire(badge, "use", actor=SALES, key="k"))
            await eventually(lambda: store.batches == [1])
            firing.cancel()
            with pytest.raises(asyncio.CancelledError):
                await firing
            store.open()
            again = await engine.fire(badge, "use", actor=SALES, key="k")
            assert again.repeated
            assert again.snapshot.facts.uses == 1

    run(fire())


@types.coroutine
def cancelling(
    story: Coroutine[Any, Any, None], at: int, how: Callable[[asyncio.Task[Any]], object]
) -> Generator[Any, Any, bool]:
    """Run a story and cancel its task at the n-th await; say whether it came to its end before."""
    task, count = asyncio.current_task(), 0
    assert task is not None
    steps = story.__await__()
    try:
        waits = next(steps)
        while True:
            count += 1
            if count == at:
                how(task)
            try:
                sent = yield waits
            except BaseException as fault:  # noqa: BLE001 - passed on
                waits = steps.throw(fault)
            else:
                waits = steps.send(sent)
    except StopIteration:
        return True


WHEN: Mapping[str, Callable[[asyncio.Task[Any]], object]] = {
    "before it waits": lambda task: task.cancel(),
    "at its next turn": lambda task: asyncio.get_running_loop().call_soon(task.cancel),
    "in a while": lambda task: asyncio.get_running_loop().call_later(0.002, task.cancel),
}


class Kept(MemoryStore):
    """A memory store that outlives its engines."""

    def close(self) -> None:
        """Keep everything."""


async def story(store: str | Store) -> None:
    """Live a badge's life, each step with its key."""
    async with badges(store) as engine:
        made = await engine.create("badge", {"number": "7"}, actor=SALES, id="b", key="issue")
        for count in range(3):
            await engine.fire(made.entity, "use", actor=SALES, key=f"use {count}")
        firings = [Firing(made.entity, "use", actor=SALES, key=f"many {n}") for n in range(3)]
        await engine.fire_many(firings)
        assert [row.ref async for row in engine.find("badge")] == [made.entity]
        assert [one.version async for one in engine.journal(made.entity)][:7] == list(range(1, 8))
        await engine.fire(made.entity, "revoke", actor=SALES, key="revoke")
        whole = [one async for one in engine.redecide(made.entity)]
        assert len(whole) == 8
        assert not any(one.differs for one in whole)


def lived(when: str, opened: Callable[[int], str | Store]) -> int:
    """Cancel a story at each of its awaits, tell it again, and return how many it has."""
    gc.freeze()  # so that looking for what is left open passes over what was there before
    for at in itertools.count(1):
        store = opened(at)

        async def told() -> bool:
            try:
                return await cancelling(story(store), at, WHEN[when])  # noqa: B023 - run at once
            except asyncio.CancelledError:
                return False

        ended = run(told())
        run(story(store))
        gc.collect()  # what is left open warns, and a warning is an error
        if ended:
            break
    gc.unfreeze()
    return at


@pytest.mark.parametrize("when", WHEN)
def test_a_story_may_be_cancelled_at_every_await(when: str) -> None:
    """Whichever await it is, no thread is left, and told again it ends the same."""
    assert lived(when, lambda _: Kept()) > 8


@pytest.mark.slow
@pytest.mark.parametrize("when", WHEN)
def test_a_story_on_disk_may_be_cancelled_at_every_await(
    when: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Nor is a connection left."""
    open_store(f"sqlite:///{tmp_path}/new.db").close()

    def opened(at: int) -> str:
        shutil.copy(tmp_path / "new.db", tmp_path / f"{at}.db")
        return f"sqlite:///{tmp_path}/{at}.db"

    record_property(f"story cancelled {when}", {"awaits": lived(when, opened) - 1})


def test_nothing_is_opened_before_it_is_used(tmp_path: Path) -> None:
    """Making an engine starts nothing; what is wrong is raised where it is entered."""

    async def enter() -> None:
        engine = AsyncEngine(f"sqlite:///{tmp_path}/b.db", machines=["nothing"])
        assert not ours()
        with pytest.raises(UnknownMachineError):
            async with engine:
                pass
        await engine.aclose()
        wrong = AsyncEngine("oracle:", machines=[BADGE])
        got = await asyncio.gather(
            wrong.create("badge", actor=SALES), wrong.run_due(), return_exceptions=True
        )
        assert [type(one) for one in got] == [ConfigurationError] * 2
        await wrong.aclose()

    run(enter())
    assert not list(tmp_path.iterdir())


def test_what_is_closed_says_so() -> None:
    """What has begun comes to its end first; closing twice is no error."""
    store = Gate()

    async def close() -> None:
        engine = badges(store)
        badge = await issued(engine)
        store.shut()
        firing = asyncio.create_task(engine.fire(badge, "use", actor=SALES))
        await eventually(lambda: store.batches == [1])
        closing = asyncio.create_task(engine.aclose())
        await turns()
        assert not closing.done()
        with pytest.raises(StoreFileError, match="it was closed"):
            await engine.fire(badge, "use", actor=SALES)
        with pytest.raises(StoreFileError, match="it was closed"):
            await engine.get(badge)
        store.open()
        assert (await firing).accepted
        await closing
        await engine.aclose()

    run(close())


@pytest.mark.parametrize("times", [1, 2])
def test_closing_is_finished_where_it_is_cancelled(times: int) -> None:
    """Cancelled once it is waited for nevertheless; cancelled again it ends without anybody."""
    store = Gate()

    async def close() -> None:
        engine = badges(store)
        badge = await issued(engine)
        store.shut()
        firing = asyncio.create_task(engine.fire(badge, "use", actor=SALES))
        await eventually(lambda: store.batches == [1])
        closing = asyncio.create_task(engine.aclose())
        for _ in range(times):
            await turns()
            assert not closing.done()
            closing.cancel()
        if times > 1:
            with pytest.raises(asyncio.CancelledError):
                await closing
        store.open()
        with pytest.raises(asyncio.CancelledError):
            await closing
        assert (await firing).accepted
        await eventually(lambda: store._tenants is None)

    run(close())


def test_what_is_asked_before_it_closes_is_answered() -> None:
    """Also in the very turn of the event loop in which it is closed."""

    async def close() -> None:
        engine = badges()
        used, _ = await asyncio.gather(issued(engine), engine.aclose())
        assert used.machine == "badge"

    run(close())


def test_long_lists_are_read_page_by_page() -> None:
    """Who stops reading early leaves nothing behind."""

    async def read() -> None:
        async with badges() as engine:
            calls = [issued(engine, str(number)) for number in range(PAGE + 5)]
            refs = await asyncio.gather(*calls)
            assert [row.ref async for row in engine.find("badge")] == sorted(refs)
            async for row in engine.find("badge"):
                assert row.ref == min(refs)
                break
            with pytest.raises(UnknownEntityError):
                _ = [one async for one in engine.journal(("badge", "x"))]

    run(read())


WHO: contextvars.ContextVar[str] = contextvars.ContextVar("WHO", default="nobody")


class Bell:
    """A plugin whose handler does as told."""

    def __init__(self, take: Callable[[Parcel], object]) -> None:
        self.take = take

    @hookimpl
    def handlers(self, tables: Tables) -> Mapping[str, Handler]:
        """Bring the handler."""
        return {"bell": self.take}


def test_handlers_see_the_context_of_who_awaits() -> None:
    """Context variables are those of the task, in handlers and in what runs in a thread."""
    heard: list[str] = []

    async def ring(engine: AsyncEngine, badge: EntityRef, who: str) -> None:
        WHO.set(who)
        (await engine.fire(badge, "ring", actor=SALES)).require()

    async def fire() -> None:
        bell = Bell(lambda _parcel: heard.append(WHO.get()))
        async with AsyncEngine("memory:", machines=[RUNG], plugins=[bell]) as engine:
            refs = [await issued(engine, str(number)) for number in range(4)]
            await asyncio.gather(*(ring(engine, ref, ref.id) for ref in refs))
            assert sorted(heard) == sorted(ref.id for ref in refs)
            assert not await engine.outbox()
            assert (await engine.outbox_page()).rows == ()

    run(fire())


def test_a_slow_handler_keeps_nobody_else_waiting() -> None:
    """Others of the same batch, and those behind it, have their decisions."""
    free = threading.Event()

    async def fire() -> None:
        bell = Bell(lambda _parcel: free.wait(PATIENCE))
        async with AsyncEngine("memory:", machines=[RUNG], plugins=[bell]) as engine:
            refs = [await issued(engine, str(number)) for number in range(2)]
            ringing = asyncio.create_task(engine.fire(refs[0], "ring", actor=SALES))
            using = asyncio.create_task(engine.fire(refs[1], "use", actor=SALES))
            assert (await using).accepted
            assert (await engine.fire(refs[0], "use", actor=SALES)).accepted
            assert not ringing.done()
            free.set()
            assert (await ringing).accepted

    run(fire())


def test_a_handler_that_fails_unexpectedly_is_the_callers() -> None:
    """What a synchronous caller would get is raised where it is awaited."""
    store = Gate()

    async def fire() -> None:
        bell = Bell(lambda _parcel: None)
        async with AsyncEngine(store, machines=[RUNG], plugins=[bell]) as engine:
            badge = await issued(engine)

            def broken(*_: object, **__: object) -> None:
                raise ZeroDivisionError

            store.outbox = broken  # type: ignore[assignment,method-assign]
            with pytest.raises(ZeroDivisionError):
                await engine.fire(badge, "ring", actor=SALES)
            assert (await engine.get(badge)).version == 2

    run(fire())
