"""Journals that releases have recorded: they fold for ever, and nobody writes them again."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from crmflow.clock import ManualClock
from crmflow.states import EVERY, load
from crmflow.storage.memory import MemoryStore
from crmflow.testing import recorded, replay_recorded
from crmflow.testing.bench import Bench
from crmflow.testing.fixtures import MONDAY

FOLDER = Path(__file__).parent
FILES = sorted(FOLDER.glob("*.jsonl"))


@pytest.fixture(scope="module")
def bench() -> Bench:
    """Return what runs all shipped machines."""
    return Bench(list(EVERY), ("demo", "power"), plugins=["crmflow.states.power"])


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_it_folds_and_comes_to_todays_definition(file: Path, bench: Bench) -> None:
    """Byte for byte in a store of today: hashes, folds, snapshots; every state was recorded."""
    engine = bench.engine(MemoryStore(), ManualClock(MONDAY))
    refs = replay_recorded(file, engine)
    head = recorded(file)
    assert {ref.machine for ref in refs} == {head.machine}
    assert {ref.id for ref in refs} == {f"{head.machine}-{state}" for state in head.states}


def test_every_edition_of_a_machine_is_recorded() -> None:
    """Before a release: `make journals` where one is missing."""
    editions = {recorded(file).edition.partition("+")[0] for file in FILES}
    assert {load(name).edition for name in EVERY} <= editions


def test_nobody_wrote_a_journal_again() -> None:
    """Their sums are noted when they are recorded, of each file there is."""
    lines = FOLDER.joinpath("SHA256SUMS").read_text().splitlines()
    noted = {name: told for told, name in (line.split("  ") for line in lines)}
    assert noted == {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in FILES}
