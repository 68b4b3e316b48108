"""`crmflow config`, `init` and `plugin`: what the command line runs with."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from crmflow.states import MACHINES
from tests.cli.conftest import SAMPLES, read

NOTES = str(Path(__file__).with_name("notes.py"))

if TYPE_CHECKING:
    from tests.cli.conftest import Crm


def test_config_shows_values_and_origins(crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of the file included; the table names origins where asked."""
    Path("crmflow.toml").write_text(
        "tenant = 'acme'\n[settings.a]\nlimit = '3d'\nlist = [1, {a = 'x'}]\nday = 2026-01-01\n",
        "utf-8",
    )
    monkeypatch.setenv("CRMFLOW_PROFILE", "demo")
    rows = read(crm.bare("--machine", "lead", "config", "show", "-o", "json").stdout)
    found = {row["key"]: (row["value"], row["origin"]) for row in rows}
    assert found["tenant"] == ("acme", "crmflow.toml")
    assert found["profile"] == ("demo", "CRMFLOW_PROFILE")
    assert found["machines"] == (["lead"], "flag")
    assert found["directory"] == (None, "default")
    assert found["settings.a.limit"] == ("3d", "crmflow.toml")
    assert found["settings.a.list"][0] == [1, {"a": "x"}]
    assert found["settings.a.day"][0] == "2026-01-01"
    assert "CRMFLOW_PROFILE" in crm.bare("config", "show", "--origin").stdout
    assert "CRMFLOW_PROFILE" not in crm.bare("config", "show").stdout


def test_config_shows_where_settings_and_rows_come_from(crm: Crm) -> None:
    """With `--origin`, those of profiles and plugins too; a row by its version."""
    Path("crmflow.toml").write_text(
        "profile = ['demo', 'default']\n[settings.complaint.major]\nowner = 'board'\n"
        "[[notes]]\nname = 'first'\ntext = 'new'\n",
        "utf-8",
    )
    words = ("--plugin", NOTES, "--machine", "lead", "config", "show", "--origin", "-o", "json")
    found = {row["key"]: (row["value"], row["origin"]) for row in read(crm.bare(*words).stdout)}
    assert found["profile"] == ("demo,default", "crmflow.toml")
    assert found["settings.complaint.major.owner"] == ("board", "crmflow.toml")
    assert found["settings.complaint.major.limit"] == ("3d", "demo/settings.toml")
    assert found["notes.first"][1] == "plugin notes + crmflow.toml"
    assert "+own-" in found["notes.first"][0]
    assert "notes.second" not in found
    assert not any(key.startswith("blanks.") for key in found)


def test_secrets_are_hidden(crm: Crm) -> None:
    """A password in a URL, and settings that name one."""
    Path("crmflow.toml").write_text(
        "[settings]\nsmtp_password = 'hunter2'\nmail.url = 'smtp://me:hunter2@mail'\n", "utf-8"
    )
    result = crm.bare("--store", "postgresql://crm:hunter2@db/crm", "config", "show", "-o", "json")
    assert "hunter2" not in result.stdout
    found = {row["key"]: row["value"] for row in read(result.stdout)}
    assert found["store"] == "postgresql://crm:***@db/crm"
    assert found["settings.smtp_password"] == "***"
    assert found["settings.mail.url"] == "smtp://me:***@mail"


def test_init_names_the_blanks(crm: Crm) -> None:
    """Commented, so that nothing is decided silently; the file is read at once."""
    result = crm.bare("init", "--machine", "complaint", "--lang", "zh")
    assert result.exit_code == 0
    assert "crmflow.toml 已生成" in result.stderr
    text = Path("crmflow.toml").read_text("utf-8")
    assert '# complaint.major.limit = "2wd"' in text
    assert "CMP-013" in text
    assert "没有默认值" in text
    table = tomllib.loads(text)
    assert table["machines"] == ["complaint"]
    assert table["settings"] == {}
    assert crm.bare("config", "show").exit_code == 0
    filled = tomllib.loads(text.replace("# complaint", "complaint"))
    assert set(filled["settings"]["complaint"]["major"]) == {"limit", "owner", "steps"}


def test_init_shows_what_may_be_chosen(crm: Crm) -> None:
    """Blanks of rows in use are there as those of machines are."""
    assert crm.bare("init", "--plugin", NOTES, "--machine", "deal").exit_code == 0
    text = Path("crmflow.toml").read_text("utf-8")
    assert '# kpi.complaint_scope = "company"' in text
    assert "# What the limit of 1 counts. (choice; ANA-005)" in text
    assert crm.bare("--plugin", NOTES, "config", "show").exit_code == 0


def test_init_keeps_what_was_chosen(crm: Crm) -> None:
    """Flags land in the file; a machine without blanks leaves the table empty."""
    plugin = str(SAMPLES)
    given = ("--profile", "demo", "--plugin", plugin, "--directory", "people.toml")
    assert crm.bare(*given, "--machine", "lead", "init").exit_code == 0
    table = tomllib.loads(Path("crmflow.toml").read_text("utf-8"))
    assert (table["profile"], table["plugins"]) == ("demo", [plugin])
    assert (table["directory"], table["tenant"]) == ("people.toml", "main")


def test_init_overwrites_nothing(crm: Crm) -> None:
    """With exit code 6."""
    Path("crmflow.toml").write_text("tenant = 'acme'\n", "utf-8")
    result = crm.bare("init")
    assert result.exit_code == 6
    assert "left alone" in result.stderr
    assert Path("crmflow.toml").read_text("utf-8") == "tenant = 'acme'\n"


def test_plugins_are_listed_with_hooks_and_machines(crm: Crm) -> None:
    """By the name they are loaded under."""
    result = crm.sample("plugin", "list", "-o", "json")
    rows = {row["plugin"]: row for row in read(result.stdout)}
    assert rows["samples"]["hooks"] == ["judge_for", "machines", "texts"]
    assert rows["samples"]["machines"] == ["ping", "pong", "guest"]
    assert rows["samples"]["version"]
    assert "ping" in crm.sample("plugin", "list").stdout


def test_broken_plugin_exits_with_3(crm: Crm) -> None:
    """Naming it and what it raised."""
    Path("broken.py").write_text("1 / 0\n", "utf-8")
    result = crm.bare("--plugin", "broken.py", "plugin", "list")
    assert result.exit_code == 3
    assert "broken.py" in result.stderr
    assert "ZeroDivisionError" in result.stderr


def test_missing_directory_exits_with_3(crm: Crm) -> None:
    """Naming the file."""
    result = crm("--directory", "nowhere.toml", "entity", "find")
    assert result.exit_code == 3
    assert "nowhere.toml" in result.stderr


def test_features_are_listed(crm: Crm) -> None:
    """What each switches on; every machine there is, is part of one."""
    rows = read(crm.bare("config", "features", "--lang", "zh", "-o", "json").stdout)
    found = {row["feature"]: row for row in rows}
    assert found["proposal_rewards"]["enables"] == ["rewards suggestions"]
    assert found["receptions"]["label"] == "客户来访接待"
    assert {name for row in rows for name in row["machines"]} >= set(MACHINES)
    assert "proposal_rewards" in crm.bare("config", "features").stdout


def test_init_is_told_what_the_company_uses(crm: Crm) -> None:
    """Machines, profile and rows of the features; blanks of nothing else."""
    given = ("--feature", "loyalty", "--feature", "key_accounts")
    assert crm.bare("init", *given).exit_code == 0
    text = Path("crmflow.toml").read_text("utf-8")
    table = tomllib.loads(text)
    assert table["machines"] == [
        "customer",
        "record_update",
        "member_event",
        "company",
        "key_account",
    ]
    assert table["profile"] == "key_account"
    assert table["loyalty"] == [{"name": "points", "enabled": True}]
    assert "# loyalty.event_interval = " in text
    assert "# key_account.list_approver = " in text
    assert "complaint.major" not in text
    assert crm.bare("config", "show").exit_code == 0


def test_blanks_are_those_of_the_features(crm: Crm) -> None:
    """With meaning, kind and rules; what the file says stays in force."""
    Path("crmflow.toml").write_text(
        "machines = ['lead']\n[settings.proposal]\nintake_owner = 'marketing_department'\n"
        "[[rewards]]\nname = 'suggestions'\nwindow = 'year'\n",
        "utf-8",
    )
    given = ("--feature", "proposals", "--feature", "proposal_rewards")
    result = crm.bare("config", "blanks", *given, "-o", "json")
    found = {row["key"]: row for row in read(result.stdout)}
    assert result.exit_code == 1
    assert found["proposal.dispatch_approver"]["status"] == "missing"
    assert found["proposal.dispatch_approver"]["rules"] == ["SUG-010"]
    assert found["proposal.intake_owner"]["status"] == "given"
    assert "proposal.reward.grade_a.min" in found
    assert "proposal.reward.window" not in found
    assert "complaint.major.owner" not in found
    without = read(crm.bare("config", "blanks", *given[:2], "-o", "json").stdout)
    assert "proposal.reward.stack" not in {row["key"] for row in without}


def test_a_feature_may_need_a_plugin(crm: Crm) -> None:
    """The power company's: its plugin and profile land in the file."""
    assert crm.bare("init", "--feature", "power").exit_code == 0
    table = tomllib.loads(Path("crmflow.toml").read_text("utf-8"))
    assert (table["plugins"], table["profile"]) == (["crmflow.states.power"], "power")


def test_an_unknown_feature_is_told(crm: Crm) -> None:
    """Each of them, with what was probably meant."""
    result = crm.bare("init", "--feature", "complaint", "--feature", "power", "--feature", "x")
    assert result.exit_code == 3
    assert "unknown feature 'complaint'. Did you mean 'complaints'?" in result.stderr
    assert "unknown feature 'x'" in result.stderr
    assert not Path("crmflow.toml").exists()
