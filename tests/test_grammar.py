"""The grammar of expressions: the shipped tables are the library's, which looks before it reads."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from crmflow.expressions.grammar import FILE, Tables
from tests.docs.pages import ROOT

PROBE = """
import sys
import msgspec
from crmflow.expressions import grammar

tables = grammar.Tables.shipped()
with grammar.given(msgspec.structs.replace(tables, signature=tables.signature + {change!r})):
    import rule_engine

from rule_engine.engine.rule import Rule
from rule_engine._vendor.ply.yacc import MiniProduction

ours = all(isinstance(one, MiniProduction) for one in Rule.parser._parser.productions)
print(ours, len(Rule.parser._parser.action) == len(tables.action), grammar._PLACE in sys.modules)
"""


def test_shipped_tables_are_those_the_library_computes(tmp_path: Path) -> None:
    """Computed again they are the same: `python scripts/grammar.py` mends it."""
    runpy.run_path(str(ROOT / "scripts" / "grammar.py"))["main"](tmp_path)
    shipped = ROOT / "src" / "crmflow" / "expressions" / FILE
    assert (tmp_path / FILE).read_text("utf-8") == shipped.read_text("utf-8")


@pytest.mark.parametrize(("change", "read"), [("", "True"), ("another", "False")])
def test_tables_of_another_grammar_are_passed_over(change: str, read: str) -> None:
    """Tables that are the library's own are read; of a grammar that changed it computes its own."""
    probe = PROBE.format(change=change)
    done = subprocess.run([sys.executable, "-c", probe], check=True, capture_output=True, text=True)
    assert done.stdout.split()[-3:] == [read, "True", "False"]


def test_tables_are_read_as_they_were_written() -> None:
    """States and productions are numbers again."""
    tables = Tables.shipped()
    assert msgspec.json.decode(msgspec.json.encode(tables), type=Tables) == tables
    assert len(tables.action) > len(tables.goto) > 0
