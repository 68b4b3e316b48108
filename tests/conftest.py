"""Hypothesis profiles and the folder of test data."""

import gc
import inspect
import os
import re
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# What a change is judged by draws the same examples everywhere; the nightly run explores.
# A shared machine may be slow: neither deadlines nor slow draws are failures.
SLOW_IS_FINE = [HealthCheck.too_slow]
settings.register_profile("ci", derandomize=True, deadline=None, suppress_health_check=SLOW_IS_FINE)
settings.register_profile(
    "nightly",
    derandomize=False,
    deadline=None,
    max_examples=1000,
    print_blob=True,
    suppress_health_check=SLOW_IS_FINE,
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

pytest_plugins = ["crmflow.testing.plugin", "pytester"]

LAW = "law"
"""Name of what is noted of a property: how many cases were tried, and what it says."""

BESIDE = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Return the folder of real data: `$CRMFLOW_DATA`, else `shared/data` beside the checkout."""
    folder = Path(os.environ.get("CRMFLOW_DATA", BESIDE))
    if not folder.is_dir():
        pytest.skip(f"no test data: {folder} is no folder; name it in CRMFLOW_DATA")
    return folder


REMEMBERED = (
    ("crmflow.profiles.remembering", "_found"),
    ("crmflow.profiles.entry", "_plain"),
    ("crmflow.engine.starting", "_rules"),
)
"""What keeps the answers of rules: by module and name."""


def pytest_sessionstart() -> None:
    """Forget answers of a session before in this process: a change since would not be asked."""
    for module, name in REMEMBERED:
        if module in sys.modules:
            getattr(sys.modules[module], name).cache_clear()


def pytest_collection_finish() -> None:
    """Keep the garbage collector from what was imported: a fifth of the time went there."""
    gc.collect()
    gc.freeze()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take `--laws`, which lists every law and how many cases it was tried on."""
    parser.addoption("--laws", action="store_true", help="list the laws and their cases")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note of each law how many cases Hypothesis tried it on."""
    tried = getattr(item, "hypothesis_statistics", None)
    if call.when == "call" and tried is not None:
        cases = sum(map(int, re.findall(r"(\d+) passing", tried)))
        told = (inspect.getdoc(getattr(item, "obj", None)) or "").partition("\n\n")[0]
        item.user_properties.append((LAW, [cases, " ".join(told.split())]))
    return (yield)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what tests counted: laws and their cases, trials, crashes, what was lost."""
    passed = terminalreporter.getreports("passed")
    counted = [(report, *pair) for report in passed for pair in report.user_properties]
    laws = [(report.nodeid, *value) for report, name, value in counted if name == LAW]
    others = [(name, count) for _, name, count in counted if name != LAW]
    if counted:
        terminalreporter.section("counts")
    if laws:
        terminalreporter.write_line(f"laws: {len(laws)}, cases: {sum(one[1] for one in laws)}")
    for nodeid, cases, told in sorted(laws) if terminalreporter.config.getoption("laws") else ():
        terminalreporter.write_line(f"{cases:6} {nodeid}: {told}")
    for name, count in others:
        terminalreporter.write_line(f"{name}: {count}")
