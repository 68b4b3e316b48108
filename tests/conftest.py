"""Hypothesis profiles and the folder of test data."""

import os
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

BESIDE = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Return the folder of real data: `$CRMFLOW_DATA`, else `shared/data` beside the checkout."""
    folder = Path(os.environ.get("CRMFLOW_DATA", BESIDE))
    if not folder.is_dir():
        pytest.skip(f"no test data: {folder} is no folder; name it in CRMFLOW_DATA")
    return folder


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what tests counted: trials, crashes, what was acknowledged and what was lost."""
    passed = terminalreporter.getreports("passed")
    counted = [pair for report in passed for pair in report.user_properties]
    if counted:
        terminalreporter.section("counts")
    for name, count in counted:
        terminalreporter.write_line(f"{name}: {count}")
