"""Backups that are made by themselves: every day, once, and never in the way of the timers."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest

from crmflow.clock import ManualClock
from crmflow.config import Overlay
from crmflow.core.errors import BackupError, UnavailableError
from crmflow.engine.backing_up import LOCK
from crmflow.engine.engine import Engine
from crmflow.engine.working.pace import Pace
from crmflow.engine.working.worker import Worker
from crmflow.storage.backup import back_up
from crmflow.storage.memory import MemoryStore
from crmflow.storage.opening import open_store, restore
from crmflow.storage.port import Store
from crmflow.storage.sqlite_backup import verify
from crmflow.testing import CrashingStore
from tests.engine.machines import AT, CALL, SALES
from tests.storage.servers import empty_database

DAY = timedelta(days=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return an empty folder."""
    made = tmp_path / "backups"
    made.mkdir()
    return made


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Return a store in a file."""
    with closing(open_store(f"sqlite:///{tmp_path / 'crm.db'}?synchronous=NORMAL")) as store:
        yield store


def engine(store: Store, folder: Path | None, clock: ManualClock, **columns: object) -> Engine:
    """Return an engine that makes backups in a folder."""
    row = {"name": "daily", "keep": 2, **columns}
    given = row if folder is None else {**row, "folder": str(folder)}
    own = Overlay({"company.zone": "UTC"}, {"backups": [given]})
    return Engine(store, machines=[CALL], config=own, clock=clock)


def names(folder: Path) -> list[str]:
    """Return the backups there are."""
    return sorted(file.name for file in folder.glob("*.db"))


def test_a_backup_every_day(store: Store, folder: Path) -> None:
    """Once a day, whoever runs what is due and how often; the oldest go (STO-001)."""
    clock = ManualClock(AT)
    calls = engine(store, folder, clock)
    calls.create("call", {"number": "400"}, actor=SALES, id="C-1").require()
    due = calls.run_due()
    assert due.backups == (str(folder / "daily-20260302T090000Z.db"),)
    assert verify(Path(due.backups[0])).entities == 1
    assert calls.run_due().backups == ()
    assert engine(store, folder, clock).run_due().backups == ()
    for _ in range(2):
        clock.advance(DAY)
        assert len(calls.run_due().backups) == 1
    assert names(folder) == ["daily-20260303T090000Z.db", "daily-20260304T090000Z.db"]
    (folder / "mine.db").touch()
    assert calls.run_due(AT + 9 * DAY).backups == ()
    assert len(names(folder)) == 3


def test_a_worker_makes_it_with_a_sweep(store: Store, folder: Path) -> None:
    """And tells of it; beside its rounds where it has threads, which it waits for in the end."""
    made: list[str] = []
    clock = ManualClock(AT)
    calls = engine(store, folder, clock)
    worker = Worker(calls, Pace(threads=0), told=lambda _tenant, due: made.extend(due.backups))
    worker.round()
    worker.round()
    assert [Path(one).name for one in made] == names(folder)
    clock.advance(DAY)
    Worker(calls, told=lambda _tenant, due: made.extend(due.backups)).run(once=True)
    assert [Path(one).name for one in made] == names(folder)
    assert len(made) == 2


@pytest.mark.parametrize("columns", [{"enabled": False}, {"from_on": "2030-01-01"}])
def test_no_backup_that_nobody_asked_for(
    store: Store, folder: Path, columns: dict[str, object]
) -> None:
    """Off without a folder, switched off, or not yet in force."""
    assert engine(store, None, ManualClock(AT)).run_due().backups == ()
    due = engine(store, folder, ManualClock(AT), **columns).run_due()
    assert (due.backups, due.errors, names(folder)) == ((), (), [])


def test_a_failure_is_told_and_does_not_stop_the_timers(store: Store, folder: Path) -> None:
    """What else is due is done, and the next run tries again."""
    clock = ManualClock(AT)
    lost = UnavailableError("crm.db", "lost")
    broken = CrashingStore(store, lost, calls=("copy",))
    calls = engine(broken, folder, clock)
    ref = calls.create("call", {"number": "400"}, actor=SALES).require().entity
    clock.advance(DAY)
    due = calls.run_due()
    assert [one.entity for one in due.fired] == [ref]
    assert (due.errors, names(folder)) == ((lost,), [])
    assert len(calls.run_due().backups) == 1


def test_a_crash_after_the_copy_is_made_good(store: Store, folder: Path) -> None:
    """A part is no backup, and the next run drops it and makes a whole one."""
    broken = CrashingStore(store, KeyboardInterrupt(), calls=("copy",), after=True)
    calls = engine(broken, folder, ManualClock(AT))
    with pytest.raises(KeyboardInterrupt):
        calls.run_due()
    part = folder / "daily-20260301T090000Z.db.part"
    part.touch()
    other = folder / "daily-notes.part"
    other.touch()
    assert names(folder) == []
    assert len(calls.run_due().backups) == 1
    assert (part.exists(), other.exists()) == (False, True)


@pytest.mark.parametrize("wrong", ["missing", "file", "lock", "strange_lock"])
def test_a_folder_that_cannot_be_used_is_told(store: Store, tmp_path: Path, wrong: str) -> None:
    """It is not there, is a file, or cannot be locked."""
    folder = tmp_path / "backups"
    if wrong == "file":
        folder.touch()
    elif wrong == "lock":
        (folder / LOCK).mkdir(parents=True)
    elif wrong == "strange_lock":
        folder.mkdir()
        (folder / LOCK).write_text("somebody's notes, which no lock is made of" * 20)
    due = engine(store, folder, ManualClock(AT)).run_due()
    assert [type(one) for one in due.errors] == [BackupError]
    assert due.backups == ()


def test_what_the_disk_refuses_is_told(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An old one that cannot be removed does not stop the run either."""
    clock = ManualClock(AT)
    calls = engine(store, folder, clock, keep=1)
    calls.run_due()
    clock.advance(DAY)

    def refuse(path: Path, missing_ok: bool = False) -> None:
        if not missing_ok:
            raise PermissionError(path)

    monkeypatch.setattr(Path, "unlink", refuse)
    (error,) = calls.run_due().errors
    assert "it cannot be used" in str(error)


def test_of_two_processes_one_makes_it(store: Store, folder: Path) -> None:
    """While another holds the folder's lock nobody waits, nothing is made and nothing is wrong."""
    with closing(sqlite3.connect(folder / LOCK, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        due = engine(store, folder, ManualClock(AT)).run_due()
        assert (due.backups, due.errors) == ((), ())
    assert len(engine(store, folder, ManualClock(AT)).run_due().backups) == 1


@pytest.mark.parametrize("kind", ["postgresql", pytest.param("mysql", marks=pytest.mark.slow)])
def test_a_backup_every_day_of_a_store_on_a_server(folder: Path, kind: str) -> None:
    """By the same rows as of a file; one that is not to be checked is not."""
    clock = ManualClock(AT)
    with empty_database(kind) as url, closing(open_store(url)) as store:
        calls = engine(store, folder, clock)
        calls.create("call", {"number": "400"}, actor=SALES, id="C-1").require()
        assert len(calls.run_due().backups) == 1
        assert calls.run_due().backups == ()
        with closing(open_store(f"{url}{'&' if '?' in url else '?'}tools={folder}")) as bare:
            clock.advance(DAY)
            (error,) = engine(bare, folder, clock).run_due().errors
        assert "dump" in str(error)
        assert len(engine(store, folder, clock, checked=False).run_due().backups) == 1
    assert len(names(folder)) == 2
    assert not list(folder.glob("*.part"))


def test_a_store_in_memory_says_so_every_time(folder: Path) -> None:
    """A backup that was asked for and cannot be is an error, not silence."""
    (error,) = engine(MemoryStore(), folder, ManualClock(AT)).run_due().errors
    assert "a store in memory has no backups" in str(error)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
def test_a_backup_under_writers_is_of_one_instant(tmp_path: Path, kind: str) -> None:
    """What was acknowledged before is in it, no step by half, and every journal folds."""
    acknowledged = [0] * 3
    done = Event()

    def call_again_and_again(number: int) -> None:
        with closing(open_store(url)) as own:
            caller = engine(own, None, ManualClock(AT))
            ref = caller.create("call", {"number": "400"}, actor=SALES, id=f"C-{number}").require()
            while not done.is_set():
                event = ("answer", "hold")[acknowledged[number] % 2]
                caller.fire(ref.entity, event, actor=SALES).require()
                acknowledged[number] += 1

    with empty_database(kind) as url, closing(open_store(url)) as store:
        with ThreadPoolExecutor() as pool:
            lives = [pool.submit(call_again_and_again, number) for number in range(3)]
            try:
                while min(acknowledged) < 5 and not any(one.done() for one in lives):
                    time.sleep(0.01)
                before = list(acknowledged)
                assert back_up(store, tmp_path / "backup.db") is not None
            finally:
                done.set()
            assert [one.result() for one in lives] == [None] * 3
        with empty_database(kind) as other:
            restore(other, str(tmp_path / "backup.db"))
            with closing(open_store(other)) as again:
                calls = engine(again, None, ManualClock(AT))
                assert [one.findings for one in calls.audit()] == [()] * 3
                for number, (least, most) in enumerate(zip(before, acknowledged, strict=True)):
                    found = calls.get(("call", f"C-{number}")).version - 1
                    assert least <= found <= most
