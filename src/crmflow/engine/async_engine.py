"""
The asynchronous engine: the same calls, awaited.

Nothing of an engine is written here a second time. A call that asks the flow (`together`) waits
for the thread that takes all such calls at once; any other one (`threaded`) runs whole in a thread;
what reads page by page (`streamed`) reads each page in one.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import functools
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Self, TypeVar, cast

from crmflow.core.errors import StoreFileError
from crmflow.engine.asking import PAGE
from crmflow.engine.engine import Engine
from crmflow.engine.gathering import Gathering

if TYPE_CHECKING:
    from crmflow.core.ref import EntityRef
    from crmflow.storage.hosts import Awaiting

P = ParamSpec("P")
T = TypeVar("T")

Init = Callable[Concatenate["AsyncEngine", P], None]
"""A constructor with these arguments."""

THREADS = 8
"""Threads of an engine for whatever is not asked together."""


def _like(
    made: Callable[P, Engine],
) -> Callable[[Callable[[AsyncEngine, Callable[[], Engine]], None]], Init[P]]:
    """Return a decorator that gives a constructor the arguments of an engine's."""

    def decorate(init: Callable[[AsyncEngine, Callable[[], Engine]], None]) -> Init[P]:
        @functools.wraps(Engine.__init__)
        def like(self: AsyncEngine, /, *args: P.args, **kwargs: P.kwargs) -> None:
            init(self, lambda: made(*args, **kwargs))

        return like

    return decorate


def together(
    method: Callable[Concatenate[Engine, P], T],
) -> Callable[Concatenate[AsyncEngine, P], Coroutine[Any, Any, T]]:
    """
    Return a method that is asked together with others that are awaited meanwhile.

    Args:
        method: Asks as its last step: see `Questioner`.
    """

    @functools.wraps(method)
    async def awaited(self: AsyncEngine, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._together(lambda engine: method(engine, *args, **kwargs))

    return awaited


def threaded(
    method: Callable[Concatenate[Engine, P], T],
) -> Callable[Concatenate[AsyncEngine, P], Coroutine[Any, Any, T]]:
    """Return a method that runs whole in a thread of the engine's own."""

    @functools.wraps(method)
    async def awaited(self: AsyncEngine, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._in_thread(lambda engine: method(engine, *args, **kwargs))

    return awaited


def streamed(
    method: Callable[Concatenate[Engine, P], Iterator[T]],
) -> Callable[Concatenate[AsyncEngine, P], AsyncIterator[T]]:
    """Return an asynchronous iterator that reads so many rows at a time in a thread."""

    @functools.wraps(method)
    async def iterated(self: AsyncEngine, /, *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[T]:
        rows = await self._in_thread(lambda engine: method(engine, *args, **kwargs))
        while page := await self._in_thread(lambda _: list(islice(rows, PAGE))):
            for row in page:
                yield row

    return iterated


class AsyncEngine:
    """
    Runs machines over a store, for one tenant and asyncio.

    Made with the arguments of `Engine`, whose methods it has; each is awaited. Those that return
    an iterator are asynchronous iterators (`async for`). Calls that change something and are
    awaited at the same time share a transaction. Nothing keeps the event loop waiting: an engine
    has threads of its own, and reads plugins and opens the store in one of them when it is first
    used. It belongs to one event loop. An asynchronous context manager: entering it starts it,
    leaving it closes the store.

    A call that is cancelled is withdrawn where nothing of it has begun. Else it runs to its end,
    whole, and what it comes to is dropped: whoever does not know asks again with the same key.

    Raises:
        DefinitionError: At the first call, where a machine, plugin or setting is wrong.
        StoreError: At the first call, where the store cannot be opened.
    """

    @_like(Engine)
    def __init__(self, make: Callable[[], Engine]) -> None:
        self._make = make
        self._engine: Engine | None = None
        self._starting = threading.Lock()
        self._closed = False
        self._threads = ThreadPoolExecutor(THREADS, "crmflow")
        self._gathering = Gathering(self._started, self._threads)

    async def __aenter__(self) -> Self:
        try:
            await self._in_thread(lambda _: None)
        except BaseException:
            await self.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """
        Let all that has begun come to its end, then close the store; closing twice is no error.

        Where it is cancelled it is finished nevertheless; cancelled again, in a thread alone.
        """
        self._closed = True
        try:
            # What was posted in this turn of the event loop is started first.
            await asyncio.sleep(0)
        finally:
            closing = ThreadPoolExecutor(1, "crmflow-closes")
            closed = asyncio.wrap_future(closing.submit(self._close))
            closing.shutdown(wait=False)
            try:
                await asyncio.shield(closed)
            except asyncio.CancelledError:
                await asyncio.shield(closed)
                raise

    create = together(Engine.create)
    fire = together(Engine.fire)
    fire_many = together(Engine.fire_many)
    adopt = together(Engine.adopt)
    adopt_many = together(Engine.adopt_many)
    observe_many = together(Engine.observe_many)
    pause = together(Engine.pause)
    unpause = together(Engine.unpause)

    audit = streamed(Engine.audit)
    find = streamed(Engine.find)
    journal = streamed(Engine.journal)
    redecide = streamed(Engine.redecide)

    actor = threaded(Engine.actor)
    alike = threaded(Engine.alike)
    anchor = threaded(Engine.anchor)
    anchored = threaded(Engine.anchored)
    attach = threaded(Engine.attach)
    backlog = threaded(Engine.backlog)
    bulk = threaded(Engine.bulk)
    drop_outbox = threaded(Engine.drop_outbox)
    counts = threaded(Engine.counts)
    deadlines = threaded(Engine.deadlines)
    duplicates = threaded(Engine.duplicates)
    explain = threaded(Engine.explain)
    find_due = threaded(Engine.find_due)
    find_page = threaded(Engine.find_page)
    get = threaded(Engine.get)
    inbox = threaded(Engine.inbox)
    inbox_page = threaded(Engine.inbox_page)
    listed = threaded(Engine.listed)
    migrate = threaded(Engine.migrate)
    master_keys = threaded(Engine.master_keys)
    options = threaded(Engine.options)
    outbox = threaded(Engine.outbox)
    outbox_page = threaded(Engine.outbox_page)
    pause_machine = threaded(Engine.pause_machine)
    preview = threaded(Engine.preview)
    prune = threaded(Engine.prune)
    queue = threaded(Engine.queue)
    rank = threaded(Engine.rank)
    read = threaded(Engine.read)
    ref = threaded(Engine.ref)
    reindex = threaded(Engine.reindex)
    retire = threaded(Engine.retire)
    retry_outbox = threaded(Engine.retry_outbox)
    rotate = threaded(Engine.rotate)
    run_due = threaded(Engine.run_due)
    task_page = threaded(Engine.task_page)
    tasks = threaded(Engine.tasks)
    tasks_for = threaded(Engine.tasks_for)
    texts = threaded(Engine.texts)
    unpause_machine = threaded(Engine.unpause_machine)

    upkeep = threaded(Engine.upkeep)

    def joined(self, host: Awaiting) -> AsyncEngine:
        """
        Return an engine whose steps are written in a host's transaction, for an `async with`.

        What the host commits or rolls back is ours too; see `Engine.joined`. Every call runs
        whole within the host's `run_sync`: while it waits for the database, the event loop goes
        on, but guards and policies run in the event loop. Calls that are awaited at the same time
        follow each other. Messages are handed over in a thread once the transaction has ended.

        Args:
            host: An AsyncSession or AsyncConnection of SQLAlchemy on the database that is this
                engine's store. Its driver is psycopg (3) or aiosqlite.

        Raises:
            ConfigurationError: When it is entered, as all that follows: the host's transaction
                cannot be joined; all reasons at once.
            SchemaOutOfDateError: The host's database has no tables of this release.
        """
        return _Joined(self, host)

    async def _together(self, call: Callable[[Engine], T]) -> T:
        self._check()
        return await asyncio.wrap_future(self._gathering.post(call))

    async def _in_thread(self, call: Callable[[Engine], T]) -> T:
        self._check()
        run = contextvars.copy_context().run
        posted = self._threads.submit(lambda: run(call, self._started()))
        return await asyncio.wrap_future(posted)

    def _check(self) -> None:
        if self._closed:
            raise StoreFileError("of this engine", "it was closed")

    def _started(self) -> Engine:
        """Return the engine, made where it is not yet; in a thread, for it takes its time."""
        with self._starting:
            if self._engine is None:
                self._engine = self._make()
            return self._engine

    def _close(self) -> None:
        """Close what there is, once nothing goes on any more."""
        self._gathering.close()
        self._threads.shutdown()
        with self._starting:
            engine, self._engine = self._engine, None
        if engine is not None:
            engine.close()


class _Joined(AsyncEngine):
    """
    The same calls in a host's transaction, one at a time.

    Args:
        engine: Whose machines, policies and settings they have.
        host: Whose transaction.
    """

    def __init__(self, engine: AsyncEngine, host: Awaiting) -> None:
        # No threads of its own: the transaction is that of the host's task.
        self._own = engine
        self._threads = engine._threads  # noqa: SLF001 - its own
        self._host = host
        self._turn = asyncio.Lock()
        self._closed = True

    async def __aenter__(self) -> Self:
        from crmflow.storage.hosts import awaits, host_of, unknown

        if not awaits(self._host):
            raise unknown(self._host, "an AsyncConnection or AsyncSession of SQLAlchemy")
        engine = await self._own._in_thread(lambda engine: engine)  # noqa: SLF001 - its own

        def told(tellers: Iterable[EntityRef] | None) -> None:
            # Where the engine was closed meanwhile, others hand over what is left.
            with contextlib.suppress(RuntimeError):
                self._threads.submit(engine._hand_over, tellers)  # noqa: SLF001 - its own

        self._engine = await self._host.run_sync(
            lambda host: engine._joined(host_of(host), told)  # noqa: SLF001 - its own
        )
        self._closed = False
        return self

    async def aclose(self) -> None:
        """Leave the host's transaction to the host; nothing can be asked afterwards."""
        self._closed = True

    async def _together(self, call: Callable[[Engine], T]) -> T:
        return await self._in_thread(call)

    async def _in_thread(self, call: Callable[[Engine], T]) -> T:
        async with self._turn:
            self._check()
            return await self._host.run_sync(lambda _: call(self._started()))

    def _started(self) -> Engine:
        return cast("Engine", self._engine)
