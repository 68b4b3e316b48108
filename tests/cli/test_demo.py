"""The demo: a story in a file of its own, told, and as a document."""

from __future__ import annotations

import json
import shlex
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from crmflow.cli.app import app
from crmflow.cli.demo import FILE, MARK
from crmflow.cli.demo_year import Year
from crmflow.storage.opening import open_store
from tests.stories.lived import lived


def demo(*arguments: str) -> Result:
    """Run `crmflow demo`."""
    env = {"COLUMNS": "80", "NO_COLOR": "1", "CRMFLOW_LANG": "en"}
    return CliRunner(env=env).invoke(app, ["demo", *arguments], prog_name="crmflow")


def document() -> dict[str, Any]:
    """Return the story and what came of it as other programs get it."""
    found: dict[str, Any] = json.loads(json.dumps(lived("en").year.document()))
    return found


def heads(file: Path) -> list[tuple[str, bytes]]:
    """Return the head of every entity's hash chain."""
    connection = sqlite3.connect(file)
    try:
        return connection.execute("SELECT id, head FROM crmflow_entity ORDER BY id").fetchall()
    finally:
        connection.close()


def test_the_demo_tells_the_story_and_keeps_it_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the working directory, where an empty file may be; the same to the byte every time."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / FILE).touch()
    shown = demo()
    assert shown.exit_code == 0, shown.output
    for part in (
        "1. First contact", "in time: first response", "Missed: first response", "At a glance",
        "Deadlines", "Figures against their targets", "Why an event is refused", "Look further",
    ):  # fmt: skip
        assert part in shown.output, part
    assert heads(tmp_path / FILE) == heads(lived("en").file)
    connection = sqlite3.connect(tmp_path / FILE)
    assert connection.execute("PRAGMA user_version").fetchone() == (MARK,)
    connection.close()


def test_json_is_asked_for_as_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A URL before the verb names the file; an earlier story makes room for the new one."""
    file = tmp_path / "story.db"
    connection = sqlite3.connect(file)
    connection.execute(f"PRAGMA user_version = {MARK}")
    connection.close()

    def told(path: Path, *, lang: str) -> Year:
        """Take the story that was lived already, which is the same and quicker."""
        assert path == file
        assert not path.exists()
        return lived(lang).year

    monkeypatch.setattr("crmflow.cli.demo.live", told)
    runner = CliRunner(env={"CRMFLOW_LANG": "en"})
    done = runner.invoke(app, ["--store", f"sqlite:///{file}", "--output", "json", "demo"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.output) == document()


def test_the_document_has_what_the_report_tells() -> None:
    """Chapters, deadlines, figures, letters, and the refusal with every reason and its rule."""
    found = document()
    assert found["file"] == str(lived("en").file)
    assert [one["title"] for one in found["chapters"]][:2] == ["First contact", "The sale"]
    assert all(one["kept"] or one["is_wait"] for one in found["deadlines"])
    assert all(one["missed"] for one in found["deadlines"])
    labels = {one["kpi"]: one["label"] for one in found["figures"]}
    assert labels["shipping_timeliness"] == "Shipping on time"
    assert found["waiting"] == {}
    assert found["refused"]["event"] == "close"
    why = "\n".join(found["refused"]["why"])
    assert "the customer is not satisfied (CMP-034)" in why
    assert "a claim must be reviewed by a person (CMP-028)" in why


def test_every_command_it_names_works() -> None:
    """The way to look further is tried, not only told."""
    export, *commands = document()["commands"]
    env = dict(part.split("=", 1) for part in shlex.split(export)[1:])
    assert env.keys() == {"CRMFLOW_STORE", "CRMFLOW_PROFILE"}
    for command in commands:
        program, *words = shlex.split(command)
        assert program == "crmflow"
        done = CliRunner(env=env).invoke(app, words, prog_name="crmflow")
        assert done.exit_code == 0, f"{command}: {done.output}"
        assert done.output


@pytest.fixture(params=["text", "store", "folder"])
def other(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """Something that the demo did not make."""
    path = tmp_path / "other.db"
    if request.param == "text":
        path.write_text("a shopping list")
    elif request.param == "store":
        open_store(f"sqlite:///{path}").close()
    else:
        path.mkdir()
    yield path
    assert path.exists()


def test_another_file_is_left_alone(other: Path) -> None:
    """Nobody's store is replaced by a game."""
    before = other.read_bytes() if other.is_file() else None
    refused = demo("--store", str(other))
    assert refused.exit_code == 2
    assert "was not made by the demo and is left alone" in refused.output
    assert (other.read_bytes() if other.is_file() else None) == before


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    """What cannot be made is a plain sentence, not a trace."""
    failed = demo("--store", str(tmp_path / "missing" / "story.db"))
    assert failed.exit_code == 3
    assert "there is no folder" in failed.output
