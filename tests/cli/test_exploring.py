"""`crmflow policy check --explore` and `crmflow policy replay`."""

from __future__ import annotations

import json
import runpy
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from crmflow.cli.app import app
from crmflow.cli.exploring import arguments
from crmflow.cli.session import Session

BROKEN = Path(__file__).parents[2] / "examples" / "broken"
STATED = """
from crmflow.analysis.exploring import in_state, never

PROPERTIES = {"parcel": [never("none_closed", in_state("closed"))]}
SAMPLES = {"parcel": {"open": [{}]}}
"""


def run(*words: str) -> Result:
    """Run a command of policies."""
    return CliRunner().invoke(app, ["policy", *words], prog_name="crmflow")


@pytest.fixture(autouse=True)
def _in_a_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BROKEN / "dead_end")


def test_nothing_is_explored_unasked() -> None:
    """The check of tables stays what it was."""
    result = run("check", "-o", "json")
    assert result.exit_code == 0
    assert "explored" not in json.loads(result.stdout)
    assert "Explored" not in run("check").stdout


def test_a_fault_of_what_never_is_has_no_story(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no way to where nothing leads."""
    monkeypatch.chdir(BROKEN / "unreachable_state")
    result = run("check", "--explore", "-o", "json")
    assert json.loads(result.stdout)["stories"] == []
    assert result.exit_code == 1


def test_exploring_tells_faults_with_their_stories(tmp_path: Path) -> None:
    """As text, with the commands of each story; and in files, each played again."""
    result = run("check", "--explore", "--story-dir", str(tmp_path / "stories"))
    assert result.exit_code == 1
    assert "- lost: In lost nothing can happen any more" in result.stdout
    assert "The story of dead_end in parcel:" in result.stdout
    assert "  crmflow entity fire parcel X-1 lose" in result.stdout
    chinese = run("check", "--explore", "--lang", "zh").stdout
    assert "parcel (包裹) 中 dead_end 的重现路径：" in chinese
    assert "  parcel (包裹)" in chinese.partition("探查结果")[2]
    (file,) = (tmp_path / "stories").glob("*.jsonl")
    assert f"  crmflow policy replay {file}" in result.stdout
    assert file.with_suffix(".py").exists()
    played = run("replay", str(file), "-o", "json")
    assert played.exit_code == 0
    assert [one["outcome"] for one in json.loads(played.stdout)] == ["opened", "lost"]


def test_exploring_tells_its_bounds() -> None:
    """Those that were given, and whether one was hit."""
    result = run("check", "--explore", "--situations", "2", "--depth", "5", "-o", "json")
    assert result.exit_code == 0
    (found,) = json.loads(result.stdout)["explored"]
    assert (found["machine"], found["limits"]) == ("parcel", ["situations"])


@pytest.mark.parametrize("words", [("--depth", "3"), ("--situations", "2"), ("--story-dir", "x")])
def test_how_to_explore_is_misuse_where_nothing_is_explored(words: tuple[str, str]) -> None:
    """It would be passed over without a word."""
    result = run("check", *words, "--lang", "zh")
    assert result.exit_code == 2
    assert "须与 --explore 或 --property 同用" in result.stderr


def test_a_folder_of_stories_that_cannot_be_made_is_told_first(tmp_path: Path) -> None:
    """Before anything is explored."""
    file = tmp_path / "file"
    file.write_text("")
    result = run("check", "--explore", "--story-dir", str(file / "stories"))
    assert result.exit_code == 2
    assert "Invalid value for '--story-dir': " in result.stderr


def test_properties_of_a_file_are_held(tmp_path: Path) -> None:
    """Their file alone is enough to ask for exploring."""
    file = tmp_path / "stated_none_closed.py"
    file.write_text(STATED, "utf-8")
    result = run("check", "--property", str(file), "-o", "json")
    assert result.exit_code == 1
    document = json.loads(result.stdout)
    kinds = [one["kind"] for one in document["findings"]]
    assert kinds == ["dead_end", "broken_property"]
    assert [one["kind"] for one in document["stories"]] == kinds
    assert document["stories"][0]["steps"][0].startswith("crmflow entity create parcel")


def test_a_file_of_properties_must_be_there() -> None:
    """A file is asked for at once, a module when it is needed; neither is called a plugin."""
    english, chinese = (
        run("check", "--property", "none.py", "--lang", lang) for lang in ("en", "zh")
    )
    assert (english.exit_code, chinese.exit_code) == (2, 2)
    assert "Invalid value for '--property': there is no file 'none.py'" in english.stderr
    assert "没有文件 'none.py'：请给出陈述性质的 .py 文件，或模块名" in chinese.stderr
    module = run("check", "--property", "no_such_module")
    assert module.exit_code == 3
    assert "configuration from properties no_such_module cannot be used" in module.stderr
    assert "give the path of a .py file" in module.stderr


def test_what_is_wrong_with_rows_comes_first(tmp_path: Path) -> None:
    """Nothing is explored with tables that no engine would take."""
    file = tmp_path / "wrong.toml"
    file.write_text("[[chains]]\nname = 'x'\nmachine = 'parcel'\nevent = 'no_such'\n", "utf-8")
    result = run("check", str(file), "--explore", "-o", "json")
    assert result.exit_code == 1
    assert "explored" not in json.loads(result.stdout)


def test_a_story_that_ends_elsewhere_is_told(tmp_path: Path) -> None:
    """With exit code 1: refused, timers without effect, errors, and where it ends."""
    lines = (
        {"story": "parcel", "state": "closed"},
        {"at": "2026-03-02T01:00:00+00:00", "event": "open", "actor": "ann-1"},
        {"at": "2026-03-02T01:00:00+00:00", "event": "close", "actor": "ann-1"},
        {"at": "2026-03-03T01:00:00+00:00"},
        {"at": "2026-03-03T01:00:00+00:00", "event": "no_such", "actor": "ann-1"},
    )
    file = tmp_path / "story.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    result = run("replay", str(file), "-o", "json")
    assert result.exit_code == 1
    outcomes = [one["outcome"] for one in json.loads(result.stdout)]
    assert outcomes[:3] == ["opened", "no_row", "-"]
    assert "no_such" in outcomes[3]
    assert "it ends in opened, not in closed." in result.stderr


def test_a_written_test_passes_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a plugin that was named at the command line, and rows of a file that was checked."""
    monkeypatch.chdir(tmp_path)
    words = ("--plugin", str(BROKEN / "dead_end" / "machine.py"), "--machine", "parcel")
    Path("no rows.toml").write_text("", "utf-8")
    run("check", "no rows.toml", "--explore", "--story-dir", "its stories", *words)
    (written,) = Path("its stories").glob("*.py")
    assert "config='no rows.toml'" in written.read_text("utf-8")
    (test,) = (one for name, one in runpy.run_path(str(written)).items() if name.startswith("test"))
    test()


CLOSING = """
[[chains]]
name = "closing"
machine = "parcel"
event = "pay"
roles = "boss"
"""


def test_a_story_is_replayed_with_the_rows_that_were_checked(tmp_path: Path) -> None:
    """The command names their file, and quotes what a shell would part."""
    draft = tmp_path / "a draft.toml"
    draft.write_text(CLOSING, "utf-8")
    shown = run("check", str(draft), "--explore", "--story-dir", str(tmp_path / "its stories"))
    lines = [one.strip() for one in shown.stdout.splitlines() if "policy replay" in one]
    for words in map(shlex.split, lines):
        assert words[:3] == ["crmflow", "policy", "replay"]
        assert words[4:] == [str(draft)]
        assert run(*words[2:]).exit_code == 0
    assert lines
    line = {"at": "2026-03-02T01:00:00+00:00", "actor": "ann-1"}
    story = tmp_path / "story.jsonl"
    told = (
        {"story": "parcel", "state": "paid"},
        *({**line, "event": one} for one in ("open", "pay")),
    )
    story.write_text("\n".join(map(json.dumps, told)), "utf-8")
    assert run("replay", str(story)).exit_code == 0
    assert run("replay", str(story), str(draft)).exit_code == 1


@pytest.mark.parametrize(("events", "code"), [("open no_such lose", 1), ("open lose no_such", 0)])
def test_an_error_before_the_end_of_a_story_is_told(events: str, code: int, tmp_path: Path) -> None:
    """Wherever it ends; the last happening of a story may be what raises."""
    file = tmp_path / "story.jsonl"
    line = {"at": "2026-03-02T01:00:00+00:00", "actor": "ann-1"}
    told = (
        {"story": "parcel", "state": "lost"},
        *({**line, "event": one} for one in events.split()),
    )
    file.write_text("\n".join(map(json.dumps, told)), "utf-8")
    result = run("replay", str(file))
    assert result.exit_code == code
    assert result.stderr.count("no_such raises an error, though the story goes on.") == code


def test_what_a_story_was_found_with_is_given_to_its_test(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The company's own file by its name, or what another file says; the people by theirs."""
    monkeypatch.chdir(tmp_path)
    plugin = str(BROKEN / "dead_end" / "machine.py")
    chosen = f"machines = ['parcel']\nplugins = ['{plugin}']\ndirectory = 'staff.toml'\n"
    Path("staff.toml").write_text("[[person]]\nid = 'ann-1'\nroles = ['clerk']\n", "utf-8")
    for name, head, config in (
        ("pyproject.toml", "[tool.crmflow]\n", "config={'chains': "),
        ("crmflow.toml", "", "config='crmflow.toml'"),
    ):
        rows = CLOSING.replace("chains", "tool.crmflow.chains" if head else "chains")
        Path(name).write_text(head + chosen + rows, "utf-8")
        here = Session()
        found = arguments(here, here.plugins())
        assert (found["machines"], found["plugins"]) == (["parcel"], [plugin])
        assert (found["profile"], found["directory"]) == (None, "staff.toml")
        assert f"config={found['config']!r}".startswith(config)


def told_file(folder: Path, state: str, **payload: object) -> str:
    """Write a story of a parcel that is opened, and return its file."""
    line = {"at": "2026-03-02T01:00:00+00:00", "event": "open", "actor": "ann-1"}
    file = folder / "story.jsonl"
    lines = ({"story": "parcel", "state": state}, {**line, "payload": payload})
    file.write_text("\n".join(json.dumps(one, ensure_ascii=False) for one in lines), "utf-8")
    return str(file)


def test_a_replay_names_events_and_states_for_people(tmp_path: Path) -> None:
    """In their language; programs get codes."""
    file = told_file(tmp_path, "closed")
    chinese = run("replay", file, "--lang", "zh")
    assert "opened (已开)" in chinese.stdout
    assert "结局是 opened (已开)，而不是 closed (已结)。" in chinese.stderr
    (step,) = json.loads(run("replay", file, "-o", "json").stdout)
    assert (step["event"], step["outcome"]) == ("open", "opened")


def test_a_file_that_is_no_story_is_told(tmp_path: Path) -> None:
    """No text at all, or of a machine that is not there."""
    file = tmp_path / "story.jsonl"
    file.write_bytes(b"\xff\xfe")
    binary = run("replay", str(file))
    assert (binary.exit_code, binary.stderr.count("it is no UTF-8 text")) == (3, 1)
    file.write_text('{"story": "parcl", "state": "x"}', "utf-8")
    unknown = run("replay", str(file))
    assert unknown.exit_code == 5
    assert "Did you mean 'parcel'?" in unknown.stderr


def test_a_text_of_a_payload_may_have_any_end_of_a_line(tmp_path: Path) -> None:
    """Those of Unicode are no ends of lines in JSON."""
    result = run("replay", told_file(tmp_path, "opened", note="one\u2028two"), "-o", "json")
    (step,) = json.loads(result.stdout)
    assert step["outcome"].startswith("$: unknown")  # it was read, and the event has no form
