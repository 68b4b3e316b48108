"""
The grammar of expressions: that of the library rule-engine, the tables of its parser given.

Whenever it is imported the library computes these tables from its grammar, which takes longer
than all else that expressions need. So they are shipped; `scripts/grammar.py` writes them. The
library itself looks whether they are of its grammar, and computes its own where they are not.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.resources
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import msgspec

FILE = "grammar.json"
"""Name of the shipped tables."""

_PLACE = "rule_engine.parser.parsetab"
"""Under this name the library's parser looks for tables."""


class Tables(msgspec.Struct):
    """
    The tables of a parser, as the library's own writer names them.

    Attributes:
        version: Version of their form.
        method: How they were computed.
        signature: Of which grammar they are.
        action: What to do, by state and token.
        goto: Where to go, by state and production.
        productions: Text, name, length, function, file and line of each.
    """

    version: str
    method: str
    signature: str
    action: dict[int, dict[str, int | None]]
    goto: dict[int, dict[str, int]]
    productions: list[tuple[str, str, int, str | None, str | None, int | None]]

    @classmethod
    def shipped(cls) -> Tables:
        """Return the tables that are shipped."""
        file = importlib.resources.files(__package__ or "") / FILE
        return msgspec.json.decode(file.read_bytes(), type=cls)

    def as_module(self) -> ModuleType:
        """Return them in the form in which the library reads them."""
        found = ModuleType(_PLACE)
        found.__dict__.update(
            _tabversion=self.version,
            _lr_method=self.method,
            _lr_signature=self.signature,
            _lr_action=self.action,
            _lr_goto=self.goto,
            _lr_productions=self.productions,
        )
        return found


@contextlib.contextmanager
def given(tables: Tables) -> Iterator[None]:
    """Let the library's parser find tables, should it be made meanwhile."""
    sys.modules[_PLACE] = tables.as_module()
    try:
        yield
    finally:
        sys.modules.pop(_PLACE, None)


@functools.cache
def library() -> tuple[Any, Any, type[Exception]]:
    """
    Return what reads an expression, its context, and the error it raises, loaded once.

    Raises:
        ImportError: The extra `rules` is not installed.
    """
    try:
        with given(Tables.shipped()):
            import rule_engine  # type: ignore[import-untyped]
    except ImportError as error:
        message = "expressions in tables need rule-engine: pip install 'crmflow[rules]'"
        raise ImportError(message) from error
    return rule_engine.Rule, rule_engine.Context(), rule_engine.EngineError
