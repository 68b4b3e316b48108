"""Group commit: who asks at the same time shares a transaction, and nobody can tell."""

import contextlib
import functools
import itertools
import os
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import cast

import attrs
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crmflow.core.decision import Decision
from crmflow.core.errors import (
    ConflictError,
    CrmflowError,
    KeyReusedError,
    StoreFileError,
    UnavailableError,
    UnknownEntityError,
    UnstorableError,
)
from crmflow.core.machine import Row, Send
from crmflow.core.message import Handler, Parcel
from crmflow.core.ref import EntityRef
from crmflow.core.tables import Tables
from crmflow.engine import grouping
from crmflow.engine.engine import Engine
from crmflow.engine.values import Firing
from crmflow.flow.commits import Known
from crmflow.flow.request import Request
from crmflow.flow.run import Flow
from crmflow.hookspecs import hookimpl
from crmflow.storage.commit import Commit, KeyConflict, Outcome
from crmflow.storage.memory import MemoryStore
from crmflow.storage.opening import open_store
from crmflow.storage.port import Store
from crmflow.storage.rows import EntityRow, JournalRow
from crmflow.testing import CrashingStore
from tests.engine.callers import PATIENCE, Caller, Gate, until
from tests.engine.machines import SALES, engine
from tests.engine.test_races import BADGE


@attrs.define
class Desk:
    """Badges behind a gate, and callers who meet there."""

    store: Gate
    badges: Engine
    badge: EntityRef

    def busy(self) -> Caller:
        """Return a caller who is at work in a commit."""
        self.store.shut()
        caller = self.call(lambda: self.badges.fire(self.badge, "use", actor=SALES))
        assert self.store.entered.acquire(timeout=PATIENCE)
        return caller

    def call(self, ask: Callable[[], object]) -> Caller:
        """Return a caller who asks."""
        return Caller(ask)

    def waiting(self, *asks: Callable[[], object]) -> list[Caller]:
        """Return callers who wait, in order, behind the one who is at work."""
        queue, callers = self.badges._group._waiting, []
        for ask in asks:
            callers.append(self.call(ask))
            until(lambda: len(queue) == len(callers))
        return callers

    def use(self) -> Decision:
        """Use the badge."""
        return self.badges.fire(self.badge, "use", actor=SALES)

    @property
    def uses(self) -> int:
        """How often the badge was used."""
        return int(self.badges.get(self.badge).facts.uses)


@pytest.fixture
def desk() -> Iterator[Desk]:
    """Return badges behind a gate that is open."""
    store = Gate()
    with engine(store, BADGE) as badges:
        badge = badges.create("badge", {"number": "7"}, actor=SALES).require().entity
        yield Desk(store, badges, badge)


def test_who_finds_nobody_at_work_goes_straight_on(desk: Desk) -> None:
    """A single caller has a transaction of its own for each call."""
    desk.store.batches.clear()
    for _ in range(3):
        desk.use().require()
    assert desk.store.batches == [1, 1, 1]


def test_those_who_wait_share_a_transaction(desk: Desk) -> None:
    """The first of them leads, and takes all; the events of one entity follow each other."""
    first = desk.busy()
    others = desk.waiting(*[desk.use] * 4)
    desk.store.open()
    got = [one.result() for one in (first, *others)]
    assert [one.snapshot.version for one in got if isinstance(one, Decision)] == [2, 3, 4, 5, 6]
    assert desk.store.batches == [1, 4]
    assert desk.uses == 5


def test_a_batch_has_its_measure_and_parts_no_caller(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who finds no room leads the next batch; who alone asks for more than a batch has is let."""
    monkeypatch.setattr(grouping, "MOST", 5)

    def many(count: int) -> Callable[[], object]:
        firings = [Firing(desk.badge, "use", actor=SALES)] * count
        return lambda: desk.badges.fire_many(firings)

    desk.busy()
    others = desk.waiting(many(2), many(3), many(1), many(8), desk.use)
    desk.store.open()
    for one in others:
        one.result()
    assert desk.store.batches == [1, 5, 1, 8, 1]
    assert desk.uses == 16


def test_an_error_reaches_its_caller_alone(desk: Desk) -> None:
    """Errors and refusals of one caller are nothing to the others of the batch."""
    desk.badges.create("badge", {"number": "8"}, actor=SALES, key="k").require()
    fire, create = desk.badges.fire, desk.badges.create
    desk.busy()
    callers = desk.waiting(
        desk.use,
        lambda: fire(("badge", "nobody"), "use", actor=SALES),
        lambda: create("badge", {"number": "7"}, actor=SALES),
        lambda: create("badge", {"number": "9"}, actor=SALES, key="k"),
        lambda: fire(desk.badge, "use", actor=SALES, version=1),
        desk.use,
    )
    desk.store.open()
    used, unknown, held, reused, late, again = (one.result() for one in callers)
    assert isinstance(used, Decision)
    assert isinstance(unknown, UnknownEntityError)
    assert isinstance(held, Decision)
    assert held.refusal is not None
    assert isinstance(reused, KeyReusedError)
    assert isinstance(late, ConflictError)
    assert isinstance(again, Decision)
    assert (used.snapshot.version, again.snapshot.version, desk.uses) == (3, 4, 3)


def test_one_key_of_two_callers_has_one_effect(desk: Desk) -> None:
    """Who sends the same again in the same batch gets the first decision, marked as repeated."""

    def use() -> Decision:
        return desk.badges.fire(desk.badge, "use", actor=SALES, key="twice")

    desk.busy()
    callers = desk.waiting(use, desk.use, use)
    desk.store.open()
    got = [one.result() for one in callers]
    assert [one.repeated for one in got if isinstance(one, Decision)] == [False, False, True]
    assert desk.uses == 3


def test_a_lost_connection_reaches_all(desk: Desk) -> None:
    """Each is told, by an error of its own, that it is unknown; afterwards all goes on."""
    first = desk.busy()
    others = desk.waiting(desk.use, desk.use)
    desk.store.fault = UnavailableError("test", "cut")
    desk.store.open()
    got = [one.result() for one in (first, *others)]
    assert {(type(one), str(one)) for one in got} == {(UnavailableError, str(desk.store.fault))}
    assert got[2] is not desk.store.fault
    desk.store.fault = None
    assert desk.use().require().snapshot.facts.uses == 1


def test_whoever_follows_one_who_is_stopped_is_told_to_ask_again(desk: Desk) -> None:
    """What stops a thread is its own; whether it committed is unknown to the others."""
    desk.busy()
    callers = desk.waiting(desk.use, desk.use)
    desk.store.fault = SystemExit(3)
    desk.store.open()
    leader, follower = (one.result() for one in callers)
    assert leader is desk.store.fault
    assert isinstance(follower, UnavailableError)
    assert str(follower) == (
        "store of this engine is unavailable: SystemExit ended a shared batch. "
        "Retry with the same key."
    )
    assert follower.__cause__ is leader
    desk.store.fault = None
    assert desk.use().require().snapshot.facts.uses == 1


class StoppedError(Exception):
    """A signal came."""


@contextlib.contextmanager
def stopped(when: Callable[[], bool]) -> Iterator[None]:
    """Stop the present thread by a signal, once it waits and something holds."""

    def stop(*_: object) -> None:
        raise StoppedError

    def send() -> None:
        until(when)
        signal.pthread_kill(me, signal.SIGUSR1)

    me, old = threading.get_ident(), signal.signal(signal.SIGUSR1, stop)
    sender = Caller(send)
    try:
        with pytest.raises(StoppedError):
            yield
    finally:
        sender.result()
        signal.signal(signal.SIGUSR1, old)


def test_who_is_stopped_while_waiting_is_withdrawn(desk: Desk) -> None:
    """What nobody took is not asked any more, and the next one leads."""
    first, queue = desk.busy(), desk.badges._group._waiting
    with stopped(lambda: len(queue) == 1):
        desk.use()
    (next_,) = desk.waiting(desk.use)
    desk.store.open()
    assert isinstance(first.result(), Decision)
    assert isinstance(next_.result(), Decision)
    assert desk.uses == 2


def test_who_is_stopped_after_being_taken_was_asked(desk: Desk) -> None:
    """What is taken runs to its end, whole."""
    desk.busy()
    (leader,) = desk.waiting(desk.use)
    queue, store = desk.badges._group._waiting, desk.store

    def taken() -> bool:
        if len(queue) < 2:
            return False
        store.passes.release()
        return store.entered.acquire(timeout=PATIENCE)

    with stopped(taken):
        desk.use()
    store.open()
    assert isinstance(leader.result(), Decision)
    assert store.batches == [1, 2]
    assert desk.uses == 3


def child(run: Callable[[], object]) -> int:
    """Return how a process that is forked ends: with 0 where it runs, ended where it hangs."""
    with warnings.catch_warnings():
        # Newer Pythons warn of what is tested here.
        warnings.simplefilter("ignore", DeprecationWarning)
        process = os.fork()
    if process == 0:
        code = 1
        try:
            signal.alarm(int(PATIENCE))
            run()
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def test_who_was_at_work_in_another_process_is_not_waited_for(desk: Desk) -> None:
    """A process that is forked meanwhile has the memory as it was, and goes on with it."""
    first = desk.busy()
    desk.waiting(desk.use)

    def run() -> None:
        desk.store.is_shut = False
        desk.use().require()
        assert desk.uses == 1

    assert child(run) == 0
    desk.store.open()
    assert isinstance(first.result(), Decision)


def test_a_forked_process_is_told_to_open_the_store(tmp_path: Path) -> None:
    """Where the store cannot be carried over, it says so instead of waiting for ever."""
    with engine(f"sqlite:///{tmp_path}/crm.db", BADGE) as badges:
        badge = badges.create("badge", {"number": "7"}, actor=SALES).require().entity

        def run() -> None:
            with pytest.raises(StoreFileError, match="forked process must open the store"):
                badges.fire(badge, "use", actor=SALES)

        with badges._group._work:
            assert child(run) == 0
        badges.fire(badge, "use", actor=SALES).require()


def test_who_forks_while_at_work_goes_on(desk: Desk) -> None:
    """Those of other threads are gone; whose thread it is leads to the end."""
    group = desk.badges._group
    group._work.acquire()
    group._leader = -1
    grouping.forked()
    desk.use().require()

    class Forking(MemoryStore):
        def load(self, refs: Sequence[EntityRef]) -> Sequence[EntityRow | None]:
            grouping.forked()
            return super().load(refs)

    with engine(Forking(), BADGE) as badges:
        badge = badges.create("badge", {"number": "7"}, actor=SALES).require().entity
        for uses in (1, 2):
            badges.fire(badge, "use", actor=SALES).require()
            assert badges.get(badge).facts.uses == uses
        assert not badges._group._work.locked()


def test_who_asks_while_it_is_asked_does_not_wait_for_itself() -> None:
    """A store, policy or directory may use the engine that calls it."""

    class Curious(MemoryStore):
        asks: Callable[[], object] | None = None

        def load(self, refs: Sequence[EntityRef]) -> Sequence[EntityRow | None]:
            """Ask first, once."""
            asks, self.asks = self.asks, None
            if asks is not None:
                asks()
            return super().load(refs)

    store = Curious()
    with engine(store, BADGE) as badges:
        badge = badges.create("badge", {"number": "7"}, actor=SALES).require().entity
        store.asks = lambda: badges.fire(badge, "use", actor=SALES).require()
        assert badges.fire(badge, "use", actor=SALES).require().snapshot.facts.uses == 2


class Bell:
    """A plugin whose handler fires on the engine that hands it a message."""

    fire: Callable[[Parcel], object]

    @hookimpl
    def handlers(self, tables: Tables) -> Mapping[str, Handler]:
        """Bring the handler."""
        return {"bell": self.rung}

    def rung(self, parcel: Parcel) -> None:
        """Fire."""
        self.fire(parcel)


RUNG = attrs.evolve(
    BADGE,
    rows=(
        *BADGE.rows,
        Row("valid", "ring", send=(Send("bell", "rung", lambda _a: {}, to=lambda _a: "b"),)),
    ),
)


def test_a_handler_may_fire_on_the_engine_that_hands_it_a_message() -> None:
    """Messages are handed over by their callers, behind the commit: nobody waits for himself."""
    bell = Bell()
    with Engine("memory:", machines=[RUNG], plugins=[bell]) as badges:
        badge = badges.create("badge", {"number": "7"}, actor=SALES).require().entity
        bell.fire = lambda parcel: badges.fire(badge, "use", actor=SALES, key=parcel.key).require()

        def ring() -> None:
            for _ in range(5):
                badges.fire(badge, "ring", actor=SALES).require()

        for one in [Caller(ring) for _ in range(4)]:
            assert one.result() is None
        assert badges.get(badge).facts.uses == 20
        assert not badges.outbox()


Op = tuple[str, str, str | None, str | None, int | None]
"""What is asked: event, badge, number, key and version."""

IDS, NUMBERS, KEYS = st.sampled_from("ab"), st.sampled_from("12"), st.sampled_from((None, "k"))
NO = st.none()
OPS = st.one_of(
    st.tuples(st.just("create"), IDS, NUMBERS, KEYS, NO),
    st.tuples(st.just("use"), IDS, NO, KEYS, st.sampled_from((None, 1, 2))),
    st.tuples(st.just("renumber"), IDS, NUMBERS, KEYS, NO),
    st.tuples(st.just("revoke"), IDS, NO, KEYS, NO),
)


def told(badges: Engine, world: str, op: Op) -> object:
    """Ask in a world of its own, and return all that may tell one order from another."""
    event, id_, number, key, version = op
    payload = None if number is None else {"number": f"{world} {number}"}
    key = key and f"{world} {key}"
    try:
        if event == "create":
            done = badges.create("badge", payload, actor=SALES, id=f"{world}{id_}", key=key)
        else:
            ref = ("badge", f"{world}{id_}")
            done = badges.fire(ref, event, payload, actor=SALES, key=key, version=version)
    except CrmflowError as error:
        return type(error).__name__
    if done.refusal is not None:
        return done.refusal.because
    facts = done.snapshot.facts
    return done.repeated, done.snapshot.version, facts.uses, facts.number[-1], done.snapshot.state


class Slow(MemoryStore):
    """A memory store in which a commit takes its time, so that others gather."""

    def commit(self, batch: Sequence[Commit]) -> Sequence[Outcome]:
        """Commit, in a while."""
        time.sleep(0.0005)
        return super().commit(batch)


Programs = Sequence[Sequence[Op]]
"""What each thread asks, in order."""


def serial(badges: Engine, programs: Programs, got: Sequence[Sequence[object]]) -> bool:
    """Say whether some order of the programs' steps, one after the other, gives what was got."""
    tries = itertools.count()

    def agrees(order: tuple[int, ...]) -> bool:
        world, places = f"s{next(tries)}", [0] * len(programs)
        for program in order:
            place = places[program]
            if told(badges, world, programs[program][place]) != got[program][place]:
                return False
            places[program] += 1
        return True

    def search(order: tuple[int, ...]) -> bool:
        if len(order) == sum(map(len, programs)):
            return True
        return any(
            agrees((*order, program)) and search((*order, program))
            for program in range(len(programs))
            if order.count(program) < len(programs[program])
        )

    return search(())


@settings(max_examples=25)
@given(programs=st.lists(st.lists(OPS, min_size=1, max_size=2), min_size=2, max_size=3))
@example(programs=[[("create", "a", "1", "k", None)]] * 3)
@example(
    programs=[
        [("create", "b", "1", None, None)],
        [("create", "a", "1", None, None), ("use", "b", None, None, 1)],
    ]
)
@example(
    programs=[
        [("create", "a", "1", None, None), ("use", "a", None, "k", None)],
        [("create", "b", "1", None, None), ("use", "a", None, "k", None)],
        [("create", "b", "2", None, None), ("renumber", "a", "2", None, None)],
    ]
)
def test_any_interleaving_gives_what_some_order_gives(programs: Programs) -> None:
    """Threads that ask at the same time get what they would get one after the other."""
    with engine(Slow(), BADGE) as badges, engine("memory:", BADGE) as alone:
        start = threading.Barrier(len(programs))

        def asks(program: Sequence[Op]) -> list[object]:
            start.wait(PATIENCE)
            return [told(badges, "w", op) for op in program]

        callers = [Caller(functools.partial(asks, program)) for program in programs]
        got = [cast("list[object]", one.result()) for one in callers]
        assert serial(alone, programs, got), got


@pytest.mark.parametrize("url", ["memory:", "sqlite"])
@pytest.mark.parametrize("after", [False, True])
def test_nothing_is_lost_or_doubled_where_batches_fail(
    url: str,
    after: bool,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    """Threads that send again, with the key, until they are answered have each effect once."""
    store: Store = Slow() if url == "memory:" else open_store(f"sqlite:///{tmp_path}/b.db")
    counting = store = CrashingStore(store, UnavailableError("test", "cut"), at=5, after=after)
    for at in (8, 9, 13, 21):
        store = CrashingStore(store, UnavailableError("test", "cut"), at=at, after=after)
    lost: list[int] = []
    with engine(store, BADGE) as badges:
        badge = badges.create("badge", {"number": "7"}, actor=SALES).require().entity

        def use(name: int) -> None:
            for count in range(20):
                while True:
                    with contextlib.suppress(UnavailableError):
                        badges.fire(badge, "use", actor=SALES, key=f"{name} {count}").require()
                        break
                    lost.append(name)

        for one in [Caller(functools.partial(use, name)) for name in range(6)]:
            assert one.result() is None
        keys = [record.event.key for record in badges.journal(badge)]
        assert badges.get(badge).facts.uses == 120
        assert sorted(filter(None, keys)) == sorted(
            f"{name} {count}" for name in range(6) for count in range(20)
        )
    assert len(lost) >= 5
    record_property(
        f"batches failed {'after' if after else 'before'} their commit, {url}",
        {
            "callers told": len(lost),
            "transactions": counting.count,
            "events": 120,
        },
    )


BRITTLE = attrs.evolve(
    BADGE,
    rows=(
        *BADGE.rows,
        # A number longer than Python itself writes: found when the commit is made, not before.
        Row("valid", "spoil", sets=lambda _attempt: {"uses": 10**5000}),
    ),
)


@pytest.mark.parametrize("fault", [UnstorableError, LookupError])
def test_what_fails_of_one_member_reaches_its_caller_alone(
    fault: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of its machine, or of crmflow's own: it is no fault of the batch, and alone it is raised."""
    sound = Flow._commit

    def commit(flow: Flow, request: Request, entity: Known, decision: Decision) -> Commit | None:
        if request.event == "spoil" and fault is LookupError:
            raise LookupError("spoil")
        return sound(flow, request, entity, decision)

    monkeypatch.setattr(Flow, "_commit", commit)
    store = Gate()
    with engine(store, BRITTLE) as badges:
        badge = badges.create("badge", {"number": "7"}, actor=SALES).require().entity
        desk = Desk(store, badges, badge)
        desk.busy()
        spoil = functools.partial(badges.fire, badge, "spoil", actor=SALES)
        callers = desk.waiting(desk.use, spoil, desk.use)
        store.open()
        used, spoilt, again = (one.result() for one in callers)
        assert isinstance(spoilt, fault)
        with pytest.raises(fault):
            spoil()
        assert isinstance(used, Decision)
        assert isinstance(again, Decision)
        assert again.snapshot.facts.uses == 3


class Forgetful(Gate):
    """A store that has lost what a key was used for, or answers no more once it has committed."""

    lost: Exception | None = None

    def keyed(self, tenant: str, machine: str, scope: str, key: str) -> KeyConflict | None:
        """Fail, where so told."""
        if self.lost is not None:
            raise self.lost
        return super().keyed(tenant, machine, scope, key)

    def journal(
        self, ref: EntityRef, *, after: int = 0, until: int | None = None, limit: int = 1000
    ) -> Sequence[JournalRow]:
        """Fail, where so told."""
        if self.lost is not None:
            raise self.lost
        return super().journal(ref, after=after, until=until, limit=limit)


@pytest.mark.parametrize("event", ["use", "issue"])
def test_what_fails_behind_the_commit_reaches_its_caller_alone(event: str) -> None:
    """Others have their decisions, which are durable; alone it is raised as ever."""
    store = Forgetful()
    with engine(store, BADGE) as badges:
        badge = badges.create("badge", {"number": "7"}, actor=SALES).require().entity
        badges.fire(badge, "use", actor=SALES, key="k").require()
        desk = Desk(store, badges, badge)
        desk.busy()
        again = functools.partial(
            badges.fire, badge, event, {"number": "8"} if event == "issue" else None,
            actor=SALES, key="k",
        )  # fmt: skip
        callers = desk.waiting(desk.use, again, desk.use)
        store.lost = UnavailableError("test", "cut")
        store.open()
        used, failed, last = (one.result() for one in callers)
        assert failed is store.lost
        with pytest.raises(UnavailableError):
            again()
        assert isinstance(used, Decision)
        assert isinstance(last, Decision)
        assert last.snapshot.facts.uses == 4
