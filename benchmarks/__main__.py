"""Run the benchmarks: ``python -m benchmarks [--quick] [--only NAME] [--rounds N]``."""

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import attrs
from rich.console import Console

from benchmarks import (
    crmflow_steps,
    durable,
    growth,
    history,
    policy_steps,
    postgresql,
    profiles,
    relived,
    rivals_stores,
    startup,
    storm,
    tiers,
    timers,
    working_time,
)
from benchmarks.harness import Plan
from benchmarks.report import Section, show, write_json

RESULTS = Path(__file__).with_name("results.json")


@attrs.frozen(kw_only=True)
class Options:
    """
    What the command line asks for.

    Args:
        plan: Rounds and sample length.
        quick: Whether to take fewer and smaller measurements.
        folder: Where the files of the durable steps go; a disk, not memory.
        pending: How many timers wait where many do.
    """

    plan: Plan
    quick: bool
    folder: Path
    pending: int


SECTIONS: dict[str, Callable[[Options], Section]] = {
    "steps": lambda asked: crmflow_steps.section(asked.plan),
    "policy_steps": lambda asked: policy_steps.section(asked.plan),
    "durable": lambda asked: durable.section(asked.plan, asked.folder),
    "postgresql": lambda asked: postgresql.section(asked.plan),
    "timers": lambda asked: timers.section(asked.plan, asked.folder, asked.pending),
    "storm": lambda asked: storm.section(asked.folder, asked.pending, quick=asked.quick),
    "history": lambda asked: history.section(asked.plan, asked.folder, quick=asked.quick),
    "relived": lambda asked: relived.section(
        attrs.evolve(asked.plan, rounds=min(asked.plan.rounds, 5)), asked.folder, quick=asked.quick
    ),
    "rivals": lambda asked: rivals_stores.section(
        attrs.evolve(asked.plan, rounds=min(asked.plan.rounds, 15)), asked.folder
    ),
    "growth": lambda asked: growth.section(quick=asked.quick),
    "tiers": lambda asked: tiers.section(quick=asked.quick, rounds=min(asked.plan.rounds, 3)),
    "working_time": lambda asked: working_time.section(
        attrs.evolve(asked.plan, rounds=min(asked.plan.rounds, 15))
    ),
    "profiles": lambda asked: profiles.section(asked.plan),
    "startup": lambda asked: startup.section(
        attrs.evolve(asked.plan, rounds=min(asked.plan.rounds, 15))
    ),
}


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    line = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    line.add_argument("--quick", action="store_true", help="fewer, shorter samples")
    line.add_argument("--only", action="append", choices=SECTIONS, help="measure this part")
    line.add_argument("--rounds", type=int, help="samples of each contender")
    line.add_argument("--json", type=Path, default=RESULTS, help="file for the JSON")
    line.add_argument(
        "--folder", type=Path, default=RESULTS.parent, help="disk for the durable steps"
    )
    line.add_argument(
        "--pending", type=int, help="timers that wait where many do: a million, or 100,000 if quick"
    )
    line.add_argument("--strict", action="store_true", help="fail where a bar is not reached")
    return line


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the tables, write the JSON; 1 where ``--strict`` and a bar fell."""
    asked = parser().parse_args(arguments)
    plan = Plan(
        rounds=asked.rounds or (5 if asked.quick else 31),
        min_seconds=0.005 if asked.quick else 0.02,
    )
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=asked.folder) as folder:
        options = Options(
            plan=plan,
            quick=asked.quick,
            folder=Path(folder),
            pending=asked.pending or (100_000 if asked.quick else 1_000_000),
        )
        sections = [SECTIONS[name](options) for name in asked.only or SECTIONS]
    # A file or a pipe tells no width of its own.
    show(sections, Console(width=None if sys.stdout.isatty() else 130))
    write_json(sections, asked.json)
    missed = any(not bar.reached for section in sections for bar in section.bars)
    return int(asked.strict and missed)


if __name__ == "__main__":
    sys.exit(main())
