"""Commands with a broken file: an exit code and a sentence, no traceback."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import assume
from hypothesis import strategies as st

from crmflow.core.errors import ConfigurationError
from tests.cli.conftest import Crm, crm, empty_store
from tests.fuzz.hostile import mangled
from tests.fuzz.papers import PAPERS, READERS, lay_out
from tests.fuzz.passes import fuzzed
from tests.fuzz.test_analyses import is_short
from tests.fuzz.test_command_line import ended_well

__all__ = ["crm", "empty_store"]

NUMBERS = itertools.count()
"""A module is imported once in a process, so that each is a file of its own."""


@st.composite
def readings(draw: st.DrawFn) -> tuple[tuple[str, ...], str, bytes]:
    """Draw a command, the name of a file that it reads, and what became of that file."""
    name = draw(st.sampled_from(sorted(READERS)))
    return draw(st.sampled_from(READERS[name])), name, draw(mangled(PAPERS[name]))


def takes_long(file: Path) -> bool:
    """Say whether a scenario asks for more than the few cases of before."""
    from crmflow.analysis.simulation import Scenario

    try:
        return not is_short(Scenario.load(file))
    except ConfigurationError:
        return False


@fuzzed(short=15, long=150, reading=readings())
def test_broken_files_end_commands_with_a_code_and_a_sentence(
    reading: tuple[tuple[str, ...], str, bytes], crm: Crm
) -> None:
    """Whatever is in a file, the command that reads it says why it ends."""
    words, name, raw = reading
    folder = crm.store.parent
    lay_out(folder)
    own = f"stated_{next(NUMBERS)}.py" if name == "stated.py" else name
    (folder / own).write_bytes(raw)
    (folder / "parcels.db").unlink(missing_ok=True)
    assume(name != "scenario.toml" or not takes_long(folder / own))
    ended_well(crm, *(own if word == name else word for word in words))


@pytest.mark.parametrize("name", sorted(READERS))
def test_files_are_right_before_something_happens_to_them(name: str, crm: Crm) -> None:
    """What the mishaps begin with is read to its end."""
    crm.of("complaint").complaint()
    lay_out(crm.store.parent)
    (crm.store.parent / name).write_bytes(PAPERS[name])
    for words in READERS[name]:
        done = crm.bare(*words)
        assert done.exit_code in {0, 1}, done.output
