"""Laws of newer definitions: walks under one version go on under the next, and replay."""

from __future__ import annotations

import functools
import itertools
from datetime import datetime
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from crmflow.core.entity import Snapshot
from crmflow.core.journal import Entry, JournalRecord, agrees, fold, unborn
from crmflow.core.ref import EntityRef
from crmflow.engine.engine import Engine
from crmflow.flow.commits import snapshot_of
from crmflow.storage.memory import MemoryStore
from tests.engine.parcels import AT, CLERK, HOUR, VERSIONS, post

NUMBERS = itertools.count()


@functools.cache
def posts() -> tuple[Engine, ...]:
    """Return an engine of each version over one store."""
    store = MemoryStore()
    return tuple(post(store, machine) for machine in VERSIONS)


class Life(RuleBasedStateMachine):
    """One parcel, while the engine is replaced by newer ones."""

    def __init__(self) -> None:
        super().__init__()
        self.version, self.at = 0, AT
        made = posts()[0].create("parcel", {"sender": "S-1"}, actor=CLERK, id=f"P-{next(NUMBERS)}")
        self.ref: EntityRef = made.require().entity

    @property
    def post(self) -> Engine:
        """The engine that runs now."""
        return posts()[self.version]

    def later(self, hours: int) -> datetime:
        """Return an instant some hours later."""
        self.at += hours * HOUR
        return self.at

    @rule(event=st.sampled_from(["send", "hand_out", "hold_back"]), hours=st.integers(0, 9))
    def fires(self, event: str, hours: int) -> None:
        """Fire an event; what the version does not have, or the state refuses, changes nothing."""
        if event in self.post.registry.machine("parcel").events:
            self.post.fire(self.ref, event, actor=CLERK, at=self.later(hours))

    @rule(grams=st.integers(0, 5000))
    def weighs(self, grams: int) -> None:
        """Weigh it."""
        self.post.fire(self.ref, "weigh", {"grams": grams}, actor=CLERK, at=self.at)

    @rule(hours=st.integers(0, 9))
    def waits(self, hours: int) -> None:
        """Let the worker look."""
        self.post.run_due(self.later(hours))

    @precondition(lambda self: self.version + 1 < len(VERSIONS))
    @rule()
    def upgrades(self) -> None:
        """Start the next release."""
        self.version += 1

    @rule()
    def migrates(self) -> None:
        """Bring all entities to the version that runs; it is of no other afterwards."""
        self.post.migrate("parcel")
        assert self.stored.definition == VERSIONS[self.version].version

    @property
    def stored(self) -> Snapshot[Any]:
        """The entity as it is stored."""
        (row,) = self.post.store.load([self.ref])
        assert row is not None
        return snapshot_of(self.post.registry.codec, row)

    @property
    def records(self) -> list[JournalRecord]:
        """All its records."""
        return list(self.post.journal(self.ref))

    @invariant()
    def the_journal_leads_to_what_is_stored(self) -> None:
        """Records of every version fold, and an audit finds nothing."""
        records = self.records
        facts = VERSIONS[self.version].facts
        assert agrees(fold(records, facts, unborn(self.ref, AT)), self.stored)
        assert [one.findings for one in self.post.audit(self.ref)] == [()]

    @invariant()
    def what_this_version_decided_it_decides_again(self) -> None:
        """Migrations included."""
        again = list(self.post.redecide(self.ref))
        assert [one.differs for one in again] == [()] * len(again)
        made_by = [r.basis.version for r in self.records]
        assert len(again) == made_by.count(self.post.registry.machine("parcel").machine.version)

    @invariant()
    def it_is_read_as_today(self) -> None:
        """Its facts are of today's class, its state one of today's, its version the stored one."""
        machine, read = VERSIONS[self.version], self.post.get(self.ref)
        assert isinstance(read.facts, machine.facts)
        assert read.state in {state.name for state in machine.states}
        assert read.version == self.records[-1].version

    @invariant()
    def each_version_is_reached_once(self) -> None:
        """Versions never go back, and a step of its own stands before each."""
        records = self.records
        versions = [record.basis.version for record in records]
        assert versions == sorted(versions)
        for before, after in itertools.pairwise(records):
            changes = before.basis.version != after.basis.version
            assert changes is (after.entry is Entry.MIGRATION)
            assert before.event.at <= after.event.at


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=40, stateful_step_count=12, deadline=None)
