"""Rehearsals find what is wrong, find it again by its seed, and find nothing where all is well."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any, cast

import attrs
import pytest

from crmflow.clock import ManualClock
from crmflow.core.errors import UnknownMachineError
from crmflow.core.machine import Asked, Guard, Kind, Machine, Row, Start, State
from crmflow.core.ref import UNBORN
from crmflow.core.timer import Elapsed
from crmflow.storage.port import Store
from crmflow.storage.rows import MessageRow
from crmflow.testing.rehearsal import SHIPPED, Rehearsal, shorten
from crmflow.testing.rehearsal.faults import Skewed
from crmflow.testing.rehearsal.repertoire import START
from tests.faults.rehearsals import JOBS
from tests.testing.noted import Shelf
from tests.testing.rehearsal.finding import STEPS, found_by
from tests.testing.rehearsal.lying import (
    Lying,
    forgets_keys,
    loses,
    loses_messages,
    loses_outside,
    loses_timers,
    lying,
)

HOUR = timedelta(hours=1)


def test_a_seed_decides_everything() -> None:
    """The same seed gives the same journals, another one gives others."""
    first, again, other = JOBS.run(1, STEPS), JOBS.run(1, STEPS), JOBS.run(2, STEPS)
    assert first == again
    assert first.print != other.print
    assert str(first).startswith(f"seed 1: decisions {first.steps}, ")


def test_faults_and_their_ends_are_counted() -> None:
    """In a short life of jobs everything goes wrong that can, and nothing is found."""
    done = JOBS.run(3, 4 * STEPS)
    assert done.steps >= 4 * STEPS
    faults = ("conflict", "crash", "store away", "wrong clock", "handler failed", "late", "parked")
    ends = ("timers", "messages", "handed over", "refused", "repeated", "checks", "tidied")
    batches = ("batches", "batches taken in part", "torn", "unanswered")
    assert [name for name in (*faults, *ends, *batches) if not done.counts.get(name)] == []


def test_shipped_machines_are_rehearsed() -> None:
    """Some of them that are linked: approvals, deadlines and messages between them."""
    names = ("contract", "order", "payment", "expense_claim_reception")
    few = attrs.evolve(SHIPPED.only(names), every=STEPS // 4)
    done = few.run(3, STEPS)
    assert few.names == names
    assert done.counts["doubled messages"]


@pytest.mark.slow
def test_every_process_does_the_same() -> None:
    """Whatever the order of its sets is: the print is the same under another hash seed."""
    command = [sys.executable, "-m", "crmflow.testing.rehearsal", "--steps", "150"]
    told = [
        subprocess.run(
            [*command, "--machine", "complaint", "--machine", "lead"],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert told[0] == told[1]
    assert told[0].startswith("seed 1: decisions 1")


@pytest.mark.parametrize(
    ("stores", "reason"),
    [
        (lying(loses, every=200), "and is not there"),
        (lying(forgets_keys), "twice"),
        (lying(loses_messages), "never came to"),
        (lying(loses_outside), "never came to outside"),
        (lying(loses_timers), "has timers"),
    ],
)
def test_what_a_store_loses_is_found_and_found_again(
    stores: Callable[[], Store], reason: str
) -> None:
    """The same seed finds the same at the same decision, and tells how to find it again."""
    broken = attrs.evolve(JOBS, stores=stores)
    found, again = found_by(broken), found_by(broken)
    assert reason in found.reason
    assert (found.step, found.story) == (again.step, again.story)
    assert found.command == (
        f"python -m crmflow.testing.rehearsal tests.faults.rehearsals:JOBS --seed 1 --steps {STEPS}"
    )
    assert f"seed 1, after {found.step} decisions: {found.reason}" in str(found)
    assert found.story[-1] in str(found)


class Deaf(Lying):
    """A store that gives messages to no worker."""

    def claim_messages(self, *_: object, **__: object) -> list[MessageRow]:
        """Return none."""
        return []


def test_what_is_stuck_is_found() -> None:
    """What still waits though nothing keeps it back, when hours have passed without faults."""
    broken = attrs.evolve(JOBS, stores=lambda: cast("Store", Deaf(loses, sys.maxsize)))
    assert "stuck though nothing keeps them back" in found_by(broken).reason


def test_a_wrong_clock_draws_the_ids_of_the_right_one() -> None:
    """Only its instants are wrong."""
    clock = ManualClock(START)
    skewed = Skewed(clock, HOUR)
    assert skewed.now() == START + HOUR
    assert (skewed.new_id(), clock.new_id()) == ("000001", "000002")


def test_the_store_of_a_run_is_closed() -> None:
    """Whether something was found or not."""
    shelf = Shelf()
    attrs.evolve(JOBS, stores=shelf).run(1, STEPS // 10)
    found_by(Rehearsal((counter(fails),), stores=shelf))
    assert shelf.made == 2
    assert not shelf.open


Update = Callable[[Any], dict[str, object]]


def counts_on(attempt: Asked) -> dict[str, object]:
    """Add one."""
    return {"count": attempt.facts.count + 1}


def fails(_: object) -> dict[str, object]:
    """Fail."""
    message = "no"
    raise ZeroDivisionError(message)


def counter(update: Update, tick: Update = counts_on, guards: tuple[Guard, ...] = ()) -> Machine:
    """Return a machine that counts by these."""
    return Machine(
        "counter",
        Counted,
        (State("open", "开", "Open", Kind.INITIAL), State("ended", "结束", "Ended", Kind.FINAL)),
        (
            Row(UNBORN, "begin", "open", start=(Start("tick", "tick", Elapsed(HOUR)),)),
            Row("open", "add", sets=update, guards=guards),
            Row("open", "tick", who="system", sets=tick),
            Row("open", "end", "ended", who="nobody"),
        ),
        zh="计数",
        en="counter",
    )


@attrs.frozen
class Counted:
    """What is known of a counter."""

    count: int = 0


def test_what_is_kept_outside_of_snapshots_is_found() -> None:
    """A function that remembers something itself decides otherwise when it is asked again."""
    beside = count(1)
    machine = counter(lambda _: {"count": next(beside)})
    found = found_by(Rehearsal((machine,)))
    assert "is decided otherwise now: facts" in found.reason


def test_what_fails_is_found() -> None:
    """An error that nobody should see is told as it is, with what it comes from."""
    found = found_by(Rehearsal((counter(fails),)))
    assert "; because of ZeroDivisionError('no')" in found.reason
    assert " asks add of counter " in found.story[-1]


def asked_for(machine: Machine, *events: str) -> Machine:
    """Return a machine of which people may ask for these events alone."""
    rows = tuple(
        row if row.event in events else attrs.evolve(row, who="system") for row in machine.rows
    )
    return attrs.evolve(machine, rows=rows)


def test_what_fails_in_a_worker_is_found() -> None:
    """Though the worker goes on."""
    found = found_by(Rehearsal((asked_for(counter(counts_on, tick=fails), "begin"),)), seed=4)
    assert found.reason.startswith("a worker failed at ")


def test_what_is_hopeless_is_given_up() -> None:
    """People turn to another entity where one is refused all that is asked for."""
    never = Guard(lambda _: False, reason="never", needs="facts")
    machine = asked_for(counter(counts_on, guards=(never,)), "begin", "add")
    done = Rehearsal((machine,)).run(1, STEPS // 2)
    assert done.counts["refused"] > STEPS // 2


def test_what_nobody_asks_anything_of_lives_by_messages() -> None:
    """Ledgers that hear of jobs, and that people leave alone, are no hindrance."""
    job, ledger = JOBS.machines or ()
    assert isinstance(ledger, Machine)
    done = attrs.evolve(JOBS, machines=(job, asked_for(ledger))).run(1, STEPS)
    assert done.counts["handed over"]


def test_a_company_that_stands_still_is_found() -> None:
    """Where nothing can be asked for, nothing comes of any step."""
    closed = asked_for(counter(counts_on))
    assert "nothing came of the last" in found_by(Rehearsal((closed,)), steps=1).reason


def test_what_is_found_is_shortened() -> None:
    """Fewer machines and decisions still show it, and one less does not."""
    machines = (counter(counts_on), *(JOBS.machines or ()))
    both = attrs.evolve(JOBS, machines=machines, stores=lying(loses_outside))
    short = shorten(both, found_by(both, steps=STEPS // 5))
    steps, _, left = short.command.partition("--steps ")[2].partition(" --machine ")
    assert left == "job"
    assert int(steps) < STEPS // 5
    both.only([left]).run(1, int(steps) - 1)


def test_only_machines_that_there_are_are_left() -> None:
    """A name that the company has not is told, with those it has."""
    with pytest.raises(UnknownMachineError, match="jobs"):
        JOBS.only(["jobs"])
