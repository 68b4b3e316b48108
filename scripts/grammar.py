"""
Write the tables of the parser of expressions: `python scripts/grammar.py [FOLDER]`.

The library rule-engine computes them from its grammar. They are read in place of that when
expressions are first needed; written again where another version of it has another grammar.
"""  # noqa: INP001 - run as a program

from __future__ import annotations

import json
import runpy
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from rule_engine import Rule  # type: ignore[import-untyped]
from rule_engine._vendor.ply.yacc import yacc  # type: ignore[import-untyped]

from crmflow.expressions.grammar import FILE, Tables

FOLDER = Path(__file__).parents[1] / "src" / "crmflow" / "expressions"


def computed() -> Mapping[str, Any]:
    """Return what the library's own writer says of its parser."""
    with tempfile.TemporaryDirectory() as folder:
        yacc(module=Rule.parser, debug=False, write_tables=True, outputdir=folder)
        return runpy.run_path(str(Path(folder) / "parsetab.py"))


def main(folder: Path = FOLDER) -> None:
    """Write the tables."""
    found = computed()
    tables = Tables(
        found["_tabversion"],
        found["_lr_method"],
        found["_lr_signature"],
        found["_lr_action"],
        found["_lr_goto"],
        found["_lr_productions"],
    )
    text = json.dumps(msgspec.to_builtins(tables, str_keys=True), sort_keys=True)
    # A line for each state and production, so that a change shows what changed.
    lined = text.replace("}, ", "},\n").replace("], ", "],\n")
    (folder / FILE).write_text(f"{lined}\n", "utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
