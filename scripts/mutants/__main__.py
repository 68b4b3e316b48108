"""Try families, write `build/mutants/report.txt`; end with 1 where too many survive."""

from __future__ import annotations

import argparse
import shutil
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scripts import mutants
from scripts.mutants.families import Family, drawn, families, shares
from scripts.mutants.report import Answer, held, loose, summed, told
from scripts.mutants.score import SURVIVED, Score, enough, scored
from scripts.mutants.trial import Trial

ROOT = Path(__file__).parents[2]
SOURCES = ("src/crmflow/core", "src/crmflow/policies")
WORK = ROOT / "build" / "mutants"


def arguments(words: Sequence[str] | None) -> argparse.Namespace:
    """Return what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m scripts.mutants", description=mutants.__doc__)
    parser.add_argument("families", nargs="*", help="what rows begin with; all if none")
    parser.add_argument("--sample", type=int, metavar="N", help="so many in all, drawn by a seed")
    parser.add_argument("--seed", type=int, default=1, help="another one draws others")
    parser.add_argument("--least", type=float, default=90.0, help="percent that must be killed")
    parser.add_argument("--children", type=int, default=1, help="processes at once")
    parser.add_argument("--again", action="store_true", help="try those that live once more")
    return parser.parse_args(words)


def asked_for(asked: Sequence[str], told: Mapping[str, Any]) -> Sequence[Family]:
    """Return the families whose rows begin with one of some words."""
    files = [file for one in SOURCES for file in sorted((ROOT / one).rglob("*.py"))]
    found = families((str(file.relative_to(ROOT)) for file in files), told["tests"])
    chosen = [one for one in found if one.name.startswith(tuple(asked) or "")]
    if not chosen:
        raise ValueError(f"no such family; known: {', '.join(one.name for one in found)}")
    return chosen


def main(words: Sequence[str] | None = None) -> int:
    """Try families; 1 where too many of their mutants survive, or some were not tried."""
    asked = arguments(words)
    if shutil.which("mutmut", path=str(Path(sys.executable).parent)) is None:
        sys.exit("mutmut is not installed: make install")
    tables = tomllib.loads((ROOT / "tests" / "mutants.toml").read_text("utf-8"))
    answers = {name: Answer(**one) for name, one in tables.get("equal", {}).items()}
    trials = [Trial(one, ROOT, WORK / one.folder) for one in asked_for(asked.families, tables)]
    for trial in trials:
        trial.prepare()
        if asked.again:
            trial.forget()
    sizes = {trial.family.name: len(trial.codes()) for trial in trials}
    counts = sizes if asked.sample is None else shares(sizes, asked.sample)
    scores, lines = list[Score](), list[str]()
    for trial in trials:
        scores.append(_tried(trial, counts[trial.family.name], asked, answers))
        own = [*told(scores[-1], trial.changed, sample=asked.sample is not None)]
        own += [
            f"  answered, and does not hold: {name}"
            for name in loose(answers, trial.codes(), trial.changed)
        ]
        print(*own, sep="\n", flush=True)  # noqa: T201 - a report is printed
        lines += own
    lines.append(summed(scores, sample=asked.sample is not None))
    (WORK / "report.txt").write_text("\n".join(lines) + "\n", "utf-8")
    print(lines[-1])  # noqa: T201 - as above
    return int(not enough(scores, asked.least))


def _tried(
    trial: Trial, count: int, asked: argparse.Namespace, answers: Mapping[str, Answer]
) -> Score:
    """Try what of a family's chosen mutants was not tried yet, and return their score."""
    before = trial.codes()
    chosen = drawn(before, count, asked.seed)
    waiting = [name for name in chosen if before[name] is None]
    if waiting and not trial.go(waiting if asked.sample else (), children=asked.children):
        print(f"{trial.family.name}: mutmut stopped:\n{trial.log()}", file=sys.stderr)  # noqa: T201 - as above
    after = trial.codes()
    codes = {name: after[name] for name in chosen}
    living = [name for name, code in codes.items() if code == SURVIVED]
    return scored(trial.family.name, len(before), codes, held(answers, living, trial.changed))


if __name__ == "__main__":
    sys.exit(main())
