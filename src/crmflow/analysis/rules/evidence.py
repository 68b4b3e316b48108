"""Which tests hold a rule: those that name it, in what they say or in what they compare."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from crmflow.analysis.rules.catalogue import ID
from crmflow.core.errors import ConfigurationError

__all__ = ["evidence"]

_FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


def evidence(folder: Path) -> Mapping[str, tuple[str, ...]]:
    """
    Return the tests that name each rule, by id.

    A test names a rule in its docstring, in its body, in its decorators, or in a constant
    of the module that these mention; what a module only says of itself does not count.

    Args:
        folder: Where the tests are.

    Returns:
        Tests as pytest calls them: `tests/states/test_lead.py::test_a_row_is_legal`.

    Raises:
        ConfigurationError: A file of tests cannot be parsed.
    """
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for path in sorted(folder.rglob("test_*.py")):
        text = path.read_text("utf-8")
        if ID.search(text) is None:
            continue
        tree = _parsed(path, text)
        constants = _constants(tree)
        for name, test in _tests(tree):
            for id_ in sorted(_named(test, constants)):
                found[id_][f"{path.relative_to(folder.parent).as_posix()}::{name}"] = None
    return {id_: tuple(names) for id_, names in sorted(found.items())}


def _parsed(path: Path, text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except SyntaxError as error:
        raise ConfigurationError(str(path), (f"line {error.lineno}: {error.msg}",)) from error


def _tests(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    for node in tree.body:
        if isinstance(node, _FUNCTION) and node.name.startswith("test_"):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            # A class of tests, or the rules of a stateful one.
            yield from (
                (f"{node.name}::{inner.name}", inner)
                for inner in node.body
                if isinstance(inner, _FUNCTION)
            )


def _constants(tree: ast.Module) -> Mapping[str, frozenset[str]]:
    """Return the ids in each constant of a module, by its name."""
    found: dict[str, frozenset[str]] = {}
    for node in tree.body:
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, ast.AnnAssign):
            targets = [node.target]
        for target in targets:
            if isinstance(target, ast.Name):
                found[target.id] = _ids(node)
    return found


def _named(test: ast.AST, constants: Mapping[str, frozenset[str]]) -> frozenset[str]:
    names = {node.id for node in ast.walk(test) if isinstance(node, ast.Name)}
    return _ids(test).union(*(constants.get(name, frozenset()) for name in names))


def _ids(tree: ast.AST) -> frozenset[str]:
    texts = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return frozenset(id_ for text in texts if isinstance(text, str) for id_ in ID.findall(text))
