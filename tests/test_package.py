"""The package's front: its public names, and what importing them costs."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import crmflow

SRC = Path(crmflow.__file__).parents[1]


def run(code: str) -> str:
    """Return what a fresh interpreter prints."""
    environ = os.environ | {"PYTHONPATH": str(SRC)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environ
    )
    return done.stdout.strip()


def declared() -> dict[str, str]:
    """Return the names of the TYPE_CHECKING block and the module each comes from."""
    tree = ast.parse(Path(crmflow.__file__).read_text("utf-8"))
    block = next(
        node
        for node in tree.body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    )
    assert all(isinstance(node, ast.ImportFrom) for node in block.body)
    return {
        alias.name: str(node.module).removeprefix("crmflow.")
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def test_public_names_are_sorted() -> None:
    """The list is in ruff's order: constants, classes, functions, each by name."""

    def place(name: str) -> tuple[int, str]:
        return (0 if name.isupper() else 1 if name[0].isupper() else 2), name

    assert list(crmflow.__all__) == sorted(set(crmflow.__all__), key=place)


def test_lists_of_names_agree() -> None:
    """What is public, where it is found and what type checkers see are one list."""
    homes = {name: home for home, names in crmflow._HOMES.items() for name in names}
    assert homes == declared()
    assert sorted(homes) == sorted(crmflow.__all__)
    assert len(homes) == sum(len(names) for names in crmflow._HOMES.values())


@pytest.mark.parametrize("name", crmflow.__all__)
def test_name_is_what_its_home_has(name: str) -> None:
    """Every public name imports, and is the very thing its module declares."""
    home = import_module(f"crmflow.{declared()[name]}")
    assert getattr(crmflow, name) is getattr(home, name)
    assert name in dir(crmflow)


def test_unknown_name() -> None:
    """A name there is not is an ordinary missing attribute."""
    with pytest.raises(AttributeError, match="module 'crmflow' has no attribute 'Motor'"):
        crmflow.Motor  # noqa: B018 - the access is what is tested


def test_import_loads_no_submodule() -> None:
    """`import crmflow` costs nothing."""
    code = "import sys, crmflow; print([m for m in sys.modules if m.startswith('crmflow.')])"
    assert run(code) == "[]"


def test_engine_loads_no_database_and_scans_no_plugins() -> None:
    """What is slow comes when an engine is made, and only what it needs."""
    code = """
import importlib.metadata, sys

def scan(*args, **kwargs):
    raise AssertionError("entry points are scanned")

importlib.metadata.entry_points = scan
from crmflow import Engine, Actor
slow = {"sqlalchemy", "alembic", "sqlite3", "transitions", "click", "rich"}
print(sorted(slow & {name.partition(".")[0] for name in sys.modules}))
"""
    found = run(code)
    assert "sqlalchemy" not in found
    assert "alembic" not in found


def test_memory_engine_loads_no_database() -> None:
    """An engine in memory works where no database library is installed."""
    code = """
import sys
sys.modules["sqlalchemy"] = sys.modules["alembic"] = None
from crmflow import Engine
print(sorted(Engine("memory:", machines=["lead"]).registry.machines))
"""
    assert "lead" in run(code)
