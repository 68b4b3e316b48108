"""What carries a rule: rows of machines, rows of tables, and pieces of code that name it."""

from __future__ import annotations

import ast
import importlib.resources
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from importlib.resources.abc import Traversable

import attrs
import pluggy

from crmflow.analysis.rules.catalogue import ID
from crmflow.core.machine import Machine
from crmflow.plugins.bringing import plugin_machines
from crmflow.profiles.files import profile_layer, profiles
from crmflow.states import EVERY, load

__all__ = ["Carrier", "What", "carriers"]


class What(StrEnum):
    """What kind of thing carries a rule; the last two carry those of one kind alone."""

    ROW = "row"
    GUARD = "guard"
    TABLE = "table"
    CODE = "code"
    BLANK = "blank"
    ROLE = "role"


EXAMPLES = frozenset({"demo"})
"""Profiles whose rows are examples and carry nothing."""

ONLY = {"blanks": What.BLANK, "roles": What.ROLE}
"""Tables that say what a value or a role is and do nothing by themselves."""


@attrs.frozen(order=True)
class Carrier:
    """
    One thing that carries a rule.

    Attributes:
        what: What kind of thing it is.
        file: File in the package, from its root.
        place: The row, guard, table row, class or function.
    """

    what: What
    file: str
    place: str

    def __str__(self) -> str:
        return f"{self.file}: {self.place}"


def carriers(manager: pluggy.PluginManager) -> Mapping[str, tuple[Carrier, ...]]:
    """
    Return what carries each rule and reading, by id.

    Args:
        manager: The plugins, whose machines count like the shipped ones.
    """
    found: dict[str, set[Carrier]] = defaultdict(set)
    machines = (*map(load, EVERY), *plugin_machines(manager).values())
    parts = (*(pair for one in machines for pair in _of_machine(one)), *_of_tables(), *_of_code())
    for id_, carrier in parts:
        found[id_].add(carrier)
    return {id_: tuple(sorted(all_)) for id_, all_ in sorted(found.items())}


def _of_machine(machine: Machine) -> Iterator[tuple[str, Carrier]]:
    module = EVERY.get(machine.name, machine.facts.__module__).partition(":")[0]
    file = "/".join(module.split(".")[1:])
    for row in machine.rows:
        for id_ in row.rules:
            yield id_, Carrier(What.ROW, file, f"{machine.name} {row.name}")
        for guard in row.guards:
            for id_ in guard.rules:
                place = f"{machine.name} {row.event}: {guard.reason}"
                yield id_, Carrier(What.GUARD, file, place)
    for blank in machine.blanks:
        for id_ in blank.rules:
            yield id_, Carrier(What.BLANK, file, f"{machine.name} {blank.key}")


def _of_tables() -> Iterator[tuple[str, Carrier]]:
    for profile in profiles():
        if profile in EXAMPLES:
            continue
        for table, rows in profile_layer(profile).tables.items():
            for draft in rows.values():
                columns = {name: given.value for name, given in draft.columns.items()}
                file, what = f"profiles/{draft.sources[0].file}", ONLY.get(table, What.TABLE)
                carrier = Carrier(what, file, f"{table} {draft.name}")
                yield from ((id_, carrier) for id_ in _cited(columns))


def _cited(value: object) -> Iterator[str]:
    """Yield the ids in every column `rules`, at any depth."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if name == "rules" and isinstance(inner, list):
                yield from map(str, inner)
            else:
                yield from _cited(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _cited(inner)


def _of_code() -> Iterator[tuple[str, Carrier]]:
    root = importlib.resources.files("crmflow")
    for path, file in _sources(root, ""):
        text = file.read_text("utf-8")
        if ID.search(text) is None:
            continue
        for place, docstring in documented(ast.parse(text)):
            for id_ in ID.findall(docstring):
                yield id_, Carrier(What.CODE, path, place)


def _sources(folder: Traversable, path: str) -> Iterator[tuple[str, Traversable]]:
    for one in sorted(folder.iterdir(), key=lambda one: one.name):
        if one.is_dir():
            yield from _sources(one, f"{path}{one.name}/")
        elif one.name.endswith(".py"):
            yield f"{path}{one.name}", one


def documented(tree: ast.AST, inside: str = "") -> Iterable[tuple[str, str]]:
    """Yield dotted name and docstring of every class and function below a node."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            place = f"{inside}{node.name}"
            docstring = ast.get_docstring(node)
            if docstring is not None:
                yield place, docstring
            yield from documented(node, f"{place}.")
        else:
            yield from documented(node, inside)
