"""The broken examples that take exploring: every announced fault is found, and no other."""

from __future__ import annotations

import json
import re
import runpy
import tomllib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from crmflow.analysis.exploring import Explored, explore, read_story, replay
from crmflow.analysis.exploring.property_file import read_statements
from crmflow.analysis.fault import Fault, FaultKind
from crmflow.cli.app import app
from tests.examples.test_broken import FOLDER, PLANTED, Planted

LIVED = [one for one in PLANTED if one.announced("?")]
STATED = "properties.py"


def explored(planted: Planted) -> Explored:
    """Return what exploring the one machine of a folder comes to; it is the current folder."""
    given = tomllib.loads(planted.text)
    (machine,) = given["machines"]
    stated = read_statements(STATED, [machine]) if Path(STATED).exists() else None
    return explore(
        machine,
        plugins=given["plugins"],
        config="crmflow.toml",
        properties=() if stated is None else stated.properties[machine],
    )


def run(*words: str) -> Result:
    """Run a command in the current folder."""
    stated = ("--property", STATED) if Path(STATED).exists() else ("--explore",)
    return CliRunner().invoke(app, ["policy", "check", *stated, *words], prog_name="crmflow")


@pytest.fixture(params=LIVED, ids=str)
def planted(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Planted:
    """Return each folder, as the current one."""
    found: Planted = request.param
    monkeypatch.chdir(found.folder)
    return found


def told(fault: Fault) -> str:
    """Return a fault as the files announce it."""
    return f"{fault.kind}: {fault.where}"


def test_a_planted_fault_is_found_and_no_other(planted: Planted) -> None:
    """Of the kind and at the place that the file announces, with all explored."""
    found = explored(planted)
    assert [told(fault) for fault in found.faults] == planted.announced("?")
    assert not found.limits


@pytest.mark.slow
def test_a_planted_fault_takes_exploring(planted: Planted) -> None:
    """The tables alone show none of it."""
    assert planted.announced("!") == []
    result = CliRunner().invoke(app, ["policy", "check"], prog_name="crmflow")
    assert result.exit_code == 0, result.output


@pytest.mark.slow
def test_the_command_tells_a_planted_fault(planted: Planted) -> None:
    """With exit code 1, in the language asked for, nothing of the sentence left out."""
    result = run("-o", "json", "--lang", "zh")
    assert result.exit_code == 1, result.output
    found: list[dict[str, Any]] = json.loads(result.stdout)["findings"]
    assert [f"{one['kind']}: {one['where']}" for one in found] == planted.announced("?")
    assert all(re.search(r"[\u4e00-\u9fff]", one["message"]) for one in found)
    assert not any("{" in one["message"] for one in found)


@pytest.mark.slow
def test_a_story_leads_to_the_same_situation_again(planted: Planted, tmp_path: Path) -> None:
    """By the file, by the command, and by the test that is written to be pasted."""
    result = run("--story-dir", str(tmp_path))
    files = sorted(tmp_path.glob("*.jsonl"))
    found = explored(planted).faults
    assert len(files) == sum(fault.story is not None for fault in found)
    assert result.stdout.count("crmflow policy replay") == len(files)
    given = tomllib.loads(planted.text)
    for file in files:
        story = read_story(file.read_text("utf-8").splitlines())
        again = replay(story, plugins=given["plugins"], config="crmflow.toml")
        assert again.state == story.state
        played = CliRunner().invoke(app, ["policy", "replay", str(file)], prog_name="crmflow")
        assert played.exit_code == 0, played.output


def test_the_stories_are_those_of_the_folders() -> None:
    """Every kind that can be planted is; a final state cannot even be declared to be left."""
    kinds = {FaultKind(line.partition(":")[0]) for one in LIVED for line in one.announced("?")}
    assert len(kinds) == len(LIVED) == 12
    assert FaultKind.FINAL_LEFT not in kinds


@pytest.mark.slow
def test_a_pasted_test_passes_while_the_fault_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And fails once it is mended: the story then ends elsewhere."""
    monkeypatch.chdir(FOLDER / "dead_end")
    run("--story-dir", str(tmp_path))
    (written,) = tmp_path.glob("*.py")
    (test,) = [one for name, one in runpy.run_path(str(written)).items() if name.startswith("test")]
    test()
    mended = (
        Path("machine.py")
        .read_text("utf-8")
        .replace('"opened", "lose", "lost"', '"paid", "lose", "lost"')
    )
    (tmp_path / "mended.py").write_text(mended, "utf-8")
    written.write_text(
        written.read_text("utf-8").replace("machine.py", str(tmp_path / "mended.py")), "utf-8"
    )
    (test,) = [one for name, one in runpy.run_path(str(written)).items() if name.startswith("test")]
    with pytest.raises(AssertionError):
        test()
