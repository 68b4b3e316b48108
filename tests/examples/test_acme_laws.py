"""The example plugin's own tests, run as its author runs them."""

import subprocess
import sys
from pathlib import Path

import pytest

ACME = Path(__file__).parents[2] / "examples" / "acme"


@pytest.mark.slow
def test_acme_keeps_the_laws() -> None:
    """The suite of policies passes for the plugin, in a process of its own."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_laws.py"]
    done = subprocess.run(command, cwd=ACME, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout
