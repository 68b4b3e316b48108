"""Running the command line in the test's own process, in an empty folder."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import attrs
import pytest
from click.testing import CliRunner, Result

from crmflow.cli.app import app
from crmflow.storage.opening import open_store

SAMPLES = Path(__file__).with_name("samples.py")


def read(text: str) -> Any:  # noqa: ANN401 - JSON may be anything
    """Return the JSON of a verb."""
    return json.loads(text)


@attrs.frozen
class Crm:
    """The command line over a store of its own, the blanks filled by the profile `demo`."""

    store: Path
    machines: tuple[str, ...] = ()

    def of(self, *machines: str) -> Crm:
        """Return the same command line with other machines switched on."""
        return Crm(self.store, machines)

    def bare(self, *words: str, stdin: str | None = None) -> Result:
        """Run the words as they are."""
        return CliRunner().invoke(app, list(words), input=stdin, prog_name="crmflow")

    def __call__(self, *words: str, stdin: str | None = None) -> Result:
        """Run a verb over the store."""
        chosen = ("--store", f"sqlite:///{self.store}?synchronous=NORMAL", "--profile", "demo")
        switched = [word for name in self.machines for word in ("--machine", name)]
        return self.bare(*chosen, *switched, *words, stdin=stdin)

    def sample(self, *words: str) -> Result:
        """Run a verb with the machines of the sample plugin."""
        return self.of("ping", "pong", "guest")("--plugin", str(SAMPLES), *words)

    def complaint(self, id_: str = "C-1") -> None:
        """Create a complaint, long ago."""
        at = "2020-03-02T09:00:00+08:00"
        given = ("--set", "customer=C-1001", "--set", "channel=phone", "--at", at)
        self.ok("entity", "create", "complaint", "--id", id_, *given, "--actor", "alice")

    def ok(self, *words: str) -> str:
        """Run a verb that must succeed, and return its stdout."""
        result = self(*words)
        assert result.exit_code == 0, result.output
        return result.stdout


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return the bytes of a store with tables and nothing in them, made once."""
    path = tmp_path_factory.mktemp("store") / "empty.db"
    open_store(f"sqlite:///{path}").close()
    return path.read_bytes()


@pytest.fixture
def crm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_store: bytes) -> Crm:
    """Return the command line in an empty folder, no setting of the host in sight."""
    for name in os.environ:
        if name.startswith(("CRMFLOW_", "LC_")) or name in {"LANG", "NO_COLOR", "FORCE_COLOR"}:
            monkeypatch.delenv(name)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.chdir(tmp_path)
    store = tmp_path / "crm.db"
    store.write_bytes(empty_store)
    return Crm(store)


@pytest.fixture
def desk(crm: Crm) -> Crm:
    """Return the command line with complaints alone, which is quicker."""
    return crm.of("complaint")
