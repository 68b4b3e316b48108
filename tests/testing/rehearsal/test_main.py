"""The command that runs a seed again."""

from __future__ import annotations

import runpy
import sys

import attrs
import pytest

from crmflow.testing.rehearsal import __main__ as command
from crmflow.testing.rehearsal.__main__ import main
from tests.faults.rehearsals import JOBS
from tests.testing.rehearsal.lying import loses, lying

WHERE = "tests.faults.rehearsals:JOBS"
BROKEN = attrs.evolve(JOBS, stores=lying(loses, every=100), name=f"{__name__}:BROKEN")


def test_seeds_are_run_one_after_the_other(capsys: pytest.CaptureFixture[str]) -> None:
    """Each is told in a line, and 0 is returned."""
    assert main([WHERE, "--seed", "4", "--seeds", "2", "--steps", "100"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("seed 4: decisions 10")
    assert second.startswith("seed 5: decisions 10")


def test_what_is_found_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """With the command that finds it again, and 1 is returned; it can be made short at once."""
    given = [f"{__name__}:BROKEN", "--seed", "4", "--steps", "400"]
    assert main(given) == 1
    whole = capsys.readouterr().out
    assert f"Again: python -m crmflow.testing.rehearsal {' '.join(given)}" in whole
    assert main([*given, "--machine", "job", "--shorten"]) == 1
    short = capsys.readouterr().out
    assert "is not there" in short
    assert "--machine job" in short


@pytest.mark.parametrize("of", ["nowhere:JOBS", "tests.faults.rehearsals:NONE"])
def test_what_is_not_there_is_told(of: str) -> None:
    """As is where a rehearsal should be."""
    with pytest.raises(SystemExit, match=f"no rehearsal '{of}'"):
        main([of])


def test_what_is_no_rehearsal_is_told() -> None:
    """It must be one."""
    with pytest.raises(SystemExit, match="is no Rehearsal"):
        main(["tests.faults.rehearsals:timedelta"])


def test_python_runs_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the command that is told says."""
    monkeypatch.setattr(sys, "argv", ["rehearsal", WHERE, "--steps", "1"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(command.__file__), run_name="__main__")
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("seed 1: decisions 1,")
