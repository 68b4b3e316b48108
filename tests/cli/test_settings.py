"""Flags win over variables, variables over the file, the file over defaults."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmflow.cli.settings import KEYS, Chosen, resolve, spoken
from crmflow.config import Overlay
from crmflow.core.errors import ConfigurationError

ROWS = "{0} is no table of settings: write [settings.{0}], or [[{0}]] for rows"
FILE = """
store = "sqlite:///file.db"
machines = ["lead"]
tenant = "acme"
lang = "zh"

[settings.complaint.major]
owner = "general_manager"
"""


def test_nothing_set_gives_defaults(tmp_path: Path) -> None:
    """Each with its origin."""
    settings = resolve({}, {}, tmp_path)
    assert settings.text("store") == "sqlite:///crmflow.db"
    assert settings.text("profile") is None
    assert settings.names("machines") == ()
    assert settings.text("lang") == "en"
    assert settings.file is None
    assert {one.origin for one in settings.chosen.values()} == {"default"}


def test_precedence(tmp_path: Path) -> None:
    """Flag, variable, file, default: the first that is there."""
    (tmp_path / "crmflow.toml").write_text(FILE, "utf-8")
    environ = {"CRMFLOW_STORE": "memory:", "CRMFLOW_TENANT": "beta", "CRMFLOW_PROFILE": ""}
    settings = resolve({"store": "sqlite://"}, environ, tmp_path)
    assert settings.chosen["store"] == Chosen("sqlite://", "flag")
    assert settings.chosen["tenant"] == Chosen("beta", "CRMFLOW_TENANT")
    assert settings.chosen["machines"] == Chosen(("lead",), "crmflow.toml")
    assert settings.chosen["profile"] == Chosen(None, "default")
    assert settings.chosen["lang"] == Chosen("zh", "crmflow.toml")
    assert settings.blanks == {"complaint": {"major": {"owner": "general_manager"}}}


def test_rows_and_settings_of_the_file_overlay_the_profiles(tmp_path: Path) -> None:
    """What is wrong with rows shows when their tables are known."""
    text = "profile = ['demo', 'power']\n[[deadlines]]\nname = 'x'\n[settings]\na = 1\n"
    (tmp_path / "crmflow.toml").write_text(text, "utf-8")
    settings = resolve({}, {}, tmp_path)
    assert settings.text("profile") == "demo,power"
    assert settings.own == Overlay({"a": 1}, {"deadlines": [{"name": "x"}]}, "crmflow.toml")
    assert resolve({}, {}, tmp_path / "nowhere").own == Overlay(origin="crmflow.toml")


def test_lists_in_variables_are_parted_by_commas(tmp_path: Path) -> None:
    """Spaces around the names do not count."""
    settings = resolve({}, {"CRMFLOW_MACHINES": "lead, deal,"}, tmp_path)
    assert settings.names("machines") == ("lead", "deal")


def test_pyproject_counts_where_there_is_no_file_of_our_own(tmp_path: Path) -> None:
    """Its table is `[tool.crmflow]`; without one nothing is set."""
    project = tmp_path / "pyproject.toml"
    project.write_text("[project]\nname = 'x'\n", "utf-8")
    assert resolve({}, {}, tmp_path).file is None
    project.write_text("tool = 1\n", "utf-8")
    assert resolve({}, {}, tmp_path).file is None
    project.write_text("[tool.crmflow]\ntenant = 'acme'\n", "utf-8")
    settings = resolve({}, {}, tmp_path)
    assert settings.chosen["tenant"] == Chosen("acme", "pyproject.toml [tool.crmflow]")
    (tmp_path / "crmflow.toml").write_text("", "utf-8")
    assert resolve({}, {}, tmp_path).text("tenant") == "main"


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("stroe = 'x'", ["unknown key 'stroe'. Did you mean 'store'?"]),
        ("store = 1\ntenant = ''", ["store is text, not 1", "tenant is text, not ''"]),
        ("machines = 'lead'", ["machines is a list of names, at least one, such as ['machine']"]),
        ("plugins = []", ["plugins is a list of names, at least one, such as ['plugin']"]),
        ("profile = ['demo', 1]", ["profile is a list of names, at least one, such as ['profil']"]),
        ("profile = []", ["profile is a list of names, at least one, such as ['profil']"]),
        ("[deadlines]", [ROWS.format("deadlines")]),
        ("[complaint.major]\nowner = 'x'", [ROWS.format("complaint")]),
        ("lang = 'fr'", ["lang cannot be 'fr'. Known: 'en', 'zh'."]),
        ("settings = 1", ["settings is a table: write [settings] on a line of its own"]),
    ],
)
def test_wrong_files_name_every_fault(tmp_path: Path, text: str, faults: list[str]) -> None:
    """With what would be right."""
    (tmp_path / "crmflow.toml").write_text(text, "utf-8")
    with pytest.raises(ConfigurationError) as raised:
        resolve({}, {}, tmp_path)
    assert raised.value.source == "crmflow.toml"
    assert list(raised.value.faults) == faults


def test_unreadable_files_are_named(tmp_path: Path) -> None:
    """No TOML, no text, no table."""
    own, project = tmp_path / "crmflow.toml", tmp_path / "pyproject.toml"
    own.write_text("store = ", "utf-8")
    with pytest.raises(ConfigurationError, match=r"crmflow\.toml"):
        resolve({}, {}, tmp_path)
    own.write_bytes(b"\xff")
    with pytest.raises(ConfigurationError, match=r"crmflow\.toml"):
        resolve({}, {}, tmp_path)
    own.unlink()
    project.write_text("[tool]\ncrmflow = 1\n", "utf-8")
    with pytest.raises(ConfigurationError, match=r"tool\.crmflow is a table"):
        resolve({}, {}, tmp_path)


def test_variable_out_of_its_choices_is_refused(tmp_path: Path) -> None:
    """Naming the variable."""
    with pytest.raises(ConfigurationError, match="CRMFLOW_OUTPUT") as raised:
        resolve({}, {"CRMFLOW_OUTPUT": "jsn"}, tmp_path)
    assert "Did you mean 'json'?" in str(raised.value)
    assert resolve({}, {"CRMFLOW_OUTPUT": "json"}, tmp_path).text("output") == "json"


def test_locale_speaks_where_nobody_else_does() -> None:
    """LC_ALL before LC_MESSAGES before LANG, as everywhere."""
    assert spoken({"LC_ALL": "en_US.UTF-8", "LANG": "zh_CN.UTF-8"}) == Chosen("en", "LC_ALL")
    assert spoken({"LC_ALL": "", "LC_MESSAGES": "zh_TW"}) == Chosen("zh", "LC_MESSAGES")
    assert spoken({"LANG": "zh_CN.UTF-8"}) == Chosen("zh", "LANG")
    assert spoken({}) == Chosen("en", "default")


def test_variables_bear_the_names_of_the_file() -> None:
    """So that one list of names is enough."""
    assert [key.variable for key in KEYS.values()][:2] == ["CRMFLOW_STORE", "CRMFLOW_MACHINES"]
