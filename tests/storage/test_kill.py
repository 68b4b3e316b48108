import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.storage.servers import postgresql, postgresql_database, with_options

PROGRAM = Path(__file__).with_name("kill_trials.py")


@pytest.fixture(params=["sqlite", "postgresql"])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the URL of as many new stores as there are numbers."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/{{}}.db"
        return
    with postgresql_database(postgresql()) as url:
        yield with_options(url, pool="2") + "&schema=store_{}"


@pytest.mark.slow
def test_a_killed_process_loses_nothing(
    stores: str, record_property: Callable[[str, object], None]
) -> None:
    """After every kill -9 nothing acknowledged is lost, nothing applied twice, chains hold."""
    trials = os.environ.get("CRMFLOW_KILLS", "300")
    seed = os.environ.get("CRMFLOW_SEED") or str(random.randrange(10**6))
    done = subprocess.run(
        [sys.executable, str(PROGRAM), stores, trials, seed],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"seed {seed}: {done.stderr}"
    counts = json.loads(done.stdout)
    record_property(f"kill -9, {stores.partition(':')[0]}", {"seed": seed, **counts})
    assert counts["kills"] == int(trials)
    assert counts["calls acknowledged"] > 0
    assert counts.get("batches committed in part", 0) == 0
