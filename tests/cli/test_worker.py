"""`crmflow worker` and what the outbox can do with single messages."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from crmflow.cli.session import Session
from crmflow.cli.worker import Telling, _stopped_by_signals
from crmflow.config import Overlay
from crmflow.core.message import Message, MessageKind
from crmflow.core.ref import EntityRef
from crmflow.engine.engine import Engine
from crmflow.engine.values import Due
from crmflow.engine.working.worker import Worker
from crmflow.policies.access.masks import STARS
from crmflow.storage.rows import MessageRow, MessageStatus
from tests.cli.conftest import SAMPLES, read
from tests.engine.workshop import LEDGER, workshop

if TYPE_CHECKING:
    from tests.cli.conftest import Crm

ROOT = Path(__file__).parents[2]
WAIT = 30
"""Seconds that a process may take at most before a test fails."""


@pytest.fixture
def ping(desk: Crm) -> Crm:
    """Return the command line with one entity of the sample plugin."""
    assert desk.sample("entity", "create", "ping", "--id", "P-1", "--actor", "bob").exit_code == 0
    return desk


def fire(desk: Crm, event: str) -> None:
    """Fire an event of the sample plugin."""
    assert desk.sample("entity", "fire", "ping", "P-1", event, "--actor", "bob").exit_code == 0


def test_a_worker_does_what_is_due_and_ends(desk: Crm) -> None:
    """With --once; what it did is counted per tenant."""
    desk.complaint()
    (row,) = read(desk.ok("worker", "--once", "-o", "json"))["tenants"]
    assert (row["tenant"], row["fired"], row["failed"]) == ("main", 1, 0)
    shown = desk.ok("--lang", "zh", "worker", "--once", "--tenant", "north", "--tenant", "main")
    assert "north" in shown
    assert "轮数" in shown


def test_failures_are_told_and_exit_with_1(ping: Crm) -> None:
    """Each once, however often it comes."""
    fire(ping, "fail")
    result = ping.sample("worker", "--once")
    assert result.exit_code == 1
    assert result.stderr.count("raised") == 1


def test_what_is_parked_is_told(ping: Crm) -> None:
    """With its name, by which it is retried or dropped; the status exits with 1 meanwhile."""
    fire(ping, "miss")
    assert ping.sample("worker", "--once").exit_code == 0
    result = ping.sample("worker", "status", "-o", "json")
    (row,) = read(result.stdout)
    assert (result.exit_code, row["parked"], row["waiting"], row["lag"]) == (1, 1, 0, None)
    (parked,) = read(ping.sample("outbox", "status", "-o", "json").stdout)
    assert (parked["id"], parked["attempts"], parked["not_before"]) == ("ping/P-1/2/0", 0, None)
    again = ping.sample("outbox", "retry", "--id", "ping/P-1/2/0", "-o", "json")
    assert len(read(again.stdout)["parked"]) == 1
    assert ping.sample("outbox", "drop").exit_code == 2
    assert ping.sample("outbox", "drop", "--id", "ping/P-9/2/0").exit_code == 5
    (dropped,) = read(ping.sample("outbox", "drop", "--all", "-o", "json").stdout)
    assert (dropped["id"], dropped["target"]) == ("ping/P-1/2/0", "ping nobody")
    assert ping.sample("worker", "status").exit_code == 0


def test_messages_that_are_parked_meanwhile_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    """On stderr, without what masks hide; not again while nothing else comes."""
    mask = {"name": "leads", "machine": "lead", "fields": ["name"], "mask": "full", "roles": ["x"]}
    own = Overlay({"company.zone": "UTC"}, {"access_masks": [mask]})
    source, target = EntityRef("main", "lead", "L-1"), EntityRef("main", "erp", "it")
    message = Message(0, MessageKind.FIRE, "erp", "it", "send", {"name": "Harbour Mill"})
    with Engine("memory:", machines=["lead"], profile="demo", config=own) as engine:
        body = engine.registry.codec.encode_message(message)
        why = "no Harbour Mill"
        row = MessageRow(source, 2, 0, target, body, 1, 2, MessageStatus.PARKED, why)
        tell = Telling(Session({"lang": "en", "output": "table"}), {"main": engine})
        for _ in range(2):
            tell("main", Due(parked=(row,)))
            tell("main", Due())
    assert capsys.readouterr().err == f"message lead/L-1/2/0 is parked: no {STARS}\n"


def test_the_status_tells_rates(desk: Crm) -> None:
    """By how much less is left, per second; nothing where nobody works."""
    desk.complaint()
    (row,) = read(desk.ok("worker", "status", "--over", "0.01", "-o", "json"))
    assert (row["pending"], row["due"], row["due_rate"], row["waiting_rate"]) == (1, 1, 0.0, 0.0)
    assert row["lag"] > 0
    assert "到期每秒减少" in desk.ok("--lang", "zh", "worker", "status", "--over", "0.01")


def test_an_impossible_pace_is_a_wrong_use(desk: Crm) -> None:
    """Told in one sentence, with what would be right."""
    result = desk("worker", "--once", "--lease", "10")
    assert result.exit_code == 2
    assert "give a --lease that is longer than --timeout" in result.stderr
    for wrong in (("--poll", "inf"), ("--batch", "0"), ("--threads", "-1"), ("--lease", "0")):
        odd = desk("worker", "--once", *wrong)
        assert odd.exit_code == 2
        assert f"'{wrong[0]}'" in odd.stderr
    assert desk("worker", "--once", "--health", "here").exit_code == 3


def test_health_is_answered_while_it_works(desk: Crm) -> None:
    """The port is told, also where it was drawn."""
    result = desk("worker", "--once", "--health", "0")
    assert (result.exit_code, "health at port " in result.stderr) == (0, True)


def test_a_signal_stops_and_a_second_one_ends() -> None:
    """The first lets the batch end; after it the system's own way is back."""
    worker = Worker(workshop(machines=(LEDGER,)))
    before = signal.getsignal(signal.SIGTERM)
    with _stopped_by_signals(worker):
        signal.raise_signal(signal.SIGTERM)
        assert worker.is_stopping
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    assert signal.getsignal(signal.SIGTERM) is before


@contextlib.contextmanager
def working(desk: Crm, *words: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run a worker in a process of its own, and return it with the address of its health."""
    command = [sys.executable, "-m", "crmflow", "worker", "--health", "0", "-o", "json"]
    chosen = ["--store", f"sqlite:///{desk.store}", "--profile", "demo", "--plugin", str(SAMPLES)]
    process = subprocess.Popen(
        [*command, *chosen, "--machine", "ping", "--machine", "pong", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": f"{ROOT}/src:{ROOT}"},
    )
    try:
        assert process.stderr is not None
        port = process.stderr.readline().split()[-1]
        yield process, f"127.0.0.1:{port}"
    finally:
        process.kill()
        process.communicate(timeout=WAIT)


def ready(address: str) -> bool:
    """Say whether a worker is ready."""
    with (
        contextlib.suppress(OSError),
        contextlib.closing(http.client.HTTPConnection(address, timeout=WAIT)) as asking,
    ):
        asking.request("GET", "/ready")
        return asking.getresponse().status == HTTPStatus.OK
    return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_worker_after_its_batch(ping: Crm, number: signal.Signals) -> None:
    """It tells what it did, and exits with 0."""
    with working(ping) as (process, address):
        for _ in range(WAIT * 20):
            if ready(address):
                break
            time.sleep(0.05)
        process.send_signal(number)
        out, _ = process.communicate(timeout=WAIT)
    assert process.returncode == 0
    assert json.loads(out)["tenants"][0]["tenant"] == "main"
