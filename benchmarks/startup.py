"""
How long a fresh interpreter takes until crmflow is there.

Each sample is one process, all of them in turns. What an import must not bring
along is asked of a process too: the storage libraries, and the scan of installed
plugins, belong to the moment an engine is made.
"""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import attrs

from benchmarks.harness import Contender, Plan, measure
from benchmarks.report import Bar, Section

BARE = "python -c pass"
PACKAGE = "import crmflow"
ENGINE = "from crmflow import Engine, Actor"
HELP = "crmflow --help"

UNWANTED = ("sqlalchemy", "alembic")
SCANNER = "importlib.metadata"

# The bar for the help is half a second on a machine whose bare interpreter
# starts in a fiftieth; elsewhere it stretches with the interpreter.
HELP_SECONDS, BARE_SECONDS = 0.5, 0.02


def spawn(arguments: Sequence[str]) -> None:
    """
    Run one process to its end, its output thrown away.

    Raises:
        CalledProcessError: It failed.
    """
    subprocess.run(list(arguments), check=True, stdout=subprocess.DEVNULL)


def contenders() -> list[Contender]:
    """Return the starts to time, the bare interpreter's first."""
    python = sys.executable
    script = Path(python).with_name("crmflow")
    command = [str(script)] if script.exists() else [python, "-m", "crmflow"]
    starts = {
        BARE: [python, "-c", "pass"],
        PACKAGE: [python, "-c", PACKAGE],
        ENGINE: [python, "-c", ENGINE],
        HELP: [*command, "--help"],
    }
    return [
        Contender(name, lambda words=words: spawn(words))  # type: ignore[misc]
        for name, words in starts.items()
    ]


def brought_along(statement: str) -> tuple[str, ...]:
    """
    Return the modules that *statement* imports and should not.

    Args:
        statement: Python source run in a fresh interpreter.

    Returns:
        Names out of `UNWANTED`, and ``entry-point scan`` where installed
        distributions were searched.
    """
    probe = (
        "import sys, importlib.metadata as m\n"
        "seen = []\n"
        "real = m.entry_points, m.distributions\n"
        "m.entry_points = lambda **k: (seen.append(1), real[0](**k))[1]\n"
        "m.distributions = lambda **k: (seen.append(1), real[1](**k))[1]\n"
        f"{statement}\n"
        f"print(*[n for n in {UNWANTED!r} if n in sys.modules])\n"
        "print('entry-point scan' if seen else '')\n"
    )
    done = subprocess.run([sys.executable, "-c", probe], check=True, capture_output=True, text=True)
    modules, scan = done.stdout.split("\n")[:2]
    return (*modules.split(), *([scan] if scan else []))


def section(plan: Plan) -> Section:
    """Return the start times and the bars they answer."""
    single = attrs.evolve(plan, min_seconds=0)
    rows = {row.name: row for row in measure(contenders(), single, BARE)}
    ratio = {name: row.ratio or 0 for name, row in rows.items()}
    stretch = max(1.0, rows[BARE].median / BARE_SECONDS)
    return Section(
        name="startup",
        title="Start of a process",
        rows=tuple(rows.values()),
        baseline=BARE,
        bars=(
            Bar(name=f"{PACKAGE}, of a bare start", value=ratio[PACKAGE], limit=1.5),
            Bar(name=f"{ENGINE}, of a bare start", value=ratio[ENGINE], limit=8),
            Bar(
                name=f"{ENGINE}: storage modules and scans brought along",
                value=len(brought_along(ENGINE)),
                limit=0,
            ),
            Bar(
                name=HELP,
                value=rows[HELP].median,
                limit=HELP_SECONDS * stretch,
                unit="s",
            ),
        ),
    )
