"""`crmflow output` and `crmflow list`."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from crmflow.cli.app import app

SAID = """
store = "sqlite:///crm.db"
profile = "demo"
machines = ["lead"]
[settings.company]
name = "Harbour Mill"
[[lists]]
name = "leads"
machine = "lead"
title_en = "Leads"
title_zh = "线索"
columns = [{ name = "id" }, { name = "name" }, { name = "need", zh = "需要" }]
order = ["id"]
"""
SALES = ("--actor", "sales-1", "--role", "salesperson")


def run(*words: str) -> Result:
    """Run a command of crmflow."""
    return CliRunner().invoke(app, [*words])


@pytest.fixture(autouse=True)
def _place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder with a store that has two leads."""
    monkeypatch.chdir(tmp_path)
    Path("crmflow.toml").write_text(SAID, "utf-8")
    for id_, name in (("L-1", "=1+1"), ("L-2", "Mill | Sons\nLtd")):
        sets = ("--set", f"name={name}", "--set", "source=exhibition", "--set", "need=pumps")
        made = run("entity", "create", "lead", "--id", id_, *sets, *SALES)
        assert made.exit_code == 0, made.output


def test_outputs_are_listed_and_shown() -> None:
    """With what causes them, and their words in the chosen language (DEV-012)."""
    listed = json.loads(run("output", "list", "--machine", "lead", "-o", "json").stdout)
    record = {one["output"]: one for one in listed}["follow_up_record"]
    assert record["events"] == ["follow_up", "contact"]
    assert run("output", "list", "--machine", "deal", "-o", "json").stdout == "[]\n"
    shown = json.loads(run("output", "show", "solution_basis", "-o", "json").stdout)
    assert (shown["to"], "{{ title }}" in shown["text"]) == (["person:owner"], True)
    assert "个性化方案依据" in run("output", "show", "solution_basis", "--lang", "zh").stdout
    unknown = run("output", "show", "solution_bases")
    assert (unknown.exit_code, "Did you mean 'solution_basis'?" in unknown.stderr) == (5, True)


def test_a_preview_shows_head_and_words() -> None:
    """For an entity as it is, with what an event would bring."""
    brings = (
        "--set",
        "needs=steady pumps",
        "--set",
        "expectations=quiet",
        "--set",
        "goals=fewer stops",
    )
    done = run(
        "output", "preview", "solution_basis", "L-1", *brings, "--set", "solution_basis=x", *SALES
    )
    assert done.exit_code == 0, done.output
    assert "person:sales-1" in done.stdout
    assert "Basis of a personal solution" in done.stdout
    found = run(
        "output", "preview", "follow_up_record", "L-2", "--lang", "zh", "-o", "json", *SALES
    )
    (copy,) = json.loads(found.stdout)["copies"]
    assert (copy["recipient"], copy["language"]) == (None, "zh")
    assert copy["text"].startswith("客户跟进记录表")
    assert run("output", "preview", "nothing", "L-1", *SALES).exit_code == 5
    wrong = run("output", "preview", "solution_basis", "L-1", "--set", "needs=x", *SALES)
    assert wrong.exit_code == 2


def test_lists_are_listed_and_shown() -> None:
    """Headings are the reader's; JSON has the names of the columns (REC-050)."""
    listed = json.loads(run("list", "list", "-o", "json").stdout)
    assert [one["list"] for one in listed] == ["leads"]
    found = json.loads(run("list", "show", "leads", "-o", "json", *SALES).stdout)
    assert found[0] == {"id": "L-1", "name": "=1+1", "need": "pumps"}
    table = run("list", "show", "leads", "--lang", "zh", *SALES).stdout
    assert table.startswith("线索\n")
    assert "需要" in table
    assert run("list", "show", "lead", *SALES).exit_code == 5


def test_a_file_for_others_holds_no_formula_and_no_broken_row() -> None:
    """A spreadsheet runs nothing of what people wrote."""
    text = run("list", "show", "leads", "--as", "csv", *SALES).stdout
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[1] == ["L-1", "'=1+1", "pumps"]
    assert rows[2][1] == "Mill | Sons\nLtd"
    lines = run("list", "show", "leads", "--as", "markdown", *SALES).stdout.splitlines()
    assert lines[1] == "| --- | --- | --- |"
    assert lines[3] == "| L-2 | Mill \\| Sons Ltd | pumps |"


def test_what_may_not_be_seen_is_counted() -> None:
    """By a company with rights, for somebody who has none."""
    right = '\n[[access]]\nname = "heads"\nmachine = "lead"\nroles = ["head"]\nfields = ["*"]\n'
    Path("crmflow.toml").write_text(SAID + right, "utf-8")
    done = run("list", "show", "leads", "-o", "json", "--actor", "guest-1", "--role", "guest")
    assert (done.stdout, "2 entities of the list may not be seen." in done.stderr) == ("[]\n", True)
