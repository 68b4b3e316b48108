"""The benchmark of rivals: each goes the whole lap with the store it brings."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.raw_timers import moves_of
from benchmarks.rivals_stores import RIVALS

ROOT = Path(__file__).parents[2]
PROGRAM = """
import json, sys
from pathlib import Path
from benchmarks.rivals.place import Place
from benchmarks.rivals_stores import OURS, RIVALS, made
ends = {}
for name in (OURS, *RIVALS):
    with made(name, Place("SQLite", Path(sys.argv[1]))) as rival:
        ends[name] = [rival.lap(), rival.lap()]
print(json.dumps(ends))
"""


@pytest.mark.slow
def test_every_rival_ends_where_it_began(tmp_path: Path) -> None:
    """In a process of its own, for some of them are there once in a process."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    ends = json.loads(done.stdout.splitlines()[-1])
    assert ends == {name: ["received"] * 2 for name in ("crmflow", *RIVALS)}


def test_the_driver_moves_each_entity_by_its_own_row() -> None:
    """A row of each is compared by version and appended to by the next one."""
    moved, appended = moves_of([("main", "ward", "W", "lapse")], [(1, "waiting", 5, b"s", b"h")])
    assert moved == [(2, "lapsed", 5, b"s", b"h", "main", "ward", "W", 1)]
    assert appended[0][:5] == ("main", "ward", "W", 2, 5)
