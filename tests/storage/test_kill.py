import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("kill_trials.py")


@pytest.mark.slow
def test_a_killed_process_loses_nothing(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """After every kill -9 nothing acknowledged is lost, nothing applied twice, chains hold."""
    trials = os.environ.get("CRMFLOW_KILLS", "300")
    seed = os.environ.get("CRMFLOW_SEED") or str(random.randrange(10**6))
    done = subprocess.run(
        [sys.executable, str(PROGRAM), str(tmp_path), trials, seed],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"seed {seed}: {done.stderr}"
    counts = json.loads(done.stdout)
    record_property("kill -9", {"seed": seed, **counts})
    assert counts["kills"] == int(trials)
    assert counts["calls acknowledged"] > 0
    assert counts.get("batches committed in part", 0) == 0
