"""
How long it takes to load the default profile, beside parsing its files alone.

All shipped machines and mechanisms are on, as for an engine: every row in use is read,
filled and checked. What was loaded is remembered, so the first load of a process, which
also builds the readers of all row classes, has the bar; what is imported is not part of it.
Loading again, and starting with the demo's rows, is what a process's second engine pays.
"""

import importlib.resources
import statistics
import subprocess
import sys
import tomllib
from pathlib import Path

from benchmarks.harness import Contender, Plan, measure
from benchmarks.report import Bar, Section
from crmflow.engine.engine import Engine
from crmflow.engine.starting import examined
from crmflow.plugins.bringing import find_machines
from crmflow.plugins.loading import load_plugins
from crmflow.profiles.files import BASE
from crmflow.profiles.loading import Loaded

PARSE = "tomllib: parse the files"
LOAD = "crmflow: load again"
START = "crmflow: start an engine again"

# The bar is for a machine whose tomllib parses a byte in a fifth of a microsecond;
# elsewhere it stretches with the parser.
FIRST_SECONDS, BYTE_SECONDS = 0.1, 2e-7

# Packages that checks of rows import when they are first needed.
IMPORTED = ("jinja2.sandbox", "phonenumbers", "rapidfuzz.fuzz", "rapidfuzz.process", "rule_engine")

PLUGINS = load_plugins(installed=False)
MACHINES = find_machines(None, PLUGINS)


def files() -> list[Path]:
    """Return the files of the default profile."""
    folder = importlib.resources.files("crmflow.profiles") / BASE
    return sorted(Path(str(one)) for one in folder.iterdir() if one.name.endswith(".toml"))


def parse() -> None:
    """Parse the files and do nothing with what they say."""
    for file in files():
        tomllib.loads(file.read_text("utf-8"))


def load() -> Loaded:
    """Load the default profile."""
    return examined(PLUGINS, MACHINES, thorough=False)


def start() -> None:
    """Start an engine with all machines, and end it."""
    Engine("memory:", profile="demo").close()


def first_load() -> float:
    """Return the seconds of the first load of a fresh process."""
    probe = (
        f"import time, {', '.join(IMPORTED)}\n"
        "from benchmarks.profiles import load\n"
        "started = time.perf_counter()\n"
        "load()\n"
        "print(time.perf_counter() - started)\n"
    )
    done = subprocess.run([sys.executable, "-c", probe], check=True, capture_output=True, text=True)
    return float(done.stdout)


def section(plan: Plan) -> Section:
    """Return the times of loading and the bar they answer."""
    contenders = [
        Contender(PARSE, parse),
        Contender(LOAD, load),
        Contender(START, start),
    ]
    rows = measure(contenders, plan, PARSE)
    size = sum(file.stat().st_size for file in files())
    first = statistics.median(first_load() for _ in range(min(plan.rounds, 7)))
    return Section(
        name="profiles",
        title="Loading the default profile",
        rows=rows,
        baseline=PARSE,
        bars=(
            Bar(
                name="the default profile, first load of a process",
                value=first,
                limit=FIRST_SECONDS * max(1.0, rows[0].median / size / BYTE_SECONDS),
                unit="s",
            ),
        ),
        sizes={
            "rows": len(load().entries),
            "bytes of TOML": size,
        },
    )
