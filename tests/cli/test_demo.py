import json
import shlex
import sqlite3
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from click.testing import CliRunner, Result

from crmflow.analysis.company_month import END, MACHINES, START, ZONE, office_hour, play
from crmflow.analysis.company_report import deadlines, life_lines, overdue
from crmflow.analysis.company_words import WORDS, say
from crmflow.cli.app import app
from crmflow.cli.demo import FILE, MARK
from crmflow.clock import ManualClock
from crmflow.engine.engine import Engine
from crmflow.storage.opening import open_store

LIMIT = 30
"""Seconds a newcomer is promised to wait at most."""


def demo(*arguments: str, env: Mapping[str, str] | None = None) -> Result:
    """Run `crmflow demo`."""
    found = {"COLUMNS": "80", "NO_COLOR": "1", "CRMFLOW_LANG": "en", **(env or {})}
    return CliRunner(env=found).invoke(app, ["demo", *arguments], prog_name="crmflow")


@attrs.frozen
class Lived:
    """A file with the demo's month in it, and the month as JSON."""

    file: Path
    month: dict[str, Any]


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    """Return a month that was lived once."""
    file = tmp_path_factory.mktemp("lived") / "month.db"
    return Lived(file, json.loads(demo("--store", str(file), "--output", "json").output))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def month(seed: int, lang: str = "en") -> Engine:
    """Return an engine whose store has a month in it."""
    clock = ManualClock(START)
    engine = Engine("memory:", machines=MACHINES, profile="demo", clock=clock)
    play(engine, clock, seed=seed, lang=lang)
    return engine


def heads(file: Path) -> list[tuple[str, bytes]]:
    """Return the head of every entity's hash chain."""
    connection = sqlite3.connect(file)
    try:
        return connection.execute("SELECT id, head FROM crmflow_entity ORDER BY id").fetchall()
    finally:
        connection.close()


def test_the_demo_tells_a_month_and_keeps_it_in_a_file(folder: Path) -> None:
    """What newcomers are promised comes within the promised time, in the working directory."""
    begun = time.monotonic()
    shown = demo()
    assert shown.exit_code == 0, shown.output
    assert time.monotonic() - begun < LIMIT
    for heading in ("The month at a glance", "What happened", "Deadlines", "Overdue on 31 Mar"):
        assert heading in shown.output
    assert "first response is overdue" in shown.output
    assert (folder / FILE).is_file()


def test_the_same_seed_is_the_same_month(tmp_path: Path, lived: Lived) -> None:
    """Journals agree to the byte, hash chains included; another seed is another month."""
    again = tmp_path / "again.db"
    told = json.loads(demo("--store", str(again), "--output", "json").output)
    assert told == {**lived.month, "file": str(again), "commands": told["commands"]}
    assert heads(again) == heads(lived.file)
    assert demo("--store", str(again), "--seed", "5").exit_code == 0
    assert heads(again) != heads(lived.file)


def test_the_demo_speaks_chinese(folder: Path) -> None:
    """Labels, sentences and what people wrote are Chinese."""
    shown = demo("--lang", "zh").output
    assert "全月一览" in shown
    assert "首次响应超时" in shown
    with Engine(f"sqlite:///{FILE}", machines=MACHINES, profile="demo") as engine:
        wrote = {engine.get(row.ref).facts.needs for row in engine.find("lead", state="converted")}
    assert wrote == {say("needs", "zh")}


def test_json_has_what_the_report_tells(lived: Lived) -> None:
    """Other programs get the month as one document."""
    found = lived.month
    assert found["file"] == str(lived.file)
    named = {one["deadline"] for one in found["deadlines"]}
    assert named == {f"complaint_{name}" for name in ("first_response", "limit", "call_back")}
    assert all(one["kept"] and one["missed"] for one in found["deadlines"])
    assert {one["task"] for one in found["overdue"]} >= {"call_back", "gm_review"}
    assert found["waiting"].keys() == {"contract", "improvement_cycle", "revisit"}
    assert found["refused"]["event"] == "close"


def test_the_refusal_gives_every_reason(lived: Lived) -> None:
    """All reasons at once, each with the rule it comes from."""
    why = "\n".join(lived.month["refused"]["why"])
    assert "the customer is not satisfied (CMP-034)" in why
    assert "a claim must be reviewed by a person (CMP-028)" in why


def test_every_command_it_names_works(lived: Lived) -> None:
    """The way to look further is tried, not only told."""
    export, *commands = lived.month["commands"]
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


def test_an_empty_file_is_taken_by_any_name(tmp_path: Path) -> None:
    """There is nothing in it to lose; a URL before the verb names it as everywhere else."""
    path = tmp_path / "empty.db"
    path.touch()
    runner = CliRunner(env={"CRMFLOW_LANG": "en"})
    done = runner.invoke(app, ["--store", f"sqlite:///{path}", "demo", "--seed", "3"])
    assert done.exit_code == 0, done.output
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA user_version").fetchone() == (MARK,)
    connection.close()


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    """What cannot be made is a plain sentence, not a trace."""
    failed = demo("--store", str(tmp_path / "missing" / "month.db"))
    assert failed.exit_code == 3
    assert "there is no folder" in failed.output


@pytest.mark.parametrize("seed", [1, 4, 15, 19, 27])
def test_every_month_has_deadlines_kept_and_missed(seed: int) -> None:
    """Whatever the seed, there is something to show, and nothing is asked that is refused."""
    engine = month(seed)
    promises = deadlines(engine)
    assert sum(one.kept for one in promises)
    assert sum(one.missed for one in promises)
    late = {(one.task, one.role) for one in overdue(engine)}
    assert {("call_back", "customer_service"), ("gm_review", "general_manager")} <= late


def test_what_is_late_is_late_at_the_end() -> None:
    """Nothing promised for later is called overdue."""
    for one in overdue(month(24)):
        assert one.since < END


@pytest.mark.parametrize(
    ("at", "open_at"),
    [
        ("2026-03-02T10:30", "2026-03-02T10:30"),
        ("2026-03-02T08:05", "2026-03-02T09:05"),
        ("2026-03-02T18:20", "2026-03-03T09:20"),
        ("2026-03-06T18:20", "2026-03-09T09:20"),
        ("2026-03-07T11:00", "2026-03-09T11:00"),
    ],
)
def test_people_act_in_office_hours(at: str, open_at: str) -> None:
    """Evenings and weekends pass without them."""
    moment = datetime.fromisoformat(at).replace(tzinfo=ZONE)
    assert office_hour(moment) == datetime.fromisoformat(open_at).replace(tzinfo=ZONE)


def test_people_work_by_day_in_march() -> None:
    """No person acts at night; timers may."""
    for life in life_lines(month(24)):
        for record in life.records:
            at = record.event.at.astimezone(ZONE)
            assert START <= at <= END
            assert 8 <= at.hour < 20 or record.event.cause is not None


def test_both_languages_have_words_for_every_field() -> None:
    """Nobody writes nothing."""
    assert all(english and chinese for english, chinese in WORDS.values())
    assert say("person", "en") != say("person", "zh")


def test_the_clock_ends_with_the_month() -> None:
    """A month passes whole, whatever happens in it."""
    clock = ManualClock(START)
    play(
        Engine("memory:", machines=MACHINES, profile="demo", clock=clock), clock, seed=3, lang="en"
    )
    assert clock.now() == END.astimezone(UTC)
    assert timedelta(days=31) > END - START
