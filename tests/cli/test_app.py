"""The root command: help, languages, where options may stand, and exit codes."""

from __future__ import annotations

import ast
import io
import json
import runpy
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

import crmflow
from crmflow import cli
from crmflow.cli import faults
from crmflow.cli.app import PLACES, app
from crmflow.cli.faults import CODES, exit_code, told
from crmflow.cli.session import Session, session
from crmflow.cli.verbs import Flag, _say
from crmflow.cli.words import ZH
from crmflow.core import errors
from crmflow.core.ref import EntityRef

if TYPE_CHECKING:
    from tests.cli.conftest import Crm

SOURCE = str(Path(cli.__file__).parents[2])
HELP = "import sys; sys.argv = ['crmflow', '--help']; from crmflow.cli import main; main()"


def started(code: str) -> subprocess.CompletedProcess[str]:
    """Run Python code in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": SOURCE, "LANG": "C.UTF-8"},
    )


def test_help_loads_nothing_heavy() -> None:
    """Neither SQLAlchemy nor rich, nor the engine, so that help is quick."""
    heavy = "('sqlalchemy', 'alembic', 'rich', 'hypothesis', 'transitions', 'cattrs', 'msgspec')"
    show = (
        f"import atexit; atexit.register(lambda: print([m for m in {heavy} if m in sys.modules]))"
    )
    done = started(f"import sys; {show}; {HELP}")
    assert done.returncode == 0
    assert done.stdout.endswith("[]\n")


def test_module_is_the_command_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`python -m crmflow` shows the same help; importing it shows nothing."""
    monkeypatch.setattr(sys, "argv", ["crmflow", "--help"])
    # By its path: pytest reads modules of a plugin's package itself, which runpy cannot.
    place = str(Path(crmflow.__file__).with_name("__main__.py"))
    runpy.run_path(place)
    assert capsys.readouterr().out == ""
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(place, run_name="__main__")
    assert ended.value.code == 0
    assert "machine" in capsys.readouterr().out


def test_terminal_without_chinese_shows_escapes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Instead of failing half-way."""
    shown = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(shown, "latin-1", write_through=True))
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    monkeypatch.setattr(sys, "argv", ["crmflow", "--lang", "zh", "--help"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 0
    assert b"\\u9009\\u9879" in shown.getvalue()


def test_main_runs_the_words_of_the_process(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], crm: Crm
) -> None:
    """The entry point exits with the command's code."""
    monkeypatch.setattr(sys, "argv", ["crmflow", "machine", "show", "led"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 5
    assert "Did you mean 'lead'?" in capsys.readouterr().err


def test_missing_click_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The extra to install is named instead of a traceback."""
    monkeypatch.delitem(sys.modules, "crmflow.cli.app")
    monkeypatch.delattr(cli, "app")
    monkeypatch.setitem(sys.modules, "click", None)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 3
    assert "pip install 'crmflow[cli]'" in capsys.readouterr().err


def test_another_missing_module_is_no_matter_of_click(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broken installation is not explained away."""
    monkeypatch.delitem(sys.modules, "crmflow.cli.app")
    monkeypatch.delattr(cli, "app")
    monkeypatch.setitem(sys.modules, "crmflow.cli.session", None)
    with pytest.raises(ModuleNotFoundError, match="session"):
        cli.main()


def test_root_help_names_every_command(crm: Crm) -> None:
    """Without a command the same is shown, as a usage error."""
    shown = crm.bare("--help").stdout
    assert all(f"  {name} " in shown for name in PLACES)
    assert crm.bare().exit_code == 2


def test_help_is_chinese_where_the_caller_is(crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the flag, or by the locale."""
    assert "用虚拟时钟" in crm.bare("--lang", "zh", "--help").stdout
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    shown = crm.bare("entity", "fire", "--help").stdout
    assert "幂等键" in shown
    assert "显示本帮助并退出。" in shown
    assert "--tenant" not in shown
    assert "本身的选项也可写在这里" in shown
    assert "对实体触发事件" in crm.bare("entity", "--help").stdout
    assert "Messages" in crm.bare("--lang", "en", "--help").stdout


SAYING = {"here.say", "self.here.say", "session().say", "misused"}
"""How texts of the command line are said; the demo has its own."""


def walk(command: click.Command) -> list[str]:
    """Return every text of a command's help, its commands' included."""
    found = [command.help or ""]
    found += [param.help or "" for param in command.params if isinstance(param, click.Option)]
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            found += walk(inner)
    return found


def test_every_help_text_has_its_chinese() -> None:
    """Commands, options, and the short texts that the root keeps."""
    texts = {*walk(app), *(text for _, text in PLACES.values())}
    assert sorted(texts - set(ZH)) == []


def test_all_that_is_said_has_its_chinese() -> None:
    """Titles, notes and usage errors: every text that the code asks to have said."""
    texts = set[str]()
    for file in Path(cli.__file__).parent.glob("*.py"):
        for call in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(call, ast.Call) and ast.unparse(call.func) in SAYING:
                texts |= {str(one.value) for one in call.args if isinstance(one, ast.Constant)}
    assert len(texts) > len(PLACES)
    assert sorted(texts - set(ZH)) == []


def test_short_help_of_the_root_is_the_commands_own() -> None:
    """What is shown without loading a command is what it says itself."""
    context = click.Context(app)
    for name, (_, text) in PLACES.items():
        command = app.get_command(context, name)
        assert command is not None
        assert (command.name, command.help) == (name, text)


def test_unknown_command_is_a_usage_error(crm: Crm) -> None:
    """With the nearest one there is."""
    result = crm.bare("machin", "list")
    assert result.exit_code == 2
    assert "Did you mean 'machine'?" in result.stderr
    assert "Did you mean 'fire'?" in crm.bare("entity", "fier").stderr
    assert crm.bare("--nonsense").exit_code == 2
    assert crm.bare("entity", "--nonsense").exit_code == 2


def test_options_may_stand_before_or_after(crm: Crm) -> None:
    """What is written last, at the verb, wins."""
    last = crm.bare("-o", "table", "--lang", "en", "machine", "list", "-o", "json", "--lang", "zh")
    assert json.loads(last.stdout)[0]["label"] == "线索"


def test_machine_named_twice_stays_twice(crm: Crm) -> None:
    """A repeatable option is a list."""
    result = crm.bare("--machine", "deal", "--machine", "lead", "-o", "json", "machine", "list")
    assert [row["machine"] for row in json.loads(result.stdout)] == ["deal", "lead"]


def test_error_is_one_sentence_or_json(crm: Crm) -> None:
    """On stderr, never a traceback; stdout stays empty."""
    plain = crm.bare("machine", "show", "led")
    assert plain.stderr == "Error: unknown machine 'led'. Did you mean 'lead'?\n"
    assert plain.stdout == ""
    assert crm.bare("machine", "show", "led", "--lang", "zh").stderr.startswith("错误: ")
    for form in ("json", "jsonl"):
        told_ = json.loads(crm.bare("machine", "show", "led", "-o", form).stderr)
        assert told_["error"]["type"] == "UnknownMachineError"


def test_error_in_the_file_is_told_in_the_flags_form(crm: Crm) -> None:
    """Language and form are known even where the settings are not."""
    Path("crmflow.toml").write_text("stroe = 'x'\n", "utf-8")
    result = crm.bare("machine", "list")
    assert result.exit_code == 3
    assert "unknown key 'stroe'. Did you mean 'store'?" in result.stderr
    in_json = crm.bare("machine", "list", "-o", "json", "--lang", "zh")
    assert json.loads(in_json.stderr)["error"]["type"] == "ConfigurationError"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.ConfigurationError("x", ()), faults.CONFIGURATION),
        (errors.MachineDefinitionError("x", ()), faults.CONFIGURATION),
        (errors.SchemaOutOfDateError("x", "1", "2"), faults.CONFIGURATION),
        (errors.StoreFileError("x", "y"), faults.CONFIGURATION),
        (errors.PolicyFailedError("x", "y", "z"), faults.CONFIGURATION),
        (errors.RefusedError(EntityRef("t", "m", "i"), "e", "s", (), ()), faults.REFUSED),
        (errors.UnknownEntityError(EntityRef("t", "m", "i")), faults.NOT_FOUND),
        (errors.UnknownEventError("m", "e", ()), faults.NOT_FOUND),
        (errors.EntityExistsError(EntityRef("t", "m", "i")), faults.CONFLICT),
        (errors.ConflictError(EntityRef("t", "m", "i"), 1, 2), faults.CONFLICT),
        (errors.KeyReusedError(EntityRef("t", "m", "i"), "k"), faults.CONFLICT),
        (errors.UnavailableError("x", "y"), faults.CONFLICT),
        (errors.RequestError("x"), faults.FINDINGS),
    ],
)
def test_every_exception_has_its_exit_code(error: errors.CrmflowError, code: int) -> None:
    """That of its own class, or of the nearest above it."""
    assert exit_code(error) == code
    assert str(error) in told(error, "table", "Error")


def test_codes_name_real_exceptions() -> None:
    """No row of the table is about a class that is gone."""
    assert all(hasattr(errors, name) or hasattr(crmflow, name) for name in CODES)


def test_session_outside_a_command_is_a_fault_of_the_program() -> None:
    """Verbs are run by the root alone."""
    lonely = click.Context(click.Command("x"))
    with lonely, pytest.raises(RuntimeError, match="no command of crmflow"):
        session()
    assert _say(lonely, "Commands") == "Commands"


def test_hidden_options_have_no_line_in_the_help() -> None:
    """They are listed at the root."""
    shown = Flag(["--x"], hidden=True, help="Who asks.")
    assert shown.get_help_record(click.Context(app, obj=Session())) is None
