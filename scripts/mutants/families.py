"""Families: which modules are tried together, by which tests, and which mutants of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

import attrs

PACKAGE = "src/crmflow/"
LEAST = 20
"""So many mutants of each family at least are in a sample, where it has so many."""


@attrs.frozen
class Family:
    """
    Modules with the same tests.

    Attributes:
        name: Row of `tests/mutants.toml`: what their paths begin with.
        modules: Their paths.
        tests: Files and folders of tests.
    """

    name: str
    modules: tuple[str, ...]
    tests: tuple[str, ...]

    @property
    def folder(self) -> str:
        """Name of the folder of its run."""
        return self.name.strip("/").replace("/", ".")


def families(modules: Iterable[str], tests: Mapping[str, Sequence[str]]) -> tuple[Family, ...]:
    """
    Return the families of modules, in the order of the rows.

    A module belongs to the longest row that its path under `src/crmflow` begins with.

    Raises:
        ValueError: A module belongs to none, or a row to no module.
    """
    found: dict[str, list[str]] = {name: [] for name in tests}
    for module in modules:
        fitting = [name for name in tests if module.removeprefix(PACKAGE).startswith(name)]
        if not fitting:
            raise ValueError(f"{module}: no row names tests for it; known: {', '.join(tests)}")
        found[max(fitting, key=len)].append(module)
    idle = [name for name, own in found.items() if not own]
    if idle:
        raise ValueError(f"rows that no module belongs to: {', '.join(idle)}")
    return tuple(Family(name, tuple(own), tuple(tests[name])) for name, own in found.items())


def shares(sizes: Mapping[str, int], count: int) -> Mapping[str, int]:
    """Return how many mutants of each family are in a sample: by its size, `LEAST` at least."""
    whole = sum(sizes.values())
    return {
        name: min(size, max(LEAST, round(count * size / whole))) if size else 0
        for name, size in sizes.items()
    }


def drawn(names: Iterable[str], count: int, seed: int) -> tuple[str, ...]:
    """
    Return so many names, drawn by a seed.

    A name's turn depends on itself alone: a greater count has the same names and more, and a
    change elsewhere leaves them as they are.
    """

    def turn(name: str) -> bytes:
        return hashlib.sha256(f"{seed} {name}".encode()).digest()

    return tuple(sorted(names, key=turn)[:count])
