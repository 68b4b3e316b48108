"""
Try whether tests notice changed code: `python scripts/mutants.py [--least 90] MODULE...`.

mutmut changes one thing at a time in a copy of the tree under `build/mutants` and runs the tests
that reach it. Each module has a copy and tests of its own (`tests/mutants.toml`), so a run that
was stopped goes on where it was, and one module does not wait for the tests of another. What
survives must be answered in `tests/mutants.toml`: why nobody could tell it from the original.
"""  # noqa: INP001 - run as a program

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

ROOT = Path(__file__).parents[1]
SOURCES = ("src/crmflow/core", "src/crmflow/policies")
ANSWERS = ROOT / "tests" / "mutants.toml"
WORK = ROOT / "build" / "mutants"
COPIED = ("docs", "examples", "benchmarks", "changelog.d", "scripts")
"""What tests read beside the source."""

SURVIVED, UNTESTED = 0, 33
"""What mutmut notes where no test failed, and where no test reaches a mutant; None: untried."""


@attrs.frozen
class Score:
    """
    What became of a module's mutants.

    Attributes:
        module: Path of the module.
        killed: How many made a test fail, or its run endless.
        answered: Names of survivors that are explained.
        open: Names of survivors that are not, and of mutants that no test reaches.
        untried: How many a stopped run has not come to.
        seconds: How long the run took.
    """

    module: str
    killed: int
    answered: tuple[str, ...]
    open: tuple[str, ...]
    untried: int
    seconds: float

    @property
    def tried(self) -> int:
        """How many there are that could be told from the original."""
        return self.killed + len(self.open)

    @property
    def percent(self) -> float:
        """Share of the killed, in percent; answered ones are left out."""
        return 100 * self.killed / self.tried if self.tried else 100.0


def answers() -> Mapping[str, Any]:
    """Return `tests/mutants.toml`: tests by folder, answers by mutant."""
    return tomllib.loads(ANSWERS.read_text("utf-8"))


def tests_of(module: str, tests: Mapping[str, Sequence[str]]) -> Sequence[str]:
    """Return the tests of a module: those of the longest path that it begins with."""
    name = module.removeprefix("src/crmflow/")
    fitting = [one for one in tests if name.startswith(one)]
    if not fitting:
        sys.exit(f"{module}: tests/mutants.toml names no tests for it; known: {', '.join(tests)}")
    return tests[max(fitting, key=len)]


def modules(asked: Sequence[str]) -> Iterator[str]:
    """Yield the modules of files and folders, in order."""
    for one in asked or SOURCES:
        place = ROOT / one
        files = [place] if place.is_file() else sorted(place.rglob("*.py"))
        if not files:
            sys.exit(f"{one}: no module there; name a file or folder, such as {SOURCES[0]}")
        yield from (str(file.relative_to(ROOT)) for file in files)


def prepared(module: str, tests: Sequence[str]) -> Path:
    """Return the folder of a module's run: the tree as it is, mutmut told of one file."""
    folder = WORK / module.removesuffix(".py").replace("/", ".")
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("src", "tests", *COPIED):
        link = folder / name
        if not link.is_symlink():
            link.symlink_to(ROOT / name)
    own = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]
    config = {
        **own["mutmut"],
        "only_mutate": [module],
        "also_copy": list(COPIED),
        "pytest_add_cli_args_test_selection": list(tests),
    }
    lines = ["[tool.pytest]", *_lines(own["pytest"]), "[tool.mutmut]", *_lines(config)]
    told = "\n".join(lines) + "\n"
    file = folder / "pyproject.toml"
    if not file.is_file() or file.read_text("utf-8") != told:
        file.write_text(told, "utf-8")
    return folder


def _lines(table: Mapping[str, object]) -> Iterator[str]:
    """Yield a table of texts, numbers and lists of texts, which JSON and TOML spell alike."""
    yield from (f"{name} = {json.dumps(value)}" for name, value in table.items())


def tried(module: str, found: Mapping[str, Any], children: int) -> Score:
    """Run mutmut on a module, from where it was stopped, and return what came of it."""
    folder = prepared(module, tests_of(module, found["tests"]))
    begun = time.perf_counter()
    command = [
        str(Path(sys.executable).with_name("mutmut")),
        "run",
        "--max-children",
        str(children),
    ]
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)  # noqa: S603 - the project's own tool
    seconds = time.perf_counter() - begun
    meta = folder / "mutants" / f"{module}.meta"
    if not meta.is_file():  # nothing in it can be changed
        if done.returncode and "could not find any test case" not in done.stdout:
            sys.exit(f"{module}: mutmut failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
        return Score(module, 0, (), (), 0, seconds)
    codes: Mapping[str, int | None] = json.loads(meta.read_text("utf-8"))["exit_code_by_key"]
    if done.returncode and None in codes.values():
        print(f"{module}: mutmut stopped:\n{done.stdout[-2000:]}", file=sys.stderr)  # noqa: T201
    return scored(module, codes, found.get("equal", {}), seconds)


def scored(
    module: str, codes: Mapping[str, int | None], equal: Mapping[str, str], seconds: float
) -> Score:
    """Return the score of exit codes by mutant."""
    living = [name for name, code in codes.items() if code in {SURVIVED, UNTESTED}]
    return Score(
        module,
        sum(code is not None and code not in {SURVIVED, UNTESTED} for code in codes.values()),
        tuple(name for name in living if name in equal),
        tuple(name for name in living if name not in equal),
        sum(code is None for code in codes.values()),
        seconds,
    )


def report(scores: Sequence[Score]) -> Iterator[str]:
    """Yield the lines of a report."""
    for one in scores:
        yield (
            f"{one.percent:5.1f} %  {one.killed:4} of {one.tried:4} killed, "
            f"{len(one.answered)} answered, {one.untried} untried, {one.seconds:.0f} s  "
            f"{one.module}"
        )
        yield from (f"         survived: {name}" for name in one.open)


def main(words: Sequence[str] | None = None) -> int:
    """Try modules, write `build/mutants/report.txt`; 1 where too many survive."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modules", nargs="*", help="files or folders; core and policies if none")
    parser.add_argument("--least", type=float, default=90.0, help="percent that must be killed")
    parser.add_argument("--children", type=int, default=1, help="processes at once")
    asked = parser.parse_args(words)
    if shutil.which("mutmut", path=str(Path(sys.executable).parent)) is None:
        sys.exit("mutmut is not installed: make install")
    found, scores = answers(), list[Score]()
    WORK.mkdir(parents=True, exist_ok=True)
    for module in modules(asked.modules):
        scores.append(tried(module, found, asked.children))
        print(*report(scores[-1:]), sep="\n", flush=True)  # noqa: T201 - a report is printed
    total = Score(
        "all",
        sum(one.killed for one in scores),
        tuple(name for one in scores for name in one.answered),
        tuple(name for one in scores for name in one.open),
        sum(one.untried for one in scores),
        sum(one.seconds for one in scores),
    )
    lines = [*report(scores), next(report([total]))]
    (WORK / "report.txt").write_text("\n".join(lines) + "\n", "utf-8")
    print(lines[-1])  # noqa: T201 - a report is printed
    return int(total.percent < asked.least or bool(total.untried))


if __name__ == "__main__":
    sys.exit(main())
