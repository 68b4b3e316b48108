"""Reading profiles and a company's own documents."""

from __future__ import annotations

import importlib.resources
from collections.abc import Iterator
from pathlib import Path

import pytest

from crmflow.core.errors import ConfigurationError
from crmflow.profiles.files import (
    chosen_profiles,
    layer_of,
    profile,
    profile_layer,
)
from tests.profiles.kinds import limit, own


def test_the_base_comes_first_and_each_profile_once() -> None:
    """Given as text, as a list, or both."""
    assert chosen_profiles(None) == ("default",)
    assert chosen_profiles("demo") == ("default", "demo")
    assert chosen_profiles(" demo , default,") == ("default", "demo")
    assert chosen_profiles(["demo", "demo"]) == ("default", "demo")


def test_an_unknown_profile_is_refused_with_the_nearest() -> None:
    """Whichever of several it is."""
    with pytest.raises(ConfigurationError, match=r"'demmo'\. Did you mean 'demo'\?"):
        chosen_profiles(["demo", "demmo"])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return the folder where profiles are looked for."""
    monkeypatch.setattr(importlib.resources, "files", lambda _package: tmp_path)
    profile.cache_clear()
    profile_layer.cache_clear()
    write(tmp_path, "default", "")
    yield tmp_path
    profile.cache_clear()
    profile_layer.cache_clear()


def write(folder: Path, name: str, extends: str, **tables: str) -> None:
    """Write a profile."""
    (folder / name).mkdir()
    head = f"[profile]\nversion = '1'\ntitle_en = 'x'\ntitle_zh = 'x'\nextends = [{extends}]\n"
    (folder / name / "profile.toml").write_text(head, "utf-8")
    for table, text in tables.items():
        (folder / name / f"{table}.toml").write_text(text, "utf-8")


def test_what_a_profile_extends_comes_before_it(folder: Path) -> None:
    """Once, also where two extend it."""
    write(folder, "a", "")
    write(folder, "b", "'a'")
    write(folder, "c", "'a', 'b'")
    assert chosen_profiles("c,b") == ("default", "a", "b", "c")


def test_profiles_that_extend_each_other_are_refused(folder: Path) -> None:
    """With the circle."""
    write(folder, "a", "'b'")
    write(folder, "b", "'a'")
    with pytest.raises(ConfigurationError, match="a -> b -> a"):
        chosen_profiles("a")


def test_a_head_names_every_fault(folder: Path) -> None:
    """By file."""
    write(folder, "a", "")
    (folder / "a" / "profile.toml").write_text("[profile]\nversoin = '1'\n", "utf-8")
    with pytest.raises(ConfigurationError) as caught:
        profile("a")
    assert caught.value.source == "a/profile.toml"
    assert len(caught.value.faults) == 4


def test_every_file_of_a_folder_is_read(folder: Path) -> None:
    """The head is none of them; other endings are left alone."""
    write(folder, "a", "", limits="[[limits]]\nname = 'x'\n", more="[settings]\nk = 1\n")
    (folder / "a" / "notes.md").write_text("x", "utf-8")
    layer = profile_layer("a")
    assert list(layer.tables) == ["limits"]
    assert layer.tables["limits"]["x", ""].version == "1"
    assert layer.settings["k"].source.file == "a/more.toml"


def test_the_command_lines_own_keys_are_left_alone() -> None:
    """They stand in the same file."""
    found = own({"store": "x", "machines": ["lead"], "plugins": [], "limits": [limit()]})
    assert (list(found.tables), found.faults) == (["limits"], ())


@pytest.mark.parametrize(
    ("document", "fault"),
    [
        (
            {"settings": 3},
            "own.toml: $.settings: type, expected a table: write [settings] on its own line",
        ),
        (
            {"limits": {"name": "x"}},
            (
                "own.toml: $.limits: type, expected rows: write [[limits]], "
                "or [settings.limits] for settings"
            ),
        ),
        ({"limits": [limit(), 3]}, "own.toml: $.limits[1]: type, expected a row: write [[limits]]"),
    ],
)
def test_what_is_no_row_is_a_fault(document: dict[str, object], fault: str) -> None:
    """With what to write instead."""
    assert own(document).faults == (fault,)


def test_a_row_written_twice_is_a_fault_that_names_both() -> None:
    """In one file or in two; the first stays."""
    found = layer_of(
        {"b.toml": {"t": [{"name": "x", "c": 2}]}, "a.toml": {"t": [{"name": "x", "c": 1}]}}
    )
    assert found.faults == (
        "b.toml: $.t[0].name (x): doubled, another of this name and day is a.toml: $.t[0]",
    )
    assert found.tables["t"]["x", ""].value("c") == 1


def test_a_setting_written_twice_is_a_fault_that_names_both() -> None:
    """In two files of one folder."""
    found = layer_of({"b.toml": {"settings": {"a.k": 1}}, "a.toml": {"settings": {"a": {"k": 2}}}})
    assert found.faults == (
        "b.toml: $.settings.a.k: doubled, it stands at a.toml: $.settings.a.k too",
    )


def test_rows_without_a_name_do_not_hide_each_other() -> None:
    """Each is a fault of its own when it is read."""
    assert len(own({"limits": [{"target": "1d"}, {"target": "1d"}]}).tables["limits"]) == 2
