"""The broken examples: every announced fault is told, and no other."""

from __future__ import annotations

import json
import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import attrs
import pytest
from click.testing import CliRunner

from crmflow import ConfigurationError, Engine
from crmflow.analysis.checking import check_policies
from crmflow.analysis.fault import FaultKind
from crmflow.cli.app import app
from crmflow.directory import toml_directory
from crmflow.texts import Texts

FOLDER = Path(__file__).parents[2] / "examples" / "broken"
FILE = FOLDER / "crmflow.toml"
README = (FOLDER / "README.md").read_text("utf-8")
ANNOUNCED = re.findall(r"^#! (.+)$", FILE.read_text("utf-8"), re.MULTILINE)
AT = datetime(2026, 3, 1, tzinfo=UTC)


@attrs.frozen
class Planted:
    """A folder with a fault between rows, machines and people."""

    folder: Path

    def __str__(self) -> str:
        return self.folder.name

    @property
    def text(self) -> str:
        """The company's own file."""
        return (self.folder / "crmflow.toml").read_text("utf-8")

    def announced(self, mark: str) -> list[str]:
        """Return what is announced, as `kind: place`."""
        return re.findall(rf"^#\{mark} (.+)$", self.text, re.MULTILINE)


PLANTED = [Planted(path.parent) for path in sorted(FOLDER.glob("*/crmflow.toml"))]
STATIC = [one for one in PLANTED if one.announced("!")]


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
    command = re.findall(r"^\$ crmflow (.+)$", README, re.MULTILINE)[0]
    monkeypatch.chdir(FOLDER)
    result = CliRunner().invoke(app, command.split(), prog_name="crmflow")
    assert result.exit_code == 1
    assert result.stdout.count("\n- crmflow.toml: ") == len(ANNOUNCED)


EXPLORED = [pytest.param(one, marks=pytest.mark.slow) for one in PLANTED if one not in STATIC]


@pytest.mark.parametrize("planted", [*STATIC, *EXPLORED], ids=str)
def test_a_planted_fault_is_found_and_no_other(
    planted: Planted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the kind and at the place that the file announces; what takes exploring is not there."""
    monkeypatch.chdir(planted.folder)
    given = tomllib.loads(planted.text)
    people = given.get("directory")
    found = check_policies(
        given["machines"],
        at=AT,
        config="crmflow.toml",
        plugins=given["plugins"],
        directory=None if people is None else toml_directory(people),
    )
    assert [f"{one.kind}: {one.where}" for one in found] == planted.announced("!")
    # Nothing that the sentence names was left out.
    assert not [one for one in found if "{" in one.told(Texts("en"))]


@pytest.mark.slow
@pytest.mark.parametrize("planted", STATIC, ids=str)
def test_the_command_tells_a_planted_fault(
    planted: Planted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With exit code 1, in the language asked for."""
    monkeypatch.chdir(planted.folder)
    command = ["policy", "check", "-o", "json", "--lang", "zh"]
    result = CliRunner().invoke(app, command, prog_name="crmflow")
    assert result.exit_code == 1, result.output
    found = json.loads(result.stdout)["findings"]
    assert [f"{one['kind']}: {one['where']}" for one in found] == planted.announced("!")
    assert all(re.search(r"[\u4e00-\u9fff]", one["message"]) for one in found)


def test_every_kind_is_planted() -> None:
    """What no folder shows could go unnoticed when a check is lost."""
    static = {kind for kind in FaultKind if str(kind) in _checked()}
    planted = {line.partition(":")[0] for one in STATIC for line in one.announced("!")}
    assert static <= {FaultKind(kind) for kind in planted}


def _checked() -> set[str]:
    """Return the kinds that are found without exploring, as their locale table lists them."""
    file = FOLDER.parents[1] / "src" / "crmflow" / "profiles" / "locale" / "en" / "checking.toml"
    return set(tomllib.loads(file.read_text("utf-8"))["findings"])


def test_the_readme_lists_every_folder() -> None:
    """With its kind, and the first line of its file."""
    for planted in PLANTED:
        kind = (planted.announced("!") + planted.announced("?"))[0].partition(":")[0]
        name, wrong = planted.folder.name, planted.text.splitlines()[0].removeprefix("# ")
        assert f"| `{kind}` | [{name}]({name}/crmflow.toml) | {wrong} |" in README
