"""Trials of mutants by mutmut itself, in a small tree."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.mutants.families import Family
from scripts.mutants.trial import COPIED, Trial
from tests.docs.pages import ROOT

MODULE = "src/crmflow/core/tiny.py"
SOURCE = """
def more(number: int) -> int:
    return number + 1


def until(number: int) -> int:
    found = 0
    while found < number:
        found += 1
    return found


def unseen(number: int) -> int:
    return number - 1
"""
TESTS = """
from hypothesis import given, settings, strategies as st
from crmflow.core.tiny import more, until


def test_more() -> None:
    assert more(1) > 0


@given(st.integers(0, 9))
def test_until(number: int) -> None:
    assert until(number) == number


def test_laws_are_not_shrunk() -> None:
    assert [phase.name for phase in settings.default.phases] == ["explicit", "generate"]
    assert settings.default.derandomize
"""
PROJECT = """
[tool.pytest]
pythonpath = ["src", "."]
addopts = ["--import-mode=importlib"]
[tool.mutmut]
source_paths = ["src"]
pytest_add_cli_args = ["-p", "no:cacheprovider", "-p", "no:crmflow", "-p", "no:cov"]
timeout_multiplier = 1.0
timeout_constant = 1.0
use_git_change_detection = false
"""


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    """Return the trial of a module in a tree of its own."""
    root = tmp_path / "tree"
    for name, text in {
        MODULE: SOURCE,
        "tests/test_tiny.py": TESTS,
        "tests/conftest.py": "from hypothesis import settings\nsettings.load_profile('mutants')\n",
        "pyproject.toml": PROJECT,
        **{f"src/crmflow/{folder}__init__.py": "" for folder in ("", "core/")},
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, "utf-8")
    for name in COPIED[:-1]:
        (root / name).mkdir()
    (root / "scripts").symlink_to(ROOT / "scripts")
    return Trial(Family("core/", (MODULE,), ("tests",)), root, tmp_path / "run")


def _named(trial: Trial, part: str) -> list[str]:
    return [name for name in trial.codes() if part in name]


@pytest.mark.slow
def test_mutants_are_written_tried_and_told(trial: Trial) -> None:
    """Some are killed, one survives, one has no test; a second run tries what is left."""
    trial.prepare()
    assert set(trial.codes().values()) == {None}
    assert trial.go(_named(trial, "x_until"), children=1), trial.log()
    assert {trial.codes()[name] for name in _named(trial, "x_more")} == {None}
    assert 0 not in {trial.codes()[name] for name in _named(trial, "x_until")}
    trial.prepare()
    assert trial.go((), children=1), trial.log()
    codes = trial.codes()
    assert None not in codes.values()
    assert {codes[name] for name in _named(trial, "x_unseen")} == {33}
    survivors = {name: trial.changed(name) for name, code in codes.items() if code == 0}
    assert ["- return number + 1", "+ return number + 2"] in survivors.values()


@pytest.mark.slow
def test_survivors_are_tried_again_by_tests_as_they_are(trial: Trial) -> None:
    """A test that was added since kills them; what was killed is left as it was."""
    trial.prepare()
    assert trial.go(_named(trial, "x_more"), children=1), trial.log()
    before = trial.codes()
    tests = trial.root / "tests" / "test_tiny.py"
    tests.write_text(TESTS.replace("more(1) > 0", "more(1) == 2"), "utf-8")
    trial.forget()
    assert trial.codes() == {name: code or None for name, code in before.items()}
    assert trial.go(_named(trial, "x_more"), children=1), trial.log()
    assert {trial.codes()[name] for name in _named(trial, "x_more")} == {1}


@pytest.mark.slow
def test_other_tests_begin_anew(trial: Trial) -> None:
    """What was tried by other tests says nothing of these."""
    trial.prepare()
    assert trial.go(_named(trial, "x_more"), children=1), trial.log()
    other = Trial(Family("core/", (MODULE,), ("tests/test_tiny.py",)), trial.root, trial.folder)
    other.prepare()
    assert set(other.codes().values()) == {None}


@pytest.mark.slow
def test_tests_that_fail_without_any_change_are_told(trial: Trial) -> None:
    """Nothing is tried then."""
    (trial.root / "tests" / "test_tiny.py").write_text(TESTS.replace("> 0", "< 0"), "utf-8")
    trial.prepare()
    assert not trial.go((), children=1)
    assert "test_more" in trial.log()
    assert set(trial.codes().values()) == {None}
