"""The shop on Django: its own tests and commands, each in a process, over SQLite and PostgreSQL."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.examples.readme import EXAMPLES, SRC
from tests.storage.servers import postgresql, postgresql_database

SHOP = EXAMPLES / "django_shop"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the URL of an empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/shop.db"
        return
    with postgresql_database(postgresql()) as url:
        yield url


def manage(url: str, *words: str) -> subprocess.Popen[str]:
    """Start a command of the project; warnings are faults."""
    told = {"SHOP_DATABASE": url, "PYTHONPATH": str(SRC), "PATH": os.environ["PATH"]}
    program = [sys.executable, "-W", "error", "-B", "manage.py", *words]
    return subprocess.Popen(
        program, cwd=SHOP, env=told, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def said(running: subprocess.Popen[str]) -> str:
    """Return what a command said, which ended well."""
    out, _ = running.communicate(timeout=120)
    assert running.returncode == 0, out
    return out


@pytest.mark.slow
def test_its_own_tests(url: str) -> None:
    """They pass, and the migrations have all that the models have."""
    assert "Ran 3 tests" in said(manage(url, "test"))
    said(manage(url, "makemigrations", "--check", "--dry-run"))


@pytest.mark.slow
def test_the_worker_works_until_it_is_told_to_stop(url: str) -> None:
    """It ends with what it has in hand."""
    said(manage(url, "migrate"))
    working = manage(url, "crmflow_worker")
    assert working.stdout is not None
    assert "works" in working.stdout.readline()
    working.send_signal(signal.SIGTERM)
    assert "fired 0, delivered 0" in said(working)
