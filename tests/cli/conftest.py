"""Running the command line in the test's own process, in an empty folder."""

from __future__ import annotations

import os
from pathlib import Path

import attrs
import pytest
from click.testing import CliRunner, Result

from crmflow.cli.app import app

SAMPLES = Path(__file__).with_name("samples.py")


@attrs.frozen
class Crm:
    """The command line over a store of its own, the blanks filled by the profile `demo`."""

    store: Path

    def bare(self, *words: str, stdin: str | None = None) -> Result:
        """Run the words as they are."""
        return CliRunner().invoke(app, list(words), input=stdin, prog_name="crmflow")

    def __call__(self, *words: str, stdin: str | None = None) -> Result:
        """Run a verb over the store."""
        chosen = ("--store", f"sqlite:///{self.store}", "--profile", "demo")
        return self.bare(*chosen, *words, stdin=stdin)

    def sample(self, *words: str) -> Result:
        """Run a verb with the machines of the sample plugin beside the others."""
        return self("--plugin", str(SAMPLES), *words)

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


@pytest.fixture
def crm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Crm:
    """Return the command line in an empty folder, no setting of the host in sight."""
    for name in os.environ:
        if name.startswith(("CRMFLOW_", "LC_")) or name in {"LANG", "NO_COLOR", "FORCE_COLOR"}:
            monkeypatch.delenv(name)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.chdir(tmp_path)
    return Crm(tmp_path / "crm.db")
