"""Hypothesis profiles and the folder of test data."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# What a change is judged by draws the same examples everywhere; the nightly run explores.
settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("nightly", deadline=None, max_examples=1000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

BESIDE = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Return the folder of real data: `$CRMFLOW_DATA`, else `shared/data` beside the checkout."""
    folder = Path(os.environ.get("CRMFLOW_DATA", BESIDE))
    if not folder.is_dir():
        pytest.skip(f"no test data: {folder} is no folder; name it in CRMFLOW_DATA")
    return folder
