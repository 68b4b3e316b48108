"""The broken example: every announced fault is told, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from crmflow import ConfigurationError, Engine
from crmflow.cli.app import app

FOLDER = Path(__file__).parents[2] / "examples" / "broken"
FILE = FOLDER / "crmflow.toml"
ANNOUNCED = re.findall(r"^#! (.+)$", FILE.read_text("utf-8"), re.MULTILINE)


def told() -> tuple[str, ...]:
    """Return the faults that an engine names when it is given the file."""
    with pytest.raises(ConfigurationError) as caught:
        Engine("memory:", machines=["lead", "deal", "complaint"], profile="demo", config=FILE)
    return caught.value.faults


def test_every_announced_fault_is_told_and_no_other() -> None:
    """At once, each with file, place and code; so many faults, so many messages."""
    places = [fault.removeprefix(f"{FILE}: ") for fault in told()]
    unannounced = [one for one in places if not any(map(one.startswith, ANNOUNCED))]
    assert unannounced == []
    assert [line for line in ANNOUNCED if sum(one.startswith(line) for one in places) != 1] == []


def test_kinds_of_faults_are_many() -> None:
    """Of columns, rows, tables, days, settings and machines."""
    codes = {line.rpartition(": ")[2] for line in ANNOUNCED}
    assert codes >= {"unknown", "unknown table", "missing", "type", "choice", "blank"}
    assert codes >= {"doubled", "overlap", "order", "given", "zone"}


def test_the_command_of_the_readme_lists_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """With exit code 1."""
    readme = (FOLDER / "README.md").read_text("utf-8")
    (command,) = re.findall(r"^\$ crmflow (.+)$", readme, re.MULTILINE)
    monkeypatch.chdir(FOLDER)
    result = CliRunner().invoke(app, command.split(), prog_name="crmflow")
    assert result.exit_code == 1
    assert result.stdout.count("\n- crmflow.toml: ") == len(ANNOUNCED)
