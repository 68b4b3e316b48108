"""What must hold of everything is looked at where it goes on, and from the beginning at the end."""

from __future__ import annotations

from typing import cast

import pytest
from msgspec.structs import replace

from crmflow.core.ref import EntityRef
from crmflow.storage.memory import MemoryStore
from crmflow.storage.rows import JournalRow, Pruned
from crmflow.testing.rehearsal.laws import Laws
from crmflow.testing.rehearsal.stage import Stage
from tests.faults.jobs import ACTOR
from tests.testing.rehearsal.staging import JOB, staged


@pytest.fixture
def stage() -> Stage:
    """Return a stage with two jobs, one of them poked."""
    stage = staged()
    stage.engine.fire(JOB, "poke", actor=ACTOR)
    return stage


def journal(stage: Stage, ref: EntityRef) -> list[JournalRow]:
    """Return the records of a journal as the store keeps them."""
    store = cast("MemoryStore", stage.witness.store)
    return store._of(ref.tenant).journal[ref.machine, ref.id]


def test_a_journal_is_folded_on(stage: Stage) -> None:
    """What came since the last look is folded on what was folded then."""
    laws = Laws(stage)
    laws.hold()
    stage.engine.fire(JOB, "poke", actor=ACTOR)
    laws.hold()
    laws.end()
    assert stage.counts["checks"] == 3


def test_what_is_changed_behind_a_look_is_found_at_the_end(stage: Stage) -> None:
    """All journals are read from their beginning, those that nobody has touched since too."""
    laws = Laws(stage)
    laws.hold()
    records = journal(stage, JOB)
    records[0] = replace(records[0], body=records[0].body.replace(b"sales-1", b"sales-2"))
    stage.engine.fire(JOB, "poke", actor=ACTOR)
    laws.hold()
    with pytest.raises(AssertionError, match="job J-1, version 1: "):
        laws.end()


def test_what_is_lost_behind_a_look_is_found_at_the_end(stage: Stage) -> None:
    """Also where it is the last record of an entity that nobody has touched since."""
    laws = Laws(stage)
    laws.hold()
    journal(stage, JOB).pop()
    with pytest.raises(AssertionError, match="job J-1, version 2: the journal ends at version 1"):
        laws.end()


def test_a_journal_that_is_pruned_without_a_word_is_found() -> None:
    """It is followed from the mark that stands in place of what is gone."""
    stage = staged()
    laws = Laws(stage)
    laws.hold()
    (first,), row = journal(stage, JOB), stage.witness.rows[JOB]
    assert stage.witness.store.prune(JOB, Pruned(1, first.at, first.hash, row.snapshot), {})
    stage.engine.fire(JOB, "poke", actor=ACTOR)
    with pytest.raises(AssertionError, match="no record tells of the mark"):
        laws.hold()
