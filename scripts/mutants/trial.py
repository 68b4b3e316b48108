"""Trials: mutmut's runs, each in a folder of its own with a copy of the tree."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import attrs

from scripts.mutants.families import Family
from scripts.mutants.report import changed
from scripts.mutants.score import SURVIVED, UNREACHED

COPIED = ("docs", "examples", "benchmarks", "changelog.d", "scripts")
"""What tests read beside the source."""

Codes: TypeAlias = dict[str, int | None]


@attrs.frozen
class Trial:
    """
    The run of a family, which goes on where it was stopped.

    Attributes:
        family: The family.
        root: The tree.
        folder: Where its run is.
    """

    family: Family
    root: Path
    folder: Path

    def prepare(self) -> None:
        """Lay out the tree as it is, tell mutmut of the family, and write the mutants."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for name in ("src", "tests", *COPIED):
            link = self.folder / name
            if not link.is_symlink():
                link.symlink_to(self.root / name)
        own = tomllib.loads((self.root / "pyproject.toml").read_text("utf-8"))["tool"]
        told, file = "\n".join(settings(self.family, own)) + "\n", self.folder / "pyproject.toml"
        if not file.is_file() or file.read_text("utf-8") != told:
            # Other modules or tests: what was written and tried for those before is void.
            shutil.rmtree(self.folder / "mutants", ignore_errors=True)
            file.write_text(told, "utf-8")
        self._run([sys.executable, "-m", "scripts.mutants.writing"], check=True)

    def codes(self) -> Codes:
        """Return what mutmut notes of each mutant; None where it was not tried."""
        return {name: code for module in self.family.modules for name, code in self._of(module)}

    def forget(self, *, kinds: frozenset[int] = frozenset({SURVIVED}) | UNREACHED) -> None:
        """Have those that live tried again, by tests as they are now."""
        for module in self.family.modules:
            meta, found = self._file(module, ".meta"), dict(self._of(module))
            if kinds & set(found.values()):
                noted = json.loads(meta.read_text("utf-8"))
                noted["exit_code_by_key"] = {
                    name: None if code in kinds else code for name, code in found.items()
                }
                meta.write_text(json.dumps(noted), "utf-8")
                # Which tests reach which function may be otherwise by now.
                (self.folder / "mutants" / "mutmut-stats.json").unlink(missing_ok=True)

    def go(self, names: Sequence[str], *, children: int) -> bool:
        """Try mutants, all that were not tried where none is named; say whether it went well."""
        program = str(Path(sys.executable).with_name("mutmut"))
        return self._run([program, "run", "--max-children", str(children), *names], check=False)

    def log(self) -> str:
        """Return the end of what mutmut and the tests said."""
        return (self.folder / "run.log").read_text("utf-8", errors="replace")[-3000:]

    def changed(self, name: str) -> Sequence[str]:
        """Return what a mutant changed."""
        module = next(one for one in self.family.modules if name in dict(self._of(one)))
        spans = json.loads(self._file(module, ".spans").read_text("utf-8"))["spans"]
        return changed(self._file(module, "").read_text("utf-8").splitlines(), spans, name)

    def _of(self, module: str) -> Iterator[tuple[str, int | None]]:
        meta = self._file(module, ".meta")
        if meta.is_file():
            yield from json.loads(meta.read_text("utf-8"))["exit_code_by_key"].items()

    def _file(self, module: str, kind: str) -> Path:
        return self.folder / "mutants" / f"{module}{kind}"

    def _run(self, words: Sequence[str], *, check: bool) -> bool:
        environment = {**os.environ, "HYPOTHESIS_PROFILE": "mutants"}
        with (self.folder / "run.log").open("w", encoding="utf-8") as log:
            done = subprocess.run(  # noqa: S603 - the project's own tools
                words, cwd=self.folder, env=environment, stdout=log, stderr=log, check=False
            )
        if done.returncode and check:
            raise RuntimeError(f"{' '.join(words)} failed in {self.folder}:\n{self.log()}")
        return not done.returncode


def settings(family: Family, own: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of a run's `pyproject.toml`: the project's settings, and the family."""
    words = own["mutmut"]["pytest_add_cli_args"]
    told = {
        **own["mutmut"],
        "only_mutate": list(family.modules),
        "also_copy": list(COPIED),
        "pytest_add_cli_args": [*words, "-p", "scripts.mutants.laws"],
        "pytest_add_cli_args_test_selection": list(family.tests),
    }
    for title, table in (("pytest", own["pytest"]), ("mutmut", told)):
        yield f"[tool.{title}]"
        # Texts, numbers and lists of texts: JSON and TOML spell them alike.
        yield from (f"{name} = {json.dumps(value)}" for name, value in table.items())
